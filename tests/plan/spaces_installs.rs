//! A Space as others have set it up: static keys, a repository that owns its release, a mirror; and a second Space to
//! restore to.

use crate::golden::whole;
use crate::space::{restoring, space_answers, space_facts};
use crate::world::{document, plan, problems};
use lifeboat::domain::Identity;
use lifeboat::plan::answers::{AccessMode, Answers};
use lifeboat::plan::{Action, ChangeKind, Facts, Plan};
use serde_json::{Value, json};

/// A config of `team-0` that uses a key.
fn keyed(name: &str, secret: &Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "team-0"}, "spec": {"objectStorage": {
        "provider": "AWS", "bucket": "theirs", "prefix": "old/", "config": {"endpoint": "s3.us-east-1.amazonaws.com"},
        "credentials": {"source": "Secret", "secretRef": secret}}}})
}

fn schedule(name: &str, config: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "team-0"},
        "spec": {"schedule": "@daily", "configRef": {"kind": "SharedBackupConfig", "name": config}}})
}

fn with(configs: Vec<Value>, schedules: Vec<Value>) -> Facts {
    let mut facts = space_facts(1);
    let space = facts.site.space.as_mut().unwrap();
    (space.configs, space.schedules) = (configs, schedules);
    facts
}

#[track_caller]
fn note<'p>(plan: &'p Plan, text: &str) -> &'p str {
    plan.notes.iter().find(|note| note.contains(text)).unwrap_or_else(|| panic!("no {text} in {:#?}", plan.notes))
}

#[test]
fn a_config_of_our_name_says_which_key_it_loses_and_how_the_key_is_taken_away_afterwards() {
    let facts = with(vec![keyed("lifeboat", &json!({"name": "keys", "key": "aws"}))], Vec::new());
    let plan = plan(&space_answers(), &facts);
    let change = plan.change("location:team-0").unwrap();
    assert_eq!(change.action, Action::Conflict);
    assert!(
        change.whose().contains("it uses the key in the Secret keys/aws, which is switched off"),
        "{}",
        change.whose()
    );
    assert!(change.whose().contains("it points to s3://theirs/old, where the files"), "{}", change.whose());
    assert!(
        change.needs.iter().any(|id| id.starts_with("restart:mxp-")),
        "the key serves until then: {:?}",
        change.needs
    );
    let left = note(&plan, "The Secret team-0/keys with the access key stays");
    assert!(left.contains("aws iam update-access-key --status Inactive"), "{left}");
    assert!(left.contains("kubectl delete secret keys -n team-0"), "{left}");
    let touches = |op: &lifeboat::plan::Op| format!("{op:?}").contains("kind: Secret");
    assert!(!plan.changes.iter().flat_map(|change| &change.ops).any(touches), "the Secret is left as it is");
}

#[test]
fn other_configs_with_a_key_are_named_with_their_schedules_and_never_changed() {
    let mut cloud = keyed("azure", &json!({"name": "azure"}));
    cloud["spec"]["objectStorage"]["provider"] = json!("Azure");
    let mut elsewhere = keyed("elsewhere", &json!({"name": "keys"}));
    elsewhere["metadata"]["namespace"] = json!("not-covered");
    let facts = with(
        vec![keyed("idle", &json!({"name": "keys"})), keyed("used", &json!({"name": "keys"})), cloud, elsewhere],
        vec![schedule("hourly", "used"), schedule("nightly", "used"), schedule("other", "elsewhere")],
    );
    let mut answers = space_answers();
    answers.spaces.groups = vec![lifeboat::domain::Namespace::parse("team-0").unwrap()];
    let plan = plan(&answers, &facts);
    let used = note(
        &plan,
        "SharedBackupConfig team-0/used (s3://theirs/old) still uses the key in the Secret keys/credentials",
    );
    assert!(used.contains("used by the SharedBackupSchedule hourly, nightly: lifeboat changes neither"), "{used}");
    assert!(used.contains("set spec.configRef.name of hourly, nightly to lifeboat"), "{used}");
    assert!(note(&plan, "SharedBackupConfig team-0/idle").contains("no SharedBackupSchedule uses it"));
    let quiet = |text: &str| plan.notes.iter().all(|note| !note.contains(text));
    assert!(quiet("azure") && quiet("not-covered"), "{:#?}", plan.notes);
    for name in ["used", "idle", "hourly", "nightly"] {
        assert!(!plan.changes.iter().any(|change| change.title.ends_with(&format!("/{name}"))), "{name} is not ours");
    }
}

/// The Space as Argo CD renders it: no release that Helm knows.
fn argo(planes: usize) -> Facts {
    let mut facts = space_facts(planes);
    facts.site.release = None;
    facts.site.found.deployments = vec![json!({
        "metadata": {"name": "spaces-controller", "namespace": "upbound-system",
            "labels": {"app.kubernetes.io/instance": "spaces", "helm.sh/chart": "spaces-1.16.2"},
            "annotations": {"argocd.argoproj.io/tracking-id": "platform:apps/Deployment:upbound-system/spaces-controller"}},
        "spec": {"template": {"spec": {"containers": [{"image": "xpkg.upbound.io/spaces-artifacts/hyperspace:v1.16.2"}]}}}})];
    // A login is of no matter: lifeboat runs no helm here.
    facts.site.space.as_mut().unwrap().login = Some(false);
    facts
}

/// What its repository has then applied.
fn applied(mut facts: Facts, first: &Plan) -> Facts {
    let space = facts.site.space.as_mut().unwrap();
    for host in &mut space.hosts {
        let account = host.account.as_mut().unwrap();
        account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] = json!(first.names.role_arn);
    }
    space.configs = vec![serde_yaml::from_str(document(first, "sharedbackupconfig-lifeboat.yaml")).unwrap()];
    space.schedules = vec![serde_yaml::from_str(document(first, "sharedbackupschedule-lifeboat.yaml")).unwrap()];
    facts
}

#[test]
fn what_argo_cd_renders_is_saved_for_it_and_afterwards_restarted_and_proven() {
    let first = plan(&space_answers(), &argo(1));
    let release = first.change("helm-release").unwrap();
    assert_eq!((release.action, release.ops.len()), (Action::Keep, 0));
    assert!(release.title.contains("chart spaces 1.16.2"), "{}", release.title);
    assert!(
        release.why.contains("Argo CD (platform) would undo what is applied here; commit helm/prod/spaces/values.yaml")
    );
    let values: Value = serde_yaml::from_str(document(&first, "values.yaml")).unwrap();
    let role = json!({"eks.amazonaws.com/role-arn": first.names.role_arn});
    assert_eq!(values, json!({"controlPlanes": {"mxpController": {"serviceAccount": {"annotations": role}}}}));
    let of_cluster = |it: &&lifeboat::plan::Change| !it.ops.is_empty() && it.id.contains("team-0");
    assert_eq!(first.changes.iter().filter(of_cluster).count(), 0, "no config, schedule or Backup");
    let token = first.changes.iter().find(|it| it.id.starts_with("token-proof:")).unwrap();
    assert_eq!(token.action, Action::Create, "the account is there, so its token proves the account's half");
    assert!(note(&first, "Argo CD (platform) owns what runs in prod").contains("sharedbackupconfig-lifeboat.yaml"));

    let second = plan(&space_answers(), &applied(argo(1), &first));
    let to_do: Vec<&str> = second
        .changes
        .iter()
        .filter(|it| matches!(it.kind, ChangeKind::Kubernetes | ChangeKind::Helm) && !it.ops.is_empty())
        .map(|it| it.id.as_str())
        .collect();
    assert!(matches!(to_do.as_slice(), [one] if one.starts_with("restart:mxp-")), "{to_do:?}");
    assert_eq!(second.change("canary:team-0/plane-0").unwrap().action, Action::Create);
    assert_eq!(first.digest, second.digest);
}

#[test]
fn a_mirror_is_refused_with_the_values_that_a_space_has_for_it() {
    let mut answers = space_answers();
    answers.install.image_registry = "registry.example.com/mirror".to_owned();
    let refused = problems(&answers, &space_facts(1)).to_string();
    assert!(refused.contains("install.image_registry: lifeboat sets no image mirror for a Space"), "{refused}");
    for value in ["registry, controlPlanes.uxp.registryOverride and controlPlanes.uxp.repository", "install.values"] {
        assert!(refused.contains(value), "{refused}");
    }
    assert_eq!(refused.matches("install.image_registry:").count(), 1, "{refused}");
}

fn with_dr(identity: Identity) -> Plan {
    let (mut answers, mut facts) = (Answers { identity, ..space_answers() }, space_facts(1));
    restoring(&mut answers, &mut facts);
    plan(&answers, &facts)
}

#[test]
fn golden_a_second_space_to_restore_to() {
    let of_dr = |plan: &Plan| {
        let all = whole(plan);
        let own = all.split("=== ").filter(|text| {
            let path = text.lines().next().unwrap_or_default();
            path.contains("/dr") || path.contains("-dr")
        });
        own.fold(String::new(), |out, text| out + "=== " + text)
    };
    insta::assert_snapshot!("spaces-restore-irsa", of_dr(&with_dr(Identity::Irsa)));
    insta::assert_snapshot!("spaces-restore-pod-identity", of_dr(&with_dr(Identity::PodIdentity)));
}

#[test]
fn upbound_05_a_second_space_gets_no_schedule_nor_backup_and_its_token_is_what_proves_it() {
    let plan = with_dr(Identity::Irsa);
    let of_dr: Vec<&str> =
        plan.changes.iter().filter(|it| it.site == 1).map(|it| lifeboat::plan::base(&it.id)).collect();
    for id in
        ["role", "permissions", "token-proof", "helm-release", "service-account", "restart", "location", "healthy"]
    {
        assert!(of_dr.contains(&id), "{id}: {of_dr:?}");
    }
    assert!(!of_dr.contains(&"schedule") && !of_dr.contains(&"canary"), "{of_dr:?}");
    assert_eq!(plan.must, ["token", "backup", "delete", "token:dr"]);
    note(&plan, "dr: a restore makes a new control plane there, whose namespace nobody knows before");
    let judged = with_dr(Identity::PodIdentity);
    assert!(judged.must.contains(&"token:dr".to_owned()));
    let shows = judged.changes.iter().filter(|it| it.site == 1).flat_map(|it| &it.proves);
    assert_eq!(shows.count(), 0, "nothing of a running pod's own calls shows it");
}

#[test]
fn veleros_access_mode_says_nothing_of_a_space() {
    let mut answers = space_answers();
    answers.velero.access_mode = AccessMode::ReadOnly;
    assert!(document(&plan(&answers, &space_facts(1)), "permissions.json").contains("s3:PutObject"));
}

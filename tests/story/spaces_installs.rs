//! A Space that somebody backs up with a key, or that a repository owns: asked about or saved, kept, proven, given back.

use crate::spaces::{At, ONE, space};
use crate::support::to_do;
use lifeboat::engine::Outcome;
use lifeboat::plan::answers::Answers;
use lifeboat::plan::{Action, Plan, Prove};
use lifeboat::ports::{ChartSource, Kind, Upgrade};
use serde_json::{Value, json};
use std::time::Duration;

/// The file of a key that opens the bucket `acme-legacy-velero`, as objstore's users keep it.
const FILE: &str = "[default]\naws_access_key_id=AKIADEMO000000LEGACY\naws_secret_access_key=demo\n";

/// Configs `lifeboat` and `archive` with a key in a Secret, and a schedule that uses the second.
async fn with_keys(at: &At) {
    let named = |name: &str| json!({"name": name, "namespace": "team-a"});
    let secret = json!({"metadata": named("backup-key"), "stringData": {"credentials": FILE}});
    at.kube.create(Kind::Secret, &secret).await.unwrap();
    for (name, prefix) in [("lifeboat", "spaces"), ("archive", "old")] {
        let storage = json!({"provider": "AWS", "bucket": "acme-legacy-velero", "prefix": prefix,
            "config": {"endpoint": "s3.us-west-2.amazonaws.com", "region": "us-west-2"},
            "credentials": {"source": "Secret", "secretRef": {"name": "backup-key"}}});
        let config = json!({"metadata": named(name), "spec": {"objectStorage": storage}});
        at.kube.create(Kind::SharedBackupConfig, &config).await.unwrap();
    }
    let spec = json!({"schedule": "0 2 * * *", "controlPlaneSelector": {"names": ["one"]},
        "configRef": {"kind": "SharedBackupConfig", "name": "archive"}});
    at.kube.create(Kind::SharedBackupSchedule, &json!({"metadata": named("nightly"), "spec": spec})).await.unwrap();
}

/// The phase of a Backup with a config, a while after it was asked for.
async fn backed_up(at: &At, name: &str, config: &str) -> Value {
    let spec = json!({"controlPlane": "one", "configRef": {"kind": "SharedBackupConfig", "name": config}});
    let backup = json!({"metadata": {"name": name, "namespace": "team-a"}, "spec": spec});
    at.kube.create(Kind::SpacesBackup, &backup).await.unwrap();
    at.later(40).await;
    at.kube.get(Kind::SpacesBackup, "team-a", name).await.unwrap().unwrap()["status"]["phase"].clone()
}

async fn spec(at: &At, kind: Kind, name: &str) -> Value {
    at.kube.get(kind, "team-a", name).await.unwrap().unwrap()["spec"].clone()
}

fn note<'p>(plan: &'p Plan, text: &str) -> &'p str {
    plan.notes.iter().find(|note| note.contains(text)).unwrap_or_else(|| panic!("no {text} in {:#?}", plan.notes))
}

#[tokio::test]
async fn a_config_with_a_key_is_adopted_proven_and_given_back_and_another_is_left() {
    let at = At::prod().await;
    with_keys(&at).await;
    assert_eq!(backed_up(&at, "by-key", "lifeboat").await, "Completed", "the key works before lifeboat comes");
    let secret = at.kube.get(Kind::Secret, "team-a", "backup-key").await.unwrap();
    let before = spec(&at, Kind::SharedBackupConfig, "lifeboat").await;
    let others =
        (spec(&at, Kind::SharedBackupConfig, "archive").await, spec(&at, Kind::SharedBackupSchedule, "nightly").await);

    let (plan, _) = at.user.plan(&space(), Prove::Needed).await;
    let asked: Vec<&str> = plan.conflicts().iter().map(|change| change.id.as_str()).collect();
    assert_eq!(asked, ["location:team-a"]);
    let whose = plan.change("location:team-a").unwrap().whose();
    assert!(whose.contains("uses the key in the Secret backup-key/credentials, which is switched off"), "{whose}");
    assert!(whose.contains("s3://acme-legacy-velero/spaces") && whose.contains("spaces.config_name"), "{whose}");
    note(&plan, "The Secret team-a/backup-key with the access key stays: archive still uses it");
    let old = note(&plan, "SharedBackupConfig team-a/archive (s3://acme-legacy-velero/old) still uses the key");
    assert!(
        old.contains("SharedBackupSchedule nightly") && old.contains("configRef.name of nightly to lifeboat"),
        "{old}"
    );
    assert!(!format!("{plan:?}").contains("AKIADEMO000000LEGACY"), "a key is never shown");

    let mut answers = space();
    // What is left would be used by the schedule and prove nothing: it has to be adopted, or ours named otherwise.
    answers.consent.leave.insert("location:team-a".to_owned());
    let (left, _) = at.user.plan(&answers, Prove::Needed).await;
    assert_eq!(left.change("location:team-a").unwrap().action, Action::Conflict);
    answers.consent.leave.clear();
    answers.consent.adopt.insert("location:team-a".to_owned());
    let ran = at.user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"], "{}", ran.said());
    let ours = spec(&at, Kind::SharedBackupConfig, "lifeboat").await;
    assert_eq!(ours["objectStorage"]["credentials"], json!({"source": "InjectedIdentity"}));
    assert_eq!(at.kube.get(Kind::Secret, "team-a", "backup-key").await.unwrap(), secret, "the Secret stays");
    let now =
        (spec(&at, Kind::SharedBackupConfig, "archive").await, spec(&at, Kind::SharedBackupSchedule, "nightly").await);
    assert_eq!(now, others, "what is not ours is not changed");
    let (again, _) = at.user.plan(&answers, Prove::Needed).await;
    assert!(again.all_keep(), "second run: {:?}", to_do(&again));
    assert!(at.status().await.healthy);
    let links = lifeboat::engine::chain(
        &at.user.world,
        &at.kube,
        &at.access,
        lifeboat::domain::Tool::UpboundSpaces,
        "upbound-system",
    );
    let links = links.await;
    assert!(
        links.iter().any(|it| it.link == "location" && it.evidence.as_str().contains("lifeboat is Available")),
        "the config with a key is no broken link: {links:#?}"
    );

    at.user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert_eq!(spec(&at, Kind::SharedBackupConfig, "lifeboat").await, before);
    assert_eq!(backed_up(&at, "by-key-again", "lifeboat").await, "Completed", "the key works as before");
}

#[tokio::test]
async fn a_controller_that_is_scaled_down_or_cannot_start_is_told_in_kubernetes_words() {
    let at = At::prod().await;
    let scale = async |replicas: u32| {
        let patch = json!({"spec": {"replicas": replicas}});
        at.kube.patch(Kind::Deployment, ONE, "mxp-controller", &patch).await.unwrap();
    };
    scale(0).await;
    let ran = at.user.apply(&space(), Prove::Needed).await;
    ran.ended(3, Outcome::Failed);
    let said = ran.said();
    assert!(said.contains(&format!("the deployment {ONE}/mxp-controller is scaled to 0 replicas")), "{said}");
    assert!(said.contains(&format!("kubectl -n {ONE} scale deployment mxp-controller --replicas 1")), "{said}");
    scale(1).await;
    let patch = json!({"spec": {"template": {"spec": {"imagePullSecrets": [{"name": "gone"}]}}}});
    at.kube.patch(Kind::Deployment, ONE, "mxp-controller", &patch).await.unwrap();
    let ran = at.user.apply(&space(), Prove::Needed).await;
    ran.ended(1, Outcome::Failed);
    let said = ran.said();
    assert!(said.contains(&format!("300 s: {ONE}/mxp-controller-")) && said.contains("ImagePullBackOff"), "{said}");
}

/// Marks the Space's Deployment as Flux does.
async fn owned_by_flux(at: &At) {
    let labels = json!({"helm.toolkit.fluxcd.io/name": "spaces", "helm.toolkit.fluxcd.io/namespace": "flux-system"});
    let patch = json!({"metadata": {"labels": labels}});
    at.kube.patch(Kind::Deployment, "upbound-system", "spaces-controller", &patch).await.unwrap();
}

/// What Flux does with the plan's documents: the values under its own, the objects as they are.
async fn commit(at: &At, answers: &Answers, plan: &Plan) {
    let text = |end: &str| plan.documents().find(|it| it.path.ends_with(end)).unwrap().text.as_str();
    let mut values = at.values().await;
    let ours: Value = serde_yaml::from_str(text("helm/prod/spaces/values.yaml")).unwrap();
    assert_eq!(ours.as_object().unwrap().keys().collect::<Vec<_>>(), ["controlPlanes"], "the rest is theirs");
    values["controlPlanes"] = ours["controlPlanes"].clone();
    let upgrade = Upgrade {
        access: at.access.clone(),
        release: "spaces".to_owned(),
        namespace: "upbound-system".to_owned(),
        chart: ChartSource::Reference("oci://xpkg.upbound.io/spaces-artifacts/spaces".to_owned()),
        version: "1.16.0".to_owned(),
        values: values.to_string(),
        timeout: Duration::from_mins(1),
    };
    at.user.world.helm.upgrade(&upgrade).await.unwrap();
    owned_by_flux(at).await;
    for kind in [Kind::SharedBackupConfig, Kind::SharedBackupSchedule] {
        let file = format!("team-a/{}-{}.yaml", kind.name().to_lowercase(), answers.spaces.config_name);
        at.kube.create(kind, &serde_yaml::from_str(text(&file)).unwrap()).await.unwrap();
    }
    at.later(20).await;
}

#[tokio::test]
async fn what_flux_owns_is_saved_for_its_repository_and_proven_once_it_has_applied_it() {
    let at = At::prod().await;
    owned_by_flux(&at).await;
    let before = at.values().await;
    let (plan, _) = at.user.plan(&space(), Prove::Needed).await;
    for id in ["helm-release", "location:team-a", "schedule:team-a"] {
        let change = plan.change(id).unwrap();
        assert_eq!((change.action, change.ops.len()), (Action::Keep, 0), "{id}");
        assert!(change.why.starts_with("saved for its repository: Flux (spaces)"), "{id}: {}", change.why);
    }
    note(&plan, "Flux (spaces) owns what runs in prod");
    let ran = at.user.apply(&space(), Prove::Needed).await;
    ran.ended(0, Outcome::Applied);
    assert_eq!(ran.finish.proven, ["token"], "{}", ran.said());
    assert_eq!(at.values().await, before, "nothing is applied");
    assert_eq!(at.kube.list(Kind::SharedBackupConfig, "", "").await.unwrap(), Vec::<Value>::new());
    assert_eq!(at.kube.get(Kind::ConfigMap, "upbound-system", "lifeboat-upbound-spaces").await.unwrap(), None);

    commit(&at, &space(), &plan).await;
    let (plan, _) = at.user.plan(&space(), Prove::Needed).await;
    let restart = plan.change(&format!("restart:{ONE}")).unwrap();
    assert_eq!(restart.action, Action::Update, "no repository restarts the controllers: {}", restart.why);
    let proven = at.user.apply(&space(), Prove::Needed).await;
    proven.ended(0, Outcome::Verified);
    assert_eq!(proven.finish.proven, ["token", "backup", "delete"], "{}", proven.said());
    assert!(at.status().await.healthy);
}

//! Rancher Backup that somebody else installed: its key is switched off and told of, whoever else uses a key or follows
//! the operator is named, a restart comes before the proof, and the encryption Secret goes to where it is read.

use crate::world::{answers as for_velero, cluster, document, facts, plan, problems};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lifeboat::domain::status::RancherPlace;
use lifeboat::domain::{ClusterName, Identity, Prefix, Region, SecretName, Tool};
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer, SecretChoice};
use lifeboat::plan::{Action, EncryptionSecret, Facts, Op, Plan, SiteFacts, rights};
use lifeboat::ports::Release;
use rstest::rstest;
use serde_json::{Value, json};

const HOME: &str = "cattle-resources-system";

fn answers() -> Answers {
    Answers { tool: Tool::RancherBackup, ..for_velero() }
}

fn with_dr() -> Answers {
    let mut answers = answers();
    answers.restore_clusters.push(RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    answers
}

fn release(name: &str, values: Value) -> Release {
    Release {
        name: name.to_owned(),
        namespace: HOME.to_owned(),
        revision: 3,
        status: "deployed".to_owned(),
        chart: name.to_owned(),
        version: "108.0.6+up9.0.6".to_owned(),
        app_version: "v9.0.6".to_owned(),
        values,
    }
}

/// The values of somebody who trusts keys.
fn keyed() -> Value {
    json!({"debug": true, "s3": {
        "enabled": true, "bucketName": "old-backups", "folder": "team", "region": "us-east-1",
        "endpoint": "s3.us-east-1.amazonaws.com", "credentialSecretName": "keys", "credentialSecretNamespace": "ops",
    }})
}

fn place(bucket: &str, prefix: &str, region: &str, secret: &str) -> RancherPlace {
    let text = str::to_owned;
    RancherPlace { bucket: text(bucket), prefix: text(prefix), region: text(region), secret: text(secret) }
}

/// An operator of somebody else in a cluster.
fn install(site: &mut SiteFacts, values: Value) {
    site.release = Some(release("rancher-backup", values));
    site.found.releases = site.release.iter().cloned().collect();
    site.kube.rancher.crds = Some(release("rancher-backup-crd", json!({})));
    site.kube.rancher.location = Some(place("old-backups", "team/", "us-east-1", "keys"));
    let fields =
        [("bucketName", "old-backups"), ("credentialSecretName", "keys"), ("credentialSecretNamespace", "ops")];
    let fields = fields.into_iter().chain([("endpoint", "s3.us-east-1.amazonaws.com"), ("folder", "team")]);
    site.kube.rancher.fields = fields.map(|(field, text)| (field.to_owned(), STANDARD.encode(text))).collect();
}

fn installed() -> Facts {
    let mut facts = facts();
    install(&mut facts.site, keyed());
    facts
}

#[allow(clippy::needless_pass_by_value)]
fn backup(name: &str, spec: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": spec})
}

fn own_place(bucket: &str, folder: &str, secret: &str) -> Value {
    let mut s3 = json!({"bucketName": bucket, "folder": folder, "endpoint": "s3.us-east-1.amazonaws.com"});
    if !secret.is_empty() {
        s3["credentialSecretName"] = json!(secret);
        s3["credentialSecretNamespace"] = json!("ops");
    }
    json!({"resourceSetName": "rancher-resource-set-basic", "storageLocation": {"s3": s3}})
}

/// Whether one note holds all these words.
#[track_caller]
fn notes(plan: &Plan, words: &[&str]) {
    let found = plan.notes.iter().any(|note| words.iter().all(|word| note.contains(word)));
    assert!(found, "{words:?} in {:#?}", plan.notes);
}

fn adopted(mut answers: Answers, ids: &[&str]) -> Answers {
    answers.consent.adopt.extend(ids.iter().map(|id| (*id).to_owned()));
    answers
}

#[test]
fn f23_the_key_of_a_foreign_release_is_switched_off_its_secret_left_and_how_it_goes_is_said() {
    let asked = plan(&answers(), &installed());
    let change = asked.change("helm-release").unwrap();
    assert_eq!(change.action, Action::Conflict);
    assert!(change.whose().contains("uses the key in the Secret ops/keys, which is switched off"), "{}", change.why);
    notes(&asked, &["The Secret ops/keys with the access key stays", "--status Inactive", "delete secret keys -n ops"]);

    let plan = plan(&adopted(answers(), &["helm-release"]), &installed());
    let change = plan.change("helm-release").unwrap();
    // What the chart writes by stringData stays in data when it is written no more: it is taken out before.
    let [Op::PatchObject { namespace, name, merge, back, .. }, Op::Upgrade(_)] = change.ops.as_slice() else {
        panic!("{:?}", change.ops)
    };
    assert_eq!((namespace.as_str(), name.as_str()), (HOME, "rancher-backup-s3"), "the key's own Secret is not touched");
    let region = STANDARD.encode("us-east-1");
    let names = json!({"credentialSecretName": null, "credentialSecretNamespace": null, "region": region});
    assert_eq!(merge["data"], names);
    let before = [("keys", "credentialSecretName"), ("ops", "credentialSecretNamespace")];
    assert!(before.iter().all(|(text, field)| back["data"][*field] == STANDARD.encode(text)), "{back}");
    assert_eq!(back["data"]["region"], Value::Null, "a rollback would leave it");
    assert!(change.diff.iter().any(|line| line == "-rancher-backup-s3: credentialSecretName"), "{:?}", change.diff);
    let values: Value = serde_yaml::from_str(document(&plan, "values.yaml")).unwrap();
    assert_eq!((&values["s3"]["credentialSecretName"], &values["debug"]), (&json!(""), &json!(true)));
}

#[test]
fn f23_a_key_that_the_values_name_no_more_and_the_location_still_names_is_switched_off_too() {
    let mut facts = installed();
    let mut values = keyed();
    values["s3"]["credentialSecretName"] = json!("");
    facts.site.release = Some(release("rancher-backup", values));
    let change = plan(&answers(), &facts).change("helm-release").unwrap().clone();
    assert!(change.whose().contains("uses the key in the Secret ops/keys"), "{}", change.why);

    // Of a release of ours, too: its values are the plan's, and the location is not.
    let adopting = adopted(answers(), &["helm-release"]);
    let made = plan(&adopting, &facts);
    let ours: Value = serde_yaml::from_str(document(&made, "values.yaml")).unwrap();
    facts.site.release = Some(release("rancher-backup", ours));
    let change = plan(&answers(), &facts).change("helm-release").unwrap().clone();
    assert_eq!((change.action, change.ops.len()), (Action::Update, 2), "{change:?}");
    facts.site.kube.rancher.fields.retain(|field, _| !field.starts_with("credential"));
    assert_eq!(plan(&answers(), &facts).change("helm-release").unwrap().action, Action::Keep);
}

#[test]
fn f15_the_folder_of_before_goes_when_the_plans_is_the_buckets_root() {
    let mut answers = adopted(answers(), &["helm-release"]);
    answers.bucket.prefix = Some(Prefix::parse("/").unwrap());
    let made = plan(&answers, &installed());
    let Some(Op::PatchObject { merge, .. }) = made.change("helm-release").unwrap().ops.first() else { panic!() };
    assert!(merge["data"].get("folder").is_some_and(Value::is_null), "{merge}");
}

#[test]
fn a_release_without_keys_says_nothing_of_any() {
    let mut facts = installed();
    let mut values = keyed();
    values["s3"]["credentialSecretName"] = json!("");
    install(&mut facts.site, values);
    facts.site.kube.rancher.location = Some(place("old-backups", "team/", "us-east-1", ""));
    facts.site.kube.rancher.fields.clear();
    let plan = plan(&answers(), &facts);
    assert!(!plan.change("helm-release").unwrap().why.contains("key"), "{}", plan.change("helm-release").unwrap().why);
    assert!(plan.notes.iter().all(|note| !note.contains("access key")), "{:#?}", plan.notes);
}

#[test]
fn who_names_a_key_of_his_own_goes_on_with_it_and_is_named() {
    let mut facts = installed();
    let rancher = &mut facts.site.kube.rancher;
    rancher.others.push(backup("hourly", own_place("team-a", "x", "keys")));
    rancher.others.push(backup("weekly", own_place("team-b", "", "keys")));
    rancher.others.push(backup("other", own_place("team-c", "", "more")));
    rancher.restores.push(backup("under-way", own_place("team-a", "x", "keys")));
    let mut done = backup("done", own_place("team-a", "x", "keys"));
    done["status"] = json!({"restoreCompletionTs": "2026-01-05T09:00:00Z"});
    rancher.restores.push(done);
    let plan = plan(&answers(), &facts);
    notes(
        &plan,
        &[
            "Not switched off: the key in the Secret ops/keys is still used by the Backups hourly (s3://team-a/x), weekly (s3://team-b/)",
            "and the Restore under-way (s3://team-a/x)",
        ],
    );
    notes(&plan, &["Not switched off: the key in the Secret ops/more is still used by the Backup other"]);
    assert!(
        plan.notes.iter().all(|note| !note.contains("done (")),
        "a Restore that ended uses no key: {:#?}",
        plan.notes
    );
}

#[test]
fn a_backup_with_a_place_and_no_key_is_told_that_the_role_does_not_reach_it() {
    let mut facts = installed();
    let rancher = &mut facts.site.kube.rancher;
    rancher.others.push(backup("elsewhere", own_place("team-a", "x", "")));
    rancher.others.push(backup("inside", own_place("acme-backups", "/rancher-backup/us-east-1/prod/", "")));
    let plan = plan(&answers(), &facts);
    notes(&plan, &["without a key: Backup elsewhere (s3://team-a/x).", "role/lifeboat-rancher-backup-us-east-1-prod"]);
}

#[test]
fn recurring_backups_without_a_place_move_with_the_default_and_are_named() {
    let mut facts = installed();
    let rancher = &mut facts.site.kube.rancher;
    let set = "rancher-resource-set-basic";
    rancher.others.push(backup("daily", json!({"resourceSetName": set, "schedule": "@daily"})));
    rancher.others.push(backup("once", json!({"resourceSetName": set})));
    let mut apart = own_place("team-a", "x", "more");
    apart["schedule"] = json!("@daily");
    rancher.others.push(backup("apart", apart));
    let asked = plan(&answers(), &facts);
    let whose = asked.change("helm-release").unwrap().whose().to_owned();
    let ours = "s3://acme-backups/rancher-backup/us-east-1/prod/ in us-east-1";
    assert!(
        whose.ends_with(&format!(
            "moves from s3://old-backups/team/ in us-east-1 to {ours}, with what is recurring and names no place: Backup daily"
        )),
        "{whose}"
    );
    notes(
        &asked,
        &["from the next run on", "names no place: Backup daily. What is in s3://old-backups/team/ in us-east-1 stays"],
    );

    // Left as it is, nothing moves.
    let mut left = answers();
    left.consent.leave.insert("helm-release".to_owned());
    let left = plan(&left, &facts);
    assert!(left.notes.iter().all(|note| !note.contains("default location")), "{:#?}", left.notes);
}

#[rstest]
#[case::the_bucket("other", "rancher-backup/us-east-1/prod/", "us-east-1", true)]
#[case::the_folder("acme-backups", "", "us-east-1", true)]
#[case::the_region("acme-backups", "rancher-backup/us-east-1/prod/", "eu-west-1", true)]
#[case::nothing("acme-backups", "rancher-backup/us-east-1/prod/", "us-east-1", false)]
#[case::a_region_that_was_not_said("acme-backups", "rancher-backup/us-east-1/prod/", "", false)]
fn the_default_location_moves_with(
    #[case] bucket: &str,
    #[case] prefix: &str,
    #[case] region: &str,
    #[case] moves: bool,
) {
    let mut facts = installed();
    facts.site.kube.rancher.location = Some(place(bucket, prefix, region, "keys"));
    let why = plan(&answers(), &facts).change("helm-release").unwrap().why.clone();
    assert_eq!(why.contains("default location moves"), moves, "{why}");
}

#[test]
fn in_a_restore_cluster_what_follows_the_default_is_told_that_the_role_only_reads() {
    let mut facts = facts();
    let mut site = SiteFacts::bare(cluster("dr", "us-west-2"));
    install(&mut site, keyed());
    let spec = json!({"resourceSetName": "rancher-resource-set-basic", "schedule": "@daily"});
    site.kube.rancher.others.push(backup("daily", spec));
    facts.restores.push(site);
    let plan = plan(&with_dr(), &facts);
    notes(&plan, &["operator in dr moves", "Backup daily", "only reads there"]);
    assert_eq!(plan.change("helm-release:dr").unwrap().action, Action::Conflict);
}

#[test]
fn f24_an_upgrade_is_followed_by_a_look_at_what_runs_since_before_and_then_by_the_proof() {
    let adopting = adopted(answers(), &["helm-release"]);
    let made = plan(&adopting, &installed());
    let restart = made.change("restart").unwrap();
    assert_eq!(restart.action, Action::Update);
    assert!(restart.why.contains("once, at its start"), "{}", restart.why);
    let at = |id: &str| made.changes.iter().position(|change| change.id == id).unwrap();
    let order = ["helm-release", "restart", "schedule", "healthy", "canary"].map(at);
    assert!(order.is_sorted(), "{order:?}");
    for (id, needed) in [("restart", "helm-release"), ("healthy", "restart"), ("canary", "healthy")] {
        assert!(made.change(id).unwrap().needs.iter().any(|need| need == needed), "{id} needs {needed}");
    }
    assert_eq!(plan(&answers(), &facts()).change("restart").unwrap().action, Action::Keep, "nothing runs yet");
}

#[test]
fn f24_a_pod_that_is_older_than_the_release_is_restarted_by_the_next_run_too() {
    let mut facts = facts();
    let pod = json!({"metadata": {"name": "rancher-backup-1", "creationTimestamp": "2026-01-05T09:00:00Z"},
        "spec": {"serviceAccountName": "rancher-backup", "containers": []}});
    facts.site.kube.pods.push(pod);
    facts.site.kube.rancher.deployed = Some("2026-01-05T09:00:00Z".to_owned());
    assert_eq!(plan(&answers(), &facts).change("restart").unwrap().action, Action::Keep);
    facts.site.kube.rancher.deployed = Some("2026-01-05T10:00:00Z".to_owned());
    let made = plan(&answers(), &facts);
    let restart = made.change("restart").unwrap();
    assert_eq!(restart.diff, ["-rancher-backup-1 started before the values that are deployed"]);
}

/// Answers that encrypt, and facts of two clusters with such Secrets.
fn encrypted(choice: SecretChoice, here: EncryptionSecret, there: EncryptionSecret) -> (Answers, Facts) {
    let (mut answers, mut facts) = (with_dr(), facts());
    answers.rancher.encryption_secret = choice;
    facts.site.kube.rancher.encryption = here;
    let mut site = SiteFacts::bare(cluster("dr", "us-west-2"));
    site.kube.rancher.encryption = there;
    facts.restores.push(site);
    (answers, facts)
}

#[rstest]
#[case::made(SecretChoice::New, EncryptionSecret::Absent, "rancher-backup-encryption")]
#[case::named(SecretChoice::Named(SecretName::parse("ours").unwrap()), EncryptionSecret::There, "ours")]
fn the_encryption_secret_is_copied_to_a_restore_cluster(
    #[case] choice: SecretChoice,
    #[case] here: EncryptionSecret,
    #[case] name: &str,
) {
    let (answers, facts) = encrypted(choice.clone(), here, EncryptionSecret::Absent);
    let made = plan(&answers, &facts);
    let change = made.change("encryption-secret:dr").unwrap();
    let wanted = Op::CopyEncryptionSecret { namespace: HOME.to_owned(), name: name.to_owned(), replace: false };
    assert_eq!((change.action, &change.ops), (Action::Create, &vec![wanted]));
    assert!(change.needs.contains(&"namespace:dr".to_owned()), "{:?}", change.needs);
    let after = change.needs.contains(&"encryption-secret".to_owned());
    assert_eq!(after, choice == SecretChoice::New, "what is made there first is waited for: {:?}", change.needs);
    assert!(document(&made, &format!("dr/{HOME}/secret-{name}.yaml")).contains("GENERATED"));
    assert!(made.notes.iter().all(|note| !note.contains("copy the encryption Secret")), "{:#?}", made.notes);
    let copies = |site| rights(&made, site).iter().any(|right| right.resource == "secrets" && right.verb == "create");
    assert!(copies(1), "who applies may make it there");

    let (answers, facts) = encrypted(choice, here, EncryptionSecret::There);
    assert_eq!(plan(&answers, &facts).change("encryption-secret:dr").unwrap().action, Action::Keep);
}

#[rstest]
#[case::another_key(EncryptionSecret::Other)]
#[case::no_key(EncryptionSecret::WithoutKey)]
fn one_there_with_other_data_is_replaced_only_with_consent(#[case] there: EncryptionSecret) {
    let (answers, mut facts) = encrypted(SecretChoice::New, EncryptionSecret::There, there);
    let spec = json!({"encryptionConfigSecretName": "rancher-backup-encryption"});
    facts.restores[0].kube.rancher.others.push(backup("daily", spec));
    let asked = plan(&answers, &facts);
    let change = asked.change("encryption-secret:dr").unwrap();
    assert_eq!((change.action, change.ops.len()), (Action::Conflict, 0));
    for word in ["has other data (used by the Backup daily)", "no copy is kept", "save it first"] {
        assert!(change.why.contains(word), "{word}: {}", change.why);
    }
    let taken = plan(&adopted(answers.clone(), &["encryption-secret:dr"]), &facts);
    let change = taken.change("encryption-secret:dr").unwrap();
    assert!(matches!(change.ops.as_slice(), [Op::CopyEncryptionSecret { replace: true, .. }]), "{:?}", change.ops);
    let mut left = answers;
    left.consent.leave.insert("encryption-secret:dr".to_owned());
    assert_eq!(plan(&left, &facts).change("encryption-secret:dr").unwrap().action, Action::Keep);
}

#[test]
fn a_service_account_of_eksctl_asks_and_says_what_it_loses() {
    let mut facts = facts();
    facts.site.kube.service_account = Some(json!({"metadata": {
        "name": "rancher-backup", "namespace": HOME, "labels": {"app.kubernetes.io/managed-by": "eksctl"},
        "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/eksctl-prod"},
    }}));
    let change = plan(&answers(), &facts).change("service-account").unwrap().clone();
    assert_eq!(change.action, Action::Conflict);
    assert!(
        change.why.contains("made by eksctl with the role arn:aws:iam::111122223333:role/eksctl-prod"),
        "{}",
        change.why
    );
    let made = plan(&adopted(answers(), &["service-account"]), &facts);
    let change = made.change("service-account").unwrap();
    let Some(Op::PatchObject { merge, .. }) = change.ops.first() else { panic!("{:?}", change.ops) };
    assert_eq!(merge["metadata"]["annotations"]["meta.helm.sh/release-name"], "rancher-backup");
}

/// An operator that a repository applied.
fn of_repository(marks: &Value) -> Facts {
    let mut facts = facts();
    let mut metadata = json!({"name": "rancher-backup", "namespace": HOME});
    for (part, marks) in marks.as_object().unwrap() {
        metadata[part] = marks.clone();
    }
    let spec = json!({"template": {"spec": {"serviceAccountName": "rancher-backup", "containers": []}}});
    let deployment = json!({"metadata": metadata, "spec": spec});
    facts.site.found.deployments.push(deployment.clone());
    facts.site.kube.deployment = Some(deployment);
    facts.site.kube.service_account = Some(json!({"metadata": metadata}));
    facts.site.kube.rancher.location = Some(place("old-backups", "team/", "us-east-1", "keys"));
    let fields = &mut facts.site.kube.rancher.fields;
    fields.insert("credentialSecretName".to_owned(), STANDARD.encode("keys"));
    fields.insert("endpointCA".to_owned(), STANDARD.encode("its values may say so"));
    facts
}

#[rstest]
#[case::argo_cd(json!({"annotations": {"argocd.argoproj.io/tracking-id": "rancher-backup:apps/Deployment:x/y"}}), "Argo CD (rancher-backup)")]
#[case::flux(json!({"labels": {"helm.toolkit.fluxcd.io/name": "rancher-backup"}}), "Flux (rancher-backup)")]
fn what_a_repository_owns_is_saved_and_proven_once_it_is_applied(#[case] marks: Value, #[case] owner: &str) {
    let (mut answers, mut facts) = (answers(), of_repository(&marks));
    answers.rancher.encryption_secret = SecretChoice::New;
    let made = plan(&answers, &facts);
    assert!(made.conflicts().is_empty(), "{:?}", made.conflicts());
    let ops = |plan: &Plan, id: &str| plan.change(id).unwrap().ops.len();
    for id in [
        "namespace",
        "service-account",
        "helm-crds",
        "helm-release",
        "schedule",
        "restart",
        "healthy",
        "canary",
        "record",
    ] {
        assert_eq!(ops(&made, id), 0, "{id}");
    }
    let release = made.change("helm-release").unwrap();
    assert!(
        release.why.contains(owner) && release.why.contains("commit helm/prod/rancher-backup/values.yaml"),
        "{}",
        release.why
    );
    let schedule = made.change("schedule").unwrap();
    assert!(schedule.why.contains("commit kubernetes/prod/_/backup-lifeboat.yaml"), "{}", schedule.why);
    let secret = made.change("encryption-secret").unwrap();
    assert!(secret.ops.is_empty() && secret.why.contains("with a key of your own"), "{}", secret.why);
    notes(&made, &[owner, "helm/prod/rancher-backup/values.yaml", "changes nothing in the cluster"]);
    let patch =
        r#"rancher-backup-s3 -n cattle-resources-system --type merge -p '{"data":{"credentialSecretName":null}}'"#;
    notes(&made, &["stays in it", patch]);
    notes(&made, &["kubectl rollout restart deployment/rancher-backup -n cattle-resources-system"]);
    assert!(made.notes.iter().all(|note| !note.contains("secret-rancher-backup-encryption")), "{:#?}", made.notes);

    // Once it has applied them.
    let kube = &mut facts.site.kube;
    let annotations = &mut kube.service_account.as_mut().unwrap()["metadata"]["annotations"];
    annotations["eks.amazonaws.com/role-arn"] = json!(made.names.role_arn);
    kube.rancher.location = Some(place("acme-backups", "rancher-backup/us-east-1/prod/", "us-east-1", ""));
    kube.rancher.encryption = EncryptionSecret::There;
    kube.rancher.backup = Some(backup("lifeboat", json!({"schedule": "0 3 * * *"})));
    let ready = plan(&answers, &facts);
    assert_eq!((ops(&ready, "canary"), ops(&ready, "helm-release")), (1, 0));
    let key = place("acme-backups", "rancher-backup/us-east-1/prod/", "us-east-1", "keys");
    facts.site.kube.rancher.location = Some(key);
    assert_eq!(ops(&plan(&answers, &facts), "canary"), 0, "with the key still in use it is not");
}

#[test]
fn an_operator_that_helm_did_not_install_is_refused_before_anything_is_made() {
    let facts = of_repository(&json!({}));
    let said = problems(&answers(), &facts).to_string();
    assert!(
        said.contains("rancher-backup of prod was not installed by Helm") && said.contains("kubectl delete"),
        "{said}"
    );
}

#[test]
fn with_pod_identity_a_foreign_release_is_asked_about_in_the_same_words() {
    let answers = Answers { identity: Identity::PodIdentity, ..answers() };
    let why = plan(&answers, &installed()).change("helm-release").unwrap().why.clone();
    assert!(why.contains("uses the key in the Secret ops/keys, which is switched off"), "{why}");
}

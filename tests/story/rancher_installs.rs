//! Rancher Backup that somebody else installed, in the demo: adopted with consent, restarted, proven, all kept after;
//! what eksctl or a repository owns; the encryption Secret in the clusters that restore.

use crate::support::{Ran, User, answers as for_velero, to_do};
use lifeboat::domain::{ClusterName, Region, SecretName, Tool};
use lifeboat::engine::Outcome;
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer, SecretChoice};
use lifeboat::plan::{Action, Prove};
use lifeboat::ports::{BucketRef, ChartSource, ClusterAccess, Kind, Kube, Upgrade};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const HOME: &str = "cattle-resources-system";
const KEY: &str = "encryption-provider-config.yaml";
/// A chart of a line that takes no annotations for its pods.
const CHART: &str = "109.0.0+up10.0.3";

fn answers(cluster: &str) -> Answers {
    Answers { tool: Tool::RancherBackup, ..for_velero(cluster) }
}

fn adopting(mut answers: Answers, ids: &[&str]) -> Answers {
    answers.consent.adopt.extend(ids.iter().map(|id| (*id).to_owned()));
    answers
}

fn access(cluster: &str, region: &str) -> ClusterAccess {
    ClusterAccess { name: cluster.to_owned(), region: region.to_owned(), ..ClusterAccess::default() }
}

async fn kube(user: &User, cluster: &str, region: &str) -> Arc<dyn Kube> {
    user.world.clusters.connect(&access(cluster, region)).await.unwrap()
}

/// The values of somebody who trusts keys.
fn keyed(name: &str) -> Value {
    json!({"debug": true, "resources": {"limits": {"memory": "1Gi"}}, "s3": {
        "enabled": true, "bucketName": "acme-key-velero", "region": "us-east-1", "folder": "team",
        "endpoint": "s3.us-east-1.amazonaws.com", "credentialSecretName": name, "credentialSecretNamespace": "ops",
    }})
}

async fn helm(user: &User, cluster: &str, name: &str, values: &Value) {
    let order = Upgrade {
        access: access(cluster, "us-east-1"),
        release: name.to_owned(),
        namespace: HOME.to_owned(),
        chart: ChartSource::Repository { url: "https://charts.rancher.io".to_owned(), name: name.to_owned() },
        version: CHART.to_owned(),
        values: values.to_string(),
        timeout: Duration::from_mins(1),
    };
    user.world.helm.upgrade(&order).await.unwrap();
    user.world.host.sleep(Duration::from_secs(10)).await;
}

/// Both charts with a key that works, and Backups of the team.
async fn installed(user: &User) -> Arc<dyn Kube> {
    let kube = kube(user, "cli", "us-east-1").await;
    for namespace in [HOME, "ops"] {
        kube.create(Kind::Namespace, &json!({"metadata": {"name": namespace}})).await.unwrap();
    }
    let data = json!({"accessKey": "AKIADEMO0000000VELERO", "secretKey": "demo"});
    let secret = json!({"metadata": {"name": "keys", "namespace": "ops"}, "stringData": data});
    kube.create(Kind::Secret, &secret).await.unwrap();
    helm(user, "cli", "rancher-backup-crd", &json!({})).await;
    helm(user, "cli", "rancher-backup", &keyed("keys")).await;
    let set = "rancher-resource-set-basic";
    let s3 = json!({"bucketName": "acme-key-velero", "folder": "own", "region": "us-east-1",
        "endpoint": "s3.us-east-1.amazonaws.com", "credentialSecretName": "keys", "credentialSecretNamespace": "ops"});
    let backups = [
        ("daily", json!({"resourceSetName": set, "schedule": "@daily"})),
        ("own", json!({"resourceSetName": set, "schedule": "@daily", "storageLocation": {"s3": s3}})),
    ];
    for (name, spec) in backups {
        kube.create(Kind::RancherBackup, &json!({"metadata": {"name": name}, "spec": spec})).await.unwrap();
    }
    user.world.host.sleep(Duration::from_secs(10)).await;
    kube
}

/// The keys of a bucket.
async fn keys(user: &User, name: &str) -> Vec<String> {
    let bucket = BucketRef { name: name.into(), region: "us-east-1".into(), account: "111122223333".into() };
    user.world.aws.keys(&bucket, "", 100).await.unwrap().into_iter().map(|(key, _)| key).collect()
}

/// Applies, then finds nothing left to do and the same digest.
async fn proven(user: &User, answers: &Answers) -> Ran {
    let (before, _) = user.plan(answers, Prove::Needed).await;
    let ran = user.apply(answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven[..3], ["token", "backup", "delete"]);
    let (after, _) = user.plan(answers, Prove::Needed).await;
    let diffs: Vec<_> = after.changes.iter().filter(|it| !it.diff.is_empty()).map(|it| (&it.id, &it.diff)).collect();
    assert_eq!(to_do(&after), Vec::<&str>::new(), "{diffs:#?}");
    assert_eq!(before.digest, after.digest);
    ran
}

async fn pod(kube: &Arc<dyn Kube>) -> Value {
    let pods = kube.list(Kind::Pod, HOME, "app.kubernetes.io/name=rancher-backup").await.unwrap();
    pods.into_iter().next().expect("the operator runs")
}

#[tokio::test]
async fn a_release_with_a_static_key_is_adopted_proven_by_the_role_and_given_back() {
    let user = User::at("installed");
    let kube = installed(&user).await;
    let of = |all: &[String], start: &str| all.iter().filter(|key| key.starts_with(start)).count();
    let before = keys(&user, "acme-key-velero").await;
    assert_eq!((of(&before, "team/daily-"), of(&before, "own/own-")), (1, 1), "the key works: {before:?}");

    let (plan, _) = user.plan(&answers("cli"), Prove::Needed).await;
    let asked: Vec<&str> = plan.conflicts().iter().map(|change| change.id.as_str()).collect();
    assert_eq!(asked, ["helm-release"]);
    let why = &plan.change("helm-release").unwrap().why;
    for word in ["the key in the Secret ops/keys", "moves from s3://acme-key-velero/team/", "Backup daily"] {
        assert!(why.contains(word), "{word}: {why}");
    }
    let note = |words: &[&str]| plan.notes.iter().any(|note| words.iter().all(|word| note.contains(word)));
    assert!(note(&["Not switched off: the key in the Secret ops/keys", "Backup own"]), "{:#?}", plan.notes);
    assert!(note(&["The Secret ops/keys with the access key stays"]), "{:#?}", plan.notes);

    let answers = adopting(answers("cli"), &["helm-release"]);
    let secret = kube.get(Kind::Secret, "ops", "keys").await.unwrap();
    let location = kube.get(Kind::Secret, HOME, "rancher-backup-s3").await.unwrap().unwrap();
    let ran = proven(&user, &answers).await;
    let release = user.gather(&answers).await.unwrap().facts.site.release.unwrap();
    assert_eq!((release.version.as_str(), &release.values["debug"]), (CHART, &json!(true)));
    assert_eq!(release.values["resources"]["limits"]["memory"], "1Gi");
    assert_eq!(release.values["s3"]["credentialSecretName"], "");
    assert!(release.values["extraAnnotations"].is_null(), "the chart does not know them: {}", release.values);
    assert_eq!(kube.get(Kind::Secret, "ops", "keys").await.unwrap(), secret, "the Secret is left as it is");

    // The next day: what names a key of its own goes on with it, what follows the operator is in our bucket.
    user.world.host.sleep(Duration::from_hours(24)).await;
    let there = keys(&user, "acme-key-velero").await;
    assert_eq!((of(&there, "team/daily-"), of(&there, "own/own-")), (1, 2), "{there:?}");
    let here = keys(&user, "acme-backups").await;
    assert_eq!(of(&here, "rancher-backup/us-east-1/cli/daily-"), 1, "{here:?}");

    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    let back = user.gather(&answers).await.unwrap().facts.site.release.unwrap();
    assert_eq!(back.values, keyed("keys"), "the values of before are back");
    assert_eq!(kube.get(Kind::Secret, HOME, "rancher-backup-s3").await.unwrap().unwrap()["data"], location["data"]);
}

#[tokio::test]
async fn f24_an_operator_that_runs_since_before_its_values_is_restarted_and_then_proven() {
    let user = User::at("installed");
    let kube = installed(&user).await;
    let answers = adopting(answers("cli"), &["helm-release"]);
    proven(&user, &answers).await;
    let before = pod(&kube).await;

    // Somebody upgrades with values that no part of the pods' template goes by.
    let mut values = user.gather(&answers).await.unwrap().facts.site.release.unwrap().values;
    values["monitoring"] = json!({"serviceMonitor": {"enabled": false}});
    helm(&user, "cli", "rancher-backup", &values).await;
    assert_eq!(pod(&kube).await["metadata"]["uid"], before["metadata"]["uid"], "it restarted nobody");
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let restart = plan.change("restart").unwrap();
    assert_eq!(restart.action, Action::Update);
    assert!(restart.diff[0].ends_with("started before the values that are deployed"), "{:?}", restart.diff);
    let ran = proven(&user, &answers).await;
    let after = pod(&kube).await;
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
    let at = |id: &str| ran.events.iter().rposition(|event| event.change == id).unwrap();
    assert!(at("restart") < at("healthy") && at("healthy") < at("canary"), "{}", ran.said());
}

#[tokio::test]
async fn f24_the_demos_operator_reads_its_location_once() {
    let user = User::at("installed");
    let kube = installed(&user).await;
    let data = json!({"data": {"folder": "bW92ZWQ="}});
    kube.patch(Kind::Secret, HOME, "rancher-backup-s3", &data).await.unwrap();
    let spec = json!({"resourceSetName": "rancher-resource-set-basic"});
    kube.create(Kind::RancherBackup, &json!({"metadata": {"name": "once"}, "spec": spec})).await.unwrap();
    user.world.host.sleep(Duration::from_secs(10)).await;
    let all = keys(&user, "acme-key-velero").await;
    assert!(all.iter().any(|key| key.starts_with("team/once-")), "{all:?}");
}

#[tokio::test]
async fn a_service_account_of_eksctl_is_taken_over_and_given_back() {
    let user = User::at("installed");
    let kube = kube(&user, "cli", "us-east-1").await;
    kube.create(Kind::Namespace, &json!({"metadata": {"name": HOME}})).await.unwrap();
    let account = json!({"metadata": {
        "name": "rancher-backup", "namespace": HOME, "labels": {"app.kubernetes.io/managed-by": "eksctl"},
        "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/eksctl-cli-rancher"},
    }});
    kube.create(Kind::ServiceAccount, &account).await.unwrap();
    let (plan, _) = user.plan(&answers("cli"), Prove::Needed).await;
    let asked: Vec<&str> = plan.conflicts().iter().map(|change| change.id.as_str()).collect();
    assert_eq!(asked, ["service-account"]);
    let answers = adopting(answers("cli"), &["service-account"]);
    let ran = proven(&user, &answers).await;
    let there = kube.get(Kind::ServiceAccount, HOME, "rancher-backup").await.unwrap().unwrap();
    assert_eq!(there["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    let back = kube.get(Kind::ServiceAccount, HOME, "rancher-backup").await.unwrap().unwrap();
    for part in ["labels", "annotations"] {
        assert_eq!(back["metadata"][part], account["metadata"][part]);
    }
}

#[tokio::test]
async fn f23_a_key_that_somebodys_helm_left_in_the_location_is_taken_out() {
    let user = User::at("installed");
    let kube = installed(&user).await;
    // Somebody emptied it in the values: the chart's Secret, written by `stringData`, still names it.
    let mut values = keyed("");
    values["s3"]["credentialSecretNamespace"] = json!("");
    helm(&user, "cli", "rancher-backup", &values).await;
    let named = async || {
        let secret = kube.get(Kind::Secret, HOME, "rancher-backup-s3").await.unwrap().unwrap();
        secret["data"]["credentialSecretName"].is_string()
    };
    assert!(named().await);
    let (plan, _) = user.plan(&answers("cli"), Prove::Needed).await;
    let why = &plan.change("helm-release").unwrap().why;
    assert!(why.contains("the key in the Secret ops/keys, which is switched off"), "{why}");
    proven(&user, &adopting(answers("cli"), &["helm-release"])).await;
    assert!(!named().await);
}

/// Marks what somebody installed as applied by Argo CD.
async fn of_argo(kube: &Arc<dyn Kube>) {
    let marks =
        json!({"argocd.argoproj.io/tracking-id": "backups:apps/Deployment:cattle-resources-system/rancher-backup"});
    let patch = json!({"metadata": {"annotations": marks}});
    for kind in [Kind::Deployment, Kind::ServiceAccount] {
        kube.patch(kind, HOME, "rancher-backup", &patch).await.unwrap();
    }
}

#[tokio::test]
async fn argo_cd_gets_documents_the_account_its_half_and_the_proof_once_they_are_applied() {
    let user = User::at("installed");
    let kube = installed(&user).await;
    of_argo(&kube).await;
    let answers = answers("cli");
    let before = kube.get(Kind::Deployment, HOME, "rancher-backup").await.unwrap();
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Applied);
    assert_eq!(ran.finish.proven, ["token"]);
    assert!(ran.said().contains("Argo CD (backups)"), "{}", ran.said());
    assert_eq!(kube.get(Kind::Deployment, HOME, "rancher-backup").await.unwrap(), before, "nothing is touched");
    assert!(kube.get(Kind::RancherBackup, "", "lifeboat").await.unwrap().is_none());
    assert!(kube.get(Kind::ConfigMap, HOME, "lifeboat-rancher-backup").await.unwrap().is_none());

    // What the note says, and then what Argo CD does with the documents.
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let patch = r#"{"data":{"credentialSecretName":null,"credentialSecretNamespace":null}}"#;
    let command = format!("kubectl patch secret rancher-backup-s3 -n {HOME} --type merge -p '{patch}'");
    assert!(plan.notes.iter().any(|note| note.ends_with(&command)), "{command}: {:#?}", plan.notes);
    let patch: Value = serde_json::from_str(patch).unwrap();
    kube.patch(Kind::Secret, HOME, "rancher-backup-s3", &patch).await.unwrap();
    let text = |end: &str| plan.documents().find(|it| it.path.ends_with(end)).unwrap().text.clone();
    let mut values: Value = serde_yaml::from_str(&text("helm/cli/rancher-backup/values.yaml")).unwrap();
    values["resources"] = json!({"limits": {"memory": "1Gi"}});
    helm(&user, "cli", "rancher-backup", &values).await;
    of_argo(&kube).await;
    let backup: Value = serde_yaml::from_str(&text("kubernetes/cli/_/backup-lifeboat.yaml")).unwrap();
    kube.create(Kind::RancherBackup, &backup).await.unwrap();
    user.world.host.sleep(Duration::from_secs(20)).await;
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"]);
}

/// Answers with a restore cluster that encrypt.
fn encrypting(choice: SecretChoice) -> Answers {
    let mut answers = answers("prod");
    answers.rancher.encryption_secret = choice;
    answers.consent.saved.insert("encryption-secret".to_owned());
    answers.restore_clusters = vec![RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    }];
    answers
}

async fn key_of(kube: &Arc<dyn Kube>, name: &str) -> Option<String> {
    let secret = kube.get(Kind::Secret, HOME, name).await.unwrap()?;
    secret["data"][KEY].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_encryption_secret_that_is_made_is_in_the_restore_cluster_too_and_nowhere_else() {
    let (user, answers) = (User::at("default"), encrypting(SecretChoice::New));
    let ran = proven(&user, &answers).await;
    let (home, dr) = (kube(&user, "prod", "us-east-1").await, kube(&user, "dr", "us-west-2").await);
    let key = key_of(&home, "rancher-backup-encryption").await.expect("it is made");
    assert_eq!(key_of(&dr, "rancher-backup-encryption").await, Some(key.clone()));
    let journal = std::fs::read_to_string(&ran.journal).unwrap();
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let documents: String = plan.documents().map(|it| it.text.as_str()).collect();
    let told = [ran.said(), journal, documents, plan.to_json().to_string()];
    assert!(told.iter().all(|text| !text.contains(&key)), "the key is in no event, journal or document");
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert_eq!(key_of(&dr, "rancher-backup-encryption").await, Some(key), "without it no backup can be read");
}

#[tokio::test]
async fn a_named_secret_is_copied_and_another_one_of_its_name_is_replaced_with_consent_only() {
    let user = User::at("default");
    let (home, dr) = (kube(&user, "prod", "us-east-1").await, kube(&user, "dr", "us-west-2").await);
    for (kube, data) in [(&home, "first"), (&dr, "second")] {
        kube.create(Kind::Namespace, &json!({"metadata": {"name": HOME}})).await.unwrap();
        let metadata = json!({"name": "ours", "namespace": HOME});
        let secret = json!({"metadata": metadata, "stringData": {KEY: data, "note": data}});
        kube.create(Kind::Secret, &secret).await.unwrap();
    }
    let answers = encrypting(SecretChoice::Named(SecretName::parse("ours").unwrap()));
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let asked: Vec<&str> = plan.conflicts().iter().map(|change| change.id.as_str()).collect();
    assert_eq!(asked, ["encryption-secret:dr"]);
    let mut left = answers.clone();
    left.consent.leave.insert("encryption-secret:dr".to_owned());
    proven(&user, &left).await;
    assert_ne!(key_of(&dr, "ours").await, key_of(&home, "ours").await, "left as it is");

    proven(&user, &adopting(answers, &["encryption-secret:dr"])).await;
    assert_eq!(key_of(&dr, "ours").await, key_of(&home, "ours").await);
    let there = dr.get(Kind::Secret, HOME, "ours").await.unwrap().unwrap();
    assert_eq!(there["data"]["note"], "c2Vjb25k", "what else is in it stays");
}

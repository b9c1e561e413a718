//! Velero that somebody else installed: adopted with consent, proven, all kept after, taken back.

use crate::support::{User, answers, to_do};
use lifeboat::engine::Outcome;
use lifeboat::plan::answers::Answers;
use lifeboat::plan::{Action, Op, Prove};
use lifeboat::ports::{ClusterAccess, Kind};
use serde_json::{Value, json};

fn adopting(cluster: &str, ids: &[&str]) -> Answers {
    let mut answers = answers(cluster);
    answers.consent.adopt.extend(ids.iter().map(|id| (*id).to_owned()));
    answers
}

async fn object(user: &User, cluster: &str, kind: Kind, namespace: &str, name: &str) -> Option<Value> {
    let access = ClusterAccess { name: cluster.to_owned(), region: "us-east-1".to_owned(), ..ClusterAccess::default() };
    user.world.clusters.connect(&access).await.unwrap().get(kind, namespace, name).await.unwrap()
}

/// The ids that wait for consent.
async fn conflicts(user: &User, answers: &Answers) -> Vec<String> {
    let (plan, _) = user.plan(answers, Prove::Needed).await;
    plan.conflicts().iter().map(|change| change.id.clone()).collect()
}

/// Applies, then finds nothing left to do and the same digest, and applies again with all kept.
async fn proven(user: &User, answers: &Answers) -> crate::support::Ran {
    let (before, _) = user.plan(answers, Prove::Needed).await;
    let ran = user.apply(answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "restore", "delete"]);
    let (after, _) = user.plan(answers, Prove::Needed).await;
    let diffs: Vec<_> = after.changes.iter().filter(|it| !it.diff.is_empty()).map(|it| (&it.id, &it.diff)).collect();
    assert_eq!(to_do(&after), Vec::<&str>::new(), "{diffs:#?}");
    assert_eq!(before.digest, after.digest);
    ran
}

#[tokio::test]
async fn a_velero_of_the_cli_is_configured_in_place_proven_and_given_back() {
    let user = User::at("installed");
    assert_eq!(
        conflicts(&user, &answers("cli")).await,
        ["service-account", "repository-password", "deployment", "location"]
    );
    let answers = adopting("cli", &["service-account", "repository-password", "deployment", "location"]);
    let deployment = object(&user, "cli", Kind::Deployment, "velero", "velero").await.unwrap();
    let location = object(&user, "cli", Kind::BackupStorageLocation, "velero", "default").await.unwrap();
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(plan.change("helm-release").is_none(), "no release is made beside it");
    assert!(plan.notes.iter().any(|note| note.contains("Secret velero/cloud-credentials")), "{:#?}", plan.notes);
    let ran = proven(&user, &answers).await;
    let now = object(&user, "cli", Kind::Deployment, "velero", "velero").await.unwrap();
    let text = now["spec"].to_string();
    assert!(!text.contains("credentials"), "{text}");
    assert!(text.contains("velero-plugin-for-aws:v1.13.1"), "a plugin that fits stays: {text}");
    assert!(object(&user, "cli", Kind::Secret, "velero", "cloud-credentials").await.is_some());
    assert!(object(&user, "cli", Kind::Schedule, "velero", "velero-lifeboat").await.is_some());

    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    let back = object(&user, "cli", Kind::Deployment, "velero", "velero").await.unwrap();
    for list in ["volumes", "initContainers"] {
        let of = |object: &Value| sorted(&object["spec"]["template"]["spec"][list]);
        assert_eq!(of(&back), of(&deployment));
    }
    for list in ["env", "volumeMounts", "args"] {
        let of = |object: &Value| sorted(&object["spec"]["template"]["spec"]["containers"][0][list]);
        assert_eq!(of(&back), of(&deployment));
    }
    let there = object(&user, "cli", Kind::BackupStorageLocation, "velero", "default").await.unwrap();
    assert_eq!(there["spec"], location["spec"]);
    assert_eq!(object(&user, "cli", Kind::Schedule, "velero", "velero-lifeboat").await, None);
}

/// A strategic merge adds to the end of a list.
fn sorted(list: &Value) -> Vec<String> {
    let mut items: Vec<String> = list.as_array().into_iter().flatten().map(ToString::to_string).collect();
    items.sort();
    items
}

#[tokio::test]
async fn another_location_of_the_cli_keeps_the_one_that_is_there() {
    let user = User::at("installed");
    let mut answers = adopting("cli", &["service-account", "repository-password", "deployment"]);
    answers.velero.location = lifeboat::domain::LocationName::parse("lifeboat").unwrap();
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(
        plan.notes.iter().any(|note| note.contains("acme-cli-velero") && note.contains("credential")),
        "{:#?}",
        plan.notes
    );
    let ran = proven(&user, &answers).await;
    let theirs = object(&user, "cli", Kind::BackupStorageLocation, "velero", "default").await.unwrap();
    assert_eq!(theirs["spec"]["objectStorage"]["bucket"], "acme-cli-velero");
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert_eq!(object(&user, "cli", Kind::BackupStorageLocation, "velero", "lifeboat").await, None);
}

#[tokio::test]
async fn a_deployment_that_somebody_changed_since_is_left_by_undo() {
    let user = User::at("installed");
    let answers = adopting("cli", &["service-account", "repository-password", "deployment", "location"]);
    let ran = proven(&user, &answers).await;
    let access = ClusterAccess { name: "cli".to_owned(), region: "us-east-1".to_owned(), ..ClusterAccess::default() };
    let kube = user.world.clusters.connect(&access).await.unwrap();
    let env = json!([{"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/elsewhere"}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "velero", "env": env}]}}}});
    kube.strategic(Kind::Deployment, "velero", "velero", &patch).await.unwrap();
    let undone = user.undo(&answers, &ran).await;
    undone.ended(3, Outcome::Failed);
    assert!(undone.said().contains("Deployment velero/velero was changed since"), "{}", undone.said());
}

#[tokio::test]
async fn a_service_account_of_eksctl_is_taken_over_and_given_back() {
    let user = User::at("installed");
    assert_eq!(conflicts(&user, &answers("eksctl")).await, ["service-account"]);
    let answers = adopting("eksctl", &["service-account"]);
    let before = object(&user, "eksctl", Kind::ServiceAccount, "velero", "velero-server").await.unwrap();
    let ran = proven(&user, &answers).await;
    let account = object(&user, "eksctl", Kind::ServiceAccount, "velero", "velero-server").await.unwrap();
    assert_eq!(account["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
    let undone = user.undo(&answers, &ran).await;
    undone.ended(0, Outcome::Undone);
    let after = object(&user, "eksctl", Kind::ServiceAccount, "velero", "velero-server").await.unwrap();
    for part in ["labels", "annotations"] {
        assert_eq!(after["metadata"][part], before["metadata"][part], "{}", undone.said());
    }
}

#[tokio::test]
async fn a_release_of_other_names_is_upgraded_where_it_is_with_all_that_is_not_ours() {
    let user = User::at("installed");
    let asked = conflicts(&user, &answers("other")).await;
    assert_eq!(asked, ["repository-password", "helm-release"]);
    let answers = adopting("other", &["repository-password", "helm-release"]);
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let names = &plan.names;
    assert_eq!((names.namespace.as_str(), names.release.as_str()), ("backup-system", "backup"));
    assert_eq!(names.service_account, "backup-velero-server");
    let ran = proven(&user, &answers).await;
    let access = ClusterAccess { name: "other".to_owned(), region: "us-east-1".to_owned(), ..ClusterAccess::default() };
    let releases = user.world.helm.releases_of(&access, "velero").await.unwrap();
    assert_eq!(releases.len(), 1, "no second release");
    let release = &releases[0];
    assert_eq!((release.version.as_str(), release.revision), ("11.3.2", 2), "the version stays");
    let names = |list: &Value| list.as_array().unwrap().iter().map(|it| it["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&release.values["initContainers"]), ["velero-plugin-for-aws", "velero-plugin-for-gcp"]);
    let locations = &release.values["configuration"]["backupStorageLocation"];
    assert_eq!(names(locations), ["primary", "offsite", "default"]);
    assert_eq!(locations[1]["credential"]["name"], "offsite-key");
    assert_eq!(release.values["resources"]["requests"]["cpu"], "100m");
    assert_eq!(release.values["credentials"]["useSecret"], false);
    let secret = object(&user, "other", Kind::Secret, "backup-system", "backup-velero").await;
    assert!(secret.is_some(), "the key's Secret is left");
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    let deployment = object(&user, "other", Kind::Deployment, "backup-system", "velero").await.unwrap();
    assert!(deployment.to_string().contains("cloud-credentials"), "the key is back");
}

#[tokio::test]
async fn of_two_releases_the_user_says_which() {
    let user = User::at("installed");
    let mut answers = answers("two");
    let gathered = user.gather(&answers).await.unwrap();
    let problems = lifeboat::plan::plan(&answers, &gathered.facts, Prove::Needed).unwrap_err().to_string();
    assert!(problems.contains("velero-a/velero, velero-b/velero"), "{problems}");
    answers.install.namespace = Some(lifeboat::domain::Namespace::parse("velero-b").unwrap());
    answers.consent.adopt.extend(["helm-release", "location", "repository-password"].map(str::to_owned));
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(plan.names.namespace, "velero-b");
    proven(&user, &answers).await;
}

#[tokio::test]
async fn a_chart_that_is_too_old_names_the_upgrade_and_the_upgrade_works() {
    let user = User::at("installed");
    let mut answers = adopting("old", &["helm-release", "repository-password"]);
    let gathered = user.gather(&answers).await.unwrap();
    let problems = lifeboat::plan::plan(&answers, &gathered.facts, Prove::Needed).unwrap_err().to_string();
    assert!(problems.contains("3.2.0") && problems.contains("install.version = \"12.1.0\""), "{problems}");
    answers.install.version = "12.1.0".to_owned();
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(plan.notes.iter().any(|note| note.contains("is a list since chart 4.0.0")), "{:#?}", plan.notes);
    proven(&user, &answers).await;
    let old = object(&user, "old", Kind::BackupStorageLocation, "velero", "old").await.unwrap();
    assert_eq!(old["spec"]["objectStorage"]["bucket"], "acme-key-velero", "the location of before survives");
    let deployment = object(&user, "old", Kind::Deployment, "velero", "velero").await.unwrap();
    assert!(deployment.to_string().contains("TEAM"), "the variables of before survive");
}

#[tokio::test]
async fn argo_cd_gets_documents_and_the_account_its_half() {
    let user = User::at("installed");
    let answers = answers("argo");
    let before = object(&user, "argo", Kind::Deployment, "velero", "velero").await;
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(plan.conflicts().is_empty(), "{:?}", plan.conflicts());
    for change in plan.changes.iter().filter(|it| !it.ops.is_empty()) {
        let touches = |op: &Op| !matches!(op, Op::ProveToken(_));
        let of_cluster = format!("{:?}", change.kind);
        assert!(
            !matches!(of_cluster.as_str(), "Kubernetes" | "Helm") || !change.ops.iter().any(touches),
            "{}",
            change.id
        );
    }
    let values = plan.documents().find(|it| it.path == "helm/argo/velero/values.yaml").unwrap();
    assert!(values.text.contains("acme-plugin"), "a list is replaced as a whole, so foreign plugins are in it");
    assert!(plan.change("helm-release").unwrap().why.contains("commit helm/argo/velero/values.yaml"));
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Applied);
    assert_eq!(ran.finish.proven, ["token"]);
    assert!(ran.finish.not_proven.contains(&"backup".to_owned()), "{:?}", ran.finish.not_proven);
    assert!(ran.said().contains("Argo CD (backups)"), "{}", ran.said());
    assert_eq!(object(&user, "argo", Kind::Deployment, "velero", "velero").await, before, "nothing is touched");
    assert_eq!(object(&user, "argo", Kind::ConfigMap, "velero", "lifeboat-velero").await, None);
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
}

#[tokio::test]
async fn once_argo_cd_has_applied_the_documents_an_apply_proves_them() {
    let user = User::at("installed");
    let answers = answers("argo");
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Applied);
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let access = ClusterAccess { name: "argo".to_owned(), region: "us-east-1".to_owned(), ..ClusterAccess::default() };
    let kube = user.world.clusters.connect(&access).await.unwrap();
    let names = &plan.names;
    // What Argo CD does with the values.
    let role = json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": names.role_arn}}});
    kube.patch(Kind::ServiceAccount, "velero", "velero-server", &role).await.unwrap();
    let storage = json!({"bucket": names.bucket, "prefix": names.prefix.trim_end_matches('/')});
    let location = json!({"spec": {"objectStorage": storage, "config": {"region": names.bucket_region}}});
    kube.patch(Kind::BackupStorageLocation, "velero", "default", &location).await.unwrap();
    let template = json!({"metadata": {"annotations": {"lifeboat/identity": "x"}}});
    kube.patch(Kind::Deployment, "velero", "velero", &json!({"spec": {"template": template}})).await.unwrap();
    let spec = json!({"schedule": "0 3 * * *", "template": {"storageLocation": "default"}});
    let metadata = json!({"name": "velero-lifeboat", "namespace": "velero"});
    kube.create(Kind::Schedule, &json!({"metadata": metadata, "spec": spec})).await.unwrap();
    user.world.host.sleep(std::time::Duration::from_secs(20)).await;
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "restore", "delete"]);
}

#[tokio::test]
async fn flux_is_known_although_helm_has_its_release() {
    let user = User::at("installed");
    let answers = answers("flux");
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let release = plan.change("helm-release").unwrap();
    assert_eq!(release.action, Action::Keep);
    assert!(release.why.contains("Flux (velero)"), "{}", release.why);
    let values = plan.documents().find(|it| it.path == "helm/flux/velero/values.yaml").unwrap();
    assert!(
        values.text.contains("archive") && !values.text.contains("cpu"),
        "lists whole, the rest is theirs: {}",
        values.text
    );
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Applied);
}

//! Velero was there before lifeboat came: whatever made it, lifeboat asks, keeps what it did not make, and proves that
//! backups work afterwards (design 3, Existing installs).

use crate::hand::{Hand, permissions};
use crate::lifeboat::{Lifeboat, to_do};
use crate::testbed::World;
use crate::world_or_skip;
use serde_json::{Value, json};
use std::path::Path;

/// The bucket of before, which is not lifeboat's.
const OLD: &str = "old-backups";
const LOCATION: &str = "velero.io/v1/BackupStorageLocation";
const ACTIONS: [&str; 3] = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];

/// A user's key as the file that Velero reads, and the bucket that it opens.
async fn key(hand: Hand<'_>) -> String {
    hand.world.s3().create_bucket().bucket(OLD).send().await.expect("a bucket");
    let (id, secret) = hand.keys("velero-user", &permissions(OLD, &[("velero", &ACTIONS)])).await;
    format!("[default]\naws_access_key_id={id}\naws_secret_access_key={secret}\n")
}

/// A location of before, in the chart's values.
fn location(name: &str) -> Value {
    json!({
        "name": name, "provider": "aws", "bucket": OLD, "prefix": "velero", "default": true,
        "config": {"region": "us-east-1"},
    })
}

/// The chart's values of somebody who trusts keys.
fn values(cloud: &str) -> Value {
    json!({
        "configuration": {"backupStorageLocation": [location("team")], "volumeSnapshotLocation": []},
        "credentials": {"useSecret": true, "secretContents": {"cloud": cloud}},
        "snapshotsEnabled": false,
        "podLabels": {"team": "platform"},
        "initContainers": [{
            "name": "velero-plugin-for-aws", "image": "docker.io/velero/velero-plugin-for-aws:v1.14.3",
            "volumeMounts": [{"name": "plugins", "mountPath": "/target"}],
        }],
    })
}

async fn available(hand: Hand<'_>, namespace: &str, name: &str) {
    hand.until(LOCATION, namespace, name, |it| it["status"]["phase"] == "Available").await;
}

/// The changes of a plan that wait for consent.
async fn conflicts(lifeboat: &Lifeboat<'_>) -> Vec<String> {
    let open = to_do(&lifeboat.plan().await);
    open.iter().filter_map(|line| line.strip_prefix("conflict ")).map(str::to_owned).collect()
}

/// Without consent nothing happens; with it for everything that asks, the run is verified and the next one keeps all.
async fn adopt(world: &World, lifeboat: &Lifeboat<'_>, more: &str) -> Vec<String> {
    let before = world.snapshot("prod").await;
    let refused = lifeboat.apply(&[]).await;
    assert_eq!(refused.code, 2, "a conflict waits for consent: {}\n{}", refused.out, refused.err);
    let asked = conflicts(lifeboat).await;
    assert_eq!(before.changed(&world.snapshot("prod").await), Vec::<String>::new(), "a conflict changes nothing");
    lifeboat.answer(&format!("{more}\n[consent]\nadopt = {asked:?}\n"));
    lifeboat.apply(&[]).await.ended(0, "verified");
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_of_someone_else_with_a_static_key_is_adopted_and_its_own_values_stay() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let cloud = key(hand).await;
    hand.helm("backup", &world.chart(), "ops", &values(&cloud)).await.expect("the release");
    available(hand, "ops", "team").await;

    let lifeboat = Lifeboat::at(&world, "");
    let plan = lifeboat.plan().await;
    let notes = plan["notes"].to_string();
    assert!(notes.contains("The Secret ops/backup-velero with the access key stays"), "{notes}");
    assert!(notes.contains("The location team (s3://old-backups)"), "what needs the key is named: {notes}");
    assert!(!plan.to_string().contains(&cloud[cloud.len() - 20..]), "a key is never shown");
    let asked = adopt(&world, &lifeboat, "").await;
    assert_eq!(asked, ["repository-password", "helm-release"]);
    hand.until("/v1/Secret", "ops", "backup-velero", |it| it["data"]["cloud"].is_string()).await;
    let release =
        hand.run("helm", &["get", "values", "backup", "-n", "ops", "-o", "json"], None).await.expect("values");
    let release: Value = serde_json::from_str(&release).expect("values");
    assert_eq!(release["credentials"]["useSecret"], false, "{release}");
    assert_eq!(release["podLabels"]["team"], "platform", "what is not ours is kept: {release}");
    let locations = release["configuration"]["backupStorageLocation"].as_array().expect("locations").clone();
    assert!(locations.iter().any(|it| it["name"] == "team" && it["bucket"] == OLD), "{release}");
    let deployment = hand.until("apps/v1/Deployment", "ops", "velero", |_| true).await;
    assert!(!deployment["spec"]["template"].to_string().contains("AWS_SHARED_CREDENTIALS_FILE"), "{deployment}");

    lifeboat.undo().await.ended(0, "undone");
    let back = hand.run("helm", &["get", "values", "backup", "-n", "ops", "-o", "json"], None).await.expect("values");
    assert_eq!(serde_json::from_str::<Value>(&back).expect("values"), values(&cloud), "the values of before are back");
    available(hand, "ops", "team").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_velero_of_its_cli_is_configured_in_place_with_its_own_service_account() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let file = world.dir().join("credentials-velero");
    std::fs::write(&file, key(hand).await).expect("a file is written");
    let file = file.to_string_lossy().into_owned();
    let install = [
        "install",
        "--provider",
        "aws",
        "--plugins",
        "velero/velero-plugin-for-aws:v1.14.3",
        "--image",
        "velero/velero:v1.18.3",
        "--bucket",
        OLD,
        "--prefix",
        "velero",
        "--backup-location-config",
        "region=us-east-1",
        "--use-volume-snapshots=false",
        "--secret-file",
        &file,
    ];
    hand.run("velero", &install, None).await.expect("velero install");
    available(hand, "velero", "default").await;

    let more = "[velero]\nlocation = \"lifeboat\"\n";
    let lifeboat = Lifeboat::at(&world, more);
    let asked = adopt(&world, &lifeboat, more).await;
    assert!(asked.iter().any(|id| id == "deployment" || id == "helm-release"), "{asked:?}");
    let release = hand.run("helm", &["list", "-A", "-o", "json"], None).await.expect("a list");
    assert_eq!(release.trim(), "[]", "no release is put over it");
    let deployment = hand.until("apps/v1/Deployment", "velero", "velero", |_| true).await;
    assert_eq!(deployment["spec"]["template"]["spec"]["serviceAccountName"], "velero");
    assert!(!deployment["spec"]["template"].to_string().contains("AWS_SHARED_CREDENTIALS_FILE"), "{deployment}");
    let account = hand.until("/v1/ServiceAccount", "velero", "velero", |_| true).await;
    assert!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_string(), "{account}");
    let old = hand.until(LOCATION, "velero", "default", |_| true).await;
    assert_eq!(old["spec"]["objectStorage"]["bucket"], OLD, "the location of before stays: {old}");

    lifeboat.undo().await.ended(0, "undone");
    hand.until("apps/v1/Deployment", "velero", "velero", |it| {
        it["spec"]["template"].to_string().contains("AWS_SHARED_CREDENTIALS_FILE")
    })
    .await;
    hand.gone(LOCATION, "velero", "lifeboat").await;
    available(hand, "velero", "default").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_of_eksctl_is_adopted_with_consent() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    hand.provider().await;
    let name = "eksctl-prod-addon-iamserviceaccount-velero-Role1-0A1B2C3D4E5F";
    let role = hand.role(name, &hand.irsa(&["velero:velero-server"]), &permissions(OLD, &[])).await;
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": "velero"}})).await.expect("a namespace");
    let account = json!({"metadata": {
        "name": "velero-server", "labels": {"app.kubernetes.io/managed-by": "eksctl"},
        "annotations": {"eks.amazonaws.com/role-arn": role},
    }});
    hand.create("/v1/ServiceAccount", "velero", account).await.expect("a service account");

    let lifeboat = Lifeboat::at(&world, "");
    let plan = lifeboat.plan().await;
    assert!(plan.to_string().contains("eksctl"), "whose it is is said: {plan}");
    let asked = adopt(&world, &lifeboat, "").await;
    assert!(asked.iter().any(|id| id == "service-account"), "{asked:?}");
    let account = hand.until("/v1/ServiceAccount", "velero", "velero-server", |_| true).await;
    let annotation = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].as_str().unwrap_or_default();
    assert!(annotation.ends_with("role/lifeboat-velero-us-east-1-prod"), "{account}");
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    iam.get_role().role_name(name).send().await.expect("eksctl's role stays");
}

/// What a `GitOps` controller applies: the chart's objects by these values, with its marks.
async fn by_repository(hand: Hand<'_>, values: &[&Path], marks: &Value) {
    let chart = hand.world.chart().to_string_lossy().into_owned();
    let mut template = vec!["template", "velero", &chart, "-n", "velero", "--no-hooks", "--include-crds"];
    let files: Vec<String> = values.iter().map(|file| format!("--values={}", file.display())).collect();
    template.extend(files.iter().map(String::as_str));
    let rendered = hand.run("helm", &template, None).await.expect("the chart renders");
    hand.apply(&rendered, "velero", marks).await;
}

/// The cluster's objects without what is AWS's.
async fn of_cluster(world: &World) -> Vec<(String, String)> {
    let aws = ["role ", "provider ", "bucket ", "key "];
    let all = world.snapshot("prod").await.0.into_iter();
    all.filter(|(name, _)| !aws.iter().any(|it| name.starts_with(it))).collect()
}

/// Nothing is applied to what a repository owns; once it has the documents, backups work.
async fn repository(world: &World, marks: Value, owner: &str) {
    let hand = Hand::on(world, "prod");
    let file = world.dir().join("repository-values.json");
    std::fs::write(&file, values(&key(hand).await).to_string()).expect("a file is written");
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": "velero"}})).await.expect("a namespace");
    by_repository(hand, &[&file], &marks).await;
    available(hand, "velero", "team").await;

    let before = of_cluster(world).await;
    let lifeboat = Lifeboat::at(world, "");
    let out = world.dir().join("documents");
    let folder = out.to_string_lossy().into_owned();
    lifeboat.documents(&folder).await;
    let saved = lifeboat.apply(&[]).await;
    saved.ended(0, "applied");
    assert_eq!(saved.last()["proven"], json!(["token"]), "{}", saved.out);
    let said = saved.states();
    assert!(["helm-release", "location", "service-account"].iter().all(|id| said[*id] == "kept"), "{said:?}");
    assert!(saved.out.contains(&format!("saved for its repository: {owner}")), "{}", saved.out);
    assert_eq!(of_cluster(world).await, before, "nothing is applied to the cluster");
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    iam.get_role().role_name("lifeboat-velero-us-east-1-prod").send().await.expect("what is AWS's is made");

    let ours = out.join("helm/prod/velero/values.yaml");
    by_repository(hand, &[&file, &ours], &marks).await;
    let proven = lifeboat.apply(&[]).await;
    proven.ended(0, "verified");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_argo_cd_owns_is_saved_for_its_repository_and_not_applied() {
    let world = world_or_skip!();
    let marks = json!({"annotations": {"argocd.argoproj.io/tracking-id": "backups:apps/Deployment:velero/velero"}});
    repository(&world, marks, "Argo CD").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_flux_owns_is_saved_for_its_repository_and_not_applied() {
    let world = world_or_skip!();
    let marks = json!({"labels": {
        "helm.toolkit.fluxcd.io/name": "velero", "helm.toolkit.fluxcd.io/namespace": "flux-system",
    }});
    repository(&world, marks, "Flux").await;
}

//! Two clusters of one account: what the first has backed up, the second restores, each with its own role.

use crate::hand::{Hand, permissions};
use crate::testbed::world::ACCOUNT;
use crate::testbed::{Options, World};
use crate::world_or_skip;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use serde_json::{Value, json};

const BUCKET: &str = "velero-of-two-clusters";
const BACKUP: &str = "velero.io/v1/Backup";
const LOCATION: &str = "velero.io/v1/BackupStorageLocation";

/// The chart's values for a server with this role and this access to the bucket.
fn values(role: &str, access: &str) -> Value {
    json!({
        "configuration": {
            "backupStorageLocation": [{
                "name": "default", "default": true, "provider": "aws", "bucket": BUCKET, "prefix": "prod",
                "accessMode": access, "backupSyncPeriod": "2s", "config": {"region": "us-east-1"},
            }],
            "volumeSnapshotLocation": [],
        },
        "credentials": {"useSecret": false},
        "snapshotsEnabled": false,
        "serviceAccount": {"server": {"name": "velero-server", "annotations": {"eks.amazonaws.com/role-arn": role}}},
        "initContainers": [{
            "name": "velero-plugin-for-aws", "image": "docker.io/velero/velero-plugin-for-aws:v1.14.3",
            "volumeMounts": [{"name": "plugins", "mountPath": "/target"}],
        }],
    })
}

/// A role that the cluster's Velero takes, and Velero with it.
async fn velero(hand: Hand<'_>, role: &str, allowed: &Value, access: &str) {
    hand.provider().await;
    let role = hand.role(role, &hand.irsa(&["velero:velero-server"]), allowed).await;
    hand.helm("velero", &hand.world.chart(), "velero", &values(&role, access)).await.expect("the release");
    hand.until(LOCATION, "velero", "default", |it| it["status"]["phase"] == "Available").await;
}

/// A namespace with something in it.
async fn canary(hand: Hand<'_>, name: &str) {
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": name}})).await.expect("a namespace");
    let map = json!({"metadata": {"name": "kept"}, "data": {"word": "lifeboat"}});
    hand.create("/v1/ConfigMap", name, map).await.expect("a map");
}

async fn back_up(hand: Hand<'_>) {
    let spec = json!({"includedNamespaces": ["canary"], "storageLocation": "default", "snapshotVolumes": false});
    hand.create(BACKUP, "velero", json!({"metadata": {"name": "first"}, "spec": spec})).await.expect("a backup");
    hand.until(BACKUP, "velero", "first", |it| it["status"]["phase"] == "Completed").await;
}

/// Takes the role with a token of the cluster's Velero.
async fn exchange(hand: Hand<'_>, role: &str) -> Result<(), String> {
    let accounts: kube::Api<ServiceAccount> = kube::Api::namespaced(hand.world.kube(hand.cluster).await, "velero");
    let request = serde_json::from_value(json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["sts.amazonaws.com"]},
    }));
    let request = request.expect("a request");
    let token = accounts.create_token_request("velero-server", &PostParams::default(), &request).await;
    let token = token.expect("a token").status.expect("a token").token;
    let sts = aws_sdk_sts::Client::new(&hand.world.sdk());
    let take = sts.assume_role_with_web_identity().role_arn(format!("arn:aws:iam::{ACCOUNT}:role/{role}"));
    let answer = take.role_session_name("test").web_identity_token(token).send().await;
    answer.map(drop).map_err(|problem| format!("{problem:?}"))
}

async fn keys(world: &World) -> Vec<String> {
    let list = world.s3().list_objects_v2().bucket(BUCKET).send().await.expect("a list");
    list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_cluster_reads_and_restores_what_the_first_has_backed_up() {
    let world = world_or_skip!(Options::default().second());
    let (prod, dr) = (Hand::on(&world, "prod"), Hand::on(&world, "dr"));
    assert_ne!(world.issuer("prod"), world.issuer("dr"));
    world.s3().create_bucket().bucket(BUCKET).send().await.expect("a bucket");
    let all =
        ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
    let write = permissions(BUCKET, &[("prod", &all)]);
    let read = permissions(BUCKET, &[("prod", &["s3:GetObject"]), ("prod/restores", &["s3:PutObject"])]);
    velero(prod, "writer", &write, "ReadWrite").await;
    canary(prod, "canary").await;
    back_up(prod).await;

    velero(dr, "reader", &read, "ReadOnly").await;
    // Velero looks for others' backups when it starts, unless the location is not known to be available yet, and then
    // every minute: a new start spares the minute.
    dr.restart("velero", "velero").await;
    dr.until(BACKUP, "velero", "first", |it| it["status"]["phase"] == "Completed").await;
    let spec = json!({"backupName": "first", "namespaceMapping": {"canary": "canary-restored"}});
    let restore = json!({"metadata": {"name": "here"}, "spec": spec});
    dr.create("velero.io/v1/Restore", "velero", restore).await.expect("a restore");
    dr.until("velero.io/v1/Restore", "velero", "here", |it| it["status"]["phase"] == "Completed").await;
    let map = dr.until("/v1/ConfigMap", "canary-restored", "kept", |_| true).await;
    assert_eq!(map["data"]["word"], "lifeboat");
    let written = keys(&world).await;
    assert!(written.iter().any(|key| key.starts_with("prod/backups/first/")), "{written:?}");
    assert!(written.iter().any(|key| key.starts_with("prod/restores/here/")), "{written:?}");
    assert!(written.iter().all(|key| key.starts_with("prod/")), "{written:?}");

    // Neither cluster's tokens are worth anything with the other's role.
    for (hand, role) in [(prod, "reader"), (dr, "writer")] {
        let refused = exchange(hand, role).await.expect_err("a role of the other cluster");
        assert!(refused.contains("AccessDenied"), "{refused}");
    }
    exchange(dr, "reader").await.expect("its own role");
    let spec = json!({"includedNamespaces": ["canary-restored"], "storageLocation": "default"});
    dr.create(BACKUP, "velero", json!({"metadata": {"name": "refused"}, "spec": spec})).await.expect("a backup");
    let refused = dr.until(BACKUP, "velero", "refused", |it| it["status"]["phase"] == "FailedValidation").await;
    let why = refused["status"]["validationErrors"].to_string();
    assert!(why.contains("read-only mode"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_kubeconfig_reaches_both_clusters_by_their_contexts() {
    let world = world_or_skip!(Options::default().second().without_node().without_webhook());
    let file = kube::config::Kubeconfig::read_from(world.kubeconfig_of_all()).expect("a kubeconfig");
    for cluster in ["prod", "dr"] {
        let options = kube::config::KubeConfigOptions { context: Some(cluster.to_owned()), ..Default::default() };
        let config = kube::Config::from_custom_kubeconfig(file.clone(), &options).await.expect("a configuration");
        assert_eq!(config.cluster_url.to_string().trim_end_matches('/'), world.endpoint(cluster));
        let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> =
            kube::Api::all(kube::Client::try_from(config).expect("a client"));
        namespaces.get("default").await.expect("the context's user is let in");
    }
}

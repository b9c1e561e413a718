//! The whole way by hand: provider, bucket, role, service account, chart, location, backup, restore, deletion.

use crate::fixture::{Fixture, allow, policy};
use futures::StreamExt as _;
use lifeboat::ports::{BucketRef, Kind, Kube, Object, Setting, TroubleKind};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a real state may take to come; in the demo world no time passes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until an object's status fits.
pub async fn until(kube: &dyn Kube, kind: Kind, namespace: &str, name: &str, done: impl Fn(&Object) -> bool) -> Object {
    let (mut seen, began) = (String::new(), Instant::now());
    for _ in 0..200 {
        if began.elapsed() > PATIENCE {
            break;
        }
        let object = kube.changed(kind, namespace, name, &seen, Duration::from_secs(5)).await.unwrap();
        let Some(object) = object else { continue };
        if done(&object) {
            return object;
        }
        object["metadata"]["resourceVersion"].as_str().unwrap().clone_into(&mut seen);
    }
    panic!("{} {namespace}/{name}: {:#?}", kind.name(), kube.get(kind, namespace, name).await)
}

pub fn phase(object: &Object) -> &str {
    object["status"]["phase"].as_str().unwrap_or_default()
}

/// Bucket with versions, role with least permissions under `p/`.
pub async fn storage(at: &Fixture, namespace: &str) -> (BucketRef, String) {
    let aws = &at.world.aws;
    at.provider().await;
    let bucket = at.bucket("b", false).await;
    aws.put_setting(&bucket, Setting::Versioning, r#"{"Status":"Enabled"}"#).await.unwrap();
    let role = aws.create_role(&at.new_role("r", &at.trust(namespace, "velero-server").await)).await.unwrap();
    let arn = format!("arn:{}:s3:::{}", at.partition, bucket.name);
    let list = allow(&["s3:ListBucket"], std::slice::from_ref(&arn));
    let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
    let write = allow(&actions, &[format!("{arn}/p/*")]);
    aws.put_role_policy(&role.name, "velero", &policy(&[list, write])).await.unwrap();
    (bucket, role.arn)
}

pub fn values(bucket: &BucketRef, role: &str) -> Value {
    json!({"serviceAccount": {"server": {"create": true, "name": "velero-server",
            "annotations": {"eks.amazonaws.com/role-arn": role}}},
        "credentials": {"useSecret": false}, "snapshotsEnabled": false,
        "podAnnotations": {"lifeboat/identity": "1"},
        "initContainers": [{"name": "velero-plugin-for-aws", "image": "velero/velero-plugin-for-aws:v1.14.3",
            "volumeMounts": [{"mountPath": "/target", "name": "plugins"}]}],
        "configuration": {"backupStorageLocation": [{"name": "default", "provider": "aws", "bucket": bucket.name,
            "prefix": "p", "default": true, "config": {"region": bucket.region}}]},
        "schedules": {"lifeboat": {"schedule": "0 3 * * *", "template": {"ttl": "720h"}}}})
}

/// Takes lines of a log until one holds a text, at most 20 s.
async fn line(log: &mut lifeboat::ports::Lines, text: &str) -> String {
    let mut said = Vec::new();
    let look = async {
        while let Some(line) = log.next().await {
            said.push(line.expect("the log goes on").to_string());
            if said.last().is_some_and(|line| line.contains(text)) {
                return said.last().cloned();
            }
        }
        None
    };
    let found = tokio::time::timeout(Duration::from_secs(20), look).await.ok().flatten();
    found.unwrap_or_else(|| panic!("the log does not say '{text}':\n{}", said.join("\n")))
}

pub async fn from_nothing_to_a_proven_restore(at: &Fixture) {
    let kube = at.kube().await;
    let velero = at.namespace(kube.as_ref(), "v").await;
    let (bucket, role) = storage(at, &velero).await;
    let order = at.upgrade(&velero, &values(&bucket, &role)).await;
    at.world.helm.upgrade(&order).await.unwrap();

    until(kube.as_ref(), Kind::Deployment, &velero, "velero", |d| {
        d["status"]["observedGeneration"] == d["metadata"]["generation"] && d["status"]["availableReplicas"] == 1
    })
    .await;
    let pods = kube.list(Kind::Pod, &velero, "name=velero").await.unwrap();
    assert_eq!(pods.len(), 1);
    let env = pods[0]["spec"]["containers"][0]["env"].as_array().unwrap();
    assert!(env.iter().any(|one| one["name"] == "AWS_ROLE_ARN" && one["value"] == role.as_str()));
    let is = |phase_is: &'static str| move |object: &Object| phase(object) == phase_is;
    until(kube.as_ref(), Kind::BackupStorageLocation, &velero, "default", is("Available")).await;
    until(kube.as_ref(), Kind::Schedule, &velero, "velero-lifeboat", is("Enabled")).await;
    let request = json!({"metadata": {"name": "asked", "namespace": velero}, "spec": {}});
    kube.create(Kind::ServerStatusRequest, &request).await.unwrap();
    let status = until(kube.as_ref(), Kind::ServerStatusRequest, &velero, "asked", is("Processed")).await;
    assert!(status["status"]["serverVersion"].as_str().unwrap().starts_with("v1."));
    let plugins = status["status"]["plugins"].as_array().unwrap();
    assert!(plugins.iter().any(|one| one["kind"] == "ObjectStore" && one["name"] == "velero.io/aws"));

    let pod = pods[0]["metadata"]["name"].as_str().unwrap();
    let mut log = kube.logs(&velero, pod, "velero", 100).await.unwrap();
    assert!(line(&mut log, "BackupStorageLocations is valid, marking as available").await.contains("level=info"));
    let other = kube.logs(&velero, pod, "no-such-container", 100).await;
    assert_eq!(crate::fixture::kind(other), TroubleKind::Invalid);
    // Read while it happens: a backup that is deleted leaves no trace but the log.
    let read = async {
        line(&mut log, "Backed up a total of").await;
        line(&mut log, "restore completed").await
    };
    tokio::join!(prove(at, kube.as_ref(), &velero, &bucket), read);

    at.world.helm.uninstall(&order.access, &velero, "velero").await.unwrap();
    kube.delete(Kind::Namespace, "", &velero, "").await.unwrap();
    let left = at.world.aws.versions(&bucket, "", 1000).await.unwrap();
    at.world.aws.delete_versions(&bucket, &left).await.unwrap();
    at.world.aws.delete_bucket(&bucket).await.unwrap();
    at.world.aws.delete_role_policy(&at.name("r"), "velero").await.unwrap();
    at.world.aws.delete_role(&at.name("r")).await.unwrap();
}

/// A canary namespace is backed up, restored beside itself, and the backup deleted.
async fn prove(at: &Fixture, kube: &dyn Kube, velero: &str, bucket: &BucketRef) {
    let is = |phase_is: &'static str| move |object: &Object| phase(object) == phase_is;
    let canary = at.namespace(kube, "canary").await;
    let map = json!({"metadata": {"name": "canary", "namespace": canary}, "data": {"word": "albatross"}});
    kube.create(Kind::ConfigMap, &map).await.unwrap();
    let backup = json!({"metadata": {"name": "canary", "namespace": velero}, "spec": {
        "includedNamespaces": [canary], "snapshotVolumes": false, "storageLocation": "default", "ttl": "1h0m0s"}});
    kube.create(Kind::Backup, &backup).await.unwrap();
    until(kube, Kind::Backup, velero, "canary", |b| !["", "New", "InProgress", "Finalizing"].contains(&phase(b))).await;
    until(kube, Kind::Backup, velero, "canary", is("Completed")).await;
    assert_eq!(at.world.aws.top_level(bucket, "p/backups/").await.unwrap(), ["canary/"]);
    assert!(at.world.aws.versions(bucket, "p/backups/canary/", 1000).await.unwrap().len() >= 9);

    let other = at.name("restored");
    let restore = json!({"metadata": {"name": "canary", "namespace": velero}, "spec": {
        "backupName": "canary", "namespaceMapping": {(canary.as_str()): other}}});
    kube.create(Kind::Restore, &restore).await.unwrap();
    until(kube, Kind::Restore, velero, "canary", is("Completed")).await;
    let restored = kube.get(Kind::ConfigMap, &other, "canary").await.unwrap().unwrap();
    assert_eq!(restored["data"]["word"], "albatross");

    let request = json!({"metadata": {"name": "canary", "namespace": velero}, "spec": {"backupName": "canary"}});
    kube.create(Kind::DeleteBackupRequest, &request).await.unwrap();
    for _ in 0..200 {
        let Some(found) = kube.get(Kind::Backup, velero, "canary").await.unwrap() else { break };
        let seen = found["metadata"]["resourceVersion"].as_str().unwrap();
        kube.changed(Kind::Backup, velero, "canary", seen, Duration::from_secs(1)).await.unwrap();
    }
    assert_eq!(kube.get(Kind::Backup, velero, "canary").await.unwrap(), None);
    assert!(at.world.aws.top_level(bucket, "p/backups/").await.unwrap().is_empty());
    for namespace in [canary, other] {
        kube.delete(Kind::Namespace, "", &namespace, "").await.unwrap();
    }
}

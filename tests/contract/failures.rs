//! How the demo's Velero fails: each case breaks one link, and its words are those of the catalogue.

use crate::fixture::{Fixture, demo};
use crate::velero::{phase, storage, until, values};
use lifeboat::demo::{Fault, World};
use lifeboat::ports::{BucketRef, Kind, Kube, Object, Setting, Tags, Trouble, TroubleKind};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Installs Velero on `prod` with changed values; answers the namespace and the bucket.
async fn install(at: &Fixture, change: impl Fn(&mut Value)) -> (Arc<dyn Kube>, String, BucketRef) {
    let kube = at.kube().await;
    let velero = at.namespace(kube.as_ref(), "v").await;
    let (bucket, role) = storage(at, &velero).await;
    let mut given = values(&bucket, &role);
    change(&mut given);
    at.world.helm.upgrade(&at.upgrade(&velero, &given).await).await.unwrap();
    (kube, velero, bucket)
}

/// The location's message once it is Unavailable.
async fn message(kube: &dyn Kube, velero: &str) -> String {
    let down = |object: &Object| phase(object) == "Unavailable";
    let location = until(kube, Kind::BackupStorageLocation, velero, "default", down).await;
    location["status"]["message"].as_str().unwrap().to_owned()
}

async fn available(kube: &dyn Kube, velero: &str) {
    until(kube, Kind::BackupStorageLocation, velero, "default", |object| phase(object) == "Available").await;
}

#[tokio::test]
async fn f06_without_the_annotation_there_is_no_identity() {
    let at = demo("f06");
    let (kube, velero, _) = install(&at, |given| given["serviceAccount"]["server"]["annotations"] = json!({})).await;
    assert!(message(kube.as_ref(), &velero).await.contains("no EC2 IMDS role found, operation error ec2imds"));
}

#[tokio::test]
async fn f08_an_annotation_helps_only_new_pods() {
    let at = demo("f08");
    let (kube, velero, bucket) =
        install(&at, |given| given["serviceAccount"]["server"]["annotations"] = json!({})).await;
    assert!(message(kube.as_ref(), &velero).await.contains("IMDS"));
    let role = at.world.aws.role(&at.name("r")).await.unwrap().unwrap().arn;
    let given = values(&bucket, &role);
    at.world.helm.upgrade(&at.upgrade(&velero, &given).await).await.unwrap();
    at.world.host.sleep(Duration::from_mins(3)).await;
    let location = kube.get(Kind::BackupStorageLocation, &velero, "default").await.unwrap().unwrap();
    assert_eq!(phase(&location), "Unavailable", "the old pod still runs");
    let mut given = given;
    given["podAnnotations"] = json!({"lifeboat/identity": "2"});
    at.world.helm.upgrade(&at.upgrade(&velero, &given).await).await.unwrap();
    available(kube.as_ref(), &velero).await;
}

#[tokio::test]
async fn f10_a_key_secret_that_is_not_there_keeps_the_pod_from_starting() {
    let at = demo("f10");
    let (kube, velero, _) = install(&at, |given| {
        given["credentials"] = json!({"useSecret": true, "existingSecret": "none"});
    })
    .await;
    at.world.host.sleep(Duration::from_secs(30)).await;
    let pods = kube.list(Kind::Pod, &velero, "name=velero").await.unwrap();
    let waiting = &pods[0]["status"]["containerStatuses"][0]["state"]["waiting"];
    assert_eq!(waiting["reason"], "ContainerCreating", "{waiting}");
}

#[tokio::test]
async fn f19_a_role_that_may_not_list_is_named_with_the_missing_action() {
    let at = demo("f19");
    let (kube, velero, _) = install(&at, |_| {}).await;
    available(kube.as_ref(), &velero).await;
    at.world.aws.delete_role_policy(&at.name("r"), "velero").await.unwrap();
    let text = message(kube.as_ref(), &velero).await;
    assert!(text.contains("because no identity-based policy allows the s3:ListBucket action"), "{text}");
    assert!(text.contains(":assumed-role/") && text.contains("StatusCode: 403"), "{text}");
}

#[tokio::test]
async fn f19_a_bucket_policys_deny_makes_the_location_unavailable() {
    let at = demo("f19b");
    let (kube, velero, bucket) = install(&at, |_| {}).await;
    available(kube.as_ref(), &velero).await;
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{}", bucket.name)}]});
    at.world.aws.put_setting(&bucket, Setting::Policy, &deny.to_string()).await.unwrap();
    let text = message(kube.as_ref(), &velero).await;
    assert!(text.ends_with("with an explicit deny in a resource-based policy"), "{text}");
}

#[tokio::test]
async fn f20_f22_f26_f30_wrong_settings_are_named() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &str); 4] = [
        (
            "f20",
            |given| given["configuration"]["backupStorageLocation"][0]["config"]["regoin"] = json!("x"),
            "config has invalid keys [regoin]; valid keys are [region,",
        ),
        (
            "f22",
            |given| given["configuration"]["backupStorageLocation"][0]["config"]["region"] = json!("eu-west-1"),
            "StatusCode: 301",
        ),
        ("f26", |given| given["initContainers"] = json!([]), "unable to locate ObjectStore plugin named velero.io/aws"),
        (
            "f30",
            |given| given["configuration"]["backupStorageLocation"][0]["bucket"] = json!("none-of-that-name"),
            "api error NoSuchBucket: The specified bucket does not exist",
        ),
    ];
    for (case, change, text) in cases {
        let at = demo(case);
        let (kube, velero, _) = install(&at, change).await;
        let said = message(kube.as_ref(), &velero).await;
        assert!(said.contains(text), "{case}: {said}");
    }
}

#[tokio::test]
async fn f33_a_key_out_of_reach_fails_the_backup_of_an_available_location() {
    for (case, key, text) in [
        ("f33", "alias/backups", "because no identity-based policy allows the kms:GenerateDataKey action"),
        ("f33b", "alias/retired", "KMS.DisabledException"),
    ] {
        let at = demo(case);
        let (kube, velero, bucket) = install(&at, |_| {}).await;
        let encryption = json!({"Rules": [{"ApplyServerSideEncryptionByDefault":
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]});
        at.world.aws.put_setting(&bucket, Setting::Encryption, &encryption.to_string()).await.unwrap();
        available(kube.as_ref(), &velero).await;
        let backup = json!({"metadata": {"name": "b", "namespace": velero}, "spec": {"includedNamespaces": ["shop"]}});
        kube.create(Kind::Backup, &backup).await.unwrap();
        let failed = until(kube.as_ref(), Kind::Backup, &velero, "b", |object| phase(object) == "Failed").await;
        let reason = failed["status"]["failureReason"].as_str().unwrap();
        assert!(reason.contains("error putting object p/backups/b/velero-backup.json"), "{reason}");
        assert!(reason.contains(text), "{reason}");
    }
}

#[tokio::test]
async fn f43_f44_a_backup_needs_a_location_that_works() {
    let at = demo("f44");
    let (kube, velero, _) = install(&at, |given| given["serviceAccount"]["server"]["annotations"] = json!({})).await;
    message(kube.as_ref(), &velero).await;
    for (name, spec, text) in [
        ("down", json!({}), "BackupStorageLocation default is in Unavailable status."),
        ("none", json!({"storageLocation": "other"}), "BackupStorageLocation.velero.io \"other\" not found"),
    ] {
        let backup = json!({"metadata": {"name": name, "namespace": velero}, "spec": spec});
        kube.create(Kind::Backup, &backup).await.unwrap();
        let refused = |object: &Object| phase(object) == "FailedValidation";
        let backup = until(kube.as_ref(), Kind::Backup, &velero, name, refused).await;
        let said = backup["status"]["validationErrors"][0].as_str().unwrap();
        assert!(said.contains(text), "{said}");
    }
}

#[tokio::test]
async fn a_restore_cluster_finds_the_backups_of_the_other() {
    let at = demo("two");
    let (kube, velero, bucket) = install(&at, |_| {}).await;
    available(kube.as_ref(), &velero).await;
    let backup = json!({"metadata": {"name": "b", "namespace": velero}, "spec": {"includedNamespaces": ["shop"]}});
    kube.create(Kind::Backup, &backup).await.unwrap();
    until(kube.as_ref(), Kind::Backup, &velero, "b", |object| phase(object) == "Completed").await;

    let mut other = demo("two");
    other.world = at.world.clone();
    "staging".clone_into(&mut other.cluster);
    let staging = other.kube().await;
    other.namespace(staging.as_ref(), "v").await;
    let trust = other.trust(&velero, "velero-server").await;
    at.world.aws.put_trust(&at.name("r"), &trust).await.unwrap();
    let role = at.world.aws.role(&at.name("r")).await.unwrap().unwrap().arn;
    at.world.helm.upgrade(&other.upgrade(&velero, &values(&bucket, &role)).await).await.unwrap();
    until(staging.as_ref(), Kind::Backup, &velero, "b", |object| phase(object) == "Completed").await;
    let restore = json!({"metadata": {"name": "r", "namespace": velero}, "spec": {"backupName": "b",
        "namespaceMapping": {"shop": "shop-of-prod"}}});
    staging.create(Kind::Restore, &restore).await.unwrap();
    until(staging.as_ref(), Kind::Restore, &velero, "r", |object| phase(object) == "Completed").await;
    let map = staging.get(Kind::ConfigMap, "shop-of-prod", "shop-settings").await.unwrap().unwrap();
    assert_eq!(map["data"]["currency"], "EUR");
}

#[tokio::test]
async fn object_lock_keeps_versions() {
    let at = demo("lock");
    let (kube, velero, _) = install(&at, |_| {}).await;
    available(kube.as_ref(), &velero).await;
    let backup = json!({"metadata": {"name": "b", "namespace": velero}, "spec": {"includedNamespaces": ["shop"]}});
    kube.create(Kind::Backup, &backup).await.unwrap();
    until(kube.as_ref(), Kind::Backup, &velero, "b", |object| phase(object) == "Completed").await;
    let bucket = at.bucket_ref("b");
    let rule = json!({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}});
    at.world.aws.put_setting(&bucket, Setting::ObjectLock, &rule.to_string()).await.unwrap();
    let all = at.world.aws.versions(&bucket, "", 1000).await.unwrap();
    let refused = at.world.aws.delete_versions(&bucket, &all).await.unwrap_err();
    assert_eq!(refused.kind, TroubleKind::Denied);
    at.world.host.sleep(Duration::from_hours(25)).await;
    at.world.aws.delete_versions(&bucket, &all).await.unwrap();
}

#[tokio::test]
async fn a_fault_is_met_once_before_or_after_the_work() {
    let world = World::open("empty", None).unwrap();
    let aws = world.ports().aws;
    let lost = Trouble::new(TroubleKind::Unanswered, "no answer came");
    world.fail("iam:CreateOpenIDConnectProvider", Fault::Before(lost.clone()));
    world.fail("iam:CreateOpenIDConnectProvider", Fault::After(lost));
    let issuer = "https://oidc.example.com/id/x";
    let arn = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/x";
    for there in [false, true] {
        assert!(aws.create_provider(issuer, &[], &Tags::new()).await.unwrap_err().is_unknown());
        assert_eq!(aws.provider(arn).await.unwrap().is_some(), there);
    }
    assert_eq!(aws.create_provider(issuer, &[], &Tags::new()).await.unwrap_err().kind, TroubleKind::Exists);
}

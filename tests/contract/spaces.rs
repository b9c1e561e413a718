//! The demo's Space: what its controllers make, what a backup says of itself, and how it fails (upbound.md 2, 3, 7).

use crate::fixture::{self, Fixture, allow, policy};
use lifeboat::ports::{Answer, BucketRef, ChartSource, Kind, Kube, Object, Release, Setting, TroubleKind, Upgrade};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const SYSTEM: &str = "upbound-system";
const GROUP: &str = "team-a";
const ONE: &str = "mxp-7c9e6679-7425-40de-944b-e07fc1f90ae7-system";
const ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// The Space of a demo world, and a role for its control plane `one` alone.
struct Space {
    at: Fixture,
    kube: Arc<dyn Kube>,
    bucket: BucketRef,
    role: String,
}

fn config(bucket: &BucketRef) -> Object {
    json!({"metadata": {"name": "backups", "namespace": GROUP}, "spec": {"objectStorage": {
        "provider": "AWS", "bucket": bucket.name, "prefix": "p", "credentials": {"source": "InjectedIdentity"},
        "config": {"endpoint": format!("s3.{}.amazonaws.com", bucket.region), "region": bucket.region}}}})
}

fn values(role: &str) -> Value {
    json!({"account": "acme",
        "controlPlanes": {"mxpController": {"serviceAccount": {"annotations": {ANNOTATION: role}}}}})
}

impl Space {
    /// Provider, bucket, role and config; the controllers have no identity yet.
    async fn prepared(case: &str) -> Self {
        let at = fixture::demo(case);
        let kube = at.kube().await;
        at.provider().await;
        let bucket = at.bucket("b", false).await;
        let trust = at.trust(ONE, "mxp-controller").await;
        let role = at.world.aws.create_role(&at.new_role("r", &trust)).await.unwrap();
        let arn = format!("arn:aws:s3:::{}", bucket.name);
        let write = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
        let allowed = [allow(&["s3:ListBucket"], std::slice::from_ref(&arn)), allow(&write, &[format!("{arn}/p/*")])];
        at.world.aws.put_role_policy(&role.name, "backup", &policy(&allowed)).await.unwrap();
        kube.create(Kind::SharedBackupConfig, &config(&bucket)).await.unwrap();
        Self { kube, bucket, role: role.arn, at }
    }

    /// As [`Space::prepared`], with the annotation from the release and the controllers restarted.
    async fn ready(case: &str) -> Self {
        let space = Self::prepared(case).await;
        space.upgrade(&values(&space.role)).await.unwrap();
        space.later(15).await;
        space.restart(ONE).await;
        space
    }

    async fn upgrade(&self, values: &Value) -> Answer<Release> {
        let order = Upgrade {
            release: "spaces".to_owned(),
            chart: ChartSource::Reference("oci://xpkg.upbound.io/spaces-artifacts/spaces".to_owned()),
            version: "1.16.0".to_owned(),
            timeout: Duration::from_mins(1),
            ..self.at.upgrade(SYSTEM, values).await
        };
        self.at.world.helm.upgrade(&order).await
    }

    async fn later(&self, seconds: u64) {
        self.at.world.host.sleep(Duration::from_secs(seconds)).await;
    }

    async fn restart(&self, host: &str) {
        let again =
            json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}});
        self.kube.patch(Kind::Deployment, host, "mxp-controller", &again).await.unwrap();
        self.later(20).await;
    }

    /// A backup as it is 40 s after it was asked for.
    async fn backup(&self, name: &str, spec: Value) -> Object {
        let mut whole = json!({"controlPlane": "one", "configRef": {"kind": "SharedBackupConfig", "name": "backups"}});
        whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let object = json!({"metadata": {"name": name, "namespace": GROUP}, "spec": whole});
        self.kube.create(Kind::SpacesBackup, &object).await.unwrap();
        self.later(40).await;
        self.kube.get(Kind::SpacesBackup, GROUP, name).await.unwrap().unwrap()
    }

    async fn files(&self) -> Vec<String> {
        let all = self.at.world.aws.versions(&self.bucket, "", 1000).await.unwrap();
        all.into_iter().filter(|one| one.latest && !one.marker).map(|one| one.key).collect()
    }
}

/// Reason and message of the condition that says that a backup failed for good.
fn failed(backup: &Object) -> [&str; 2] {
    assert_eq!(backup["status"]["phase"], "Failed", "{backup:#}");
    let condition = &backup["status"]["conditions"][0];
    assert_eq!([&condition["type"], &condition["status"]], ["Failed", "True"], "{backup:#}");
    [condition["reason"].as_str().unwrap(), condition["message"].as_str().unwrap()]
}

#[tokio::test]
async fn a_control_plane_gets_its_namespace_its_account_and_its_controller() {
    let at = fixture::demo("planes");
    let kube = at.kube().await;
    let plane = json!({"metadata": {"name": "three", "namespace": GROUP}, "spec": {}});
    kube.create(Kind::ControlPlane, &plane).await.unwrap();
    let fresh = kube.get(Kind::ControlPlane, GROUP, "three").await.unwrap().unwrap();
    assert!(fresh["status"]["controlPlaneID"].is_null(), "it has no id at once: {fresh:#}");
    at.world.host.sleep(Duration::from_secs(30)).await;
    let plane = kube.get(Kind::ControlPlane, GROUP, "three").await.unwrap().unwrap();
    let host = format!("mxp-{}-system", plane["status"]["controlPlaneID"].as_str().unwrap());
    assert_eq!(host.len(), 47, "{host}");
    let ready = plane["status"]["conditions"].as_array().unwrap().iter().find(|one| one["type"] == "Ready").unwrap();
    assert_eq!(ready["status"], "True");
    let labels = "internal.spaces.upbound.io/controlplane-name=three";
    let namespaces = kube.list(Kind::Namespace, "", labels).await.unwrap();
    assert_eq!(namespaces[0]["metadata"]["name"], host.as_str());
    assert_eq!(namespaces[0]["metadata"]["labels"]["internal.spaces.upbound.io/controlplane-namespace"], GROUP);
    assert!(kube.get(Kind::ServiceAccount, &host, "mxp-controller").await.unwrap().is_some());
    assert_eq!(kube.list(Kind::Pod, &host, "app=mxp-controller").await.unwrap()[0]["status"]["phase"], "Running");

    kube.delete(Kind::ControlPlane, GROUP, "three", "").await.unwrap();
    at.world.host.sleep(Duration::from_secs(10)).await;
    assert!(kube.get(Kind::Namespace, "", &host).await.unwrap().is_none(), "it goes with its control plane");
}

#[tokio::test]
async fn a_backup_reaches_the_bucket_by_the_identity_of_its_controller() {
    let at = Space::ready("done").await;
    let backup = at.backup("nightly", json!({})).await;
    let status = &backup["status"];
    assert_eq!(
        (status["phase"].as_str(), status["conditions"][0]["reason"].as_str()),
        (Some("Completed"), Some("BackupSuccess"))
    );
    let files = at.files().await;
    assert!(!files.is_empty() && files.iter().all(|key| key.starts_with("p/team-a/one/")), "{files:?}");

    // Only with the policy Delete the files go with it (row 15).
    at.kube.delete(Kind::SpacesBackup, GROUP, "nightly", "").await.unwrap();
    at.later(10).await;
    assert_eq!(at.files().await, files);
    at.backup("short", json!({"deletionPolicy": "Delete", "ttl": "2m"})).await;
    assert!(at.files().await.len() > files.len());
    at.later(120).await;
    assert_eq!((at.files().await, at.kube.get(Kind::SpacesBackup, GROUP, "short").await.unwrap()), (files, None));
}

#[tokio::test]
async fn upbound_06_a_controller_that_was_not_restarted_has_no_identity() {
    let at = Space::prepared("restart").await;
    at.upgrade(&values(&at.role)).await.unwrap();
    at.later(15).await;
    let account = at.kube.get(Kind::ServiceAccount, ONE, "mxp-controller").await.unwrap().unwrap();
    assert_eq!(account["metadata"]["annotations"][ANNOTATION], at.role.as_str(), "the annotation is the Space's");
    let early = at.backup("early", json!({})).await;
    assert_eq!(failed(&early)[0], "BackupFailed");
    assert!(failed(&early)[1].contains("no IAM role attached"), "{early:#}");
    assert_eq!(early["status"]["retries"], 2, "it was tried again first: {early:#}");
    at.restart(ONE).await;
    assert_eq!(at.backup("late", json!({})).await["status"]["phase"], "Completed");
}

#[tokio::test]
async fn upbound_04_19_another_control_planes_controller_is_not_trusted() {
    let at = Space::ready("other").await;
    at.restart("mxp-550e8400-e29b-41d4-a716-446655440000-system").await;
    let two = at.backup("b", json!({"controlPlane": "two"})).await;
    let [reason, why] = failed(&two);
    assert_eq!(reason, "BackupFailed");
    assert!(why.contains("AssumeRoleWithWebIdentity: AccessDenied: Not authorized to perform"), "{why}");
    // Row 19: a namespace of its own is no other case.
    let own = json!({"metadata": {"name": "own", "namespace": GROUP}, "spec": {"hostNamespace": {"name": "acme-own"}}});
    at.kube.create(Kind::ControlPlane, &own).await.unwrap();
    at.later(30).await;
    assert!(at.kube.get(Kind::ServiceAccount, "acme-own", "mxp-controller").await.unwrap().is_some());
    assert!(failed(&at.backup("c", json!({"controlPlane": "own"})).await)[1].contains("AccessDenied"));
}

#[tokio::test]
async fn upbound_12_13_24_a_backup_says_why_it_failed() {
    let at = Space::ready("why").await;
    let lost = at.backup("lost", json!({"controlPlane": "nobody"})).await;
    assert_eq!(failed(&lost), ["TargetControlPlaneNotFound", "target control plane 'team-a/nobody' not found"]);
    for (case, change, text) in [
        ("endpoint", json!({"endpoint": null}), "no s3 endpoint in config file"),
        ("scheme", json!({"endpoint": "https://s3.us-east-1.amazonaws.com"}), "does not follow ip address or domain"),
        ("typo", json!({"endpoint": "s3.us-east-1.amazonaws.com", "regoin": "x"}), "field regoin not found in type"),
        ("region", json!({"regoin": null, "region": "eu-west-1"}), "PermanentRedirect"),
        ("bucket", json!({"region": "us-east-1"}), ""),
    ] {
        let mut patch = json!({"spec": {"objectStorage": {"config": change}}});
        if case == "bucket" {
            patch["spec"]["objectStorage"]["bucket"] = json!("none-of-that-name");
        }
        at.kube.patch(Kind::SharedBackupConfig, GROUP, "backups", &patch).await.unwrap();
        let why = at.backup(case, json!({})).await;
        let text = if case == "bucket" { "NoSuchBucket" } else { text };
        assert!(failed(&why)[1].contains(text), "{case}: {why:#}");
    }
    let patch = json!({"spec": {"objectStorage": {"bucket": at.bucket.name}}});
    at.kube.patch(Kind::SharedBackupConfig, GROUP, "backups", &patch).await.unwrap();
    let encryption = json!({"Rules": [{"ApplyServerSideEncryptionByDefault":
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/backups"}}]});
    at.at.world.aws.put_setting(&at.bucket, Setting::Encryption, &encryption.to_string()).await.unwrap();
    let why = at.backup("key", json!({})).await;
    assert!(failed(&why)[1].contains("kms:GenerateDataKey"), "{why:#}");
}

#[tokio::test]
async fn upbound_01_02_03_values_that_do_not_exist_are_refused_and_those_not_given_are_gone() {
    let at = Space::prepared("values").await;
    for (values, text) in [
        (json!({"backup": {"enabled": true}}), "additional properties 'backup' not allowed"),
        (json!({"billing": {"enabled": true}}), "billing.storage.provider is required"),
    ] {
        let refused = at.upgrade(&values).await.unwrap_err();
        assert_eq!(refused.kind, TroubleKind::Invalid);
        assert!(refused.why.as_str().contains(text), "{refused}");
    }
    assert_eq!(at.upgrade(&values(&at.role)).await.unwrap().values.get("externalTLS"), None);
    // The pull Secret is what its images need.
    at.kube.delete(Kind::Secret, SYSTEM, "upbound-pull-secret", "").await.unwrap();
    at.upgrade(&json!({"account": "acme", "registry": "mirror.acme.example"})).await.unwrap();
    at.later(10).await;
    let pods = at.kube.list(Kind::Pod, SYSTEM, "app=spaces-controller").await.unwrap();
    let waits =
        |pod: &Object| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ImagePullBackOff";
    assert!(pods.iter().any(waits), "{pods:#?}");
}

#[tokio::test]
async fn upbound_11_the_api_server_refuses_what_the_types_do_not_take() {
    let at = Space::prepared("schema").await;
    let mut keyed = config(&at.bucket);
    keyed["spec"]["objectStorage"]["credentials"] = json!({"source": "Secret"});
    let refused = at.kube.apply(Kind::SharedBackupConfig, &keyed).await.unwrap_err();
    assert!(refused.why.as_str().contains("credentials.secretRef.name must be set when source is Secret"), "{refused}");
    let reference = json!({"kind": "SharedBackupConfig", "name": "backups"});
    let nobody = json!({"metadata": {"name": "s", "namespace": GROUP},
        "spec": {"schedule": "@daily", "configRef": reference, "controlPlaneSelector": {}}});
    assert_eq!(at.kube.apply(Kind::SharedBackupSchedule, &nobody).await.unwrap_err().kind, TroubleKind::Invalid);
    let all = json!({"metadata": {"name": "s", "namespace": GROUP}, "spec": {"schedule": "@daily", "configRef": reference,
        "controlPlaneSelector": {"labelSelectors": [{"matchLabels": {}}]}}});
    at.kube.apply(Kind::SharedBackupSchedule, &all).await.unwrap();
    at.later(10).await;
    let schedule = at.kube.get(Kind::SharedBackupSchedule, GROUP, "s").await.unwrap().unwrap();
    assert_eq!(schedule["status"]["selectedControlPlanes"], json!(["one", "two"]));
}

//! The demo's Rancher Backup operator: what its charts make, what a backup says of itself, and how it fails, in its
//! own words (rancher.md 2, 3 and 6).

use crate::fixture::{self, Fixture, allow, policy};
use lifeboat::ports::{
    Answer, BucketRef, ChartSource, Kind, Kube, NewAssociation, Object, Release, Setting, Tags, TroubleKind, Upgrade,
};
use rstest::rstest;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const NAMESPACE: &str = "cattle-resources-system";
const CHART: &str = "108.0.6+up9.0.6";

/// An operator in a demo world.
struct Operator {
    at: Fixture,
    kube: Arc<dyn Kube>,
    bucket: BucketRef,
    role: String,
}

fn allowed(bucket: &str) -> Vec<Value> {
    let arn = format!("arn:aws:s3:::{bucket}");
    let write = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
    vec![allow(&["s3:ListBucket"], std::slice::from_ref(&arn)), allow(&write, &[format!("{arn}/f/*")])]
}

async fn chart(at: &Fixture, name: &str, version: &str, values: &Value) -> Answer<Release> {
    let order = Upgrade {
        release: name.to_owned(),
        chart: ChartSource::Repository { url: "https://charts.rancher.io".to_owned(), name: name.to_owned() },
        version: version.to_owned(),
        timeout: Duration::from_mins(1),
        ..at.upgrade(NAMESPACE, values).await
    };
    at.world.helm.upgrade(&order).await
}

impl Operator {
    /// Provider, bucket and role, the types, and no operator yet.
    async fn prepared() -> Self {
        let at = fixture::demo("rancher");
        let kube = at.kube().await;
        at.provider().await;
        let bucket = at.bucket("b", false).await;
        let trust = at.trust(NAMESPACE, "rancher-backup").await;
        let role = at.world.aws.create_role(&at.new_role("r", &trust)).await.unwrap();
        at.world.aws.put_role_policy(&role.name, "backup", &policy(&allowed(&bucket.name))).await.unwrap();
        kube.create(Kind::Namespace, &json!({"metadata": {"name": NAMESPACE}})).await.unwrap();
        chart(&at, "rancher-backup-crd", CHART, &json!({})).await.unwrap();
        Self { kube, bucket, role: role.arn, at }
    }

    fn values(&self) -> Value {
        json!({"s3": {"enabled": true, "credentialSecretName": "", "region": self.bucket.region,
                "bucketName": self.bucket.name, "folder": "f", "endpoint": "s3.us-east-1.amazonaws.com"},
            "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": self.role}}})
    }

    /// Installs the operator with these values and waits for its pod.
    async fn run(&self, values: &Value) {
        chart(&self.at, "rancher-backup", CHART, values).await.unwrap();
        self.at.world.host.sleep(Duration::from_secs(10)).await;
    }

    /// A backup as it is 10 s after it was asked for.
    async fn backup(&self, name: &str, spec: Value) -> Object {
        let object = json!({"metadata": {"name": name}, "spec": spec});
        self.kube.create(Kind::RancherBackup, &object).await.unwrap();
        self.later(name, 10).await
    }

    async fn later(&self, name: &str, seconds: u64) -> Object {
        self.at.world.host.sleep(Duration::from_secs(seconds)).await;
        self.kube.get(Kind::RancherBackup, "", name).await.unwrap().unwrap()
    }

    async fn files(&self, prefix: &str) -> Vec<String> {
        let all = self.at.world.aws.versions(&self.bucket, prefix, 1000).await.unwrap();
        all.into_iter().filter(|one| !one.marker).map(|one| one.key).collect()
    }
}

fn one_time() -> Value {
    json!({"resourceSetName": "rancher-resource-set-basic"})
}

/// The message of the condition that says an error.
fn error(backup: &Object) -> Option<&str> {
    let conditions = backup["status"]["conditions"].as_array()?;
    conditions.iter().find(|one| one["reason"] == "Error")?["message"].as_str()
}

fn condition<'a>(backup: &'a Object, kind: &str) -> [&'a str; 2] {
    let conditions = backup["status"]["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|one| one["type"] == kind).unwrap_or_else(|| panic!("{kind}: {backup:#}"));
    [found["status"].as_str().unwrap(), found["message"].as_str().unwrap_or_default()]
}

#[tokio::test]
async fn a_one_time_backup_reaches_the_bucket_and_says_where() {
    let at = Operator::prepared().await;
    at.run(&at.values()).await;
    let backup = at.backup("once", one_time()).await;
    let status = &backup["status"];
    assert_eq!(condition(&backup, "Ready"), ["True", "Completed"]);
    assert_eq!((error(&backup), &status["observedGeneration"]), (None, &json!(1)));
    assert_eq!((status["storageLocation"].as_str(), status["backupType"].as_str()), (Some("S3"), Some("One-time")));
    let system = at.kube.get(Kind::Namespace, "", "kube-system").await.unwrap().unwrap();
    let name = status["filename"].as_str().unwrap();
    assert!(name.starts_with(&format!("once-{}-2026-01-05T09-", system["metadata"]["uid"].as_str().unwrap())));
    assert!(name.ends_with("Z.tar.gz"), "{name}");
    assert_eq!(at.files("").await, [format!("f/{name}")]);

    // Another spec is another run.
    let encrypted = json!({"spec": {"encryptionConfigSecretName": "keys"}});
    at.kube.patch(Kind::RancherBackup, "", "once", &encrypted).await.unwrap();
    assert_eq!(error(&at.later("once", 10).await), Some("secrets \"keys\" not found"));
    let mut secret = json!({"metadata": {"name": "keys", "namespace": NAMESPACE}, "stringData": {"other": "x"}});
    at.kube.create(Kind::Secret, &secret).await.unwrap();
    assert_eq!(error(&at.later("once", 10).await), Some("no encryptionConfig provided"));
    secret["stringData"] = json!({"encryption-provider-config.yaml": "kind: EncryptionConfiguration"});
    at.kube
        .patch(Kind::Secret, NAMESPACE, "keys", &json!({"data": {"encryption-provider-config.yaml": "eA=="}}))
        .await
        .unwrap();
    let backup = at.later("once", 60).await;
    assert_eq!((error(&backup), condition(&backup, "Ready")), (None, ["True", "Completed"]));
    assert!(backup["status"]["filename"].as_str().unwrap().ends_with(".tar.gz.enc"));
}

#[tokio::test]
async fn a_recurring_backup_stays_ready_when_a_later_run_fails_and_keeps_its_count() {
    let at = Operator::prepared().await;
    at.run(&at.values()).await;
    let spec = json!({"resourceSetName": "rancher-resource-set-full", "schedule": "0 * * * *", "retentionCount": 2});
    let first = at.backup("hourly", spec).await;
    assert_eq!(first["status"]["backupType"], "Recurring");
    assert_eq!(first["status"]["nextSnapshotAt"], "2026-01-05T10:00:00Z");
    for _ in 0..3 {
        at.later("hourly", 3600).await;
    }
    // The bucket is not versioned.
    assert_eq!(at.files("f/hourly-").await.len(), 2, "{:?}", at.files("").await);

    let role = at.at.name("r");
    let lists = &allowed(&at.bucket.name)[..1];
    at.at.world.aws.put_role_policy(&role, "backup", &policy(lists)).await.unwrap();
    let before = at.later("hourly", 0).await["status"]["filename"].clone();
    let failed = at.later("hourly", 3600).await;
    assert_eq!(condition(&failed, "Ready"), ["True", "Retrying"]);
    assert_eq!(condition(&failed, "Uploaded")[0], "True");
    assert_eq!(condition(&failed, "Reconciling")[0], "False");
    assert_eq!(failed["status"]["filename"], before);
    let why = error(&failed).unwrap();
    // F18
    assert!(why.starts_with("failed to upload backup file [f/hourly-") && why.contains("s3:PutObject"), "{why}");
}

#[tokio::test]
async fn f16_a_missing_delete_fails_the_run_that_uploads_again() {
    let at = Operator::prepared().await;
    at.run(&at.values()).await;
    let arn = format!("arn:aws:s3:::{}", at.bucket.name);
    let without =
        [allow(&["s3:ListBucket"], std::slice::from_ref(&arn)), allow(&["s3:PutObject"], &[format!("{arn}/f/*")])];
    at.at.world.aws.put_role_policy(&at.at.name("r"), "backup", &policy(&without)).await.unwrap();
    let spec = json!({"resourceSetName": "rancher-resource-set-basic", "schedule": "0 0 * * *", "retentionCount": 1});
    at.at.world.host.sleep(Duration::from_secs(5)).await;
    at.backup("daily", spec).await;
    at.at.world.host.sleep(Duration::from_hours(16)).await;
    let failed = at.later("daily", 0).await;
    assert!(error(&failed).is_some_and(|why| why.contains("s3:DeleteObject")), "{failed:#}");
    assert!(at.files("f/").await.len() > 10, "it uploads at each try");
}

/// What goes wrong, and the words that say so.
#[derive(Clone, Copy)]
enum Wrong {
    Trust,
    Provider,
    List,
    Prefixed,
    Annotation,
    Region,
    Bucket,
    Scheme,
    Key,
    Lock,
    Set,
    Secret,
    Cron,
}

#[rstest]
#[case::f02(Wrong::Trust, "P:Not authorized to perform sts:AssumeRoleWithWebIdentity")]
#[case::f03(Wrong::Provider, "P:No OpenIDConnect provider found in your account for https://oidc.eks.us-east-1.")]
#[case::f04_list_missing(Wrong::List, "P:Access Denied.")]
#[case::f04_list_with_a_prefix(Wrong::Prefixed, "P:Access Denied.")]
#[case::f05(Wrong::Annotation, "P:Get \"http://169.254.169.254/")]
#[case::f12(Wrong::Region, "P:301 Moved Permanently")]
#[case::f13(Wrong::Bucket, "s3 bucket [acme-nowhere] not found")]
#[case::f14(Wrong::Scheme, "failed to set s3 server: Endpoint url cannot have fully qualified paths.")]
#[case::f19(Wrong::Key, "kms:GenerateDataKey")]
#[case::f20(Wrong::Lock, "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with")]
#[case::no_such_set(Wrong::Set, "resourcesets.resources.cattle.io \"none\" not found")]
#[case::f23(Wrong::Secret, "secrets \"static\" not found")]
#[case::f31(Wrong::Cron, "error parsing invalid cron string for schedule: ")]
#[tokio::test]
async fn what_is_wrong_is_said_in_the_operators_words(#[case] wrong: Wrong, #[case] words: &str) {
    let at = Operator::prepared().await;
    let (aws, role) = (&at.at.world.aws, at.at.name("r"));
    let (mut values, mut spec) = (at.values(), one_time());
    match wrong {
        Wrong::Trust => aws.put_trust(&role, &at.at.trust("velero", "rancher-backup").await).await.unwrap(),
        Wrong::Provider => {
            aws.delete_provider(&at.at.provider_arn(&at.at.issuer().await)).await.unwrap();
        }
        Wrong::List => {
            aws.put_role_policy(&role, "backup", &policy(&allowed(&at.bucket.name)[1..])).await.unwrap();
        }
        Wrong::Prefixed => {
            let mut statements = allowed(&at.bucket.name);
            statements[0]["Condition"] = json!({"StringLike": {"s3:prefix": ["f", "f/*"]}});
            aws.put_role_policy(&role, "backup", &policy(&statements)).await.unwrap();
        }
        Wrong::Annotation => values["serviceAccount"] = json!({}),
        Wrong::Region => values["s3"]["region"] = json!("eu-west-1"),
        Wrong::Bucket => values["s3"]["bucketName"] = json!("acme-nowhere"),
        Wrong::Scheme => values["s3"]["endpoint"] = json!("https://s3.us-east-1.amazonaws.com"),
        Wrong::Key => {
            let key = aws.key("us-east-1", "alias/backups").await.unwrap().unwrap().arn;
            let document = json!({"Rules": [{"ApplyServerSideEncryptionByDefault":
                {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]});
            aws.put_setting(&at.bucket, Setting::Encryption, &document.to_string()).await.unwrap();
        }
        Wrong::Lock => {
            values["s3"]["bucketName"] = json!("acme-archive");
            aws.put_role_policy(&role, "backup", &policy(&allowed("acme-archive"))).await.unwrap();
        }
        Wrong::Set => spec["resourceSetName"] = json!("none"),
        Wrong::Secret => {
            values["s3"]["credentialSecretName"] = json!("static");
            values["s3"]["credentialSecretNamespace"] = json!(NAMESPACE);
        }
        Wrong::Cron => spec["schedule"] = json!("cron(0 3 * * ? *)"),
    }
    at.run(&values).await;
    let backup = at.backup("once", spec).await;
    let why = error(&backup).unwrap_or_else(|| panic!("{backup:#}"));
    let bucket = values["s3"]["bucketName"].as_str().unwrap();
    let words = match words.strip_prefix("P:") {
        Some(rest) => format!("failed to check if s3 bucket [{bucket}] exists, error: {rest}"),
        None => words.to_owned(),
    };
    assert!(why.contains(&words), "{why}");
    assert_eq!(condition(&backup, "Ready"), ["Unknown", "Retrying"]);
    assert_eq!(backup["status"]["filename"], Value::Null);
}

#[tokio::test]
async fn f06_only_a_restart_brings_the_role_and_the_next_try_finds_it() {
    let at = Operator::prepared().await;
    let mut values = at.values();
    values["serviceAccount"] = json!({});
    at.run(&values).await;
    assert!(error(&at.backup("once", one_time()).await).is_some());
    at.run(&at.values()).await;
    assert!(error(&at.later("once", 120).await).is_some(), "the chart restarts nobody for an annotation");
    let merge =
        json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}});
    at.kube.patch(Kind::Deployment, NAMESPACE, "rancher-backup", &merge).await.unwrap();
    let backup = at.later("once", 300).await;
    assert_eq!((error(&backup), condition(&backup, "Ready")), (None, ["True", "Completed"]));
    assert_eq!(at.files("f/").await.len(), 1);
}

/// With an association and no annotation the agent of the node hands out the role.
async fn associated() -> Operator {
    let at = Operator::prepared().await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
    at.at.world.aws.put_trust(&at.at.name("r"), &trust.to_string()).await.unwrap();
    // EKS sees the role once the rest of AWS does.
    at.at.world.host.sleep(Duration::from_secs(10)).await;
    let new = NewAssociation {
        region: at.at.region.clone(),
        cluster: at.at.cluster.clone(),
        namespace: NAMESPACE.to_owned(),
        service_account: "rancher-backup".to_owned(),
        role_arn: at.role.clone(),
        token: "once".to_owned(),
        tags: Tags::new(),
    };
    at.at.world.aws.create_association(&new).await.unwrap();
    at
}

#[tokio::test]
async fn f07_pod_identity_needs_its_agent_on_the_node() {
    let at = associated().await;
    let mut values = at.values();
    values["serviceAccount"] = json!({});
    at.run(&values).await;
    let backup = at.backup("once", one_time()).await;
    assert_eq!((error(&backup), condition(&backup, "Ready")), (None, ["True", "Completed"]));
    at.kube.delete(Kind::DaemonSet, "kube-system", "eks-pod-identity-agent", "").await.unwrap();
    let backup = at.backup("twice", one_time()).await;
    let words =
        format!("failed to check if s3 bucket [{}] exists, error: Get \"http://169.254.170.23/", at.bucket.name);
    let why = error(&backup).unwrap();
    assert!(why.starts_with(&words) && why.ends_with("connection refused"), "{why}");
}

#[tokio::test]
async fn f09_a_proxy_without_an_exception_for_the_agent_is_asked_for_credentials() {
    let at = associated().await;
    let mut values = at.values();
    values["serviceAccount"] = json!({});
    values["proxy"] = json!("http://proxy.acme.example:3128");
    at.run(&values).await;
    let backup = at.backup("once", one_time()).await;
    assert!(error(&backup).is_some_and(|why| why.ends_with("exists, error: 502 Bad Gateway")), "{backup:#}");
    values["noProxy"] = json!("169.254.0.0/16,.svc");
    at.run(&values).await;
    let backup = at.later("once", 120).await;
    assert_eq!(error(&backup), None);
}

#[tokio::test]
async fn f21_an_empty_location_is_a_success_that_stored_nothing() {
    let at = Operator::prepared().await;
    at.run(&at.values()).await;
    let backup =
        at.backup("once", json!({"resourceSetName": "rancher-resource-set-basic", "storageLocation": {}})).await;
    assert_eq!(condition(&backup, "Ready"), ["True", "Completed"]);
    assert_eq!((backup["status"]["storageLocation"].as_str(), at.files("").await.len()), (Some(""), 0));
}

#[tokio::test]
async fn f22_without_any_location_a_backup_says_so() {
    let at = Operator::prepared().await;
    at.run(&json!({})).await;
    let backup = at.backup("once", one_time()).await;
    let words = "backup once needs to specify S3 details, or configure storage location at the operator level";
    assert_eq!(error(&backup), Some(words));
}

#[tokio::test]
async fn f01_client_settings_of_the_chart_and_f24_a_missing_secret_stop_the_operator() {
    let at = Operator::prepared().await;
    let mut values = at.values();
    values["s3"]["clientConfig"] = json!({"aws": {"dualStack": false}});
    at.run(&values).await;
    let waiting = async || {
        let pods = at.kube.list(Kind::Pod, NAMESPACE, "").await.unwrap();
        let newest = pods.iter().max_by_key(|pod| pod["metadata"]["resourceVersion"].as_str().unwrap().to_owned());
        newest.unwrap()["status"]["containerStatuses"][0]["state"]["waiting"]["message"].as_str().unwrap().to_owned()
    };
    assert!(waiting().await.contains("cannot unmarshal string into Go struct field ObjectStore.clientConfig"));
    at.kube.delete(Kind::Secret, NAMESPACE, "rancher-backup-s3", "").await.unwrap();
    at.at.world.host.sleep(Duration::from_secs(5)).await;
    assert_eq!(waiting().await, "Error running operator: secrets \"rancher-backup-s3\" not found");
}

#[tokio::test]
async fn the_charts_refuse_what_the_real_ones_refuse() {
    let at = Operator::prepared().await;
    let refused = async |version: &str, values: Value, words: &str| {
        let trouble = chart(&at.at, "rancher-backup", version, &values).await.unwrap_err();
        assert!(trouble.why.as_str().contains(words), "{}", trouble.why);
        assert_eq!(trouble.kind, TroubleKind::Invalid);
    };
    let with = |path: &str, value: Value| {
        let mut values = at.values();
        *values.pointer_mut(path).unwrap() = value;
        values
    };
    refused(CHART, with("/s3/bucketName", json!("")), "A valid .Values.bucketName is required").await;
    refused(CHART, with("/s3/endpoint", json!("")), "A valid .Values.endpoint is required").await;
    let mut both = at.values();
    both["persistence"] = json!({"enabled": true});
    // F36
    refused(CHART, both, "Cannot configure both s3 and PV for storing backups").await;
    refused(CHART, json!({"s3": {"bucket": "b"}}), "at '/s3': additional properties 'bucket' not allowed").await;
    let annotated = json!({"extraAnnotations": {"a": "b"}});
    refused(CHART, annotated.clone(), "additional properties 'extraAnnotations' not allowed").await;
    chart(&at.at, "rancher-backup", "109.0.7+up10.0.8", &annotated).await.unwrap();

    // F25: the CRD chart takes its types, and what is of them, along.
    let access = at.at.access().await;
    at.at.world.helm.uninstall(&access, NAMESPACE, "rancher-backup-crd").await.unwrap();
    assert!(!at.kube.serves(Kind::RancherBackup).await.unwrap());
    refused(CHART, at.values(), "Required CRDs are missing. Please install the corresponding CRD chart").await;
}

#[tokio::test]
async fn f26_the_newest_chart_is_not_for_an_older_kubernetes() {
    let mut at = fixture::demo("f26");
    (at.region, at.cluster) = ("us-west-2".to_owned(), "legacy".to_owned());
    at.kube().await.create(Kind::Namespace, &json!({"metadata": {"name": NAMESPACE}})).await.unwrap();
    chart(&at, "rancher-backup-crd", "", &json!({})).await.unwrap();
    let trouble = chart(&at, "rancher-backup", "", &json!({})).await.unwrap_err();
    let words = "chart requires kubeVersion: >= 1.34.0-0 which is incompatible with Kubernetes v1.33";
    assert!(trouble.why.as_str().contains(words), "{}", trouble.why);
    chart(&at, "rancher-backup", "109.0.7+up10.0.8", &json!({})).await.unwrap();
}

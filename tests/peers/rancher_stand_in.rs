//! The stand-in for the Rancher Backup operator, set up by hand: what is right succeeds, what is wrong says what the
//! operator says.

use crate::hand::{Hand, permissions, whole};
use crate::testbed::World;
use crate::world_or_skip;
use serde_json::{Value, json};

const BUCKET: &str = "rancher-by-hand";
const HOME: &str = "cattle-resources-system";
const BACKUP: &str = "resources.cattle.io/v1/Backup";
/// What precedes whatever goes wrong before the bucket is known to be there.
const CHECK: &str = "failed to check if s3 bucket [rancher-by-hand] exists, error: ";

/// What the operator needs under its folder.
fn allowed() -> Value {
    permissions(BUCKET, &[("prod", &["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"])])
}

/// The values of the operator's chart, with what is added.
fn values(more: &Value) -> Value {
    let mut values = json!({"s3": {
        "enabled": true, "credentialSecretName": "", "bucketName": BUCKET, "folder": "prod",
        "region": "us-east-1", "endpoint": "s3.us-east-1.amazonaws.com",
    }});
    for (key, value) in more.as_object().expect("values") {
        values[key] = value.clone();
    }
    values
}

/// A bucket and both charts, the second when the first one's types are served.
async fn install(hand: Hand<'_>, more: &Value) {
    hand.world.s3().create_bucket().bucket(BUCKET).send().await.expect("a bucket");
    types(hand).await;
    upgrade(hand, more).await;
}

/// The chart of the types, until they are served.
async fn types(hand: Hand<'_>) {
    let crds = hand.world.chart_of("rancher-backup-crd");
    hand.helm("rancher-backup-crd", &crds, HOME, &json!({})).await.expect("the types");
    let served = |it: &Value| {
        it["status"]["conditions"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["type"] == "Established" && one["status"] == "True"))
    };
    for kind in ["backups", "restores", "resourcesets"] {
        let name = format!("{kind}.resources.cattle.io");
        hand.until("apiextensions.k8s.io/v1/CustomResourceDefinition", "", &name, served).await;
    }
}

async fn upgrade(hand: Hand<'_>, more: &Value) {
    let operator = hand.world.chart_of("rancher-backup");
    hand.helm("rancher-backup", &operator, HOME, &values(more)).await.expect("the operator");
}

async fn back_up(hand: Hand<'_>, name: &str, spec: Value) {
    let mut spec = spec;
    spec["resourceSetName"] = json!("rancher-resource-set-basic");
    hand.create(BACKUP, "", json!({"metadata": {"name": name}, "spec": spec})).await.expect("a Backup");
}

fn condition(object: &Value, kind: &str) -> Value {
    let list = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    list.into_iter().find(|it| it["type"] == kind).unwrap_or_default()
}

/// The Backup, once it is completed as the reference tells it.
async fn completed(hand: Hand<'_>, name: &str) -> Value {
    hand.until(BACKUP, "", name, |it| {
        condition(it, "Ready")["message"] == "Completed"
            && condition(it, "Reconciling").is_null()
            && it["status"]["observedGeneration"] == it["metadata"]["generation"]
    })
    .await
}

/// The error of a Backup that is tried again and again.
async fn refused(hand: Hand<'_>, name: &str) -> String {
    let it = hand.until(BACKUP, "", name, |it| condition(it, "Reconciling")["reason"] == "Error").await;
    assert_eq!(condition(&it, "Ready")["message"], "Retrying", "{it}");
    condition(&it, "Reconciling")["message"].as_str().unwrap_or_default().to_owned()
}

async fn keys(world: &World) -> Vec<String> {
    let list = world.s3().list_objects_v2().bucket(BUCKET).send().await.expect("a list");
    list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

/// A role for the operator's own service account by IRSA.
async fn role(hand: Hand<'_>, subject: &str) -> String {
    hand.provider().await;
    hand.role("operator", &hand.irsa(&[subject]), &allowed()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_irsa_it_backs_up_and_keeps_as_many_as_it_is_told() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let role = role(hand, "cattle-resources-system:rancher-backup").await;
    install(hand, &json!({"serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": role}}})).await;

    back_up(hand, "once", json!({})).await;
    let once = completed(hand, "once").await;
    assert_eq!(once["status"]["storageLocation"], "S3", "{once}");
    assert_eq!(once["status"]["backupType"], "One-time", "{once}");
    let file = once["status"]["filename"].as_str().expect("a file name").to_owned();
    assert!(file.starts_with("once-") && file.ends_with(".tar.gz") && !file.contains(':'), "{file}");
    assert_eq!(keys(&world).await, [format!("prod/{file}")]);
    let calls = world.fault().calls();
    let asked: Vec<&str> = calls.iter().filter(|it| it.name.starts_with("s3:")).map(|it| it.name.as_str()).collect();
    assert_eq!(asked, ["s3:HeadBucket", "s3:PutObject"], "{calls:?}");
    let hosts = calls.iter().filter(|it| it.name.starts_with("s3:")).map(|it| it.host.as_str());
    assert!(hosts.into_iter().all(|host| host == "rancher-by-hand.s3.dualstack.us-east-1.amazonaws.com"), "{calls:?}");

    back_up(hand, "daily", json!({"schedule": "@every 1s", "retentionCount": 1})).await;
    let first = completed(hand, "daily").await;
    assert_eq!(first["status"]["backupType"], "Recurring", "{first}");
    let newer = hand
        .until(BACKUP, "", "daily", |it| {
            it["status"]["filename"] != first["status"]["filename"] && condition(it, "Ready")["message"] == "Completed"
        })
        .await;
    assert!(newer["status"]["nextSnapshotAt"].is_string(), "{newer}");
    let left: Vec<String> = keys(&world).await.into_iter().filter(|key| key.contains("/daily-")).collect();
    assert!(left.len() <= 2, "one is kept, and one may be on its way: {left:?}");
    assert!(world.fault().count("s3:DeleteObject") > 0, "{:?}", world.fault().calls());

    // A good Backup that fails later looks ready: only the message and the error say so.
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    iam.delete_role_policy().role_name("operator").policy_name("bucket").send().await.expect("no permissions");
    assert_eq!(refused(hand, "daily").await, format!("{CHECK}Access Denied."));
    let stale = hand.until(BACKUP, "", "daily", |_| true).await;
    assert_eq!(condition(&stale, "Ready")["status"], "True", "{stale}");
    assert_eq!(condition(&stale, "Uploaded")["status"], "True", "{stale}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_an_association_it_uploads_in_parts_and_encrypts_with_its_secret() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let role = hand.role("operator", &hand.pod_identity(HOME, "rancher-backup"), &allowed()).await;
    hand.associate(HOME, "rancher-backup", &role).await;
    install(hand, &json!({})).await;
    let large = json!({"name": "large", "annotations": {"test-bed/bytes": "17000000"}});
    let spec = json!({"resourceSetName": "rancher-resource-set-full", "encryptionConfigSecretName": "keys"});
    hand.create(BACKUP, "", json!({"metadata": large, "spec": spec})).await.expect("a Backup");
    assert_eq!(refused(hand, "large").await, "secrets \"keys\" not found");
    let file = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: []\n";
    let secret = json!({"metadata": {"name": "keys"}, "stringData": {"encryption-provider-config.yaml": file}});
    hand.create("/v1/Secret", HOME, secret).await.expect("a Secret");
    let done = completed(hand, "large").await;
    assert!(done["status"]["filename"].as_str().is_some_and(|it| it.ends_with(".tar.gz.enc")), "{done}");
    assert_eq!(world.fault().count("s3:UploadPart"), 2, "{:?}", world.fault().calls());
    assert_eq!(world.fault().count("s3:CompleteMultipartUpload"), 1, "{:?}", world.fault().calls());
    assert_eq!(world.fault().count("sts:*"), 0, "{:?}", world.fault().calls());

    // A schema that cuts the details off: success, and nothing uploaded.
    let before = keys(&world).await;
    back_up(hand, "nowhere", json!({"storageLocation": {}})).await;
    let nowhere = completed(hand, "nowhere").await;
    assert_eq!(nowhere["status"]["storageLocation"], "", "{nowhere}");
    assert_eq!(keys(&world).await, before);

    // A proxy gets what is for the agent, unless the agent's address is spared.
    let proxy = world.connect().url();
    upgrade(hand, &json!({"proxy": proxy})).await;
    hand.until("apps/v1/Deployment", HOME, "rancher-backup", whole).await;
    back_up(hand, "proxied", json!({})).await;
    assert_eq!(refused(hand, "proxied").await, format!("{CHECK}502 Bad Gateway"));
    upgrade(hand, &json!({"proxy": proxy, "noProxy": "169.254.0.0/16,.svc"})).await;
    completed(hand, "proxied").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trust_of_another_subject_is_refused_and_a_pod_that_was_not_restarted_has_nothing() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let role = role(hand, "cattle-resources-system:another").await;
    install(hand, &json!({})).await;
    back_up(hand, "none", json!({})).await;
    assert!(refused(hand, "none").await.starts_with(&format!("{CHECK}Get \"http://169.254.169.254/")));

    // Annotated, and as blind as before: the pod is older than the annotation.
    upgrade(hand, &json!({"serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": role}}})).await;
    back_up(hand, "older", json!({})).await;
    assert!(refused(hand, "older").await.starts_with(&format!("{CHECK}Get \"http://169.254.169.254/")));

    hand.restart(HOME, "rancher-backup").await;
    back_up(hand, "untrusted", json!({})).await;
    let why = refused(hand, "untrusted").await;
    assert_eq!(why, format!("{CHECK}Not authorized to perform sts:AssumeRoleWithWebIdentity"));

    // Mended, it goes on by itself.
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let trust = hand.irsa(&["cattle-resources-system:rancher-backup"]).to_string();
    iam.update_assume_role_policy().role_name("operator").policy_document(trust).send().await.expect("the trust");
    completed(hand, "untrusted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_association_whose_role_trusts_another_namespace_gives_nothing_and_keys_of_a_secret_win() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let role = hand.role("operator", &hand.pod_identity("another", "rancher-backup"), &allowed()).await;
    hand.associate(HOME, "rancher-backup", &role).await;
    install(hand, &json!({})).await;
    back_up(hand, "refused", json!({})).await;
    assert_eq!(refused(hand, "refused").await, format!("{CHECK}400 Bad Request"));

    let s3 = |secret: &str| {
        json!({"s3": {
            "enabled": true, "credentialSecretName": secret, "credentialSecretNamespace": HOME, "bucketName": BUCKET,
            "folder": "prod", "region": "us-east-1", "endpoint": "s3.us-east-1.amazonaws.com",
        }})
    };
    upgrade(hand, &s3("static-keys")).await;
    back_up(hand, "missing", json!({})).await;
    assert_eq!(refused(hand, "missing").await, "secrets \"static-keys\" not found");
    let keys = hand.keys("rancher", &allowed()).await;
    let data = json!({"accessKey": keys.0, "secretKey": keys.1});
    hand.create("/v1/Secret", HOME, json!({"metadata": {"name": "static-keys"}, "stringData": data}))
        .await
        .expect("keys");
    completed(hand, "missing").await;

    // Values that break it are as bad as with the real one.
    upgrade(
        hand,
        &json!({"s3": {
            "enabled": true, "bucketName": BUCKET, "endpoint": "s3.us-east-1.amazonaws.com", "region": "us-east-1",
            "clientConfig": {"aws": {"dualStack": false}},
        }}),
    )
    .await;
    let crashed = |it: &Value| it["status"]["unavailableReplicas"] == 1;
    hand.until("apps/v1/Deployment", HOME, "rancher-backup", crashed).await;
    assert!(
        hand.world
            .node("prod")
            .logs()
            .contains("cannot unmarshal string into Go struct field ObjectStore.clientConfig")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_chart_wants_the_types_first_and_refuses_what_it_does_not_know() {
    let world = world_or_skip!(crate::testbed::Options::default().without_node());
    let hand = Hand::on(&world, "prod");
    let chart = world.chart_of("rancher-backup");
    let why = hand.helm("rancher-backup", &chart, HOME, &values(&json!({}))).await.expect_err("no types");
    assert!(why.contains("Required CRDs are missing"), "{why}");
    types(hand).await;
    let unknown = json!({"serviceAccount": {"name": "x"}});
    let why = hand.helm("rancher-backup", &chart, HOME, &unknown).await.expect_err("an unknown value");
    assert!(why.contains("additional properties 'name' not allowed"), "{why}");
    let both = json!({"persistence": {"enabled": true}});
    let why = hand.helm("rancher-backup", &chart, HOME, &values(&both)).await.expect_err("two places");
    assert!(why.contains("Cannot configure both s3 and PV for storing backups"), "{why}");
}

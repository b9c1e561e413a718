//! The stand-ins for a Space, set up by hand: what is right succeeds, what is wrong says what the real ones say.

use crate::hand::{Hand, permissions};
use crate::space_by_hand::{BUCKET, GROUP, HOME, PLANE, condition, install, plane, upgrade};
use crate::testbed::World;
use crate::world_or_skip;
use kube::api::DeleteParams;
use serde_json::{Value, json};

const BACKUP: &str = "spaces.upbound.io/v1beta1/Backup";
const CONFIG: &str = "spaces.upbound.io/v1beta1/SharedBackupConfig";

fn allowed() -> Value {
    permissions(BUCKET, &[("prod", &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])])
}

async fn config(hand: Hand<'_>, name: &str, config: Value) {
    let spec = json!({"objectStorage": {
        "provider": "AWS", "bucket": BUCKET, "prefix": "prod", "config": config,
        "credentials": {"source": "InjectedIdentity"},
    }});
    hand.create(CONFIG, GROUP, json!({"metadata": {"name": name}, "spec": spec})).await.expect("a config");
}

fn east() -> Value {
    json!({"endpoint": "s3.us-east-1.amazonaws.com", "region": "us-east-1"})
}

pub async fn back_up(hand: Hand<'_>, name: &str, plane: &str, config: &str) {
    let spec = json!({
        "controlPlane": plane, "configRef": {"kind": "SharedBackupConfig", "name": config}, "deletionPolicy": "Delete",
    });
    hand.create(BACKUP, GROUP, json!({"metadata": {"name": name}, "spec": spec})).await.expect("a Backup");
}

pub async fn completed(hand: Hand<'_>, name: &str) {
    let it = hand.until(BACKUP, GROUP, name, |it| it["status"]["phase"] == "Completed").await;
    assert_eq!(condition(&it, "Completed")["reason"], "BackupSuccess", "{it}");
}

/// The message of a Backup that is given up.
async fn failed(hand: Hand<'_>, name: &str) -> String {
    let it = hand.until(BACKUP, GROUP, name, |it| it["status"]["phase"] == "Failed").await;
    let why = condition(&it, "Failed");
    assert_eq!((why["status"].as_str(), why["reason"].as_str()), (Some("True"), Some("BackupFailed")), "{it}");
    why["message"].as_str().unwrap_or_default().to_owned()
}

async fn keys(world: &World) -> Vec<String> {
    let list = world.s3().list_objects_v2().bucket(BUCKET).send().await.expect("a list");
    list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_irsa_it_retries_until_the_trust_names_its_namespace_and_cleans_up_behind_itself() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    hand.provider().await;
    let role = hand.role("space", &hand.irsa(&["nowhere:mxp-controller"]), &allowed()).await;
    install(hand, &json!({"eks.amazonaws.com/role-arn": role})).await;
    let namespace = plane(hand, "one").await;
    let account = hand.until("/v1/ServiceAccount", &namespace, "mxp-controller", |_| true).await;
    assert_eq!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], role.as_str());
    let host = hand.until("/v1/Namespace", "", &namespace, |_| true).await;
    assert_eq!(host["metadata"]["labels"]["internal.spaces.upbound.io/controlplane-name"], "one");
    assert_eq!(host["metadata"]["labels"]["internal.spaces.upbound.io/controlplane-namespace"], GROUP);
    config(hand, "default", east()).await;

    back_up(hand, "untrusted", "one", "default").await;
    let retrying = |it: &Value| condition(it, "Failed")["reason"] == "BackupRetry";
    let it = hand.until(BACKUP, GROUP, "untrusted", retrying).await;
    assert_eq!(condition(&it, "Failed")["status"], "False", "{it}");
    assert_eq!(failed(hand, "untrusted").await, "Not authorized to perform sts:AssumeRoleWithWebIdentity");

    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let trust = hand.irsa(&[&format!("{namespace}:mxp-controller")]).to_string();
    iam.update_assume_role_policy().role_name("space").policy_document(trust).send().await.expect("the trust");
    back_up(hand, "good", "one", "default").await;
    completed(hand, "good").await;
    let written = keys(&world).await;
    assert!(!written.is_empty() && written.iter().all(|key| key.starts_with("prod/team-a/one/good/")), "{written:?}");
    assert!(world.fault().count("sts:AssumeRoleWithWebIdentity") > 0, "{:?}", world.fault().calls());
    hand.objects(BACKUP, GROUP).await.delete("good", &DeleteParams::default()).await.expect("the Backup goes");
    hand.gone(BACKUP, GROUP, "good").await;
    assert_eq!(keys(&world).await, Vec::<String>::new());

    // The trust names one namespace: a control plane made later is not in it.
    let later = plane(hand, "later").await;
    assert_ne!(later, namespace);
    back_up(hand, "later", "later", "default").await;
    assert_eq!(failed(hand, "later").await, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_an_association_it_backs_up_after_a_restart_and_not_before() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    install(hand, &json!({})).await;
    let namespace = plane(hand, "one").await;
    config(hand, "default", east()).await;
    let role = hand.role("space", &hand.pod_identity(&namespace, "mxp-controller"), &allowed()).await;
    hand.associate(&namespace, "mxp-controller", &role).await;
    back_up(hand, "early", "one", "default").await;
    let why = failed(hand, "early").await;
    assert!(why.starts_with("Get \"http://169.254.169.254/"), "{why}");
    hand.restart(&namespace, "mxp-controller").await;
    back_up(hand, "good", "one", "default").await;
    completed(hand, "good").await;
    assert_eq!(world.fault().count("sts:*"), 0, "{:?}", world.fault().calls());

    config(hand, "bare", json!({"region": "us-east-1"})).await;
    back_up(hand, "bare", "one", "bare").await;
    assert_eq!(failed(hand, "bare").await, "no s3 endpoint in config file");
    config(hand, "typo", json!({"endpoint": "s3.us-east-1.amazonaws.com", "zone": "us-east-1"})).await;
    back_up(hand, "typo", "one", "typo").await;
    assert!(failed(hand, "typo").await.contains("field zone not found in type s3.Config"));
    back_up(hand, "nobody", "nobody", "default").await;
    let it = hand.until(BACKUP, GROUP, "nobody", |it| it["status"]["phase"] == "Failed").await;
    assert_eq!(condition(&it, "Failed")["reason"], "TargetControlPlaneNotFound", "{it}");

    let spec = json!({
        "schedule": "@every 1s", "controlPlaneSelector": {"names": ["one"]}, "ttl": "1h", "deletionPolicy": "Delete",
        "configRef": {"kind": "SharedBackupConfig", "name": "default"},
    });
    let kind = "spaces.upbound.io/v1beta1/SharedBackupSchedule";
    hand.create(kind, GROUP, json!({"metadata": {"name": "often"}, "spec": spec})).await.expect("a schedule");
    hand.until(kind, GROUP, "often", |it| it["status"]["selectedControlPlanes"] == json!(["one"])).await;
    hand.first(BACKUP, GROUP, "spaces.upbound.io/backupschedule=often", |it| it["status"]["phase"] == "Completed")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_annotate_what_is_there_but_restart_nothing_and_unknown_ones_are_refused() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    hand.provider().await;
    install(hand, &json!({})).await;
    let namespace = plane(hand, "one").await;
    config(hand, "default", east()).await;
    let role = hand.role("space", &hand.irsa(&[&format!("{namespace}:mxp-controller")]), &allowed()).await;
    upgrade(hand, &json!({"eks.amazonaws.com/role-arn": role})).await;
    let annotated = |it: &Value| it["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == role.as_str();
    hand.until("/v1/ServiceAccount", &namespace, "mxp-controller", annotated).await;
    back_up(hand, "early", "one", "default").await;
    assert!(failed(hand, "early").await.starts_with("Get \"http://169.254.169.254/"));
    hand.restart(&namespace, "mxp-controller").await;
    back_up(hand, "good", "one", "default").await;
    completed(hand, "good").await;

    let wrong = json!({"backup": {"enabled": true}});
    let why = hand.helm("spaces", &world.chart_of("spaces"), HOME, &wrong).await.expect_err("an unknown value");
    assert!(why.contains("additional properties 'backup' not allowed"), "{why}");
    let spec = json!({"objectStorage": {"provider": "AWS", "bucket": BUCKET, "credentials": {"source": "Secret"}}});
    let refused = hand.create(CONFIG, GROUP, json!({"metadata": {"name": "keys"}, "spec": spec})).await;
    let refused = refused.expect_err("a Secret without a name").to_string();
    assert!(refused.contains("credentials.secretRef.name must be set when source is Secret"), "{refused}");

    // A control plane that goes takes its host namespace along.
    hand.objects(PLANE, GROUP).await.delete("one", &DeleteParams::default()).await.expect("the control plane goes");
    hand.gone(PLANE, GROUP, "one").await;
    hand.gone("/v1/Namespace", "", &namespace).await;
}

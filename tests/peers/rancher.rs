//! Rancher Backup on real parts: the API server, helm, the webhook, an enforcing AWS, and a stand-in for the operator
//! that makes its very calls with what its pod was given.

use crate::hand::Hand;
use crate::lifeboat::{Lifeboat, to_do};
use crate::testbed::World;
use crate::world_or_skip;
use serde_json::{Value, json};

const ROLE: &str = "lifeboat-rancher-backup-us-east-1-prod";
const BACKUP: &str = "resources.cattle.io/v1/Backup";
const FOLDER: &str = "rancher-backup/us-east-1/prod/";

/// Answers for Rancher Backup on `prod` with the test's charts, which are found by their names.
fn at<'w>(world: &'w World, identity: &str) -> Lifeboat<'w> {
    let charts = world.chart_of("rancher-backup");
    let charts = charts.parent().expect("a folder of charts");
    let text = format!(
        "version = 1\ntool = \"rancher-backup\"\nidentity = \"{identity}\"\n\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n\n[bucket]\nname = \"acme-backups\"\n\n[install]\nchart = \"{}\"\n",
        charts.display()
    );
    let path = world.dir().join("answers.toml");
    std::fs::write(&path, text).expect("the answers are written");
    Lifeboat::with(world, path)
}

async fn keys(world: &World) -> Vec<String> {
    let list = world.s3().list_objects_v2().bucket("acme-backups").send().await.expect("a list");
    list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

/// Applies, plans again, looks, and applies again.
async fn journey(world: &World, lifeboat: &Lifeboat<'_>) -> Value {
    let first = lifeboat.apply(&[]).await;
    first.ended(0, "verified");
    assert_eq!(first.last()["proven"], json!(["token", "backup", "delete"]), "{}", first.out);
    assert_eq!(first.last()["not_proven"], json!(["restore", "schedules"]), "{}", first.out);
    let left = keys(world).await;
    assert!(left.len() == 1 && left[0].starts_with(&format!("{FOLDER}lifeboat-")), "the first run's file: {left:?}");

    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let second = lifeboat.apply(&[]).await;
    second.ended(0, "verified");
    assert!(second.made().is_empty(), "{:?}", second.states());

    let (code, status) = lifeboat.status().await;
    assert_eq!(code, 0, "{status}");
    assert_eq!(status["locations"][0]["phase"], "Available", "{status}");
    assert_eq!(
        (&status["backups"][0]["present"], &status["backups"][0]["storage_location"]),
        (&json!(true), &json!("S3"))
    );
    status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_irsa_it_is_proven_kept_enforced_and_taken_back() {
    let world = world_or_skip!();
    let lifeboat = at(&world, "irsa");
    let status = journey(&world, &lifeboat).await;
    let actual = status["identity"]["actual"].as_str().unwrap_or_default();
    assert!(actual.contains(&format!("assumed-role/{ROLE}")), "{status}");

    // AWS enforces it: without the right to write a backup fails by that name, and goes on once it is mended.
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let policy = iam.get_role_policy().role_name(ROLE).policy_name(ROLE).send().await.expect("our policy");
    let text = percent_encoding::percent_decode_str(policy.policy_document()).decode_utf8_lossy().into_owned();
    let without = text.replace("\"s3:PutObject\"", "\"s3:PutObjectAcl\"");
    assert_ne!(text, without);
    iam.put_role_policy().role_name(ROLE).policy_name(ROLE).policy_document(without).send().await.expect("less");
    let hand = Hand::on(&world, "prod");
    let spec = json!({"resourceSetName": "rancher-resource-set-basic"});
    hand.create(BACKUP, "", json!({"metadata": {"name": "once"}, "spec": spec})).await.expect("a Backup");
    let error = |it: &Value| {
        let conditions = it["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found = conditions.into_iter().find(|one| one["reason"] == "Error");
        found.map(|one| one["message"].as_str().unwrap_or_default().to_owned())
    };
    let refused = hand.until(BACKUP, "", "once", |it| error(it).is_some()).await;
    assert!(error(&refused).is_some_and(|why| why.starts_with("failed to upload backup file [")), "{refused}");
    let (code, status) = lifeboat.status().await;
    assert_eq!((code, &status["locations"][0]["phase"]), (4, &json!("Unavailable")), "{status}");
    let mended = lifeboat.apply(&[]).await;
    mended.ended(0, "verified");
    assert!(mended.made().contains(&"permissions".to_owned()), "{:?}", mended.states());
    hand.until(BACKUP, "", "once", |it| error(it).is_none() && it["status"]["storageLocation"] == "S3").await;

    let undone = lifeboat.undo().await;
    undone.ended(0, "undone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_pod_identity_the_operators_own_calls_prove_it() {
    let world = world_or_skip!();
    let lifeboat = at(&world, "pod-identity");
    journey(&world, &lifeboat).await;
    assert_eq!(
        world.fault().count("sts:AssumeRoleWithWebIdentity"),
        0,
        "no token is exchanged at STS: {:?}",
        world.fault().calls()
    );
}

//! Two clusters by one answers file, on two real API servers with a real Velero each: what the first backs up is
//! restored in the second.

use crate::lifeboat::{Lifeboat, to_do};
use crate::testbed::Options;
use crate::world_or_skip;
use serde_json::json;

const DR: &str = "[[restore_cluster]]\nname = \"dr\"\nregion = \"us-west-2\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_cluster_is_added_proven_kept_and_taken_back() {
    let world = world_or_skip!(Options::default().second());
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&[]).await.ended(0, "verified");

    // Added later: an update of the same plan, not a new set-up.
    lifeboat.answer(DR);
    let made = to_do(&lifeboat.plan().await);
    let first: Vec<&String> = made.iter().filter(|change| !change.contains(':')).collect();
    assert_eq!(first, ["create token-proof", "create canary", "update record"], "{made:?}");
    let applied = lifeboat.apply(&[]).await;
    applied.ended(0, "verified");
    let proven = json!(["token", "backup", "restore", "delete", "token:dr", "restore:dr"]);
    assert_eq!(applied.last()["proven"], proven, "{}", applied.out);

    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let again = lifeboat.apply(&[]).await;
    again.ended(0, "verified");
    assert!(again.made().is_empty(), "{:?}", again.states());

    let list = world.s3().list_objects_v2().bucket("acme-backups").send().await.expect("a list");
    let left: Vec<&str> = list.contents().iter().filter_map(|object| object.key()).collect();
    assert!(left.iter().all(|key| !key.contains("lifeboat-")), "the proofs leave nothing: {left:?}");

    let undone = lifeboat.undo().await;
    undone.ended(0, "undone");
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let role = iam.get_role().role_name("lifeboat-velero-us-west-2-dr-read").send().await;
    assert!(role.is_err(), "the read role is gone: {role:?}");
    iam.get_role().role_name("lifeboat-velero-us-east-1-prod").send().await.expect("the first run's role stays");
}

//! The main story on real software: from an empty account to a restored backup, and back.

use crate::lifeboat::{Lifeboat, to_do};
use crate::world_or_skip;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_empty_account_to_verified_then_all_keep_then_changed_answers_then_undone() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    let first = lifeboat.apply(&[]).await;
    first.ended(0, "verified");
    assert_eq!(first.last()["proven"], serde_json::json!(["token", "backup", "restore", "delete"]));

    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let second = lifeboat.apply(&[]).await;
    second.ended(0, "verified");
    assert!(second.made().is_empty(), "{:?}", second.states());

    let (code, status) = lifeboat.status().await;
    assert_eq!(code, 0, "{status}");
    assert_eq!(status["locations"][0]["phase"], "Available", "{status}");
    assert!(
        status["identity"]["actual"]
            .as_str()
            .is_some_and(|arn| arn.contains("assumed-role/lifeboat-velero-us-east-1-prod")),
        "{status}"
    );
}

//! The features that cover volumes on real software without volumes: what cannot be proven is named, and all else ends
//! as it does without them.

use crate::lifeboat::{Lifeboat, to_do};
use crate::world_or_skip;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn features_that_the_cluster_has_no_volume_for_are_named_and_the_rest_is_verified() {
    let world = world_or_skip!();
    let features = "features = [\"file-system-backup\", \"ebs-snapshots\", \"csi\", \"data-mover\", \"tagging\"]";
    let lifeboat = Lifeboat::at(&world, &format!("[velero]\n{features}\n"));
    let plan = lifeboat.plan().await;
    let notes = plan["notes"].to_string();
    assert!(
        notes.contains("Not proven with a volume: file-system-backup, csi, data-mover: prod has no StorageClass"),
        "{notes}"
    );
    let first = lifeboat.apply(&[]).await;
    first.ended(0, "verified");
    let last = first.last();
    assert_eq!(last["proven"], serde_json::json!(["token", "backup", "restore", "delete", "tagging"]), "{last}");
    let missing = ["volumes", "file-system-backup", "ebs-snapshots", "csi", "data-mover", "schedules"];
    assert_eq!(last["not_proven"], serde_json::json!(missing), "{last}");
    assert!(first.out.contains("node-agent is ready on 1 of 1 nodes"), "{}", first.out);
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new());
}

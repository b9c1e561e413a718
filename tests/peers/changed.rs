//! Changed answers: only what has to be is made again.

use crate::lifeboat::{Lifeboat, Said};
use crate::world_or_skip;

#[track_caller]
fn made(said: &Said, outcome: &str, expected: &[&str]) {
    said.ended(0, outcome);
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(said.made(), expected, "{}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_answers_make_only_what_they_must() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&[]).await.ended(0, "verified");
    let account = |snapshot: crate::testbed::Snapshot| {
        let mut snapshot = snapshot;
        snapshot.0.retain(|name, _| {
            ["role ", "provider ", "bucket ", "key "].iter().any(|kind| name.starts_with(kind))
                && !name.contains(" object ")
        });
        snapshot
    };
    let first = account(world.snapshot("prod").await);

    world.fault().clear_calls();
    lifeboat.answer("[velero]\nttl = \"240h\"\n");
    let shorter = lifeboat.apply(&[]).await;
    made(&shorter, "verified", &["helm-release", "location", "schedule", "healthy", "token-proof", "canary", "record"]);
    assert_eq!(first, account(world.snapshot("prod").await), "a schedule's ttl changes nothing in AWS");
    for call in ["iam:Put*", "iam:Create*", "iam:Update*", "s3:PutBucket*", "s3:CreateBucket", "iam:Tag*"] {
        assert_eq!(world.fault().count(call), 0, "{call}");
    }

    lifeboat.answer("[velero]\nttl = \"240h\"\nfeatures = [\"tagging\"]\n");
    let tagging = lifeboat.apply(&["--no-prove"]).await;
    made(&tagging, "applied", TAGGING);

    lifeboat.answer("[velero]\nttl = \"240h\"\n");
    let back = lifeboat.apply(&["--no-prove"]).await;
    made(&back, "applied", TAGGING);
    assert_eq!(first, account(world.snapshot("prod").await), "a feature that is taken out leaves nothing");

    lifeboat.answer("[bucket]\nname = \"acme-backups\"\nprefix = \"other/place\"\n\n[velero]\nttl = \"240h\"\n");
    let moved = lifeboat.apply(&[]).await;
    made(
        &moved,
        "verified",
        &[
            "permissions",
            "bucket-lifecycle",
            "helm-release",
            "location",
            "schedule",
            "healthy",
            "token-proof",
            "canary",
            "record",
        ],
    );
    let third = account(world.snapshot("prod").await);
    assert!(third.0["bucket acme-backups lifecycle"].contains("other/place/"), "{third:?}");
}

/// The role may tag, and the location's `config` says that Velero does.
const TAGGING: &[&str] = &["permissions", "helm-release", "location", "schedule", "healthy", "record"];

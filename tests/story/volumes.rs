//! The features that cover volumes, each proven with a small volume that leaves nothing behind; and clusters that can
//! make none.

use crate::support::{Ran, User, answers, to_do};
use lifeboat::demo;
use lifeboat::domain::PolicyArn;
use lifeboat::engine::Outcome;
use lifeboat::plan::Prove;
use lifeboat::plan::answers::{Answers, Feature};
use lifeboat::ports::{BucketRef, ClusterAccess, Kind, Kube};
use serde_json::Value;
use std::sync::Arc;

fn with(cluster: &str, features: &[Feature]) -> Answers {
    let mut answers = answers(cluster);
    answers.velero.features = features.iter().copied().collect();
    answers
}

async fn kube(user: &User, cluster: &str) -> Arc<dyn Kube> {
    let access = ClusterAccess { name: cluster.to_owned(), region: "us-east-1".to_owned(), ..ClusterAccess::default() };
    user.world.clusters.connect(&access).await.unwrap()
}

/// What a volume's proof may have left: objects, versions in the bucket, snapshots.
async fn left(user: &User, world: &demo::World, file: &std::path::Path) -> Vec<String> {
    let kube = kube(user, "prod").await;
    let mut out = Vec::new();
    for kind in [
        Kind::Namespace,
        Kind::PersistentVolume,
        Kind::Backup,
        Kind::Restore,
        Kind::DeleteBackupRequest,
        Kind::BackupRepository,
        Kind::PodVolumeBackup,
        Kind::DataUpload,
    ] {
        let all = kube.list(kind, "", "").await.unwrap();
        let ours = all.iter().filter(|object| object.to_string().contains("lifeboat-volume-"));
        out.extend(ours.map(|object| format!("{} {}", kind.name(), object["metadata"]["name"])));
    }
    let bucket = BucketRef {
        name: "acme-backups".to_owned(),
        region: "us-east-1".to_owned(),
        account: "111122223333".to_owned(),
    };
    let versions = user.world.aws.versions(&bucket, "", 1000).await.unwrap_or_default();
    out.extend(versions.into_iter().map(|version| version.key).filter(|key| key.contains("lifeboat-volume-")));
    world.save().unwrap();
    let state: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    out.extend(state["account"]["snapshots"].as_object().into_iter().flatten().map(|(id, _)| id.clone()));
    out
}

/// A user at a world whose file can be looked into.
fn at_a_file() -> (User, demo::World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let world = demo::World::open("default", Some(folder.path().to_path_buf())).unwrap();
    (User::of(&world), world, folder)
}

#[track_caller]
fn proven(ran: &Ran, word: &str) {
    let finish = &ran.finish;
    assert!(finish.proven.iter().any(|there| there == word), "{word} is not proven; said:\n{}", ran.said());
    assert!(!finish.not_proven.iter().any(|there| there == word), "{:?}", finish.not_proven);
}

async fn is_proven(feature: Feature, evidence: &str) {
    let (user, world, folder) = at_a_file();
    let answers = with("prod", &[feature]);
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    proven(&ran, feature.as_str());
    proven(&ran, "volumes");
    assert_eq!(ran.finish.not_proven, ["schedules"]);
    assert!(ran.said().contains(evidence), "{}", ran.said());
    assert_eq!(left(&user, &world, &folder.path().join("world.json")).await, Vec::<String>::new());

    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "after an apply all is kept");
    let again = user.apply(&answers, Prove::Needed).await;
    again.ended(0, Outcome::Verified);
    proven(&again, feature.as_str());
}

#[tokio::test]
async fn file_system_backup_carries_a_volume_into_the_bucket_and_back() {
    is_proven(Feature::FileSystemBackup, "1 PodVolumeBackup, its data in the bucket").await;
}

#[tokio::test]
async fn ebs_snapshots_are_made_and_restored_by_velero_itself() {
    is_proven(Feature::EbsSnapshots, "1 EBS snapshot").await;
}

#[tokio::test]
async fn csi_snapshots_are_made_and_restored_by_the_driver() {
    is_proven(Feature::Csi, "1 CSI snapshot").await;
}

#[tokio::test]
async fn the_data_mover_carries_a_snapshot_into_the_bucket_and_back() {
    is_proven(Feature::DataMover, "1 DataUpload, its data in the bucket").await;
}

#[tokio::test]
async fn tagging_is_proven_by_the_canarys_own_uploads() {
    let user = User::at("default");
    let ran = user.apply(&with("prod", &[Feature::Tagging]), Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    proven(&ran, "tagging");
    assert_eq!(ran.finish.not_proven, ["volumes", "schedules"]);
}

#[tokio::test]
async fn every_feature_at_once_on_the_demos_cluster() {
    let (user, world, folder) = at_a_file();
    let features =
        [Feature::FileSystemBackup, Feature::EbsSnapshots, Feature::Csi, Feature::DataMover, Feature::Tagging];
    let ran = user.apply(&with("prod", &features), Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.not_proven, ["ebs-snapshots", "schedules"], "{}", ran.said());
    assert!(ran.said().contains("node-agent is ready on 3 of 3 nodes"), "{}", ran.said());
    assert_eq!(left(&user, &world, &folder.path().join("world.json")).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_cluster_without_a_storage_class_names_what_is_not_proven() {
    let user = User::at("default");
    let answers = with("staging", &[Feature::Csi, Feature::FileSystemBackup]);
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let why = "Not proven with a volume: file-system-backup, csi: staging has no StorageClass of ebs.csi.aws.com";
    assert!(plan.notes.iter().any(|note| note.starts_with(why)), "{:#?}", plan.notes);
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.not_proven, ["volumes", "file-system-backup", "csi", "schedules"]);
}

#[tokio::test]
async fn a_volume_that_the_cluster_never_makes_is_no_failure_and_is_not_tried_again() {
    let (user, world, folder) = at_a_file();
    kube(&user, "prod").await.delete(Kind::DaemonSet, "kube-system", "ebs-csi-node", "").await.unwrap();
    let answers = with("prod", &[Feature::EbsSnapshots]);
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.not_proven, ["volumes", "ebs-snapshots", "schedules"]);
    assert!(ran.said().contains("ebs-snapshots is not proven, because the cluster made no volume"), "{}", ran.said());
    assert_eq!(left(&user, &world, &folder.path().join("world.json")).await, Vec::<String>::new());
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());
    let again = user.apply(&answers, Prove::Needed).await;
    assert_eq!(again.finish.not_proven, ran.finish.not_proven);
}

#[tokio::test]
async fn f39_a_snapshot_that_the_role_may_not_make_ends_the_run_with_velero_s_own_reason() {
    let (user, world, folder) = at_a_file();
    let mut answers = with("prod", &[Feature::EbsSnapshots]);
    answers.role.boundary = Some(PolicyArn::parse("arn:aws:iam::111122223333:policy/acme-storage-boundary").unwrap());
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(3, Outcome::Failed);
    assert!(ran.said().contains("UnauthorizedOperation"), "{}", ran.said());
    assert!(ran.said().contains("(broken link: permissions)"), "{}", ran.said());
    assert_eq!(left(&user, &world, &folder.path().join("world.json")).await, Vec::<String>::new());
}

/// Runs an apply until its backup of a volume is there.
async fn until_backed_up(user: &User, mut apply: std::pin::Pin<&mut (impl Future<Output = Ran> + ?Sized)>) {
    let kube = kube(user, "prod").await;
    for _ in 0..20_000 {
        if let std::task::Poll::Ready(ran) = futures::poll!(apply.as_mut()) {
            panic!("it ended before:\n{}", ran.said());
        }
        let backups = kube.list(Kind::Backup, "velero", "").await.unwrap();
        let begun = |backup: &Value| {
            backup["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("lifeboat-volume-"))
                && backup["status"]["phase"] == "InProgress"
        };
        if backups.iter().any(begun) {
            return;
        }
    }
    panic!("no backup of a volume was begun");
}

#[tokio::test]
async fn a_stop_in_the_middle_leaves_nothing() {
    let (user, world, folder) = at_a_file();
    let answers = with("prod", &[Feature::EbsSnapshots]);
    let mut apply = Box::pin(user.apply(&answers, Prove::Needed));
    until_backed_up(&user, apply.as_mut()).await;
    user.stop.cancel();
    apply.await.ended(3, Outcome::Stopped);
    assert_eq!(left(&user, &world, &folder.path().join("world.json")).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_killed_run_left_is_taken_back_by_undo() {
    let (user, world, folder) = at_a_file();
    let answers = with("prod", &[Feature::DataMover]);
    let mut apply = Box::pin(user.apply(&answers, Prove::Needed));
    until_backed_up(&user, apply.as_mut()).await;
    drop(apply);
    let file = folder.path().join("world.json");
    assert!(!left(&user, &world, &file).await.is_empty(), "it was killed in the middle");
    user.undo_run(&answers, "20260105T090001Z-00000001").await.ended(0, Outcome::Undone);
    assert_eq!(left(&user, &world, &file).await, Vec::<String>::new());
}

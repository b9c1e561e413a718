//! What is true of the demo world alone: its seeds, its clock, its file, and how its Velero fails.

use crate::fixture;
use futures::StreamExt as _;
use lifeboat::demo::{self, World};
use lifeboat::ports::{BucketHead, BucketRef, ClusterAccess, Kind, Setting, TroubleKind};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn access(region: &str, name: &str) -> ClusterAccess {
    ClusterAccess { name: name.to_owned(), region: region.to_owned(), ..ClusterAccess::default() }
}

fn bucket(name: &str, region: &str) -> BucketRef {
    BucketRef { name: name.to_owned(), region: region.to_owned(), account: "111122223333".to_owned() }
}

#[tokio::test]
async fn every_world_opens() {
    for info in demo::worlds() {
        let world = World::open(info.name, None).unwrap().ports();
        assert_eq!(world.aws.caller().await.unwrap().account, "111122223333", "{}", info.name);
    }
    assert_eq!(World::open("none", None).map(|_| ()).unwrap_err().kind, TroubleKind::Invalid);
}

#[tokio::test]
async fn the_default_world_is_the_contracts() {
    let world = World::open("default", None).unwrap().ports();
    let aws = &world.aws;
    assert_eq!(aws.clusters("us-east-1").await.unwrap(), ["prod", "staging"]);
    assert_eq!(aws.clusters("us-west-2").await.unwrap(), ["dr", "legacy"]);
    for (name, there) in [("prod", false), ("staging", true)] {
        let issuer = aws.cluster("us-east-1", name).await.unwrap().unwrap().issuer.unwrap();
        let arn = format!("arn:aws:iam::111122223333:oidc-provider/{}", issuer.trim_start_matches("https://"));
        assert_eq!(aws.provider(&arn).await.unwrap().is_some(), there, "{name}");
        let kube = world.clusters.connect(&access("us-east-1", name)).await.unwrap();
        let agent = kube.get(Kind::DaemonSet, "kube-system", "eks-pod-identity-agent").await.unwrap();
        assert_eq!(agent.is_some_and(|agent| agent["status"]["numberReady"] == 3), name == "prod", "{name}");
        assert!(!kube.serves(Kind::Backup).await.unwrap());
    }
    assert_eq!(aws.key("us-east-1", "alias/retired").await.unwrap().unwrap().state, "Disabled");
    assert_eq!(aws.key("us-east-1", "alias/backups").await.unwrap().unwrap().state, "Enabled");
    let archive = bucket("acme-archive", "us-east-1");
    assert!(aws.setting(&archive, Setting::ObjectLock).await.unwrap().is_some());
    assert!(aws.setting(&archive, Setting::Encryption).await.unwrap().unwrap().contains("aws:kms"));
    assert_eq!(aws.bucket(&bucket("acme-logs", "us-west-2")).await.unwrap(), BucketHead::Ours("us-east-1".to_owned()));
    assert_eq!(aws.bucket(&bucket("acme-new", "us-east-1")).await.unwrap(), BucketHead::Absent);
}

#[tokio::test]
async fn legacy_runs_velero_with_a_key() {
    let world = World::open("default", None).unwrap().ports();
    let at = access("us-west-2", "legacy");
    let kube = world.clusters.connect(&at).await.unwrap();
    let release = world.helm.release(&at, "velero", "velero").await.unwrap().unwrap();
    assert_eq!(release.values["credentials"]["useSecret"], true);
    let location = kube.get(Kind::BackupStorageLocation, "velero", "default").await.unwrap().unwrap();
    assert_eq!(location["status"]["phase"], "Available", "{location:#}");
    assert!(kube.get(Kind::Secret, "velero", "velero-repo-credentials").await.unwrap().is_some());
}

#[tokio::test]
async fn f03_the_broken_world_says_so_in_veleros_words() {
    let world = World::open("broken", None).unwrap().ports();
    let kube = world.clusters.connect(&access("us-east-1", "prod")).await.unwrap();
    let location = kube.get(Kind::BackupStorageLocation, "velero", "default").await.unwrap().unwrap();
    assert_eq!(location["status"]["phase"], "Unavailable");
    let message = location["status"]["message"].as_str().unwrap();
    assert!(message.starts_with("BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = "));
    assert!(message.contains("StatusCode: 403"), "{message}");
    assert!(message.ends_with("api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"));
}

#[tokio::test]
async fn time_passes_in_the_world_alone() {
    let world = World::open("empty", None).unwrap().ports();
    let (begun, before) = (std::time::Instant::now(), world.host.now());
    world.host.sleep(Duration::from_hours(1)).await;
    assert!(world.host.now().duration_since(before).as_secs() >= 3600);
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert_eq!(before.to_string(), "2026-01-05T09:00:00Z");
}

#[tokio::test]
async fn two_openings_answer_the_same() {
    let one = fixture::demo("same");
    let two = fixture::demo("same");
    assert_eq!(one.world.host.random(16), two.world.host.random(16));
    let role = one.new_role("r", &one.trust("a", "b").await);
    let (a, b) = (one.world.aws.create_role(&role).await, two.world.aws.create_role(&role).await);
    assert_eq!(a.unwrap().id, b.unwrap().id);
}

#[tokio::test]
async fn the_state_is_kept_for_the_next_command_and_reset_forgets_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("demo").join("default");
    let first = World::open("default", Some(state.clone())).unwrap();
    let new = fixture::demo("x");
    let trust = new.trust("a", "b").await;
    first.ports().aws.create_role(&new.new_role("r", &trust)).await.unwrap();
    let mode = std::fs::metadata(state.join("world.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = World::open("default", Some(state.clone())).unwrap();
    assert!(second.ports().aws.role("r-x").await.unwrap().is_some());
    second.reset().unwrap();
    let third = World::open("default", Some(state.clone())).unwrap();
    assert!(third.ports().aws.role("r-x").await.unwrap().is_none());
    std::fs::write(state.join("world.json"), "{").unwrap();
    assert_eq!(World::open("default", Some(state.clone())).map(|_| ()).unwrap_err().kind, TroubleKind::Unreadable);
    World::fresh("default", Some(state.clone())).unwrap();
    assert!(World::open("default", Some(state)).is_ok());
}

#[tokio::test]
async fn a_watched_world_goes_on_by_itself_when_it_has_a_pace_and_else_stands_still() {
    let validated = async |pace: f64, wait: Duration| {
        let world = World::paced("default", None, pace).unwrap().ports();
        let kube = world.clusters.connect(&access("us-west-2", "legacy")).await.unwrap();
        let mut watch = kube.watch(Kind::BackupStorageLocation, "velero").await.unwrap();
        // A second watch makes time pass no faster.
        let mut other = kube.watch(Kind::Pod, "velero").await.unwrap();
        other.next().await.unwrap().unwrap();
        watch.next().await.unwrap().unwrap();
        let before = world.host.now();
        let both = async {
            tokio::select! {
                item = watch.next() => item.unwrap().unwrap()[0]["status"]["phase"].clone(),
                item = other.next() => panic!("no pod changes: {item:?}"),
            }
        };
        let seen = tokio::time::timeout(wait, both).await;
        (seen.ok(), world.host.now().duration_since(before).as_secs())
    };
    let (seen, gone) = validated(0.01, Duration::from_secs(20)).await;
    assert_eq!(seen.unwrap(), "Available", "it is validated each minute");
    assert!((1..=120).contains(&gone), "{gone} s");
    let (seen, gone) = validated(0.0, Duration::from_millis(500)).await;
    assert_eq!((seen, gone), (None, 0));
}

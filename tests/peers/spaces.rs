//! Upbound Spaces on the real parts: AWS that enforces its policies, Helm with a chart of the real one's values, and
//! controllers that make the real ones' calls with what their pods are given.

use crate::hand::Hand;
use crate::lifeboat::{Lifeboat, to_do};
use crate::space_by_hand::{install, plane};
use crate::testbed::World;
use crate::world_or_skip;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Answers for the Space of `prod`.
fn answers(world: &World, identity: &str) -> PathBuf {
    answers_with(world, identity, "")
}

/// The same with these lines besides.
pub fn answers_with(world: &World, identity: &str, more: &str) -> PathBuf {
    let file = world.dir().join("space.toml");
    let text = format!(
        "version = 1\ntool = \"upbound-spaces\"\nidentity = \"{identity}\"\n\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n\n[bucket]\nname = \"acme-backups\"\n\n[install]\nchart = \"{}\"\n\n{more}",
        world.chart_of("spaces").display()
    );
    std::fs::write(&file, text).expect("the answers are written");
    file
}

/// The phases of the control planes, by the location's name.
fn phases(status: &Value) -> Vec<(String, Value)> {
    let locations = status["locations"].as_array().cloned().unwrap_or_default();
    locations.iter().map(|it| (it["name"].as_str().unwrap_or_default().to_owned(), it["phase"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_irsa_a_space_is_covered_then_all_keep_then_a_later_control_plane_then_undone() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    install(hand, &json!({"acme/owner": "platform"})).await;
    let host = plane(hand, "one").await;
    let lifeboat = Lifeboat::with(&world, answers(&world, "irsa"));
    let first = lifeboat.apply(&[]).await;
    first.ended(0, "verified");
    assert_eq!(first.last()["proven"], json!(["token", "backup", "delete"]));
    assert_eq!(first.last()["not_proven"], json!(["restore", "schedules"]));
    let account = hand.until("/v1/ServiceAccount", &host, "mxp-controller", |_| true).await;
    assert_eq!(account["metadata"]["annotations"]["acme/owner"], "platform", "upbound-3: the values stay: {account}");

    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let second = lifeboat.apply(&[]).await;
    second.ended(0, "verified");
    assert!(second.made().is_empty(), "{:?}", second.states());
    let (code, status) = lifeboat.status().await;
    assert_eq!(code, 0, "{status}");
    assert!(status["identity"]["actual"].as_str().is_some_and(|arn| arn.contains("assumed-role")), "{status}");

    let later = plane(hand, "later").await;
    let (code, status) = lifeboat.status().await;
    let phase = phases(&status).into_iter().find(|(name, _)| name == "team-a/lifeboat/later");
    assert_eq!((code, phase.map(|(_, phase)| phase)), (4, Some(json!("NotCovered"))), "upbound-4: {status}");
    let third = lifeboat.apply(&[]).await;
    third.ended(0, "verified");
    assert!(third.made().contains(&format!("token-proof:{later}")), "{:?}", third.states());
    assert_eq!(lifeboat.status().await.0, 0);

    lifeboat.undo().await.ended(0, "undone");
    lifeboat.undo().await.ended(0, "undone");
    let clean = |it: &Value| it["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_null();
    let account = hand.until("/v1/ServiceAccount", &host, "mxp-controller", clean).await;
    assert_eq!(account["metadata"]["annotations"]["acme/owner"], "platform");
    hand.gone("spaces.upbound.io/v1beta1/SharedBackupConfig", "team-a", "lifeboat").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_pod_identity_a_space_is_covered_without_an_upgrade_then_all_keep() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    install(hand, &json!({})).await;
    let host = plane(hand, "one").await;
    let lifeboat = Lifeboat::with(&world, answers(&world, "pod-identity"));
    let first = lifeboat.apply(&[]).await;
    first.ended(0, "verified");
    assert_eq!(first.last()["proven"], json!(["token", "backup", "delete"]));
    assert!(first.made().contains(&format!("association:{host}")), "{:?}", first.states());
    assert!(!first.states().contains_key("helm-release"), "{:?}", first.states());
    assert_eq!(world.fault().count("sts:AssumeRoleWithWebIdentity"), 0, "{:?}", world.fault().calls());
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let second = lifeboat.apply(&[]).await;
    second.ended(0, "verified");
    assert!(second.made().is_empty(), "{:?}", second.states());
    assert_eq!(lifeboat.status().await.0, 0);
}

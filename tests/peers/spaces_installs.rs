//! A Space was backed up before lifeboat came, with a key, or belongs to a repository: whatever it is, lifeboat asks,
//! keeps what is not its own, and proves that backups work afterwards (design 3, Existing installs).

use crate::hand::{Hand, permissions};
use crate::lifeboat::{Lifeboat, to_do};
use crate::space_by_hand::{furnish, install, plane};
use crate::spaces::answers_with;
use crate::spaces_stand_in::{back_up, completed};
use crate::world_or_skip;
use serde_json::{Value, json};
use std::path::Path;

/// The bucket of before, which is not lifeboat's.
const OLD: &str = "old-backups";
const CONFIG: &str = "spaces.upbound.io/v1beta1/SharedBackupConfig";
const SCHEDULE: &str = "spaces.upbound.io/v1beta1/SharedBackupSchedule";

/// A user's key in a Secret of the group, in the file's form that the Space reads (upbound.md 2).
async fn key(hand: Hand<'_>) {
    hand.world.s3().create_bucket().bucket(OLD).send().await.expect("a bucket");
    let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
    let (id, secret) = hand.keys("space-user", &permissions(OLD, &[("spaces", &actions)])).await;
    let file = format!("[default]\naws_access_key_id={id}\naws_secret_access_key={secret}\n");
    let secret = json!({"metadata": {"name": "backup-key"}, "stringData": {"credentials": file}});
    hand.create("/v1/Secret", "team-a", secret).await.expect("a Secret");
}

/// A config that uses the key.
async fn keyed(hand: Hand<'_>, name: &str) {
    let storage = json!({
        "provider": "AWS", "bucket": OLD, "prefix": "spaces",
        "config": {"endpoint": "s3.us-east-1.amazonaws.com", "region": "us-east-1"},
        "credentials": {"source": "Secret", "secretRef": {"name": "backup-key"}},
    });
    let config = json!({"metadata": {"name": name}, "spec": {"objectStorage": storage}});
    hand.create(CONFIG, "team-a", config).await.expect("a config");
}

/// An object without what each write changes.
async fn spec(hand: Hand<'_>, kind: &str, name: &str) -> Value {
    hand.until(kind, "team-a", name, |_| true).await["spec"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_with_a_static_key_is_adopted_proven_and_given_back_and_its_secret_stays() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    install(hand, &json!({"acme/owner": "platform"})).await;
    let host = plane(hand, "one").await;
    key(hand).await;
    keyed(hand, "lifeboat").await;
    keyed(hand, "old").await;
    let nightly = json!({
        "schedule": "0 2 * * *", "controlPlaneSelector": {"names": ["one"]}, "ttl": "1h",
        "configRef": {"kind": "SharedBackupConfig", "name": "old"},
    });
    hand.create(SCHEDULE, "team-a", json!({"metadata": {"name": "nightly"}, "spec": nightly}))
        .await
        .expect("a schedule");
    back_up(hand, "by-key", "one", "lifeboat").await;
    completed(hand, "by-key").await;
    assert_eq!(world.fault().count("sts:*"), 0, "by the key alone: {:?}", world.fault().calls());
    let secret = hand.until("/v1/Secret", "team-a", "backup-key", |_| true).await;
    let (before, old) = (spec(hand, CONFIG, "lifeboat").await, spec(hand, CONFIG, "old").await);

    let lifeboat = Lifeboat::with(&world, answers_with(&world, "irsa", ""));
    let plan = lifeboat.plan().await;
    let notes = plan["notes"].to_string();
    assert!(notes.contains("SharedBackupConfig team-a/old (s3://old-backups/spaces) still uses the key"), "{notes}");
    assert!(notes.contains("used by the SharedBackupSchedule nightly"), "{notes}");
    assert!(plan.to_string().contains("uses the key in the Secret backup-key/credentials"), "{plan}");
    let untouched = world.snapshot("prod").await;
    let refused = lifeboat.apply(&[]).await;
    assert_eq!(refused.code, 2, "a conflict waits for consent: {}\n{}", refused.out, refused.err);
    assert_eq!(untouched.changed(&world.snapshot("prod").await), Vec::<String>::new(), "a conflict changes nothing");

    let lifeboat = Lifeboat::with(&world, answers_with(&world, "irsa", "[consent]\nadopt = [\"location:team-a\"]\n"));
    let adopted = lifeboat.apply(&[]).await;
    adopted.ended(0, "verified");
    assert_eq!(adopted.last()["proven"], json!(["token", "backup", "delete"]));
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let ours = spec(hand, CONFIG, "lifeboat").await;
    assert_eq!(ours["objectStorage"]["credentials"], json!({"source": "InjectedIdentity"}), "{ours}");
    assert_eq!(hand.until("/v1/Secret", "team-a", "backup-key", |_| true).await, secret, "the Secret is not touched");
    assert_eq!(spec(hand, CONFIG, "old").await, old, "another config is not changed");
    assert_eq!(spec(hand, SCHEDULE, "nightly").await["configRef"]["name"], "old");
    let account = hand.until("/v1/ServiceAccount", &host, "mxp-controller", |_| true).await;
    assert_eq!(account["metadata"]["annotations"]["acme/owner"], "platform", "the values stay: {account}");
    back_up(hand, "by-role", "one", "lifeboat").await;
    completed(hand, "by-role").await;
    back_up(hand, "still-by-key", "one", "old").await;
    completed(hand, "still-by-key").await;

    lifeboat.undo().await.ended(0, "undone");
    assert_eq!(spec(hand, CONFIG, "lifeboat").await, before);
    back_up(hand, "by-key-again", "one", "lifeboat").await;
    completed(hand, "by-key-again").await;
}

/// What Argo CD applies: the chart's objects by these values, with its mark.
async fn by_argo(hand: Hand<'_>, values: &[&Path]) {
    let chart = hand.world.chart_of("spaces").to_string_lossy().into_owned();
    let mut template = vec!["template", "spaces", &chart, "-n", "upbound-system", "--no-hooks", "--include-crds"];
    let files: Vec<String> = values.iter().map(|file| format!("--values={}", file.display())).collect();
    template.extend(files.iter().map(String::as_str));
    let rendered = hand.run("helm", &template, None).await.expect("the chart renders");
    hand.apply(&rendered, "upbound-system", &mark()).await;
}

fn mark() -> Value {
    json!({"annotations": {"argocd.argoproj.io/tracking-id": "platform:apps/Deployment:upbound-system/spaces-controller"}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_argo_cd_owns_of_a_space_is_saved_for_its_repository_and_proven_afterwards() {
    let world = world_or_skip!();
    let hand = Hand::on(&world, "prod");
    let theirs = world.dir().join("argo-values.json");
    std::fs::write(&theirs, json!({"account": "acme"}).to_string()).expect("a file is written");
    hand.create("/v1/Namespace", "", json!({"metadata": {"name": "upbound-system"}})).await.expect("a namespace");
    by_argo(hand, &[&theirs]).await;
    furnish(hand).await;
    let host = plane(hand, "one").await;

    let lifeboat = Lifeboat::with(&world, answers_with(&world, "irsa", ""));
    let out = world.dir().join("documents");
    lifeboat.documents(&out.to_string_lossy()).await;
    let saved = lifeboat.apply(&[]).await;
    saved.ended(0, "applied");
    assert_eq!(saved.last()["proven"], json!(["token"]), "{}", saved.out);
    let said = saved.states();
    assert!(["helm-release", "location:team-a", "schedule:team-a"].iter().all(|id| said[*id] == "kept"), "{said:?}");
    assert!(saved.out.contains("saved for its repository: Argo CD"), "{}", saved.out);
    let account = hand.until("/v1/ServiceAccount", &host, "mxp-controller", |_| true).await;
    assert!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_null(), "{account}");
    hand.gone(CONFIG, "team-a", "lifeboat").await;

    by_argo(hand, &[&theirs, &out.join("helm/prod/spaces/values.yaml")]).await;
    for file in ["sharedbackupconfig-lifeboat.yaml", "sharedbackupschedule-lifeboat.yaml"] {
        let text = std::fs::read_to_string(out.join("kubernetes/prod/team-a").join(file)).expect("a document");
        hand.apply(&text, "team-a", &mark()).await;
    }
    let told = |it: &Value| it["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_string();
    hand.until("/v1/ServiceAccount", &host, "mxp-controller", told).await;
    let proven = lifeboat.apply(&[]).await;
    proven.ended(0, "verified");
    assert!(proven.made().contains(&format!("restart:{host}")), "no repository restarts it: {:?}", proven.states());
    assert_eq!(proven.last()["proven"], json!(["token", "backup", "delete"]));
    assert_eq!(lifeboat.status().await.0, 0);
}

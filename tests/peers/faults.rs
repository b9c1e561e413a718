//! The fault matrix of security.md 7.3 on whole runs: each fault is put right, or stops the run with what to do;
//! nothing is ever made twice.

use crate::lifeboat::Lifeboat;
use crate::testbed::fault::{ALWAYS, Act};
use crate::testbed::{Options, World, skip};
use crate::world_or_skip;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use serde_json::json;

/// The role, and its inline policy.
const ROLE: &str = "lifeboat-velero-us-east-1-prod";

/// A page as a proxy or a hotel's network gives it in AWS's place.
const PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>";

/// How many calls of a name were answered with success, by AWS itself.
fn done(world: &World, call: &str) -> usize {
    let calls = world.fault().calls();
    calls
        .iter()
        .filter(|seen| seen.name == call && !seen.faulted && seen.status.is_some_and(|status| status < 300))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a05_a07_a08_a11_a14_what_passes_is_waited_for_and_made_once() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    let fault = world.fault();
    // A11: reads and writes.
    fault.answer("iam:GetRole", 400, "Throttling", 2);
    fault.answer("eks:DescribeCluster", 429, "TooManyRequestsException", 1);
    fault.answer("s3:CreateBucket", 503, "SlowDown", 1);
    fault.answer("s3:PutBucketPolicy", 503, "SlowDown", 1);
    fault.answer("iam:CreateRole", 400, "Throttling", 1);
    // A05: what was just made is not everywhere yet. A08: somebody else is at it.
    fault.answer("iam:PutRolePolicy", 404, "NoSuchEntity", 2);
    fault.answer("iam:PutRolePolicy", 409, "ConcurrentModification", 1);
    fault.answer("s3:PutBucketVersioning", 409, "OperationAborted", 2);
    // A14: a page in place of the answer to a write.
    let page = Act::Raw { status: 200, content_type: "text/html".to_owned(), body: PAGE.to_owned() };
    fault.rule("s3:PutBucketLifecycleConfiguration", page, 1);
    // A07: somebody registers the very same provider at the same moment.
    let (iam, issuer) = (aws_sdk_iam::Client::new(&world.sdk()), world.issuer("prod").to_owned());
    fault.before("iam:CreateOpenIDConnectProvider", move || {
        Box::pin(async move {
            let request = iam.create_open_id_connect_provider().url(issuer).client_id_list("sts.amazonaws.com");
            request.send().await.unwrap();
        })
    });

    let said = lifeboat.apply(&[]).await;
    said.ended(0, "verified");
    let waits: Vec<String> = said
        .lines()
        .iter()
        .filter(|line| line["state"] == "waiting" || line["state"] == "unknown")
        .map(|line| format!("{}: {}", line["change"].as_str().unwrap(), line["message"].as_str().unwrap()))
        .collect();
    let waits = waits.join("\n");
    assert!(waits.contains("permissions: waiting for IAM ("), "{waits}");
    assert!(waits.contains("bucket-versioning: waiting for the other change ("), "{waits}");
    assert!(said.out.contains("was made meanwhile"), "{}", said.out);
    for call in ["iam:CreateRole", "s3:CreateBucket", "iam:PutRolePolicy", "s3:PutBucketPolicy"] {
        assert_eq!(done(&world, call), 1, "{call} is done once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a12_a_service_that_fails_on_a_create_is_asked_again_after_a_look() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    world.fault().answer("iam:CreateRole", 500, "ServiceFailure", 1);
    world.fault().answer("s3:CreateBucket", 503, "ServiceUnavailable", 1);
    world.fault().answer("iam:CreateOpenIDConnectProvider", 500, "ServiceFailure", 1);
    lifeboat.apply(&["--no-prove"]).await.ended(0, "applied");
    for (call, look) in [
        ("iam:CreateRole", "iam:GetRole"),
        ("s3:CreateBucket", "s3:HeadBucket"),
        ("iam:CreateOpenIDConnectProvider", "iam:GetOpenIDConnectProvider"),
    ] {
        assert_eq!((world.fault().count(call), done(&world, call)), (2, 1), "{call}");
        let calls = world.fault().calls();
        let names: Vec<&str> = calls.iter().map(|seen| seen.name.as_str()).collect();
        let (first, last) = (names.iter().position(|it| *it == call), names.iter().rposition(|it| *it == call));
        let between = &names[first.unwrap()..last.unwrap()];
        assert!(between.contains(&look), "{call} is repeated only after {look}: {between:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_a_lost_answer_is_looked_up_and_nothing_is_made_twice() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    for call in ["iam:CreateRole", "s3:CreateBucket", "iam:CreateOpenIDConnectProvider", "iam:PutRolePolicy"] {
        world.fault().drop_after(call, 1);
    }
    lifeboat.apply(&[]).await.ended(0, "verified");
    for call in ["iam:CreateRole", "s3:CreateBucket", "iam:CreateOpenIDConnectProvider"] {
        assert_eq!(world.fault().count(call), 1, "{call} was done, so it is not sent again");
    }
    // What was found by the look is undone like the rest.
    lifeboat.undo().await.ended(0, "undone");
    let left = world.snapshot("prod").await;
    assert!(!left.0.keys().any(|name| name.contains(ROLE) || name.starts_with("bucket ")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_a_key_whose_answer_was_lost_is_never_made_a_second_time() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "[encryption]\nkind = \"kms\"\nkey = \"new\"\n");
    world.fault().drop_after("kms:CreateKey", 1);
    let said = lifeboat.apply(&[]).await;
    said.ended(3, "failed");
    assert_eq!(said.states()["kms-key"], "unknown", "{}", said.out);
    assert_eq!(world.fault().count("kms:CreateKey"), 1);
    let failure = said.failure();
    let run = said.last()["run"].as_str().unwrap().to_owned();
    assert!(failure.contains("unknown") && failure.contains(&format!("lifeboat/run = {run}")), "{failure}");
    // A12: the same when the service fails, for it may have made the key.
    world.fault().answer("kms:CreateKey", 500, "KMSInternalException", 1);
    let said = lifeboat.apply(&[]).await;
    said.ended(3, "failed");
    assert_eq!(said.states()["kms-key"], "unknown", "{}", said.out);
    assert_eq!(world.fault().count("kms:CreateKey"), 2, "once a run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a02_a07_a09_a14_what_stays_wrong_stops_with_what_to_do_and_a_rerun_succeeds() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    let fault = world.fault();

    // A14: half an answer to a read, before anything was changed.
    fault.rule("eks:DescribeCluster", Act::Truncate, ALWAYS);
    let said = lifeboat.apply(&[]).await;
    assert_eq!(said.code, 1, "{}\n{}", said.out, said.err);
    let text = format!("{}{}", said.out, said.err);
    assert!(text.contains("eks:DescribeCluster") && text.contains("cannot be understood"), "{text}");
    fault.clear();

    // A07: a role of the name was made by somebody else meanwhile.
    fault.answer("iam:CreateRole", 409, "EntityAlreadyExists", 1);
    let said = lifeboat.apply(&[]).await;
    said.ended(3, "failed");
    assert!(said.failure().contains("lan again"), "{}", said.failure());
    fault.clear_calls();

    // A02: no permission for a write.
    let message = format!(
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/{ROLE} because no identity-based policy allows the iam:CreateRole action"
    );
    fault.answer_with("iam:CreateRole", 403, "AccessDenied", &message, ALWAYS);
    let said = lifeboat.apply(&[]).await;
    said.ended(if said.made().is_empty() { 1 } else { 3 }, "failed");
    let failure = said.failure();
    for part in ["iam:CreateRole", &format!("arn:aws:iam::111122223333:role/{ROLE}"), "\"Effect\":\"Allow\""] {
        assert!(failure.contains(part), "{part} is not in: {failure}");
    }
    assert_eq!(fault.count("iam:CreateRole"), 1, "a refusal is not retried");
    assert_eq!(fault.count("iam:PutRolePolicy"), 0, "nothing is put on a role that is not there");
    fault.clear();

    // A09: the name is taken in the world.
    world.s3().delete_bucket().bucket("acme-backups").send().await.unwrap();
    fault.answer("s3:CreateBucket", 409, "BucketAlreadyExists", 1);
    let said = lifeboat.apply(&[]).await;
    said.ended(3, "failed");
    assert!(said.failure().contains("acme-backups-111122223333-us-east-1-an"), "{}", said.failure());
    assert_eq!(fault.count("s3:CreateBucket"), 1, "a taken name is not tried again");
    assert_eq!(fault.count("s3:PutBucket*"), 0, "nothing is put on a bucket that is not there");
    fault.clear();

    lifeboat.apply(&["--no-prove"]).await.ended(0, "applied");
    fault.clear();

    // A02, nothing else to do: nothing was changed, so it ends 1, at once.
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    iam.delete_role_policy().role_name(ROLE).policy_name(ROLE).send().await.unwrap();
    fault.answer("iam:PutRolePolicy", 403, "AccessDenied", ALWAYS);
    lifeboat.apply(&[]).await.ended(1, "failed");
    assert_eq!(fault.count("iam:PutRolePolicy"), 1);
    fault.clear();
    lifeboat.apply(&[]).await.ended(0, "verified");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a23_a_hostile_message_of_a_location_cannot_reach_the_terminal() {
    let world = match World::start(Options::default().without_node()).await {
        Ok(world) => world,
        Err(missing) => return skip(missing),
    };
    let kube = world.kube("prod").await;
    let mut helm = tokio::process::Command::new(world.helm());
    helm.args(["install", "velero", "--namespace", "velero", "--create-namespace", "--no-hooks"]);
    helm.arg(world.chart()).arg("--set-json");
    helm.arg(r#"configuration.backupStorageLocation=[{"name":"default","provider":"aws","bucket":"acme-backups"}]"#)
        .arg("--set=snapshotsEnabled=false");
    let output = helm.env_clear().envs(world.env()).env("KUBECONFIG", world.kubeconfig("prod")).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let kind = ApiResource::from_gvk_with_plural(
        &GroupVersionKind::gvk("velero.io", "v1", "BackupStorageLocation"),
        "backupstoragelocations",
    );
    let locations: Api<DynamicObject> = Api::namespaced_with(kube, "velero", &kind);
    let hostile = format!("first\nsecond\r\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}txt {}", "x".repeat(20_000));
    let status = json!({"status": {"phase": "Unavailable", "message": hostile}});
    locations.patch("default", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();

    let lifeboat = Lifeboat::at(&world, "");
    let place = ["--cluster", "prod", "--region", "us-east-1"];
    let plain = lifeboat.run(&[&["status", "--once"], &place[..]].concat()).await;
    assert_eq!(plain.code, 4, "{}\n{}", plain.out, plain.err);
    let bad = |text: &str| text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(bad(&plain.out), None, "{}", plain.out.escape_debug());
    assert!(plain.out.contains("first") && plain.out.contains("owned"), "the text itself is shown: {}", plain.out);
    assert!(!plain.out.lines().any(|line| line.starts_with("second")), "one line stays one line: {}", plain.out);
    assert!(plain.out.len() < 20_000, "it is shortened: {}", plain.out.len());

    let (code, json) = lifeboat.status().await;
    assert_eq!(code, 4, "{json}");
    let message = json["locations"][0]["message"].as_str().unwrap();
    assert_eq!(bad(message), None, "{}", message.escape_debug());
}

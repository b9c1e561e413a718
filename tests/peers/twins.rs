//! Negative twins: a set-up that works, with one link of the chain broken. A run never calls it verified, names
//! the link, and what is lifeboat's own a plain apply puts right again.

use crate::lifeboat::{Lifeboat, Said};
use crate::testbed::{World, eventually};
use crate::world_or_skip;
use aws_sdk_iam::Client as Iam;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use std::time::Duration;

/// The role, and its inline policy.
const ROLE: &str = "lifeboat-velero-us-east-1-prod";

/// Just before lifeboat exchanges its token, and after it has read everything: a pod's own exchange before that
/// would break the set-up too early, so the second hook is only set when lifeboat reads the role.
fn after_the_plan<F>(world: &World, breaks: F)
where
    F: FnOnce() -> futures::future::BoxFuture<'static, ()> + Send + 'static,
{
    let fault = world.fault().clone();
    world
        .fault()
        .before("iam:GetRole", move || Box::pin(async move { fault.before("sts:AssumeRoleWithWebIdentity", breaks) }));
}

/// Ended unproven, with the link in the message of what failed.
#[track_caller]
fn broken(said: &Said, code: i32, link: &str) {
    said.ended(code, "failed");
    let failure = said.failure();
    assert!(failure.contains(&format!("(broken link: {link})")), "{failure}\n{}", said.out);
    let proven = said.last()["proven"].clone();
    assert!(!proven.as_array().unwrap().iter().any(|proof| proof == "restore"), "{proven}");
}

async fn trust_of(iam: &Iam) -> String {
    let role = iam.get_role().role_name(ROLE).send().await.unwrap().role.unwrap();
    let text = role.assume_role_policy_document().unwrap();
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f1_f3_a_wrong_audience_and_removed_permissions_are_named_and_repaired() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&[]).await.ended(0, "verified");
    let iam = Iam::new(&world.sdk());

    let right = trust_of(&iam).await;
    let wrong = right.replace("sts.amazonaws.com", "sts.example.com");
    assert_ne!(right, wrong);
    let (hand, document) = (iam.clone(), wrong.clone());
    after_the_plan(&world, move || {
        Box::pin(async move {
            hand.update_assume_role_policy().role_name(ROLE).policy_document(document).send().await.unwrap();
        })
    });
    let said = lifeboat.apply(&["--prove"]).await;
    broken(&said, 1, "trust");
    assert_eq!(trust_of(&iam).await, wrong, "a proof repairs nothing");
    let repaired = lifeboat.apply(&[]).await;
    repaired.ended(0, "verified");
    assert!(repaired.made().contains(&"role".to_owned()), "{:?}", repaired.made());

    let hand = iam.clone();
    after_the_plan(&world, move || {
        Box::pin(async move {
            hand.delete_role_policy().role_name(ROLE).policy_name(ROLE).send().await.unwrap();
        })
    });
    let said = lifeboat.apply(&["--prove"]).await;
    broken(&said, 1, "permissions");
    let repaired = lifeboat.apply(&[]).await;
    repaired.ended(0, "verified");
    // While the proof waited for IAM, Velero may have found its location out of reach: then that is mended too.
    let made: Vec<String> = repaired.made().into_iter().filter(|change| change != "healthy").collect();
    assert_eq!(made, ["canary", "permissions", "record", "token-proof"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f3_a_boundary_without_put_object_is_named_and_left_to_its_owner() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&[]).await.ended(0, "verified");
    let iam = Iam::new(&world.sdk());
    let narrow = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "NotAction": "s3:PutObject", "Resource": "*",
    }});
    let made = iam.create_policy().policy_name("narrow").policy_document(narrow.to_string()).send().await.unwrap();
    let arn = made.policy.unwrap().arn.unwrap();
    iam.put_role_permissions_boundary().role_name(ROLE).permissions_boundary(&arn).send().await.unwrap();

    let said = lifeboat.apply(&["--prove"]).await;
    broken(&said, 1, "permissions");
    assert!(said.failure().contains("s3:PutObject") && said.failure().contains("boundary"), "{}", said.failure());
    let role = iam.get_role().role_name(ROLE).send().await.unwrap().role.unwrap();
    assert!(role.permissions_boundary().is_some(), "the boundary is not lifeboat's to take away");

    iam.delete_role_permissions_boundary().role_name(ROLE).send().await.unwrap();
    lifeboat.apply(&["--prove"]).await.ended(0, "verified");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f20_a_key_that_denies_the_role_is_named_and_left_to_its_owner() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "[encryption]\nkind = \"kms\"\nkey = \"new\"\n");
    lifeboat.apply(&[]).await.ended(0, "verified");
    let kms = aws_sdk_kms::Client::new(&world.sdk());
    let alias = "alias/lifeboat-acme-backups";
    let key = kms.describe_key().key_id(alias).send().await.unwrap().key_metadata.unwrap().key_id;
    let policy = kms.get_key_policy().key_id(&key).policy_name("default").send().await.unwrap().policy.unwrap();
    let mut denied: Value = serde_json::from_str(&policy).unwrap();
    denied["Statement"].as_array_mut().unwrap().push(json!({
        "Sid": "NotThem", "Effect": "Deny", "Principal": {"AWS": format!("arn:aws:iam::111122223333:role/{ROLE}")},
        "Action": "kms:*", "Resource": "*",
    }));
    kms.put_key_policy().key_id(&key).policy_name("default").policy(denied.to_string()).send().await.unwrap();

    // Found before anything is tried: the policy is read with the facts and judged for the role.
    let said = lifeboat.apply(&["--prove"]).await;
    let told = format!("{}{}", said.out, said.err);
    assert_eq!(said.code, 1, "{told}");
    assert!(told.contains("encryption.key") && told.contains(ROLE), "{told}");
    let there = kms.get_key_policy().key_id(&key).policy_name("default").send().await.unwrap().policy.unwrap();
    assert!(there.contains("NotThem"), "a key's foreign policy is not edited");

    kms.put_key_policy().key_id(&key).policy_name("default").policy(&policy).send().await.unwrap();
    lifeboat.apply(&["--prove"]).await.ended(0, "verified");
}

/// Deletes Velero's pod and waits for one that is made anew.
async fn new_pod(world: &World) {
    let pods: Api<Pod> = Api::namespaced(world.kube("prod").await, "velero");
    let server = ListParams::default().labels("name=velero");
    let old: Vec<String> = pods.list(&server).await.unwrap().into_iter().filter_map(|pod| pod.metadata.name).collect();
    for name in &old {
        pods.delete(name, &DeleteParams::default()).await.unwrap();
    }
    eventually("a new pod of Velero is there, and the old ones are gone", Duration::from_mins(1), || async {
        let there = pods.list(&server).await.map_err(|problem| problem.to_string())?;
        let names: Vec<String> = there.into_iter().filter_map(|pod| pod.metadata.name).collect();
        let fresh = !names.is_empty() && names.iter().all(|name| !old.contains(name));
        if fresh { Ok(()) } else { Err(format!("{names:?}, before {old:?}")) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_f9_a_missing_annotation_and_a_missing_webhook_are_named_and_repaired() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&[]).await.ended(0, "verified");

    let accounts: Api<ServiceAccount> = Api::namespaced(world.kube("prod").await, "velero");
    let without = json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": null}}});
    // Somebody takes the annotation away, and the pods are made anew without the role.
    accounts.patch("velero-server", &PatchParams::default(), &Patch::Merge(&without)).await.unwrap();
    new_pod(&world).await;
    let status = lifeboat.status().await;
    assert_eq!(status.0, 4, "{}", status.1);
    let repaired = lifeboat.apply(&[]).await;
    repaired.ended(0, "verified");
    let made = repaired.made();
    assert!(["service-account", "restart", "healthy"].iter().all(|id| made.iter().any(|it| it == id)), "{made:?}");
    assert!(!made.iter().any(|id| id == "role" || id == "permissions"), "{made:?}");

    world.webhook("prod").remove().await;
    new_pod(&world).await;
    let said = lifeboat.apply(&[]).await;
    broken(&said, 3, "injected-pod");
    assert!(said.failure().contains("pod-identity-webhook"), "{}", said.failure());
    world.webhook("prod").restore().await;
    lifeboat.apply(&[]).await.ended(0, "verified");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f7_pods_that_lose_the_role_after_the_plan_fail_the_canary() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&[]).await.ended(0, "verified");
    let kube = world.kube("prod").await;
    let pods = world.kube("prod").await;
    after_the_plan(&world, move || {
        Box::pin(async move {
            let accounts: Api<ServiceAccount> = Api::namespaced(kube, "velero");
            let without = json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": null}}});
            accounts.patch("velero-server", &PatchParams::default(), &Patch::Merge(&without)).await.unwrap();
            let pods: Api<Pod> = Api::namespaced(pods, "velero");
            let server = ListParams::default().labels("name=velero");
            pods.delete_collection(&DeleteParams::default(), &server).await.unwrap();
        })
    });
    let said = lifeboat.apply(&["--prove"]).await;
    broken(&said, 1, "injected-pod");
    lifeboat.apply(&[]).await.ended(0, "verified");
}

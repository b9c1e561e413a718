//! Undo on real software: what the run made is gone, what was there before is as it was, and nothing else is
//! touched (contract, "Undo keeps").

use crate::lifeboat::{Lifeboat, Said};
use crate::testbed::{Snapshot, World};
use crate::world_or_skip;
use aws_sdk_s3::types as of;
use serde_json::json;

/// The role of the answers' defaults.
const ROLE: &str = "lifeboat-velero-us-east-1-prod";

/// What undo keeps in the cluster: the namespace with what Kubernetes puts into each, the repository password,
/// and the CRDs.
#[track_caller]
fn only_what_undo_keeps(before: &Snapshot, after: &Snapshot) {
    let kept = ["Namespace /velero", "Secret velero/velero-repo-credentials", "ServiceAccount velero/default"];
    let added = before.added(after);
    let (types, rest): (Vec<_>, Vec<_>) = added
        .into_iter()
        .partition(|name| name.starts_with("CustomResourceDefinition /") && name.ends_with(".velero.io"));
    assert_eq!(rest, kept, "beside {} CRDs", types.len());
    assert!(types.len() >= 10, "the CRDs stay: {types:?}");
}

/// The messages of a state.
fn messages(said: &Said, state: &str) -> Vec<String> {
    let lines = said.lines();
    let of = lines.iter().filter(|line| line["state"] == state);
    of.map(|line| format!("{}: {}", line["change"].as_str().unwrap_or("?"), line["message"].as_str().unwrap_or("?")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undo_of_the_first_apply_leaves_the_account_as_it_was_and_the_cluster_but_for_what_it_keeps() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    let before = world.snapshot("prod").await;
    lifeboat.apply(&[]).await.ended(0, "verified");
    let between = world.snapshot("prod").await;
    assert!(between.0.contains_key(&format!("role {ROLE}")), "the dump shows what was made: {between:?}");

    let undone = lifeboat.undo().await;
    undone.ended(0, "undone");
    let after = world.snapshot("prod").await;
    assert_eq!(before.changed(&after), Vec::<String>::new());
    only_what_undo_keeps(&before, &after);
    let kept = messages(&undone, "kept").join("\n");
    assert!(kept.contains("velero-repo-credentials") && kept.contains("namespace velero"), "{kept}");
    assert!(messages(&undone, "undone").join("\n").contains("CRDs stay"), "{}", undone.out);
}

/// The foreign things of an account that has a life of its own.
async fn furnish(world: &World) {
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let s3 = world.s3();
    let host = world.issuer("prod").trim_start_matches("https://").to_owned();
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{host}");
    let request = iam.create_open_id_connect_provider().url(world.issuer("prod")).client_id_list("other-audience");
    request.send().await.unwrap();
    let other = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Other", "Effect": "Allow", "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{host}:aud"): "other-audience"}}
    }]});
    iam.create_role().role_name("other-app").assume_role_policy_document(other.to_string()).send().await.unwrap();
    // Odd spacing on purpose: it must come back byte for byte.
    let trust = r#"{ "Version":"2012-10-17",   "Statement" : {"Sid":"Foreign","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let owner = aws_sdk_iam::types::Tag::builder().key("owner").value("team-x").build().unwrap();
    let role = iam.create_role().role_name(ROLE).assume_role_policy_document(trust).description("of team x");
    role.tags(owner).send().await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}}"#;
    iam.put_role_policy().role_name(ROLE).policy_name("foreign").policy_document(policy).send().await.unwrap();

    s3.create_bucket().bucket("acme-backups").send().await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"TeamX","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/other-app"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-backups/team-x/*"}]}"#;
    s3.put_bucket_policy().bucket("acme-backups").policy(policy).send().await.unwrap();
    let theirs = of::LifecycleRule::builder()
        .id("team-x")
        .status(of::ExpirationStatus::Enabled)
        .filter(of::LifecycleRuleFilter::builder().prefix("team-x/").build())
        .expiration(of::LifecycleExpiration::builder().days(90).build());
    let rules = of::BucketLifecycleConfiguration::builder().rules(theirs.build().unwrap()).build().unwrap();
    let request = s3.put_bucket_lifecycle_configuration().bucket("acme-backups");
    request.lifecycle_configuration(rules).send().await.unwrap();
    s3.put_object().bucket("acme-backups").key("team-x/report").body(b"kept".to_vec().into()).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a21_undo_puts_back_what_was_adopted_byte_for_byte_and_touches_nothing_foreign() {
    let world = world_or_skip!();
    furnish(&world).await;
    let lifeboat = Lifeboat::at(&world, "");
    let before = world.snapshot("prod").await;
    let refused = lifeboat.apply(&[]).await;
    assert_eq!(refused.code, 2, "a conflict waits for consent: {}\n{}", refused.out, refused.err);
    assert_eq!(before.changed(&world.snapshot("prod").await), Vec::<String>::new(), "a conflict changes nothing");

    let all = [
        "bucket",
        "bucket-ownership",
        "bucket-public-access",
        "bucket-encryption",
        "bucket-tls",
        "bucket-versioning",
        "bucket-lifecycle",
        "role",
    ];
    lifeboat.answer(&format!("[consent]\nadopt = {all:?}\n"));
    lifeboat.apply(&[]).await.ended(0, "verified");
    let between = world.snapshot("prod").await;
    let touched = before.changed(&between);
    let foreign = |name: &str| touched.iter().any(|line| line.starts_with(name));
    assert!(!foreign("role other-app") && !foreign(&format!("role {ROLE} policy foreign")), "{touched:?}");
    let policy = &between.0["bucket acme-backups policy"];
    assert!(policy.contains("TeamX") && policy.contains("LifeboatTlsOnly"), "{policy}");
    assert!(between.0["bucket acme-backups lifecycle"].contains("team-x"), "{between:?}");

    let undone = lifeboat.undo().await;
    undone.ended(0, "undone");
    let after = world.snapshot("prod").await;
    assert_eq!(before.changed(&after), Vec::<String>::new());
    // S3 cannot make a bucket one that never had versioning: suspended is the nearest.
    let mut later = after.clone();
    assert_eq!(later.0.remove("bucket acme-backups versioning").as_deref(), Some("Suspended"));
    only_what_undo_keeps(&before, &later);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undo_keeps_what_somebody_changed_since_and_says_so() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "");
    lifeboat.apply(&["--no-prove"]).await.ended(0, "applied");
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let theirs = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}}"#;
    let policy = iam.get_role_policy().role_name(ROLE).policy_name(ROLE).send().await.unwrap();
    let ours = percent_encoding::percent_decode_str(policy.policy_document()).decode_utf8().unwrap().into_owned();
    let put = |document: &str| iam.put_role_policy().role_name(ROLE).policy_name(ROLE).policy_document(document).send();
    put(theirs).await.unwrap();

    let partial = lifeboat.undo().await;
    partial.ended(3, "failed");
    let kept = messages(&partial, "kept").join("\n");
    assert!(kept.contains("permissions: ") && kept.contains("was changed since"), "{kept}");
    assert!(kept.contains(&format!("the role {ROLE} stays")), "{kept}");
    let left = world.snapshot("prod").await;
    assert_eq!(left.0[&format!("role {ROLE} policy {ROLE}")], theirs);
    assert!(!left.0.contains_key("bucket acme-backups"), "the rest is taken back: {left:?}");

    // Once it is as the run left it, the same command finishes the job.
    put(&ours).await.unwrap();
    lifeboat.undo().await.ended(0, "undone");
    let end = world.snapshot("prod").await;
    assert!(!end.0.keys().any(|name| name.contains(ROLE)), "{end:?}");
}

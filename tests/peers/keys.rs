//! A new KMS key: made with alias and rotation, the bucket's default from then on, and allowed to the role by its ARN.

use crate::lifeboat::{Lifeboat, to_do};
use crate::world_or_skip;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_encrypts_what_a_real_velero_backs_up_and_restores() {
    let world = world_or_skip!();
    let lifeboat = Lifeboat::at(&world, "[encryption]\nkind = \"kms\"\nkey = \"new\"\n");
    lifeboat.apply(&[]).await.ended(0, "verified");
    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let again = lifeboat.apply(&[]).await;
    again.ended(0, "verified");
    assert!(again.made().is_empty(), "{:?}", again.states());

    let kms = aws_sdk_kms::Client::new(&world.sdk());
    let key = kms.describe_key().key_id("alias/lifeboat-acme-backups").send().await.expect("the alias names a key");
    let key = key.key_metadata.expect("a key");
    let rotation = kms.get_key_rotation_status().key_id(&key.key_id).send().await.expect("a status");
    assert!(rotation.key_rotation_enabled());
    let bucket = world.s3().get_bucket_encryption().bucket("acme-backups").send().await.expect("a configuration");
    let rules = bucket.server_side_encryption_configuration.expect("rules").rules;
    let default = rules[0].apply_server_side_encryption_by_default.as_ref().expect("a default");
    assert_eq!(default.kms_master_key_id.as_deref(), key.arn.as_deref());
    assert_eq!(rules[0].bucket_key_enabled, Some(true), "the bucket key is on");

    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let name = "lifeboat-velero-us-east-1-prod";
    let policy = iam.get_role_policy().role_name(name).policy_name(name).send().await.expect("a policy");
    let arn = key.arn.expect("an ARN");
    // IAM gives documents URL-encoded.
    let text = policy.policy_document().replace("%3A", ":").replace("%2F", "/");
    assert!(text.contains(&arn), "the key's own ARN: {text}");
    assert!(text.contains("kms:ViaService"), "{text}");

    lifeboat.undo().await.ended(0, "undone");
    let still = kms.describe_key().key_id(&arn).send().await.expect("the key stays").key_metadata.expect("a key");
    assert!(still.enabled, "a key that encrypted something is neither disabled nor scheduled for deletion");
}

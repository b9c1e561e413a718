//! Buckets and their documents.

use crate::fixture::{Fixture, kind, policy};
use lifeboat::domain::discovery::FoundBucket;
use lifeboat::ports::{BucketHead, BucketRef, NewBucket, Setting, Tags, TroubleKind};
use serde_json::{Value, json};

fn parsed(text: Option<String>) -> Value {
    serde_json::from_str(&text.expect("a document is there")).expect("it is JSON")
}

pub async fn a_bucket_comes_and_goes(at: &Fixture) {
    let aws = &at.world.aws;
    assert_eq!(aws.bucket(&at.bucket_ref("b")).await.unwrap(), BucketHead::Absent);
    let bucket = at.bucket("b", false).await;
    assert_eq!(aws.bucket(&bucket).await.unwrap(), BucketHead::Ours(at.region.clone()));
    aws.delete_bucket(&bucket).await.unwrap();
    assert_eq!(aws.bucket(&bucket).await.unwrap(), BucketHead::Absent);
}

pub async fn a16_buckets_are_listed_with_their_regions(at: &Fixture) {
    let aws = &at.world.aws;
    let here = at.bucket("b", false).await;
    let there = BucketRef { name: at.name("far"), region: "us-west-2".to_owned(), account: at.account.clone() };
    let new = NewBucket { bucket: there.clone(), tags: Tags::new(), account_regional: false, object_lock: false };
    aws.create_bucket(&new).await.unwrap();
    let found = aws.buckets().await.unwrap();
    for bucket in [&here, &there] {
        let wanted = FoundBucket { name: bucket.name.clone(), region: bucket.region.clone() };
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
        aws.delete_bucket(bucket).await.unwrap();
    }
    let left = aws.buckets().await.unwrap();
    assert!(left.iter().all(|bucket| bucket.name != here.name && bucket.name != there.name), "{left:?}");
}

pub async fn a_foreign_bucket_is_foreign_and_taken(at: &Fixture) {
    let Some(name) = &at.foreign_bucket else { return };
    let mut bucket = at.bucket_ref("b");
    bucket.name.clone_from(name);
    assert_eq!(at.world.aws.bucket(&bucket).await.unwrap(), BucketHead::Foreign);
    assert_eq!(kind(at.world.aws.setting(&bucket, Setting::Policy).await), TroubleKind::Denied);
    let new = NewBucket { bucket, tags: Tags::new(), account_regional: false, object_lock: false };
    assert_eq!(kind(at.world.aws.create_bucket(&new).await), TroubleKind::Taken);
}

pub async fn a_bucket_has_the_defaults_of_aws(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket("b", false).await);
    let ownership = parsed(aws.setting(&bucket, Setting::Ownership).await.unwrap());
    assert_eq!(ownership["Rules"][0]["ObjectOwnership"], "BucketOwnerEnforced");
    for setting in [Setting::Policy, Setting::Lifecycle, Setting::Versioning, Setting::ObjectLock] {
        assert_eq!(aws.setting(&bucket, setting).await.unwrap(), None, "{setting:?}");
    }
    aws.delete_bucket(&bucket).await.unwrap();
}

/// Documents in the form of the aws CLI, one a setting.
fn documents(at: &Fixture, bucket: &str) -> Vec<(Setting, Value)> {
    let arn = format!("arn:{}:s3:::{bucket}", at.partition);
    let deny = json!({"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")], "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
    vec![
        (Setting::Policy, serde_json::from_str(&policy(&[deny])).unwrap()),
        (
            Setting::Lifecycle,
            json!({"Rules": [{"ID": "old", "Filter": {"Prefix": "tool/"}, "Status": "Enabled",
                "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}]}),
        ),
        (
            Setting::PublicAccess,
            json!({"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true,
                "RestrictPublicBuckets": true}),
        ),
        (Setting::Versioning, json!({"Status": "Enabled"})),
        (Setting::Tagging, json!({"TagSet": [{"Key": "team", "Value": "platform"}]})),
    ]
}

pub async fn documents_are_put_read_and_deleted(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket("b", false).await);
    for (setting, document) in documents(at, &bucket.name) {
        aws.put_setting(&bucket, setting, &document.to_string()).await.unwrap();
        assert_eq!(parsed(aws.setting(&bucket, setting).await.unwrap()), document, "{setting:?}");
    }
    for setting in [Setting::Policy, Setting::Lifecycle, Setting::PublicAccess, Setting::Tagging] {
        aws.delete_setting(&bucket, setting).await.unwrap();
        assert_eq!(aws.setting(&bucket, setting).await.unwrap(), None, "{setting:?}");
    }
    aws.delete_bucket(&bucket).await.unwrap();
}

pub async fn tags_come_with_the_create_call(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket("b", false).await);
    let tags = parsed(aws.setting(&bucket, Setting::Tagging).await.unwrap());
    assert_eq!(tags, json!({"TagSet": [{"Key": "managed-by", "Value": "contract"}]}));
    aws.delete_bucket(&bucket).await.unwrap();
}

pub async fn versioning_is_suspended_not_deleted(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket("b", false).await);
    aws.put_setting(&bucket, Setting::Versioning, r#"{"Status":"Enabled"}"#).await.unwrap();
    aws.delete_setting(&bucket, Setting::Versioning).await.unwrap();
    assert_eq!(parsed(aws.setting(&bucket, Setting::Versioning).await.unwrap())["Status"], "Suspended");
    aws.delete_bucket(&bucket).await.unwrap();
}

pub async fn object_lock_cannot_be_removed(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket("b", true).await);
    let lock = parsed(aws.setting(&bucket, Setting::ObjectLock).await.unwrap());
    assert_eq!(lock["ObjectLockEnabled"], "Enabled");
    assert_eq!(parsed(aws.setting(&bucket, Setting::Versioning).await.unwrap())["Status"], "Enabled");
    assert_eq!(kind(aws.delete_setting(&bucket, Setting::ObjectLock).await), TroubleKind::Refused);
    aws.delete_bucket(&bucket).await.unwrap();
}

pub async fn a_document_that_is_no_json_is_invalid(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket("b", false).await);
    for setting in Setting::ALL.into_iter().filter(|setting| *setting != Setting::Policy) {
        assert_eq!(kind(aws.put_setting(&bucket, setting, "{").await), TroubleKind::Invalid, "{setting:?}");
    }
    aws.delete_bucket(&bucket).await.unwrap();
}

pub async fn a_bucket_policy_that_is_no_json_is_invalid(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket("b", false).await);
    assert_eq!(kind(aws.put_setting(&bucket, Setting::Policy, "{").await), TroubleKind::Invalid);
    aws.delete_bucket(&bucket).await.unwrap();
}

pub async fn a_bucket_that_is_not_there_is_not_found(at: &Fixture) {
    let (aws, bucket) = (&at.world.aws, at.bucket_ref("none"));
    assert_eq!(kind(aws.setting(&bucket, Setting::Policy).await), TroubleKind::NotFound);
    assert_eq!(
        kind(aws.put_setting(&bucket, Setting::Versioning, r#"{"Status":"Enabled"}"#).await),
        TroubleKind::NotFound
    );
    assert_eq!(kind(aws.versions(&bucket, "", 10).await), TroubleKind::NotFound);
    assert_eq!(kind(aws.delete_bucket(&bucket).await), TroubleKind::NotFound);
}

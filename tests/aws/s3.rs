//! Buckets: whose they are, how they are made, what is sent along.

use crate::answers::{bucket, new_bucket};
use crate::server::{Reply, Server, always, s3_error, xml};
use lifeboat::ports::{Aws, BucketHead, NewBucket, Session, Setting, TroubleKind};
use rstest::rstest;
use secrecy::SecretString;

fn head(status: u16, region: &str) -> Reply {
    let headers = if region.is_empty() { vec![] } else { vec![("x-amz-bucket-region", region.to_owned())] };
    Reply::Whole(status, headers, vec![])
}

fn session() -> Session {
    Session {
        arn: "arn:aws:sts::111122223333:assumed-role/lifeboat/x".into(),
        id: "ASIAEXAMPLE".into(),
        secret: SecretString::from("made-up"),
        token: SecretString::from("made-up-token"),
    }
}

#[rstest]
#[case(404, "", BucketHead::Absent)]
#[case(403, "", BucketHead::Foreign)]
#[case(403, "eu-west-1", BucketHead::Foreign)]
#[case(200, "eu-west-1", BucketHead::Ours("eu-west-1".into()))]
#[case(200, "us-west-2", BucketHead::Ours("us-west-2".into()))]
#[tokio::test]
async fn head_bucket_tells_whose_it_is(
    #[case] status: u16,
    #[case] region: &'static str,
    #[case] expected: BucketHead,
) {
    let (server, account) = always(move || head(status, region)).await;
    assert_eq!(account.bucket(&bucket()).await, Ok(expected));
    assert_eq!(server.requests()[0].header("x-amz-expected-bucket-owner"), Some("111122223333"));
}

#[rstest]
#[case(301, 200, BucketHead::Ours("us-west-2".into()))]
#[case(400, 200, BucketHead::Ours("us-west-2".into()))]
#[case(301, 403, BucketHead::Foreign)]
#[tokio::test]
async fn a_bucket_of_another_region_is_ours_only_when_that_region_says_so(
    #[case] first: u16,
    #[case] second: u16,
    #[case] expected: BucketHead,
) {
    let server =
        Server::start(move |request| head(if request.number == 0 { first } else { second }, "us-west-2")).await;
    assert_eq!(server.account().bucket(&bucket()).await, Ok(expected));
    let signed = |number: usize| server.requests()[number].header("authorization").unwrap().to_owned();
    assert!(signed(0).contains("/eu-west-1/s3/") && signed(1).contains("/us-west-2/s3/"));
}

#[tokio::test]
async fn a_bucket_is_made_with_all_in_one_call_and_no_acl() {
    let (server, account) = always(|| xml(200, "")).await;
    let tags = [("managed-by".to_owned(), "lifeboat".to_owned())].into();
    let new = NewBucket { tags, account_regional: true, object_lock: true, ..new_bucket() };
    account.create_bucket(&new).await.unwrap();
    let sent = &server.requests()[0];
    assert!(sent.body.contains("<LocationConstraint>eu-west-1</LocationConstraint>"), "{}", sent.body);
    assert!(sent.body.contains("<Key>managed-by</Key><Value>lifeboat</Value>"), "{}", sent.body);
    assert_eq!(sent.header("x-amz-object-ownership"), Some("BucketOwnerEnforced"));
    assert_eq!(sent.header("x-amz-bucket-namespace"), Some("account-regional"));
    assert_eq!(sent.header("x-amz-bucket-object-lock-enabled"), Some("true"));
    assert!(!sent.headers.iter().any(|(name, _)| name.contains("acl") || name.contains("grant")));
}

#[tokio::test]
async fn a_bucket_of_us_east_1_has_tags_and_no_location() {
    let (server, account) = always(|| xml(200, "")).await;
    let mut new = new_bucket();
    new.bucket.region = "us-east-1".into();
    account.create_bucket(&new).await.unwrap();
    new.tags.insert("managed-by".into(), "lifeboat".into());
    account.create_bucket(&new).await.unwrap();
    let bodies: Vec<_> = server.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies[0], "");
    assert!(bodies[1].contains("<Key>managed-by</Key>") && !bodies[1].contains("LocationConstraint"), "{}", bodies[1]);
    assert_eq!(server.requests()[0].header("x-amz-bucket-namespace"), None);
}

#[tokio::test]
async fn every_call_but_create_names_the_owner() {
    let (server, account) = always(|| xml(200, "")).await;
    let (here, who) = (bucket(), session());
    let documents = [
        "{}",
        r#"{"Rules":[]}"#,
        r#"{"Rules":[]}"#,
        "{}",
        r#"{"Rules":[]}"#,
        r#"{"Status":"Enabled"}"#,
        r#"{"TagSet":[]}"#,
        "{}",
    ];
    for (setting, document) in Setting::ALL.into_iter().zip(documents) {
        let _ = account.setting(&here, setting).await;
        account.put_setting(&here, setting, document).await.unwrap();
        let _ = account.delete_setting(&here, setting).await;
    }
    let _ = account.versions(&here, "", 1).await;
    let _ = account.top_level(&here, "").await;
    let version = lifeboat::ports::ObjectVersion { key: "k".into(), version: "1".into(), marker: false, latest: true };
    let _ = account.delete_versions(&here, &[version]).await;
    let _ = account.list_as(&who, &here, "").await;
    account.put_as(&who, &here, "k", b"canary").await.unwrap();
    account.get_as(&who, &here, "k").await.unwrap();
    account.delete_as(&who, &here, "k").await.unwrap();
    account.delete_bucket(&here).await.unwrap();
    let requests = server.requests();
    assert!(requests.len() >= 31, "{}", requests.len());
    for request in &requests {
        assert_eq!(
            request.header("x-amz-expected-bucket-owner"),
            Some("111122223333"),
            "{} {}",
            request.method,
            request.path
        );
    }
    let as_session = requests.iter().filter(|request| request.header("x-amz-security-token") == Some("made-up-token"));
    assert_eq!(as_session.count(), 4, "the four calls of a session are signed by the session alone");
}

#[rstest]
#[case(Setting::Policy, "NoSuchBucketPolicy")]
#[case(Setting::Lifecycle, "NoSuchLifecycleConfiguration")]
#[case(Setting::Encryption, "ServerSideEncryptionConfigurationNotFoundError")]
#[case(Setting::PublicAccess, "NoSuchPublicAccessBlockConfiguration")]
#[case(Setting::Ownership, "OwnershipControlsNotFoundError")]
#[case(Setting::Tagging, "NoSuchTagSet")]
#[case(Setting::ObjectLock, "ObjectLockConfigurationNotFoundError")]
#[tokio::test]
async fn a05_a_document_that_was_never_put_is_none(#[case] setting: Setting, #[case] code: &'static str) {
    let (_server, account) = always(move || s3_error(404, code)).await;
    assert_eq!(account.setting(&bucket(), setting).await, Ok(None));
    let (_server, account) = always(|| s3_error(404, "NoSuchBucket")).await;
    assert_eq!(account.setting(&bucket(), setting).await.unwrap_err().kind, TroubleKind::NotFound);
}

#[tokio::test]
async fn a05_versioning_that_was_never_on_is_none_and_suspended_is_a_state() {
    let (_server, account) = always(|| xml(200, "<VersioningConfiguration/>")).await;
    assert_eq!(account.setting(&bucket(), Setting::Versioning).await, Ok(None));
    let (_server, account) =
        always(|| xml(200, "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")).await;
    let found = account.setting(&bucket(), Setting::Versioning).await.unwrap();
    assert_eq!(found.as_deref(), Some(r#"{"Status":"Suspended"}"#));
}

#[tokio::test]
async fn a21_a_policy_comes_byte_for_byte() {
    let (_server, account) = always(|| Reply::Whole(200, vec![], br#"{ "Version" : "2012-10-17" }"#.to_vec())).await;
    let found = account.setting(&bucket(), Setting::Policy).await.unwrap();
    assert_eq!(found.as_deref(), Some(r#"{ "Version" : "2012-10-17" }"#));
}

#[tokio::test]
async fn a22_versioning_is_suspended_and_object_lock_is_not_removed() {
    let (server, account) = always(|| xml(200, "")).await;
    account.delete_setting(&bucket(), Setting::Versioning).await.unwrap();
    assert!(server.requests()[0].body.contains("<Status>Suspended</Status>"));
    let refused = account.delete_setting(&bucket(), Setting::ObjectLock).await.unwrap_err();
    assert_eq!(refused.kind, TroubleKind::Refused);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_version_that_could_not_be_deleted_is_told() {
    let version = lifeboat::ports::ObjectVersion { key: "k".into(), version: "1".into(), marker: false, latest: true };
    let (_server, account) = always(|| {
        xml(
            200,
            "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>",
        )
    })
    .await;
    let trouble = account.delete_versions(&bucket(), &[version]).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.resource.as_str()), (TroubleKind::Denied, "acme-backups/k"));
}

#[tokio::test]
async fn top_level_names_are_without_the_prefix() {
    let (_server, account) = always(|| {
        xml(
            200,
            "<ListBucketResult><Contents><Key>p/</Key></Contents><Contents><Key>p/a</Key></Contents>\
            <CommonPrefixes><Prefix>p/b/</Prefix></CommonPrefixes></ListBucketResult>",
        )
    })
    .await;
    assert_eq!(account.top_level(&bucket(), "p/").await.unwrap(), ["a", "b/"]);
}

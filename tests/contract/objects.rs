//! Objects and versions, written with a session's permissions.

use crate::fixture::{Fixture, allow, kind, policy};
use lifeboat::ports::{BucketRef, Kind, ObjectVersion, Session, Setting, TroubleKind, WebIdentity};
use serde_json::json;

/// A bucket, and a session that may do everything with its objects.
async fn writer(at: &Fixture) -> (BucketRef, Session) {
    at.provider().await;
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let account = json!({"metadata": {"name": "app", "namespace": namespace}});
    kube.create(Kind::ServiceAccount, &account).await.unwrap();
    let aws = at.world.aws.clone();
    let bucket = at.bucket("b", false).await;
    let role = aws.create_role(&at.new_role("r", &at.trust(&namespace, "app").await)).await.unwrap();
    let arn = format!("arn:{}:s3:::{}", at.partition, bucket.name);
    let all = allow(&["s3:*"], &[arn.clone(), format!("{arn}/*")]);
    aws.put_role_policy(&role.name, "all", &policy(&[all])).await.unwrap();
    let token = kube.token(&namespace, "app", "sts.amazonaws.com", 600).await.unwrap();
    let identity =
        WebIdentity { region: at.region.clone(), role_arn: role.arn, token, session_name: "contract".to_owned() };
    let passing = [TroubleKind::Denied, TroubleKind::Invalid];
    let session = at.eventually(&passing, async || aws.exchange(&identity).await).await.unwrap();
    at.eventually(&passing, async || aws.list_as(&session, &bucket, "").await).await.unwrap();
    (bucket, session)
}

/// Removes all versions, then the bucket.
async fn clean(at: &Fixture, bucket: &BucketRef) {
    let all = at.world.aws.versions(bucket, "", 1000).await.unwrap();
    at.world.aws.delete_versions(bucket, &all).await.unwrap();
    at.world.aws.delete_bucket(bucket).await.unwrap();
}

pub async fn versions_and_delete_markers_are_listed(at: &Fixture) {
    let (aws, (bucket, session)) = (&at.world.aws, writer(at).await);
    aws.put_setting(&bucket, Setting::Versioning, r#"{"Status":"Enabled"}"#).await.unwrap();
    let first = aws.put_as(&session, &bucket, "a/key", b"1").await.unwrap();
    let second = aws.put_as(&session, &bucket, "a/key", b"2").await.unwrap();
    aws.put_as(&session, &bucket, "b/key", b"3").await.unwrap();
    assert_ne!(first, second);
    aws.delete_as(&session, &bucket, "a/key").await.unwrap();
    assert!(aws.list_as(&session, &bucket, "a/").await.unwrap().is_empty());
    let all = aws.versions(&bucket, "a/", 1000).await.unwrap();
    assert_eq!(all.len(), 3, "{all:?}");
    let markers: Vec<&ObjectVersion> = all.iter().filter(|version| version.marker).collect();
    assert!(markers.len() == 1 && markers.iter().all(|marker| marker.latest));
    assert!([&first, &second].iter().all(|id| all.iter().any(|version| version.version == **id && !version.latest)));
    assert_eq!(aws.versions(&bucket, "a/", 2).await.unwrap().len(), 2);
    let marker: Vec<ObjectVersion> = markers.into_iter().cloned().collect();
    aws.delete_versions(&bucket, &marker).await.unwrap();
    assert_eq!(aws.get_as(&session, &bucket, "a/key").await.unwrap(), b"2", "the object is back");
    clean(at, &bucket).await;
}

pub async fn without_versioning_the_version_is_null(at: &Fixture) {
    let (aws, (bucket, session)) = (&at.world.aws, writer(at).await);
    assert_eq!(aws.put_as(&session, &bucket, "key", b"1").await.unwrap(), "null");
    aws.put_as(&session, &bucket, "key", b"2").await.unwrap();
    let all = aws.versions(&bucket, "", 1000).await.unwrap();
    let null = ObjectVersion { key: "key".to_owned(), version: "null".to_owned(), marker: false, latest: true };
    assert_eq!(all, [null]);
    aws.delete_as(&session, &bucket, "key").await.unwrap();
    assert!(aws.versions(&bucket, "", 1000).await.unwrap().is_empty());
    clean(at, &bucket).await;
}

pub async fn a_bucket_with_versions_is_not_deleted(at: &Fixture) {
    let (aws, (bucket, session)) = (&at.world.aws, writer(at).await);
    aws.put_setting(&bucket, Setting::Versioning, r#"{"Status":"Enabled"}"#).await.unwrap();
    aws.put_as(&session, &bucket, "key", b"1").await.unwrap();
    aws.delete_as(&session, &bucket, "key").await.unwrap();
    let trouble = aws.delete_bucket(&bucket).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Invalid, "BucketNotEmpty"));
    clean(at, &bucket).await;
}

pub async fn the_top_level_has_folders_and_names(at: &Fixture) {
    let (aws, (bucket, session)) = (&at.world.aws, writer(at).await);
    for key in ["p/one/a", "p/one/b", "p/two/a", "p/file", "q"] {
        aws.put_as(&session, &bucket, key, b"x").await.unwrap();
    }
    let mut names = aws.top_level(&bucket, "p/").await.unwrap();
    names.sort();
    assert_eq!(names, ["file", "one/", "two/"]);
    let mut names = aws.top_level(&bucket, "").await.unwrap();
    names.sort();
    assert_eq!(names, ["p/", "q"]);
    clean(at, &bucket).await;
}

pub async fn a_missing_object_is_not_found(at: &Fixture) {
    let (aws, (bucket, session)) = (&at.world.aws, writer(at).await);
    assert_eq!(kind(aws.get_as(&session, &bucket, "none").await), TroubleKind::NotFound);
    aws.delete_as(&session, &bucket, "none").await.unwrap();
    clean(at, &bucket).await;
}

pub async fn an_objects_size_is_known(at: &Fixture) {
    let (aws, (bucket, session)) = (&at.world.aws, writer(at).await);
    for (key, body) in [("a/one", "1"), ("a/two", "22"), ("b", "333")] {
        aws.put_as(&session, &bucket, key, body.as_bytes()).await.unwrap();
    }
    assert_eq!(aws.object(&bucket, "a/two").await.unwrap(), Some(2));
    assert_eq!(aws.object(&bucket, "a/three").await.unwrap(), None);
    let found = aws.keys(&bucket, "a/", 10).await.unwrap();
    assert_eq!(found, [("a/one".to_owned(), 1), ("a/two".to_owned(), 2)]);
    assert_eq!(aws.keys(&bucket, "", 2).await.unwrap().len(), 2);
    aws.delete_as(&session, &bucket, "a/two").await.unwrap();
    assert_eq!(aws.object(&bucket, "a/two").await.unwrap(), None);
    clean(at, &bucket).await;
}

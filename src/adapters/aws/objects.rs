//! The objects of a bucket: what is there, and the versions that a run may delete.

use super::call::{Call, absent};
use super::config::{Clients, incomplete};
use super::error::answered;
use super::retry::Mode;
use crate::ports::{Answer, BucketRef, ObjectVersion};
use aws_sdk_s3::types::{CommonPrefix, Delete, ObjectIdentifier};
use std::collections::HashSet;

/// What one s3:DeleteObjects takes.
const BATCH: usize = 1000;

/// s3:ListObjectVersions under a prefix, at most `limit` of them.
pub(super) async fn versions(
    clients: &Clients,
    bucket: &BucketRef,
    prefix: &str,
    limit: usize,
) -> Answer<Vec<ObjectVersion>> {
    let call = Call::read("s3:ListBucketVersions", &bucket.name);
    let client = clients.s3(&bucket.region, Mode::Read);
    let (mut all, mut known, mut markers) = (Vec::new(), HashSet::new(), HashSet::new());
    let (mut key, mut version): (Option<String>, Option<String>) = (None, None);
    while all.len() < limit {
        let page = client
            .list_object_versions()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .prefix(prefix)
            .set_key_marker(key)
            .set_version_id_marker(version)
            .send()
            .await
            .map_err(|error| call.failed(error))?;
        for found in items(&call, &page)? {
            if known.insert((found.key.clone(), found.version.clone())) {
                all.push(found);
            }
        }
        if page.is_truncated() != Some(true) {
            break;
        }
        key = page.next_key_marker().map(str::to_owned);
        version = page.next_version_id_marker().map(str::to_owned);
        if key.is_none() {
            return Err(call.unreadable("the page says that there are more, without a marker for them"));
        }
        if !markers.insert((key.clone(), version.clone())) {
            return Err(call.unreadable("the list has no end: the same marker came twice"));
        }
    }
    all.truncate(limit);
    Ok(all)
}

fn items(
    call: &Call,
    page: &aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput,
) -> Answer<Vec<ObjectVersion>> {
    let item = |key: Option<&str>, version: Option<&str>, marker, latest: Option<bool>| {
        Ok(ObjectVersion {
            key: call.need("Key", key)?,
            version: call.need("VersionId", version)?,
            marker,
            latest: latest == Some(true),
        })
    };
    let versions = page.versions().iter().map(|found| item(found.key(), found.version_id(), false, found.is_latest()));
    let markers =
        page.delete_markers().iter().map(|found| item(found.key(), found.version_id(), true, found.is_latest()));
    versions.chain(markers).collect()
}

/// The names directly under a prefix, at most 1,000; folders end in `/`.
pub(super) async fn top_level(clients: &Clients, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>> {
    let call = Call::read("s3:ListBucket", &bucket.name);
    let client = clients.s3(&bucket.region, Mode::Read);
    let request = client.list_objects_v2().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
    let said = request.prefix(prefix).delimiter("/").max_keys(1000).send().await;
    let said = said.map_err(|error| call.failed(error))?;
    let keys = said.contents().iter().filter_map(aws_sdk_s3::types::Object::key);
    let folders = said.common_prefixes().iter().filter_map(CommonPrefix::prefix);
    let names = keys.chain(folders).map(|name| name.strip_prefix(prefix).unwrap_or(name).to_owned());
    Ok(names.filter(|name| !name.is_empty()).collect())
}

/// s3:HeadObject: the newest version's size. S3 asks for the permission s3:GetObject.
pub(super) async fn object(clients: &Clients, bucket: &BucketRef, key: &str) -> Answer<Option<u64>> {
    let call = Call::read("s3:GetObject", format!("{}/{key}", bucket.name));
    let client = clients.s3(&bucket.region, call.mode);
    let request = client.head_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
    let said = request.send().await.map_err(|error| call.failed(error));
    Ok(absent(said)?.map(|said| size(said.content_length())))
}

/// A size as S3 gives it; none is 0.
fn size(bytes: Option<i64>) -> u64 {
    bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default()
}

/// s3:ListBucket: the keys under a prefix with their sizes, at most `limit`.
pub(super) async fn keys(
    clients: &Clients,
    bucket: &BucketRef,
    prefix: &str,
    limit: usize,
) -> Answer<Vec<(String, u64)>> {
    let call = Call::read("s3:ListBucket", &bucket.name);
    let client = clients.s3(&bucket.region, Mode::Read);
    let (mut all, mut tokens) = (Vec::new(), HashSet::new());
    let mut token: Option<String> = None;
    while all.len() < limit {
        let request = client.list_objects_v2().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
        let page = request.prefix(prefix).set_continuation_token(token).send().await;
        let page = page.map_err(|error| call.failed(error))?;
        for found in page.contents() {
            all.push((call.need("Key", found.key())?, size(found.size())));
        }
        token = page.next_continuation_token().filter(|_| page.is_truncated() == Some(true)).map(str::to_owned);
        match &token {
            None => break,
            Some(next) if !tokens.insert(next.clone()) => {
                return Err(call.unreadable("the list has no end: the same page token came twice"));
            }
            Some(_) => {}
        }
    }
    all.truncate(limit);
    Ok(all)
}

/// s3:DeleteObjects with version ids.
pub(super) async fn delete_versions(clients: &Clients, bucket: &BucketRef, all: &[ObjectVersion]) -> Answer<()> {
    let call = Call::put("s3:DeleteObjectVersion", &bucket.name);
    let client = clients.s3(&bucket.region, call.mode);
    for batch in all.chunks(BATCH) {
        let mut delete = Delete::builder().quiet(true);
        for item in batch {
            let item = ObjectIdentifier::builder().key(&item.key).version_id(&item.version).build();
            delete = delete.objects(item.map_err(|error| incomplete(&error))?);
        }
        let delete = delete.build().map_err(|error| incomplete(&error))?;
        let request = client.delete_objects().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
        let said = request.delete(delete).send().await.map_err(|error| call.failed(error))?;
        let failed = said.errors().iter().find(|error| !matches!(error.code(), Some("NoSuchKey" | "NoSuchVersion")));
        if let Some(error) = failed {
            let on = Call::put(call.name, format!("{}/{}", bucket.name, error.key().unwrap_or_default()));
            let trouble = answered(&on, 400, error.code().unwrap_or_default(), error.message().unwrap_or_default());
            return Err(trouble.at(on.name, on.resource));
        }
    }
    Ok(())
}

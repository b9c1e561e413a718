//! S3 as a service account's session: the calls that a backup tool makes.

use super::call::Call;
use super::config::Clients;
use crate::ports::{Answer, BucketRef, Session};
use aws_sdk_s3::primitives::ByteStream;

fn on(bucket: &BucketRef, key: &str) -> String {
    format!("{}/{key}", bucket.name)
}

/// s3:ListBucket: the keys under a prefix, at most 1,000.
pub(super) async fn list(clients: &Clients, who: &Session, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>> {
    let call = Call::read("s3:ListBucket", &bucket.name);
    let client = clients.s3_as(who, &bucket.region, call.mode);
    let request = client.list_objects_v2().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
    let said = request.prefix(prefix).max_keys(1000).send().await.map_err(|error| call.failed(error))?;
    Ok(said.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
}

/// s3:PutObject; the version's id, `null` without versioning.
pub(super) async fn put(
    clients: &Clients,
    who: &Session,
    bucket: &BucketRef,
    key: &str,
    body: &[u8],
) -> Answer<String> {
    let call = Call::put("s3:PutObject", on(bucket, key));
    let client = clients.s3_as(who, &bucket.region, call.mode);
    let request = client.put_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
    let said = request.body(ByteStream::from(body.to_vec())).send().await.map_err(|error| call.failed(error))?;
    Ok(said.version_id().unwrap_or("null").to_owned())
}

/// s3:GetObject.
pub(super) async fn get(clients: &Clients, who: &Session, bucket: &BucketRef, key: &str) -> Answer<Vec<u8>> {
    let call = Call::read("s3:GetObject", on(bucket, key));
    let client = clients.s3_as(who, &bucket.region, call.mode);
    let request = client.get_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
    let said = request.send().await.map_err(|error| call.failed(error))?;
    let body = said.body.collect().await.map_err(|error| call.unreadable(error.to_string()))?;
    Ok(body.into_bytes().to_vec())
}

/// s3:DeleteObject; `Ok` when it was not there, as in S3 itself.
pub(super) async fn delete(clients: &Clients, who: &Session, bucket: &BucketRef, key: &str) -> Answer<()> {
    let call = Call::put("s3:DeleteObject", on(bucket, key));
    let client = clients.s3_as(who, &bucket.region, call.mode);
    let request = client.delete_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

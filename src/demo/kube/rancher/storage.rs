//! Where a backup goes: the S3 details of the CR or of the operator's default location, and the calls there.

use super::{Operator, identity};
use crate::demo::aws::{self, Principal};
use crate::demo::state::{Account, Cluster};
use crate::domain::MINIO_REGIONS;
use crate::ports::{BucketRef, Object, Setting, Trouble, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The variable that names the Secret of the default location.
pub(super) const DEFAULT: &str = "DEFAULT_S3_BACKUP_STORAGE_LOCATION";

/// The details of an S3 location.
#[derive(Debug, Clone, Default)]
pub(super) struct Storage {
    bucket: String,
    region: String,
    endpoint: String,
    /// As it is given: retention and restore do not trim it (F15).
    pub folder: String,
    /// A static Secret; empty: what the pod was given.
    pub secret: String,
    pub secret_namespace: String,
}

/// What a backup is stored in.
pub(super) enum Place {
    /// S3, and these details.
    S3(Box<Storage>),
    /// `storageLocation: {}`: nothing is stored, and nobody is told (F21).
    Nowhere,
}

/// The place of a backup: its own, or the operator's.
pub(super) fn of(operator: &Operator, backup: &Object) -> Result<Place, String> {
    let own = &backup["spec"]["storageLocation"];
    if own.is_object() {
        let s3 = &own["s3"];
        let text = |field: &str| s3[field].as_str().unwrap_or_default().to_owned();
        return Ok(if s3.is_object() { Place::S3(Box::new(details(text))) } else { Place::Nowhere });
    }
    if operator.location.is_null() {
        let name = super::meta(backup, "name");
        return Err(format!(
            "backup {name} needs to specify S3 details, or configure storage location at the operator level"
        ));
    }
    let text = |field: &str| {
        let bytes = STANDARD.decode(operator.location[field].as_str().unwrap_or_default()).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    };
    Ok(Place::S3(Box::new(details(text))))
}

fn details(text: impl Fn(&str) -> String) -> Storage {
    Storage {
        bucket: text("bucketName"),
        region: text("region"),
        endpoint: text("endpoint"),
        folder: text("folder"),
        secret: text("credentialSecretName"),
        secret_namespace: text("credentialSecretNamespace"),
    }
}

/// A client of the bucket, which exists and answers.
pub(super) struct Client {
    pub who: Principal,
    pub bucket: BucketRef,
}

/// Makes a client: credentials, then one HEAD of the bucket (s3:ListBucket, without a prefix).
pub(super) fn client(
    cluster: &Cluster,
    account: &mut Account,
    operator: &Operator,
    storage: &Storage,
) -> Result<Client, String> {
    let said = |why: String| format!("failed to check if s3 bucket [{}] exists, error: {why}", storage.bucket);
    if storage.endpoint.contains("://") {
        return Err("failed to set s3 server: Endpoint url cannot have fully qualified paths.".to_owned());
    }
    let absent = || format!("s3 bucket [{}] not found", storage.bucket);
    if storage.endpoint.starts_with(&format!("{}.", storage.bucket)) {
        return Err(absent());
    }
    let who = identity::of(cluster, account, operator, storage).map_err(said)?;
    let own = account.buckets.get(&storage.bucket).map(|bucket| bucket.region.clone()).unwrap_or_default();
    let region = match storage.region.as_str() {
        "" => own,
        known if MINIO_REGIONS.contains(&known) => known.to_owned(),
        _ => "us-east-1".to_owned(),
    };
    let bucket = BucketRef { name: storage.bucket.clone(), region, account: account.id.clone() };
    match aws::head_as(account, &who, &bucket) {
        Ok(()) => Ok(Client { who, bucket }),
        Err(trouble) if trouble.kind == TroubleKind::NotFound => Err(absent()),
        Err(trouble) => Err(said(identity::head(&trouble))),
    }
}

/// One PUT; a bucket that locks by default wants a header that is not sent (F20).
pub(super) fn put(account: &mut Account, client: &Client, key: &str, body: &[u8]) -> Result<(), String> {
    let said = |why: &str| format!("failed to upload backup file [{key}], error: {why}");
    if locks(account, &client.bucket) {
        return Err(said(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
        ));
    }
    aws::put_as(account, &client.who, &client.bucket, key, body).map(|_| ()).map_err(|trouble| said(&words(&trouble)))
}

fn locks(account: &Account, bucket: &BucketRef) -> bool {
    let settings = account.buckets.get(&bucket.name).map(|bucket| &bucket.settings);
    let text = settings.and_then(|all| all.get(&format!("{:?}", Setting::ObjectLock)));
    let document: Value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    document["Rule"]["DefaultRetention"].is_object()
}

/// An answer with a body: S3's own sentence.
pub(super) fn words(trouble: &Trouble) -> String {
    trouble.why.to_string()
}

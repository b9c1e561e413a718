//! Where a backup goes: a `SharedBackupConfig`, read as the object store's library reads it.

use super::identity;
use crate::demo::aws::{self, Principal};
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{BucketRef, Kind, Object, Trouble};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The keys of the S3 client's configuration; any other is refused, as it parses strictly (upbound.md 2).
const CONFIG: [&str; 18] = [
    "access_key",
    "aws_sdk_auth",
    "bucket",
    "bucket_lookup_type",
    "dualstack",
    "endpoint",
    "http_config",
    "insecure",
    "list_objects_version",
    "part_size",
    "put_user_metadata",
    "region",
    "secret_key",
    "send_content_md5",
    "session_token",
    "signature_version2",
    "sse_config",
    "sts_endpoint",
];

/// A store, ready to be used.
pub(super) struct Storage {
    pub who: Principal,
    pub bucket: BucketRef,
    /// Of one control plane's backups: `PREFIX/GROUP/NAME/`.
    pub folder: String,
}

/// The store of a backup, as the controller's pod reaches it; or why it does not.
pub(super) fn open(cluster: &Cluster, account: &mut Account, pod: &Object, backup: &Object) -> Result<Storage, String> {
    let group = meta(backup, "namespace");
    let name = backup["spec"]["configRef"]["name"].as_str().unwrap_or_default();
    let config = cluster.store.get(Kind::SharedBackupConfig, group, name);
    let config =
        config.ok_or_else(|| format!("cannot get SharedBackupConfig: sharedbackupconfigs \"{name}\" not found"))?;
    let spec = config["spec"]["objectStorage"].clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    check(&spec)?;
    let bucket = text(&spec["bucket"]);
    let own = account.buckets.get(&bucket).map(|found| found.region.clone()).unwrap_or_default();
    let region = spec["config"]["region"].as_str().map_or(own, ToOwned::to_owned);
    let prefix = text(&spec["prefix"]).trim_matches('/').to_owned();
    let plane = text(&backup["spec"]["controlPlane"]);
    let folder = [prefix.as_str(), group, &plane].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let who = match spec["credentials"]["source"].as_str() {
        Some("Secret") => by_key(cluster, account, group, &spec["credentials"]["secretRef"])?,
        _ => identity::of(cluster, account, pod)?,
    };
    let bucket = BucketRef { name: bucket, region, account: account.id.clone() };
    Ok(Storage { who, bucket, folder: format!("{}/", folder.join("/")) })
}

/// What the library refuses before any call (upbound.md 7, row 12).
fn check(spec: &Value) -> Result<(), String> {
    let config = &spec["config"];
    for key in config.as_object().into_iter().flat_map(|map| map.keys()) {
        if !CONFIG.contains(&key.as_str()) {
            return Err(format!(
                "parsing s3 configuration: yaml: unmarshal errors: field {key} not found in type s3.Config"
            ));
        }
    }
    match config["endpoint"].as_str().unwrap_or_default() {
        "" => Err("no s3 endpoint in config file".to_owned()),
        url if url.contains("://") => {
            Err(format!("initialize s3 client: Endpoint: {url} does not follow ip address or domain name standards."))
        }
        _ if config["aws_sdk_auth"] == true && config["access_key"].is_string() => {
            Err("aws_sdk_auth and access_key are mutually exclusive configurations".to_owned())
        }
        _ => Ok(()),
    }
}

/// The owner of the access key in a Secret of the group.
fn by_key(cluster: &Cluster, account: &Account, group: &str, reference: &Value) -> Result<Principal, String> {
    let name = reference["name"].as_str().unwrap_or_default();
    let key = reference["key"].as_str().unwrap_or("credentials");
    let secret = cluster.store.get(Kind::Secret, group, name).ok_or_else(|| format!("secrets \"{name}\" not found"))?;
    let text = secret["data"][key].as_str().and_then(|data| STANDARD.decode(data).ok());
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("aws_access_key_id"));
    let id = line.and_then(|rest| rest.trim_start().strip_prefix('=')).unwrap_or_default().trim();
    aws::principal(account, "s3:ListBucket", id).map_err(|trouble| said(&trouble))
}

/// An error of S3, with its code: what the pages name (upbound.md 7) and what says which link it is.
pub(super) fn said(trouble: &Trouble) -> String {
    format!("{}: {}", trouble.code, trouble.why)
}

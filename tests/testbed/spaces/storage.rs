//! The bucket of a `SharedBackupConfig`, as objstore reads its `config`.

use kube::Client;
use serde_json::Value;

use super::super::minio::{Bucket, Environment, Keys, Place, chain};
use super::super::stand_in::{objects, said, secret};
use super::GROUP;

/// The keys that objstore's strict reader knows.
const KNOWN: [&str; 22] = [
    "bucket",
    "provider",
    "endpoint",
    "region",
    "disable_dualstack",
    "aws_sdk_auth",
    "access_key",
    "insecure",
    "signature_version2",
    "secret_key",
    "session_token",
    "put_user_metadata",
    "http_config",
    "trace",
    "list_objects_version",
    "bucket_lookup_type",
    "send_content_md5",
    "disable_multipart",
    "part_size",
    "sse_config",
    "sts_endpoint",
    "max_retries",
];

/// A bucket, and the folder of one control plane in it.
pub struct Store {
    pub bucket: Bucket,
    pub folder: String,
}

impl Store {
    /// What a Backup's `configRef` leads to, with the credentials of the pod or of a Secret.
    pub async fn open(
        kube: &Client,
        environment: &Environment,
        group: &str,
        plane: &str,
        reference: &Value,
    ) -> Result<Self, String> {
        let configs = objects(kube, GROUP, "v1beta1", "SharedBackupConfig", group);
        let config = configs.get(reference["name"].as_str().unwrap_or_default()).await;
        let config = config.map_err(|problem| said(&problem))?;
        let storage = &config.data["spec"]["objectStorage"];
        if storage["provider"] != "AWS" {
            return Err(format!("the test-bed has no {}", storage["provider"]));
        }
        let detail = &storage["config"];
        for key in detail.as_object().into_iter().flat_map(|all| all.keys()) {
            if !KNOWN.contains(&key.as_str()) {
                return Err(format!("yaml: unmarshal errors:\n  line 1: field {key} not found in type s3.Config"));
            }
        }
        let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
        if text("endpoint").is_empty() {
            return Err("no s3 endpoint in config file".to_owned());
        }
        let at = Place {
            bucket: storage["bucket"].as_str().unwrap_or_default().to_owned(),
            endpoint: text("endpoint"),
            region: text("region"),
        };
        let credentials = &storage["credentials"];
        let keys = match credentials["source"].as_str() {
            Some("InjectedIdentity") => chain(environment).await?,
            _ => fixed(kube, group, &credentials["secretRef"]).await?,
        };
        let bucket = Bucket::new(environment, keys, &at, "thanos-s3").await?;
        let prefix = storage["prefix"].as_str().unwrap_or_default().trim_matches('/');
        let folder = [prefix, group, plane].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("/");
        Ok(Self { bucket, folder })
    }
}

/// The keys of a Secret in the form of AWS's credentials file.
async fn fixed(kube: &Client, group: &str, reference: &Value) -> Result<Keys, String> {
    let found = secret(kube, group, reference["name"].as_str().unwrap_or_default()).await?;
    let key = reference["key"].as_str().unwrap_or("credentials");
    let file = found[key].as_str().ok_or(format!("key {key:?} is not in the secret"))?;
    let word = |name: &str| {
        let mut pairs = file.lines().filter_map(|line| line.split_once('='));
        let found = pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned());
        found.ok_or(format!("{name} is not in the credentials"))
    };
    Ok(Keys { access: word("aws_access_key_id")?, secret: word("aws_secret_access_key")?, token: None })
}

//! Where backups go: details, credentials, and the operator's calls.

use hyper::body::Bytes;
use serde_json::Value;

use super::super::minio::{Bucket, Keys, Place, chain};
use super::super::stand_in::{StandIn, secret};

/// The S3 details of a Backup, or of the operator's Secret.
#[derive(Clone, Debug)]
pub struct Store {
    place: Place,
    folder: String,
    credentials: Option<(String, String)>,
}

impl Store {
    /// From the fields that both have.
    pub fn new(details: &Value) -> Self {
        let text = |name: &str| details[name].as_str().unwrap_or_default().to_owned();
        let name = text("credentialSecretName");
        Self {
            place: Place { bucket: text("bucketName"), endpoint: text("endpoint"), region: text("region") },
            folder: text("folder"),
            credentials: (!name.is_empty()).then(|| (text("credentialSecretNamespace"), name)),
        }
    }

    /// A new client, and a look whether the bucket is there: the operator does both before every step.
    async fn client(&self, pod: &StandIn) -> Result<Bucket, String> {
        let bucket = &self.place.bucket;
        let found = |problem: String| format!("failed to check if s3 bucket [{bucket}] exists, error: {problem}");
        let keys = if let Some((namespace, name)) = &self.credentials {
            fixed(pod, namespace, name).await?
        } else {
            pod.log.line("level=info msg=\"invoking set s3 service client use IAM role\"");
            chain(&pod.environment).await.map_err(found)?
        };
        let agent = "rancher backup-restore-operator/v11.0.0";
        let client = Bucket::new(&pod.environment, keys, &self.place, agent).await;
        let client = client.map_err(|problem| format!("failed to set s3 server: {problem}"))?;
        match client.exists().await {
            Ok(true) => Ok(client),
            Ok(false) => Err(format!("s3 bucket [{bucket}] not found")),
            Err(problem) => Err(found(problem)),
        }
    }

    /// Uploads the file; a leading `/` of the folder is left out.
    pub async fn put(&self, pod: &StandIn, file: &str, body: Bytes) -> Result<(), String> {
        let client = self.client(pod).await?;
        let folder = self.folder.trim_matches('/');
        let key = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        let put = client.put(&key, body).await;
        put.map_err(|problem| format!("failed to upload backup file [{key}], error: {problem}"))
    }

    /// Deletes the oldest files whose names hold the mark, but for the newest `kept`.
    pub async fn retain(&self, pod: &StandIn, mark: &str, kept: usize) -> Result<(), String> {
        let client = self.client(pod).await?;
        let delimiter = if self.folder.is_empty() { "/" } else { "" };
        let mut files = client.list(&self.folder, delimiter).await?;
        files.retain(|(key, _)| key.contains(mark));
        files.sort_by(|(one, first), (two, second)| (second, two).cmp(&(first, one)));
        for (key, _) in files.iter().skip(kept) {
            client.delete(key).await?;
        }
        Ok(())
    }
}

/// The keys of a Secret.
async fn fixed(pod: &StandIn, namespace: &str, name: &str) -> Result<Keys, String> {
    let found = secret(&pod.kube, namespace, name).await?;
    let missing: Vec<&str> = ["accessKey", "secretKey"].into_iter().filter(|key| found[*key].is_null()).collect();
    if !missing.is_empty() {
        return Err(format!(
            "malformed secret [{name}] in namespace [{namespace}], the following keys were not found in the data field: [{}]",
            missing.join(",")
        ));
    }
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    Ok(Keys { access: text("accessKey"), secret: text("secretKey"), token: None })
}

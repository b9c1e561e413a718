//! One try of a backup: what is gathered, encrypted, uploaded, and what is then too old.

use super::storage::{self, Place};
use super::{Operator, contents, retention};
use crate::demo::clock::stamp;
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object};

/// What a try ends with.
pub(super) struct Done {
    /// The file's name, without the folder.
    pub filename: String,
    /// `S3`, or nothing when it was stored nowhere.
    pub location: &'static str,
}

pub(super) fn run(
    cluster: &Cluster,
    account: &mut Account,
    operator: &Operator,
    backup: &Object,
) -> Result<Done, String> {
    let spec = &backup["spec"];
    let set = spec["resourceSetName"].as_str().unwrap_or_default();
    let set = cluster
        .store
        .get(Kind::ResourceSet, "", set)
        .ok_or_else(|| format!("resourcesets.resources.cattle.io \"{set}\" not found"))?;
    let encrypted = encryption(cluster, operator, spec["encryptionConfigSecretName"].as_str().unwrap_or_default())?;
    let body = serde_json::to_vec(&contents::of(cluster, set)).unwrap_or_default();
    let start = format!("{}-{}-", meta(backup, "name"), cluster_id(cluster));
    let tail = if encrypted { ".tar.gz.enc" } else { ".tar.gz" };
    let filename = format!("{start}{}{tail}", stamp(cluster.now).replace(':', "-"));
    let storage = match storage::of(operator, backup)? {
        Place::S3(storage) => storage,
        Place::Nowhere => return Ok(Done { filename, location: "" }),
    };
    let client = storage::client(cluster, account, operator, &storage)?;
    // The upload trims the folder's slash, what follows it does not (F15).
    let folder = storage.folder.trim_start_matches('/');
    let key = if folder.is_empty() { filename.clone() } else { format!("{}/{filename}", folder.trim_end_matches('/')) };
    storage::put(account, &client, &key, &body)?;
    if spec["schedule"].as_str().is_some_and(|cron| !cron.is_empty()) {
        let client = storage::client(cluster, account, operator, &storage)?;
        let keep = spec["retentionCount"].as_u64().unwrap_or(10);
        retention::run(account, &client, &storage.folder, &start, keep)?;
    }
    Ok(Done { filename, location: "S3" })
}

/// The uid of the namespace kube-system, by which files tell clusters apart.
fn cluster_id(cluster: &Cluster) -> String {
    cluster.store.get(Kind::Namespace, "", "kube-system").map_or("", |found| meta(found, "uid")).to_owned()
}

/// Whether the file is encrypted: with the Secret that is named, in the operator's own namespace.
fn encryption(cluster: &Cluster, operator: &Operator, name: &str) -> Result<bool, String> {
    if name.is_empty() {
        return Ok(false);
    }
    let secret = cluster.store.get(Kind::Secret, &operator.namespace, name);
    let secret = secret.ok_or_else(|| format!("secrets \"{name}\" not found"))?;
    if secret["data"]["encryption-provider-config.yaml"].is_string() {
        return Ok(true);
    }
    Err("no encryptionConfig provided".to_owned())
}

//! Storage locations: validated at once, on a change of their spec, and every minute.

use super::errors::{RPC, credentials, s3};
use super::{Server, identity, set_status};
use crate::demo::aws::{self, Principal};
use crate::demo::clock::stamp;
use crate::demo::kube::duration::seconds;
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{BucketRef, Kind, Object};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// What Velero's own folders are called.
const FOLDERS: [&str; 6] = ["backups/", "restores/", "restic/", "metadata/", "plugins/", "kopia/"];

/// The keys that the plugin knows (velero.md 2), and those that it takes without a word.
const CONFIG: [&str; 15] = [
    "region",
    "s3Url",
    "publicUrl",
    "kmsKeyId",
    "customerKeyEncryptionFile",
    "customerKeyEncryptionSecret",
    "s3ForcePathStyle",
    "signatureVersion",
    "credentialsFile",
    "profile",
    "serverSideEncryption",
    "insecureSkipTLSVerify",
    "enableSharedConfig",
    "tagging",
    "checksumAlgorithm",
];
const SILENT: [&str; 3] = ["bucket", "prefix", "caCert"];

/// A location, ready to be used.
pub(super) struct Location {
    pub name: String,
    pub bucket: BucketRef,
    /// Empty, or ends in `/`.
    pub prefix: String,
    pub read_only: bool,
    pub available: bool,
    /// The keys of its config.
    config: Vec<String>,
}

/// A location by name; an empty name is the default one.
pub(super) fn find(cluster: &Cluster, account: &Account, namespace: &str, name: &str) -> Option<Location> {
    let wanted = |o: &&Object| if name.is_empty() { o["spec"]["default"] == true } else { meta(o, "name") == name };
    let object = cluster.store.list(Kind::BackupStorageLocation, namespace).find(wanted)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let spec = &object["spec"];
    let bucket = text(&spec["objectStorage"]["bucket"]);
    let prefix = text(&spec["objectStorage"]["prefix"]).trim_matches('/').to_owned();
    let own = account.buckets.get(&bucket).map(|b| b.region.clone()).unwrap_or_default();
    let region = spec["config"]["region"].as_str().map_or(own, ToOwned::to_owned);
    Some(Location {
        name: meta(object, "name").to_owned(),
        bucket: BucketRef { name: bucket, region, account: account.id.clone() },
        prefix: if prefix.is_empty() { prefix } else { format!("{prefix}/") },
        read_only: spec["accessMode"] == "ReadOnly",
        available: object["status"]["phase"] == "Available",
        config: spec["config"].as_object().into_iter().flat_map(|map| map.keys().cloned()).collect(),
    })
}

impl Location {
    /// Whether its uploads carry tags.
    pub fn is_tagged(&self) -> bool {
        self.config.iter().any(|key| key == "tagging")
    }
}

pub(super) fn run(cluster: &mut Cluster, account: &mut Account, server: &Server) {
    for (namespace, name) in cluster.store.names(Kind::BackupStorageLocation, &server.namespace) {
        let Some(object) = cluster.store.get(Kind::BackupStorageLocation, &namespace, &name) else { continue };
        let uid = meta(object, "uid").to_owned();
        let generation = object["metadata"]["generation"].as_i64().unwrap_or(1);
        let fresh = cluster.seen.get(&uid) != Some(&generation);
        if !fresh && !is_due(object, cluster.now) {
            continue;
        }
        if fresh && !cluster.due(&format!("validate {uid}"), SignedDuration::from_millis(800)) {
            continue;
        }
        cluster.seen.insert(uid, generation);
        let outcome = validate(cluster, account, server, &name);
        let (phase, message) = match &outcome {
            Ok(_) => ("Available", String::new()),
            Err(why) => ("Unavailable", format!("BackupStorageLocation \"{name}\" is unavailable: {why}")),
        };
        let status = json!({"phase": phase, "message": message, "lastValidationTime": stamp(cluster.now)});
        set_status(cluster, Kind::BackupStorageLocation, &namespace, &name, &status);
        if let Ok(who) = outcome {
            super::backup::sync(cluster, account, server, &name, &who);
            let status = json!({"lastSyncedTime": stamp(cluster.now)});
            set_status(cluster, Kind::BackupStorageLocation, &namespace, &name, &status);
        }
    }
}

/// Whether the time since the last validation is over.
pub(super) fn is_due(object: &Object, now: Timestamp) -> bool {
    let every = object["spec"]["validationFrequency"].as_str().map_or(60, seconds);
    let last = object["status"]["lastValidationTime"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    every > 0 && last.is_none_or(|last| now.duration_since(last) >= SignedDuration::from_secs(every))
}

/// One validation: credentials, then exactly one list call.
fn validate(cluster: &Cluster, account: &mut Account, server: &Server, name: &str) -> Result<Principal, String> {
    const CALL: &str = "ListObjectsV2";
    if !server.has_plugin() {
        return Err("unable to locate ObjectStore plugin named velero.io/aws".to_owned());
    }
    let location = find(cluster, account, &server.namespace, name).ok_or("not found")?;
    if location.bucket.name.contains('/') {
        let text = "backup storage location's bucket name";
        return Err(format!("{text} \"{}\" must not contain a '/'", location.bucket.name));
    }
    let unknown: Vec<&str> = location
        .config
        .iter()
        .map(String::as_str)
        .filter(|key| !CONFIG.contains(key) && !SILENT.contains(key))
        .collect();
    if !unknown.is_empty() {
        let (have, valid) = (unknown.join(","), CONFIG.join(","));
        return Err(format!("{RPC}config has invalid keys [{have}]; valid keys are [{valid}]"));
    }
    if identity::is_too_old(server) {
        let text = "could not load config: invalid endpoint host, \"169.254.170.23\", only loopback hosts are allowed";
        return Err(format!("{RPC}{text}"));
    }
    let who = identity::of(cluster, account, server).map_err(|why| credentials(CALL, &why))?;
    let folders = aws::folders_as(account, &who, &location.bucket, &location.prefix).map_err(|t| s3(CALL, &t))?;
    let strange: Vec<&str> = folders
        .iter()
        .filter(|folder| folder.ends_with('/') && !FOLDERS.contains(&folder.as_str()))
        .map(|folder| folder.trim_end_matches('/'))
        .collect();
    match strange.len() {
        0 => Ok(who),
        1..=3 => Err(format!("Backup store contains invalid top-level directories: [{}]", strange.join(" "))),
        n => {
            let some: Vec<&str> = strange.iter().take(3).copied().collect();
            Err(format!("Backup store contains {n} invalid top-level directories: [{} ...]", some.join(" ")))
        }
    }
}

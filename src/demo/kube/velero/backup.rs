//! Backups: validated, made in 1.6 s, written to the bucket; those of other clusters are found there.

use super::errors::{RPC, credentials, response};
use super::location::{self, Location};
use super::{Server, identity, phase, set_status, volumes};
use crate::demo::aws::{self, Principal};
use crate::demo::clock::{later, stamp};
use crate::demo::kube::duration::seconds;
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object, Trouble};
use jiff::SignedDuration;
use serde_json::{Value, json};

const TAKES: SignedDuration = SignedDuration::from_millis(1600);
/// Where the demo keeps what a backup's log says of errors.
pub(super) const ERRORS: &str = "demo/errors";
/// What a backup of API objects holds.
const KINDS: [Kind; 7] = [
    Kind::ConfigMap,
    Kind::Secret,
    Kind::ServiceAccount,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::Deployment,
    Kind::DaemonSet,
];

pub(super) fn run(cluster: &mut Cluster, account: &mut Account, server: &Server) {
    for (namespace, name) in cluster.store.names(Kind::Backup, &server.namespace) {
        let Some(backup) = cluster.store.get(Kind::Backup, &namespace, &name).cloned() else { continue };
        match phase(&backup) {
            "New" => begin(cluster, account, &backup),
            "InProgress" if cluster.due(&format!("backup {}", meta(&backup, "uid")), TAKES) => {
                finish(cluster, account, server, &backup);
            }
            _ => {}
        }
    }
}

fn begin(cluster: &mut Cluster, account: &Account, backup: &Object) {
    let (namespace, name) = (meta(backup, "namespace"), meta(backup, "name"));
    let wanted = backup["spec"]["storageLocation"].as_str().unwrap_or_default();
    let found = location::find(cluster, account, namespace, wanted);
    let problem = match &found {
        None if wanted.is_empty() => Some(
            "an existing backup storage location was not specified at backup creation time and the server default \
             default does not exist. Please address this issue (see `velero backup-location -h` for options) and \
             create a new backup"
                .to_owned(),
        ),
        None => Some(format!("BackupStorageLocation.velero.io \"{wanted}\" not found")),
        Some(at) if at.read_only => Some(format!(
            "backup can't be created because backup storage location {} is currently in read-only mode",
            at.name
        )),
        Some(at) if !at.available => {
            Some(format!("backup can't be created because BackupStorageLocation {} is in Unavailable status.", at.name))
        }
        Some(_) => None,
    };
    let ttl = backup["spec"]["ttl"].as_str().unwrap_or("720h0m0s").to_owned();
    let expires = later(cluster.now, SignedDuration::from_secs(seconds(&ttl)));
    let mut status = json!({"version": 1, "formatVersion": "1.1.0", "expiration": stamp(expires)});
    if let Some(problem) = problem {
        status["phase"] = json!("FailedValidation");
        status["validationErrors"] = json!([problem]);
    } else {
        status["phase"] = json!("InProgress");
        status["startTimestamp"] = json!(stamp(cluster.now));
        cluster.due(&format!("backup {}", meta(backup, "uid")), TAKES);
    }
    let location = found.map(|at| at.name);
    cluster.store.update(Kind::Backup, namespace, name, |object| {
        object["spec"]["ttl"] = json!(ttl);
        if let Some(location) = location {
            object["spec"]["storageLocation"] = json!(location);
            object["metadata"]["labels"]["velero.io/storage-location"] = json!(location);
        }
    });
    set_status(cluster, Kind::Backup, namespace, name, &status);
}

fn finish(cluster: &mut Cluster, account: &mut Account, server: &Server, backup: &Object) {
    let (namespace, name) = (meta(backup, "namespace").to_owned(), meta(backup, "name").to_owned());
    let items = contents(cluster, &backup["spec"]);
    let count = items.len();
    let mut status = json!({"phase": "Completed", "completionTimestamp": stamp(cluster.now),
        "progress": {"itemsBackedUp": count, "totalItems": count}, "hookStatus": {}});
    let wanted = backup["spec"]["storageLocation"].as_str().unwrap_or_default();
    let at = location::find(cluster, account, &namespace, wanted);
    let volumes = at.map(|at| volumes::back_up(cluster, account, server, backup, &at)).unwrap_or_default();
    super::super::owners::merge_patch(&mut status, &volumes.status());
    if !volumes.errors.is_empty() {
        status["phase"] = json!("PartiallyFailed");
        status["errors"] = json!(volumes.errors.len());
        let told = json!(volumes.errors.join("\n"));
        cluster.store.update(Kind::Backup, &namespace, &name, |object| {
            object["metadata"]["annotations"][ERRORS] = told;
        });
    }
    if let Err(why) = upload(cluster, account, server, backup, &status, &items, &volumes.covered) {
        status["phase"] = json!("Failed");
        status["failureReason"] = json!(why);
        status["errors"] = json!(1);
    }
    set_status(cluster, Kind::Backup, &namespace, &name, &status);
}

/// Writes the ten objects of a backup.
fn upload(
    cluster: &Cluster,
    account: &mut Account,
    server: &Server,
    backup: &Object,
    status: &Value,
    items: &[Object],
    covered: &[volumes::Covered],
) -> Result<(), String> {
    let (namespace, name) = (meta(backup, "namespace"), meta(backup, "name"));
    let at =
        location::find(cluster, account, namespace, backup["spec"]["storageLocation"].as_str().unwrap_or_default())
            .ok_or("backup storage location not found")?;
    let who = identity::of(cluster, account, server).map_err(|why| credentials("PutObject", &why))?;
    let mut whole = backup.clone();
    super::super::owners::merge_patch(&mut whole["status"], status);
    let text = |value: &Value| serde_json::to_vec(value).unwrap_or_default();
    // The metadata is the hard stop; logs are best effort and are written first.
    let logs = format!("{name}-logs.gz");
    let _ = put(account, &who, &at, &format!("backups/{name}/{logs}"), b"demo");
    put(account, &who, &at, &format!("backups/{name}/velero-backup.json"), &text(&whole))?;
    put(account, &who, &at, &format!("backups/{name}/{name}.tar.gz"), &text(&json!(items)))?;
    for part in [
        "podvolumebackups.json",
        "volumesnapshots.json",
        "csi-volumesnapshots.json",
        "itemoperations.json",
        "resource-list.json",
        "results",
    ] {
        put(account, &who, &at, &format!("backups/{name}/{name}-{part}.gz"), b"demo")?;
    }
    put(account, &who, &at, &format!("backups/{name}/{name}-volumeinfo.json.gz"), &text(&json!(covered)))
}

/// Puts one object under the location's prefix, with its tags; the error in Velero's words.
pub(super) fn put(account: &mut Account, who: &Principal, at: &Location, key: &str, body: &[u8]) -> Result<(), String> {
    if at.is_tagged() {
        let key = format!("{}{key}", at.prefix);
        aws::tag_as(account, who, &at.bucket, &key).map_err(|trouble| not_put(&key, &trouble))?;
    }
    put_plain(account, who, at, key, body)
}

fn not_put(key: &str, trouble: &Trouble) -> String {
    format!("{RPC}error putting object {key}: operation error S3: PutObject, {}", response(trouble))
}

/// Puts one object as kopia does, which knows nothing of the location's tags.
pub(super) fn put_plain(
    account: &mut Account,
    who: &Principal,
    at: &Location,
    key: &str,
    body: &[u8],
) -> Result<(), String> {
    let key = format!("{}{key}", at.prefix);
    aws::put_as(account, who, &at.bucket, &key, body).map(|_| ()).map_err(|trouble| not_put(&key, &trouble))
}

/// The objects that a backup's spec asks for.
fn contents(cluster: &Cluster, spec: &Value) -> Vec<Object> {
    let strings = |field: &str| -> Vec<String> {
        let all = spec[field].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    };
    let (namespaces, without) = (strings("includedNamespaces"), strings("excludedNamespaces"));
    let (resources, no_resources) = (strings("includedResources"), strings("excludedResources"));
    let names = |list: &[String], name: &str| list.iter().any(|one| one == "*" || one == name);
    let wanted_namespace = |name: &str| (namespaces.is_empty() || names(&namespaces, name)) && !names(&without, name);
    let labels = spec["labelSelector"]["matchLabels"].as_object();
    let labelled = |object: &Object| {
        labels.is_none_or(|labels| labels.iter().all(|(key, value)| object["metadata"]["labels"][key] == *value))
    };
    let mut out = Vec::new();
    for object in cluster.store.list(Kind::Namespace, "").filter(|o| wanted_namespace(meta(o, "name"))) {
        out.push(object.clone());
    }
    for kind in KINDS {
        let (group, _, _, plural, _) = kind.address();
        let full = format!("{plural}.{group}");
        let lists = |list: &[String]| names(list, plural) || names(list, &full);
        if !resources.is_empty() && !lists(&resources) || lists(&no_resources) {
            continue;
        }
        let all = cluster.store.list(kind, "").filter(|o| wanted_namespace(meta(o, "namespace")) && labelled(o));
        out.extend(all.cloned());
    }
    out
}

/// Makes Backups of what other clusters wrote under the same prefix, and forgets those that are gone.
pub(super) fn sync(cluster: &mut Cluster, account: &mut Account, server: &Server, location: &str, who: &Principal) {
    let Some(at) = location::find(cluster, account, &server.namespace, location) else { return };
    let folder = format!("{}backups/", at.prefix);
    let Ok(names) = aws::folders_as(account, who, &at.bucket, &folder) else { return };
    let names: Vec<&str> = names.iter().filter_map(|name| name.strip_suffix('/')).collect();
    for name in &names {
        if cluster.store.get(Kind::Backup, &server.namespace, name).is_some() {
            continue;
        }
        let key = format!("{folder}{name}/velero-backup.json");
        let Ok(body) = aws::get_as(account, who, &at.bucket, &key) else { continue };
        let Ok(mut backup) = serde_json::from_slice::<Object>(&body) else { continue };
        backup["metadata"] = json!({"name": name, "namespace": server.namespace,
            "labels": {"velero.io/storage-location": location}});
        backup["spec"]["storageLocation"] = json!(location);
        // It was looked for just above.
        let _ = cluster.store.create(Kind::Backup, &backup);
    }
    let gone = |o: &&Object| {
        phase(o) == "Completed" && o["spec"]["storageLocation"] == location && !names.contains(&meta(o, "name"))
    };
    let lost: Vec<String> =
        cluster.store.list(Kind::Backup, &server.namespace).filter(gone).map(|o| meta(o, "name").to_owned()).collect();
    for name in lost {
        cluster.store.remove(Kind::Backup, &server.namespace, &name);
    }
}

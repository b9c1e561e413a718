//! Backups of one control plane: the control plane's own controller writes them (upbound.md 2, 3).

use super::storage::{self, said};
use super::{controller, set_status};
use crate::demo::aws;
use crate::demo::clock::stamp;
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// How long a try takes.
const TAKES: SignedDuration = SignedDuration::from_millis(1800);
/// How often a backup that fails is tried again.
const RETRIES: i64 = 2;
/// The parts of a backup.
const PARTS: [&str; 2] = ["export.tar.gz", "metadata.json"];

pub(super) fn run(cluster: &mut Cluster, account: &mut Account) {
    for (namespace, name) in cluster.store.names(Kind::SpacesBackup, "") {
        let Some(backup) = cluster.store.get(Kind::SpacesBackup, &namespace, &name).cloned() else { continue };
        if backup["metadata"]["deletionTimestamp"].is_string() {
            continue;
        }
        super::deletion::hold(cluster, &backup);
        match backup["status"]["phase"].as_str().unwrap_or_default() {
            "" | "Pending" => begin(cluster, &backup),
            "InProgress" if tried(cluster, &backup) => finish(cluster, account, &backup),
            _ => {}
        }
    }
}

/// Whether a try is over; the first question begins it.
fn tried(cluster: &mut Cluster, backup: &Object) -> bool {
    cluster.due(&format!("backup {}", meta(backup, "uid")), TAKES)
}

fn plane(cluster: &Cluster, backup: &Object) -> Option<Object> {
    let name = backup["spec"]["controlPlane"].as_str().unwrap_or_default();
    cluster.store.get(Kind::ControlPlane, meta(backup, "namespace"), name).cloned()
}

/// A backup begins once its control plane's controller runs; one of no control plane is tried a few times.
fn begin(cluster: &mut Cluster, backup: &Object) {
    let Some(plane) = plane(cluster, backup) else {
        let (group, name) = (meta(backup, "namespace"), backup["spec"]["controlPlane"].as_str().unwrap_or_default());
        let why = format!("target control plane '{group}/{name}' not found");
        if tried(cluster, backup) {
            failed(cluster, backup, "TargetControlPlaneNotFound", &why);
        }
        return;
    };
    if controller(cluster, &plane).is_some() {
        set_status(cluster, Kind::SpacesBackup, backup, &json!({"phase": "InProgress", "retries": retries(backup)}));
        tried(cluster, backup);
    } else if backup["status"]["phase"].is_null() {
        set_status(cluster, Kind::SpacesBackup, backup, &json!({"phase": "Pending"}));
    }
}

fn retries(backup: &Object) -> i64 {
    backup["status"]["retries"].as_i64().unwrap_or(0)
}

fn finish(cluster: &mut Cluster, account: &mut Account, backup: &Object) {
    let Some(pod) = plane(cluster, backup).and_then(|plane| controller(cluster, &plane)) else {
        // Its controller is being replaced.
        return set_status(cluster, Kind::SpacesBackup, backup, &json!({"phase": "Pending"}));
    };
    match upload(cluster, account, &pod, backup) {
        Ok(()) => {
            let done = condition(cluster, "Completed", "True", "BackupSuccess", "");
            let generation = backup["metadata"]["generation"].clone();
            let status = json!({"phase": "Completed", "observedGeneration": generation, "conditions": [done]});
            set_status(cluster, Kind::SpacesBackup, backup, &status);
        }
        Err(why) => failed(cluster, backup, "BackupFailed", &why),
    }
}

/// A failure: tried again at first, which is the same condition with the status `False` (upbound.md 7, row 22).
fn failed(cluster: &mut Cluster, backup: &Object, reason: &str, why: &str) {
    let count = retries(backup);
    let status = if count < RETRIES {
        tried(cluster, backup);
        let again = condition(cluster, "Failed", "False", "BackupRetry", why);
        let phase = backup["status"]["phase"].as_str().unwrap_or("Pending");
        json!({"phase": phase, "retries": count + 1, "conditions": [again]})
    } else {
        json!({"phase": "Failed", "conditions": [condition(cluster, "Failed", "True", reason, why)]})
    };
    set_status(cluster, Kind::SpacesBackup, backup, &status);
}

fn condition(cluster: &Cluster, kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": stamp(cluster.now)})
}

/// Writes a backup's objects: list, put, look (upbound.md 4).
fn upload(cluster: &Cluster, account: &mut Account, pod: &Object, backup: &Object) -> Result<(), String> {
    let at = storage::open(cluster, account, pod, backup)?;
    let list = |trouble| format!("cannot list backups: {}", said(&trouble));
    aws::list_as(account, &at.who, &at.bucket, &at.folder).map_err(list)?;
    for part in PARTS {
        let key = format!("{}{}/{part}", at.folder, meta(backup, "name"));
        let upload = |trouble| format!("cannot upload backup: upload s3 object: {}", said(&trouble));
        let body = json!({"backup": meta(backup, "name"), "controlPlane": backup["spec"]["controlPlane"]}).to_string();
        aws::put_as(account, &at.who, &at.bucket, &key, body.as_bytes()).map_err(upload)?;
        let look = |trouble| format!("cannot look at backup: stat s3 object: {}", said(&trouble));
        aws::get_as(account, &at.who, &at.bucket, &key).map_err(look)?;
    }
    Ok(())
}

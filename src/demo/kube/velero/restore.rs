//! Restores: read from the bucket, done in 1.3 s.

use super::errors::{RPC, credentials, response};
use super::location;
use super::{Server, backup, identity, phase, set_status, volumes};
use crate::demo::aws;
use crate::demo::clock::stamp;
use crate::demo::kube::controllers;
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object, TroubleKind};
use jiff::SignedDuration;
use serde_json::{Value, json};

const TAKES: SignedDuration = SignedDuration::from_millis(1300);

pub(super) fn run(cluster: &mut Cluster, account: &mut Account, server: &Server) {
    for (namespace, name) in cluster.store.names(Kind::Restore, &server.namespace) {
        let Some(restore) = cluster.store.get(Kind::Restore, &namespace, &name).cloned() else { continue };
        match phase(&restore) {
            "New" => begin(cluster, &restore),
            "InProgress" if cluster.due(&format!("restore {}", meta(&restore, "uid")), TAKES) => {
                let status = match finish(cluster, account, server, &restore) {
                    Ok(status) => status,
                    Err(why) => json!({"phase": "Failed", "failureReason": why, "errors": 1}),
                };
                set_status(cluster, Kind::Restore, &namespace, &name, &status);
            }
            _ => {}
        }
    }
}

fn begin(cluster: &mut Cluster, restore: &Object) {
    let (namespace, name) = (meta(restore, "namespace"), meta(restore, "name"));
    let from = restore["spec"]["backupName"].as_str().unwrap_or_default();
    let found = cluster.store.get(Kind::Backup, namespace, from).map(phase);
    let problem = match found {
        None => Some(format!("Error retrieving backup: backup.velero.io \"{from}\" not found")),
        Some("Completed" | "PartiallyFailed") => None,
        Some(phase) => Some(format!("backup {from} is in phase {phase} and cannot be restored")),
    };
    let status = if let Some(problem) = problem {
        json!({"phase": "FailedValidation", "validationErrors": [problem]})
    } else {
        cluster.due(&format!("restore {}", meta(restore, "uid")), TAKES);
        json!({"phase": "InProgress", "startTimestamp": stamp(cluster.now)})
    };
    set_status(cluster, Kind::Restore, namespace, name, &status);
}

fn finish(cluster: &mut Cluster, account: &mut Account, server: &Server, restore: &Object) -> Result<Value, String> {
    let (namespace, name) = (meta(restore, "namespace"), meta(restore, "name"));
    let from = restore["spec"]["backupName"].as_str().unwrap_or_default();
    let of = cluster.store.get(Kind::Backup, namespace, from).ok_or("the backup is gone")?;
    let of = of["spec"]["storageLocation"].as_str().unwrap_or_default().to_owned();
    let at = location::find(cluster, account, namespace, &of).ok_or("the backup storage location is gone")?;
    let who = identity::of(cluster, account, server).map_err(|why| credentials("GetObject", &why))?;
    let key = format!("{}backups/{from}/{from}.tar.gz", at.prefix);
    let body = aws::get_as(account, &who, &at.bucket, &key)
        .map_err(|t| format!("error downloading backup: {RPC}operation error S3: GetObject, {}", response(&t)))?;
    let items: Vec<Object> = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let total = items.len();
    let warnings = items.iter().filter(|item| !bring_back(cluster, restore, item)).count();
    let covered =
        aws::get_as(account, &who, &at.bucket, &format!("{}backups/{from}/{from}-volumeinfo.json.gz", at.prefix));
    let covered = covered.ok().and_then(|body| serde_json::from_slice::<Vec<volumes::Covered>>(&body).ok());
    let failed = volumes::restore(cluster, account, server, &who, &at, &covered.unwrap_or_default());
    if !failed.is_empty() {
        let told = json!(failed.join("\n"));
        cluster.store.update(Kind::Restore, namespace, name, |object| {
            object["metadata"]["annotations"][backup::ERRORS] = told;
        });
    }
    let mut errors = failed.len();
    for part in [
        format!("restore-{name}-logs.gz"),
        format!("restore-{name}-results.gz"),
        format!("restore-{name}-resource-list.json.gz"),
        format!("restore-{name}-itemoperations.json.gz"),
    ] {
        errors += usize::from(backup::put(account, &who, &at, &format!("restores/{name}/{part}"), b"demo").is_err());
    }
    let phase = if errors == 0 { "Completed" } else { "PartiallyFailed" };
    Ok(json!({"phase": phase, "completionTimestamp": stamp(cluster.now), "warnings": warnings, "errors": errors,
        "progress": {"itemsRestored": total, "totalItems": total}}))
}

/// A claim whose volume is gone gets another one.
fn unbind(cluster: &Cluster, claim: &mut Object) {
    let volume = claim["spec"]["volumeName"].as_str().unwrap_or_default();
    if cluster.store.get(Kind::PersistentVolume, "", volume).is_none()
        && let Some(spec) = claim["spec"].as_object_mut()
    {
        spec.remove("volumeName");
    }
}

/// Creates one object again; false when another one by that name is there.
fn bring_back(cluster: &mut Cluster, restore: &Object, item: &Object) -> bool {
    let Some(kind) = Kind::of(item) else { return true };
    let spec = &restore["spec"];
    let mapped = |name: &str| spec["namespaceMapping"][name].as_str().unwrap_or(name).to_owned();
    let only = spec["includedNamespaces"].as_array();
    let own = if kind == Kind::Namespace { meta(item, "name") } else { meta(item, "namespace") };
    if only.is_some_and(|only| !only.is_empty() && !only.iter().any(|one| one == own || one == "*")) {
        return true;
    }
    // Pods of a workload come back with it.
    if kind == Kind::Pod && !item["metadata"]["ownerReferences"].is_null() {
        return true;
    }
    let mut object = item.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|field, _| matches!(field.as_str(), "name" | "namespace" | "labels" | "annotations"));
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if kind == Kind::PersistentVolumeClaim {
        unbind(cluster, &mut object);
    }
    if kind == Kind::Namespace {
        object["metadata"]["name"] = json!(mapped(own));
    } else {
        object["metadata"]["namespace"] = json!(mapped(own));
        object["metadata"]["labels"]["velero.io/backup-name"] = spec["backupName"].clone();
        object["metadata"]["labels"]["velero.io/restore-name"] = restore["metadata"]["name"].clone();
    }
    match cluster.store.create(kind, &object) {
        Ok(made) => {
            if kind == Kind::Namespace {
                controllers::furnish(cluster, meta(&made, "name"));
            }
            true
        }
        // Velero leaves what is there alone, and warns only when it differs.
        Err(trouble) if trouble.kind == TroubleKind::Exists => {
            let there = cluster.store.get(kind, meta(&object, "namespace"), meta(&object, "name"));
            there
                .is_some_and(|there| there.get("data") == object.get("data") && there.get("spec") == object.get("spec"))
        }
        Err(_) => false,
    }
}

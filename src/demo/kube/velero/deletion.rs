//! Requests to delete a backup: the backup's objects, its restores, the Backup and the request, in 2 s.

use super::errors::{credentials, s3};
use super::location;
use super::{Server, identity, phase, set_status, volumes};
use crate::demo::aws;
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object};
use jiff::SignedDuration;
use serde_json::json;

const TAKES: SignedDuration = SignedDuration::from_secs(2);

pub(super) fn run(cluster: &mut Cluster, account: &mut Account, server: &Server) {
    for (namespace, name) in cluster.store.names(Kind::DeleteBackupRequest, &server.namespace) {
        let Some(request) = cluster.store.get(Kind::DeleteBackupRequest, &namespace, &name).cloned() else { continue };
        let backup = request["spec"]["backupName"].as_str().unwrap_or_default().to_owned();
        let timer = format!("delete {}", meta(&request, "uid"));
        match phase(&request) {
            "New" => {
                cluster.due(&timer, TAKES);
                let status = json!({"phase": "InProgress"});
                set_status(cluster, Kind::DeleteBackupRequest, &namespace, &name, &status);
                if cluster.store.get(Kind::Backup, &namespace, &backup).is_some() {
                    set_status(cluster, Kind::Backup, &namespace, &backup, &json!({"phase": "Deleting"}));
                }
            }
            "InProgress" if cluster.due(&timer, TAKES) => match delete(cluster, account, server, &backup) {
                Ok(()) => forget(cluster, &namespace, &backup),
                Err(why) => {
                    let status = json!({"phase": "Processed", "errors": [why]});
                    set_status(cluster, Kind::DeleteBackupRequest, &namespace, &name, &status);
                }
            },
            _ => {}
        }
    }
}

/// Removes the objects of a backup and of its restores.
fn delete(cluster: &mut Cluster, account: &mut Account, server: &Server, backup: &str) -> Result<(), String> {
    let found = cluster.store.get(Kind::Backup, &server.namespace, backup).ok_or("backup not found")?;
    let at = found["spec"]["storageLocation"].as_str().unwrap_or_default();
    let at = location::find(cluster, account, &server.namespace, at).ok_or("backup storage location not found")?;
    if at.read_only {
        return Err(format!("cannot delete backup because backup storage location {} is in read-only mode", at.name));
    }
    let who = identity::of(cluster, account, server).map_err(|why| credentials("ListObjectsV2", &why))?;
    volumes::forget(cluster, account, &who, server, backup)?;
    let mut folders = vec![format!("{}backups/{backup}/", at.prefix)];
    for name in restores(cluster, &server.namespace, backup) {
        folders.push(format!("{}restores/{name}/", at.prefix));
    }
    for folder in folders {
        let keys = aws::list_as(account, &who, &at.bucket, &folder).map_err(|t| s3("ListObjectsV2", &t))?;
        for key in keys {
            aws::delete_as(account, &who, &at.bucket, &key).map_err(|t| s3("DeleteObject", &t))?;
        }
    }
    Ok(())
}

fn restores(cluster: &Cluster, namespace: &str, backup: &str) -> Vec<String> {
    let of = |o: &&Object| o["spec"]["backupName"] == backup;
    cluster.store.list(Kind::Restore, namespace).filter(of).map(|o| meta(o, "name").to_owned()).collect()
}

/// Removes the Backup, its restores and all requests for it.
fn forget(cluster: &mut Cluster, namespace: &str, backup: &str) {
    for name in restores(cluster, namespace, backup) {
        cluster.store.remove(Kind::Restore, namespace, &name);
    }
    cluster.store.remove(Kind::Backup, namespace, backup);
    let of = |o: &&Object| o["spec"]["backupName"] == backup;
    let requests: Vec<String> = cluster
        .store
        .list(Kind::DeleteBackupRequest, namespace)
        .filter(of)
        .map(|o| meta(o, "name").to_owned())
        .collect();
    for name in requests {
        cluster.store.remove(Kind::DeleteBackupRequest, namespace, &name);
    }
}

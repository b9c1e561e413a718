//! The end of a backup: by its ttl or by somebody; with `Delete` its files go first.

use super::storage;
use super::{controller, set_status};
use crate::demo::aws;
use crate::demo::kube::duration::seconds;
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// What keeps a backup until its files are gone.
const FINALIZER: &str = "spaces.upbound.io/backup";

/// Whether a backup has outlived its ttl.
pub(super) fn is_over(backup: &Object, now: Timestamp) -> bool {
    let Some(ttl) = backup["spec"]["ttl"].as_str().map(seconds) else { return false };
    let made = meta(backup, "creationTimestamp").parse::<Timestamp>().unwrap_or(now);
    ttl > 0 && now.duration_since(made) >= SignedDuration::from_secs(ttl)
}

/// Holds a backup whose files are to go with it; the default policy leaves them (upbound.md 7, row 15).
pub(super) fn hold(cluster: &mut Cluster, backup: &Object) {
    if backup["spec"]["deletionPolicy"] != "Delete" || backup["metadata"]["finalizers"].is_array() {
        return;
    }
    cluster.store.update(Kind::SpacesBackup, meta(backup, "namespace"), meta(backup, "name"), |backup| {
        backup["metadata"]["finalizers"] = json!([FINALIZER]);
    });
}

pub(super) fn run(cluster: &mut Cluster, account: &mut Account) {
    for (namespace, name) in cluster.store.names(Kind::SpacesBackup, "") {
        let Some(backup) = cluster.store.get(Kind::SpacesBackup, &namespace, &name).cloned() else { continue };
        if backup["metadata"]["deletionTimestamp"].is_string() {
            // To the best of its knowledge: files that it cannot remove stay (upbound.md 7, row 16).
            let _ = remove_files(cluster, account, &backup);
            set_status(cluster, Kind::SpacesBackup, &backup, &json!({"phase": "Deleted"}));
            cluster.store.remove(Kind::SpacesBackup, &namespace, &name);
        } else if is_over(&backup, cluster.now) {
            cluster.store.delete(Kind::SpacesBackup, &namespace, &name, "");
        }
    }
}

fn remove_files(cluster: &Cluster, account: &mut Account, backup: &Object) -> Result<(), String> {
    let plane = backup["spec"]["controlPlane"].as_str().unwrap_or_default();
    let plane = cluster.store.get(Kind::ControlPlane, meta(backup, "namespace"), plane);
    let pod = plane.and_then(|plane| controller(cluster, plane)).ok_or("its control plane is gone")?;
    let at = storage::open(cluster, account, &pod, backup)?;
    let folder = format!("{}{}/", at.folder, meta(backup, "name"));
    let said = |trouble| storage::said(&trouble);
    for key in aws::list_as(account, &at.who, &at.bucket, &folder).map_err(said)? {
        aws::delete_as(account, &at.who, &at.bucket, &key).map_err(said)?;
    }
    Ok(())
}

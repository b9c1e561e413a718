//! A self-hosted Space: what its controllers do while the pod of the spaces-controller runs (upbound.md 2, 3).

mod admission;
mod backup;
mod deletion;
mod identity;
mod planes;
mod schedule;
mod storage;

pub(super) use admission::admit;

use super::pods::ready;
use super::store::meta;
use crate::demo::state::{Account, Cluster, Revision};
use crate::ports::{Kind, Object};
use serde_json::{Value, json};

/// What the service account, the Deployment and the container of a control plane's controller are called.
const CONTROLLER: &str = "mxp-controller";
/// The label of the spaces-controller's pods, whatever its release is called (upbound.md 7, row 18).
const SPACES_CONTROLLER: &str = "spaces-controller";

/// The Space's release, as its controllers see it.
struct Space {
    values: Value,
    version: String,
}

/// Lets the Space's controllers work, once they run.
pub(super) fn run(cluster: &mut Cluster, account: &mut Account) {
    if !cluster.store.serves(Kind::ControlPlane) {
        return;
    }
    let Some(space) = space(cluster) else { return };
    planes::run(cluster, &space);
    schedule::run(cluster);
    backup::run(cluster, account);
    deletion::run(cluster, account);
}

/// Whether a backup's life is over.
pub(super) fn is_due(cluster: &Cluster) -> bool {
    cluster.store.list(Kind::SpacesBackup, "").any(|backup| deletion::is_over(backup, cluster.now))
}

/// The Space, when its controller's pod runs.
fn space(cluster: &Cluster) -> Option<Space> {
    let newest = |all: &Vec<Revision>| all.last().filter(|revision| revision.chart == "spaces").cloned();
    let (key, revision) = cluster.releases.iter().find_map(|(key, all)| Some((key, newest(all)?)))?;
    let namespace = key.split_once('/')?.0;
    let runs = |pod: &Object| ready(pod) && pod["metadata"]["labels"]["app"] == SPACES_CONTROLLER;
    let version = revision.version;
    cluster.store.list(Kind::Pod, namespace).any(runs).then_some(Space { values: revision.values, version })
}

/// The namespace on the host that a control plane runs in: the one it was given, or the one of its id.
fn host_namespace(plane: &Object) -> Option<String> {
    let named = plane["spec"]["hostNamespace"]["name"].as_str().map(ToOwned::to_owned);
    let id = plane["status"]["controlPlaneID"].as_str().filter(|id| !id.is_empty())?;
    Some(named.unwrap_or_else(|| format!("mxp-{id}-system")))
}

/// The pod of a control plane's controller that runs.
fn controller(cluster: &Cluster, plane: &Object) -> Option<Object> {
    let namespace = host_namespace(plane)?;
    let is_one = |pod: &&Object| {
        ready(pod) && meta(pod, "namespace") == namespace && pod["spec"]["serviceAccountName"] == CONTROLLER
    };
    cluster.store.list(Kind::Pod, &namespace).find(is_one).cloned()
}

/// Writes into an object's status; `null` takes a field away.
fn set_status(cluster: &mut Cluster, kind: Kind, object: &Object, fields: &Object) {
    cluster.store.update(kind, meta(object, "namespace"), meta(object, "name"), |object| {
        if !object["status"].is_object() {
            object["status"] = json!({});
        }
        super::owners::merge_patch(&mut object["status"], fields);
    });
}

//! Volumes: made for a claim once a pod uses it, gone with their claim.

use super::pods::ready;
use super::store::meta;
use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The one driver there is, and its daemon set.
const DRIVER: &str = "ebs.csi.aws.com";
const NODES: &str = "ebs-csi-node";

const MAKING: SignedDuration = SignedDuration::from_secs(2);

pub(super) fn run(cluster: &mut Cluster) {
    for (namespace, name) in cluster.store.names(Kind::PersistentVolumeClaim, "") {
        bind(cluster, &namespace, &name);
    }
    collect(cluster);
}

/// Makes the volume of a claim that waits for one and that a pod uses.
fn bind(cluster: &mut Cluster, namespace: &str, name: &str) {
    let Some(claim) = cluster.store.get(Kind::PersistentVolumeClaim, namespace, name) else { return };
    let used = || cluster.store.list(Kind::Pod, namespace).any(|pod| claims(&pod["spec"]).any(|claim| claim == name));
    if claim["status"]["phase"] == "Bound" || !used() {
        return;
    }
    let class = claim["spec"]["storageClassName"].as_str().unwrap_or_default();
    let Some(class) = cluster.store.get(Kind::StorageClass, "", class).cloned() else { return };
    // Without the driver nothing is made, and the claim waits.
    if class["provisioner"] != DRIVER || !driver_runs(cluster) {
        return;
    }
    let (uid, size) = (meta(claim, "uid").to_owned(), claim["spec"]["resources"]["requests"]["storage"].clone());
    if !cluster.due(&format!("volume {uid}"), MAKING) {
        return;
    }
    let volume = format!("pvc-{uid}");
    let zone = format!("{}a", cluster.region);
    let handle: String = crate::demo::digest(&uid).chars().take(17).collect();
    let policy = class["reclaimPolicy"].as_str().unwrap_or("Delete");
    let object = json!({"metadata": {"name": volume}, "spec": {
        "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": class["metadata"]["name"],
        "persistentVolumeReclaimPolicy": policy,
        "csi": {"driver": class["provisioner"], "volumeHandle": format!("vol-{handle}")},
        "claimRef": {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]}}},
        "status": {"phase": "Bound"}});
    // Its name is of a fresh uid.
    let _ = cluster.store.create(Kind::PersistentVolume, &object);
    cluster.store.update(Kind::PersistentVolumeClaim, namespace, name, |claim| {
        claim["spec"]["volumeName"] = json!(volume);
        claim["status"] = json!({"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}});
    });
}

fn driver_runs(cluster: &Cluster) -> bool {
    let of = |pod: &Object| pod["metadata"]["ownerReferences"][0]["name"] == NODES;
    cluster.store.list(Kind::Pod, "kube-system").any(|pod| of(pod) && ready(pod))
}

/// Removes the volumes whose claim is gone and whose class does not keep them.
fn collect(cluster: &mut Cluster) {
    let gone = |volume: &&Object| {
        let claim = &volume["spec"]["claimRef"];
        let text = |field: &str| claim[field].as_str().unwrap_or_default();
        volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
            && cluster.store.get(Kind::PersistentVolumeClaim, text("namespace"), text("name")).is_none()
    };
    let names: Vec<String> =
        cluster.store.list(Kind::PersistentVolume, "").filter(gone).map(|o| meta(o, "name").to_owned()).collect();
    for name in names {
        cluster.store.remove(Kind::PersistentVolume, "", &name);
    }
}

/// The claims that a pod's spec uses.
pub(super) fn claims(spec: &Value) -> impl Iterator<Item = &str> {
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    volumes.filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str())
}

/// Why a pod waits for a volume.
pub(super) fn missing(cluster: &Cluster, namespace: &str, spec: &Value) -> Option<String> {
    claims(spec).find_map(|claim| match cluster.store.get(Kind::PersistentVolumeClaim, namespace, claim) {
        None => Some(format!("persistentvolumeclaim \"{claim}\" not found")),
        Some(found) if found["status"]["phase"] != "Bound" => {
            Some("pod has unbound immediate PersistentVolumeClaims".to_owned())
        }
        Some(_) => None,
    })
}

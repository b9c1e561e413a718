//! Control planes: each gets an id and a namespace on the host, and there its controller.

use super::{CONTROLLER, Space, host_namespace, set_status};
use crate::demo::clock::stamp;
use crate::demo::kube::store::meta;
use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// How long a new control plane has no id.
const PROVISIONING: SignedDuration = SignedDuration::from_secs(8);
/// How long the Space takes to pass its release's annotations on to the service accounts.
const ANNOTATING: SignedDuration = SignedDuration::from_secs(2);
/// What ties a namespace on the host to its control plane (upbound.md 3).
const NAME: &str = "internal.spaces.upbound.io/controlplane-name";
const GROUP: &str = "internal.spaces.upbound.io/controlplane-namespace";

pub(super) fn run(cluster: &mut Cluster, space: &Space) {
    for (namespace, name) in cluster.store.names(Kind::ControlPlane, "") {
        let Some(plane) = cluster.store.get(Kind::ControlPlane, &namespace, &name).cloned() else { continue };
        match host_namespace(&plane) {
            None => provision(cluster, &plane),
            Some(host) => furnish(cluster, space, &plane, &host),
        }
    }
    abandon(cluster);
}

/// Gives a new control plane its id.
fn provision(cluster: &mut Cluster, plane: &Object) {
    let uid = meta(plane, "uid").to_owned();
    if !cluster.due(&format!("provision {uid}"), PROVISIONING) {
        return;
    }
    let id = crate::demo::aws::uuid(&crate::demo::digest(&format!("{}/{uid}", cluster.arn)));
    set_status(cluster, Kind::ControlPlane, plane, &json!({"controlPlaneID": id}));
}

/// What stands in the namespace of a control plane, and what the control plane says of itself.
fn furnish(cluster: &mut Cluster, space: &Space, plane: &Object, host: &str) {
    let (group, name) = (meta(plane, "namespace"), meta(plane, "name"));
    if cluster.store.get(Kind::Namespace, "", host).is_none() {
        let labels = json!({NAME: name, GROUP: group});
        // It was looked for just above.
        let _ = cluster.store.create(Kind::Namespace, &json!({"metadata": {"name": host, "labels": labels}}));
        crate::demo::kube::controllers::furnish(cluster, host);
    }
    account(cluster, space, host);
    deployment(cluster, space, host);
    let ready = super::controller(cluster, plane).is_some();
    conditions(cluster, plane, ready);
}

/// The service account, with the annotations of the Space's release: of the whole Space, none of its own.
fn account(cluster: &mut Cluster, space: &Space, host: &str) {
    let given = &space.values["controlPlanes"]["mxpController"]["serviceAccount"]["annotations"];
    let wanted = if given.is_object() { given.clone() } else { json!({}) };
    let Some(found) = cluster.store.get(Kind::ServiceAccount, host, CONTROLLER) else {
        let object = json!({"metadata": {"name": CONTROLLER, "namespace": host, "annotations": wanted}});
        // The namespace is there, and the account was looked for.
        let _ = cluster.store.create(Kind::ServiceAccount, &object);
        return;
    };
    let is_same = match &found["metadata"]["annotations"] {
        Value::Null => wanted == json!({}),
        have => *have == wanted,
    };
    if !is_same && cluster.due(&format!("annotate {host}"), ANNOTATING) {
        cluster.store.update(Kind::ServiceAccount, host, CONTROLLER, |account| {
            account["metadata"]["annotations"] = wanted;
        });
    }
}

/// The controller's Deployment. An annotated service account does not restart it (upbound.md 7, row 6).
fn deployment(cluster: &mut Cluster, space: &Space, host: &str) {
    if cluster.store.get(Kind::Deployment, host, CONTROLLER).is_some() {
        return;
    }
    let labels = json!({"app": CONTROLLER});
    let image = format!("xpkg.upbound.io/spaces-artifacts/hyperspace:v{}", space.version);
    let object = json!({"metadata": {"name": CONTROLLER, "namespace": host, "labels": labels}, "spec": {
        "replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
            "serviceAccountName": CONTROLLER, "containers": [{"name": CONTROLLER, "image": image}]}}}});
    // The namespace is there, and the Deployment was looked for.
    let _ = cluster.store.create(Kind::Deployment, &object);
}

/// What a control plane says of itself.
fn conditions(cluster: &mut Cluster, plane: &Object, ready: bool) {
    let now = stamp(cluster.now);
    let old = plane["status"]["conditions"].as_array();
    let one = |kind: &str, yes: bool, reason: &str| {
        let status = if yes { "True" } else { "False" };
        let same = |c: &&Value| c["type"] == kind && c["status"] == status;
        let since = old.and_then(|all| all.iter().find(same)).map(|c| c["lastTransitionTime"].clone());
        json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": since.unwrap_or(json!(now))})
    };
    let (available, healthy) =
        if ready { ("Available", "HealthyControlPlane") } else { ("Creating", "UnhealthyControlPlane") };
    let all = json!([
        one("ControlPlaneProvisioned", true, "Provisioned"),
        one("Healthy", ready, healthy),
        one("Ready", ready, available)
    ]);
    if plane["status"]["conditions"] != all {
        set_status(cluster, Kind::ControlPlane, plane, &json!({"conditions": all}));
    }
}

/// The namespaces of control planes that are gone go with all that is in them, unless they were to stay.
fn abandon(cluster: &mut Cluster) {
    let planes: Vec<String> = cluster.store.list(Kind::ControlPlane, "").filter_map(host_namespace).collect();
    let lost = |object: &&Object| {
        object["metadata"]["labels"][NAME].is_string() && !planes.iter().any(|host| host == meta(object, "name"))
    };
    let gone: Vec<String> =
        cluster.store.list(Kind::Namespace, "").filter(lost).map(|o| meta(o, "name").to_owned()).collect();
    for host in gone {
        cluster.store.delete(Kind::Namespace, "", &host, "");
    }
}

//! Pods of deployments and daemon sets: made a second after they are wanted, ready three seconds later.

use super::store::meta;
use super::webhook;
use crate::demo::clock::stamp;
use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};
use jiff::SignedDuration;
use serde_json::{Value, json};

const SCHEDULING: SignedDuration = SignedDuration::from_secs(1);
const STARTING: SignedDuration = SignedDuration::from_secs(3);

/// A deployment or a daemon set, and what it wants.
struct Workload {
    kind: Kind,
    namespace: String,
    name: String,
    uid: String,
    generation: i64,
    template: Value,
    /// A hash of the template.
    hash: String,
    /// The nodes to run on; empty names are any node.
    places: Vec<String>,
}

pub(super) fn run(cluster: &mut Cluster) {
    for kind in [Kind::Deployment, Kind::DaemonSet] {
        for (namespace, name) in cluster.store.names(kind, "") {
            let Some(workload) = workload(cluster, kind, &namespace, &name) else { continue };
            reconcile(cluster, &workload);
        }
    }
    collect(cluster);
    for (namespace, name) in cluster.store.names(Kind::Pod, "") {
        start(cluster, &namespace, &name);
    }
}

fn workload(cluster: &Cluster, kind: Kind, namespace: &str, name: &str) -> Option<Workload> {
    let object = cluster.store.get(kind, namespace, name)?;
    let template = object["spec"]["template"].clone();
    let nodes = cluster.store.list(Kind::Node, "").map(|node| meta(node, "name").to_owned());
    let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1).min(20);
    let places = match kind {
        Kind::DaemonSet => nodes.collect(),
        _ => (0..replicas).map(|_| String::new()).collect(),
    };
    let hash = crate::demo::digest(&template.to_string()).chars().take(10).collect();
    Some(Workload {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: meta(object, "uid").to_owned(),
        generation: object["metadata"]["generation"].as_i64().unwrap_or(1),
        template,
        hash,
        places,
    })
}

impl Workload {
    fn owns(&self, pod: &Object) -> bool {
        meta(pod, "namespace") == self.namespace && pod["metadata"]["labels"]["demo/owner"] == self.uid
    }

    fn current(&self, pod: &Object) -> bool {
        self.owns(pod) && pod["metadata"]["labels"]["pod-template-hash"] == self.hash
    }
}

fn reconcile(cluster: &mut Cluster, workload: &Workload) {
    let (mut current, mut old) = (Vec::new(), Vec::new());
    for pod in cluster.store.list(Kind::Pod, &workload.namespace).filter(|pod| workload.owns(pod)) {
        let found =
            (meta(pod, "name").to_owned(), ready(pod), pod["spec"]["nodeName"].as_str().unwrap_or("").to_owned());
        if workload.current(pod) { current.push(found) } else { old.push(found) }
    }
    let missing: Vec<&String> = match workload.kind {
        Kind::DaemonSet => {
            workload.places.iter().filter(|place| !current.iter().any(|(_, _, at)| at == *place)).collect()
        }
        _ => workload.places.iter().skip(current.len()).collect(),
    };
    if !missing.is_empty() && cluster.due(&format!("schedule {} {}", workload.uid, workload.hash), SCHEDULING) {
        for place in &missing {
            create(cluster, workload, place);
        }
    }
    let running = current.iter().filter(|(_, ready, _)| *ready).count();
    if missing.is_empty() && running >= workload.places.len() {
        for (name, ..) in &old {
            cluster.store.remove(Kind::Pod, &workload.namespace, name);
        }
        let surplus = current.len().saturating_sub(workload.places.len());
        for (name, ..) in current.iter().take(surplus) {
            cluster.store.remove(Kind::Pod, &workload.namespace, name);
        }
        old.clear();
    }
    let counted = running + old.iter().filter(|(_, ready, _)| *ready).count();
    report(cluster, workload, current.len(), counted, current.len() + old.len(), running);
}

/// Writes the workload's status.
fn report(cluster: &mut Cluster, workload: &Workload, updated: usize, ready: usize, all: usize, fresh: usize) {
    let wanted = workload.places.len();
    let now = stamp(cluster.now);
    let status = |yes: bool| if yes { "True" } else { "False" };
    let (available, complete) = (ready >= wanted, fresh >= wanted);
    let conditions = json!([
        {"type": "Available", "status": status(available), "lastTransitionTime": now, "lastUpdateTime": now,
         "reason": if available { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" },
         "message": format!("Deployment {} minimum availability.", if available { "has" } else { "does not have" })},
        {"type": "Progressing", "status": "True", "lastTransitionTime": now, "lastUpdateTime": now,
         "reason": if complete { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" },
         "message": format!("ReplicaSet \"{}-{}\" is progressing.", workload.name, workload.hash)}]);
    let fresh_status = match workload.kind {
        Kind::DaemonSet => json!({"observedGeneration": workload.generation, "desiredNumberScheduled": wanted,
            "currentNumberScheduled": all.min(wanted), "updatedNumberScheduled": updated, "numberReady": ready.min(wanted),
            "numberAvailable": ready.min(wanted), "numberUnavailable": wanted.saturating_sub(ready),
            "numberMisscheduled": 0}),
        _ => json!({"observedGeneration": workload.generation, "replicas": all, "updatedReplicas": updated,
            "readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": wanted.saturating_sub(ready),
            "conditions": conditions}),
    };
    cluster.store.update(workload.kind, &workload.namespace, &workload.name, |object| {
        if !same_but_times(&object["status"], &fresh_status) {
            object["status"] = fresh_status;
        }
    });
}

/// Whether two statuses differ in their conditions' times alone.
fn same_but_times(old: &Value, new: &Value) -> bool {
    let plain = |status: &Value| {
        let mut status = status.clone();
        for condition in status["conditions"].as_array_mut().into_iter().flatten() {
            condition["lastTransitionTime"] = Value::Null;
            condition["lastUpdateTime"] = Value::Null;
        }
        if let Some(fields) = status.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        status
    };
    plain(old) == plain(new)
}

fn create(cluster: &mut Cluster, workload: &Workload, place: &str) {
    let uid = cluster.store.uid();
    let tail: String = crate::demo::digest(&uid).chars().take(5).collect();
    let (set, name) = match workload.kind {
        Kind::DaemonSet => ("DaemonSet", format!("{}-{tail}", workload.name)),
        _ => ("ReplicaSet", format!("{}-{}-{tail}", workload.name, workload.hash)),
    };
    let mut pod = json!({"metadata": workload.template["metadata"], "spec": workload.template["spec"]});
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["namespace"] = json!(workload.namespace);
    pod["metadata"]["labels"]["pod-template-hash"] = json!(workload.hash);
    pod["metadata"]["labels"]["demo/owner"] = json!(workload.uid);
    let (owner, owner_uid) = match workload.kind {
        Kind::DaemonSet => (workload.name.clone(), workload.uid.clone()),
        _ => (format!("{}-{}", workload.name, workload.hash), uid),
    };
    pod["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": set, "name": owner, "uid": owner_uid, "controller": true}]);
    webhook::inject(cluster, &workload.namespace, &mut pod["spec"]);
    let first = cluster.store.list(Kind::Node, "").next().map(|node| meta(node, "name").to_owned());
    pod["spec"]["nodeName"] = if place.is_empty() { json!(first) } else { json!(place) };
    pod["status"] = json!({"phase": "Pending", "startTime": stamp(cluster.now),
        "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
        "containerStatuses": containers(&pod["spec"], false, &json!({"waiting": {"reason": "PodInitializing"}}))});
    // The name holds a hash of a fresh uid, and the namespace holds the workload.
    let _ = cluster.store.create(Kind::Pod, &pod);
}

fn containers(spec: &Value, ready: bool, state: &Value) -> Value {
    let one = |c: &Value| {
        json!({"name": c["name"], "image": c["image"], "ready": ready, "started": ready, "restartCount": 0,
            "state": state})
    };
    spec["containers"].as_array().into_iter().flatten().map(one).collect()
}

/// Whether a pod's condition `Ready` is true.
pub(super) fn ready(pod: &Object) -> bool {
    pod["status"]["conditions"]
        .as_array()
        .is_some_and(|all| all.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
}

/// Brings one pod on its way.
fn start(cluster: &mut Cluster, namespace: &str, name: &str) {
    let Some(pod) = cluster.store.get(Kind::Pod, namespace, name) else { return };
    if ready(pod) || pod["status"]["phase"] == "Succeeded" {
        return;
    }
    let (spec, uid) = (pod["spec"].clone(), meta(pod, "uid").to_owned());
    if let Some((reason, message)) = blocked(cluster, namespace, &spec) {
        let statuses = containers(&spec, false, &json!({"waiting": {"reason": reason, "message": message}}));
        cluster.store.update(Kind::Pod, namespace, name, |pod| pod["status"]["containerStatuses"] = statuses);
        return;
    }
    if cluster.due(&format!("start {uid}"), STARTING) {
        let now = stamp(cluster.now);
        let statuses = containers(&spec, true, &json!({"running": {"startedAt": now}}));
        let first = cluster.store.list(Kind::Node, "").next().map(|node| meta(node, "name").to_owned());
        cluster.store.update(Kind::Pod, namespace, name, |pod| {
            if pod["spec"]["nodeName"].is_null() {
                pod["spec"]["nodeName"] = json!(first);
            }
            pod["status"]["phase"] = json!("Running");
            pod["status"]["conditions"] = json!([{"type": "Ready", "status": "True", "lastTransitionTime": now}]);
            pod["status"]["containerStatuses"] = statuses;
        });
    }
}

/// Why a pod cannot start: a volume or a Secret that is not there, an image that nobody gave it the right to pull, or Velero's types.
fn blocked(cluster: &Cluster, namespace: &str, spec: &Value) -> Option<(&'static str, String)> {
    if let Some(why) = super::volumes::missing(cluster, namespace, spec) {
        return Some(("ContainerCreating", why));
    }
    let has = |name: &Value| cluster.store.get(Kind::Secret, namespace, name.as_str().unwrap_or_default()).is_some();
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        let secret = &volume["secret"];
        if secret.is_object() && secret["optional"] != true && !has(&secret["secretName"]) {
            return Some(("ContainerCreating", format!("secret {} not found", secret["secretName"])));
        }
    }
    for secret in spec["imagePullSecrets"].as_array().into_iter().flatten() {
        if !has(&secret["name"]) {
            let text = "failed to pull and unpack image: failed to authorize: 401 Unauthorized";
            return Some(("ImagePullBackOff", text.to_owned()));
        }
    }
    for container in spec["containers"].as_array().into_iter().flatten() {
        for env in container["env"].as_array().into_iter().flatten() {
            let secret = &env["valueFrom"]["secretKeyRef"];
            if secret.is_object() && secret["optional"] != true && !has(&secret["name"]) {
                return Some(("CreateContainerConfigError", format!("secret {} not found", secret["name"])));
            }
        }
        if let Some(why) = super::rancher::crash(cluster, namespace, container) {
            return Some(("CrashLoopBackOff", why));
        }
        if container["name"] == "velero" && !cluster.store.serves(Kind::Backup) {
            let text = "custom resource backups not found in Velero API group velero.io/v1";
            return Some(("CrashLoopBackOff", text.to_owned()));
        }
    }
    None
}

/// Removes the pods whose workload is gone.
fn collect(cluster: &mut Cluster) {
    let mut owners: Vec<String> = Vec::new();
    for kind in [Kind::Deployment, Kind::DaemonSet] {
        owners.extend(cluster.store.list(kind, "").map(|object| meta(object, "uid").to_owned()));
    }
    let orphan = |pod: &&Object| {
        pod["metadata"]["labels"]["demo/owner"].as_str().is_some_and(|owner| !owners.iter().any(|uid| uid == owner))
    };
    let gone: Vec<(String, String)> = cluster
        .store
        .list(Kind::Pod, "")
        .filter(orphan)
        .map(|pod| (meta(pod, "namespace").to_owned(), meta(pod, "name").to_owned()))
        .collect();
    for (namespace, name) in gone {
        cluster.store.remove(Kind::Pod, &namespace, &name);
    }
}

//! Rancher's backup-restore-operator: what it does while its pod runs (rancher.md 3 and 4).

mod attempt;
mod backup;
mod contents;
mod identity;
mod log;
mod retention;
mod storage;

pub(super) use log::log;

use super::pods::ready;
use super::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object};
use serde_json::Value;

/// The container's, the service account's and the Deployment's name: always the chart's.
const NAME: &str = "rancher-backup";

/// A running operator, as its pod has it.
struct Operator {
    namespace: String,
    pod: Object,
    /// The data of its default location's Secret as it was at its start (F24); null without one.
    location: Value,
}

/// Lets every running operator work.
pub(super) fn run(cluster: &mut Cluster, account: &mut Account) {
    if !cluster.store.serves(Kind::RancherBackup) {
        return;
    }
    let pods: Vec<Object> =
        cluster.store.list(Kind::Pod, "").filter(|pod| ready(pod) && container(pod).is_some()).cloned().collect();
    cluster.started.retain(|uid, _| pods.iter().any(|pod| meta(pod, "uid") == uid));
    for pod in pods {
        let namespace = meta(&pod, "namespace").to_owned();
        let mut operator = Operator { namespace, pod, location: Value::Null };
        let uid = meta(&operator.pod, "uid").to_owned();
        if !cluster.started.contains_key(&uid) {
            let name = operator.env(storage::DEFAULT).unwrap_or_default();
            let secret = cluster.store.get(Kind::Secret, &operator.namespace, name);
            let data = secret.map(|secret| secret["data"].clone()).unwrap_or_default();
            cluster.started.insert(uid.clone(), data);
        }
        operator.location = cluster.started.get(&uid).cloned().unwrap_or_default();
        backup::run(cluster, account, &operator);
    }
}

/// Whether a backup's next run or its next try is due.
pub(super) fn is_due(cluster: &Cluster) -> bool {
    cluster.store.list(Kind::RancherBackup, "").any(|object| backup::is_due(cluster, object))
}

fn container(pod: &Object) -> Option<&Object> {
    pod["spec"]["containers"].as_array()?.iter().find(|container| container["name"] == NAME)
}

/// Why the operator does not start, if it is one: its types, or the Secret of its default location (F24, F1).
pub(super) fn crash(cluster: &Cluster, namespace: &str, container: &Object) -> Option<String> {
    if container["name"] != NAME {
        return None;
    }
    if !cluster.store.serves(Kind::RancherBackup) {
        return Some("CRD backups.resources.cattle.io is not served".to_owned());
    }
    let env = container["env"].as_array()?;
    let secret = env.iter().find(|one| one["name"] == storage::DEFAULT)?["value"].as_str()?;
    let Some(found) = cluster.store.get(Kind::Secret, namespace, secret) else {
        return Some(format!("Error running operator: secrets \"{secret}\" not found"));
    };
    found["data"]["clientConfig"].is_string().then(|| {
        "Error running operator: error Unmarshalling s3 details secret : json: cannot unmarshal string into Go struct \
         field ObjectStore.clientConfig of type v1.ClientConfig"
            .to_owned()
    })
}

impl Operator {
    /// The value of an environment variable of the operator's container.
    fn env(&self, name: &str) -> Option<&str> {
        let env = container(&self.pod)?["env"].as_array()?;
        env.iter().find(|one| one["name"] == name)?["value"].as_str()
    }
}

//! The Velero server: what it does while its pod runs.

mod backup;
mod deletion;
mod errors;
mod identity;
mod location;
mod log;
mod restore;
mod small;
mod volumes;

pub(super) use log::log;

use super::pods::ready;
use super::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object};
use serde_json::json;

/// A running server, as its pod has it.
struct Server {
    namespace: String,
    pod: Object,
}

/// Lets every running server work.
pub(super) fn run(cluster: &mut Cluster, account: &mut Account) {
    if !cluster.store.serves(Kind::Backup) {
        return;
    }
    let is_server = |pod: &&Object| ready(pod) && container(pod).is_some_and(|c| c["args"][0] == "server");
    let servers: Vec<Server> = cluster
        .store
        .list(Kind::Pod, "")
        .filter(is_server)
        .map(|pod| Server { namespace: meta(pod, "namespace").to_owned(), pod: pod.clone() })
        .collect();
    for server in servers {
        small::repository_password(cluster, &server.namespace);
        location::run(cluster, account, &server);
        small::schedules(cluster, &server.namespace);
        small::status_requests(cluster, &server);
        backup::run(cluster, account, &server);
        restore::run(cluster, account, &server);
        deletion::run(cluster, account, &server);
    }
}

/// Whether a location's next validation is due.
pub(super) fn is_due(cluster: &Cluster) -> bool {
    cluster.store.list(Kind::BackupStorageLocation, "").any(|object| location::is_due(object, cluster.now))
}

fn container(pod: &Object) -> Option<&Object> {
    pod["spec"]["containers"].as_array()?.iter().find(|container| container["name"] == "velero")
}

impl Server {
    /// The value of an environment variable of the server's container.
    fn env(&self, name: &str) -> Option<&str> {
        super::identity::env(&self.pod, "velero", name)
    }

    /// The value of a flag of the server, empty for one without a value.
    fn flag(&self, name: &str) -> Option<&str> {
        let flags =
            container(&self.pod)?["args"].as_array()?.iter().filter_map(|flag| flag.as_str()?.strip_prefix("--"));
        flags
            .map(|flag| flag.split_once('=').unwrap_or((flag, "")))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// The server's version, out of its image's tag.
    fn version(&self) -> String {
        let image = container(&self.pod).and_then(|c| c["image"].as_str()).unwrap_or_default();
        image.rsplit(':').next().unwrap_or_default().to_owned()
    }

    /// The image of the plugin for AWS that is copied in.
    fn plugin(&self) -> Option<&str> {
        let images = self.pod["spec"]["initContainers"].as_array()?.iter().filter_map(|c| c["image"].as_str());
        images.into_iter().find(|image| image.contains("velero-plugin-for-aws"))
    }

    /// Whether the plugin for AWS was copied in.
    fn has_plugin(&self) -> bool {
        self.plugin().is_some()
    }

    /// The plugin's minor version, out of its image's tag (`v1.14.3`).
    fn plugin_minor(&self) -> Option<u64> {
        self.plugin()?.rsplit(':').next()?.split('.').nth(1)?.parse().ok()
    }
}

/// Writes into an object's status; `null` takes a field away.
fn set_status(cluster: &mut Cluster, kind: Kind, namespace: &str, name: &str, fields: &Object) {
    cluster.store.update(kind, namespace, name, |object| {
        if !object["status"].is_object() {
            object["status"] = json!({});
        }
        super::owners::merge_patch(&mut object["status"], fields);
    });
}

/// The phase of an object, or `New`.
fn phase(object: &Object) -> &str {
    object["status"]["phase"].as_str().filter(|phase| !phase.is_empty()).unwrap_or("New")
}

//! The server's small duties: the repository's password, schedules, status requests.

use super::{Server, phase, set_status};
use crate::demo::clock::stamp;
use crate::demo::state::Cluster;
use crate::ports::Kind;
use serde_json::json;

/// Without a Secret the server makes one with a public password (velero.md 5).
pub(super) fn repository_password(cluster: &mut Cluster, namespace: &str) {
    const NAME: &str = "velero-repo-credentials";
    if cluster.store.get(Kind::Secret, namespace, NAME).is_none() {
        let secret = json!({"metadata": {"name": NAME, "namespace": namespace}, "type": "Opaque",
            "stringData": {"repository-password": "static-passw0rd"}});
        // The namespace holds the server's pod.
        let _ = cluster.store.create(Kind::Secret, &secret);
    }
}

pub(super) fn schedules(cluster: &mut Cluster, namespace: &str) {
    for (namespace, name) in cluster.store.names(Kind::Schedule, namespace) {
        let Some(schedule) = cluster.store.get(Kind::Schedule, &namespace, &name) else { continue };
        let cron = schedule["spec"]["schedule"].as_str().unwrap_or_default();
        let good = cron.split_whitespace().count() == 5 || cron.starts_with('@');
        let wanted = if good { "Enabled" } else { "FailedValidation" };
        if phase(schedule) != wanted {
            let mut status = json!({"phase": wanted, "lastSkipped": null});
            if !good {
                status["validationErrors"] = json!([format!("invalid schedule: expected exactly 5 fields: [{cron}]")]);
            }
            set_status(cluster, Kind::Schedule, &namespace, &name, &status);
        }
    }
}

pub(super) fn status_requests(cluster: &mut Cluster, server: &Server) {
    for (namespace, name) in cluster.store.names(Kind::ServerStatusRequest, &server.namespace) {
        let Some(request) = cluster.store.get(Kind::ServerStatusRequest, &namespace, &name) else { continue };
        if phase(request) != "New" {
            continue;
        }
        let mut plugins = vec![
            json!({"name": "velero.io/pod", "kind": "BackupItemAction"}),
            json!({"name": "velero.io/pod", "kind": "RestoreItemAction"}),
            json!({"name": "velero.io/service-account", "kind": "BackupItemAction"}),
        ];
        if server.has_plugin() {
            plugins.push(json!({"name": "velero.io/aws", "kind": "ObjectStore"}));
            plugins.push(json!({"name": "velero.io/aws", "kind": "VolumeSnapshotter"}));
        }
        let status = json!({"phase": "Processed", "processedTimestamp": stamp(cluster.now),
            "serverVersion": server.version(), "plugins": plugins});
        set_status(cluster, Kind::ServerStatusRequest, &namespace, &name, &status);
    }
}

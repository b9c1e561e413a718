//! Shared schedules: which control planes of their group they select.

use super::set_status;
use crate::demo::kube::labels;
use crate::demo::kube::store::meta;
use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};
use serde_json::{Value, json};

pub(super) fn run(cluster: &mut Cluster) {
    for (namespace, name) in cluster.store.names(Kind::SharedBackupSchedule, "") {
        let Some(schedule) = cluster.store.get(Kind::SharedBackupSchedule, &namespace, &name).cloned() else {
            continue;
        };
        let selector = &schedule["spec"]["controlPlaneSelector"];
        let fits = |plane: &&Object| selects(selector, plane);
        let chosen: Vec<Value> =
            cluster.store.list(Kind::ControlPlane, &namespace).filter(fits).map(|o| json!(meta(o, "name"))).collect();
        if schedule["status"]["selectedControlPlanes"] != json!(chosen) {
            set_status(cluster, Kind::SharedBackupSchedule, &schedule, &json!({"selectedControlPlanes": chosen}));
        }
    }
}

/// Whether a selector selects a control plane: its name, if names are given, and any of its label selectors, if
/// some are given (upbound.md 2).
fn selects(selector: &Value, plane: &Object) -> bool {
    let list = |field: &str| selector[field].as_array().filter(|list| !list.is_empty());
    let named = list("names").is_none_or(|names| names.iter().any(|name| name == meta(plane, "name")));
    let labelled = list("labelSelectors").is_none_or(|all| {
        all.iter().any(|one| {
            let wanted = one["matchLabels"].as_object().into_iter().flatten();
            let text: Vec<String> =
                wanted.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or(""))).collect();
            labels::fits(plane, &text.join(","))
        })
    });
    named && labelled
}

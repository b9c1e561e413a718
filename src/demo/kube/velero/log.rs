//! What the server writes to its log: read off what it has done, in the form of its own lines.

use crate::demo::kube::store::meta;
use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};

/// The lines of a pod's container so far, oldest first; nothing for other programs than the server.
pub(in crate::demo::kube) fn log(cluster: &Cluster, pod: &Object, container: &str) -> Vec<String> {
    let is_server = container == "velero" && super::container(pod).is_some_and(|c| c["args"][0] == "server");
    if !is_server {
        return Vec::new();
    }
    let started = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"].as_str().unwrap_or_default();
    let namespace = meta(pod, "namespace");
    let mut lines = vec![
        line(started, "info", "setting log-level to INFO", "logSource=\"pkg/cmd/server/server.go\""),
        line(started, "info", "Starting controllers", "logSource=\"pkg/cmd/server/server.go\""),
    ];
    lines.extend(cluster.store.list(Kind::BackupStorageLocation, namespace).filter_map(location));
    for (kind, verb) in [(Kind::Backup, "backup"), (Kind::Restore, "restore")] {
        lines.extend(cluster.store.list(kind, namespace).flat_map(|object| work(object, verb)));
    }
    // What was done before this pod is in the log of another.
    lines.retain(|(at, _)| at.as_str() >= started);
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The time that a line is sorted by, and the line.
fn line(at: &str, level: &str, message: &str, rest: &str) -> (String, String) {
    let message = message.replace('"', "\\\"");
    (at.to_owned(), format!("time=\"{at}\" level={level} msg=\"{message}\" {rest}"))
}

fn location(object: &Object) -> Option<(String, String)> {
    let status = &object["status"];
    let at = status["lastValidationTime"].as_str()?;
    let rest = format!(
        "backup-storage-location={}/{} controller=backup-storage-location",
        meta(object, "namespace"),
        meta(object, "name")
    );
    Some(match status["phase"].as_str() {
        Some("Available") => line(at, "info", "BackupStorageLocations is valid, marking as available", &rest),
        _ => line(at, "error", status["message"].as_str().unwrap_or_default(), &rest),
    })
}

/// The begin and the end of a backup or a restore.
fn work(object: &Object, verb: &str) -> Vec<(String, String)> {
    let status = &object["status"];
    let rest = format!("{verb}={}/{} controller={verb}", meta(object, "namespace"), meta(object, "name"));
    let (begin, end) = match verb {
        "backup" => {
            let items = status["progress"]["itemsBackedUp"].as_u64().unwrap_or_default();
            ("Setting up backup log", format!("Backed up a total of {items} items"))
        }
        _ => ("starting restore", "restore completed".to_owned()),
    };
    let mut out = Vec::new();
    if let Some(at) = status["startTimestamp"].as_str() {
        out.push(line(at, "info", begin, &rest));
    }
    if let Some(at) = status["completionTimestamp"].as_str() {
        let errors = object["metadata"]["annotations"][super::backup::ERRORS].as_str().unwrap_or_default();
        for error in errors.lines() {
            let rest = format!("{rest} error=\"{}\"", error.replace('"', "\\\""));
            out.push(line(at, "error", &format!("Error of the {verb}"), &rest));
        }
        let (level, message) = status["failureReason"].as_str().map_or(("info", end.as_str()), |why| ("error", why));
        out.push(line(at, level, message, &rest));
    }
    out
}

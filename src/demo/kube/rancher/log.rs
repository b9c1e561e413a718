//! What the operator writes to its log: read off what it has done, in the form of its own lines.

use super::{NAME, meta};
use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};

/// The lines of a pod's container so far, oldest first; nothing for other programs than the operator.
pub(in crate::demo::kube) fn log(cluster: &Cluster, pod: &Object, container: &str) -> Vec<String> {
    if container != NAME || super::container(pod).is_none() {
        return Vec::new();
    }
    let started = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"].as_str().unwrap_or_default();
    let mut lines = vec![line(started, "INFO", "Starting controllers")];
    lines.extend(cluster.store.list(Kind::RancherBackup, "").flat_map(work));
    // What was done before this pod is in the log of another.
    lines.retain(|(at, _)| at.as_str() >= started);
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The time that a line is sorted by, and the line.
fn line(at: &str, level: &str, message: &str) -> (String, String) {
    (at.to_owned(), format!("{level}[{at}] {message}"))
}

fn work(backup: &Object) -> Vec<(String, String)> {
    let (name, status) = (meta(backup, "name"), &backup["status"]);
    let mut out = Vec::new();
    if let Some(at) = status["lastSnapshotTs"].as_str() {
        out.push(line(at, "INFO", "invoking set s3 service client use IAM role"));
        out.push(line(at, "INFO", &format!("Done with backup {name}")));
    }
    for condition in status["conditions"].as_array().into_iter().flatten().filter(|one| one["reason"] == "Error") {
        let why = condition["message"].as_str().unwrap_or_default();
        let at = condition["lastUpdateTime"].as_str().unwrap_or_default();
        out.push(line(at, "ERRO", &format!("error syncing '{name}': handler backups: {why}, requeuing")));
    }
    out
}

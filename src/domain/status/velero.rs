//! How Velero is: out of its own objects.

use super::account_of;
use super::{
    BackupStatus, ClusterStatus, Identity, LocationStatus, ScheduleStatus, maybe, next, pod, rolled_out, text,
};
use crate::domain::injected::uses_pod_identity;
use serde_json::Value;

/// Out of the object as the API server gives it.
pub fn location(object: &Value) -> LocationStatus {
    let (spec, status) = (&object["spec"], &object["status"]);
    LocationStatus {
        name: text(&object["metadata"]["name"]),
        provider: text(&spec["provider"]),
        bucket: text(&spec["objectStorage"]["bucket"]),
        prefix: text(&spec["objectStorage"]["prefix"]),
        phase: maybe(&status["phase"]),
        message: text(&status["message"]),
        last_validated: maybe(&status["lastValidationTime"]),
        access_mode: maybe(&spec["accessMode"]).unwrap_or_else(|| "ReadWrite".to_owned()),
        default: spec["default"].as_bool().unwrap_or(false),
    }
}

/// Out of the object as the API server gives it.
pub fn backup(object: &Value) -> BackupStatus {
    let status = &object["status"];
    BackupStatus {
        name: text(&object["metadata"]["name"]),
        phase: maybe(&status["phase"]),
        errors: status["errors"].as_i64().unwrap_or(0),
        warnings: status["warnings"].as_i64().unwrap_or(0),
        created: maybe(&object["metadata"]["creationTimestamp"]),
        expires: maybe(&status["expiration"]),
        location: text(&object["spec"]["storageLocation"]),
        stored: None,
    }
}

/// Out of the object as the API server gives it, with its next time after `now` (seconds since 1970).
pub fn schedule(object: &Value, now: i64) -> ScheduleStatus {
    let last = maybe(&object["status"]["lastBackup"]);
    let created = object["metadata"]["creationTimestamp"].as_str();
    let schedule = text(&object["spec"]["schedule"]);
    let paused = object["spec"]["paused"].as_bool().unwrap_or(false);
    let next = if paused { None } else { next(&schedule, last.as_deref().or(created), now) };
    ScheduleStatus { name: text(&object["metadata"]["name"]), schedule, last, next }
}

/// What the status of Velero in one namespace is read from: objects as the API server gives them.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The cluster's EKS name.
    pub cluster: &'a str,
    /// The tool's namespace.
    pub namespace: &'a str,
    /// The `BackupStorageLocation`s.
    pub locations: &'a [Value],
    /// The namespace's Pods.
    pub pods: &'a [Value],
    /// The Backups.
    pub backups: &'a [Value],
    /// The Schedules.
    pub schedules: &'a [Value],
    /// The server's Deployment.
    pub deployment: Option<&'a Value>,
    /// Who the service account is to be, and is.
    pub identity: &'a Identity,
    /// Seconds since 1970.
    pub now: i64,
}

/// Puts the status together; backups come newest first.
///
/// It is healthy when the server is rolled out, there are locations and all are `Available`, and a role that
/// is named is also assumed (with Pod Identity the locations are all that tells).
pub fn velero(seen: &Observed<'_>) -> ClusterStatus {
    let locations: Vec<LocationStatus> = seen.locations.iter().map(location).collect();
    let mut backups: Vec<BackupStatus> = seen.backups.iter().map(backup).collect();
    backups.sort_by(|a, b| b.created.cmp(&a.created));
    let rolled_out = seen.deployment.is_some_and(rolled_out);
    let reached = !locations.is_empty() && locations.iter().all(|there| there.phase.as_deref() == Some("Available"));
    // Whom EKS gave Pod Identity's credentials for is only told by an error.
    let by_agent = seen.deployment.is_some_and(|deployment| uses_pod_identity(seen.pods, &account_of(deployment)));
    let known = seen.identity.expected.is_none() || seen.identity.actual.is_some() || by_agent;
    ClusterStatus {
        cluster: seen.cluster.to_owned(),
        tool: "velero".to_owned(),
        namespace: seen.namespace.to_owned(),
        healthy: rolled_out && reached && known,
        identity: seen.identity.clone(),
        locations,
        pods: seen.pods.iter().map(pod).collect(),
        backups,
        schedules: seen.schedules.iter().map(|object| schedule(object, seen.now)).collect(),
    }
}

/// The session that an error of AWS names (`User: arn:aws:sts::...:assumed-role/... is not authorized`).
pub fn session_in(message: &str) -> Option<&str> {
    let rest = message.split("User: ").nth(1)?;
    rest.split_whitespace().next().filter(|arn| arn.starts_with("arn:") && arn.contains(":assumed-role/"))
}

/// The location that counts: the default one, or the first.
pub fn main_location(locations: &[Value]) -> Option<&Value> {
    locations.iter().find(|location| location["spec"]["default"] == true).or_else(|| locations.first())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

//! What is installed and how it is (contract, Status and doctor), and how it is read from objects.

use serde::Serialize;
use serde_json::Value;

/// One cluster's set-up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ClusterStatus {
    pub cluster: String,
    pub tool: String,
    pub namespace: String,
    pub healthy: bool,
    pub identity: Identity,
    pub locations: Vec<LocationStatus>,
    pub pods: Vec<PodStatus>,
    pub backups: Vec<BackupStatus>,
    pub schedules: Vec<ScheduleStatus>,
}

/// The role that is meant, and the one that a token is accepted as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Identity {
    pub expected: Option<String>,
    pub actual: Option<String>,
}

/// A `BackupStorageLocation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct LocationStatus {
    pub name: String,
    pub provider: String,
    pub bucket: String,
    pub prefix: String,
    pub phase: Option<String>,
    pub message: String,
    pub last_validated: Option<String>,
    pub access_mode: String,
    pub default: bool,
}

/// A pod of the tool's namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct PodStatus {
    pub name: String,
    pub phase: String,
    pub ready: bool,
    pub restarts: i64,
    pub reason: String,
}

/// A Backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct BackupStatus {
    pub name: String,
    pub phase: Option<String>,
    pub errors: i64,
    pub warnings: i64,
    pub created: Option<String>,
    pub expires: Option<String>,
    pub location: String,
}

/// A Schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ScheduleStatus {
    pub name: String,
    pub schedule: String,
    pub last: Option<String>,
    pub next: Option<String>,
}

fn text(value: &Value) -> String {
    value.as_str().map(|text| super::Shown::new(text).to_string()).unwrap_or_default()
}

fn maybe(value: &Value) -> Option<String> {
    value.as_str().map(|text| super::Shown::new(text).to_string())
}

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
pub fn pod(object: &Value) -> PodStatus {
    let status = &object["status"];
    let containers = || {
        let list = |name: &str| status[name].as_array().cloned().unwrap_or_default();
        [list("initContainerStatuses"), list("containerStatuses")].concat()
    };
    let reason = containers()
        .iter()
        .find_map(|container| {
            let waiting = &container["state"]["waiting"];
            waiting["reason"]
                .as_str()
                .map(|reason| format!("{reason} {}", waiting["message"].as_str().unwrap_or_default()))
        })
        .or_else(|| status["reason"].as_str().map(str::to_owned))
        .unwrap_or_default();
    PodStatus {
        name: text(&object["metadata"]["name"]),
        phase: text(&status["phase"]),
        ready: status["conditions"]
            .as_array()
            .is_some_and(|list| list.iter().any(|it| it["type"] == "Ready" && it["status"] == "True")),
        restarts: containers().iter().filter_map(|container| container["restartCount"].as_i64()).sum(),
        reason: super::Shown::bounded(reason.trim(), 500).to_string(),
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
    }
}

/// Out of the object as the API server gives it.
pub fn schedule(object: &Value) -> ScheduleStatus {
    ScheduleStatus {
        name: text(&object["metadata"]["name"]),
        schedule: text(&object["spec"]["schedule"]),
        last: maybe(&object["status"]["lastBackup"]),
        next: None,
    }
}

//! What is installed and how it is (contract, Status and doctor), and how it is read from objects.

mod rancher;
mod spaces;
mod velero;

pub use rancher::{
    RANCHER_LOCATION, RancherObserved, RancherPlace, RancherVerdict, newest_rancher, rancher, rancher_backup,
    rancher_location, rancher_object, rancher_place, rancher_ran, rancher_storage_fault, rancher_verdict,
};
pub use spaces::{Host, SpaceObserved, spaces};
pub use velero::{Observed, backup, location, main_location, schedule, session_in, velero};

use super::Schedule;
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
    /// What only tools say that store one file a backup.
    #[serde(flatten)]
    pub stored: Option<Stored>,
}

/// The file of a backup, and whether it is where it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Its name, without the location's prefix; empty before the first.
    pub file: String,
    /// Where the tool says that it stored it: `S3`, `PV`, or empty for nowhere.
    pub storage_location: String,
    /// Whether the object is in the bucket; `None` where that could not be looked at.
    pub present: Option<bool>,
    /// Why it failed, in the tool's words.
    pub message: String,
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

/// The next time of a schedule after `now`, RFC 3339 in UTC. `@every` counts from `from`, the last backup or
/// the making of the schedule; cron fields count from nothing.
fn next(schedule: &str, from: Option<&str>, now: i64) -> Option<String> {
    let parsed = Schedule::parse(schedule).ok()?;
    let after = match from.and_then(|at| at.parse::<jiff::Timestamp>().ok()) {
        Some(from) if schedule.trim_start().starts_with("@every") => {
            let from = from.as_second().min(now);
            let step = parsed.next(from, 1).first()?.checked_sub(from).filter(|step| *step > 0)?;
            now - (now - from) % step
        }
        _ => now,
    };
    let at = *parsed.next(after, 1).first()?;
    jiff::Timestamp::from_second(at).ok().map(|at| at.to_string())
}

/// Whether a Deployment is rolled out: its newest generation seen, all replicas updated and available.
pub fn rolled_out(deployment: &Value) -> bool {
    let status = &deployment["status"];
    let wanted = deployment["spec"]["replicas"].as_i64().unwrap_or(1);
    // Scaled to none, nothing backs up.
    wanted > 0
        && status["observedGeneration"].as_i64() >= deployment["metadata"]["generation"].as_i64()
        && status["updatedReplicas"].as_i64().unwrap_or(0) >= wanted
        && status["availableReplicas"].as_i64().unwrap_or(0) >= wanted
        && status["replicas"].as_i64().unwrap_or(0) <= wanted
}

/// The service account of a workload; `default` when it names none.
pub fn account_of(deployment: &Value) -> String {
    let name = text(&deployment["spec"]["template"]["spec"]["serviceAccountName"]);
    if name.is_empty() { "default".to_owned() } else { name }
}

/// The role that a service account is annotated with.
pub fn role_of(account: &Value) -> Option<String> {
    maybe(&account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]).filter(|arn| !arn.is_empty())
}

//! What is installed and how it is (contract, Status and doctor).

use crate::plan::deployment_name;
use crate::ports::{Answer, ClusterAccess, Kind, Kube, Object, WebIdentity, World};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

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

/// Reads the status of Velero in one namespace.
///
/// # Errors
/// A list that fails. The identity is `null` instead: it is a question of its own.
pub async fn status(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    namespace: &str,
) -> Answer<ClusterStatus> {
    let (locations, pods, backups, schedules, deployment) = futures::try_join!(
        kube.list(Kind::BackupStorageLocation, namespace, ""),
        kube.list(Kind::Pod, namespace, ""),
        kube.list(Kind::Backup, namespace, ""),
        kube.list(Kind::Schedule, namespace, ""),
        kube.get(Kind::Deployment, namespace, deployment_name()),
    )?;
    let account = deployment.as_ref().map(|there| text(&there["spec"]["template"]["spec"]["serviceAccountName"]));
    let region = locations.first().map(|location| text(&location["spec"]["config"]["region"]));
    let region = region.filter(|region| !region.is_empty()).unwrap_or_else(|| access.region.clone());
    let identity = match &account {
        Some(account) => identity(world, kube, namespace, account, &region).await,
        None => Identity { expected: None, actual: None },
    };
    let locations: Vec<LocationStatus> = locations.iter().map(location).collect();
    let pods: Vec<PodStatus> = pods.iter().map(pod).collect();
    let mut backups: Vec<BackupStatus> = backups.iter().map(backup).collect();
    backups.sort_by(|a, b| b.created.cmp(&a.created));
    let rolled_out = deployment.as_ref().is_some_and(crate::plan::rolled_out);
    let reached = !locations.is_empty() && locations.iter().all(|there| there.phase.as_deref() == Some("Available"));
    let known = identity.expected.is_none() || identity.actual.is_some();
    Ok(ClusterStatus {
        cluster: access.name.clone(),
        tool: "velero".to_owned(),
        namespace: namespace.to_owned(),
        healthy: rolled_out && reached && known,
        identity,
        locations,
        pods,
        backups,
        schedules: schedules.iter().map(schedule).collect(),
    })
}

/// The role of the annotation, and who a freshly minted token is accepted as.
async fn identity(world: &World, kube: &Arc<dyn Kube>, namespace: &str, account: &str, region: &str) -> Identity {
    let object = kube.get(Kind::ServiceAccount, namespace, account).await.ok().flatten();
    let annotation = object.map(|there| text(&there["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]));
    let Some(expected) = annotation.filter(|arn| !arn.is_empty()) else {
        return Identity { expected: None, actual: None };
    };
    let exchanged = async {
        let token = kube.token(namespace, account, "sts.amazonaws.com", 600).await?;
        let identity = WebIdentity {
            region: region.to_owned(),
            role_arn: expected.clone(),
            token,
            session_name: "lifeboat-status".to_owned(),
        };
        world.aws.exchange(&identity).await
    };
    let actual = exchanged.await.ok().map(|session| session.arn);
    Identity { expected: Some(expected), actual }
}

fn text(value: &Value) -> String {
    value.as_str().map(|text| crate::domain::Shown::new(text).to_string()).unwrap_or_default()
}

fn maybe(value: &Value) -> Option<String> {
    value.as_str().map(|text| crate::domain::Shown::new(text).to_string())
}

fn location(object: &Object) -> LocationStatus {
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

fn pod(object: &Object) -> PodStatus {
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
        reason: crate::domain::Shown::bounded(reason.trim(), 500).to_string(),
    }
}

fn backup(object: &Object) -> BackupStatus {
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

fn schedule(object: &Object) -> ScheduleStatus {
    ScheduleStatus {
        name: text(&object["metadata"]["name"]),
        schedule: text(&object["spec"]["schedule"]),
        last: maybe(&object["status"]["lastBackup"]),
        next: None,
    }
}

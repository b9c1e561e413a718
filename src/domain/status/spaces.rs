//! How the backups of a Space are: a line for each config and control plane, out of their own objects.

use super::{BackupStatus, ClusterStatus, Identity, LocationStatus, PodStatus, ScheduleStatus, maybe, next, pod, text};
use crate::domain::Shown;
use crate::domain::injected::{carries_pod_identity, role_of_pod};
use crate::domain::space::{Progress, expires, host_namespace, plane_name, progress, selects};
use serde_json::Value;

/// What stands in a control plane's namespace on the host, as the API server gives it.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// The namespace.
    pub namespace: String,
    /// The service account of its controller.
    pub account: Option<Value>,
    /// The Deployment of its controller.
    pub deployment: Option<Value>,
    /// The pods of its controller.
    pub pods: Vec<Value>,
    /// Why a fresh token of the service account is not accepted; `None` when it is, or was not tried.
    pub refused: Option<String>,
}

/// What the status of a Space is read from: objects as the API server gives them.
#[derive(Debug, Clone, Copy)]
pub struct SpaceObserved<'a> {
    /// The cluster's EKS name.
    pub cluster: &'a str,
    /// The namespace of the Space's release.
    pub namespace: &'a str,
    /// The control planes of all groups.
    pub planes: &'a [Value],
    /// What stands on the host for them.
    pub hosts: &'a [Host],
    /// The `SharedBackupConfig`s.
    pub configs: &'a [Value],
    /// The `SharedBackupSchedule`s.
    pub schedules: &'a [Value],
    /// The Backups.
    pub backups: &'a [Value],
    /// Who the controllers are to be, and one is.
    pub identity: &'a Identity,
    /// Seconds since 1970.
    pub now: i64,
}

/// The phase of a control plane that cannot be backed up yet.
pub const NOT_COVERED: &str = "NotCovered";

/// Puts the status together; backups come newest first.
///
/// It is healthy when some control plane is meant to be backed up, and each of those has a controller that runs
/// with its identity and whose newest Backup has not failed.
pub fn spaces(seen: &SpaceObserved<'_>) -> ClusterStatus {
    let mut locations = Vec::new();
    let (mut meant, mut well) = (0, 0);
    for plane in seen.planes {
        let of_group = |config: &&Value| config["metadata"]["namespace"] == plane["metadata"]["namespace"];
        let configs: Vec<&Value> = seen.configs.iter().filter(of_group).collect();
        for config in &configs {
            let (line, is) = location(seen, plane, config);
            meant += usize::from(is != Standing::LeftOut);
            well += usize::from(is == Standing::Well);
            locations.push(line);
        }
        if configs.is_empty() {
            let why = format!("the group {} has no SharedBackupConfig", text(&plane["metadata"]["namespace"]));
            locations.push(bare(Shown::bounded(&plane_name(plane), 300).to_string(), NOT_COVERED, &why));
        }
    }
    let mut backups: Vec<BackupStatus> = seen.backups.iter().map(backup).collect();
    backups.sort_by(|a, b| b.created.cmp(&a.created));
    ClusterStatus {
        cluster: seen.cluster.to_owned(),
        tool: "upbound-spaces".to_owned(),
        namespace: seen.namespace.to_owned(),
        healthy: meant > 0 && well == meant,
        identity: seen.identity.clone(),
        locations,
        pods: seen.hosts.iter().flat_map(pods).collect(),
        backups,
        schedules: seen.schedules.iter().map(|object| schedule(object, seen.now)).collect(),
    }
}

/// How a control plane stands with a config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is backed up, or about to be.
    Well,
    /// It cannot be, or its newest Backup failed.
    Ill,
    /// It is not meant to be, or not made yet.
    LeftOut,
}

/// The line of a control plane and a config of its group.
fn location(seen: &SpaceObserved<'_>, plane: &Value, config: &Value) -> (LocationStatus, Standing) {
    let storage = &config["spec"]["objectStorage"];
    let (group, name) = (text(&plane["metadata"]["namespace"]), text(&plane["metadata"]["name"]));
    let of_config = text(&config["metadata"]["name"]);
    let newest = newest(seen, plane, config);
    let (phase, message, standing) = standing(seen, plane, config, newest);
    let prefix = text(&storage["prefix"]);
    let parts = [prefix.trim_matches('/'), group.as_str(), name.as_str()];
    let line = LocationStatus {
        provider: text(&storage["provider"]).to_lowercase(),
        bucket: text(&storage["bucket"]),
        prefix: parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"),
        last_validated: newest.and_then(ended),
        ..bare(format!("{group}/{of_config}/{name}"), &phase, &message)
    };
    (LocationStatus { phase: (!phase.is_empty()).then_some(phase), ..line }, standing)
}

fn bare(name: String, phase: &str, message: &str) -> LocationStatus {
    LocationStatus {
        name,
        provider: String::new(),
        bucket: String::new(),
        prefix: String::new(),
        phase: Some(phase.to_owned()),
        message: message.to_owned(),
        last_validated: None,
        access_mode: "ReadWrite".to_owned(),
        default: false,
    }
}

/// The phase, what there is to say, and what it counts: the first link that is missing, or else the newest Backup.
fn standing(
    seen: &SpaceObserved<'_>,
    plane: &Value,
    config: &Value,
    newest: Option<&Value>,
) -> (String, String, Standing) {
    let of = |phase: &str, why: &str, standing| (phase.to_owned(), why.to_owned(), standing);
    if !is_meant(seen, plane, config) {
        return of("LeftOut", "no schedule with this config selects it", Standing::LeftOut);
    }
    let Some(namespace) = host_namespace(plane) else {
        return of("Provisioning", "it has no id yet, so it has no namespace that could be trusted", Standing::LeftOut);
    };
    let host = seen.hosts.iter().find(|host| host.namespace == namespace);
    if storage_is_ours(config)
        && let Some(why) = host.map_or_else(|| Some(format!("there is no namespace {namespace}")), missing)
    {
        return (NOT_COVERED.to_owned(), Shown::bounded(&why, 1000).to_string(), Standing::Ill);
    }
    match newest.map(progress) {
        None => of("", "", Standing::Well),
        Some(Progress::Completed) => of("Completed", "", Standing::Well),
        Some(Progress::Deleted) => of("Deleted", "", Standing::Well),
        Some(Progress::Under(phase)) => (phase, String::new(), Standing::Well),
        Some(Progress::Retrying(why)) => ("Retrying".to_owned(), why, Standing::Well),
        Some(Progress::Failed(reason, why)) => ("Failed".to_owned(), format!("{reason}: {why}"), Standing::Ill),
    }
}

/// Whether a config has the controllers use their own identity: with a key Secret it is no matter.
fn storage_is_ours(config: &Value) -> bool {
    config["spec"]["objectStorage"]["credentials"]["source"] == "InjectedIdentity"
}

/// Whether the control plane is to be backed up with the config: a schedule with it selects it, or there is no
/// schedule with it that could leave it out.
fn is_meant(seen: &SpaceObserved<'_>, plane: &Value, config: &Value) -> bool {
    let group = &config["metadata"]["namespace"];
    let mut with = seen
        .schedules
        .iter()
        .filter(|it| {
            it["metadata"]["namespace"] == *group && it["spec"]["configRef"]["name"] == config["metadata"]["name"]
        })
        .peekable();
    with.peek().is_none() || with.any(|it| selects(&it["spec"]["controlPlaneSelector"], plane))
}

/// What keeps a controller from the bucket, as far as Kubernetes and a fresh token show it.
fn missing(host: &Host) -> Option<String> {
    let Some(_) = &host.account else { return Some(format!("there is no service account in {}", host.namespace)) };
    if let Some(why) = &host.refused {
        return Some(why.clone());
    }
    let running: Vec<&Value> = host.pods.iter().filter(|it| it["metadata"]["deletionTimestamp"].is_null()).collect();
    if running.is_empty() {
        return Some(format!("no pod of its controller runs in {}", host.namespace));
    }
    let bare = running.into_iter().find(|pod| role_of_pod(pod).is_none() && !carries_pod_identity(pod))?;
    Some(format!("the pod {} was made before it had an identity: restart it", text(&bare["metadata"]["name"])))
}

/// The newest Backup of a control plane with a config.
fn newest<'a>(seen: &SpaceObserved<'a>, plane: &Value, config: &Value) -> Option<&'a Value> {
    let of = |it: &&Value| {
        it["metadata"]["namespace"] == plane["metadata"]["namespace"]
            && it["spec"]["controlPlane"] == plane["metadata"]["name"]
            && it["spec"]["configRef"]["name"] == config["metadata"]["name"]
    };
    seen.backups.iter().filter(of).max_by_key(|it| it["metadata"]["creationTimestamp"].as_str())
}

/// When a Backup came to its end.
fn ended(backup: &Value) -> Option<String> {
    let conditions = backup["status"]["conditions"].as_array()?;
    maybe(&conditions.iter().find(|it| it["status"] == "True")?["lastTransitionTime"])
}

/// Pods of controllers have no names that tell them apart: their namespace comes first.
fn pods(host: &Host) -> Vec<PodStatus> {
    let of = |object: &Value| {
        let pod = pod(object);
        PodStatus { name: format!("{}/{}", Shown::new(&host.namespace), pod.name), ..pod }
    };
    host.pods.iter().map(of).collect()
}

fn backup(object: &Value) -> BackupStatus {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    let group = text(&metadata["namespace"]);
    let phase = match progress(object) {
        Progress::Under(phase) => phase,
        Progress::Retrying(_) => "Retrying".to_owned(),
        Progress::Completed => "Completed".to_owned(),
        Progress::Failed(..) => "Failed".to_owned(),
        Progress::Deleted => "Deleted".to_owned(),
    };
    BackupStatus {
        stored: None,
        name: format!("{group}/{}", text(&metadata["name"])),
        errors: i64::from(phase == "Failed"),
        warnings: i64::from(phase == "Retrying"),
        phase: Some(phase),
        created: maybe(&metadata["creationTimestamp"]),
        expires: expires(object),
        location: format!("{group}/{}/{}", text(&spec["configRef"]["name"]), text(&spec["controlPlane"])),
    }
}

fn schedule(object: &Value, now: i64) -> ScheduleStatus {
    let metadata = &object["metadata"];
    let last = maybe(&object["status"]["lastBackup"]);
    let schedule = text(&object["spec"]["schedule"]);
    let from = last.as_deref().or(metadata["creationTimestamp"].as_str());
    let next = if object["spec"]["suspend"] == true { None } else { next(&schedule, from, now) };
    ScheduleStatus {
        name: format!("{}/{}", text(&metadata["namespace"]), text(&metadata["name"])),
        schedule,
        last,
        next,
    }
}

#[cfg(test)]
#[path = "spaces_tests.rs"]
mod tests;

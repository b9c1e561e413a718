//! How Rancher Backup is: its default location and its Backups, told by what their conditions say together
//! (rancher.md 3). `Ready` alone proves nothing: a recurring Backup stays `Ready` when its later runs fail.

use super::{
    BackupStatus, ClusterStatus, Identity, LocationStatus, ScheduleStatus, Stored, account_of, maybe, next, pod,
    rolled_out, text,
};
use crate::domain::Shown;
use crate::domain::injected::uses_pod_identity;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The Secret that holds the operator's default location, fixed by the chart.
pub const RANCHER_LOCATION: &str = "rancher-backup-s3";

/// How long an operator may take to see a new Backup, seconds: an S3 that answers nobody keeps the status blank for
/// about five minutes.
const UNSEEN: i64 = 600;

/// Where the operator stores what names no place of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RancherPlace {
    /// The bucket.
    pub bucket: String,
    /// Its region, or empty.
    pub region: String,
    /// Empty, or ends in `/`.
    pub prefix: String,
    /// A Secret with keys, or empty: what the pod is given.
    pub secret: String,
}

/// Out of the Secret [`RANCHER_LOCATION`]; `None` where it names no bucket.
pub fn rancher_place(secret: &Value) -> Option<RancherPlace> {
    let field = |name: &str| {
        let bytes = STANDARD.decode(secret["data"][name].as_str().unwrap_or_default()).unwrap_or_default();
        Shown::new(String::from_utf8_lossy(&bytes).trim()).to_string()
    };
    let folder = field("folder");
    let folder = folder.trim_matches('/');
    let place = RancherPlace {
        bucket: field("bucketName"),
        region: field("region"),
        prefix: if folder.is_empty() { String::new() } else { format!("{folder}/") },
        secret: field("credentialSecretName"),
    };
    (!place.bucket.is_empty()).then_some(place)
}

/// What a Backup's status comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RancherVerdict {
    /// The operator has not written anything yet.
    Unseen,
    /// It runs, or waits for its next run with a changed spec; what `Ready` says.
    Under(String),
    /// The newest spec was run, the file was stored in S3.
    Completed,
    /// It failed, in the operator's words, or it claims a success that stored nothing.
    Failed(String),
}

/// The whole success test, but for the object in the bucket.
pub fn rancher_verdict(backup: &Value) -> RancherVerdict {
    let status = &backup["status"];
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(error) = conditions.iter().find(|one| one["reason"] == "Error") {
        return RancherVerdict::Failed(text(&error["message"]));
    }
    if status.as_object().is_none_or(serde_json::Map::is_empty) {
        return RancherVerdict::Unseen;
    }
    let ready = conditions.iter().find(|one| one["type"] == "Ready");
    let says = ready.map(|ready| text(&ready["message"])).unwrap_or_default();
    let stored = text(&status["storageLocation"]);
    let newest = status["observedGeneration"] == backup["metadata"]["generation"];
    match says.as_str() {
        "Completed" if newest && stored == "S3" => RancherVerdict::Completed,
        "Completed" if newest && stored.is_empty() => {
            RancherVerdict::Failed("it says Completed and stored nothing: its storageLocation has no s3".to_owned())
        }
        "Completed" if newest => RancherVerdict::Failed(format!("it was stored in {stored}, not in S3")),
        // A recurring Backup is not looked at before its next run, whatever is changed in it.
        "Completed" if !text(&backup["spec"]["schedule"]).is_empty() => RancherVerdict::Under("Pending".to_owned()),
        "" | "Completed" => RancherVerdict::Under("InProgress".to_owned()),
        _ => RancherVerdict::Under(says),
    }
}

/// Whether the newest run of a Backup stored its file in S3, be it of an older spec.
pub fn rancher_ran(backup: &Value) -> bool {
    match rancher_verdict(backup) {
        RancherVerdict::Completed => true,
        RancherVerdict::Under(says) => says == "Pending" && backup["status"]["storageLocation"] == "S3",
        _ => false,
    }
}

/// The object that a Backup's newest file is, below the location's prefix.
pub fn rancher_object(backup: &Value, place: &RancherPlace) -> Option<String> {
    let file = backup["status"]["filename"].as_str().filter(|file| !file.is_empty())?;
    Some(format!("{}{file}", place.prefix))
}

/// Whether a Backup goes to the operator's default location.
fn is_default(backup: &Value) -> bool {
    backup["spec"]["storageLocation"].is_null()
}

/// When a Backup last did something; RFC 3339 in UTC, as the API server writes it.
fn active(backup: &Value) -> &str {
    let status = &backup["status"];
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let times = conditions.flat_map(|one| [&one["lastUpdateTime"], &one["lastTransitionTime"]]);
    let all = times.chain([&status["lastSnapshotTs"], &backup["metadata"]["creationTimestamp"]]);
    all.filter_map(Value::as_str).max().unwrap_or_default()
}

/// The Backup to the default location that last did something.
pub fn newest_rancher(backups: &[Value]) -> Option<&Value> {
    backups.iter().filter(|backup| is_default(backup)).max_by_key(|backup| active(backup))
}

/// The default location in the form of Velero's locations, with its phase from the newest Backup: what reads
/// locations reads it so.
pub fn rancher_location(secret: &Value, backups: &[Value]) -> Option<Value> {
    let place = rancher_place(secret)?;
    let newest = newest_rancher(backups);
    let (phase, message) = match newest.map(rancher_verdict) {
        Some(_) if newest.is_some_and(rancher_ran) => (Some("Available"), String::new()),
        Some(RancherVerdict::Failed(why)) if rancher_storage_fault(&why) => (Some("Unavailable"), why),
        _ => (None, String::new()),
    };
    let of_location = |backup: &&Value| is_default(backup) && rancher_ran(backup);
    let last = backups.iter().filter(of_location).filter_map(|it| it["status"]["lastSnapshotTs"].as_str()).max();
    Some(json!({
        "metadata": {"name": RANCHER_LOCATION},
        "spec": {"provider": "aws", "default": true, "config": {"region": place.region},
            "objectStorage": {"bucket": place.bucket, "prefix": place.prefix.trim_end_matches('/')}},
        "status": {"phase": phase, "message": message, "lastValidationTime": last}
    }))
}

/// Whether an error is of the way to S3 or of S3, and not of the Backup's own spec.
pub fn rancher_storage_fault(why: &str) -> bool {
    const OWN: [&str; 4] =
        ["error parsing invalid cron", "resourcesets.resources.cattle.io", "no encryptionConfig", "secrets \""];
    !OWN.iter().any(|start| why.starts_with(start))
}

/// A Backup in the form of Velero's: its phase and why it failed.
pub fn rancher_backup(backup: &Value) -> Value {
    let (phase, why) = phase(backup);
    json!({"metadata": backup["metadata"], "spec": {"storageLocation": RANCHER_LOCATION},
        "status": {"phase": phase, "failureReason": why}})
}

fn phase(backup: &Value) -> (String, String) {
    match rancher_verdict(backup) {
        RancherVerdict::Unseen => ("New".to_owned(), String::new()),
        RancherVerdict::Under(says) => (says, String::new()),
        RancherVerdict::Completed => ("Completed".to_owned(), String::new()),
        RancherVerdict::Failed(why) => ("Failed".to_owned(), why),
    }
}

/// What the status of Rancher Backup is read from: objects as the API server gives them.
#[derive(Debug, Clone, Copy)]
pub struct RancherObserved<'a> {
    /// The cluster's EKS name.
    pub cluster: &'a str,
    /// The operator's namespace.
    pub namespace: &'a str,
    /// The Secret [`RANCHER_LOCATION`].
    pub location: Option<&'a Value>,
    /// The namespace's Pods.
    pub pods: &'a [Value],
    /// The Backups.
    pub backups: &'a [Value],
    /// The operator's Deployment.
    pub deployment: Option<&'a Value>,
    /// The keys under the location's prefix, as far as they were listed; `None` where they were not.
    pub keys: Option<&'a [String]>,
    /// Who the service account is to be, and is.
    pub identity: &'a Identity,
    /// Seconds since 1970.
    pub now: i64,
}

/// Puts the status together; backups come newest first.
///
/// It is healthy when the operator is rolled out with a default location, no Backup failed or was left unseen, the
/// newest one's object is there as far as it can be seen, and a role that is named is also assumed.
pub fn rancher(seen: &RancherObserved<'_>) -> ClusterStatus {
    let place = seen.location.and_then(rancher_place);
    let locations: Vec<LocationStatus> =
        seen.location.and_then(|secret| rancher_location(secret, seen.backups)).iter().map(super::location).collect();
    let mut backups: Vec<BackupStatus> = seen.backups.iter().map(|it| backup(it, place.as_ref(), seen)).collect();
    backups.sort_by(|a, b| b.created.cmp(&a.created));
    let newest = newest_rancher(seen.backups).map(|it| backup(it, place.as_ref(), seen));
    let lost = newest.and_then(|it| it.stored?.present) == Some(false);
    let ill = |backup: &Value| match rancher_verdict(backup) {
        RancherVerdict::Failed(_) => true,
        RancherVerdict::Unseen => age(backup, seen.now).is_some_and(|age| age > UNSEEN),
        _ => false,
    };
    let well = !lost && !seen.backups.iter().any(ill);
    // Whom EKS gave Pod Identity's credentials for is only told by an error.
    let by_agent = seen.deployment.is_some_and(|deployment| uses_pod_identity(seen.pods, &account_of(deployment)));
    let known = seen.identity.expected.is_none() || seen.identity.actual.is_some() || by_agent;
    let recurring = seen.backups.iter().filter(|it| !text(&it["spec"]["schedule"]).is_empty());
    ClusterStatus {
        cluster: seen.cluster.to_owned(),
        tool: "rancher-backup".to_owned(),
        namespace: seen.namespace.to_owned(),
        healthy: seen.deployment.is_some_and(rolled_out) && !locations.is_empty() && well && known,
        identity: seen.identity.clone(),
        locations,
        pods: seen.pods.iter().map(pod).collect(),
        backups,
        schedules: recurring.map(|object| schedule(object, seen.now)).collect(),
    }
}

fn age(backup: &Value, now: i64) -> Option<i64> {
    let made = backup["metadata"]["creationTimestamp"].as_str()?.parse::<jiff::Timestamp>().ok()?;
    Some(now.saturating_sub(made.as_second()))
}

fn backup(object: &Value, place: Option<&RancherPlace>, seen: &RancherObserved<'_>) -> BackupStatus {
    let (phase, message) = phase(object);
    let status = &object["status"];
    let own = &object["spec"]["storageLocation"]["s3"];
    let location = match (is_default(object), own["bucketName"].as_str()) {
        (true, _) => RANCHER_LOCATION.to_owned(),
        (false, Some(bucket)) => Shown::new(&format!("s3://{bucket}/{}", text(&own["folder"]))).to_string(),
        (false, None) => String::new(),
    };
    let key = place.filter(|_| is_default(object)).and_then(|place| rancher_object(object, place));
    let stored = Stored {
        file: text(&status["filename"]),
        storage_location: text(&status["storageLocation"]),
        present: key.zip(seen.keys).map(|(key, keys)| keys.contains(&key)),
        message: Shown::bounded(&message, 1000).to_string(),
    };
    BackupStatus {
        name: text(&object["metadata"]["name"]),
        errors: i64::from(phase == "Failed") + i64::from(stored.present == Some(false)),
        warnings: 0,
        phase: Some(phase),
        created: maybe(&object["metadata"]["creationTimestamp"]),
        expires: None,
        location,
        stored: Some(stored),
    }
}

fn schedule(object: &Value, now: i64) -> ScheduleStatus {
    let status = &object["status"];
    let last = maybe(&status["lastSnapshotTs"]);
    let schedule = text(&object["spec"]["schedule"]);
    let made = object["metadata"]["creationTimestamp"].as_str();
    let told = maybe(&status["nextSnapshotAt"]).filter(|at| !at.is_empty());
    let next = told.or_else(|| next(&schedule, last.as_deref().or(made), now));
    ScheduleStatus { name: text(&object["metadata"]["name"]), schedule, last, next }
}

#[cfg(test)]
#[path = "rancher_tests.rs"]
mod tests;

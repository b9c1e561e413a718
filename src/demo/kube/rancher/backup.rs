//! Backups: when each runs, and what its status says of it (rancher.md 3).

use super::{Operator, attempt};
use crate::demo::clock::{later, stamp};
use crate::demo::kube::store::meta;
use crate::demo::state::{Account, Cluster};
use crate::domain::Schedule;
use crate::ports::{Kind, Object};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const TAKES: SignedDuration = SignedDuration::from_millis(1200);

pub(super) fn run(cluster: &mut Cluster, account: &mut Account, operator: &Operator) {
    for (_, name) in cluster.store.names(Kind::RancherBackup, "") {
        let Some(backup) = cluster.store.get(Kind::RancherBackup, "", &name).cloned() else { continue };
        if !is_due(cluster, &backup) {
            continue;
        }
        if backup["status"]["backupType"].is_null() {
            // The very first write: the operator is alive.
            let kind = if schedule(&backup).is_empty() { "One-time" } else { "Recurring" };
            status(cluster, &name, |status| status["backupType"] = json!(kind));
        }
        if !cluster.due(&format!("rancher backup {}", meta(&backup, "uid")), TAKES) {
            continue;
        }
        let tries = tries(&backup);
        let done = next(&backup, cluster.now)
            .and_then(|next| attempt::run(cluster, account, operator, &backup).map(|done| (done, next)));
        match done {
            Ok((done, next)) => {
                for key in tries {
                    cluster.seen.remove(&key);
                }
                succeeded(cluster, &name, &backup, &done, next);
            }
            Err(why) => failed(cluster, &name, &backup, &why),
        }
    }
}

fn schedule(backup: &Object) -> &str {
    backup["spec"]["schedule"].as_str().unwrap_or_default()
}

/// Where the failures of this very spec are counted, and when the next try is due (ms since 1970).
fn tries(backup: &Object) -> [String; 2] {
    let (uid, generation) = (meta(backup, "uid"), &backup["metadata"]["generation"]);
    [format!("rancher failures {uid} {generation}"), format!("rancher retry {uid} {generation}")]
}

/// Whether a backup is to be tried now. A recurring one is not looked at before its time, whatever is changed in it;
/// a one-time one is when its spec is another than the one that was done.
pub(super) fn is_due(cluster: &Cluster, backup: &Object) -> bool {
    let [_, retry] = tries(backup);
    if cluster.seen.get(&retry).is_some_and(|at| cluster.now.as_millisecond() < *at) {
        return false;
    }
    let status = &backup["status"];
    if schedule(backup).is_empty() {
        return status["observedGeneration"] != backup["metadata"]["generation"];
    }
    let next = status["nextSnapshotAt"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    next.is_none_or(|next| cluster.now >= next)
}

/// When a recurring backup runs again; a schedule that is none is an error of each try (F31).
fn next(backup: &Object, now: Timestamp) -> Result<Option<String>, String> {
    let cron = schedule(backup);
    if cron.is_empty() {
        return Ok(None);
    }
    let parsed = Schedule::parse(cron)
        .map_err(|_| format!("error parsing invalid cron string for schedule: expected exactly 5 fields: [{cron}]"))?;
    let at = parsed.next(now.as_second(), 1).first().and_then(|at| Timestamp::from_second(*at).ok());
    Ok(at.map(|at| at.to_string()))
}

fn succeeded(cluster: &mut Cluster, name: &str, backup: &Object, done: &attempt::Done, next: Option<String>) {
    let now = stamp(cluster.now);
    let generation = backup["metadata"]["generation"].clone();
    status(cluster, name, |status| {
        status["conditions"] = json!([
            {"type": "Ready", "status": "True", "message": "Completed", "lastUpdateTime": now},
            {"type": "Uploaded", "status": "True", "lastUpdateTime": now}]);
        status["lastSnapshotTs"] = json!(now);
        status["observedGeneration"] = generation;
        status["storageLocation"] = json!(done.location);
        status["filename"] = json!(done.filename);
        if let Some(next) = next {
            status["nextSnapshotAt"] = json!(next);
        }
    });
}

/// The traps: `Ready` and `Uploaded` of a recurring backup stay `True`, and so does the old file's name; only the
/// added condition says what went wrong.
fn failed(cluster: &mut Cluster, name: &str, backup: &Object, why: &str) {
    let [failures, retry] = tries(backup);
    let count = cluster.seen.get(&failures).copied().unwrap_or(0);
    let wait = match count {
        0..=12 => SignedDuration::from_millis(5_i64.saturating_mul(1 << count)),
        13..=30 => SignedDuration::from_secs(30),
        _ => SignedDuration::from_secs(120),
    };
    cluster.seen.insert(failures, count.saturating_add(1));
    cluster.seen.insert(retry, later(cluster.now, wait).as_millisecond());
    let now = stamp(cluster.now);
    status(cluster, name, |status| {
        let mut conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        let error = |condition: &Value| condition["type"] == "Reconciling" && condition["message"] == why;
        if conditions.iter().any(error) {
            return;
        }
        conditions.retain(|condition| condition["type"] != "Reconciling");
        match conditions.iter_mut().find(|condition| condition["type"] == "Ready") {
            Some(ready) => ready["message"] = json!("Retrying"),
            None => conditions
                .push(json!({"type": "Ready", "status": "Unknown", "message": "Retrying", "lastUpdateTime": now})),
        }
        conditions.push(json!({"type": "Reconciling", "status": "False", "reason": "Error", "message": why,
            "lastUpdateTime": now}));
        status["conditions"] = json!(conditions);
    });
}

fn status(cluster: &mut Cluster, name: &str, change: impl FnOnce(&mut Value)) {
    cluster.store.update(Kind::RancherBackup, "", name, |object| {
        if !object["status"].is_object() {
            object["status"] = json!({});
        }
        change(&mut object["status"]);
    });
}

//! A control plane's controller: its Backups, with the credentials that its pod was given.

use std::collections::HashMap;
use std::time::Duration;

use kube::api::{DeleteParams, ListParams};
use kube::core::DynamicObject;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::stand_in::{StandIn, condition, objects};
use super::storage::Store;
use super::{GROUP, hold, merge, name};

const LOOK: Duration = Duration::from_millis(150);
const FINALIZER: &str = "internal.spaces.upbound.io/backup-files";
/// Between two tries; the real one waits longer.
const PAUSE: Duration = Duration::from_millis(400);
/// After as many failures a Backup is given up.
const TRIES: u64 = 4;

struct Controller {
    pod: StandIn,
    plane: String,
    group: String,
    /// The time of the next try, by UID.
    next: HashMap<String, Instant>,
}

/// Runs until it crashes: its last words. It needs no credentials to start.
pub async fn run(pod: StandIn) -> String {
    let word = |name: &str| pod.argument(name).map(str::to_owned);
    let (Some(plane), Some(group)) = (word("--control-plane"), word("--group")) else {
        return "no control plane is named".to_owned();
    };
    pod.log.line("msg=\"starting mxp-controller\"");
    let mut controller = Controller { pod, plane, group, next: HashMap::new() };
    loop {
        controller.look().await;
        tokio::time::sleep(LOOK).await;
    }
}

impl Controller {
    async fn look(&mut self) {
        let api = objects(&self.pod.admin, GROUP, "v1beta1", "Backup", &self.group);
        let Ok(backups) = api.list(&ListParams::default()).await else { return };
        for backup in backups {
            if backup.data["spec"]["controlPlane"] != self.plane.as_str() {
                continue;
            }
            let uid = backup.metadata.uid.clone().unwrap_or_default();
            if self.next.get(&uid).is_some_and(|next| Instant::now() < *next) {
                continue;
            }
            let phase = backup.data["status"]["phase"].as_str().unwrap_or("Pending");
            if backup.metadata.deletion_timestamp.is_some() {
                self.remove(&backup).await;
            } else if matches!(phase, "Pending" | "InProgress") {
                self.next.insert(uid, Instant::now() + PAUSE);
                self.back_up(&backup).await;
            } else if old(&backup) {
                let _ = api.delete(name(&backup), &DeleteParams::default()).await;
            }
        }
    }

    async fn back_up(&self, backup: &DynamicObject) {
        let kube = &self.pod.admin;
        let clean = backup.data["spec"]["deletionPolicy"] == "Delete";
        hold(kube, "Backup", backup, FINALIZER, clean).await;
        let retries = backup.data["status"]["retries"].as_u64().unwrap_or(0);
        let status = match self.upload(backup).await {
            Ok(()) => json!({
                "phase": "Completed", "retries": retries, "observedGeneration": backup.metadata.generation,
                "conditions": [condition("Completed", "True", "BackupSuccess", "")],
            }),
            Err(problem) => {
                self.pod.log.line(&format!("level=error backup={} msg={problem:?}", name(backup)));
                let last = retries + 1 >= TRIES;
                let (phase, status, reason) =
                    if last { ("Failed", "True", "BackupFailed") } else { ("InProgress", "False", "BackupRetry") };
                json!({
                    "phase": phase, "retries": retries + 1, "observedGeneration": backup.metadata.generation,
                    "conditions": [condition("Failed", status, reason, &problem)],
                })
            }
        };
        merge(kube, "Backup", backup, json!({"status": status})).await;
    }

    async fn open(&self, backup: &DynamicObject) -> Result<(Store, String), String> {
        let reference = &backup.data["spec"]["configRef"];
        let store = Store::open(&self.pod.admin, &self.pod.environment, &self.group, &self.plane, reference).await?;
        let folder = format!("{}/{}/", store.folder, name(backup));
        Ok((store, folder))
    }

    /// Lists its folder, writes, and reads back what it wrote.
    async fn upload(&self, backup: &DynamicObject) -> Result<(), String> {
        let (store, folder) = self.open(backup).await?;
        store.bucket.list(&folder, "/").await.map_err(|it| format!("cannot list backup files: {it}"))?;
        for file in ["export.tar.gz", "metadata.json"] {
            let key = format!("{folder}{file}");
            let put = store.bucket.put(&key, vec![b'.'; 1024].into()).await;
            put.map_err(|problem| format!("cannot upload backup: upload s3 object: {problem}"))?;
            store.bucket.stat(&key).await.map_err(|problem| format!("cannot stat backup: {problem}"))?;
        }
        Ok(())
    }

    /// Its files go with it only when it says so.
    async fn remove(&mut self, backup: &DynamicObject) {
        if backup.metadata.finalizers.iter().flatten().all(|it| it != FINALIZER) {
            return;
        }
        if backup.data["spec"]["deletionPolicy"] == "Delete"
            && let Err(problem) = self.clean(backup).await
        {
            self.pod.log.line(&format!("level=error backup={} msg={problem:?}", name(backup)));
            let uid = backup.metadata.uid.clone().unwrap_or_default();
            self.next.insert(uid, Instant::now() + PAUSE);
            let conditions = [condition("Failed", "False", "BackupRetry", &problem)];
            merge(&self.pod.admin, "Backup", backup, json!({"status": {"conditions": conditions}})).await;
            return;
        }
        hold(&self.pod.admin, "Backup", backup, FINALIZER, false).await;
    }

    async fn clean(&self, backup: &DynamicObject) -> Result<(), String> {
        let (store, folder) = self.open(backup).await?;
        for (key, _) in store.bucket.list(&folder, "").await? {
            store.bucket.delete(&key).await?;
        }
        Ok(())
    }
}

/// Whether its `ttl` is over.
fn old(backup: &DynamicObject) -> bool {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let ttl = text(&backup.data["spec"]["ttl"]).and_then(|text| lifeboat::domain::GoDuration::parse(&text).ok());
    let made = backup.metadata.creation_timestamp.as_ref().map(|time| time.0.as_second());
    match (ttl, made) {
        (Some(ttl), Some(made)) => made.saturating_add_unsigned(ttl.seconds()) < jiff::Timestamp::now().as_second(),
        _ => false,
    }
}

//! A stand-in for the Rancher Backup operator: it makes the operator's S3 calls with the credentials that its pod was
//! given, and writes the status that the operator writes. What it uploads is not a backup of anything.

mod outcome;
mod storage;

use std::collections::HashMap;
use std::time::Duration;

use kube::api::{ListParams, Patch, PatchParams};
use kube::core::DynamicObject;
use lifeboat::domain::Schedule;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::stand_in::{StandIn, now, objects, said, secret};
use storage::Store;

const GROUP: &str = "resources.cattle.io";
/// Between two looks at the Backups.
const LOOK: Duration = Duration::from_millis(150);
/// The longest time between two tries of one that fails; the operator's is two minutes.
const RETRY: Duration = Duration::from_secs(2);
/// Says how large the upload is, bytes.
const SIZE: &str = "test-bed/bytes";

/// The operator, at work.
struct Operator {
    pod: StandIn,
    /// The default location, read once.
    default: Option<Store>,
    /// UID of `kube-system`: the cluster's mark in file names.
    mark: String,
    /// Failures in a row and the time of the next try, by UID.
    failed: HashMap<String, (u32, Instant)>,
}

/// Runs until it crashes: its last words.
pub async fn run(pod: StandIn) -> String {
    match start(pod).await {
        Ok(mut operator) => loop {
            operator.look().await;
            tokio::time::sleep(LOOK).await;
        },
        Err(words) => words,
    }
}

async fn start(pod: StandIn) -> Result<Operator, String> {
    let home = pod.environment.get("CHART_NAMESPACE").ok_or("CHART_NAMESPACE is not set")?.to_owned();
    let default = match pod.environment.get("DEFAULT_S3_BACKUP_STORAGE_LOCATION") {
        None => None,
        Some(name) => {
            let details = secret(&pod.kube, &home, name).await;
            let details = details.map_err(|problem| format!("Error running operator: {problem}"))?;
            if details.get("clientConfig").is_some() {
                return Err("Error running operator: error Unmarshalling s3 details secret : json: cannot unmarshal \
                            string into Go struct field ObjectStore.clientConfig of type v1.ClientConfig"
                    .to_owned());
            }
            Some(Store::new(&details))
        }
    };
    let namespaces = objects(&pod.kube, "", "v1", "Namespace", "");
    let system = namespaces
        .get("kube-system")
        .await
        .map_err(|problem| format!("Error getting namespace kube-system: {}", said(&problem)))?;
    let mark = system.metadata.uid.unwrap_or_default();
    pod.log.line("level=info msg=\"Starting operator\"");
    Ok(Operator { pod, default, mark, failed: HashMap::new() })
}

impl Operator {
    async fn look(&mut self) {
        let api = objects(&self.pod.kube, GROUP, "v1", "Backup", "");
        let Ok(all) = api.list(&ListParams::default()).await else { return };
        for backup in all {
            let uid = backup.metadata.uid.clone().unwrap_or_default();
            let rests = self.failed.get(&uid).is_some_and(|(_, next)| Instant::now() < *next);
            if rests || backup.metadata.deletion_timestamp.is_some() || !due(&backup.data, backup.metadata.generation) {
                continue;
            }
            let before = backup.data["status"].clone();
            let after = match self.back_up(&backup).await {
                Ok(done) => {
                    self.failed.remove(&uid);
                    outcome::success(&done)
                }
                Err(problem) => {
                    let name = backup.metadata.name.clone().unwrap_or_default();
                    let words = format!("error syncing '{name}': handler backups: {problem}, requeuing");
                    self.pod.log.line(&format!("level=error msg={words:?}"));
                    let times = self.failed.get(&uid).map_or(0, |(times, _)| *times);
                    let pause = (Duration::from_millis(5) * 2_u32.saturating_pow(times.min(12))).min(RETRY);
                    self.failed.insert(uid, (times + 1, Instant::now() + pause));
                    outcome::failure(&before, &problem)
                }
            };
            let news = after.as_object().is_some_and(|all| all.iter().any(|(field, value)| before[field] != *value));
            if news {
                self.write(&backup, after).await;
            }
        }
    }

    async fn write(&self, backup: &DynamicObject, status: Value) {
        let api = objects(&self.pod.kube, GROUP, "v1", "Backup", "");
        let name = backup.metadata.name.as_deref().unwrap_or_default();
        let _ = api.patch_status(name, &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await;
    }

    /// One run: what success writes.
    async fn back_up(&self, backup: &DynamicObject) -> Result<outcome::Done, String> {
        let spec = &backup.data["spec"];
        let name = backup.metadata.name.as_deref().unwrap_or_default();
        let schedule = spec["schedule"].as_str().filter(|it| !it.is_empty());
        let kind = if schedule.is_some() { "Recurring" } else { "One-time" };
        if backup.data["status"]["backupType"] != kind {
            self.write(backup, json!({"backupType": kind})).await;
        }
        let next = match schedule {
            None => None,
            Some(text) => {
                let parsed = Schedule::parse(text);
                let parsed = parsed.map_err(|it| format!("error parsing invalid cron string for schedule: {it}"))?;
                let coming = parsed.next(jiff::Timestamp::now().as_second(), 1).first().copied();
                coming.and_then(|it| jiff::Timestamp::from_second(it).ok())
            }
        };
        let set = spec["resourceSetName"].as_str().unwrap_or_default();
        let sets = objects(&self.pod.kube, GROUP, "v1", "ResourceSet", "");
        sets.get(set).await.map_err(|problem| said(&problem))?;
        let ending = match spec["encryptionConfigSecretName"].as_str().filter(|it| !it.is_empty()) {
            None => "",
            Some(secret) => {
                self.encryption(secret).await?;
                ".enc"
            }
        };
        let file = format!("{name}-{}-{}.tar.gz{ending}", self.mark, now().replace(':', "-"));
        let size = backup.metadata.annotations.as_ref().and_then(|all| all.get(SIZE)).and_then(|it| it.parse().ok());
        let place = self.upload(name, spec, &file, size.unwrap_or(1024)).await?;
        if schedule.is_some()
            && let Some(store) = &place
        {
            let kept = spec["retentionCount"].as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(10);
            store.retain(&self.pod, &format!("{name}-{}-", self.mark), kept).await?;
        }
        Ok(outcome::Done {
            kind,
            file,
            generation: backup.metadata.generation.unwrap_or_default(),
            location: if place.is_some() { "S3" } else { "" },
            next: next.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        })
    }

    /// Puts the file where the Backup or the operator says; nowhere for a location without S3 details (they were cut
    /// off by the schema), which the operator takes for success.
    async fn upload(&self, name: &str, spec: &Value, file: &str, size: usize) -> Result<Option<Store>, String> {
        let store = match (&spec["storageLocation"], &self.default) {
            (Value::Null, Some(default)) => default.clone(),
            (Value::Null, None) => {
                return Err(format!(
                    "backup {name} needs to specify S3 details, or configure storage location at the operator level"
                ));
            }
            (location, _) if location["s3"].is_null() => return Ok(None),
            (location, _) => Store::new(&location["s3"]),
        };
        store.put(&self.pod, file, vec![b'.'; size].into()).await?;
        Ok(Some(store))
    }

    async fn encryption(&self, name: &str) -> Result<(), String> {
        let home = self.pod.environment.get("CHART_NAMESPACE").unwrap_or_default();
        let found = secret(&self.pod.kube, home, name).await?;
        match found["encryption-provider-config.yaml"].as_str() {
            Some(text)
                if text.contains("kind: EncryptionConfiguration") || text.contains("\"EncryptionConfiguration\"") =>
            {
                Ok(())
            }
            Some(_) => Err("error decoding the encryption configuration".to_owned()),
            None => Err("no encryptionConfig provided".to_owned()),
        }
    }
}

/// Whether it is time: never made, edited (one-time), or its next time has come (recurring).
fn due(data: &Value, generation: Option<i64>) -> bool {
    let (spec, status) = (&data["spec"], &data["status"]);
    if status["lastSnapshotTs"].as_str().is_none_or(str::is_empty) {
        return true;
    }
    if spec["schedule"].as_str().is_none_or(str::is_empty) {
        return status["observedGeneration"].as_i64() != generation;
    }
    let next: Option<jiff::Timestamp> = status["nextSnapshotAt"].as_str().and_then(|at| at.parse().ok());
    next.is_none_or(|next| next <= jiff::Timestamp::now())
}

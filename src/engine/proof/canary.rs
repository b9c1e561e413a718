//! The canary: a namespace of its own is backed up, deleted, restored and compared; then the backup and all
//! that it left are removed.

use super::leftovers::logged;
use crate::engine::journal::Effect;
use crate::engine::make::Made;
use crate::engine::wait::{Look, until, until_gone};
use crate::engine::{Context, State, link};
use crate::plan::CanaryOp;
use crate::ports::{Answer, Kind, Trouble, TroubleKind};
use serde_json::{Value, json};

/// Seconds for a backup or a restore of one `ConfigMap`.
pub(super) const WORK: i64 = 180;

/// Seconds for the deletion of a backup.
pub(super) const DELETION: i64 = 60;

/// What Velero refuses a backup with when its location does not work (`backup_controller.go`).
const UNAVAILABLE: &str = "in Unavailable status";

/// Proves that what is backed up can be restored.
pub async fn canary(context: &Context, change: &str, op: &CanaryOp) -> Answer<Made> {
    let name = name(context);
    let proven = prove(context, change, op, &name).await;
    context.say(change, State::Waiting, "removing the canary");
    let cleaned = clean(context, change, op).await;
    proven?;
    let removed = cleaned?;
    let message = format!("{name} backed up, deleted, restored, compared; {removed} object versions removed");
    Ok(Made::new(Effect::Unchanged, message).shown(&op.shows))
}

/// The namespace, backup and restore; the same again when the run is taken back.
fn name(context: &Context) -> String {
    format!("lifeboat-canary-{}", context.suffix())
}

async fn prove(context: &Context, change: &str, op: &CanaryOp, name: &str) -> Answer<()> {
    let kube = &context.kube;
    let mark = plant(context, name).await?;
    back_up(context, change, op, name).await?;
    kube.delete(Kind::Namespace, "", name, "").await?;
    until_gone(context, change, (Kind::Namespace, "", name), WORK).await?;
    let spec = json!({"backupName": name, "includedNamespaces": [name]});
    submit(context, change, Kind::Restore, op, name, spec, WORK).await?;
    compare(context, name, &mark).await
}

/// Makes a namespace with one object that nobody else can know.
pub(super) async fn plant(context: &Context, name: &str) -> Answer<String> {
    let kube = &context.kube;
    let mark = hex::encode(context.world.host.random(16));
    let labels = json!({"app.kubernetes.io/managed-by": "lifeboat"});
    kube.create(
        Kind::Namespace,
        &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}),
    )
    .await?;
    kube.create(
        Kind::ConfigMap,
        &json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "canary", "namespace": name, "labels": labels},
            "data": {"mark": mark}
        }),
    )
    .await?;
    Ok(mark)
}

/// Whether the object is back in a namespace as it was planted.
pub(super) async fn compare(context: &Context, namespace: &str, mark: &str) -> Answer<()> {
    let restored = context.kube.get(Kind::ConfigMap, namespace, "canary").await?;
    let back = restored.as_ref().and_then(|object| object["data"]["mark"].as_str());
    if back == Some(mark) {
        return Ok(());
    }
    Err(Trouble::new(TroubleKind::Broken, "what was restored is not what was backed up")
        .link("backup")
        .why(format!("the canary's mark is {}", back.unwrap_or("not there"))))
}

pub(super) async fn back_up(context: &Context, change: &str, op: &CanaryOp, name: &str) -> Answer<()> {
    let spec = json!({
        "includedNamespaces": [name], "storageLocation": op.location, "snapshotVolumes": false, "ttl": "1h0m0s"
    });
    submit(context, change, Kind::Backup, op, name, spec, WORK).await.map(|_| ())
}

/// Makes a Backup or a Restore and waits until it is `Completed`; answers it as it then is.
pub(super) async fn submit(
    context: &Context,
    change: &str,
    kind: Kind,
    op: &CanaryOp,
    name: &str,
    spec: Value,
    seconds: i64,
) -> Answer<Value> {
    let object = json!({
        "apiVersion": kind.api_version(), "kind": kind.name(),
        "metadata": {"name": name, "namespace": op.namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "spec": spec
    });
    context.kube.create(kind, &object).await?;
    let verb = kind.name().to_lowercase();
    match finished(context, change, (kind, &op.namespace, name), &verb, seconds).await {
        Err(trouble) if trouble.why.as_str().contains(UNAVAILABLE) => Err(because(context, op, trouble).await),
        // `PartiallyFailed` gives no reason.
        Err(trouble) if trouble.kind == TroubleKind::Broken && trouble.why.as_str().is_empty() => {
            Err(match logged(context, &op.namespace, name).await {
                Some(why) => trouble.link(of_work(&why)).why(why),
                None => trouble,
            })
        }
        other => other,
    }
}

/// Why the location that a backup was refused for is not available: Velero says it at the location only.
async fn because(context: &Context, op: &CanaryOp, trouble: Trouble) -> Trouble {
    let location = context.kube.get(Kind::BackupStorageLocation, &op.namespace, &op.location).await;
    let message = location.ok().flatten().and_then(|there| there["status"]["message"].as_str().map(str::to_owned));
    match message.filter(|message| !message.is_empty()) {
        Some(message) => {
            let why = format!("the location {} is Unavailable: {message}", op.location);
            trouble.link(link::of_message(&message)).why(why)
        }
        None => trouble.link("location"),
    }
}

/// Waits until a Backup or Restore is `Completed`; any other end is the proof's failure (velero.md 3).
pub(super) async fn finished(
    context: &Context,
    change: &str,
    object: (Kind, &str, &str),
    verb: &str,
    seconds: i64,
) -> Answer<Value> {
    until(context, change, object, seconds, |there| {
        let Some(there) = there else {
            return Look::Never(Trouble::new(TroubleKind::Broken, format!("the {verb} disappeared")).link("backup"));
        };
        let status = &there["status"];
        match status["phase"].as_str().unwrap_or("New") {
            "Completed" => Look::Ready(there.clone()),
            phase @ ("Failed" | "PartiallyFailed" | "FailedValidation") => Look::Never(failed(verb, phase, status)),
            phase => Look::Not(format!("{verb} is {phase}{}", progress(&status["progress"]))),
        }
    })
    .await
}

/// `, 3 of 12 items`, where Velero counts them.
fn progress(progress: &Value) -> String {
    let done = progress["itemsBackedUp"].as_u64().or(progress["itemsRestored"].as_u64());
    match (done, progress["totalItems"].as_u64()) {
        (Some(done), Some(all)) => format!(", {done} of {all} items"),
        _ => String::new(),
    }
}

/// The link that a reason of a backup or restore breaks.
fn of_work(why: &str) -> &'static str {
    match link::of_message(why) {
        "location" => "backup",
        other => other,
    }
}

fn failed(verb: &str, phase: &str, status: &Value) -> Trouble {
    let reason = status["failureReason"].as_str().map(str::to_owned);
    let errors = status["validationErrors"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "));
    let why = reason.or(errors).unwrap_or_default();
    let link = of_work(&why);
    Trouble::new(TroubleKind::Broken, format!("the canary's {verb} is {phase}")).why(why).link(link).at("velero", verb)
}

/// Removes namespace, backup and restore, then the versions that they left in the bucket.
pub async fn clean(context: &Context, change: &str, op: &CanaryOp) -> Answer<usize> {
    let name = name(context);
    let (kube, name) = (&context.kube, name.as_str());
    kube.delete(Kind::Namespace, "", name, "").await?;
    if let Some(backup) = kube.get(Kind::Backup, &op.namespace, name).await? {
        // One that was never begun has nothing in the bucket, and Velero may be unable to look there.
        let begun = backup["status"]["phase"] != "FailedValidation";
        let deleted = if begun { delete(context, change, op, name, DELETION).await } else { Ok(()) };
        if deleted.is_err() || !begun {
            for kind in [Kind::Restore, Kind::Backup, Kind::DeleteBackupRequest] {
                kube.delete(kind, &op.namespace, name, "").await?;
            }
        }
        if let Err(trouble) = deleted {
            super::remove_versions(context, change, &op.prefix, name).await?;
            return Err(trouble);
        }
    }
    until_gone(context, change, (Kind::Namespace, "", name), WORK).await?;
    super::remove_versions(context, change, &op.prefix, name).await
}

/// Has Velero delete the backup with all that belongs to it.
pub(super) async fn delete(context: &Context, change: &str, op: &CanaryOp, name: &str, seconds: i64) -> Answer<()> {
    let request = json!({
        "apiVersion": "velero.io/v1", "kind": "DeleteBackupRequest",
        "metadata": {"name": name, "namespace": op.namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "spec": {"backupName": name}
    });
    context.kube.create(Kind::DeleteBackupRequest, &request).await?;
    let place = op.namespace.as_str();
    // Gone with its backup when it was carried out, else it stays and says why.
    until(context, change, (Kind::DeleteBackupRequest, place, name), seconds, |there| match there {
        None => Look::Ready(()),
        Some(there) if there["status"]["errors"].as_array().is_some_and(|errors| !errors.is_empty()) => {
            let why = there["status"]["errors"].to_string();
            let trouble = Trouble::new(TroubleKind::Broken, "the canary's backup could not be deleted");
            Look::Never(trouble.why(&why).link(of_work(&why)))
        }
        Some(_) => Look::Not("waiting for Velero to delete the backup".to_owned()),
    })
    .await?;
    until_gone(context, change, (Kind::Backup, place, name), seconds).await.map_err(|trouble| trouble.link("backup"))
}

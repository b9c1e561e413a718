//! A restore in another cluster: a namespace of the cluster that is backed up is backed up there, the backup appears
//! in the restore cluster, and is restored there under another name; then all of it is removed.

use super::canary::{DELETION, WORK, back_up, compare, delete, finished, plant};
use crate::engine::journal::Effect;
use crate::engine::make::Made;
use crate::engine::wait::{Look, until, until_gone};
use crate::engine::{Context, State};
use crate::plan::ElsewhereOp;
use crate::ports::{Answer, Kind};
use serde_json::json;

/// Seconds until a backup appears: Velero looks for new ones every minute (`backupSyncPeriod`).
const SYNC: i64 = 240;

/// Proves that a backup of the first cluster can be restored in this one.
pub async fn elsewhere(context: &Context, change: &str, op: &ElsewhereOp) -> Answer<Made> {
    let first = context.at(0);
    let name = format!("lifeboat-elsewhere-{}{}", context.suffix(), short(change));
    let proven = prove(&first, context, change, op, &name).await;
    context.say(change, State::Waiting, "removing the canary");
    let cleaned = clean(&first, context, change, op, &name).await;
    proven?;
    let removed = cleaned?;
    let message = format!(
        "{name} backed up in {}, restored in {}, compared; {removed} object versions removed",
        first.names.cluster, context.names.cluster
    );
    Ok(Made::new(Effect::Unchanged, message))
}

/// Four hex digits of a change's id: two restore clusters are proven side by side.
fn short(change: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(change))[..4].to_owned()
}

/// The namespace that the backup is restored into.
fn scratch(name: &str) -> String {
    format!("{name}-restored")
}

async fn prove(first: &Context, here: &Context, change: &str, op: &ElsewhereOp, name: &str) -> Answer<()> {
    let mark = plant(first, name).await?;
    back_up(first, change, &op.from, name).await?;
    until(here, change, (Kind::Backup, &op.namespace, name), SYNC, |backup| match backup {
        Some(_) => Look::Ready(()),
        None => Look::Not(format!("waiting for the backup to appear in {}", here.names.cluster)),
    })
    .await
    .map_err(|trouble| trouble.link("location"))?;
    let restore = json!({
        "apiVersion": "velero.io/v1", "kind": "Restore",
        "metadata": {"name": name, "namespace": op.namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "spec": {"backupName": name, "includedNamespaces": [name], "namespaceMapping": {name: scratch(name)}}
    });
    here.kube.create(Kind::Restore, &restore).await?;
    finished(here, change, (Kind::Restore, &op.namespace, name), "restore", WORK).await?;
    compare(here, &scratch(name), &mark).await
}

/// Removes what the proof made in both clusters, and then the versions that it left in the bucket.
async fn clean(first: &Context, here: &Context, change: &str, op: &ElsewhereOp, name: &str) -> Answer<usize> {
    first.kube.delete(Kind::Namespace, "", name, "").await?;
    here.kube.delete(Kind::Namespace, "", &scratch(name), "").await?;
    here.kube.delete(Kind::Restore, &op.namespace, name, "").await?;
    let backup = first.kube.get(Kind::Backup, &op.from.namespace, name).await?;
    let begun = backup.as_ref().is_some_and(|backup| backup["status"]["phase"] != "FailedValidation");
    let deleted = if begun { delete(first, change, &op.from, name, DELETION).await } else { Ok(()) };
    if deleted.is_err() || !begun {
        for kind in [Kind::Backup, Kind::DeleteBackupRequest] {
            first.kube.delete(kind, &op.from.namespace, name, "").await?;
        }
    }
    // Once it is gone from the bucket it does not come back here.
    here.kube.delete(Kind::Backup, &op.namespace, name, "").await?;
    until_gone(first, change, (Kind::Namespace, "", name), WORK).await?;
    until_gone(here, change, (Kind::Namespace, "", &scratch(name)), WORK).await?;
    let removed = super::remove_versions(first, change, &op.from.prefix, name).await?;
    deleted.map(|()| removed)
}

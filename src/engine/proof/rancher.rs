//! Rancher Backup's canary: a one-time Backup with a name of its own, its object found in the bucket, and both
//! removed.

use crate::domain::status::{RancherVerdict, rancher_verdict};
use crate::engine::journal::Effect;
use crate::engine::make::{Made, ran};
use crate::engine::wait::until_gone;
use crate::engine::{Context, State};
use crate::plan::RancherCanaryOp;
use crate::ports::{Answer, BucketRef, Kind, Trouble, TroubleKind};
use serde_json::json;

/// Seconds for the CR to go.
const GONE: i64 = 60;

/// Proves that a backup reaches the bucket.
pub async fn rancher(context: &Context, change: &str, op: &RancherCanaryOp) -> Answer<Made> {
    let name = format!("lifeboat-canary-{}", context.suffix());
    let proven = prove(context, change, op, &name).await;
    context.say(change, State::Waiting, "removing the canary");
    let cleaned = clean(context, change, op, &name).await;
    let file = proven?;
    let removed = cleaned?;
    Ok(Made::new(Effect::Unchanged, format!("{file} found in s3://{}; {removed} object versions removed", op.bucket)))
}

async fn prove(context: &Context, change: &str, op: &RancherCanaryOp, name: &str) -> Answer<String> {
    let labels = json!({"app.kubernetes.io/managed-by": "lifeboat"});
    let backup = json!({
        "apiVersion": "resources.cattle.io/v1", "kind": "Backup",
        "metadata": {"name": name, "labels": labels}, "spec": op.spec
    });
    context.kube.create(Kind::RancherBackup, &backup).await?;
    let done = |there: &serde_json::Value| rancher_verdict(there) == RancherVerdict::Completed;
    let file = ran(context, change, name, done).await?;
    let key = format!("{}{file}", op.prefix);
    let bucket =
        BucketRef { name: op.bucket.clone(), region: op.region.clone(), account: context.names.account.clone() };
    let found = context.world.aws.keys(&bucket, &key, 1).await?;
    if found.iter().any(|(there, size)| *there == key && *size > 0) {
        return Ok(key);
    }
    Err(Trouble::new(
        TroubleKind::Broken,
        format!("the Backup says Completed, and s3://{}/{key} is not there", op.bucket),
    )
    .link("backup")
    .why("the operator may store in another place than the plan's"))
}

/// Removes the Backup, which leaves its file alone, and then the file's versions.
async fn clean(context: &Context, change: &str, op: &RancherCanaryOp, name: &str) -> Answer<usize> {
    context.kube.delete(Kind::RancherBackup, "", name, "").await?;
    until_gone(context, change, (Kind::RancherBackup, "", name), GONE).await?;
    super::remove_versions(context, change, &format!("{}{name}-", op.prefix), name).await
}

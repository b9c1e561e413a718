//! A control plane's canary: a Backup that completes, with its objects in the bucket; then both are removed.

use crate::domain::space::{Progress, progress};
use crate::engine::journal::Effect;
use crate::engine::make::Made;
use crate::engine::wait::{Look, until, until_gone};
use crate::engine::{Context, State, link};
use crate::plan::SpaceCanaryOp;
use crate::ports::{Answer, Kind, ObjectVersion, Trouble, TroubleKind};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// Seconds for a backup: the export of a large control plane takes minutes.
const WORK: i64 = 900;
/// Seconds for the deletion of a backup and its files.
const DELETION: i64 = 60;

/// Proves that a control plane's backup reaches the bucket.
pub async fn space_canary(context: &Context, change: &str, op: &SpaceCanaryOp) -> Answer<Made> {
    let name = name(context, op);
    let before = keys(context, op).await?;
    let proven = back_up(context, change, op, &name, &before).await;
    context.say(change, State::Waiting, "removing the canary");
    let cleaned = clean(context, change, op, &name, &before).await;
    let found = proven?;
    let (removed, left) = cleaned?;
    let mut message = format!(
        "{}/{} backed up: {found} objects in the bucket; {removed} object versions removed",
        op.group, op.plane
    );
    if left {
        // Whether the Space removes files with the pods' own identity is not documented (upbound.md 7, row 16).
        context.learnt().unshown.push("delete".to_owned());
        message.push_str("; the Space left its files, so a lifecycle rule has to remove expired ones");
    }
    Ok(Made::new(Effect::Unchanged, message))
}

/// The canary's name: of this run and control plane, at most 63 characters.
fn name(context: &Context, op: &SpaceCanaryOp) -> String {
    let name: String = format!("lifeboat-canary-{}-{}", context.suffix(), op.plane).chars().take(63).collect();
    name.trim_end_matches(['-', '.']).to_owned()
}

/// Where a control plane's backups are.
fn folder(op: &SpaceCanaryOp) -> String {
    format!("{}{}/{}/", op.prefix, op.group, op.plane)
}

async fn versions(context: &Context, op: &SpaceCanaryOp) -> Answer<Vec<ObjectVersion>> {
    context.world.aws.versions(&context.bucket(), &folder(op), 10_000).await
}

/// The keys that the control plane has in the bucket.
async fn keys(context: &Context, op: &SpaceCanaryOp) -> Answer<BTreeSet<String>> {
    Ok(versions(context, op).await?.into_iter().map(|version| version.key).collect())
}

/// Backs up; answers how many objects that has brought.
async fn back_up(
    context: &Context,
    change: &str,
    op: &SpaceCanaryOp,
    name: &str,
    before: &BTreeSet<String>,
) -> Answer<usize> {
    let backup = json!({
        "apiVersion": "spaces.upbound.io/v1beta1", "kind": "Backup",
        "metadata": {"name": name, "namespace": op.group, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "spec": {"controlPlane": op.plane, "configRef": {"kind": "SharedBackupConfig", "name": op.config},
            "deletionPolicy": op.policy, "ttl": "1h0m0s"}
    });
    context.kube.create(Kind::SpacesBackup, &backup).await?;
    until(context, change, (Kind::SpacesBackup, &op.group, name), WORK, |there| {
        let Some(there) = there else {
            return Look::Never(Trouble::new(TroubleKind::Broken, "the canary's Backup disappeared").link("backup"));
        };
        match progress(there) {
            Progress::Completed => Look::Ready(()),
            Progress::Failed(reason, why) => Look::Never(failed(op, &reason, &why)),
            Progress::Deleted => Look::Never(failed(op, "Deleted", "it was deleted meanwhile")),
            Progress::Retrying(why) => Look::Not(format!("the backup is tried again: {why}")),
            Progress::Under(phase) => Look::Not(format!("the backup is {phase}")),
        }
    })
    .await?;
    let fresh = keys(context, op).await?.difference(before).count();
    if fresh == 0 {
        return Err(Trouble::new(TroubleKind::Broken, format!("the Backup of {}/{} is Completed", op.group, op.plane))
            .why(format!("but there is no new object under s3://{}/{}", context.names.bucket, folder(op)))
            .link("backup"));
    }
    Ok(fresh)
}

fn failed(op: &SpaceCanaryOp, reason: &str, why: &str) -> Trouble {
    let link = match link::of_message(why) {
        "location" => "backup",
        other => other,
    };
    Trouble::new(TroubleKind::Broken, format!("the backup of {}/{} failed: {reason}", op.group, op.plane))
        .why(why)
        .link(link)
        .at("spaces", "backup")
}

/// Removes the Backup, then what it left in the bucket; answers how many versions, and whether the Space should have
/// removed them itself.
async fn clean(
    context: &Context,
    change: &str,
    op: &SpaceCanaryOp,
    name: &str,
    before: &BTreeSet<String>,
) -> Answer<(usize, bool)> {
    // Another backup of the same control plane meanwhile: what bears no name of ours may be its.
    let others = context.kube.list(Kind::SpacesBackup, &op.group, "").await?;
    let other = others.iter().filter(|it| it["spec"]["controlPlane"] == op.plane.as_str()).any(|it| {
        let done = matches!(progress(it), Progress::Completed | Progress::Failed(..) | Progress::Deleted);
        it["metadata"]["name"] != name && (!done || is_young(context, change, it))
    });
    let ours = |version: &ObjectVersion| !before.contains(&version.key) && (!other || version.key.contains(name));
    context.kube.delete(Kind::SpacesBackup, &op.group, name, "").await?;
    until_gone(context, change, (Kind::SpacesBackup, &op.group, name), DELETION).await?;
    let mut left = versions(context, op).await?;
    let started = context.world.host.now();
    // A little patience: the Backup may be gone before its files are.
    while op.policy == "Delete" && left.iter().any(|it| ours(it) && it.latest && !it.marker) {
        if context.world.host.now().as_second() - started.as_second() > DELETION / 4 {
            break;
        }
        context.world.host.sleep(Duration::from_secs(1)).await;
        left = versions(context, op).await?;
    }
    left.retain(ours);
    let files = op.policy == "Delete" && left.iter().any(|it| it.latest && !it.marker);
    Ok((super::remove(context, change, &left).await?, files))
}

/// Whether an object was made since the change began.
fn is_young(context: &Context, change: &str, object: &serde_json::Value) -> bool {
    let made = object["metadata"]["creationTimestamp"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let began = context.learnt().started.get(change).copied();
    made.zip(began).is_some_and(|(made, began)| made.as_second() >= began.as_second())
}

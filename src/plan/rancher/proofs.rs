//! What proves Rancher Backup: the operator as it runs, and a one-time Backup.

use super::{RANCHER_BACKUP, objects};
use crate::domain::status::rancher_ran;
use crate::plan::scope::Scope;
use crate::plan::{ChangeKind, Draft, Op, RancherCanaryOp, RancherHealth, Risk, proof, rolled_out};
use serde_json::json;

/// Plans `healthy`: always read live.
pub fn healthy(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let scheduled = scope.is_first() && scope.answers.rancher.schedule.is_some();
    let title = if scheduled {
        format!("{} is rolled out and Backup {RANCHER_BACKUP} has run", names.release)
    } else {
        format!("{} is rolled out with its location", names.release)
    };
    let change = scope
        .change("healthy", ChangeKind::Proof, title)
        .why("the operator runs with the role, and its newest run reached the bucket without an error")
        .undo("nothing to undo")
        .risk(Risk::None)
        .needs(&["helm-release", "schedule", "restart"])
        .desired(json!("healthy"));
    let op = Op::AwaitRancher(RancherHealth {
        namespace: names.namespace.clone(),
        service_account: names.service_account.clone(),
        role_arn: names.role_arn.clone(),
        bucket: names.bucket.clone(),
        prefix: names.prefix.clone(),
        backup: if scheduled { RANCHER_BACKUP.to_owned() } else { String::new() },
    });
    let kube = &scope.site.kube;
    let there = kube.deployment.as_ref().is_some_and(rolled_out) && kube.rancher.is_at(&names.bucket, &names.prefix);
    let ran = !scheduled || kube.rancher.backup.as_ref().is_some_and(rancher_ran);
    // What was read before a release or a restart says nothing of what comes after it.
    let quiet = |id: String| draft.changes.iter().all(|change| change.id != id || change.ops.is_empty());
    let still = ["helm-release", "restart", "schedule"].into_iter().all(|id| quiet(scope.id(id)));
    draft.push(if there && ran && still { change } else { change.create(vec![op]) });
}

/// Plans `canary`: a one-time Backup with a name of its own.
pub fn canary(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let change = scope
        .change("canary", ChangeKind::Proof, "a one-time Backup made, found in the bucket and removed")
        .why("a recurring Backup stays Ready when its runs fail; only a fresh one tells that this set-up works")
        .undo("its Backup and object versions are removed by the proof itself")
        .risk(Risk::None)
        .needs(&["healthy", "encryption-secret"])
        .proves(&proof::shown(scope, &["backup", "delete"]))
        .desired(json!("canary"));
    let op = RancherCanaryOp {
        bucket: names.bucket.clone(),
        region: names.bucket_region.clone(),
        prefix: names.prefix.clone(),
        spec: objects::spec(scope),
    };
    draft.push(change.create(vec![Op::RancherCanary(op)]));
}

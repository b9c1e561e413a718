//! The recurring Backup of ours.

use super::RANCHER_BACKUP;
use super::encryption::secret_name;
use crate::plan::scope::Scope;
use crate::plan::{ChangeKind, Draft, ObjectKind, Op, Risk, document};
use serde_json::{Value, json};

/// Plans `schedule`: the recurring Backup.
pub fn schedule(scope: &Scope<'_>, draft: &mut Draft) {
    let rancher = &scope.answers.rancher;
    let Some(schedule) = &rancher.schedule else { return };
    let mut spec = spec(scope);
    spec["schedule"] = json!(schedule.as_str());
    spec["retentionCount"] = json!(rancher.retention);
    let labels = json!({"app.kubernetes.io/managed-by": "lifeboat"});
    let object = json!({
        "apiVersion": "resources.cattle.io/v1", "kind": "Backup",
        "metadata": {"name": RANCHER_BACKUP, "labels": labels}, "spec": spec
    });
    let path = format!("kubernetes/{}/_/backup-{RANCHER_BACKUP}.yaml", scope.names.folder);
    draft.document(&path, document::yaml(&object));
    let change = scope
        .change("schedule", ChangeKind::Kubernetes, format!("Backup {RANCHER_BACKUP} ({})", schedule.as_str()))
        .why(format!(
            "backs up the set {}, at once and then by the clock; {} files are kept",
            rancher.resource_set, rancher.retention
        ))
        .undo("deleted, or put back as it was; the files that it made stay in the bucket")
        .needs(&["helm-release", "encryption-secret", "restart"])
        .document(path)
        .desired(spec.clone());
    let (kind, name) = (ObjectKind::RancherBackup, RANCHER_BACKUP.to_owned());
    let Some(current) = &scope.site.kube.rancher.backup else {
        draft.push(change.create(vec![Op::CreateObject { kind, namespace: String::new(), name, object }]));
        return;
    };
    let (merge, back, diff) = difference(&current["spec"], &spec);
    if diff.is_empty() {
        draft.push(change);
        return;
    }
    draft.note("A changed schedule or set of a recurring Backup counts from its next run on: the operator does not look at it before");
    let (merge, back) = (json!({"spec": merge}), json!({"spec": back}));
    let change = change.update(vec![Op::PatchObject { kind, namespace: String::new(), name, merge, back }], diff);
    let ours = current["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "lifeboat";
    draft.push(if ours {
        change
    } else {
        let consent = scope.consent(&change);
        let whose = format!("the Backup {RANCHER_BACKUP} was not made by lifeboat");
        change.risk(Risk::High).foreign(consent, &whose)
    });
}

/// What every Backup of ours says: the set, and what encrypts it. It names no place: the operator's own counts.
pub fn spec(scope: &Scope<'_>) -> Value {
    let mut spec = json!({"resourceSetName": format!("rancher-resource-set-{}", scope.answers.rancher.resource_set)});
    let secret = secret_name(scope);
    if !secret.is_empty() {
        spec["encryptionConfigSecretName"] = json!(secret);
    }
    spec
}

/// The merge patch from one spec to another, the one that takes it back, and its lines; defaults that the server
/// added stay.
fn difference(current: &Value, wanted: &Value) -> (Value, Value, Vec<String>) {
    const OURS: [&str; 5] =
        ["encryptionConfigSecretName", "resourceSetName", "retentionCount", "schedule", "storageLocation"];
    let (mut merge, mut back, mut diff) = (json!({}), json!({}), Vec::new());
    for key in OURS {
        let (before, after) = (&current[key], &wanted[key]);
        if before == after {
            continue;
        }
        if !before.is_null() {
            diff.push(format!("-{key}: {before}"));
        }
        if !after.is_null() {
            diff.push(format!("+{key}: {after}"));
        }
        merge[key] = after.clone();
        back[key] = before.clone();
    }
    (merge, back, diff)
}

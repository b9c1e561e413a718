//! Location and schedule as objects of their own, where no release makes them.

use super::{in_place, values};
use crate::plan::answers::Feature;
use crate::plan::scope::Scope;
use crate::plan::{Change, ChangeKind, Consent, Draft, ObjectKind, Op, Risk, document};
use serde_json::{Value, json};

/// The label of objects that are ours.
const OURS: (&str, &str) = ("app.kubernetes.io/managed-by", "lifeboat");

/// Plans `location`, with a volume snapshot location where the features want one.
pub fn location(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let wanted = wanted_location(scope);
    let current = scope.location();
    let path = path(scope, "backupstoragelocation", &names.location);
    draft.document(&path, document::yaml(&wanted));
    let mut change = scope
        .change(
            "location",
            ChangeKind::Kubernetes,
            format!("BackupStorageLocation {}/{}", names.namespace, names.location),
        )
        .why(format!("backups go to s3://{}/{}", names.bucket, names.prefix))
        .undo("removed, or put back as it was")
        .needs(&["deployment"])
        .document(path)
        .desired(json!({"name": names.location, "spec": wanted["spec"]}));
    let (mut ops, mut diff) = (Vec::new(), Vec::new());
    put(ObjectKind::BackupStorageLocation, &wanted, current, &mut ops, &mut diff);
    if scope.answers.velero.features.contains(&Feature::EbsSnapshots) {
        change = snapshots(scope, draft, change, &mut ops, &mut diff);
    }
    let wait = Op::AwaitLocation { namespace: names.namespace.clone(), name: names.location.clone() };
    let made = !ops.is_empty();
    if made {
        ops.push(wait);
    }
    let Some(current) = current else {
        draft.push(change.create(ops));
        return;
    };
    let change = change.update(ops, diff);
    draft.push(if in_place::is_ours(scope) { change } else { redirected(scope, change, current) });
}

/// A location that points elsewhere is taken over only with consent of its own: Velero forgets the backups that it does
/// not find there any more. It cannot be left and ours made beside it under the same name.
pub fn redirected(scope: &Scope<'_>, change: Change, current: &Value) -> Change {
    let storage = &current["spec"]["objectStorage"];
    let text = |key: &str| storage[key].as_str().unwrap_or_default();
    let (bucket, prefix) = (text("bucket"), text("prefix"));
    let names = &scope.names;
    if bucket == names.bucket && prefix.trim_matches('/') == names.prefix.trim_matches('/') {
        return change;
    }
    let consent = if scope.consent(&change) == Consent::Adopt { Consent::Adopt } else { Consent::None };
    let whose = format!(
        "the location {} points to s3://{bucket}/{prefix}: the backups there stay in the bucket, and Velero no longer lists them; another velero.location keeps both",
        names.location
    );
    change.risk(Risk::High).foreign(consent, &whose)
}

/// The volume snapshot location of the volumes' region.
fn snapshots(
    scope: &Scope<'_>,
    draft: &mut Draft,
    change: Change,
    ops: &mut Vec<Op>,
    diff: &mut Vec<String>,
) -> Change {
    let names = &scope.names;
    let wanted = json!({
        "apiVersion": "velero.io/v1", "kind": "VolumeSnapshotLocation",
        "metadata": metadata(scope, "default"),
        "spec": {"provider": "aws", "config": {"region": names.region}}
    });
    let path = path(scope, "volumesnapshotlocation", "default");
    draft.document(&path, document::yaml(&wanted));
    let current = scope.site.kube.snapshot_locations.iter().find(|one| one["metadata"]["name"] == "default");
    put(ObjectKind::VolumeSnapshotLocation, &wanted, current, ops, diff);
    change.document(path)
}

/// Plans `schedule`.
pub fn schedule(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let velero = &scope.answers.velero;
    let Some(schedule) = &velero.schedule else { return };
    let wanted = json!({
        "apiVersion": "velero.io/v1", "kind": "Schedule",
        "metadata": metadata(scope, &names.schedule),
        "spec": {
            "schedule": schedule.as_str(),
            "useOwnerReferencesInBackup": false,
            "template": {"ttl": velero.ttl.to_string(), "storageLocation": names.location, "includedNamespaces": ["*"]}
        }
    });
    let path = path(scope, "schedule", &names.schedule);
    draft.document(&path, document::yaml(&wanted));
    let title = format!("Schedule {}/{} ({})", names.namespace, names.schedule, schedule.as_str());
    let change = scope
        .change("schedule", ChangeKind::Kubernetes, title)
        .why(format!("backs up every namespace; each backup is kept for {}", velero.ttl))
        .undo("removed, or put back as it was")
        .needs(&["deployment", "location"])
        .document(path)
        .desired(json!({"name": names.schedule, "spec": wanted["spec"]}));
    let (mut ops, mut diff) = (Vec::new(), Vec::new());
    put(ObjectKind::Schedule, &wanted, scope.site.kube.schedule.as_ref(), &mut ops, &mut diff);
    if !ops.is_empty() {
        ops.push(Op::AwaitSchedule { namespace: names.namespace.clone(), name: names.schedule.clone() });
    }
    draft.push(match &scope.site.kube.schedule {
        None => change.create(ops),
        Some(_) => change.update(ops, diff),
    });
}

fn path(scope: &Scope<'_>, kind: &str, name: &str) -> String {
    format!("kubernetes/{}/{}/{kind}-{name}.yaml", scope.names.folder, scope.names.namespace)
}

fn metadata(scope: &Scope<'_>, name: &str) -> Value {
    json!({"name": name, "namespace": scope.names.namespace, "labels": {OURS.0: OURS.1}})
}

/// Our location as an object; its settings are texts.
fn wanted_location(scope: &Scope<'_>) -> Value {
    let value = values::location(scope);
    let mut storage = json!({"bucket": value["bucket"]});
    if !value["prefix"].is_null() {
        storage["prefix"] = value["prefix"].clone();
    }
    json!({
        "apiVersion": "velero.io/v1", "kind": "BackupStorageLocation",
        "metadata": metadata(scope, &scope.names.location),
        "spec": {
            "provider": "aws",
            "objectStorage": storage,
            "default": value["default"],
            "accessMode": value["accessMode"],
            "validationFrequency": value["validationFrequency"],
            "config": value["config"],
        }
    })
}

/// What of a location would be used instead of the identity, and what another bucket had.
const ELSEWHERE: [&str; 5] = [
    "/spec/credential",
    "/spec/config/profile",
    "/spec/config/credentialsFile",
    "/spec/objectStorage/prefix",
    "/spec/config/s3Url",
];

/// The call that makes an object as wanted, with the one that takes it back and its lines; none when it is so.
fn put(kind: ObjectKind, wanted: &Value, current: Option<&Value>, ops: &mut Vec<Op>, diff: &mut Vec<String>) {
    let text = |key: &str| wanted["metadata"][key].as_str().unwrap_or_default().to_owned();
    let (namespace, name) = (text("namespace"), text("name"));
    let Some(current) = current else {
        ops.push(Op::CreateObject { kind, namespace, name, object: wanted.clone() });
        return;
    };
    let (mut merge, mut back) = (json!({}), json!({}));
    difference("/spec", &wanted["spec"], current, &mut merge, &mut back, diff);
    if kind == ObjectKind::BackupStorageLocation {
        for pointer in ELSEWHERE {
            let there = current.pointer(pointer).filter(|value| !value.is_null());
            if let (None, Some(there)) = (wanted.pointer(pointer), there) {
                set(&mut merge, pointer, Value::Null);
                set(&mut back, pointer, there.clone());
                diff.push(format!("-{}: {there}", pointer.trim_start_matches('/').replace('/', ".")));
            }
        }
    }
    if merge.as_object().is_some_and(|fields| !fields.is_empty()) {
        ops.push(Op::PatchObject { kind, namespace, name, merge, back });
    }
}

/// Leaf by leaf: what is wanted and is not so.
fn difference(at: &str, wanted: &Value, current: &Value, merge: &mut Value, back: &mut Value, diff: &mut Vec<String>) {
    if let Value::Object(fields) = wanted {
        for (key, value) in fields {
            difference(&format!("{at}/{key}"), value, current, merge, back, diff);
        }
        return;
    }
    let there = current.pointer(at).unwrap_or(&Value::Null);
    if same(there, wanted) {
        return;
    }
    let name = at.trim_start_matches('/').replace('/', ".");
    if !there.is_null() {
        diff.push(format!("-{name}: {there}"));
    }
    diff.push(format!("+{name}: {wanted}"));
    set(merge, at, wanted.clone());
    set(back, at, there.clone());
}

/// Whether two leaves say the same: the API server writes durations its own way, `1m` as `1m0s`.
fn same(there: &Value, wanted: &Value) -> bool {
    let duration = |value: &Value| value.as_str().and_then(|text| crate::domain::GoDuration::parse(text).ok());
    there == wanted || duration(there).zip(duration(wanted)).is_some_and(|(a, b)| a == b)
}

fn set(at: &mut Value, pointer: &str, value: Value) {
    let mut at = at;
    for key in pointer.trim_start_matches('/').split('/') {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[key];
    }
    *at = value;
}

//! A group's config and schedule: objects of ours.

use super::keys;
use super::planes::Planes;
use crate::plan::answers::DeletionPolicy;
use crate::plan::scope::Scope;
use crate::plan::{Change, ChangeKind, Consent, Draft, ObjectKind, Op, document};
use serde_json::{Map, Value, json};

const MANAGED: &str = "app.kubernetes.io/managed-by";

/// Plans `location:GROUP`: where the group's backups go, reached with the identity that the controllers are given.
pub fn location(scope: &Scope<'_>, planes: &Planes<'_>, group: &str, draft: &mut Draft) {
    let names = &scope.names;
    let spec = config(scope);
    let mut change = scope
        .change(
            &format!("location:{group}"),
            ChangeKind::Kubernetes,
            format!("SharedBackupConfig {group}/{}", names.location),
        )
        .why(if scope.is_first() {
            format!("the group's backups go to s3://{}/{}{group}", names.bucket, names.prefix)
        } else {
            format!("a restore into the group can read s3://{}/{}", names.bucket, names.prefix)
        })
        .undo("removed, or put back as it was")
        .desired(json!({"name": names.location, "spec": without_nulls(&spec)}));
    change.needs = before(planes, group);
    let found = find(scope, ObjectKind::SharedBackupConfig, group);
    if found.is_some_and(|config| keys::of(config).is_some()) {
        // The key serves until the controllers have been started with the role.
        change.needs.extend(planes.of_group(group).map(|plane| format!("restart:{}", plane.host.namespace)));
        keys::switched_off(scope, group, draft);
    }
    let change = object(scope, draft, change, ObjectKind::SharedBackupConfig, group, &spec);
    draft.push(change);
}

/// The spec of our configs, with a `null` for what must not be there.
fn config(scope: &Scope<'_>) -> Value {
    let names = &scope.names;
    let mut storage = json!({
        "provider": "AWS",
        "bucket": names.bucket,
        "config": {
            "endpoint": format!("s3.{}.{}", names.bucket_region, scope.partition.dns_suffix()),
            "region": names.bucket_region,
        },
        "credentials": {"source": "InjectedIdentity", "secretRef": null},
    });
    let prefix = names.prefix.trim_end_matches('/');
    storage["prefix"] = if prefix.is_empty() { Value::Null } else { json!(prefix) };
    json!({"objectStorage": storage})
}

/// Whether a group has its config as we desire it, and its schedule where one is asked for.
pub fn stand(scope: &Scope<'_>, group: &str) -> bool {
    let config =
        find(scope, ObjectKind::SharedBackupConfig, group).is_some_and(|it| holds(&it["spec"], &config(scope)));
    let scheduled = !scope.is_first()
        || scope.answers.spaces.schedule.is_none()
        || find(scope, ObjectKind::SharedBackupSchedule, group).is_some();
    config && scheduled
}

/// What stands in a group under the name of ours.
fn find<'a>(scope: &Scope<'a>, kind: ObjectKind, group: &str) -> Option<&'a Value> {
    let space = scope.site.space.as_ref()?;
    let all = if kind == ObjectKind::SharedBackupConfig { &space.configs } else { &space.schedules };
    let name = scope.names.location.as_str();
    all.iter().find(|it| it["metadata"]["namespace"] == group && it["metadata"]["name"] == name)
}

/// What comes before a group's config: what its controllers reach the bucket with.
fn before(planes: &Planes<'_>, group: &str) -> Vec<String> {
    let mut needs = vec!["helm-release".to_owned(), "permissions".to_owned()];
    needs.extend(planes.of_group(group).map(|plane| format!("token-proof:{}", plane.host.namespace)));
    needs
}

/// Plans `schedule:GROUP`.
pub fn schedule(scope: &Scope<'_>, planes: &Planes<'_>, group: &str, draft: &mut Draft) {
    let (names, spaces) = (&scope.names, &scope.answers.spaces);
    let Some(schedule) = &spaces.schedule else { return };
    let selector = if spaces.control_planes.is_empty() {
        json!({"labelSelectors": [{"matchLabels": {}}]})
    } else {
        let own = spaces.control_planes.iter().filter(|plane| plane.group.as_str() == group);
        json!({"names": own.map(|plane| plane.name.to_string()).collect::<Vec<_>>()})
    };
    let spec = json!({
        "schedule": schedule.as_str(),
        "configRef": {"kind": "SharedBackupConfig", "name": names.location},
        "controlPlaneSelector": selector,
        "ttl": spaces.ttl.to_string(),
        "deletionPolicy": policy(spaces.deletion_policy),
    });
    let title = format!("SharedBackupSchedule {group}/{} ({})", names.location, schedule.as_str());
    let change = scope
        .change(&format!("schedule:{group}"), ChangeKind::Kubernetes, title)
        .why(why(scope, planes, group))
        .undo("removed, or put back as it was; the backups that it made stay")
        .needs(&[&format!("location:{group}")])
        .desired(json!({"name": names.location, "spec": without_nulls(&spec)}));
    let change = object(scope, draft, change, ObjectKind::SharedBackupSchedule, group, &spec);
    draft.push(change);
}

fn why(scope: &Scope<'_>, planes: &Planes<'_>, group: &str) -> String {
    let spaces = &scope.answers.spaces;
    let which = if spaces.control_planes.is_empty() {
        "every control plane of the group".to_owned()
    } else {
        planes.of_group(group).map(|plane| plane.name).collect::<Vec<_>>().join(", ")
    };
    let files = match spaces.deletion_policy {
        DeletionPolicy::Delete => "and then its files are removed",
        DeletionPolicy::Orphan => "its files stay in the bucket for good (deletion policy Orphan)",
    };
    format!("backs up {which}; each backup is kept for {}, {files}", spaces.ttl)
}

/// The word of a deletion policy in the objects.
pub fn policy(policy: DeletionPolicy) -> &'static str {
    match policy {
        DeletionPolicy::Delete => "Delete",
        DeletionPolicy::Orphan => "Orphan",
    }
}

/// An object of ours in a group: made, or its spec brought to what we desire; one of that name that is not ours
/// waits for consent.
fn object(scope: &Scope<'_>, draft: &mut Draft, change: Change, kind: ObjectKind, group: &str, spec: &Value) -> Change {
    let name = scope.names.location.clone();
    let of = crate::ports::Kind::from(kind);
    let object = json!({
        "apiVersion": of.api_version(), "kind": of.name(),
        "metadata": {"name": name, "namespace": group, "labels": {MANAGED: "lifeboat"}},
        "spec": without_nulls(spec)
    });
    let path = format!("kubernetes/{}/{group}/{}-{name}.yaml", scope.names.folder, of.name().to_lowercase());
    draft.document(&path, document::yaml(&object));
    let change = change.document(path);
    let Some(found) = find(scope, kind, group) else {
        return change.create(vec![Op::CreateObject { kind, namespace: group.to_owned(), name, object }]);
    };
    let ours = found["metadata"]["labels"][MANAGED] == "lifeboat";
    if holds(&found["spec"], spec) {
        return change;
    }
    let (merge, back) = difference(&found["spec"], spec);
    let diff = document::diff(&document::yaml(&back), &document::yaml(&merge));
    let op = Op::PatchObject {
        kind,
        namespace: group.to_owned(),
        name,
        merge: json!({"spec": merge}),
        back: json!({"spec": back}),
    };
    let change = change.update(vec![op], diff);
    if ours {
        return change;
    }
    let mut consent = scope.consent(&change);
    let mut whose = format!("{} {group}/{} exists and lifeboat did not make it", of.name(), scope.names.location);
    if kind == ObjectKind::SharedBackupConfig {
        whose.push_str(&keys::lost(scope, found));
        // Nothing of ours works with it as it is: another spaces.config_name is what leaves it alone.
        if consent == Consent::Leave {
            consent = Consent::None;
        }
    }
    change.foreign(consent, &whose)
}

/// Whether what is there is what we desire: what the server or its user adds is theirs, and a `null` of ours says that
/// a field is not to be there.
fn holds(there: &Value, desired: &Value) -> bool {
    match (there, desired) {
        (_, Value::Null) => there.is_null(),
        (Value::Null, Value::Object(desired)) => desired.values().all(|value| holds(&Value::Null, value)),
        (Value::Object(there), Value::Object(desired)) => {
            desired.iter().all(|(key, value)| holds(there.get(key).unwrap_or(&Value::Null), value))
        }
        (Value::Array(there), Value::Array(desired)) => {
            there.len() == desired.len() && there.iter().zip(desired).all(|(there, desired)| holds(there, desired))
        }
        _ => there == desired,
    }
}

/// The merge patch that makes what is there what we desire, and the one that takes it back.
fn difference(there: &Value, desired: &Value) -> (Value, Value) {
    let (Value::Object(have), Value::Object(want)) = (there, desired) else { return (desired.clone(), there.clone()) };
    let (mut merge, mut back) = (Map::new(), Map::new());
    for (key, value) in want {
        let found = have.get(key).unwrap_or(&Value::Null);
        if !holds(found, value) {
            let (to, from) = difference(found, value);
            merge.insert(key.clone(), to);
            back.insert(key.clone(), from);
        }
    }
    (Value::Object(merge), Value::Object(back))
}

/// The same without the fields that are not to be there.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        other => other.clone(),
    }
}

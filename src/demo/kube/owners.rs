//! Which fields are lifeboat's: server-side apply, as far as two managers need it.

use crate::ports::Object;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Leaf fields by path, with their values. Lists are leaves.
pub(super) type Leaves = BTreeMap<String, Value>;

/// What nobody owns.
const NOBODYS: [&str; 4] = ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"];
/// What the server alone writes.
const SERVERS: [&str; 4] =
    ["/metadata/uid", "/metadata/resourceVersion", "/metadata/creationTimestamp", "/metadata/generation"];

/// The leaves of an object that can be owned.
pub(super) fn leaves(object: &Object) -> Leaves {
    let mut out = Leaves::new();
    walk(object, String::new(), &mut out);
    out.retain(|path, _| !NOBODYS.contains(&path.as_str()) && !SERVERS.contains(&path.as_str()));
    out
}

fn walk(value: &Value, path: String, out: &mut Leaves) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                // A JSON pointer, so that annotation keys with a slash keep their own path.
                let name = name.replace('~', "~0").replace('/', "~1");
                walk(value, format!("{path}/{name}"), out);
            }
        }
        leaf => {
            out.insert(path, leaf.clone());
        }
    }
}

/// The first field that is somebody else's and has another value.
pub(super) fn conflict(old: &Object, wanted: &Leaves, ours: &Leaves) -> Option<String> {
    let foreign = |path: &&String, value: &Value| {
        !ours.contains_key(*path) && old.pointer(path).is_some_and(|have| have != value)
    };
    wanted.iter().find(|(path, value)| foreign(path, value)).map(|(path, _)| path.replace('/', ".").replace("~1", "/"))
}

/// The object with the wanted fields set, and those gone that were ours and are wanted no more.
pub(super) fn merged(old: &Object, wanted: &Object, leaves: &Leaves, ours: &Leaves) -> Object {
    let mut object = old.clone();
    for path in ours.keys().filter(|path| !leaves.contains_key(*path)) {
        let Some((parent, field)) = path.rsplit_once('/') else { continue };
        let field = field.replace("~1", "/").replace("~0", "~");
        if let Some(fields) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
            fields.remove(&field);
        }
    }
    overlay(&mut object, wanted);
    object
}

/// Sets all fields of `over`, map by map.
pub(in crate::demo) fn overlay(object: &mut Value, over: &Value) {
    match (object, over) {
        (Value::Object(fields), Value::Object(over)) => {
            for (name, value) in over {
                overlay(fields.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (object, over) => *object = over.clone(),
    }
}

/// RFC 7386.
pub(super) fn merge_patch(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Some(fields) = object.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge_patch(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

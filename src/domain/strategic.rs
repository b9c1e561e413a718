//! Kubernetes' strategic merge patch, as far as workloads need it: lists of named things merge by name, and
//! `$patch: delete` takes one of them out. Nothing else of the list has to be known, sent or kept.

use serde_json::{Map, Value, json};

/// The key by which a list's elements are told apart, by the field that holds the list; a list without one is replaced.
const KEYS: [(&str, &str); 8] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("imagePullSecrets", "name"),
    ("ports", "containerPort"),
    ("ownerReferences", "uid"),
];

/// What says that an element or an object is to go.
const DELETE: &str = "delete";

/// The object as the patch makes it.
#[must_use]
pub fn patched(object: &Value, patch: &Value) -> Value {
    let mut object = object.clone();
    merge(&mut object, patch, "");
    object
}

/// Whether the patch would change nothing: what it sets is so, what it takes out is gone.
pub fn holds(object: &Value, patch: &Value) -> bool {
    patched(object, patch) == *object
}

/// An element of a list that is to be taken out, by the list's key.
pub fn gone(key: &str, value: &str) -> Value {
    json!({key: value, "$patch": DELETE})
}

fn merge(at: &mut Value, patch: &Value, field: &str) {
    match patch {
        Value::Object(patch) => {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            let Some(fields) = at.as_object_mut() else { return };
            for (name, value) in patch {
                if value.is_null() {
                    fields.shift_remove(name);
                } else if value.as_array().is_some_and(|list| removes_only(list)) && !fields.contains_key(name) {
                    // Nothing to take anything out of.
                } else {
                    merge(fields.entry(name.clone()).or_insert(Value::Null), value, name);
                }
            }
        }
        Value::Array(list) => match KEYS.iter().find(|(name, _)| *name == field) {
            Some((_, key)) => merge_list(at, list, key),
            None => *at = patch.clone(),
        },
        other => *at = other.clone(),
    }
}

fn removes(item: &Value) -> bool {
    item["$patch"] == DELETE
}

fn removes_only(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(removes)
}

fn merge_list(at: &mut Value, patch: &[Value], key: &str) {
    if !at.is_array() {
        *at = json!([]);
    }
    let Some(items) = at.as_array_mut() else { return };
    for one in patch {
        let same = |item: &Value| item[key] == one[key];
        if removes(one) {
            items.retain(|item| !same(item));
        } else if let Some(item) = items.iter_mut().find(|item| same(item)) {
            merge(item, one, "");
        } else {
            items.push(one.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_variable_goes_and_the_others_are_neither_named_nor_touched() {
        let object = json!({"spec": {"containers": [
            {"name": "velero", "args": ["server"], "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"name": "side", "image": "x"}
        ]}});
        let patch = json!({"spec": {"containers": [
            {"name": "velero", "args": ["server", "-v"], "env": [gone("name", "A"), {"name": "C", "value": "3"}]}
        ]}});
        let made = patched(&object, &patch);
        let velero = &made["spec"]["containers"][0];
        assert_eq!(velero["env"], json!([{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]));
        assert_eq!(velero["args"], json!(["server", "-v"]));
        assert_eq!(made["spec"]["containers"][1]["image"], "x");
        assert!(holds(&made, &patch) && !holds(&object, &patch));
    }

    #[test]
    fn what_is_not_there_is_taken_out_without_leaving_a_trace() {
        let object = json!({"spec": {}});
        let patch = json!({"spec": {"volumes": [gone("name", "x")]}, "metadata": {"annotations": {"a": null}}});
        assert!(!patched(&object, &patch)["spec"].as_object().unwrap().contains_key("volumes"));
    }
}

//! Values at a path: set, taken out, laid over each other. A segment `[name=X]` is the element of that name in a list.

use serde_json::{Map, Value, json};

/// The name in a segment `[name=X]`.
pub fn element(segment: &str) -> Option<&str> {
    segment.strip_prefix("[name=").and_then(|rest| rest.strip_suffix(']'))
}

/// The list in a text: the chart takes `initContainers` as one. A template is none before the chart has filled it in.
pub fn list_in(text: &Value) -> Option<Value> {
    let text = text.as_str().filter(|text| !text.contains("{{"))?;
    serde_yaml::from_str::<Value>(text).ok().filter(Value::is_array)
}

/// What stands at a path.
pub fn look<'v>(values: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(values, |at, segment| match element(segment) {
        Some(name) => at.as_array()?.iter().find(|item| item["name"] == name),
        None => at.get(segment),
    })
}

/// Sets a value, making what is missing on the way; an object is laid over what is there.
pub fn put(at: &mut Value, path: &[String], value: &Value) {
    let Some((segment, rest)) = path.split_first() else {
        overlay(at, value);
        return;
    };
    if let Some(name) = element(segment) {
        if !at.is_array() {
            *at = list_in(at).unwrap_or_else(|| json!([]));
        }
        let Some(list) = at.as_array_mut() else { return };
        // The chart's own default is one entry without a name: it is replaced, not kept beside ours.
        list.retain(|item| item["name"].is_string());
        if !list.iter().any(|item| item["name"] == name) {
            list.push(json!({"name": name}));
        }
        if let Some(item) = list.iter_mut().find(|item| item["name"] == name) {
            put(item, rest, value);
        }
    } else {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        put(&mut at[segment.as_str()], rest, value);
    }
}

/// Takes a value out where it is still what we set: key by key in an object.
pub fn remove(at: &mut Value, path: &[String], value: &Value) {
    let Some((segment, rest)) = path.split_first() else { return };
    if let Some(name) = element(segment) {
        let Some(list) = at.as_array_mut() else { return };
        if rest.is_empty() {
            list.retain(|item| item["name"] != name || item != value);
        } else if let Some(item) = list.iter_mut().find(|item| item["name"] == name) {
            remove(item, rest, value);
        }
    } else if let Some(map) = at.as_object_mut() {
        if rest.is_empty() {
            if map.get(segment) == Some(value) {
                map.shift_remove(segment);
            }
        } else if let Some(inner) = map.get_mut(segment) {
            remove(inner, rest, value);
        }
    }
}

/// Takes out what stood in a former value of ours at a path and does not in the new one, where it is still what we
/// set.
pub fn outgrown(values: &mut Value, path: &[String], former: &Value, now: &Value) {
    let found = path.iter().try_fold(values, |at, segment| match element(segment) {
        Some(name) => at.as_array_mut()?.iter_mut().find(|item| item["name"] == name),
        None => at.get_mut(segment.as_str()),
    });
    if let Some(at) = found {
        prune(at, former, now);
    }
}

fn prune(at: &mut Value, former: &Value, now: &Value) {
    let (Some(map), Some(former)) = (at.as_object_mut(), former.as_object()) else { return };
    for (key, was) in former {
        match (now.get(key), map.get_mut(key)) {
            (None, Some(there)) if there == was => drop(map.shift_remove(key)),
            (Some(now), Some(there)) => prune(there, was, now),
            _ => {}
        }
    }
}

/// Lays `over` on `base`: objects key by key, lists of named elements by name, all else replaced.
pub fn overlay(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                overlay(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(base), Value::Array(over)) if named(base) && named(over) => {
            for item in over {
                match base.iter_mut().find(|there| there["name"] == item["name"]) {
                    Some(there) => overlay(there, item),
                    None => base.push(item.clone()),
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|item| item["name"].is_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_we_no_longer_set_goes_and_one_that_is_not_ours_stays() {
        let path = ["configuration".to_owned(), "backupStorageLocation".to_owned(), "[name=default]".to_owned()];
        let former = json!({"name": "default", "prefix": "a", "config": {"region": "r", "tagging": "x=y&z=w"}});
        let now = json!({"name": "default", "config": {"region": "r"}});
        let mut values = json!({"configuration": {"backupStorageLocation": [
            {"name": "other", "prefix": "a"},
            {"name": "default", "prefix": "a", "config": {"region": "r", "tagging": "x=y&z=w", "theirs": "1"}}
        ]}});
        outgrown(&mut values, &path, &former, &now);
        let list = &values["configuration"]["backupStorageLocation"];
        assert_eq!(list[0], json!({"name": "other", "prefix": "a"}));
        assert_eq!(list[1], json!({"name": "default", "config": {"region": "r", "theirs": "1"}}));
    }

    #[test]
    fn a_key_of_ours_that_somebody_changed_since_stays() {
        let mut values = json!({"a": {"b": "theirs"}});
        outgrown(&mut values, &["a".to_owned()], &json!({"b": "ours"}), &json!({}));
        assert_eq!(values, json!({"a": {"b": "theirs"}}));
    }
}

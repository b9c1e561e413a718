//! The plan's digest: over what we desire, never over what is there (contract, Plan).

use super::{Change, scope::Scope};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// `sha256:` and 64 hex.
pub fn of(scope: &Scope<'_>, changes: &[Change]) -> String {
    let mut desired: Vec<(&str, &Value)> = changes.iter().map(|change| (change.id.as_str(), &change.desired)).collect();
    desired.sort_by_key(|(id, _)| *id);
    let whole = Desired {
        changes: desired.into_iter().map(|(id, value)| (id, Sorted(value))).collect(),
        identity: scope.names.identity.as_str(),
        target: Sorted(&json!(scope.target())),
        tool: scope.names.tool.as_str(),
        version: 1,
    };
    // JSON is refused for keys that are no text, which these are not.
    let text = serde_json::to_vec(&whole).unwrap_or_default();
    format!("sha256:{}", hex::encode(Sha256::digest(text)))
}

/// What is hashed, its keys in order.
#[derive(Serialize)]
struct Desired<'a> {
    changes: Vec<(&'a str, Sorted<'a>)>,
    identity: &'a str,
    target: Sorted<'a>,
    tool: &'a str,
    version: u8,
}

/// A value that is written with the keys of every object in order, without a copy of it.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let mut entries: Vec<(&String, &Value)> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                serializer.collect_map(entries.into_iter().map(|(key, value)| (key, Sorted(value))))
            }
            Value::Array(list) => serializer.collect_seq(list.iter().map(Sorted)),
            other => other.serialize(serializer),
        }
    }
}

/// The value with the keys of every object in order, so that equal values have equal text.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

//! The plan's digest: over what we desire, never over what is there (contract, Plan).

use super::{Change, scope::Scope};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// `sha256:` and 64 hex.
pub fn of(scope: &Scope<'_>, changes: &[Change]) -> String {
    let mut desired: Vec<(&str, &Value)> = changes.iter().map(|change| (change.id.as_str(), &change.desired)).collect();
    desired.sort_by_key(|(id, _)| *id);
    let all = json!({
        "version": 1,
        "target": scope.target(),
        "tool": scope.names.tool.as_str(),
        "identity": scope.names.identity.as_str(),
        "changes": desired.into_iter().map(|(id, value)| json!([id, value])).collect::<Vec<_>>(),
    });
    format!("sha256:{}", hex::encode(Sha256::digest(sorted(&all).to_string())))
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

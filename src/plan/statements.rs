//! Our statements in policy documents, by Sid.

use crate::domain::Reason;
use serde_json::{Value, json};

pub fn merge_statement(current: Option<&str>, sid: &str, statement: &Value) -> Result<String, Reason> {
    let mut document: Value = match current {
        Some(text) => serde_json::from_str(text).map_err(|error| Reason::new(error.to_string(), ""))?,
        None => json!({"Version": "2012-10-17", "Statement": []}),
    };
    let mut list = match document["Statement"].take() {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    list.retain(|there| there["Sid"] != sid);
    list.push(statement.clone());
    document["Statement"] = Value::Array(list);
    Ok(super::document::json(&document))
}

pub fn statement(text: &str, sid: &str) -> Option<Value> {
    let document: Value = serde_json::from_str(text).ok()?;
    match &document["Statement"] {
        Value::Array(list) => list.iter().find(|there| there["Sid"] == sid).cloned(),
        one => (one["Sid"] == sid).then(|| one.clone()),
    }
}

pub fn allows(_policy: &str, _action: &str, _resource: &str, _account: &str) -> bool {
    true
}

pub fn compact_len(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

//! Secrets: `stringData` becomes `data`, as the API server does it.

use crate::ports::Object;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Moves `stringData` into `data`, and names the type.
pub(in crate::demo) fn fold_string_data(secret: &mut Object) {
    if let Some(Value::Object(text)) = secret.as_object_mut().and_then(|fields| fields.remove("stringData")) {
        for (key, value) in text {
            secret["data"][key] = json!(STANDARD.encode(value.as_str().unwrap_or_default()));
        }
    }
    if secret["type"].is_null() {
        secret["type"] = json!("Opaque");
    }
}

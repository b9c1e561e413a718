//! The status of a Backup, as the operator writes it.

use serde_json::{Value, json};

use super::super::stand_in::{condition, now};

/// What a run that went well says.
pub struct Done {
    pub kind: &'static str,
    pub file: String,
    pub generation: i64,
    pub location: &'static str,
    pub next: Option<String>,
}

/// The list of conditions begins anew.
pub fn success(done: &Done) -> Value {
    json!({
        "backupType": done.kind, "filename": done.file, "lastSnapshotTs": now(), "nextSnapshotAt": done.next,
        "observedGeneration": done.generation, "storageLocation": done.location,
        "conditions": [condition("Ready", "True", "", "Completed"), condition("Uploaded", "True", "", "")],
    })
}

/// The failure stands beside what was good before: `Ready` and `Uploaded` keep their status.
pub fn failure(before: &Value, message: &str) -> Value {
    let list = before["conditions"].as_array().cloned().unwrap_or_default();
    let of = |kind: &str| list.iter().find(|condition| condition["type"] == kind).cloned();
    let mut ready = of("Ready").unwrap_or_else(|| condition("Ready", "Unknown", "", "Retrying"));
    ready["message"] = json!("Retrying");
    let reconciling = of("Reconciling").filter(|it| it["message"] == message);
    let reconciling = reconciling.unwrap_or_else(|| condition("Reconciling", "False", "Error", message));
    let mut conditions = vec![ready];
    conditions.extend(of("Uploaded"));
    conditions.push(reconciling);
    json!({"conditions": conditions})
}

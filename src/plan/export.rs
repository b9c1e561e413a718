//! The plan as JSON and as files: plan.json, commands.sh, operator-policy.json, operator-rbac.yaml.

use super::{Document, Plan, commands, document, operator_rbac};
use serde_json::{Value, json};

impl Plan {
    /// plan.json (contract, Plan).
    pub fn to_json(&self) -> Value {
        json!({
            "version": 1,
            "digest": self.digest,
            "target": self.target,
            "changes": self.changes,
            "notes": self.notes,
        })
    }
}

/// Adds the documents that tell of the whole plan.
pub fn add_whole_documents(plan: &mut Plan) {
    let add = |plan: &mut Plan, path: &str, text: String| plan.documents.push(Document { path: path.to_owned(), text });
    let script = commands::script(plan);
    add(plan, "commands.sh", script);
    let operator = document::json(&super::operator::policy(plan));
    add(plan, "operator-policy.json", operator);
    for site in 0..plan.sites.len() {
        let manifest = operator_rbac::manifest(plan, site);
        let path = operator_rbac::path(&plan.sites[site]);
        add(plan, &path, manifest);
    }
    let whole = document::json(&plan.to_json());
    add(plan, "plan.json", whole);
}

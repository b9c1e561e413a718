//! What whoever applies the plan needs: the calls of its operator policy, and whether they are allowed.

use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::domain::Shown;
use crate::plan::Plan;
use serde_json::Value;

/// The title of the text, by which it is found again.
const TITLE: &str = "What do I need?";

/// Opens the text.
pub fn open_needs(model: &mut Model) {
    let Some(plan) = model.review.plan() else { return };
    let lines = lines(plan);
    model.overlays.push(Overlay::Reader { title: Shown::new(TITLE), lines, scroll: 0 });
}

/// What is needed, a line each.
pub fn lines(plan: &Plan) -> Vec<Shown> {
    let mut out = vec![
        "To apply exactly this plan you need, in AWS (operator-policy.json holds it as a policy):".to_owned(),
        String::new(),
    ];
    let document = plan.documents.iter().find(|document| document.path == "operator-policy.json");
    let policy: Value = document.and_then(|it| serde_json::from_str(&it.text).ok()).unwrap_or_default();
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        out.push(format!("on {}", texts(&statement["Resource"]).join(", ")));
        out.extend(texts(&statement["Action"]).iter().map(|action| format!("    {action}")));
    }
    out.iter().map(|line| Shown::new(line)).collect()
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

//! What whoever applies the plan needs: the calls of its operator policy, the rights in its clusters, and whether
//! they are given.

use super::planning;
use crate::app::effect::{Effect, Task};
use crate::app::model::{Load, Model, Owner};
use crate::app::overlay::Overlay;
use crate::domain::Shown;
use crate::domain::preflight::{PreflightLine, Verdict};
use crate::plan::{Plan, rights};
use crate::ports::Answer;
use crate::wizard::StepId;
use serde_json::Value;
use std::collections::BTreeMap;

/// The title of the text, by which it is found again.
const TITLE: &str = "What do I need?";

/// Opens the text, and asks whether all of it is given.
pub fn open_needs(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(plan) = model.review.plan().cloned() else { return };
    if let (Load::Idle, Some(Ok(answers))) = (&model.review.preflight, planning::answers(model)) {
        model.review.preflight = Load::Loading(model.now);
        let ticket = model.ticket(Owner::Screen(StepId::Review));
        out.push(Effect::Start(ticket, Box::new(Task::Preflight(Box::new(answers), Box::new(plan.clone())))));
    }
    let lines = lines(&plan, &model.review.preflight);
    model.overlays.push(Overlay::Reader { title: Shown::new(TITLE), lines, scroll: 0 });
}

/// The answer is there: the text, where it is open, is made anew.
pub fn preflight(model: &mut Model, answer: Answer<Vec<PreflightLine>>) {
    model.review.preflight = Load::of(answer);
    let Some(new) = model.review.plan().map(|plan| lines(plan, &model.review.preflight)) else { return };
    if let Some(Overlay::Reader { title, lines, .. }) = model.overlays.last_mut()
        && title.as_str() == TITLE
    {
        *lines = new;
    }
}

/// What is needed, a line each: first what is not given.
pub fn lines(plan: &Plan, preflight: &Load<Vec<PreflightLine>>) -> Vec<Shown> {
    let mut out = match preflight {
        Load::Idle => Vec::new(),
        Load::Loading(_) => vec!["Asking whether you may do it ...".to_owned(), String::new()],
        Load::Failed(trouble) => vec![format!("Whether you may could not be asked: {trouble}"), String::new()],
        Load::Here(lines) => asked(lines),
    };
    out.push("In AWS, as operator-policy.json has it for a policy:".to_owned());
    out.extend(in_aws(plan));
    for (at, site) in plan.sites.iter().enumerate() {
        out.push(String::new());
        out.push(format!("In the cluster {}:", site.folder));
        let mut verbs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for right in rights(plan, at) {
            let list = verbs.entry((right.namespace, right.resource)).or_default();
            if !list.contains(&right.verb) {
                list.push(right.verb);
            }
        }
        for ((namespace, resource), verbs) in verbs {
            let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
            out.push(format!("    {resource}{place}: {}", verbs.join(", ")));
        }
    }
    out.iter().map(|line| Shown::new(line)).collect()
}

/// How the questions were answered: the count, then what is denied or unknown with the reason.
fn asked(lines: &[PreflightLine]) -> Vec<String> {
    let count = |verdict| lines.iter().filter(|line| line.verdict == verdict).count();
    let (allowed, denied, unknown) = (count(Verdict::Allowed), count(Verdict::Denied), count(Verdict::Unknown));
    let mut out = vec![format!("Pre-flight: {allowed} allowed, {denied} denied, {unknown} unknown.")];
    for (verdict, word) in [(Verdict::Denied, "denied "), (Verdict::Unknown, "unknown")] {
        let of = lines.iter().filter(|line| line.verdict == verdict);
        out.extend(of.map(|line| format!("    {word}  {}: {}", line.what, line.why)));
    }
    out.push(String::new());
    out
}

/// The calls by what they are on.
fn in_aws(plan: &Plan) -> Vec<String> {
    let document = plan.document("operator-policy.json");
    let policy: Value = document.and_then(|it| serde_json::from_str(&it.text).ok()).unwrap_or_default();
    let mut out = Vec::new();
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        out.push(format!("on {}", texts(&statement["Resource"]).join(", ")));
        out.extend(texts(&statement["Action"]).iter().map(|action| format!("    {action}")));
    }
    out
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

//! A plan as sentences.

use crate::domain::Shown;
use crate::engine::{PreflightLine, Verdict};
use crate::plan::{Action, Change, Plan};
use std::fmt::Write;

/// The plan: a line a change, its differences below, notes at the end.
pub fn plan(plan: &Plan) -> String {
    let target = &plan.target;
    let mut out = format!(
        "Plan for {} on {} in {} (account {}), {}\n\n",
        plan.names.tool.title(),
        target.cluster,
        target.region,
        target.account,
        plan.digest
    );
    for change in &plan.changes {
        let _ = writeln!(out, "{:8} {:22} {}", change.action.word(), change.id, Shown::new(&change.title));
        if change.action == Action::Conflict || change.tells_why() {
            let _ = writeln!(out, "{:31} {}", "", Shown::new(&change.why));
        }
        for line in &change.diff {
            let _ = writeln!(out, "{:31} {}", "", Shown::bounded(line, 200));
        }
    }
    let count = |action| plan.changes.iter().filter(|change| change.action == action).count();
    let _ = writeln!(
        out,
        "\n{} to create, {} to update, {} to keep, {} in conflict.",
        count(Action::Create),
        count(Action::Update),
        count(Action::Keep),
        count(Action::Conflict)
    );
    for note in &plan.notes {
        let _ = writeln!(out, "Note: {}.", Shown::new(note.trim_end_matches('.')));
    }
    out
}

/// The changes that wait for consent.
pub fn conflicts(changes: &[&Change]) -> String {
    let mut out = "The plan is not applied: it would change what lifeboat did not make.".to_owned();
    for change in changes {
        let _ = write!(out, "\n{}: {}\n  {}", change.id, Shown::new(&change.title), Shown::new(&change.why));
    }
    out
}

/// What may be done: all that may not, or is not known, and how much may.
pub fn preflight(lines: &[PreflightLine]) -> String {
    let count = |verdict| lines.iter().filter(|line| line.verdict == verdict).count();
    let mut out = format!(
        "\nPre-flight: {} allowed, {} denied, {} unknown.\n",
        count(Verdict::Allowed),
        count(Verdict::Denied),
        count(Verdict::Unknown)
    );
    for line in lines.iter().filter(|line| line.verdict != Verdict::Allowed) {
        let word = if line.verdict == Verdict::Denied { "denied" } else { "unknown" };
        let _ = writeln!(out, "{word:8} {}: {}", line.what, line.why);
    }
    out
}

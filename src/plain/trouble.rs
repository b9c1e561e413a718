//! Troubles and problems as sentences.

use crate::plan::answers::Problems;
use crate::ports::Trouble;
use std::fmt::Write;

/// What happened, why, what to do; a line each.
pub fn trouble(trouble: &Trouble) -> String {
    let mut out = format!("Error: {}.", sentence(trouble.what.as_str()));
    if !trouble.why.is_empty() {
        let _ = write!(out, "\n  Why: {}.", sentence(trouble.why.as_str()));
    }
    if !trouble.todo.is_empty() {
        let _ = write!(out, "\n  What to do: {}.", sentence(trouble.todo.as_str()));
    }
    let mut call: Vec<String> = Vec::new();
    if !trouble.call.is_empty() {
        call.push(format!("call {}", trouble.call));
    }
    if !trouble.resource.is_empty() {
        call.push(format!("on {}", trouble.resource));
    }
    if !trouble.code.is_empty() {
        call.push(format!("code {}", trouble.code));
    }
    if !trouble.request_id.is_empty() {
        call.push(format!("request {}", trouble.request_id));
    }
    if !call.is_empty() {
        let _ = write!(out, "\n  ({})", crate::domain::Shown::new(&call.join(", ")));
    }
    out
}

fn sentence(text: &str) -> &str {
    text.trim_end_matches('.')
}

/// All problems of answers, each at its field.
pub fn problems(problems: &Problems) -> String {
    let mut out = String::new();
    for problem in &problems.0 {
        if !out.is_empty() {
            out.push('\n');
        }
        let place = problem.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        // A field's name may be a foreign key of the file.
        let field = if problem.field.is_empty() { "answers" } else { problem.field.as_str() };
        let field = crate::domain::Shown::bounded(field, 200);
        let _ = write!(out, "{field}{place}: {}", sentence(problem.what.as_str()));
        if !problem.why.is_empty() {
            let _ = write!(out, "\n  Why: {}", sentence(problem.why.as_str()));
        }
        if !problem.todo.is_empty() {
            let _ = write!(out, "\n  What to do: {}", sentence(problem.todo.as_str()));
        }
    }
    out
}

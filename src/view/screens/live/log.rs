//! Log: the server's own words, the newest last; above them whether it is followed, the filter, and how many lines
//! were dropped to keep the newest.

use crate::app::{LiveAreas, window};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, nth, piece, safe};
use crate::view::time::clock;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, areas: &LiveAreas) {
    let live = &ink.model.live;
    let lines = live.log_lines();
    let mut head: Line = vec![if live.paused {
        piece(Role::Warn, "paused, f follows")
    } else {
        piece(Role::Info, "following, f pauses")
    }];
    let count = if live.filter.is_empty() {
        format!("  {} lines", lines.len())
    } else {
        format!("  \"{}\" in {} of {} lines", safe(&live.filter), lines.len(), live.log.len())
    };
    head.push(piece(Role::Muted, count));
    if live.dropped > 0 {
        head.push(piece(Role::Warn, format!("  {} older ones were dropped", live.dropped)));
    }
    ink.line(areas.head, &head);
    if lines.is_empty() {
        let (role, text) = match (&live.log_trouble, live.filter.is_empty()) {
            (why, _) if !why.is_empty() => (Role::Danger, format!("{} {why}", ink.glyphs().state(State::Failed))),
            (_, true) => (Role::Muted, "Nothing was logged yet".to_owned()),
            (_, false) => (Role::Muted, "No line holds that; / changes the filter".to_owned()),
        };
        ink.text(areas.list, role, &text);
        return;
    }
    let shown = window(lines.len(), live.cursor(), usize::from(areas.list.h));
    for (row, place) in shown.clone().enumerate() {
        let Some(text) = lines.get(place) else { break };
        let pieces = logged(text.as_str());
        ink.row(nth(areas.list, row), &pieces, live.paused && place == live.cursor());
    }
    ink.scrollbar(areas.list, shown.start, shown.len(), lines.len());
}

/// A line as a user reads it: time, level, message, then the rest; a line of another form stays as it is.
fn logged(line: &str) -> Line {
    let taken = |key: &str| value(line, key);
    let (Some((time, whole_time)), Some((level, whole_level)), Some((message, whole_message))) =
        (taken("time="), taken("level="), taken("msg="))
    else {
        return vec![piece(Role::Text, line)];
    };
    let mut rest = line.to_owned();
    for whole in [whole_time, whole_level, whole_message] {
        rest = rest.replacen(&whole, "", 1);
    }
    let role = match level.as_str() {
        "error" | "fatal" | "panic" => Role::Danger,
        "warning" => Role::Warn,
        _ => Role::Text,
    };
    vec![
        piece(Role::Muted, format!("{} ", clock(&time))),
        piece(role, format!("{level:7} {message}")),
        piece(Role::Muted, format!("  {}", rest.split_whitespace().collect::<Vec<_>>().join(" "))),
    ]
}

/// The value of a key in a line of `key=value key="value"`, without its quotes, and the whole as it stands there.
fn value(line: &str, key: &str) -> Option<(String, String)> {
    let (_, after) = line.split_once(key).filter(|(before, _)| before.is_empty() || before.ends_with(' '))?;
    let Some(quoted) = after.strip_prefix('"') else {
        let word = after.split(' ').next().unwrap_or_default();
        return Some((word.to_owned(), format!("{key}{word}")));
    };
    let mut escaped = false;
    let end = quoted.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let text = quoted.get(..end)?;
    Some((text.replace("\\\"", "\""), format!("{key}\"{text}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_by_its_message() {
        let line = r#"time="2026-01-05T08:59:48Z" level=error msg="no \"default\" location" logSource="a.go:1""#;
        let told: String = logged(line).into_iter().map(|(_, text)| text).collect();
        assert_eq!(told, "08:59:48 error   no \"default\" location  logSource=\"a.go:1\"");
        assert_eq!(logged("plain words"), vec![piece(Role::Text, "plain words")]);
        assert_eq!(logged("time=\"never ends level=info msg=x").len(), 1);
    }
}

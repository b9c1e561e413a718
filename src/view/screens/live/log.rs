//! Log: the server's own words, the newest last; above them whether it is followed, the filter, and how many lines
//! were dropped to keep the newest.

use crate::app::{LiveAreas, window};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, nth, piece, safe};

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
        ink.row(nth(areas.list, row), &[piece(weight(text.as_str()), text)], live.paused && place == live.cursor());
    }
    ink.scrollbar(areas.list, shown.start, shown.len(), lines.len());
}

/// The role of a line, by the level that it names itself.
fn weight(line: &str) -> Role {
    if line.contains("level=error") || line.contains("level=fatal") {
        Role::Danger
    } else if line.contains("level=warning") {
        Role::Warn
    } else {
        Role::Text
    }
}

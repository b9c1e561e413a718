//! A question before something happens.
//!
//! ```text
//! ┌─ Undo the run? ──────────────────────────────┐
//! │                                              │
//! │ 14 things that the run made are removed, ... │
//! │                                              │
//! │ Type acme-backups to go on:                  │
//! │ acme-ba▏                                     │
//! │                                              │
//! │ [ Cancel ]  [ Undo ]                         │
//! └──────────────────────────────────────────────┘
//! ```
//!
//! The focus is on Cancel, with a sign that says so beside its look; where something is to be typed, in the text.

use crate::app::{Area, Confirm, confirm_buttons};
use crate::theme::Role;
use crate::view::ink::{Ink, nth, piece};
use crate::view::text::wrap;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, area: Area, border: Role, confirm: &Confirm) {
    super::frame(ink, area, confirm.title.as_str(), border);
    let inner = area.inner(2, 1);
    let typed = !confirm.typed.is_empty();
    // The buttons, and what is typed with its label, have their rows before the lines.
    let (_, rest) = inner.top(1).1.bottom(if typed { 5 } else { 2 });
    let columns = usize::from(rest.w);
    let mut rows: Vec<String> = confirm.lines.iter().flat_map(|line| wrap(line.as_str(), columns)).collect();
    let room = usize::from(rest.h);
    if rows.len() > room {
        let left = rows.len() - room.saturating_sub(1);
        rows.truncate(room.saturating_sub(1));
        rows.push(format!("{} and {left} more lines", ink.glyphs().more()));
    }
    for (row, text) in rows.into_iter().take(room).enumerate() {
        ink.line(nth(rest, row), &[(Role::Text, text)]);
    }
    let (cancel, yes) = confirm_buttons(confirm, area);
    if typed {
        let (field, _) = inner.bottom(4);
        let (label, field) = field.top(1);
        ink.line(
            label,
            &[piece(Role::Label, "Type "), piece(Role::Value, &confirm.typed), piece(Role::Label, " to go on")],
        );
        ink.input(field.top(1).0, &confirm.input);
    }
    if confirm.on_yes {
        ink.cursor = None;
    }
    let ready = !typed || confirm.input.value() == confirm.typed;
    button(ink, cancel, "Cancel", !confirm.on_yes && !typed, true);
    button(ink, yes, confirm.yes.as_str(), confirm.on_yes, ready);
}

fn button(ink: &mut Ink<'_>, area: Area, word: &str, focus: bool, ready: bool) {
    let role = match (focus, ready) {
        (true, _) => Role::OnFocus,
        (false, true) => Role::Text,
        (false, false) => Role::Muted,
    };
    // A sign says where the focus is when there are no colours.
    let text = if focus { format!("[{}{word} ]", ink.glyphs().here()) } else { format!("[ {word} ]") };
    ink.line(area, &[piece(role, text)]);
}

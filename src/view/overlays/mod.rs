//! What lies over a screen: only the topmost has the keys, and its border says so.

mod confirm;
mod menu;
mod text;

use super::ink::{Ink, rect};
use crate::app::{Area, Overlay, overlay_area};
use crate::theme::Role;

/// Draws all of them, the topmost last.
pub fn draw(ink: &mut Ink<'_>) {
    let overlays = &ink.model.overlays;
    for (at, overlay) in overlays.iter().enumerate() {
        ink.cursor = None;
        let area = overlay_area(ink.model, overlay);
        let border = if at + 1 == overlays.len() { Role::Focus } else { Role::Line };
        match overlay {
            Overlay::Menu { .. } => menu::menu(ink, area, border, overlay),
            Overlay::Picker { .. } => menu::picker(ink, area, border, overlay),
            Overlay::Confirm(confirm) => confirm::draw(ink, area, border, confirm),
            Overlay::Prompt { kind, input, problem } => text::prompt(ink, area, border, (*kind, input, problem)),
            Overlay::Reader { title, lines, scroll } => text::reader(ink, area, border, (title, lines, *scroll)),
        }
    }
}

/// A frame on a ground of its own, with a title; what is inside.
fn frame(ink: &mut Ink<'_>, area: Area, title: &str, border: Role) -> Area {
    ink.paint.ground(ink.buffer, rect(area), Role::Panel);
    ink.paint.panel(ink.buffer, rect(area), title, border);
    area.inner(1, 1)
}

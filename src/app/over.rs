//! Where what lies over a screen is: its area, its list, its buttons.

use super::layout::{Area, rows_of};
use super::model::Model;
use super::overlay::{Confirm, MenuKind, Overlay};
use unicode_width::UnicodeWidthStr;

/// The area of an overlay.
pub fn overlay_area(model: &Model, overlay: &Overlay) -> Area {
    let (w, h) = (model.size.w, model.size.h);
    let (want_w, want_h) = match overlay {
        Overlay::Menu { .. } => (84, h.saturating_sub(4)),
        Overlay::Picker { .. } => (64, 18),
        Overlay::Prompt { .. } => (72, 7),
        Overlay::Confirm(confirm) => {
            let w = w.min(76);
            // Frame, blank, lines, blank, buttons, frame; a text to be typed has two rows more.
            let typed = if confirm.typed.is_empty() { 0 } else { 3 };
            (w, rows_of(confirm.lines.iter().map(AsRef::as_ref), w.saturating_sub(4)).saturating_add(6 + typed))
        }
        Overlay::Reader { .. } => (w.saturating_sub(6).min(140), h.saturating_sub(4)),
    };
    // The keys at the bottom stay in sight.
    let most = h.saturating_sub(1);
    let (w, h) = (want_w.min(w), want_h.min(most));
    Area::new(model.size.w.saturating_sub(w) / 2, most.saturating_sub(h) / 2, w, h)
}

/// The rows of a help that say why the step asks what it asks.
pub fn why_rows(model: &Model, overlay: &Overlay) -> u16 {
    let Overlay::Menu { kind: MenuKind::Help, .. } = overlay else { return 0 };
    let area = overlay_area(model, overlay);
    let why = crate::wizard::step(model.step()).why.trim().lines();
    let most = (area.h / 2).min(area.h.saturating_sub(8));
    rows_of(why, area.w.saturating_sub(4)).saturating_add(1).min(most)
}

/// The rows of an overlay's list: under the frame, the why of a help, the filter and a rule.
pub fn overlay_list(model: &Model, overlay: &Overlay) -> Area {
    let area = overlay_area(model, overlay).inner(1, 1);
    area.top(why_rows(model, overlay).saturating_add(2)).1
}

/// The buttons of a question, Cancel and the one that does it: in the row over the frame's last.
pub fn confirm_buttons(confirm: &Confirm, area: Area) -> (Area, Area) {
    let row = area.inner(2, 1).bottom(1).0;
    // Brackets and a space on each side of the word.
    let wide = |word: &str| u16::try_from(UnicodeWidthStr::width(word)).unwrap_or(u16::MAX).saturating_add(4);
    let (cancel, rest) = row.left(wide("Cancel"));
    let (_, rest) = rest.left(2);
    (cancel, rest.left(wide(confirm.yes.as_str())).0)
}

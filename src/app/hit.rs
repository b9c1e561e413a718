//! What lies under the mouse, by the same geometry that `view` draws by.

use super::command::Command;
use super::form;
use super::hints::hints;
use super::layout::{STEP_ROWS, Tier, form_window, list_area, panes, solve, window};
use super::model::Model;
use super::over::{confirm_buttons, overlay_area, overlay_list};
use super::overlay::Overlay;
use super::screens::Welcome;
use crate::wizard::StepId;

/// What lies under the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A key of the footer.
    Command(Command),
    /// A step of the stepper.
    Step(StepId),
    /// A row of the list that is shown, by its place.
    Row(usize),
    /// A stop of the form.
    Stop(usize),
    /// A row of the topmost overlay's list, by its place; of a question 0 is Cancel and 1 the button that does it.
    Over(usize),
    /// The document of Review.
    Document,
    /// Outside the topmost overlay.
    Outside,
}

/// What lies at a column and row.
pub fn hit(model: &Model, x: u16, y: u16) -> Option<Hit> {
    if let Some(overlay) = model.overlays.last() {
        let area = overlay_area(model, overlay);
        if !area.holds(x, y) {
            return Some(Hit::Outside);
        }
        return over(model, overlay, x, y);
    }
    let layout = solve(model);
    if layout.footer.holds(x, y) {
        let mut at = layout.footer.x.saturating_add(1);
        for hint in hints(model, usize::from(layout.footer.w) + 1) {
            let width = u16::try_from(hint.key.chars().count() + hint.word.chars().count() + 3).unwrap_or(u16::MAX);
            if x >= at && x < at.saturating_add(width) {
                return Some(Hit::Command(hint.command));
            }
            at = at.saturating_add(width);
        }
        return None;
    }
    if layout.tier == Tier::Wide && layout.stepper.holds(x, y) {
        // Two rows a step: its title, and what was chosen there.
        let place = usize::from(y.saturating_sub(layout.stepper.y).saturating_sub(1) / STEP_ROWS);
        return StepId::ALL.get(place).map(|step| Hit::Step(*step));
    }
    body_hit(model, x, y)
}

fn over(model: &Model, overlay: &Overlay, x: u16, y: u16) -> Option<Hit> {
    let (len, cursor) = match overlay {
        Overlay::Menu { pick, .. } | Overlay::Picker { pick, .. } => (pick.count(), pick.cursor()),
        Overlay::Confirm(confirm) => {
            let (cancel, yes) = confirm_buttons(confirm, overlay_area(model, overlay));
            return [cancel, yes].iter().position(|button| button.holds(x, y)).map(Hit::Over);
        }
        _ => return None,
    };
    let area = overlay_list(model, overlay);
    if !area.holds(x, y) {
        return None;
    }
    let shown = window(len, cursor, usize::from(area.h));
    let place = shown.start + usize::from(y - area.y);
    (place < shown.end).then_some(Hit::Over(place))
}

fn body_hit(model: &Model, x: u16, y: u16) -> Option<Hit> {
    let area = list_area(model);
    if model.step() == StepId::Review && panes(model).1.holds(x, y) {
        return Some(Hit::Document);
    }
    if !area.holds(x, y) {
        return None;
    }
    let row = usize::from(y - area.y);
    if model.step().is_form() {
        let (lines, shown) = form_window(model, usize::from(area.h));
        return match lines.get(shown.start + row)? {
            form::FormLine::Stop(place, _) => Some(Hit::Stop(*place)),
            _ => None,
        };
    }
    let (len, cursor) = match model.step() {
        StepId::Welcome => (Welcome::offers(model).len(), model.welcome),
        StepId::Cluster => (model.cluster.pick.count(), model.cluster.pick.cursor()),
        StepId::Review => (model.review.rows().len(), model.review.cursor),
        StepId::Apply => (model.run.rows().len(), model.run.focus()),
        StepId::Live => (model.live.rows(), model.live.cursor()),
        _ => return None,
    };
    let shown = window(len, cursor, usize::from(area.h));
    let place = shown.start + row;
    (place < shown.end).then_some(Hit::Row(place))
}

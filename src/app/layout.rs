//! Where everything is: one pure function that `update` asks for page sizes and mouse hits, and `view` draws by.

use super::command::Command;
use super::form;
use super::hints::hints;
use super::key::Size;
use super::model::Model;
use super::overlay::Overlay;
use super::screens::Welcome;
use crate::wizard::StepId;
use std::ops::Range;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Area {
    pub x: u16,
    pub y: u16,
    pub w: u16,
    pub h: u16,
}

impl Area {
    /// An area.
    pub const fn new(x: u16, y: u16, w: u16, h: u16) -> Self {
        Self { x, y, w, h }
    }

    /// Whether a cell is in it.
    pub fn holds(self, x: u16, y: u16) -> bool {
        x >= self.x && y >= self.y && x < self.x.saturating_add(self.w) && y < self.y.saturating_add(self.h)
    }

    /// Its first `rows` rows, and the rest.
    pub fn top(self, rows: u16) -> (Self, Self) {
        let rows = rows.min(self.h);
        let first = Self { h: rows, ..self };
        (first, Self { y: self.y.saturating_add(rows), h: self.h.saturating_sub(rows), ..self })
    }

    /// Its last `rows` rows, and the rest.
    pub fn bottom(self, rows: u16) -> (Self, Self) {
        let rows = rows.min(self.h);
        let rest = Self { h: self.h.saturating_sub(rows), ..self };
        (Self { y: rest.y.saturating_add(rest.h), h: rows, ..self }, rest)
    }

    /// Its first `columns` columns, and the rest.
    pub fn left(self, columns: u16) -> (Self, Self) {
        let columns = columns.min(self.w);
        let first = Self { w: columns, ..self };
        (first, Self { x: self.x.saturating_add(columns), w: self.w.saturating_sub(columns), ..self })
    }

    /// It without `x` columns and `y` rows on each side.
    #[must_use]
    pub fn inner(self, x: u16, y: u16) -> Self {
        Self {
            x: self.x.saturating_add(x.min(self.w / 2)),
            y: self.y.saturating_add(y.min(self.h / 2)),
            w: self.w.saturating_sub(x.saturating_mul(2)),
            h: self.h.saturating_sub(y.saturating_mul(2)),
        }
    }
}

/// How much room there is (tui.md row 32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Below 40 x 12: one sentence; keys still work.
    Small,
    /// From 40 x 12: one column, the step as `3/8 Storage`.
    Narrow,
    /// From 60 x 18.
    Normal,
    /// From 100 x 28: the stepper and the help beside the step.
    Wide,
}

impl Tier {
    /// The tier of a size.
    pub fn of(size: Size) -> Self {
        match (size.w, size.h) {
            (100.., 28..) => Self::Wide,
            (60.., 18..) => Self::Normal,
            (40.., 12..) => Self::Narrow,
            _ => Self::Small,
        }
    }
}

/// The parts of the screen. Parts that are not there have no rows or no columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How much room there is.
    pub tier: Tier,
    /// The first row: name, place, account, demo and read-only marks.
    pub header: Area,
    /// The stepper: a column when wide, else one row.
    pub stepper: Area,
    /// The step.
    pub body: Area,
    /// The help beside a form, when wide.
    pub side: Area,
    /// The caption of a walkthrough, over the footer.
    pub caption: Area,
    /// Messages, over the caption.
    pub toasts: Area,
    /// The last row: keys.
    pub footer: Area,
}

/// Solves the layout.
pub fn solve(model: &Model) -> Layout {
    let tier = Tier::of(model.size);
    let whole = Area::new(0, 0, model.size.w, model.size.h);
    let (header, rest) = whole.top(1);
    let (footer, rest) = rest.bottom(1);
    let (caption, rest) = rest.bottom(if model.caption.is_some() { 2 } else { 0 });
    let toasts = u16::try_from(model.toasts.shown.len()).unwrap_or(3).min(rest.h / 4);
    let (toasts, rest) = rest.bottom(toasts);
    let none = Area::default();
    let (stepper, rest) = match tier {
        Tier::Wide => rest.left(26),
        Tier::Normal => rest.top(1),
        Tier::Narrow | Tier::Small => (none, rest),
    };
    let (side, body) = if tier == Tier::Wide && model.step().is_form() && rest.w >= 90 {
        let (body, side) = rest.left(rest.w.saturating_sub(34));
        (side, body)
    } else {
        (none, rest)
    };
    let edge = u16::from(tier > Tier::Narrow);
    Layout { tier, header, stepper, body: body.inner(edge, 0), side: side.inner(1, 0), caption, toasts, footer }
}

/// The two halves of Review, list and document: beside each other when there is room, else the one with the focus.
pub fn panes(model: &Model) -> (Area, Area) {
    let body = solve(model).body;
    // Two rows of summary stand above.
    let (_, body) = body.top(2);
    if body.w >= 90 {
        let (list, document) = body.left(body.w / 2 - 4);
        (list, Area { x: document.x.saturating_add(1), w: document.w.saturating_sub(1), ..document })
    } else if model.review.pane == super::screens::Pane::Document {
        (Area::default(), body)
    } else if body.h >= 16 {
        let (list, document) = body.top(body.h / 2);
        (list, document)
    } else {
        (body, Area::default())
    }
}

/// The part of a list of `len` rows that is shown in `height` rows, so that the cursor is in it with one row of
/// what is around it.
pub fn window(len: usize, cursor: usize, height: usize) -> Range<usize> {
    if height == 0 {
        return 0..0;
    }
    let start = cursor.saturating_sub(height / 2).min(len.saturating_sub(height));
    start..(start + height).min(len)
}

/// The area of an overlay.
pub fn overlay_area(model: &Model, overlay: &Overlay) -> Area {
    let (w, h) = (model.size.w, model.size.h);
    let (want_w, want_h) = match overlay {
        Overlay::Menu { .. } => (84, h.saturating_sub(4)),
        Overlay::Picker { .. } => (64, 18),
        Overlay::Prompt { .. } => (72, 7),
        Overlay::Confirm(confirm) => (76, u16::try_from(confirm.lines.len()).unwrap_or(20).saturating_add(8)),
        Overlay::Reader { .. } => (w.saturating_sub(6).min(140), h.saturating_sub(4)),
    };
    let (w, h) = (want_w.min(w), want_h.min(h));
    Area::new(model.size.w.saturating_sub(w) / 2, model.size.h.saturating_sub(h) / 2, w, h)
}

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
    /// A row of the topmost overlay, by its place.
    Over(usize),
    /// The document of Review.
    Document,
    /// Outside the topmost overlay.
    Outside,
}

/// The first row of the list in a step's body, and its height.
pub fn list_area(model: &Model) -> Area {
    let body = solve(model).body;
    match model.step() {
        // A sentence and who one is stand above.
        StepId::Welcome => body.top(welcome_head(model)).1,
        // The filter line, the head, and the regions' line below.
        StepId::Cluster => body.top(2).1.bottom(region_rows(model)).1,
        StepId::Review => panes(model).0,
        StepId::Apply => body.top(2).1.bottom(apply_foot(body)).1,
        // The tabs stand above.
        StepId::Live => body.top(2).1,
        _ => body,
    }
}

/// The rows above Welcome's list.
pub fn welcome_head(model: &Model) -> u16 {
    if Tier::of(model.size) <= Tier::Narrow { 5 } else { 11 }
}

/// The rows under the clusters that tell of regions: one for the count, and one for each that is slow or refused,
/// as far as there is room.
pub fn region_rows(model: &Model) -> u16 {
    use super::screens::RegionState;
    let body = solve(model).body;
    let wrong = |state: &RegionState| matches!(state, RegionState::Slow | RegionState::Refused(_));
    let count = model.cluster.regions.iter().filter(|region| wrong(&region.state)).count();
    let most = usize::from(body.h / 4);
    u16::try_from(count.min(most)).unwrap_or(0).saturating_add(1)
}

/// The rows under Apply's lines: what the line under the cursor says, and how the run ended.
pub fn apply_foot(body: Area) -> u16 {
    match body.h {
        24.. => 9,
        14.. => 6,
        _ => 4,
    }
}

/// What lies at a column and row.
pub fn hit(model: &Model, x: u16, y: u16) -> Option<Hit> {
    if let Some(overlay) = model.overlays.last() {
        let area = overlay_area(model, overlay);
        if !area.holds(x, y) {
            return Some(Hit::Outside);
        }
        return over(overlay, area, y);
    }
    let layout = solve(model);
    if layout.footer.holds(x, y) {
        let mut at = layout.footer.x.saturating_add(1);
        for hint in hints(model, usize::from(layout.footer.w.saturating_sub(2))) {
            let width = u16::try_from(hint.key.chars().count() + hint.word.chars().count() + 3).unwrap_or(u16::MAX);
            if x >= at && x < at.saturating_add(width) {
                return Some(Hit::Command(hint.command));
            }
            at = at.saturating_add(width);
        }
        return None;
    }
    if layout.tier == Tier::Wide && layout.stepper.holds(x, y) {
        // A title row, then a row a step.
        let place = usize::from(y.saturating_sub(layout.stepper.y).saturating_sub(1));
        return StepId::ALL.get(place).map(|step| Hit::Step(*step));
    }
    body_hit(model, x, y)
}

fn over(overlay: &Overlay, area: Area, y: u16) -> Option<Hit> {
    let row = usize::from(y.saturating_sub(area.y));
    let list = match overlay {
        Overlay::Menu { pick, .. } | Overlay::Picker { pick, .. } => pick,
        Overlay::Confirm(_) => return Some(Hit::Over(row)),
        _ => return None,
    };
    // The frame, the filter and a rule stand above, the frame below.
    let height = usize::from(area.h).saturating_sub(4);
    let shown = window(list.count(), list.cursor(), height);
    let place = shown.start + row.checked_sub(3)?;
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
        StepId::Review => (model.review.plan().map_or(0, |plan| plan.changes.len()), model.review.cursor),
        StepId::Apply => (model.run.lines.len(), model.run.focus()),
        StepId::Live => (model.live.rows(), model.live.cursor()),
        _ => return None,
    };
    let shown = window(len, cursor, usize::from(area.h));
    let place = shown.start + row;
    (place < shown.end).then_some(Hit::Row(place))
}

/// The lines of the form that is shown, and those of them that are in sight: the focus with what belongs to it.
pub fn form_window(model: &Model, height: usize) -> (Vec<form::FormLine>, Range<usize>) {
    let lines = form::lines(model, model.step());
    let focus = lines
        .iter()
        .position(|line| matches!(line, form::FormLine::Stop(place, _) if *place == model.form.at))
        .unwrap_or(0);
    let shown = window(lines.len(), focus, height);
    (lines, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tui_row_32_the_tiers_are_where_the_reference_puts_them() {
        let tier = |w, h| Tier::of(Size { w, h });
        assert_eq!(tier(100, 28), Tier::Wide);
        assert_eq!(tier(99, 28), Tier::Normal);
        assert_eq!(tier(60, 18), Tier::Normal);
        assert_eq!(tier(60, 17), Tier::Narrow);
        assert_eq!(tier(40, 12), Tier::Narrow);
        assert_eq!(tier(39, 12), Tier::Small);
        assert_eq!(tier(0, 0), Tier::Small);
    }

    #[test]
    fn the_cursor_is_always_in_the_window() {
        for len in 0..30 {
            for cursor in 0..len.max(1) {
                for height in 0..12 {
                    let shown = window(len, cursor, height);
                    assert!(shown.end <= len.max(shown.start) && shown.len() <= height);
                    assert!(len == 0 || height == 0 || shown.contains(&cursor), "{len} {cursor} {height} {shown:?}");
                }
            }
        }
    }
}

//! Where everything is: one pure function that `update` asks for page sizes and mouse hits, and `view` draws by.

use super::form;
use super::key::Size;
use super::model::Model;
use crate::wizard::StepId;
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

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

/// The rows of a step in the stepper, when it is a column: its title, and what was chosen there.
pub const STEP_ROWS: u16 = 2;

/// The columns before a caption's text.
pub const CAPTION_EDGE: u16 = 7;

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
    let (caption, rest) = rest.bottom(caption_rows(model, rest.h));
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

/// The rows of a caption: its text, and how to steer it.
fn caption_rows(model: &Model, height: u16) -> u16 {
    let Some(caption) = &model.caption else { return 0 };
    let text = rows_of(std::iter::once(caption.text.as_str()), model.size.w.saturating_sub(CAPTION_EDGE + 1));
    text.saturating_add(1).min(height / 2).max(2)
}

/// The two halves of Review, list and document: beside each other when there is room, else the one with the focus.
pub fn panes(model: &Model) -> (Area, Area) {
    let body = solve(model).body;
    // Two rows of summary stand above.
    let (_, body) = body.top(2);
    if body.w >= 90 {
        let (list, document) = body.left(body.w / 2 - 1);
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

/// The list of the step that is shown: one row an item, from its first row on.
pub fn list_area(model: &Model) -> Area {
    let body = solve(model).body;
    match model.step() {
        // A sentence and who one is stand above.
        StepId::Welcome => body.top(welcome_head(model)).1,
        // The filter line, the head, and the regions' line below.
        StepId::Cluster => body.top(2).1.bottom(region_rows(model)).1,
        StepId::Review => panes(model).0,
        StepId::Apply => body.top(2).1.bottom(apply_foot(body)).1,
        StepId::Live => live_areas(model).list,
        _ => form_areas(model).lines,
    }
}

/// The parts of a form's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormAreas {
    /// The step's title.
    pub head: Area,
    /// The fields.
    pub lines: Area,
    /// What there is to say of the field with the focus, where there is no help beside.
    pub foot: Area,
}

/// Divides the body of a form.
pub fn form_areas(model: &Model) -> FormAreas {
    let layout = solve(model);
    let tall = layout.body.h >= 16;
    let (head, rest) = layout.body.top(if tall { 2 } else { 0 });
    let foot = match rest.h {
        _ if layout.side.w > 0 => 0,
        11.. => 4,
        8.. => 3,
        _ => 0,
    };
    let (foot, lines) = rest.bottom(foot);
    FormAreas { head, lines, foot }
}

/// The parts of Live's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveAreas {
    /// The tabs.
    pub tabs: Area,
    /// That it is not live, while it is not.
    pub banner: Area,
    /// The sum of it, or the heads of the columns.
    pub head: Area,
    /// The rows of the tab.
    pub list: Area,
    /// The rest: on Overview everything but the locations, else the row under the cursor in full.
    pub rest: Area,
}

/// Divides the body of Live.
pub fn live_areas(model: &Model) -> LiveAreas {
    use super::screens::LiveTab;
    let (tabs, rest) = solve(model).body.top(1);
    let (banner, rest) = rest.top(u16::from(model.live.stale.is_some()));
    let (head, rest) = rest.top(1);
    // Of a backup there is more to say where it is a file with a name of its own.
    let files = || model.live.status.iter().flat_map(|status| &status.backups).any(|it| it.stored.is_some());
    let more = model.live.tab != LiveTab::Backups || files();
    let (list, rest) = match model.live.tab {
        LiveTab::Overview => {
            let rows = u16::try_from(model.live.rows()).unwrap_or(u16::MAX);
            rest.top(rows.min((rest.h / 3).max(1)))
        }
        LiveTab::Backups | LiveTab::Pods | LiveTab::Chain | LiveTab::Events if rest.h >= 7 && more => {
            let (foot, list) = rest.bottom(if rest.h >= 12 { 4 } else { 3 });
            (list, foot)
        }
        _ => rest.top(rest.h),
    };
    LiveAreas { tabs, banner, head, list, rest }
}

/// The rows above Welcome's list.
pub fn welcome_head(model: &Model) -> u16 {
    match (Tier::of(model.size), model.size.h) {
        (Tier::Small | Tier::Narrow, _) => 5,
        (_, ..22) => 8,
        _ => 11,
    }
}

/// The rows under the clusters: one for what is unknown or wrong of the cluster under the cursor, one for how many
/// regions answered, and one for each that is slow or refused, as far as there is room.
pub fn region_rows(model: &Model) -> u16 {
    use super::screens::RegionState;
    let body = solve(model).body;
    let wrong = |state: &RegionState| matches!(state, RegionState::Slow | RegionState::Refused(_));
    let count = model.cluster.regions.iter().filter(|region| wrong(&region.state)).count();
    let most = usize::from(body.h / 4);
    u16::try_from(count.min(most)).unwrap_or(0).saturating_add(2)
}

/// The rows under Apply's lines: what the line under the cursor says, and how the run ended.
pub fn apply_foot(body: Area) -> u16 {
    match body.h {
        24.. => 9,
        14.. => 6,
        _ => 4,
    }
}

/// The rows that texts take when they are broken at words.
pub(super) fn rows_of<'a>(texts: impl Iterator<Item = &'a str>, columns: u16) -> u16 {
    let columns = usize::from(columns.max(1));
    let rows = texts.map(|text| {
        let (mut rows, mut used) = (1_usize, 0_usize);
        for word in text.split(' ') {
            let wide = UnicodeWidthStr::width(word);
            if used > 0 && used + 1 + wide > columns {
                rows += 1;
                used = 0;
            }
            rows += wide.saturating_sub(1) / columns;
            used += wide % (columns + 1) + usize::from(used > 0);
        }
        rows
    });
    u16::try_from(rows.sum::<usize>()).unwrap_or(u16::MAX / 2)
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

//! Painting: lines, panels, hints, bars. Any area will do, none included: what does not fit is left out.
//! All text goes through `Shown` once more here, so that nothing else reaches a cell.

use super::lexer::Span;
use super::text::{truncate, width, wrap};
use super::{Glyphs, State};
use crate::domain::Shown;
use crate::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear, Widget};
use std::borrow::Cow;

/// Columns between two key hints.
const GAP: u16 = 2;

/// What is painted with.
#[derive(Debug, Clone, Copy)]
pub struct Paint<'a> {
    /// The looks.
    pub theme: &'a Theme,
    /// The signs.
    pub glyphs: Glyphs,
}

impl Paint<'_> {
    /// Empties an area and gives it a ground, `Back` or `Panel`.
    pub fn ground(&self, buffer: &mut Buffer, area: Rect, role: Role) {
        let area = area.intersection(*buffer.area());
        Clear.render(area, buffer);
        buffer.set_style(area, self.theme.style(Role::Text).patch(self.theme.style(role)));
    }

    /// One line in the area's first row, cut with `…`; the columns that it took.
    pub fn line(&self, buffer: &mut Buffer, area: Rect, spans: &[Span<'_>]) -> u16 {
        self.styled(buffer, area, spans, |role| self.theme.style(role))
    }

    /// A line of a list, with a bar before the selected one; the whole row is selected, and so are its words.
    pub fn row(&self, buffer: &mut Buffer, area: Rect, spans: &[Span<'_>], selected: bool) {
        let row = area.intersection(*buffer.area()).rows().next().unwrap_or_default();
        let bar = if selected { self.glyphs.bar() } else { " " };
        let over = self.theme.style(Role::OnFocus);
        if selected {
            buffer.set_style(row, over);
        }
        let look = |role| if selected { self.theme.style(role).patch(over) } else { self.theme.style(role) };
        let used = self.styled(buffer, row, &[(Role::Focus, bar), (Role::Text, " ")], look);
        self.styled(buffer, after(row, used), spans, look);
    }

    fn styled(&self, buffer: &mut Buffer, area: Rect, spans: &[Span<'_>], look: impl Fn(Role) -> Style) -> u16 {
        let area = area.intersection(*buffer.area());
        if area.is_empty() {
            return 0;
        }
        let spans: Vec<(Role, Cow<'_, str>)> = spans.iter().map(|(role, text)| (*role, safe(text))).collect();
        let mut left = spans.iter().map(|(_, text)| width(text)).sum::<usize>();
        let mut x = area.x;
        for (role, text) in &spans {
            let room = usize::from(area.right().saturating_sub(x));
            // The last span that fits gives its end to the sign that there is more.
            let wide = width(text);
            let more = width(self.glyphs.more()).min(room);
            let cut = left > room && wide.saturating_add(more) > room;
            let shown = if cut { cut_to(text, room, self.glyphs.more()) } else { Cow::Borrowed(text.as_ref()) };
            x = buffer.set_stringn(x, area.y, &shown, room, look(*role)).0;
            if cut {
                break;
            }
            left = left.saturating_sub(wide);
        }
        x.saturating_sub(area.x)
    }

    /// Running text, broken at words; the rows that it took. What has no row is left out, which a last
    /// line with `…` says.
    pub fn text(&self, buffer: &mut Buffer, area: Rect, role: Role, text: &str) -> u16 {
        let area = area.intersection(*buffer.area());
        let lines = wrap(&text.lines().map(safe).collect::<Vec<_>>().join("\n"), usize::from(area.width));
        let last = usize::from(area.height).saturating_sub(1);
        let mut rows = 0_u16;
        for (at, (row, line)) in area.rows().zip(&lines).enumerate() {
            let more = at == last && lines.len() > at + 1;
            let shown = if more { cut_to(line, usize::from(area.width), self.glyphs.more()) } else { line.into() };
            self.line(buffer, row, &[(role, &shown)]);
            rows = rows.saturating_add(1);
        }
        rows
    }

    /// A border with a title in it, in the role of the border (`Line`, `Focus`, `Danger`); what is inside.
    pub fn panel(&self, buffer: &mut Buffer, area: Rect, title: &str, border: Role) -> Rect {
        let area = area.intersection(*buffer.area());
        let block = Block::bordered().border_set(self.glyphs.border()).border_style(self.theme.style(border));
        let inner = block.inner(area);
        block.render(area, buffer);
        if !title.is_empty() && area.height > 0 {
            let words = Rect { x: area.x.saturating_add(3), width: area.width.saturating_sub(6), height: 1, ..area };
            let used = self.line(buffer, words, &[(Role::Title, title)]);
            if used > 0 {
                buffer.set_stringn(words.x.saturating_sub(1), words.y, " ", 1, Style::new());
                buffer.set_stringn(words.x.saturating_add(used), words.y, " ", 1, Style::new());
            }
        }
        inner
    }

    /// Keys and what they do, from the left, as many as fit whole; how many those were.
    pub fn hints(&self, buffer: &mut Buffer, area: Rect, hints: &[(&str, &str)]) -> usize {
        let mut area = area.intersection(*buffer.area());
        for (at, (key, words)) in hints.iter().enumerate() {
            let (key, words) = (safe(key), safe(words));
            let wide = width(&key).saturating_add(width(&words)).saturating_add(1);
            if area.is_empty() || wide > usize::from(area.width) {
                return at;
            }
            let used = self.line(buffer, area, &[(Role::Key, &key), (Role::KeyText, " "), (Role::KeyText, &words)]);
            area = after(area, used.saturating_add(GAP));
        }
        hints.len()
    }

    /// The sign of a state in its columns, and its word; `frame` counts what turns.
    pub fn state(&self, state: State, frame: usize) -> [Span<'static>; 3] {
        let sign = if state == State::Running { self.glyphs.spinner(frame) } else { self.glyphs.state(state) };
        let missing = self.glyphs.state_columns().saturating_sub(width(sign)).saturating_add(1);
        let spaces = "     ".get(..missing).unwrap_or(" ");
        [(state.role(), sign), (state.role(), spaces), (state.role(), state.word())]
    }

    /// A bar and its percents in the area's first row; nothing of nothing is 0 %.
    pub fn progress(&self, buffer: &mut Buffer, area: Rect, done: u64, total: u64) {
        let area = area.intersection(*buffer.area());
        let percent = scaled(done, total, 100);
        let words = format!(" {percent:>3}%");
        let room = area.width.saturating_sub(u16::try_from(width(&words)).unwrap_or(u16::MAX));
        let full = scaled(done, total, room);
        let bar = |sign: &str, count: u16| sign.repeat(usize::from(count));
        let (done, rest) = (bar(self.glyphs.full(), full), bar(self.glyphs.empty(), room.saturating_sub(full)));
        let words = if room == 0 { words.trim_start() } else { &words };
        self.line(buffer, area, &[(Role::Accent, &done), (Role::Line, &rest), (Role::Text, words)]);
    }

    /// A scroll bar in the area's last column: `shown` of `total` lines from line `first`; none where all
    /// are shown.
    pub fn scrollbar(&self, buffer: &mut Buffer, area: Rect, first: u64, shown: u64, total: u64) {
        let area = area.intersection(*buffer.area());
        if total <= shown || area.is_empty() {
            return;
        }
        let thumb = scaled(shown, total, area.height).max(1);
        let from = scaled(first, total.saturating_sub(shown), area.height.saturating_sub(thumb));
        let column = Rect { x: area.right().saturating_sub(1), width: 1, ..area };
        for (at, row) in (0_u16..).zip(column.rows()) {
            let inside = (from..from.saturating_add(thumb)).contains(&at);
            let (role, sign) =
                if inside { (Role::Focus, self.glyphs.thumb()) } else { (Role::Line, self.glyphs.track()) };
            self.line(buffer, row, &[(role, sign)]);
        }
    }
}

/// The middle of an area, at most `width` by `height`.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let x = area.x.saturating_add(area.width.saturating_sub(width) / 2);
    let y = area.y.saturating_add(area.height.saturating_sub(height) / 2);
    Rect { x, y, width, height }
}

/// What of an area is left to the right of its first columns.
fn after(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect { x: area.x.saturating_add(columns), width: area.width.saturating_sub(columns), ..area }
}

/// `most` times `part` of `whole`, rounded down; at most `most`.
fn scaled(part: u64, whole: u64, most: u16) -> u16 {
    let part = u128::from(part.min(whole));
    let scaled = (part * u128::from(most)).checked_div(u128::from(whole)).unwrap_or(0);
    u16::try_from(scaled).unwrap_or(most)
}

/// The text with `more` at its end, cut as far as that takes.
fn cut_to<'a>(text: &'a str, columns: usize, more: &str) -> Cow<'a, str> {
    let room = columns.saturating_sub(width(more));
    let kept = truncate(text, room, "");
    Cow::Owned(truncate(&format!("{kept}{more}"), columns, "").into_owned())
}

/// The text as it may be shown; most is already.
fn safe(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(Shown::new(text).to_string())
}

#[cfg(test)]
#[path = "paint_tests.rs"]
mod tests;

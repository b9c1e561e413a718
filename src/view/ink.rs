//! What a screen draws with: the model, the signs and looks, and the cells, by `app`'s areas.

use super::text::{pad, pad_start, truncate_middle, width};
use super::{Glyphs, Paint, State};
use crate::app::{Area, Model};
use crate::domain::Shown;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_input::Input;

/// A piece of a line: what it means, and its text.
pub type Piece = (Role, String);
/// A line of a screen.
pub type Line = Vec<Piece>;

/// Milliseconds that a frame of what turns is shown.
const TURN: i64 = 100;

/// What a screen draws with.
pub struct Ink<'a> {
    /// What is shown.
    pub model: &'a Model,
    /// The looks and signs.
    pub paint: Paint<'a>,
    /// The cells.
    pub buffer: &'a mut Buffer,
    /// Where the terminal's own cursor belongs: in the text that is typed into.
    pub cursor: Option<(u16, u16)>,
}

/// An area as ratatui writes it.
pub fn rect(area: Area) -> Rect {
    Rect { x: area.x, y: area.y, width: area.w, height: area.h }
}

/// One row of an area, from 0; without rows beyond its end.
pub fn nth(area: Area, row: usize) -> Area {
    let row = u16::try_from(row).unwrap_or(u16::MAX).min(area.h);
    area.top(row).1.top(1).0
}

/// A piece.
pub fn piece(role: Role, text: impl AsRef<str>) -> Piece {
    (role, text.as_ref().to_owned())
}

/// A name from outside, made safe, in one line.
pub fn safe(text: &str) -> String {
    Shown::new(text).to_string()
}

/// The columns of a line.
pub fn columns(line: &[Piece]) -> usize {
    line.iter().map(|(_, text)| width(text)).sum()
}

impl Ink<'_> {
    /// The signs.
    pub fn glyphs(&self) -> Glyphs {
        self.paint.glyphs
    }

    /// One line in an area's first row; the columns that it took.
    pub fn line(&mut self, area: Area, line: &[Piece]) -> u16 {
        let spans: Vec<(Role, &str)> = line.iter().map(|(role, text)| (*role, text.as_str())).collect();
        self.paint.line(self.buffer, rect(area), &spans)
    }

    /// One line that ends at the area's right edge.
    pub fn right(&mut self, area: Area, line: &[Piece]) {
        let wide = u16::try_from(columns(line)).unwrap_or(u16::MAX);
        let gap = area.w.saturating_sub(wide);
        self.line(area.left(gap).1, line);
    }

    /// A line of a list; the selected one has a bar and the look of what is selected.
    pub fn row(&mut self, area: Area, line: &[Piece], selected: bool) {
        let spans: Vec<(Role, &str)> = line.iter().map(|(role, text)| (*role, text.as_str())).collect();
        self.paint.row(self.buffer, rect(area), &spans, selected);
    }

    /// Lines, a row each, as many as there are rows; the rows below them.
    pub fn lines(&mut self, area: Area, lines: &[Line]) -> Area {
        let mut rest = area;
        for line in lines {
            let (row, below) = rest.top(1);
            self.line(row, line);
            rest = below;
        }
        rest
    }

    /// Running text, broken at words; the rows below it.
    pub fn text(&mut self, area: Area, role: Role, text: &str) -> Area {
        let used = self.paint.text(self.buffer, rect(area), role, text);
        area.top(used).1
    }

    /// A rule across an area's first row.
    pub fn rule(&mut self, area: Area) {
        let text = self.glyphs().rule().repeat(usize::from(area.w));
        self.line(area, &[(Role::Line, text)]);
    }

    /// A rule down an area's first column.
    pub fn fence(&mut self, area: Area) {
        let sign = self.glyphs().track().to_owned();
        for row in 0..usize::from(area.h) {
            self.line(nth(area, row), &[(Role::Line, sign.clone())]);
        }
    }

    /// A bar that says which part of something longer is shown.
    pub fn scrollbar(&mut self, area: Area, first: usize, shown: usize, total: usize) {
        let [first, shown, total] = [first, shown, total].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        self.paint.scrollbar(self.buffer, rect(area), first, shown, total);
    }

    /// The sign of what is under way; it turns while the model says that something moves.
    pub fn spinner(&self) -> Piece {
        (State::Running.role(), self.glyphs().spinner(self.frame()).to_owned())
    }

    /// Which frame of what turns is shown.
    pub fn frame(&self) -> usize {
        if self.model.setup.still { 0 } else { usize::try_from(self.model.now / TURN).unwrap_or(0) }
    }

    /// The sign and word of a state, the sign in the columns of signs.
    pub fn state(&self, state: State, word: &str) -> [Piece; 2] {
        let [sign, space, _] = self.paint.state(state, self.frame());
        [(sign.0, format!("{}{}", sign.1, space.1)), (state.role(), word.to_owned())]
    }

    /// A text in exactly so many columns.
    pub fn pad(&self, text: &str, columns: usize) -> String {
        pad(&safe(text), columns, self.glyphs().more())
    }

    /// The same, to the right, as numbers stand.
    pub fn pad_start(&self, text: &str, columns: usize) -> String {
        pad_start(&safe(text), columns, self.glyphs().more())
    }

    /// A text in at most so many columns, cut in the middle.
    pub fn middle(&self, text: &str, columns: usize) -> String {
        truncate_middle(&safe(text), columns, self.glyphs().more()).into_owned()
    }

    /// A title in exactly so many columns; one that names an ARN is cut in the middle, since its end tells it apart.
    pub fn title(&self, text: &str, columns: usize) -> String {
        if text.contains("arn:") { self.pad(&self.middle(text, columns), columns) } else { self.pad(text, columns) }
    }

    /// A text that is typed into, with its cursor, in an area's first row.
    pub fn input(&mut self, area: Area, input: &Input) {
        // The last column is the cursor's.
        let room = usize::from(area.w).saturating_sub(1);
        let scroll = input.visual_scroll(room.max(1));
        let (mut before, mut after) = (String::new(), String::new());
        let mut column = 0;
        for (at, c) in input.value().chars().enumerate() {
            let wide = width(c.encode_utf8(&mut [0; 4]));
            column += wide;
            if column > scroll {
                if at < input.cursor() { before.push(c) } else { after.push(c) }
            }
        }
        let caret = self.glyphs().caret().to_owned();
        let used = u16::try_from(width(&before)).unwrap_or(u16::MAX);
        if area.h > 0 && used < area.w {
            self.cursor = Some((area.x.saturating_add(used), area.y));
        }
        self.line(area, &[(Role::Value, before), (Role::Focus, caret), (Role::Value, after)]);
    }
}

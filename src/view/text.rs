//! Text by columns: width, cutting, breaking, padding; never through the middle of what the eye sees
//! as one character (tui.md 5, row 36). Widths are those that ratatui draws with.

use ratatui::buffer::CellWidth;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// What stands for a character that is wider than its line.
const TOO_WIDE: &str = "?";

/// The columns of one grapheme; none for control characters, which are never drawn.
fn columns_of(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) }
}

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(columns_of).sum()
}

/// The longest start of a text that fits, and its columns.
fn head(text: &str, columns: usize) -> (&str, usize) {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let more = columns_of(grapheme);
        if used + more > columns {
            return (text.get(..at).unwrap_or_default(), used);
        }
        used += more;
    }
    (text, used)
}

/// The longest end of a text that fits.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += columns_of(grapheme);
        if used > columns {
            break;
        }
        from = at;
    }
    text.get(from..).unwrap_or_default()
}

/// The text in at most `columns`; what is cut ends with `more` (`…`, or `...` in ASCII).
pub fn truncate<'a>(text: &'a str, columns: usize, more: &str) -> Cow<'a, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let more = head(more, columns).0;
    let (kept, _) = head(text, columns.saturating_sub(width(more)));
    Cow::Owned(format!("{kept}{more}"))
}

/// The same, cut in the middle: start and end of an ARN or a path are what it is known by.
pub fn truncate_middle<'a>(text: &'a str, columns: usize, more: &str) -> Cow<'a, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let more = head(more, columns).0;
    let room = columns.saturating_sub(width(more));
    let (start, used) = head(text, room / 2);
    Cow::Owned(format!("{start}{more}{}", tail(text, room.saturating_sub(used))))
}

/// The text in exactly `columns`: cut, or filled with spaces at the end.
pub fn pad(text: &str, columns: usize, more: &str) -> String {
    let kept = truncate(text, columns, more);
    let missing = columns.saturating_sub(width(&kept));
    format!("{kept}{:missing$}", "")
}

/// The text in exactly `columns`: cut, or filled with spaces at the start, as numbers stand.
pub fn pad_start(text: &str, columns: usize, more: &str) -> String {
    let kept = truncate(text, columns, more);
    let missing = columns.saturating_sub(width(&kept));
    format!("{:missing$}{kept}", "")
}

/// The text in lines of at most `columns`, broken at spaces and line ends; a word that is longer than a
/// line is broken after `/`, `:` and `-`, and only then anywhere. Spaces at a break are dropped, nothing
/// else is; a character wider than a line is `?`. No columns, no lines.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    if columns == 0 {
        return Vec::new();
    }
    text.split('\n').flat_map(|line| wrap_line(line.strip_suffix('\r').unwrap_or(line), columns)).collect()
}

fn wrap_line(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Lines { done: Vec::new(), line: String::new(), used: 0, columns };
    for part in text.split_inclusive(' ') {
        let word = part.trim_end_matches(' ');
        let wide = width(word);
        if wide <= columns {
            lines.whole(word, wide);
        } else {
            lines.broken(word);
        }
        if word.len() < part.len() {
            lines.space();
        }
    }
    lines.end()
}

/// Lines in the making.
struct Lines {
    done: Vec<String>,
    line: String,
    used: usize,
    columns: usize,
}

impl Lines {
    fn fits(&self, wide: usize) -> bool {
        self.used + wide <= self.columns
    }

    fn put(&mut self, text: &str, wide: usize) {
        self.line.push_str(text);
        self.used += wide;
    }

    fn next(&mut self) {
        let kept = self.line.trim_end_matches(' ').to_owned();
        self.line.clear();
        self.used = 0;
        self.done.push(kept);
    }

    fn whole(&mut self, text: &str, wide: usize) {
        if !self.fits(wide) {
            self.next();
        }
        self.put(text, wide);
    }

    fn space(&mut self) {
        if self.fits(1) {
            self.put(" ", 1);
        }
    }

    /// A word that is longer than a line, by its parts.
    fn broken(&mut self, word: &str) {
        for part in word.split_inclusive(['/', ':', '-']) {
            let wide = width(part);
            if wide <= self.columns {
                self.whole(part, wide);
            } else {
                self.anywhere(part);
            }
        }
    }

    fn anywhere(&mut self, part: &str) {
        for grapheme in part.graphemes(true) {
            match columns_of(grapheme) {
                wide if wide > self.columns => self.whole(TOO_WIDE, 1),
                wide => self.whole(grapheme, wide),
            }
        }
    }

    fn end(mut self) -> Vec<String> {
        self.next();
        self.done
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;

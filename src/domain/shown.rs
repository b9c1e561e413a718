//! Text from outside, made safe to be shown (security.md 6.1).

mod unicode;

use std::fmt;
use std::fmt::Write;
use unicode::{Class, class};
use unicode_width::UnicodeWidthChar;

/// The most combining marks that one character keeps.
const MARKS: usize = 4;
/// The columns that `new` keeps.
const COLUMNS: usize = 4000;

/// Text that may reach a terminal: control, bidirectional and invisible characters are made visible,
/// combining marks and width are bounded. Making safe text safe again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Shown(String);

impl Shown {
    /// Makes any text safe, in one line (line ends become `⏎`), at most 4,000 columns of it.
    pub fn new(text: &str) -> Self {
        Self::bounded(text, COLUMNS)
    }

    /// Makes any text safe, in one line, at most `max` columns of it; what is longer ends with `…`.
    pub fn bounded(text: &str, max: usize) -> Self {
        let mut out = Line::new(max);
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let end = c == '\r' && rest.peek() == Some(&'\n');
            let more = if end { true } else { out.push(c) };
            if !more {
                break;
            }
        }
        Self(out.text)
    }

    /// Makes any text safe line by line: `\n` and `\r\n` end a line; at most `most` lines, each of at
    /// most `max` columns. What is left out is said in a last line, `…`.
    pub fn lines(text: &str, max: usize, most: usize) -> Vec<Self> {
        let mut out: Vec<Self> = text.lines().take(most).map(|line| Self::bounded(line, max)).collect();
        if text.lines().nth(most).is_some() {
            out.push(Self::bounded("\u{2026}", max));
        }
        out
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Shown {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl serde::Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

/// A line in the making.
struct Line {
    text: String,
    max: usize,
    width: usize,
    marks: usize,
    /// Where the text is cut when more comes than fits: the last place that leaves a column for `…`.
    cut: usize,
}

impl Line {
    fn new(max: usize) -> Self {
        Self { text: String::new(), max, width: 0, marks: 0, cut: 0 }
    }

    /// Adds one character in its visible form; `false` when the line is full.
    fn push(&mut self, c: char) -> bool {
        match class(c) {
            Class::Plain => self.plain(c),
            Class::Mark => {
                self.marks += 1;
                if self.marks <= MARKS && self.max > 0 {
                    self.text.push(c);
                    if self.width < self.max {
                        self.cut = self.text.len();
                    }
                }
                true
            }
            Class::Dropped => true,
            Class::Tab => self.whole("    "),
            Class::NewLine => self.whole("\u{23ce}"),
            Class::Caret(letter) => self.whole(&format!("^{letter}")),
            Class::C1 => self.whole(&format!("<{:02x}>", u32::from(c))),
            Class::Hidden => self.whole(&format!("<U+{:04X}>", u32::from(c))),
        }
    }

    fn whole(&mut self, text: &str) -> bool {
        text.chars().all(|c| self.plain(c))
    }

    fn plain(&mut self, c: char) -> bool {
        let width = c.width().unwrap_or(0);
        if self.width + width > self.max {
            self.text.truncate(self.cut);
            if self.max > 0 {
                let _ = self.text.write_char('\u{2026}');
            }
            return false;
        }
        self.text.push(c);
        self.width += width;
        self.marks = 0;
        if self.width < self.max {
            self.cut = self.text.len();
        }
        true
    }
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;

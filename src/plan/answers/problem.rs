//! What is wrong in an answers file.

use crate::domain::{Reason, Shown};
use crate::ports::{Trouble, TroubleKind};
use std::fmt;

/// One problem, at its field and line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// `bucket.name`, `restore_cluster[0].region`; empty for the file as a whole.
    pub field: String,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: Shown,
    /// The rule.
    pub why: Shown,
    /// What to do; may be empty.
    pub todo: Shown,
}

impl Problem {
    /// A problem of a field.
    pub fn new(field: impl Into<String>, what: impl AsRef<str>, why: impl AsRef<str>, todo: impl AsRef<str>) -> Self {
        Self {
            field: field.into(),
            line: None,
            what: Shown::new(what.as_ref()),
            why: Shown::new(why.as_ref()),
            todo: Shown::new(todo.as_ref()),
        }
    }

    /// A field's text that its noun refused.
    pub fn of(field: impl Into<String>, reason: &Reason) -> Self {
        Self {
            field: field.into(),
            line: None,
            what: reason.what.clone(),
            why: reason.why.clone(),
            todo: reason.todo(),
        }
    }

    /// Says what to do where the rule alone does not.
    #[must_use]
    pub fn or_todo(mut self, todo: impl AsRef<str>) -> Self {
        if self.todo.is_empty() {
            self.todo = Shown::new(todo.as_ref());
        }
        self
    }

    /// The same as a trouble, where one is shown.
    pub fn trouble(&self) -> Trouble {
        Trouble::new(TroubleKind::Invalid, &self.what).why(&self.why).todo(&self.todo)
    }

    /// Adds the line, from 1.
    #[must_use]
    pub fn at(mut self, line: Option<usize>) -> Self {
        self.line = line;
        self
    }
}

impl fmt::Display for Problem {
    /// `line 7, bucket.name: what: why. todo`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            f.write_str(if self.field.is_empty() { ": " } else { ", " })?;
        }
        if !self.field.is_empty() {
            // A field's name may be a foreign key of the file.
            write!(f, "{}: ", Shown::bounded(&self.field, 200))?;
        }
        write!(f, "{}", self.what)?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        if !self.todo.is_empty() {
            write!(f, ". {}", self.todo)?;
        }
        Ok(())
    }
}

/// All problems of an answers file, in the file's order; never empty as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    /// A line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

//! An existing bucket line by line: what is as it should be, and which change would close a gap.

use super::Shown;

/// How one line of an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditState {
    /// As it should be.
    Good,
    /// A change closes it, or it may be left.
    Gap,
    /// It could not be read.
    Unknown,
    /// The bucket cannot be used like that.
    Stop,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// A word of its own (`versioning`).
    pub id: &'static str,
    /// What is looked at.
    pub title: String,
    /// What was found, and why it matters.
    pub found: Shown,
    /// How it is.
    pub state: AuditState,
    /// The id of the change that closes a gap.
    pub change: Option<&'static str>,
}

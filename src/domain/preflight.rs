//! What is said of the calls of a plan before anything is changed.

use super::Shown;
use serde::Serialize;

/// What is said of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may be done.
    Allowed,
    /// It may not.
    Denied,
    /// It was not found out.
    Unknown,
}

/// One thing that applying the plan does, and whether it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreflightLine {
    /// `iam:CreateRole on arn:...`, `prod: create pods in velero`.
    pub what: Shown,
    /// Whether it may be done.
    pub verdict: Verdict,
    /// Why, where it is not allowed; else empty.
    pub why: Shown,
}

impl PreflightLine {
    /// A line; `why` may be empty.
    pub fn new(what: &str, verdict: Verdict, why: &str) -> Self {
        Self { what: Shown::new(what), verdict, why: Shown::new(why) }
    }
}

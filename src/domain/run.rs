//! What a run says while it goes (contract, Events).

use serde::Serialize;

/// The state of a change in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum State {
    Started,
    Waiting,
    Done,
    Kept,
    Skipped,
    Failed,
    Unknown,
    Undone,
}

/// What is said of a change that was skipped because the run ended before its turn.
pub const NOT_REACHED: &str = "not reached";

/// One line of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// When, UTC, RFC 3339 with milliseconds.
    pub at: String,
    /// The run.
    pub run: String,
    /// The change's id.
    pub change: String,
    /// Its state.
    pub state: State,
    /// Seconds since the change started.
    pub seconds: f64,
    /// What there is to say: the ARN or name read back, what is waited for, what went wrong.
    pub message: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Outcome {
    Verified,
    Applied,
    Stopped,
    Failed,
    Undone,
}

/// The last line of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finish {
    /// The run.
    pub run: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The exit code (contract).
    pub exit: u8,
    /// What was shown: `token`, `backup`, `restore`, `delete`.
    pub proven: Vec<String>,
    /// What was not: `volumes`, `schedules`, ...
    pub not_proven: Vec<String>,
}

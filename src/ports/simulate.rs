//! What IAM's simulator is asked, and what it says.

/// Actions, each asked for each of the resources (ARNs; none: `*`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// `s3:CreateBucket`, ...
    pub actions: Vec<String>,
    /// ARNs.
    pub resources: Vec<String>,
}

/// What the simulator says of one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: String,
    /// The resource as it was asked for; `*` where none was.
    pub resource: String,
    /// The decision.
    pub verdict: Verdict,
    /// Condition keys that policies test and the simulator had no value for: a denial may then be none.
    pub missing: Vec<String>,
}

/// A decision of the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// A policy allows it, and none denies it.
    Allowed,
    /// No policy allows it.
    NotAllowed,
    /// A policy denies it.
    Denied,
    /// The simulator said nothing of it, or a word that is newer than lifeboat.
    Unknown,
}

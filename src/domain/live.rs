//! What Live shows: the status as it changes, events, and the identity chain link by link.

use super::Shown;
use super::status::ClusterStatus;

/// The state of one link (contract, Status and doctor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// It was looked at and is as it should be.
    Ok,
    /// It is what stands in the way.
    Broken,
    /// It could not be looked at.
    Unknown,
    /// A link before it is broken.
    NotReached,
}

/// One link of the chain from the cluster to a backup.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// The contract's word: `cluster`, `issuer`, `oidc-provider`, `trust`, `permissions`, `service-account`,
    /// `injected-pod`, `sts-identity`, `bucket`, `key`, `location`, `backup`.
    pub link: &'static str,
    /// How it is.
    pub state: LinkState,
    /// What was seen: an ARN, a phase, the sentence of a refusal.
    pub evidence: Shown,
}

/// A Kubernetes Event of the tool's namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// Last seen, RFC 3339, or empty.
    pub at: Shown,
    /// `Normal` or `Warning`.
    pub kind: Shown,
    /// `FailedMount`, ...
    pub reason: Shown,
    /// `Pod/velero-6c...`.
    pub object: Shown,
    /// The message.
    pub message: Shown,
    /// How often.
    pub count: i64,
}

/// One thing that Live is told.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveNews {
    /// The whole status, after something in it changed.
    Status(Box<ClusterStatus>),
    /// The namespace's events, newest first, at most 200.
    Events(Vec<EventLine>),
    /// The identity chain, after it was walked.
    Chain(Vec<Link>),
    /// The watches broke at this moment; what is shown is from before. They are tried again.
    Stale(Shown),
    /// The watches stand again.
    Fresh,
}

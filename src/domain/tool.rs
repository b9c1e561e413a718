//! What is set up: the three backup tools and the two identity methods.

use super::Reason;
use super::text::{display, nearest};

/// A backup tool.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tool {
    /// Velero.
    #[default]
    Velero,
    /// The Rancher Backup operator.
    RancherBackup,
    /// Upbound Spaces' control plane backups.
    UpboundSpaces,
}

impl Tool {
    /// All tools, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Velero, Self::RancherBackup, Self::UpboundSpaces];

    /// The contract's word: `velero`, `rancher-backup`, `upbound-spaces`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Velero => "velero",
            Self::RancherBackup => "rancher-backup",
            Self::UpboundSpaces => "upbound-spaces",
        }
    }

    /// Its own name, `Rancher Backup`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Velero => "Velero",
            Self::RancherBackup => "Rancher Backup",
            Self::UpboundSpaces => "Upbound Spaces",
        }
    }

    /// The name of its chart.
    pub fn chart(self) -> &'static str {
        match self {
            Self::Velero => "velero",
            Self::RancherBackup => "rancher-backup",
            Self::UpboundSpaces => "spaces",
        }
    }

    /// The name of its Deployment (velero.md 2, rancher.md 1, upbound.md 3).
    pub fn deployment(self) -> &'static str {
        match self {
            Self::Velero => "velero",
            Self::RancherBackup => "rancher-backup",
            Self::UpboundSpaces => "mxp-controller",
        }
    }

    /// Takes the contract's word.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        one_of(text, "a tool", &Self::ALL.map(|tool| (tool.as_str(), tool)))
    }
}

display!(Tool);

/// How pods get their AWS identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// IAM roles for service accounts: the cluster's OIDC issuer and a role annotation.
    Irsa,
    /// EKS Pod Identity: an agent and associations.
    PodIdentity,
}

impl Identity {
    /// Both methods.
    pub const ALL: [Self; 2] = [Self::Irsa, Self::PodIdentity];

    /// The contract's word: `irsa`, `pod-identity`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Irsa => "irsa",
            Self::PodIdentity => "pod-identity",
        }
    }

    /// Its own name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Irsa => "IRSA",
            Self::PodIdentity => "EKS Pod Identity",
        }
    }

    /// Takes the contract's word.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        one_of(text, "an identity method", &Self::ALL.map(|method| (method.as_str(), method)))
    }
}

display!(Identity);

/// The value whose word `text` is; else all words and the nearest.
pub fn one_of<T: Copy>(text: &str, noun: &str, words: &[(&str, T)]) -> Result<T, Reason> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let all = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    let reason = Reason::not(text, noun, format!("it is one of {all}"));
    Err(match nearest(text, words.iter().map(|(word, _)| *word)) {
        Some(word) => reason.suggest(word),
        None => reason,
    })
}

//! Names of Kubernetes objects and Helm releases.

use super::Reason;
use super::text::{is_label, label_like, offender, propose, text};

/// A namespace: a DNS-1123 label of 1 to 63 (N30).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Namespace(String);

text!(Namespace);

impl Namespace {
    /// Takes a DNS-1123 label.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        label(text, "a namespace", 63).map(Self)
    }

    /// Whether it is one of the cluster's own (`kube-*`, `default`), where backups have no place: warn.
    pub fn is_system(&self) -> bool {
        self.0 == "default" || self.0.starts_with("kube-")
    }
}

/// A service account: a DNS-1123 subdomain of 1 to 253 (N31).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceAccount(String);

text!(ServiceAccount);

impl ServiceAccount {
    /// Takes a DNS-1123 subdomain; `default` too, see [`Self::is_default`].
    pub fn parse(text: &str) -> Result<Self, Reason> {
        subdomain(text, "a service account").map(Self)
    }

    /// Whether it is the account that every pod without one of its own runs as: a role that trusts it
    /// is open to all of them, so it is refused for trust unless it is confirmed.
    pub fn is_default(&self) -> bool {
        self.0 == "default"
    }
}

/// A Helm release: a DNS-1123 label of 1 to 53 (N34).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReleaseName(String);

text!(ReleaseName);

impl ReleaseName {
    /// Takes `[a-z0-9]([-a-z0-9]*[a-z0-9])?` of at most 53.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        label(text, "a release name", 53).map(Self)
    }
}

/// The name of an object that lifeboat makes: a backup storage location, a backup config.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocationName(String);

text!(LocationName);

impl LocationName {
    /// Takes a DNS-1123 subdomain.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        subdomain(text, "an object name").map(Self)
    }
}

/// The name of a Kubernetes Secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(String);

text!(SecretName);

impl SecretName {
    /// Takes a DNS-1123 subdomain.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        subdomain(text, "a Secret's name").map(Self)
    }
}

/// A DNS-1123 label, or why not.
fn label(text: &str, noun: &str, max: usize) -> Result<String, Reason> {
    if is_label(text, max) {
        return Ok(text.to_owned());
    }
    Err(propose(Reason::not(text, noun, label_rule(text, max, "")), &label_like(text, max)))
}

/// A DNS-1123 subdomain (labels with dots between) of at most 253, or why not.
fn subdomain(text: &str, noun: &str) -> Result<String, Reason> {
    if text.len() <= 253 && text.split('.').all(|part| is_label(part, 253)) {
        return Ok(text.to_owned());
    }
    let parts: Vec<String> = text.split('.').map(|part| label_like(part, 253)).filter(|p| !p.is_empty()).collect();
    let near = parts.join(".");
    let near = if near.len() <= 253 { near } else { String::new() };
    Err(propose(Reason::not(text, noun, label_rule(text, 253, ".")), &near))
}

/// The part of the DNS-1123 rule that `text` breaks.
fn label_rule(text: &str, max: usize, more: &str) -> String {
    let allowed = |c: char| super::text::lower_or_digit(c) || c == '-' || more.contains(c);
    let count = text.chars().count();
    if count == 0 {
        "it has at least one character".to_owned()
    } else if count > max {
        format!("it has {count} characters, at most {max} are allowed")
    } else if let Some(found) = offender(text, allowed) {
        let dot = if more.is_empty() { "" } else { ", ." };
        format!("it holds {found}; lower-case letters, digits{dot} and - are allowed")
    } else {
        "it starts and ends with a letter or digit".to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn n30_namespaces_are_labels_and_system_ones_are_known() {
        assert_eq!(Namespace::parse("Velero").unwrap_err().suggestion.unwrap().as_str(), "velero");
        assert_eq!(Namespace::parse("-x").unwrap_err().suggestion.unwrap().as_str(), "x");
        let long = Namespace::parse(&"a".repeat(64)).unwrap_err();
        assert!(long.why.as_str().contains("64"), "{long}");
        assert!(Namespace::parse("a.b").is_err());
        assert!(Namespace::parse("").is_err());
        assert!(Namespace::parse(&"a".repeat(63)).is_ok());
        assert!(Namespace::parse("kube-system").unwrap().is_system());
        assert!(Namespace::parse("default").unwrap().is_system());
        assert!(!Namespace::parse("velero").unwrap().is_system());
    }

    #[test]
    fn n31_service_accounts_are_subdomains_and_default_is_known() {
        assert!(ServiceAccount::parse("default").unwrap().is_default());
        assert!(!ServiceAccount::parse("velero-server").unwrap().is_default());
        assert!(ServiceAccount::parse("*").is_err());
        assert!(ServiceAccount::parse("velero?").is_err());
        assert!(ServiceAccount::parse("a.b").is_ok());
        assert!(ServiceAccount::parse("a..b").is_err());
        assert!(ServiceAccount::parse(&"a".repeat(254)).is_err());
        assert!(ServiceAccount::parse(&"a".repeat(253)).is_ok());
    }

    #[test]
    fn n34_release_names_have_53_characters_of_a_label() {
        assert_eq!(ReleaseName::parse("Velero_1").unwrap_err().suggestion.unwrap().as_str(), "velero-1");
        assert!(ReleaseName::parse(&"a".repeat(54)).is_err());
        assert!(ReleaseName::parse(&"a".repeat(53)).is_ok());
        assert!(ReleaseName::parse("velero-").is_err());
    }

    #[test]
    fn suggestions_are_names_themselves() {
        for text in ["Ünïcode name", "__x__", "a..b", ".a.", "UPPER.Case", "-"] {
            if let Some(near) = Namespace::parse(text).err().and_then(|r| r.suggestion) {
                assert!(Namespace::parse(near.as_str()).is_ok(), "{text} -> {near}");
            }
            if let Some(near) = ServiceAccount::parse(text).err().and_then(|r| r.suggestion) {
                assert!(ServiceAccount::parse(near.as_str()).is_ok(), "{text} -> {near}");
            }
        }
    }
}

//! EKS cluster names.

use super::Reason;
use super::text::{offender, text};

/// An EKS cluster's name: 1 to 100 of letters, digits, `-`, `_`, a letter or digit first
/// (`^[0-9A-Za-z][A-Za-z0-9\-_]*`, security.md 1.1; N33).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterName(String);

text!(ClusterName);

impl ClusterName {
    /// Takes a cluster's name; of a pasted cluster ARN the name is proposed.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a cluster name", why);
        if text.is_empty() {
            return Err(Reason::new("the cluster name is empty", "it has 1 to 100 characters").example("prod"));
        }
        if let Some((arn, name)) = text.split_once(":cluster/")
            && arn.starts_with("arn:")
            && Self::parse(name).is_ok()
        {
            return Err(not("this is an ARN; the field takes the name").suggest(name));
        }
        if text.chars().count() > 100 {
            return Err(not("it has at most 100 characters"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if let Some(found) = offender(text, allowed) {
            return Err(not(&format!("it holds {found}; letters, digits, - and _ are allowed")));
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err(not("it starts with a letter or digit"));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn n33_cluster_names_follow_the_eks_pattern() {
        assert!(ClusterName::parse("prod_eu-1").is_ok());
        assert!(ClusterName::parse(&"a".repeat(100)).is_ok());
        assert!(ClusterName::parse(&"a".repeat(101)).is_err());
        assert!(ClusterName::parse("_prod").is_err());
        assert!(ClusterName::parse("").is_err());
        let why = ClusterName::parse("pr\u{202e}od").unwrap_err().to_string();
        assert!(why.contains("U+202E") && !why.contains('\u{202e}'), "{why}");
        let arn = ClusterName::parse("arn:aws:eks:us-east-1:111122223333:cluster/prod").unwrap_err();
        assert_eq!(arn.suggestion.unwrap().as_str(), "prod");
    }
}

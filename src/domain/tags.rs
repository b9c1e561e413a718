//! Tags that the user wants on everything (N20): what IAM, S3, KMS and EKS all take.

use super::Reason;
use super::text::{offender, text};
use std::collections::BTreeMap;

/// How many tags lifeboat adds itself, of the 50 that a resource may carry.
pub const OURS: usize = 3;
/// How many a resource may carry.
const MOST: usize = 50;

/// A tag's key: 1 to 128 characters, not beginning with `aws:` in any case, none of lifeboat's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagKey(String);

text!(TagKey);

impl TagKey {
    /// Takes a key that IAM, S3, KMS and EKS all take.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a tag key", why).example("team");
        let folded = text.to_lowercase();
        if folded.starts_with("aws:") {
            return Err(not("keys that start with aws: are reserved for AWS"));
        }
        if folded == "managed-by" || folded.starts_with("lifeboat") {
            return Err(not("lifeboat marks with it what it made itself"));
        }
        bounded(text, 1, 128).map_err(|why| not(&why))?;
        Ok(Self(text.to_owned()))
    }
}

/// A tag's value: 0 to 256 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagValue(String);

text!(TagValue);

impl TagValue {
    /// Takes a value that IAM, S3, KMS and EKS all take.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        bounded(text, 0, 256).map_err(|why| Reason::not(text, "a tag value", why))?;
        Ok(Self(text.to_owned()))
    }
}

/// IAM's pattern, `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, the narrowest of the services' (S3's is the same, EKS
/// has none); line and paragraph separators are left out.
fn bounded(text: &str, least: usize, most: usize) -> Result<(), String> {
    let space = |c: char| c.is_whitespace() && !c.is_control() && c != '\u{2028}' && c != '\u{2029}';
    let count = text.chars().count();
    if count < least || count > most {
        return Err(format!("it has {count} characters, {least} to {most} are allowed"));
    }
    match offender(text, |c| c.is_alphanumeric() || space(c) || "_.:/=+-@".contains(c)) {
        Some(found) => Err(format!("it holds {found}; letters, digits, spaces and _ . : / = + - @ are allowed")),
        None => Ok(()),
    }
}

/// What is wrong with a set of tags, by the key (empty: with the set), and what to warn of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagCheck {
    /// What a service would refuse.
    pub errors: Vec<(String, Reason)>,
    /// What all take and people stumble on.
    pub warnings: Vec<(String, Reason)>,
}

/// Checks a set of tags for all services at once.
pub fn check(tags: &BTreeMap<String, String>) -> TagCheck {
    let mut found = TagCheck::default();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    if tags.len() > MOST - OURS {
        let why = format!("a resource carries {MOST} and lifeboat adds {OURS}, so {} are allowed", MOST - OURS);
        found.errors.push((String::new(), Reason::new(format!("there are {} tags", tags.len()), why)));
    }
    for (key, value) in tags {
        if let Err(reason) = TagKey::parse(key) {
            found.errors.push((key.clone(), reason));
        }
        if let Err(reason) = TagValue::parse(value) {
            found.errors.push((key.clone(), reason));
        }
        if let Some(other) = seen.insert(key.to_lowercase(), key) {
            let why = "S3 and EKS keep both, IAM takes them for one and refuses the role";
            found.warnings.push((key.clone(), Reason::new(format!("{key} and {other} differ only in case"), why)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn n20_reserved_keys_lengths_and_characters_are_checked() {
        for key in ["aws:x", "AWS:x", "", "managed-by", "a\u{2028}b", "a*b", &"k".repeat(129)] {
            assert!(TagKey::parse(key).is_err(), "{key}");
        }
        assert!(TagKey::parse("Stra\u{df}e der Tags/x=y").is_ok());
        assert!(TagValue::parse(&"v".repeat(256)).is_ok());
        assert!(TagValue::parse(&"v".repeat(257)).is_err());
        assert!(TagValue::parse("").is_ok());
        assert!(TagValue::parse("a\nb").is_err());
    }

    #[test]
    fn n20_the_count_leaves_room_for_ours() {
        let many = |count: usize| (0..count).map(|i| (format!("k{i}"), String::new())).collect();
        assert!(check(&many(47)).errors.is_empty());
        assert_eq!(check(&many(48)).errors.len(), 1);
        assert_eq!(check(&many(51)).errors.len(), 1);
    }

    #[test]
    fn n20_a_key_in_two_cases_is_warned_of() {
        let found = check(&tags(&[("Team", "a"), ("team", "b")]));
        assert!(found.errors.is_empty());
        assert_eq!(found.warnings.len(), 1);
        assert!(check(&tags(&[("team", "b")])).warnings.is_empty());
    }
}

//! Where in a bucket backups lie.

use super::text::{offender, parsed};
use super::{ClusterName, Reason, Region, Tool};
use std::fmt;

/// A prefix in a bucket, without leading or trailing slash; empty is the root, written `/` in answers.
///
/// Its characters are those that are plain in S3 keys, IAM policies and the tools alike: no wildcard, no
/// policy variable, no path step (N12).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(String);

parsed!(Prefix);

/// The most bytes, so that 124 are left of S3's 1,024 for the tools' own names.
const MOST: usize = 900;

impl Prefix {
    /// Takes `a/b` or `a/b/`, and `/` for the root.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a prefix", why);
        if text.is_empty() {
            return Err(Reason::new("the prefix is empty", "the bucket's root is written /").suggest("/"));
        }
        if text == "/" {
            return Ok(Self::root());
        }
        let bare = text.strip_suffix('/').unwrap_or(text);
        let plain = |c: char| c.is_ascii_alphanumeric() || "!-_.'()=+,@:/".contains(c);
        if bare.len() > MOST {
            return Err(not(&format!("it has {} bytes, at most {MOST} are allowed", bare.len())));
        }
        if let Some(found) = offender(bare, plain) {
            let why = format!("it holds {found}; letters, digits and ! - _ . ' ( ) = + , @ : / are allowed");
            let near: String = bare.trim().chars().map(|c| if plain(c) { c } else { '-' }).collect();
            return Err(Self::near(not(&why), &near));
        }
        if bare.starts_with('/') {
            return Err(Self::near(not("it does not start with /"), bare.trim_start_matches('/')));
        }
        if bare.split('/').any(str::is_empty) {
            let near: Vec<&str> = bare.split('/').filter(|part| !part.is_empty()).collect();
            return Err(Self::near(not("it holds an empty folder, //"), &near.join("/")));
        }
        if bare.split('/').any(|part| part == "." || part == "..") {
            return Err(not("it holds a path step, . or .. (S3 has no folders to climb)").example("velero/prod"));
        }
        Ok(Self(bare.to_owned()))
    }

    /// The bucket's root.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// The contract's default, `TOOL/REGION/CLUSTER`.
    pub fn default_for(tool: Tool, region: &Region, cluster: &ClusterName) -> Self {
        Self(format!("{tool}/{region}/{cluster}"))
    }

    /// Without slashes around, empty for the root: what the tools take.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the bucket's root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// With its trailing slash, `p/`; empty for the root. A policy's resource is this and `*`, so that
    /// `p` never reaches `p2/` (N13).
    pub fn slashed(&self) -> String {
        if self.is_root() { String::new() } else { format!("{}/", self.0) }
    }

    /// The key of `rest` under the prefix.
    pub fn key(&self, rest: &str) -> String {
        format!("{}{rest}", self.slashed())
    }

    /// Whether an object's key lies under the prefix.
    pub fn covers(&self, key: &str) -> bool {
        key.starts_with(&self.slashed())
    }

    /// Whether one of the two lies in the other, so that two tools would read each other's objects (N14).
    pub fn overlaps(&self, other: &Self) -> bool {
        self.slashed().starts_with(&other.slashed()) || other.slashed().starts_with(&self.slashed())
    }

    fn near(reason: Reason, text: &str) -> Reason {
        match Self::parse(text) {
            Ok(prefix) => reason.suggest(prefix.to_string()),
            Err(_) => reason.example("velero/prod"),
        }
    }
}

impl fmt::Display for Prefix {
    /// As in answers: `/` for the root.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "/" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::leading_slash("/x")]
    #[case::empty_folder("x//y")]
    #[case::climbing("../x")]
    #[case::climbing_inside("x/../y")]
    #[case::dot("./x")]
    #[case::space("x y")]
    #[case::star("x*")]
    #[case::question("x?")]
    #[case::variable("x${aws:username}")]
    #[case::emoji("x\u{1f600}")]
    #[case::control("x\u{1b}[31m")]
    #[case::newline("x\n")]
    #[case::two_slashes("//")]
    #[case::empty("")]
    fn n12_prefixes_that_tools_or_policies_would_misread_are_refused(#[case] text: &str) {
        let reason = Prefix::parse(text).unwrap_err();
        if let Some(near) = reason.suggestion {
            assert!(Prefix::parse(near.as_str()).is_ok(), "{near}");
        }
    }

    #[test]
    fn n12_one_trailing_slash_is_normalised_and_length_is_bounded() {
        assert_eq!(Prefix::parse("x/").unwrap().as_str(), "x");
        assert_eq!(Prefix::parse("x/").unwrap(), Prefix::parse("x").unwrap());
        assert!(Prefix::parse("x//").is_err());
        assert!(Prefix::parse(&"x".repeat(900)).is_ok());
        assert!(Prefix::parse(&"x".repeat(901)).is_err());
        assert!(Prefix::parse(&"x".repeat(1025)).is_err());
        assert_eq!(Prefix::parse("/x").unwrap_err().suggestion.unwrap().as_str(), "x");
        assert_eq!(Prefix::parse("x//y").unwrap_err().suggestion.unwrap().as_str(), "x/y");
    }

    #[test]
    fn n13_a_prefix_does_not_reach_its_neighbour() {
        let p = Prefix::parse("p").unwrap();
        assert_eq!(p.slashed(), "p/");
        assert!(p.covers("p/x") && !p.covers("p2/x"));
        assert!(!p.overlaps(&Prefix::parse("p2").unwrap()));
        assert!(p.overlaps(&Prefix::parse("p/q").unwrap()));
        assert!(p.overlaps(&Prefix::root()));
    }

    #[test]
    fn the_root_is_a_slash_in_answers_and_nothing_in_keys() {
        let root = Prefix::parse("/").unwrap();
        assert_eq!((root.to_string().as_str(), root.as_str(), root.slashed().as_str()), ("/", "", ""));
        assert_eq!(root.key("x"), "x");
        assert_eq!(Prefix::parse("a/b").unwrap().key("x"), "a/b/x");
    }
}

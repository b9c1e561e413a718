//! AWS regions.

use super::Reason;
use super::text::{lower_or_digit, nearest, text};

/// The regions known when this was built; a newer one is accepted by its shape.
const KNOWN: &str = include_str!("../../assets/regions.txt");

/// A region, `us-east-1`: three or more words, the last one a number (N28).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

text!(Region);

impl Region {
    /// Takes any text of a region's shape; near misses get a known region as suggestion.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        if is_shaped(text) {
            return Ok(Self(text.to_owned()));
        }
        let folded = text.trim().to_lowercase();
        let reason = |why: &str| Reason::not(text, "a region", why);
        if is_shaped(&folded) {
            return Err(reason("a region is written in lower case, without spaces").suggest(folded));
        }
        if let Some(region) = of_zone(&folded) {
            return Err(reason("this is a zone; a region has no letter after its number").suggest(region));
        }
        let reason = reason("a region looks like us-east-1");
        Err(match nearest(&folded, Self::all_known()) {
            Some(region) => reason.suggest(region),
            None => reason.example("us-east-1"),
        })
    }

    /// The regions known when this was built, sorted.
    pub fn all_known() -> impl Iterator<Item = &'static str> {
        KNOWN.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// Whether it was known when this was built; an unknown one may just be newer.
    pub fn is_known(&self) -> bool {
        Self::all_known().any(|region| region == self.0)
    }

    /// The known region that is nearest in writing, for an unknown one.
    pub fn nearest_known(&self) -> Option<&'static str> {
        nearest(&self.0, Self::all_known())
    }
}

/// `word-word-number` with any number of words from two on.
fn is_shaped(text: &str) -> bool {
    let mut words: Vec<&str> = text.split('-').collect();
    let Some(number) = words.pop() else { return false };
    text.len() <= 32
        && words.len() >= 2
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && words
            .iter()
            .all(|word| word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(lower_or_digit))
}

/// The region of `us-east-1a` or `us-west-2-lax-1a`.
fn of_zone(text: &str) -> Option<&str> {
    let bare = text.strip_suffix(|c: char| c.is_ascii_lowercase())?;
    if !bare.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let local = Region::all_known().find(|region| bare.strip_prefix(region).is_some_and(|rest| rest.starts_with('-')));
    local.or_else(|| is_shaped(bare).then_some(bare))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn suggestion(text: &str) -> String {
        Region::parse(text).unwrap_err().suggestion.unwrap().as_str().to_owned()
    }

    #[test]
    fn n28_near_misses_get_the_region_that_was_meant() {
        assert_eq!(suggestion("us-east-1a"), "us-east-1");
        assert_eq!(suggestion("us-west-2-lax-1a"), "us-west-2");
        assert_eq!(suggestion("US-EAST-1"), "us-east-1");
        assert_eq!(suggestion("useast1"), "us-east-1");
        assert_eq!(suggestion(" eu-central-1 "), "eu-central-1");
        assert!(Region::parse("mars-1").is_err());
        assert!(Region::parse("").is_err());
        assert!(Region::parse("us-east-").is_err());
        assert!(Region::parse("-east-1").is_err());
    }

    #[test]
    fn n28_a_region_newer_than_this_program_is_accepted_by_its_shape() {
        let region = Region::parse("nz-south-7").unwrap();
        assert!(!region.is_known());
        assert!(Region::all_known().all(|name| Region::parse(name).unwrap().is_known()));
    }
}

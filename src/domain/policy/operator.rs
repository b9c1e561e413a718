//! Condition operators.

use super::pattern::{matches, matches_arn};

/// How several values of a key count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// No qualifier.
    One,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// What two values are compared by.
#[derive(Debug, Clone, Copy)]
enum Compare {
    Equal,
    EqualFolded,
    Like,
    Arn,
    Bool,
    Number(fn(f64, f64) -> bool),
    Null,
}

/// An operator: a comparison, perhaps negated, with its qualifier and suffix.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    compare: Compare,
    /// `...Not...`.
    pub negated: bool,
    /// `...IfExists`.
    pub if_exists: bool,
    /// The qualifier.
    pub set: Set,
}

impl Operator {
    /// Reads an operator's name; `None` for one that this evaluator does not know.
    pub fn parse(text: &str) -> Option<Self> {
        let (set, rest) = match text.split_once(':') {
            Some(("ForAllValues", rest)) => (Set::All, rest),
            Some(("ForAnyValue", rest)) => (Set::Any, rest),
            Some(_) => return None,
            None => (Set::One, text),
        };
        let (base, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |base| (base, true));
        let (compare, negated) = match base {
            "StringEquals" => (Compare::Equal, false),
            "StringNotEquals" => (Compare::Equal, true),
            "StringEqualsIgnoreCase" => (Compare::EqualFolded, false),
            "StringNotEqualsIgnoreCase" => (Compare::EqualFolded, true),
            "StringLike" => (Compare::Like, false),
            "StringNotLike" => (Compare::Like, true),
            "ArnEquals" | "ArnLike" => (Compare::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Compare::Arn, true),
            "Bool" => (Compare::Bool, false),
            "Null" if !if_exists && set == Set::One => (Compare::Null, false),
            "NumericLessThan" => (Compare::Number(|value, wanted| value < wanted), false),
            "NumericLessThanEquals" => (Compare::Number(|value, wanted| value <= wanted), false),
            "NumericGreaterThan" => (Compare::Number(|value, wanted| value > wanted), false),
            "NumericGreaterThanEquals" => (Compare::Number(|value, wanted| value >= wanted), false),
            _ => return None,
        };
        Some(Self { compare, negated, if_exists, set })
    }

    /// Whether it asks for a key's presence only.
    pub fn is_null(self) -> bool {
        matches!(self.compare, Compare::Null)
    }

    /// Whether a value hits what is wanted, before negation.
    pub fn hits(self, wanted: &str, value: &str) -> bool {
        match self.compare {
            Compare::Equal => wanted == value,
            Compare::EqualFolded => wanted.to_lowercase() == value.to_lowercase(),
            Compare::Like => matches(wanted, value),
            Compare::Arn => matches_arn(wanted, value),
            Compare::Bool => wanted.eq_ignore_ascii_case(value),
            Compare::Number(compare) => match (value.parse(), wanted.parse()) {
                (Ok(value), Ok(wanted)) => compare(value, wanted),
                _ => false,
            },
            Compare::Null => false,
        }
    }
}

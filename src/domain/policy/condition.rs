//! Conditions of statements against what is known of a request.

use super::document::{Condition, Effect, Statement};
use super::operator::{Operator, Set};
use std::collections::BTreeMap;

/// The condition keys of a request and their values. Keys are compared without regard to case; a key
/// with one value and one with a list of one are the same (as a token's `aud` is).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key with one value.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value.into()])
    }

    /// Adds a key with several values.
    #[must_use]
    pub fn with_all(mut self, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.0.insert(key.to_lowercase(), values.into_iter().collect());
        self
    }

    /// The values of a key; `None` when it is not there.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }
}

/// The first condition of a statement that is not met, in words; `None` when all are met.
///
/// What this evaluator does not know (other operators, policy variables) counts against the request: an
/// allow is not given by it, a deny is.
pub fn unmet(statement: &Statement, context: &Context) -> Option<String> {
    for condition in &statement.conditions {
        let name = || format!("condition {} {}", condition.operator, condition.key);
        match met(condition, context) {
            Some(true) => {}
            Some(false) => return Some(format!("{} is not met", name())),
            None if statement.effect == Effect::Deny => {}
            None => return Some(format!("{} is not known to this evaluator", name())),
        }
    }
    None
}

/// Whether a condition is met; `None` when it is not understood.
fn met(condition: &Condition, context: &Context) -> Option<bool> {
    let operator = Operator::parse(&condition.operator)?;
    if condition.values.iter().any(|value| value.contains("${")) {
        return None;
    }
    let values = context.get(&condition.key);
    if operator.is_null() {
        let absent = values.is_none_or(<[String]>::is_empty);
        return Some(condition.values.iter().any(|value| value.eq_ignore_ascii_case("true") == absent));
    }
    let Some(values) = values.filter(|values| !values.is_empty()) else {
        // A missing key: negated operators are met by it, and so are all that ask for every value.
        return Some(match operator.set {
            Set::All => true,
            Set::Any => operator.if_exists,
            Set::One => operator.if_exists || operator.negated,
        });
    };
    let fits = |value: &String| {
        let hit = condition.values.iter().any(|wanted| operator.hits(wanted, value));
        hit != operator.negated
    };
    // Of several values without a qualifier one is enough, unless the operator is negated: then none may hit.
    let every = operator.set == Set::All || (operator.set == Set::One && operator.negated);
    Some(if every { values.iter().all(fits) } else { values.iter().any(fits) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    fn check(operator: &str, wanted: &[&str], values: Option<&[&str]>) -> Option<bool> {
        let condition = Condition {
            operator: operator.to_owned(),
            key: "aws:Key".to_owned(),
            values: wanted.iter().map(|value| (*value).to_owned()).collect(),
        };
        let context = values.map_or_else(Context::new, |values| {
            Context::new().with_all("AWS:key", values.iter().map(|value| (*value).to_owned()))
        });
        met(&condition, &context)
    }

    #[rstest]
    #[case("StringEquals", &["a", "b"], Some(&["b"][..]), true)]
    #[case("StringEquals", &["a"], Some(&["A"][..]), false)]
    #[case("StringEquals", &["a*"], Some(&["ab"][..]), false)]
    #[case("StringEquals", &["a"], None, false)]
    #[case("StringEqualsIfExists", &["a"], None, true)]
    #[case("StringEqualsIfExists", &["a"], Some(&["b"][..]), false)]
    #[case("StringEqualsIgnoreCase", &["a"], Some(&["A"][..]), true)]
    #[case("StringNotEquals", &["a", "b"], Some(&["b"][..]), false)]
    #[case("StringNotEquals", &["a", "b"], Some(&["c"][..]), true)]
    #[case("StringNotEquals", &["a"], None, true)]
    #[case("StringLike", &["a*"], Some(&["ab"][..]), true)]
    #[case("StringNotLike", &["a*"], Some(&["ab"][..]), false)]
    #[case("ArnLike", &["arn:aws:s3:::b*"], Some(&["arn:aws:s3:::bb"][..]), true)]
    #[case("ArnEquals", &["arn:aws:*"], Some(&["arn:aws:s3:::bb"][..]), false)]
    #[case("ArnNotLike", &["arn:aws:s3:::b*"], Some(&["arn:aws:s3:::bb"][..]), false)]
    #[case("Bool", &["true"], Some(&["TRUE"][..]), true)]
    #[case("Bool", &["true"], Some(&["false"][..]), false)]
    #[case("Bool", &["false"], None, false)]
    #[case("BoolIfExists", &["false"], None, true)]
    #[case("Null", &["true"], None, true)]
    #[case("Null", &["true"], Some(&["x"][..]), false)]
    #[case("Null", &["false"], Some(&["x"][..]), true)]
    #[case("Null", &["false"], None, false)]
    #[case("NumericLessThan", &["1.2"], Some(&["1.1"][..]), true)]
    #[case("NumericLessThan", &["1.2"], Some(&["1.2"][..]), false)]
    #[case("NumericGreaterThanEquals", &["2"], Some(&["2"][..]), true)]
    #[case("NumericLessThan", &["1.2"], Some(&["x"][..]), false)]
    #[case("ForAllValues:StringEquals", &["a", "b"], Some(&["a", "b"][..]), true)]
    #[case("ForAllValues:StringEquals", &["a"], Some(&["a", "b"][..]), false)]
    #[case("ForAllValues:StringEquals", &["a"], None, true)]
    #[case("ForAnyValue:StringLike", &["b*"], Some(&["a", "bb"][..]), true)]
    #[case("ForAnyValue:StringEquals", &["a"], None, false)]
    #[case("ForAnyValue:StringNotEquals", &["a"], Some(&["a", "b"][..]), true)]
    #[case("ForAllValues:StringNotEquals", &["a"], Some(&["a", "b"][..]), false)]
    #[case("StringEquals", &["sts.amazonaws.com"], Some(&["sts.amazonaws.com"][..]), true)]
    #[case("StringNotEquals", &["a"], Some(&["a", "b"][..]), false)]
    fn operators_are_iams(
        #[case] operator: &str,
        #[case] wanted: &[&str],
        #[case] values: Option<&[&str]>,
        #[case] expected: bool,
    ) {
        assert_eq!(check(operator, wanted, values), Some(expected));
    }

    #[test]
    fn what_is_not_known_is_said_to_be() {
        assert_eq!(check("IpAddress", &["10.0.0.0/8"], Some(&["10.0.0.1"])), None);
        assert_eq!(check("stringequals", &["a"], Some(&["a"])), None);
        assert_eq!(check("StringEquals", &["${aws:username}"], Some(&["ada"])), None);
        assert_eq!(check("NullIfExists", &["true"], None), None);
    }
}

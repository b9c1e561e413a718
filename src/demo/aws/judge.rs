//! What IAM would say: policies evaluated as the user guide's evaluation logic tells
//! (an explicit deny wins, then an allow, else nothing), as far as the demo's policies need it.

use serde_json::Value;
use std::collections::BTreeMap;

/// What one policy says to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Verdict {
    Allow,
    Deny,
    /// No statement fits.
    Silent,
}

/// One question: may this be done to that, in these circumstances.
#[derive(Debug, Clone, Default)]
pub(in crate::demo) struct Question {
    /// `s3:ListBucket`.
    pub action: String,
    /// An ARN.
    pub resource: String,
    /// Condition keys in lower case, with their values.
    pub context: BTreeMap<String, Vec<String>>,
    /// Who asks, as `(AWS|Federated|Service, value)`; only for policies that name principals.
    pub principals: Vec<(&'static str, String)>,
}

impl Question {
    /// A question without circumstances.
    pub fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned(), ..Self::default() }
    }

    /// Adds one circumstance.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.context.insert(key.to_lowercase(), vec![value.to_owned()]);
        self
    }

    /// Adds a principal that the asker is.
    pub fn by(mut self, kind: &'static str, value: &str) -> Self {
        self.principals.push((kind, value.to_owned()));
        self
    }
}

/// What a policy's text says. A text that is not a policy is silent.
pub(in crate::demo) fn evaluate(policy: &str, question: &Question) -> Verdict {
    let document: Value = serde_json::from_str(policy).unwrap_or_default();
    let mut verdict = Verdict::Silent;
    for statement in list(&document["Statement"]) {
        if !fits(statement, question) {
            continue;
        }
        if statement["Effect"] == "Deny" {
            return Verdict::Deny;
        }
        verdict = Verdict::Allow;
    }
    verdict
}

fn fits(statement: &Value, question: &Question) -> bool {
    names(statement, "Action", |pattern| like(&pattern.to_lowercase(), &question.action.to_lowercase()))
        && (statement.get("Resource").is_none() && statement.get("NotResource").is_none()
            || names(statement, "Resource", |pattern| like(pattern, &question.resource)))
        && principal(statement, question)
        && conditions(&statement["Condition"], question)
}

/// Whether an element, or not its `Not` form, names the thing.
fn names(statement: &Value, element: &str, fits: impl Fn(&str) -> bool) -> bool {
    let any = |value: &Value| list(value).into_iter().filter_map(Value::as_str).any(&fits);
    match (statement.get(element), statement.get(format!("Not{element}"))) {
        (Some(value), _) => any(value),
        (None, Some(value)) => !any(value),
        (None, None) => false,
    }
}

fn principal(statement: &Value, question: &Question) -> bool {
    let Some(principal) = statement.get("Principal") else { return true };
    if principal == "*" {
        return true;
    }
    let Some(kinds) = principal.as_object() else { return false };
    kinds.iter().any(|(kind, values)| {
        list(values).into_iter().filter_map(Value::as_str).any(|value| {
            value == "*" || question.principals.iter().any(|(have, is)| *have == kind.as_str() && is == value)
        })
    })
}

fn conditions(conditions: &Value, question: &Question) -> bool {
    let Some(operators) = conditions.as_object() else { return true };
    operators.iter().all(|(operator, keys)| {
        keys.as_object().is_none_or(|keys| keys.iter().all(|(key, wanted)| condition(operator, key, wanted, question)))
    })
}

fn condition(operator: &str, key: &str, wanted: &Value, question: &Question) -> bool {
    let have = question.context.get(&key.to_lowercase());
    let wanted: Vec<String> = list(wanted).into_iter().map(word).collect();
    if operator == "Null" {
        return wanted.iter().any(|w| (w == "true") == have.is_none());
    }
    let (base, if_exists) = match operator.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (operator, false),
    };
    let (base, all) = match (base.strip_prefix("ForAllValues:"), base.strip_prefix("ForAnyValue:")) {
        (Some(base), _) => (base, true),
        (_, Some(base)) => (base, false),
        _ => (base, false),
    };
    let negated = base.contains("Not");
    let Some(have) = have else { return if_exists || negated || all };
    let one = |value: &String| wanted.iter().any(|w| compare(base, w, value));
    if negated {
        have.iter().all(|value| !one(value))
    } else if all {
        have.iter().all(one)
    } else {
        have.iter().any(one)
    }
}

/// Whether a value fits, the operator's `Not` left aside.
fn compare(operator: &str, wanted: &str, value: &str) -> bool {
    match operator {
        "StringLike" | "StringNotLike" | "ArnLike" | "ArnNotLike" | "ArnEquals" | "ArnNotEquals" => like(wanted, value),
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" | "Bool" => wanted.eq_ignore_ascii_case(value),
        "NumericLessThan" => numbers(wanted, value, |w, v| v < w),
        "NumericLessThanEquals" => numbers(wanted, value, |w, v| v <= w),
        "NumericGreaterThan" => numbers(wanted, value, |w, v| v > w),
        "NumericGreaterThanEquals" => numbers(wanted, value, |w, v| v >= w),
        _ => wanted == value,
    }
}

fn numbers(wanted: &str, value: &str, compare: impl Fn(f64, f64) -> bool) -> bool {
    matches!((wanted.parse(), value.parse()), (Ok(w), Ok(v)) if compare(w, v))
}

/// One value, or the values of a list.
pub(in crate::demo) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Whether a text fits a pattern of `*` and `?`.
pub(in crate::demo) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some(p);
                mark = t;
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some(back) = star else { return false };
                p = back + 1;
                mark += 1;
                t = mark;
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("arn:aws:s3:::b/p/*", "arn:aws:s3:::b/p/x/y", true),
            ("arn:aws:s3:::b/p/*", "arn:aws:s3:::b/q", false),
            ("", "x", false),
            ("**x", "yyx", true),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_deny_wins_and_nothing_is_silence() {
        let policy = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},
            {"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
        let put = Question::new("s3:PutObject", "arn:aws:s3:::b/k");
        assert_eq!(evaluate(policy, &put.clone().with("aws:SecureTransport", "true")), Verdict::Allow);
        assert_eq!(evaluate(policy, &put.with("aws:SecureTransport", "false")), Verdict::Deny);
        assert_eq!(evaluate(policy, &Question::new("kms:Decrypt", "x")), Verdict::Silent);
        assert_eq!(evaluate("nonsense", &Question::new("kms:Decrypt", "x")), Verdict::Silent);
    }
}

//! Policy documents, in all the forms in which IAM gives them (A19).

use crate::domain::Reason;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// `2012-10-17`, or `2008-10-17` when there is none (which has no policy variables).
    pub version: String,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever allows.
    Deny,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id, or empty; foreign documents may hold one twice.
    pub sid: String,
    /// Allow or deny.
    pub effect: Effect,
    /// Whom it is about; `None` in identity policies.
    pub principals: Option<Principals>,
    /// The actions it is about.
    pub actions: Action,
    /// The resources it is about; `None` in trust policies.
    pub resources: Option<Resource>,
    /// All must be met.
    pub conditions: Vec<Condition>,
    /// Fields that IAM does not know.
    pub unknown: Vec<String>,
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// These.
    These(Vec<String>),
    /// All but these.
    Not(Vec<String>),
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// These.
    These(Vec<String>),
    /// All but these.
    Not(Vec<String>),
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// These.
    These(Vec<Principal>),
    /// All but these.
    Not(Vec<Principal>),
}

/// One principal, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// `"*"` or `{"AWS":"*"}`.
    Anyone,
    /// An ARN, an account id, or the `AROA...` of a deleted role.
    Aws(String),
    /// An identity provider's ARN or name.
    Federated(String),
    /// `pods.eks.amazonaws.com`.
    Service(String),
    /// Another kind (`CanonicalUser`), and its value.
    Other(String, String),
}

/// One line of a `Condition`: an operator, a key and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `StringEquals`, `ForAnyValue:StringLike`, `BoolIfExists`, ...
    pub operator: String,
    /// The context key, as written.
    pub key: String,
    /// The values; one is enough, for negated operators all count.
    pub values: Vec<String>,
}

impl Document {
    /// Reads a document. A single statement, a string for a list, numbers and booleans for strings are
    /// taken as IAM takes them; unknown fields and duplicate Sids are kept.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            // The parser's own words quote nothing of the text.
            Reason::new("the policy document is not JSON", error.to_string())
        })?;
        let Value::Object(fields) = value else { return Err(shape("the document", "an object")) };
        let statements = match fields.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(statement).collect::<Result<_, _>>()?,
            Some(one @ Value::Object(_)) => vec![statement(one)?],
            Some(_) => return Err(shape("Statement", "an object or a list of them")),
            None => return Err(Reason::new("the policy document has no Statement", "a policy needs one")),
        };
        let version = match fields.get("Version") {
            None => "2008-10-17".to_owned(),
            Some(Value::String(version)) => version.clone(),
            Some(_) => return Err(shape("Version", "a string")),
        };
        Ok(Self { version, statements })
    }

    /// The statements with a Sid.
    pub fn with_sid<'a>(&'a self, sid: &'a str) -> impl Iterator<Item = &'a Statement> {
        self.statements.iter().filter(move |statement| statement.sid == sid)
    }

    /// The Sids that stand more than once.
    pub fn duplicate_sids(&self) -> Vec<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for statement in self.statements.iter().filter(|statement| !statement.sid.is_empty()) {
            *counts.entry(&statement.sid).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count > 1).map(|(sid, _)| sid).collect()
    }
}

const FIELDS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

fn statement(value: &Value) -> Result<Statement, Reason> {
    let Value::Object(fields) = value else { return Err(shape("a statement", "an object")) };
    let effect = match fields.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(shape("Effect", "Allow or Deny")),
    };
    let actions = match either(fields, "Action", "NotAction", list)? {
        Some((list, false)) => Action::These(list),
        Some((list, true)) => Action::Not(list),
        None => return Err(shape("a statement", "an object with Action or NotAction")),
    };
    let resources = either(fields, "Resource", "NotResource", list)?
        .map(|(list, not)| if not { Resource::Not(list) } else { Resource::These(list) });
    let principals = either(fields, "Principal", "NotPrincipal", principals)?
        .map(|(list, not)| if not { Principals::Not(list) } else { Principals::These(list) });
    Ok(Statement {
        sid: fields.get("Sid").and_then(scalar).unwrap_or_default(),
        effect,
        principals,
        actions,
        resources,
        conditions: fields.get("Condition").map(conditions).transpose()?.unwrap_or_default(),
        unknown: fields.keys().filter(|key| !FIELDS.contains(&key.as_str())).cloned().collect(),
    })
}

/// One of a field and its negation; both together are refused, as IAM does.
fn either<T>(
    fields: &Map<String, Value>,
    name: &str,
    negated: &str,
    read: impl Fn(&Value, &str) -> Result<T, Reason>,
) -> Result<Option<(T, bool)>, Reason> {
    match (fields.get(name), fields.get(negated)) {
        (Some(_), Some(_)) => Err(shape("a statement", &format!("an object with one of {name} and {negated}"))),
        (Some(value), None) => Ok(Some((read(value, name)?, false))),
        (None, Some(value)) => Ok(Some((read(value, negated)?, true))),
        (None, None) => Ok(None),
    }
}

/// A string, or a list of strings; numbers and booleans are taken by their text.
fn list(value: &Value, name: &str) -> Result<Vec<String>, Reason> {
    let bad = || shape(name, "a string or a list of strings");
    match value {
        Value::Array(list) => list.iter().map(|one| scalar(one).ok_or_else(bad)).collect(),
        one => Ok(vec![scalar(one).ok_or_else(bad)?]),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // IAM takes an account id without quotes.
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn principals(value: &Value, name: &str) -> Result<Vec<Principal>, Reason> {
    match value {
        Value::String(text) if text == "*" => Ok(vec![Principal::Anyone]),
        Value::Object(kinds) => {
            let mut out = Vec::new();
            for (kind, value) in kinds {
                for one in list(value, name)? {
                    out.push(match kind.as_str() {
                        "AWS" if one == "*" => Principal::Anyone,
                        "AWS" => Principal::Aws(one),
                        "Federated" => Principal::Federated(one),
                        "Service" => Principal::Service(one),
                        _ => Principal::Other(kind.clone(), one),
                    });
                }
            }
            Ok(out)
        }
        _ => Err(shape(name, "\"*\" or an object")),
    }
}

fn conditions(value: &Value) -> Result<Vec<Condition>, Reason> {
    let Value::Object(operators) = value else { return Err(shape("Condition", "an object")) };
    let mut out = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else { return Err(shape("a Condition's operator", "an object")) };
        for (key, values) in keys {
            let values = list(values, "a Condition's key")?;
            out.push(Condition { operator: operator.clone(), key: key.clone(), values });
        }
    }
    Ok(out)
}

fn shape(what: &str, expected: &str) -> Reason {
    Reason::new(format!("{what} of the policy document is not what IAM writes"), format!("it is {expected}"))
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;

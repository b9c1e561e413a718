//! Where the statements stand in a document's text, so that foreign ones can stay byte for byte.

use crate::domain::Reason;
use serde_json::Value;
use std::ops::Range;

/// How `Statement` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A list.
    List,
    /// One object without a list.
    Single,
}

/// One statement in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its bytes, from `{` to `}`.
    pub span: Range<usize>,
    /// Its Sid, or empty.
    pub sid: String,
}

/// The statements in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    /// How they are written.
    pub form: Form,
    /// The bytes of the value of `Statement`, brackets included.
    pub span: Range<usize>,
    /// The statements, in order.
    pub members: Vec<Member>,
}

/// Finds the statements of a document. A document that is not JSON, or has no or two `Statement`s, is
/// refused.
pub fn statements(text: &str) -> Result<Statements, Reason> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Reason::new("the policy document is not JSON", error.to_string()))?;
    let odd =
        || Reason::new("the policy document is not what IAM writes", "its Statement is an object or a list of them");
    if !value.is_object() {
        return Err(odd());
    }
    let bytes = text.as_bytes();
    let open = skip_space(bytes, 0);
    let mut found = members(bytes, open)
        .ok_or_else(odd)?
        .into_iter()
        .filter(|(key, _)| key.clone().and_then(|key| text.get(key)).is_some_and(|key| decoded(key) == "Statement"));
    let Some((_, span)) = found.next() else {
        return Err(Reason::new("the policy document has no Statement", "a policy needs one"));
    };
    if found.next().is_some() {
        return Err(Reason::new("the policy document has Statement twice", "only one of them would count"));
    }
    let (form, spans) = match bytes.get(span.start) {
        Some(b'[') => (Form::List, members(bytes, span.start).ok_or_else(odd)?.into_iter().map(|(_, s)| s).collect()),
        Some(b'{') => (Form::Single, vec![span.clone()]),
        _ => return Err(odd()),
    };
    let members = spans.into_iter().map(|span| member(text, span).ok_or_else(odd)).collect::<Result<_, _>>()?;
    Ok(Statements { form, span, members })
}

fn member(text: &str, span: Range<usize>) -> Option<Member> {
    let value: Value = serde_json::from_str(text.get(span.clone())?).ok()?;
    let sid = value.as_object()?.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Member { span, sid })
}

fn decoded(key: &str) -> String {
    serde_json::from_str(key).unwrap_or_default()
}

/// A key's bytes (with quotes; none in a list) and its value's.
type Entry = (Option<Range<usize>>, Range<usize>);

/// The members of the object or list that opens at `open`, of text known to be JSON.
fn members(bytes: &[u8], open: usize) -> Option<Vec<Entry>> {
    let keyed = match bytes.get(open)? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    let mut out = Vec::new();
    let mut at = skip_space(bytes, open + 1);
    while !matches!(bytes.get(at)?, b'}' | b']') {
        let mut key = None;
        if keyed {
            let end = value_end(bytes, at)?;
            key = Some(at..end);
            // Past the colon.
            at = skip_space(bytes, skip_space(bytes, end) + 1);
        }
        let end = value_end(bytes, at)?;
        out.push((key, at..end));
        at = skip_space(bytes, end);
        if bytes.get(at)? == &b',' {
            at = skip_space(bytes, at + 1);
        }
    }
    Some(out)
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The end of the value that starts at `start`.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth, mut inside) = (start, 0_usize, false);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        if inside {
            match byte {
                b'\\' => at += 1,
                b'"' => inside = false,
                _ => continue,
            }
        } else {
            match byte {
                b'"' => inside = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        let next = bytes.get(at);
        // A number or word ends where a separator follows; a string or bracket ends by itself.
        let ended = matches!(byte, b'"' | b'}' | b']')
            || next.is_none_or(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
        if !inside && depth == 0 && ended {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a19_statements_are_found_in_all_forms() {
        let text =
            r#" { "Version" : "x", "n":[1, {"Statement":2}], "Statement" : [ {"Sid":"A"} ,{"a":"]}\""}], "z":null } "#;
        let found = statements(text).unwrap();
        let spans: Vec<&str> = found.members.iter().map(|member| &text[member.span.clone()]).collect();
        assert_eq!(spans, [r#"{"Sid":"A"}"#, r#"{"a":"]}\""}"#]);
        assert_eq!(found.members[0].sid, "A");
        let single = r#"{"Statement":{"Sid":"B"}}"#;
        assert_eq!(statements(single).unwrap().form, Form::Single);
        assert!(statements(r#"{"\u0053tatement":[]}"#).unwrap().members.is_empty());
    }

    #[test]
    fn a19_what_is_no_document_is_refused() {
        for text in
            ["", "[]", "{}", r#"{"Statement":1}"#, r#"{"Statement":[1]}"#, r#"{"Statement":[],"Statement":[]}"#, "{"]
        {
            assert!(statements(text).is_err(), "{text}");
        }
    }
}

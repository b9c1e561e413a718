//! Putting our statements into a document by their Sids; what is foreign stays byte for byte.

use super::spans::{Form, Statements, statements};
use crate::domain::Reason;
use serde_json::Value;

/// A merged document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// Its text.
    pub text: String,
    /// Whether it differs from the text before.
    pub changed: bool,
}

/// Puts statements into a document: one with the Sid of ours is replaced (kept as it stands when it says
/// the same), further ones of that Sid are taken out, a missing one is added behind the last. `ours` are
/// the JSON texts of objects with a Sid each. An empty `text` gives a document of ours alone.
pub fn merge(text: &str, ours: &[String]) -> Result<Merge, Reason> {
    let ours = ours.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
    if text.trim().is_empty() {
        let list = ours.iter().map(|(_, _, text)| text.as_str()).collect::<Vec<_>>().join(",");
        return Ok(Merge { text: format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{list}]}}"), changed: true });
    }
    let mut out = text.to_owned();
    for (sid, value, statement) in &ours {
        out = put(&out, sid, value, statement)?;
    }
    let changed = out != text;
    Ok(Merge { text: out, changed })
}

/// Takes the statements with these Sids out of a document. `None`: none is left, so the document itself
/// is to be deleted.
pub fn remove(text: &str, sids: &[String]) -> Result<Option<String>, Reason> {
    let mut out = text.to_owned();
    loop {
        let found = statements(&out)?;
        let Some(index) = found.members.iter().position(|member| sids.contains(&member.sid)) else {
            return Ok(if found.members.is_empty() { None } else { Some(out) });
        };
        if found.members.len() == 1 {
            return Ok(None);
        }
        out = without(&out, &found, index);
    }
}

/// A statement of ours: its Sid, its value, its text.
fn read(text: &str) -> Result<(String, Value, String), Reason> {
    let odd = |why: &str| Reason::new("a statement to be merged is not a statement", why);
    let value: Value = serde_json::from_str(text).map_err(|_| odd("it is not JSON"))?;
    let sid = value.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
    let sid = sid.ok_or_else(|| odd("it is an object with a Sid"))?.to_owned();
    Ok((sid, value, text.trim().to_owned()))
}

fn put(text: &str, sid: &str, value: &Value, statement: &str) -> Result<String, Reason> {
    let found = statements(text)?;
    let mut places = found.members.iter().enumerate().filter(|(_, member)| member.sid == sid).map(|(index, _)| index);
    let Some(first) = places.next() else { return Ok(added(text, &found, statement)) };
    if let Some(second) = places.next() {
        return put(&without(text, &found, second), sid, value, statement);
    }
    let Some(member) = found.members.get(first) else { return Ok(text.to_owned()) };
    let same = text.get(member.span.clone()).and_then(|text| serde_json::from_str::<Value>(text).ok());
    if same.as_ref() == Some(value) {
        return Ok(text.to_owned());
    }
    Ok(spliced(text, member.span.start, member.span.end, statement))
}

/// Adds a statement behind the last, with the white space that the last one has before it.
fn added(text: &str, found: &Statements, statement: &str) -> String {
    let Some(last) = found.members.last() else {
        return spliced(text, found.span.start, found.span.end, &format!("[{statement}]"));
    };
    if found.form == Form::Single {
        let there = text.get(last.span.clone()).unwrap_or_default();
        return spliced(text, found.span.start, found.span.end, &format!("[{there},{statement}]"));
    }
    let before = text.get(..last.span.start).unwrap_or_default();
    let space = before.get(before.trim_end_matches([' ', '\t', '\n', '\r']).len()..).unwrap_or_default();
    spliced(text, last.span.end, last.span.end, &format!(",{space}{statement}"))
}

/// Takes one of several statements out, with the comma that parts it from its neighbour.
fn without(text: &str, found: &Statements, index: usize) -> String {
    let Some(member) = found.members.get(index) else { return text.to_owned() };
    let before = index.checked_sub(1).and_then(|index| found.members.get(index));
    match (before, found.members.get(index + 1)) {
        (Some(before), _) => spliced(text, before.span.end, member.span.end, ""),
        (None, Some(next)) => spliced(text, member.span.start, next.span.start, ""),
        (None, None) => spliced(text, found.span.start, found.span.end, "[]"),
    }
}

fn spliced(text: &str, start: usize, end: usize, middle: &str) -> String {
    format!("{}{middle}{}", text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;

//! From a draft to the answers file's text.

use super::draft::{Draft, field};
use super::field::{Field, FieldKind};
use super::step::steps;
use toml::{Table, Value};

/// Lists that are answered in Review, not by a field.
const LISTS: [&str; 4] = ["consent.adopt", "consent.leave", "consent.exec_plugins", "consent.saved"];

/// The answers file that the texts mean. What is no number stays text, so that the parser says what is wrong.
pub fn toml(draft: &Draft) -> String {
    let mut root = Table::new();
    root.insert("version".to_owned(), Value::Integer(1));
    for known in steps().iter().flat_map(|step| &step.fields) {
        let typed = draft.said(&known.path);
        // What has no default in the file is said even when it is the wizard's own default.
        let text = if typed.is_empty() && known.path == "tool" { draft.value("tool") } else { typed.to_owned() };
        if !text.is_empty() && known.shown(draft) {
            put(&mut root, &known.path, value(known.kind, &known.path, &text));
        }
    }
    let restore = super::restore::tables(draft);
    if !restore.is_empty() {
        root.insert("restore_cluster".to_owned(), Value::Array(restore));
    }
    for path in LISTS {
        let list: Vec<Value> = draft.list(path).into_iter().map(Value::String).collect();
        if !list.is_empty() {
            put(&mut root, path, Value::Array(list));
        }
    }
    if draft.text("consent.shared_prefix") == "true" {
        put(&mut root, "consent.shared_prefix", Value::Boolean(true));
    }
    toml::to_string(&root).unwrap_or_default()
}

/// The texts that mean an answers file, by path: the way back of [`toml`]. What is a field's default is left out
/// unless facts could choose otherwise, and so is what no field asks for.
pub fn texts(file: &str) -> Vec<(String, String)> {
    let root: Table = toml::from_str(file).unwrap_or_default();
    let default = |field: &'static Field| if field.advice.is_some() { "" } else { field.default.as_str() };
    let fields = steps().iter().flat_map(|step| &step.fields).map(|field| (field.path.as_str(), default(field)));
    let lists = LISTS.into_iter().chain(["consent.shared_prefix"]).map(|path| (path, "false"));
    let mut out = Vec::new();
    for (path, default) in fields.chain(lists) {
        let (table, key) = path.split_once('.').map_or((None, path), |(table, key)| (Some(table), key));
        let holder = table.map_or(Some(&root), |table| root.get(table).and_then(Value::as_table));
        let Some(value) = holder.and_then(|holder| holder.get(key)) else { continue };
        let typed = match text(value) {
            none if none.is_empty() && path.ends_with(".schedule") => "none".to_owned(),
            typed => typed,
        };
        if typed != default {
            out.push((path.to_owned(), typed));
        }
    }
    out.extend(super::restore::texts(&root));
    out
}

/// A value as it is typed.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Table(pairs) => {
            pairs.iter().map(|(key, value)| format!("{key}={}", text(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn value(kind: FieldKind, path: &str, text: &str) -> Value {
    let string = || Value::String(text.trim().to_owned());
    let flag = || match text {
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        _ => string(),
    };
    match kind {
        FieldKind::Number => text.trim().parse().map_or_else(|_| string(), Value::Integer),
        FieldKind::Flag => flag(),
        // A yes or no that is asked as a choice.
        FieldKind::Choice if field(path).is_some_and(|field| field.options.iter().all(|it| is_flag(&it.value))) => {
            flag()
        }
        FieldKind::Text if path.ends_with(".schedule") && text.trim() == "none" => Value::String(String::new()),
        FieldKind::Text | FieldKind::Choice => string(),
        FieldKind::Many | FieldKind::List => {
            Value::Array(parts(text).map(|part| Value::String(part.to_owned())).collect())
        }
        FieldKind::Pairs => {
            let mut table = Table::new();
            for part in parts(text) {
                let (key, value) = part.split_once('=').unwrap_or((part, ""));
                table.insert(key.trim().to_owned(), Value::String(value.trim().to_owned()));
            }
            Value::Table(table)
        }
    }
}

fn is_flag(text: &str) -> bool {
    matches!(text, "true" | "false")
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn put(root: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            root.insert(path.to_owned(), value);
        }
        Some((table, key)) => {
            let inner = root.entry(table).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                inner.insert(key.to_owned(), value);
            }
        }
    }
}

//! A table of the file, read field by field; what nobody asked for is unknown.

use super::problem::Problem;
use crate::domain::Reason;
use crate::domain::text::nearest;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What to do about a field with a default when nothing is near.
const DEFAULT: &str = "Change it, or take the line out for the default";

/// What is found while a file is read.
pub struct Findings<'t> {
    text: &'t str,
    /// Whether the file's syntax is broken: then what is missing may just not have been read.
    pub broken: bool,
    /// The problems so far.
    pub problems: Vec<Problem>,
}

impl<'t> Findings<'t> {
    /// Nothing found yet in `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, broken: false, problems: Vec::new() }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, byte: usize) -> usize {
        self.text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
    }

    /// Adds a problem at some bytes.
    pub fn add(&mut self, problem: Problem, span: Option<Range<usize>>) {
        let line = span.map(|span| self.line(span.start));
        self.problems.push(problem.at(line));
    }

    /// Whether a field has a problem already.
    pub fn has(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == field)
    }
}

/// A table, with the keys that were asked for.
pub struct Table<'d> {
    path: String,
    content: Option<&'d DeTable<'d>>,
    span: Option<Range<usize>>,
    asked: Vec<&'static str>,
}

impl<'d> Table<'d> {
    /// The file itself.
    pub fn root(table: &'d DeTable<'d>) -> Self {
        Self { path: String::new(), content: Some(table), span: None, asked: Vec::new() }
    }

    /// A table at a path.
    pub fn at(path: String, table: &'d DeTable<'d>, span: Range<usize>) -> Self {
        Self { path, content: Some(table), span: Some(span), asked: Vec::new() }
    }

    /// A table that is not there.
    pub fn empty(path: &str) -> Self {
        Self { path: path.to_owned(), content: None, span: None, asked: Vec::new() }
    }

    /// The path of a key.
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, now known.
    pub fn get(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.asked.push(key);
        self.content?.get(key)
    }

    /// A table in this one; an empty one when it is not there.
    pub fn table(&mut self, key: &'static str, to: &mut Findings) -> Table<'d> {
        let path = self.path(key);
        let Some(value) = self.get(key) else { return Table::empty(&path) };
        let table = value.get_ref().as_table();
        if table.is_none() {
            to.add(wrong(&path, value.get_ref(), &format!("a table, [{path}]")), Some(value.span()));
        }
        Table { path, content: table, span: Some(value.span()), asked: Vec::new() }
    }

    /// The tables of a list of tables.
    pub fn tables(&mut self, key: &'static str, to: &mut Findings) -> Vec<Table<'d>> {
        let path = self.path(key);
        let Some(value) = self.get(key) else { return Vec::new() };
        let expected = format!("tables, [[{path}]]");
        let Some(list) = value.get_ref().as_array() else {
            to.add(wrong(&path, value.get_ref(), &expected), Some(value.span()));
            return Vec::new();
        };
        let mut out = Vec::new();
        for (index, one) in list.iter().enumerate() {
            match one.get_ref().as_table() {
                Some(table) => out.push(Table::at(format!("{path}[{index}]"), table, one.span())),
                None => to.add(wrong(&path, one.get_ref(), &expected), Some(one.span())),
            }
        }
        out
    }

    /// A string; empty when it is not there or not a string.
    pub fn string(&mut self, key: &'static str, to: &mut Findings) -> String {
        self.text(key, to).map(|(text, _)| text.to_owned()).unwrap_or_default()
    }

    /// A string parsed as a noun; `None` when it is empty, not there, or wrong.
    pub fn noun<T>(
        &mut self,
        key: &'static str,
        to: &mut Findings,
        parse: impl Fn(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        let (text, span) = self.text(key, to).filter(|(text, _)| !text.is_empty())?;
        let problem = |reason: &Reason| Problem::of(self.path(key), reason).or_todo(DEFAULT);
        parse(text).map_err(|reason| to.add(problem(&reason), Some(span))).ok()
    }

    /// The same with a default for a key that is not there or wrong; an empty string is wrong.
    pub fn noun_or<T>(
        &mut self,
        key: &'static str,
        default: T,
        to: &mut Findings,
        parse: impl Fn(&str) -> Result<T, Reason>,
    ) -> T {
        let Some((text, span)) = self.text(key, to) else { return default };
        parse(text).unwrap_or_else(|reason| {
            to.add(Problem::of(self.path(key), &reason).or_todo(DEFAULT), Some(span));
            default
        })
    }

    /// A noun that may be left out by an empty string; not there means the default.
    pub fn noun_or_none<T>(
        &mut self,
        key: &'static str,
        default: Option<T>,
        to: &mut Findings,
        parse: impl Fn(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        if self.content.is_some_and(|table| table.contains_key(key)) {
            self.noun(key, to, parse)
        } else {
            self.asked.push(key);
            default
        }
    }

    /// A noun that has to be there.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        to: &mut Findings,
        parse: impl Fn(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        if self.content.is_some_and(|table| table.contains_key(key)) {
            let (text, span) = self.text(key, to)?;
            let problem =
                |reason: &Reason| Problem::of(self.path(key), reason).or_todo(format!("For example \"{example}\""));
            return parse(text).map_err(|reason| to.add(problem(&reason), Some(span))).ok();
        }
        self.asked.push(key);
        if !to.broken {
            let todo = match self.path.as_str() {
                "" => format!("Add {key} = \"{example}\""),
                path => format!("Add {key} = \"{example}\" under [{path}]"),
            };
            let path = self.path(key);
            to.add(Problem::new(&path, format!("{path} is missing"), "it has no default", todo), self.span.clone());
        }
        None
    }

    /// A boolean.
    pub fn flag(&mut self, key: &'static str, default: bool, to: &mut Findings) -> bool {
        let Some(value) = self.get(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            to.add(wrong(&self.path(key), value.get_ref(), "true or false"), Some(value.span()));
            default
        })
    }

    /// A whole number from 0.
    pub fn number(&mut self, key: &'static str, default: u32, to: &mut Findings) -> u32 {
        let Some(value) = self.get(key) else { return default };
        let number = value.get_ref().as_integer().map(|n| u32::from_str_radix(n.as_str(), n.radix()));
        let Some(Ok(number)) = number else {
            to.add(wrong(&self.path(key), value.get_ref(), "a whole number from 0"), Some(value.span()));
            return default;
        };
        number
    }

    /// A list of strings, each parsed.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        to: &mut Findings,
        parse: impl Fn(&str) -> Result<T, Reason>,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let path = self.path(key);
        let Some(list) = value.get_ref().as_array() else {
            to.add(wrong(&path, value.get_ref(), "a list of strings"), Some(value.span()));
            return Vec::new();
        };
        let mut out = Vec::new();
        for one in list {
            match one.get_ref().as_str().map(&parse) {
                Some(Ok(noun)) => out.push(noun),
                Some(Err(reason)) => {
                    to.add(
                        Problem::of(&path, &reason).or_todo("Change it, or take it out of the list"),
                        Some(one.span()),
                    );
                }
                None => to.add(wrong(&path, one.get_ref(), "a list of strings"), Some(one.span())),
            }
        }
        out
    }

    /// All keys with their strings, as in `[tags]`.
    pub fn pairs(&self, to: &mut Findings) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for (key, value) in self.content.into_iter().flatten() {
            match value.get_ref().as_str() {
                Some(text) => out.push((key.get_ref().to_string(), text.to_owned())),
                None => to.add(wrong(&self.path(key.get_ref()), value.get_ref(), "a string"), Some(value.span())),
            }
        }
        out
    }

    /// Says what nobody asked for.
    pub fn finish(self, to: &mut Findings) {
        let Some(table) = self.content else { return };
        for key in table.keys().filter(|key| !self.asked.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let path = self.path(name);
            let near = nearest(name, self.asked.iter().copied());
            let todo = near.map_or_else(|| "Take it out".to_owned(), |near| format!("Did you mean \"{near}\"?"));
            let place = if self.path.is_empty() { "the file".to_owned() } else { format!("[{}]", self.path) };
            let why = format!("{place} takes {}", self.asked.join(", "));
            to.add(Problem::new(&path, format!("unknown key {path}"), why, todo), Some(key.span()));
        }
    }

    fn text(&mut self, key: &'static str, to: &mut Findings) -> Option<(&'d str, Range<usize>)> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            to.add(wrong(&self.path(key), value.get_ref(), "a string, in quotes"), Some(value.span()));
        }
        text.map(|text| (text, value.span()))
    }
}

/// A value of the wrong type.
pub fn wrong(path: &str, value: &DeValue<'_>, expected: &str) -> Problem {
    let found = match value {
        DeValue::String(_) => "a string".to_owned(),
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Boolean(flag) => format!("{flag}"),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    };
    Problem::new(path, format!("{path} is {found}"), format!("it takes {expected}"), "")
}

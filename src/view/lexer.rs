//! A line of a document as roles: JSON, YAML, shell, differences. The spans together are the line.

use crate::theme::Role;

/// What a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Policies.
    Json,
    /// Manifests and Helm values.
    Yaml,
    /// Commands.
    Shell,
    /// What an update changes, line by line.
    Diff,
    /// Anything else.
    Plain,
}

/// A piece of a line and its meaning.
pub type Span<'a> = (Role, &'a str);

impl Language {
    /// The language of a file's name.
    pub fn of(file: &str) -> Self {
        match file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            Some("sh") => Self::Shell,
            Some("diff" | "patch") => Self::Diff,
            _ => Self::Plain,
        }
    }

    /// The roles of a line's pieces.
    pub fn spans(self, line: &str) -> Vec<Span<'_>> {
        match self {
            Self::Json => values(line),
            Self::Yaml => yaml(line),
            Self::Shell => shell(line),
            Self::Diff => vec![(diff(line), line)],
            Self::Plain => vec![(Role::Text, line)],
        }
    }
}

/// The role of a line of a difference.
pub fn diff(line: &str) -> Role {
    match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Role::Label,
        [b'+', ..] => Role::Add,
        [b'-', ..] => Role::Remove,
        [b'@', b'@', ..] => Role::Info,
        _ => Role::Text,
    }
}

/// Splits where `at` bytes of the text are, or nowhere when that is inside a character.
fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// The length of the quoted text that a text starts with, quotes included; all of it when it does not end.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\\' if quote == '"' && !escaped => escaped = true,
            c if c == quote && !escaped => return at + c.len_utf8(),
            _ => escaped = false,
        }
    }
    text.len()
}

/// The role of a word without quotes.
fn scalar(word: &str) -> Role {
    let number = word.starts_with(|c: char| c.is_ascii_digit() || c == '-') && word.parse::<f64>().is_ok();
    if number || ["true", "false", "null", "~"].contains(&word) { Role::CodeNumber } else { Role::CodeString }
}

/// Quoted texts, words and punctuation: JSON, and YAML's values in brackets.
fn values(line: &str) -> Vec<Span<'_>> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (role, end) = match first {
            '"' => {
                let end = quoted(rest, '"');
                let key = split(rest, end).1.trim_start().starts_with(':');
                (if key { Role::CodeKey } else { Role::CodeString }, end)
            }
            c if punctuation(c) => (Role::CodePunctuation, rest.find(|c| !punctuation(c)).unwrap_or(rest.len())),
            _ => {
                let end = rest.find(|c| punctuation(c) || c == '"').unwrap_or(rest.len());
                (scalar(split(rest, end).0), end)
            }
        };
        let (piece, left) = split(rest, end);
        out.push((role, piece));
        rest = left;
    }
    out
}

fn punctuation(c: char) -> bool {
    matches!(c, '{' | '}' | '[' | ']' | ',' | ':') || c.is_whitespace()
}

/// Indent and dashes, a key, a value, a comment.
fn yaml(line: &str) -> Vec<Span<'_>> {
    let mut out = Vec::new();
    let lead = line.len() - line.trim_start_matches(' ').len();
    let (mut before, mut rest) = split(line, lead);
    while rest.starts_with("- ") || rest == "-" || rest == "---" {
        let end = rest.find(' ').map_or(rest.len(), |at| at + 1);
        (before, rest) = split(line, before.len() + end);
    }
    push(&mut out, Role::CodePunctuation, before);
    if rest.starts_with('#') {
        push(&mut out, Role::CodeComment, rest);
        return out;
    }
    if let Some(end) = key_end(rest) {
        let (key, value) = split(rest, end);
        push(&mut out, Role::CodeKey, key);
        let colon = 1 + value.get(1..).map_or(0, |text| text.len() - text.trim_start_matches(' ').len());
        let (colon, value) = split(value, colon);
        push(&mut out, Role::CodePunctuation, colon);
        rest = value;
    }
    yaml_value(&mut out, rest);
    out
}

/// Where a key ends: before the first `:` that a space or the line's end follows.
fn key_end(text: &str) -> Option<usize> {
    let from = match text.chars().next()? {
        quote @ ('"' | '\'') => quoted(text, quote),
        '{' | '[' => return None,
        _ => 0,
    };
    let rest = text.get(from..)?;
    let at = rest.match_indices(':').map(|(at, _)| at);
    let mut ends = at.filter(|at| rest.get(at + 1..).is_some_and(|after| after.is_empty() || after.starts_with(' ')));
    let end = from + ends.next()?;
    let comment = text.find(" #").is_some_and(|at| at < end);
    (!comment && (from == 0 || end == from)).then_some(end)
}

fn yaml_value<'a>(out: &mut Vec<Span<'a>>, value: &'a str) {
    let after = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(value, quote),
        _ => 0,
    };
    let comment = match value.get(after..) {
        Some(rest) if value.starts_with('#') && after == 0 => value.len() - rest.len(),
        Some(rest) => rest.find(" #").map_or(value.len(), |at| after + at),
        None => value.len(),
    };
    let (value, comment) = split(value, comment);
    match value.chars().next() {
        Some('{' | '[') => out.extend(values(value)),
        Some('"' | '\'') => push(out, Role::CodeString, value),
        Some('|' | '>' | '&' | '*' | '!') => push(out, Role::CodePunctuation, value),
        _ => push(out, scalar(value.trim_end()), value),
    }
    push(out, Role::CodeComment, comment);
}

/// Commands are plain; a comment is one from the `#` that starts a word.
fn shell(line: &str) -> Vec<Span<'_>> {
    let mut quote = None;
    let mut last = ' ';
    let mut end = line.len();
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if last.is_whitespace() => {
                end = at;
                break;
            }
            (None, '"' | '\'') if last != '\\' => quote = Some(c),
            (Some(open), c) if c == open && (open == '\'' || last != '\\') => quote = None,
            _ => {}
        }
        last = c;
    }
    let (command, comment) = split(line, end);
    let mut out = Vec::new();
    push(&mut out, Role::Text, command);
    push(&mut out, Role::CodeComment, comment);
    out
}

fn push<'a>(out: &mut Vec<Span<'a>>, role: Role, text: &'a str) {
    if !text.is_empty() {
        out.push((role, text));
    }
}

#[cfg(test)]
#[path = "lexer_tests.rs"]
mod tests;

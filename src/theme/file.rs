//! A theme file: roles and their looks as TOML, read into styles or a sentence with the line.

use super::colour::SIXTEEN;
use super::role::{COUNT, Role};
use crate::domain::{Reason, text::nearest};
use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The rule that a colour breaks.
const COLOUR: &str = "a colour is #rrggbb, default, or one of black, red, green, yellow, blue, magenta, cyan, white, \
                      bright-black to bright-white";

/// What a look may say besides its colours.
const SIGNS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("reverse", Modifier::REVERSED),
    ("underline", Modifier::UNDERLINED),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
];

/// A theme file as it is written: no fallbacks, no parent's roles.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct File {
    pub name: Option<String>,
    pub dark: Option<bool>,
    pub parent: Option<String>,
    pub roles: [Option<Style>; COUNT],
}

/// A text with its lines, for errors.
struct Lines<'a>(&'a str);

impl Lines<'_> {
    /// `line 7, WHERE: WHAT`, and the rule.
    fn wrong(&self, at: usize, place: &str, what: &str, why: &str) -> Reason {
        let line = self.0.get(..at).unwrap_or(self.0).matches('\n').count() + 1;
        let place = if place.is_empty() { String::new() } else { format!(", {place}") };
        Reason::new(format!("line {line} of the theme{place}: {what}"), why)
    }
}

/// Reads a theme file.
pub(super) fn read(text: &str) -> Result<File, Reason> {
    let lines = Lines(text);
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        lines.wrong(at, "", "it is not TOML", error.message())
    })?;
    let mut file = File { name: None, dark: None, parent: None, roles: [None; COUNT] };
    for (key, value) in table.get_ref() {
        let (at, name) = (key.span().start, key.get_ref().as_ref());
        match (name, value.get_ref()) {
            ("name", DeValue::String(text)) => file.name = Some(text.to_string()),
            ("parent", DeValue::String(text)) => file.parent = Some(text.to_string()),
            ("dark", DeValue::Boolean(dark)) => file.dark = Some(*dark),
            ("roles", DeValue::Table(table)) => file.roles = roles(&lines, table)?,
            ("name" | "parent", _) => return Err(lines.wrong(at, name, "it is no text", "write it in quotes")),
            ("dark", _) => {
                return Err(lines.wrong(at, name, "it is neither true nor false", "write it without quotes"));
            }
            ("roles", _) => return Err(lines.wrong(at, name, "it is no table", "roles stand below [roles]")),
            _ => return Err(unknown(&lines, at, name, "field", ["name", "dark", "parent", "roles"])),
        }
    }
    Ok(file)
}

fn roles(lines: &Lines<'_>, table: &DeTable<'_>) -> Result<[Option<Style>; COUNT], Reason> {
    let mut roles = [None; COUNT];
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let Some(role) = Role::named(name) else {
            return Err(unknown(lines, key.span().start, name, "role", Role::ALL.map(Role::name)));
        };
        roles[role as usize] = Some(look(lines, role, value)?);
    }
    Ok(roles)
}

/// A look: a colour alone (of the letters, or of the ground where the role is one), or a table.
fn look(lines: &Lines<'_>, role: Role, value: &Spanned<DeValue<'_>>) -> Result<Style, Reason> {
    let place = format!("role {}", role.name());
    match value.get_ref() {
        DeValue::String(_) if role.is_ground() => Ok(Style::new().bg(colour(lines, &place, value)?)),
        DeValue::String(_) => Ok(Style::new().fg(colour(lines, &place, value)?)),
        DeValue::Table(table) => fields(lines, &place, table),
        other => {
            let what = format!("{} is no look", other.type_str());
            Err(lines.wrong(
                value.span().start,
                &place,
                &what,
                r##"write "#rrggbb" or { fg = "#rrggbb", bold = true }"##,
            ))
        }
    }
}

fn fields(lines: &Lines<'_>, place: &str, table: &DeTable<'_>) -> Result<Style, Reason> {
    let mut style = Style::new();
    for (key, value) in table {
        let (at, name) = (key.span().start, key.get_ref().as_ref());
        let place = format!("{place}, field {name}");
        match (name, SIGNS.iter().find(|sign| sign.0 == name)) {
            ("fg", _) => style.fg = Some(colour(lines, &place, value)?),
            ("bg", _) => style.bg = Some(colour(lines, &place, value)?),
            (_, Some((_, sign))) => match value.get_ref().as_bool() {
                Some(true) => style = style.add_modifier(*sign),
                Some(false) => {}
                None => {
                    return Err(lines.wrong(at, &place, "it is neither true nor false", "write it without quotes"));
                }
            },
            (_, None) => {
                let known = ["fg", "bg", "bold", "reverse", "underline", "dim", "italic"];
                return Err(unknown(lines, at, name, "field of a look", known));
            }
        }
    }
    Ok(style)
}

fn colour(lines: &Lines<'_>, place: &str, value: &Spanned<DeValue<'_>>) -> Result<Color, Reason> {
    let at = value.span().start;
    let Some(text) = value.get_ref().as_str() else {
        return Err(lines.wrong(at, place, &format!("{} is no colour", value.get_ref().type_str()), COLOUR));
    };
    parse(text).ok_or_else(|| lines.wrong(at, place, &format!("\"{text}\" is no colour"), COLOUR))
}

/// `#rrggbb`, one of the sixteen names, or `default`.
fn parse(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    let Some(digits) = text.strip_prefix('#') else {
        return SIXTEEN.iter().find(|row| row.1 == text).map(|row| row.0);
    };
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some(Color::Rgb(r, g, b))
}

fn unknown<'a>(
    lines: &Lines<'_>,
    at: usize,
    name: &str,
    noun: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Reason {
    let all = known.clone().into_iter().collect::<Vec<_>>().join(", ");
    let reason = lines.wrong(at, "", &format!("\"{name}\" is no {noun}"), &format!("there are {all}"));
    match nearest(name, known) {
        Some(near) => reason.suggest(near),
        None => reason,
    }
}

//! Themes: roles to looks, from files, fitted to what the terminal shows (tui.md 2, row 44). Pure.

mod colour;
mod file;
mod profile;
mod reduce;
mod role;

pub use colour::contrast;
pub use profile::{Choice, Profile};
pub use role::Role;

use crate::domain::{Reason, Shown, text::nearest};
use file::File;
use ratatui::style::{Color, Style};
use role::COUNT;

/// One look per role.
type Styles = [Style; COUNT];

/// The themes that come with the program; the first is the one for dark terminals, the second for light.
const FILES: [(&str, &str); 8] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("contrast-dark", include_str!("../../themes/contrast-dark.toml")),
    ("contrast-light", include_str!("../../themes/contrast-light.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("catppuccin-mocha", include_str!("../../themes/catppuccin-mocha.toml")),
    ("gruvbox-dark", include_str!("../../themes/gruvbox-dark.toml")),
    ("solarized-light", include_str!("../../themes/solarized-light.toml")),
];

/// How many parents a theme may stand on.
const DEPTH: usize = 4;

/// The columns that a theme's name keeps.
const NAME: usize = 40;

/// A look for every role.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: Shown,
    dark: bool,
    styles: Styles,
}

impl Theme {
    /// One of the themes that come with the program; only its file (and its parents') is read.
    pub fn named(name: &str, profile: Profile) -> Result<Self, Reason> {
        Self::parse(text_of(name)?, profile)
    }

    /// A theme of one's own; its parent is one that comes with the program.
    pub fn parse(text: &str, profile: Profile) -> Result<Self, Reason> {
        let file = merged(text, DEPTH)?;
        let raw = resolved(&file);
        let dark = file.dark.unwrap_or_else(|| is_dark(&raw));
        let styles = match profile {
            Profile::TrueColor => raw,
            Profile::Ansi256 | Profile::Ansi16 => reduce::fewer(&raw, dark, profile),
            Profile::None => reduce::colourless(&raw, &resolved(&merged(text_of("mono")?, DEPTH)?)),
        };
        let name = Shown::bounded(file.name.as_deref().unwrap_or("own"), NAME);
        Ok(Self { name, dark, styles })
    }

    /// The names of the themes that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(name, _)| *name)
    }

    /// The theme for a dark or a light terminal.
    pub fn default_name(dark: bool) -> &'static str {
        if dark { FILES[0].0 } else { FILES[1].0 }
    }

    /// The look of a role: of its letters, and of their ground where the role has one of its own.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The theme's name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether its ground is dark.
    pub fn is_dark(&self) -> bool {
        self.dark
    }
}

fn text_of(name: &str) -> Result<&'static str, Reason> {
    if let Some((_, text)) = FILES.iter().find(|row| row.0 == name) {
        return Ok(text);
    }
    let all = Theme::names().collect::<Vec<_>>().join(", ");
    let reason = Reason::not(name, "a theme", format!("there are {all}"));
    Err(match nearest(name, Theme::names()) {
        Some(near) => reason.suggest(near),
        None => reason,
    })
}

/// Whether white stands out from the ground more than black; a ground that nobody named is dark.
fn is_dark(styles: &Styles) -> bool {
    let ground = styles[Role::Back as usize].bg.unwrap_or(Color::Reset);
    contrast(Color::White, ground).zip(contrast(Color::Black, ground)).is_none_or(|(white, black)| white >= black)
}

/// A file with what its parents say where it says nothing.
fn merged(text: &str, depth: usize) -> Result<File, Reason> {
    let mut file = file::read(text)?;
    let Some(parent) = &file.parent else { return Ok(file) };
    if depth == 0 {
        return Err(Reason::new(format!("the theme's parent \"{parent}\" goes in circles"), "name another, or none"));
    }
    let parent = merged(text_of(parent)?, depth - 1)?;
    file.dark = file.dark.or(parent.dark);
    for (own, inherited) in file.roles.iter_mut().zip(parent.roles) {
        *own = own.or(inherited);
    }
    Ok(file)
}

/// A look for every role: its own, or that of the first fallback which has one.
fn resolved(file: &File) -> Styles {
    Role::ALL.map(|role| {
        let mut chain = std::iter::successors(Some(role), |role| role.fallback());
        chain.find_map(|role| file.roles[role as usize]).unwrap_or_else(|| Style::new().add_modifier(role.plain()))
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

//! Which theme: the one that was named, else the one that fits the terminal's background.

use crate::domain::Reason;
use crate::shell::cli::{Global, When};
use crate::theme::{Choice, Profile, Theme};

/// The theme that is shown, and those that can be.
pub struct Looks {
    /// The theme.
    pub theme: Theme,
    profile: Profile,
    /// Whether the user chose it; then the terminal's background is not looked at.
    chosen: bool,
}

impl Looks {
    /// The theme of `--theme`, else by `COLORFGBG`, else the dark one.
    ///
    /// # Errors
    /// A theme that there is not.
    pub fn new(global: &Global, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Reason> {
        let choice = match global.color {
            When::Auto => Choice::Auto,
            When::Always => Choice::Always,
            When::Never => Choice::Never,
        };
        let profile = Profile::detect(choice, env, true);
        let dark = !env("COLORFGBG").is_some_and(|told| is_light(&told));
        let name = global.theme.as_deref().unwrap_or_else(|| Theme::default_name(dark));
        Ok(Self { theme: Theme::named(name, profile)?, profile, chosen: global.theme.is_some() })
    }

    /// Whether the terminal's background would change anything.
    pub fn asks(&self) -> bool {
        !self.chosen && self.profile != Profile::None
    }

    /// The terminal has told its background.
    pub fn learn(&mut self, dark: bool) {
        if self.asks() && dark != self.theme.is_dark() {
            self.show(Theme::default_name(dark));
        }
    }

    /// The next theme.
    pub fn next(&mut self) {
        let names: Vec<&str> = Theme::names().collect();
        let at = names.iter().position(|name| *name == self.theme.name()).map_or(0, |at| at + 1);
        self.chosen = true;
        if let Some(name) = names.get(at).or(names.first()) {
            self.show(name);
        }
    }

    fn show(&mut self, name: &str) {
        if let Ok(theme) = Theme::named(name, self.profile) {
            self.theme = theme;
        }
    }
}

/// Whether `COLORFGBG` (`15;0`, `0;default;15`) names a light background: the table's 7 and 15.
fn is_light(told: &str) -> bool {
    matches!(told.rsplit(';').next(), Some("7" | "15"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use clap::Parser as _;

    fn looks(line: &str, env: &[(&str, &str)]) -> Result<Looks, Reason> {
        let cli = crate::shell::Cli::try_parse_from(line.split_whitespace()).unwrap();
        let find = |name: &str| env.iter().find(|(there, _)| *there == name).map(|(_, value)| (*value).to_owned());
        Looks::new(&cli.global, &find)
    }

    #[test]
    fn tui_row_34_the_background_chooses_unless_a_theme_is_named() {
        assert_eq!(looks("lifeboat", &[]).unwrap().theme.name(), "dark");
        assert_eq!(looks("lifeboat", &[("COLORFGBG", "0;15")]).unwrap().theme.name(), "light");
        assert_eq!(looks("lifeboat", &[("COLORFGBG", "15;default;0")]).unwrap().theme.name(), "dark");
        let term = ("TERM", "xterm-256color");
        let mut dark = looks("lifeboat", &[term]).unwrap();
        dark.learn(false);
        assert_eq!(dark.theme.name(), "light");
        let mut named = looks("lifeboat --theme gruvbox-dark", &[term, ("COLORFGBG", "0;15")]).unwrap();
        named.learn(false);
        assert_eq!(named.theme.name(), "gruvbox-dark");
        assert!(looks("lifeboat --theme no-such", &[]).is_err());
    }

    #[test]
    fn tui_row_44_the_next_theme_comes_round_again() {
        let mut looks = looks("lifeboat", &[("TERM", "xterm-256color")]).unwrap();
        let first = looks.theme.name().to_owned();
        let count = Theme::names().count();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..count {
            seen.insert(looks.theme.name().to_owned());
            looks.next();
        }
        assert_eq!((looks.theme.name(), seen.len()), (first.as_str(), count));
    }
}

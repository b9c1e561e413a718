//! How many colours a terminal shows, and styles fitted to it (tui.md 5, row 33).

use super::colour;
use ratatui::style::Style;
use termprofile::{DetectorSettings, EnvVarSource, IsTerminal, TermProfile, TermVars};

/// What the user asked for (`--color`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// As the terminal and the environment say.
    #[default]
    Auto,
    /// Colours, whatever the environment says.
    Always,
    /// None.
    Never,
}

/// The colours that may be used, from none to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// No colours; bold, reverse, underline and dim stay.
    None,
    /// The sixteen names.
    Ansi16,
    /// The table of 256.
    Ansi256,
    /// Red, green and blue.
    TrueColor,
}

/// Terminals without colours that have a name.
const COLOURLESS: [&str; 8] = ["dumb", "unknown", "vt52", "vt100", "vt102", "vt220", "cons25-m", "xterm-mono"];

/// What termprofile may read of the environment: the terminal's own words, not the overrides.
struct Terminal<'a>(&'a dyn Fn(&str) -> Option<String>);

impl EnvVarSource for Terminal<'_> {
    fn var(&self, key: &str) -> Option<String> {
        let own = ["TERM", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX"];
        own.contains(&key).then(|| (self.0)(key)).flatten()
    }
}

impl IsTerminal for Terminal<'_> {
    fn is_terminal(&self) -> bool {
        true
    }
}

impl Profile {
    /// The profile for a choice, an environment and an output. The choice goes before the environment,
    /// `NO_COLOR` (any text, no-color.org) before `FORCE_COLOR` and `CLICOLOR_FORCE`, those before `TERM`.
    pub fn detect(choice: Choice, env: &dyn Fn(&str) -> Option<String>, is_terminal: bool) -> Self {
        let told = |name| env(name).filter(|text| !text.is_empty());
        match choice {
            Choice::Never => return Self::None,
            Choice::Always => return told("FORCE_COLOR").and_then(|text| level(&text)).unwrap_or_else(|| forced(env)),
            Choice::Auto => {}
        }
        if told("NO_COLOR").is_some() {
            return Self::None;
        }
        if let Some(text) = told("FORCE_COLOR") {
            return level(&text).unwrap_or_else(|| if off(&text) { Self::None } else { forced(env) });
        }
        if told("CLICOLOR_FORCE").is_some_and(|text| !off(&text)) {
            return forced(env);
        }
        if is_terminal { terminal(env) } else { Self::None }
    }

    /// The style with the nearest colours that there are; with none, what is left of it.
    #[must_use]
    pub fn adapt(self, mut style: Style) -> Style {
        match self {
            Self::TrueColor => style,
            Self::Ansi256 => TermProfile::Ansi256.adapt_style(style),
            Self::Ansi16 => {
                style.fg = style.fg.map(colour::sixteen);
                style.bg = style.bg.map(colour::sixteen);
                style
            }
            Self::None => TermProfile::NoColor.adapt_style(style),
        }
    }
}

fn off(text: &str) -> bool {
    ["0", "false", "no", "off"].contains(&text.to_ascii_lowercase().as_str())
}

/// `FORCE_COLOR` as a number of colours.
fn level(text: &str) -> Option<Profile> {
    match text {
        "1" => Some(Profile::Ansi16),
        "2" => Some(Profile::Ansi256),
        "3" => Some(Profile::TrueColor),
        _ => None,
    }
}

/// What the terminal has, and sixteen at least.
fn forced(env: &dyn Fn(&str) -> Option<String>) -> Profile {
    terminal(env).max(Profile::Ansi16)
}

/// What the terminal says of itself.
fn terminal(env: &dyn Fn(&str) -> Option<String>) -> Profile {
    let lower = |name| env(name).unwrap_or_default().trim().to_ascii_lowercase();
    if COLOURLESS.contains(&lower("TERM").as_str()) {
        return Profile::None;
    }
    // tmux turns all colours into what its own terminal shows; termprofile would have to start it to know.
    if !lower("TMUX").is_empty() && ["truecolor", "24bit"].contains(&lower("COLORTERM").as_str()) {
        return Profile::TrueColor;
    }
    let source = Terminal(env);
    let settings = DetectorSettings::new().enable_tmux_info(false);
    match TermProfile::detect_with_vars(TermVars::from_source(&source, &source, settings)) {
        TermProfile::NoTty | TermProfile::NoColor => Profile::None,
        TermProfile::Ansi16 => Profile::Ansi16,
        TermProfile::Ansi256 => Profile::Ansi256,
        TermProfile::TrueColor => Profile::TrueColor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Choice::{Always, Auto, Never};
    use ratatui::style::{Color, Modifier};
    use rstest::rstest;

    fn detect(choice: Choice, variables: &str, is_terminal: bool) -> Profile {
        let find = |name: &str| {
            let pairs = variables.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
        };
        Profile::detect(choice, &find, is_terminal)
    }

    #[rstest]
    #[case(Auto, "TERM=xterm COLORTERM=truecolor", true, Profile::TrueColor)]
    #[case(Auto, "TERM=xterm COLORTERM=24bit", true, Profile::TrueColor)]
    #[case(Auto, "TERM=xterm-kitty", true, Profile::TrueColor)]
    #[case(Auto, "TERM=xterm-256color", true, Profile::Ansi256)]
    #[case(Auto, "TERM=tmux-256color TMUX=/tmp/tmux,1,0", true, Profile::Ansi256)]
    #[case(Auto, "TERM=tmux-256color TMUX=/tmp/tmux,1,0 COLORTERM=truecolor", true, Profile::TrueColor)]
    #[case(Auto, "TERM=screen COLORTERM=truecolor", true, Profile::Ansi256)]
    #[case(Auto, "TERM=xterm", true, Profile::Ansi16)]
    #[case(Auto, "TERM=linux", true, Profile::Ansi16)]
    #[case(Auto, "TERM=dumb", true, Profile::None)]
    #[case(Auto, "TERM=dumb COLORTERM=truecolor", true, Profile::None)]
    #[case(Auto, "TERM=vt100", true, Profile::None)]
    #[case(Auto, "", true, Profile::None)]
    #[case(Auto, "TERM=xterm-256color", false, Profile::None)]
    #[case(Auto, "TERM=xterm-256color NO_COLOR=1", true, Profile::None)]
    #[case(Auto, "TERM=xterm-256color NO_COLOR=0", true, Profile::None)]
    #[case(Auto, "TERM=xterm-256color NO_COLOR=", true, Profile::Ansi256)]
    #[case(Auto, "TERM=xterm-256color NO_COLOR=1 FORCE_COLOR=3", true, Profile::None)]
    #[case(Auto, "TERM=xterm-256color FORCE_COLOR=1", false, Profile::Ansi16)]
    #[case(Auto, "TERM=xterm FORCE_COLOR=2", true, Profile::Ansi256)]
    #[case(Auto, "TERM=xterm FORCE_COLOR=3", false, Profile::TrueColor)]
    #[case(Auto, "TERM=xterm-256color FORCE_COLOR=true", false, Profile::Ansi256)]
    #[case(Auto, "TERM=dumb FORCE_COLOR=yes", true, Profile::Ansi16)]
    #[case(Auto, "TERM=xterm-256color FORCE_COLOR=0", true, Profile::None)]
    #[case(Auto, "TERM=xterm-256color CLICOLOR_FORCE=1", false, Profile::Ansi256)]
    #[case(Auto, "TERM=xterm-256color CLICOLOR_FORCE=0", false, Profile::None)]
    #[case(Auto, "TERM=xterm CI=true GITHUB_ACTIONS=true", false, Profile::None)]
    #[case(Always, "TERM=xterm-256color NO_COLOR=1", false, Profile::Ansi256)]
    #[case(Always, "TERM=dumb", false, Profile::Ansi16)]
    #[case(Always, "TERM=xterm COLORTERM=truecolor", true, Profile::TrueColor)]
    #[case(Always, "TERM=xterm COLORTERM=truecolor FORCE_COLOR=1", true, Profile::Ansi16)]
    #[case(Never, "TERM=xterm COLORTERM=truecolor FORCE_COLOR=3", true, Profile::None)]
    fn row_33_the_profile_follows_choice_environment_and_terminal(
        #[case] choice: Choice,
        #[case] variables: &str,
        #[case] is_terminal: bool,
        #[case] expected: Profile,
    ) {
        assert_eq!(detect(choice, variables, is_terminal), expected);
    }

    #[test]
    fn row_33_without_colours_the_other_signs_stay() {
        let signs = Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED | Modifier::DIM;
        let style = Style::new().fg(Color::Rgb(220, 90, 90)).bg(Color::Black).add_modifier(signs);
        assert_eq!(Profile::None.adapt(style), Style::new().add_modifier(signs));
        assert_eq!(Profile::TrueColor.adapt(style), style);
        assert_eq!(Profile::Ansi256.adapt(style).fg, Some(Color::Indexed(167)));
        assert_eq!(Profile::Ansi16.adapt(style).fg, Some(Color::LightRed));
        assert_eq!(Profile::Ansi16.adapt(style).add_modifier, signs);
    }
}

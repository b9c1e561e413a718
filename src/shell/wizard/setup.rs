//! How the program was started, for the machine.

use crate::app::Setup;
use crate::domain::text::quoted;
use crate::shell::cli::Global;
use crate::shell::paths;

/// A variable that is set and is text.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The set-up of the command line and the environment. No file is read.
pub fn setup(global: &Global) -> Setup {
    let base = match global.demo_folder() {
        Some(world) => paths::demo(world),
        None => paths::state(),
    };
    Setup {
        demo: global.demo.clone(),
        read_only: global.read_only,
        ascii: global.ascii || is_ascii(&env),
        still: is_still(&env),
        draft: None,
        zone: None,
        answers_folder: base.map_or_else(|| ".".to_owned(), |base| base.join("answers").to_string_lossy().into_owned()),
        options: options(global),
    }
}

/// Whether the locale's letters are not UTF-8. Where nothing is said of them they are: a container tells no locale,
/// and its terminal is today's.
fn is_ascii(env: &dyn Fn(&str) -> Option<String>) -> bool {
    let told = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
    told.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        !locale.contains("utf-8") && !locale.contains("utf8")
    })
}

/// Whether nothing may move by itself: nobody looks, or who looks asked for it.
fn is_still(env: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name| env(name).is_some_and(|value| !value.is_empty() && value != "0" && value != "false");
    set("NO_MOTION") || set("CI") || env("TERM").is_some_and(|term| term == "dumb")
}

/// The options that a command which repeats the set-up needs, each a shell word.
pub fn options(global: &Global) -> Vec<String> {
    let mut out = Vec::new();
    match global.demo.as_deref() {
        None => {}
        Some("default") => out.push("--demo".to_owned()),
        Some(world) => out.push(quoted(&format!("--demo={world}"))),
    }
    for (name, value) in [("--profile", &global.profile), ("--context", &global.context)] {
        if let Some(value) = value {
            out.extend([name.to_owned(), quoted(value)]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use clap::Parser as _;
    use rstest::rstest;

    #[rstest]
    #[case(&[], false)]
    #[case(&[("LANG", "C")], true)]
    #[case(&[("LANG", "en_US.UTF-8")], false)]
    #[case(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")], true)]
    #[case(&[("LANG", "C.utf8"), ("LC_ALL", "")], false)]
    #[case(&[("LC_CTYPE", "ja_JP.eucJP")], true)]
    fn e24_a_locale_that_is_not_utf_8_is_ascii(#[case] vars: &[(&str, &str)], #[case] ascii: bool) {
        let env = |name: &str| vars.iter().find(|(there, _)| *there == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(is_ascii(&env), ascii);
    }

    #[test]
    fn the_command_that_repeats_it_has_the_same_options() {
        let line = ["lifeboat", "--demo=default", "--profile", "my prod's", "--context", "arn:aws:eks:x:1:cluster/a"];
        let cli = crate::shell::Cli::try_parse_from(line).unwrap();
        let expected = ["--demo", "--profile", r"'my prod'\''s'", "--context", "arn:aws:eks:x:1:cluster/a"];
        assert_eq!(options(&cli.global), expected);
    }
}

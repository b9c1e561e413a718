use super::*;
use ratatui::style::{Color, Modifier};
use rstest::rstest;

const PROFILES: [Profile; 4] = [Profile::None, Profile::Ansi16, Profile::Ansi256, Profile::TrueColor];

fn theme(name: &str, profile: Profile) -> Theme {
    Theme::named(name, profile).unwrap_or_else(|reason| panic!("{name}: {reason}"))
}

#[test]
fn row_44_every_theme_says_its_file_s_name_and_gives_every_role_a_look_of_its_own_or_by_fallback() {
    for name in Theme::names() {
        let theme = theme(name, Profile::TrueColor);
        assert_eq!(theme.name(), name);
        assert_eq!(file::read(text_of(name).unwrap()).unwrap().name.as_deref(), Some(name));
        for role in Role::ALL {
            let style = theme.style(role);
            let seen = if role.is_ground() { style.bg } else { style.fg };
            assert!(seen.is_some() || name == "mono", "{name} gives {} no colour", role.name());
        }
    }
}

#[test]
fn row_44_every_text_can_be_read_on_its_ground_and_every_line_be_seen_with_any_number_of_colours() {
    let mut weak = Vec::new();
    for name in Theme::names().filter(|name| *name != "mono") {
        for profile in [Profile::Ansi16, Profile::Ansi256, Profile::TrueColor] {
            let theme = theme(name, profile);
            for role in Role::ALL {
                let Some(least) = role.least_contrast() else { continue };
                let style = theme.style(role);
                for ground in [Role::Back, Role::Panel] {
                    let back = style.bg.or(theme.style(ground).bg).unwrap();
                    let ratio = contrast(style.fg.unwrap(), back).unwrap();
                    if ratio < least {
                        weak.push(format!("{name} {profile:?} {} on {}: {ratio:.2}", role.name(), ground.name()));
                    }
                }
            }
        }
    }
    assert!(weak.is_empty(), "too weak:\n{}", weak.join("\n"));
}

#[test]
fn the_contrast_themes_give_seven_to_one() {
    for name in ["contrast-dark", "contrast-light"] {
        let theme = theme(name, Profile::TrueColor);
        for role in Role::ALL.into_iter().filter(|role| role.least_contrast() == Some(4.5)) {
            let style = theme.style(role);
            let ground = style.bg.or(theme.style(Role::Panel).bg).unwrap();
            assert!(contrast(style.fg.unwrap(), ground).unwrap() >= 7.0, "{name}: {}", role.name());
        }
    }
}

#[test]
fn row_35_the_selected_line_is_told_from_the_others_in_every_theme_and_profile() {
    for name in Theme::names() {
        for profile in PROFILES {
            let theme = theme(name, profile);
            let line = theme.style(Role::OnFocus);
            let reversed = line.add_modifier.contains(Modifier::REVERSED);
            let apart =
                line.bg.is_some() && [Role::Back, Role::Panel].iter().all(|role| theme.style(*role).bg != line.bg);
            assert!(reversed || apart, "{name} {profile:?}: {line:?}");
        }
    }
}

#[test]
fn row_35_without_colours_every_theme_tells_focus_selection_danger_and_the_signs_of_a_diff_apart() {
    for name in Theme::names() {
        let theme = theme(name, Profile::None);
        for role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}: {} has a colour", role.name());
        }
        let roles = [Role::Text, Role::Muted, Role::Focus, Role::OnFocus, Role::Warn, Role::Danger];
        for (at, one) in roles.into_iter().enumerate() {
            for other in &roles[at + 1..] {
                assert_ne!(theme.style(one), theme.style(*other), "{name}: {one:?} looks like {other:?}");
            }
        }
        assert_ne!(theme.style(Role::Add), theme.style(Role::Remove), "{name}");
    }
}

#[test]
fn row_33_sixteen_colours_keep_good_and_bad_apart_and_name_nothing_else() {
    for name in Theme::names().filter(|name| *name != "mono") {
        let theme = theme(name, Profile::Ansi16);
        assert_ne!(theme.style(Role::Ok).fg, theme.style(Role::Danger).fg, "{name}");
        for role in Role::ALL {
            for colour in [theme.style(role).fg, theme.style(role).bg].into_iter().flatten() {
                assert!(colour::SIXTEEN.iter().any(|row| row.0 == colour), "{name}: {} is {colour:?}", role.name());
            }
        }
        let red = [Some(Color::Red), Some(Color::LightRed)];
        for role in [Role::Danger, Role::Remove, Role::Key, Role::Caption, Role::Accent, Role::CodeNumber] {
            let bad = matches!(role, Role::Danger | Role::Remove);
            assert_eq!(red.contains(&theme.style(role).fg), bad, "{name}: {}", role.name());
        }
        let green = [Some(Color::Green), Some(Color::LightGreen)];
        assert!(!theme.is_dark() || green.contains(&theme.style(Role::Ok).fg), "{name}");
    }
}

#[test]
fn the_defaults_are_as_dark_as_the_terminal() {
    for dark in [true, false] {
        assert_eq!(theme(Theme::default_name(dark), Profile::TrueColor).is_dark(), dark);
    }
}

#[test]
fn an_unknown_theme_is_answered_with_all_names_and_the_nearest() {
    let reason = Theme::named("gruvbox", Profile::TrueColor).unwrap_err().to_string();
    assert_eq!(
        reason,
        "\"gruvbox\" is not a theme: there are dark, light, contrast-dark, contrast-light, mono, catppuccin-mocha, \
         gruvbox-dark, solarized-light. Try \"gruvbox-dark\""
    );
}

#[test]
fn a_theme_of_one_s_own_says_what_differs_from_its_parent() {
    let text = "parent = \"light\"\n[roles]\naccent = \"#ff0000\"\n";
    let own = Theme::parse(text, Profile::TrueColor).unwrap();
    let light = theme("light", Profile::TrueColor);
    assert_eq!(own.style(Role::Accent).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(own.style(Role::Danger), light.style(Role::Danger));
    assert_eq!((own.name(), own.is_dark()), ("own", false));
}

#[test]
fn a_theme_of_one_role_gives_the_others_by_fallback_and_still_shows_the_selection() {
    let theme = Theme::parse("[roles]\ntext = \"cyan\"\nwarn = { fg = \"yellow\", bold = true }\n", Profile::TrueColor);
    let theme = theme.unwrap();
    assert_eq!(theme.style(Role::CodeNumber).fg, Some(Color::Cyan));
    assert_eq!(theme.style(Role::Remove), Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD));
    assert!(theme.style(Role::OnFocus).add_modifier.contains(Modifier::REVERSED));
}

#[rstest]
#[case("[roles]\nback = \"#fdf6e3\"", false)]
#[case("[roles]\nback = \"#002b36\"", true)]
#[case("dark = false\n[roles]\nback = \"#002b36\"", false)]
#[case("", true)]
fn a_theme_that_does_not_say_whether_it_is_dark_is_as_dark_as_its_ground(#[case] text: &str, #[case] dark: bool) {
    assert_eq!(Theme::parse(text, Profile::Ansi16).unwrap().is_dark(), dark);
}

#[test]
fn b12_a_theme_s_name_cannot_command_the_terminal() {
    let theme = Theme::parse("name = \"a\\u001b[2Jb\"", Profile::None).unwrap();
    assert_eq!(theme.name(), "a^[[2Jb");
}

#[rstest]
#[case("[roles]\ntext = \"#f\"", "line 2 of the theme, role text: \"#f\" is no colour")]
#[case("[roles]\ntext = \"#\"", "line 2 of the theme, role text: \"#\" is no colour")]
#[case("[roles]\ntext = \"\"", "line 2 of the theme, role text: \"\" is no colour")]
#[case("[roles]\ntext = \"#+12345\"", "\"#+12345\" is no colour")]
#[case("[roles]\ntext = \"#12345é\"", "\"#12345é\" is no colour")]
#[case("[roles]\n\nok = { fg = \"#aabbcg\" }", "line 3 of the theme, role ok, field fg: \"#aabbcg\" is no colour")]
#[case("[roles]\nok = { bold = \"yes\" }", "role ok, field bold: it is neither true nor false")]
#[case("[roles]\nok = { blink = true }", "\"blink\" is no field of a look: there are fg, bg, bold")]
#[case("[roles]\nok = 7", "line 2 of the theme, role ok: integer is no look")]
#[case("[roles]\nok = { fg = 7 }", "role ok, field fg: integer is no colour")]
#[case("[roles]\nfocsu = \"red\"", "\"focsu\" is no role")]
#[case("[roles]\nfocsu = \"red\"", "Try \"focus\"")]
#[case("roles = 7", "line 1 of the theme, roles: it is no table")]
#[case("dark = 7", "line 1 of the theme, dark: it is neither true nor false")]
#[case("name = 7", "line 1 of the theme, name: it is no text")]
#[case("colour = 7", "\"colour\" is no field: there are name, dark, parent, roles")]
#[case("name = \"x\"\n[roles", "line 2 of the theme: it is not TOML")]
#[case("parent = \"drak\"", "\"drak\" is not a theme")]
#[case("[roles]\ntext = \"#\\u001b[31m\"", "^[[31m\" is no colour")]
fn a_bad_theme_file_is_a_sentence_with_line_and_field(#[case] text: &str, #[case] expected: &str) {
    let reason = Theme::parse(text, Profile::TrueColor).unwrap_err().to_string();
    assert!(reason.contains(expected), "{reason}");
}

proptest::proptest! {
    #[test]
    fn no_theme_file_makes_it_panic(text in "(\\[roles\\]\n)?((text|back|ok|x) = (\"#?[0-9a-f+é]{0,7}\"|\\{ ?fg ?= ?\"red\" ?\\}|[a-z0-9]{1,5})\n){0,4}", any in ".{0,40}") {
        for profile in PROFILES {
            let _ = Theme::parse(&text, profile);
            let _ = Theme::parse(&any, profile);
        }
    }
}

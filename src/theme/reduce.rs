//! A theme's looks on a terminal with fewer colours: fitted, and still to be read.

use super::colour::{SIXTEEN, contrast, distance, rgb};
use super::role::{COUNT, Role};
use super::{Profile, Styles};
use ratatui::style::{Color, Style};

/// The looks without colours: what `mono` shows with signs, this theme shows too.
pub(super) fn colourless(styles: &Styles, mono: &Styles) -> Styles {
    std::array::from_fn(|at| {
        let style = Profile::None.adapt(styles[at]);
        style.add_modifier(mono[at].add_modifier)
    })
}

/// The looks in 16 or 256 colours: each keeps its contrast, up to what its role needs.
pub(super) fn fewer(styles: &Styles, dark: bool, profile: Profile) -> Styles {
    let few = profile == Profile::Ansi16;
    let ground = |role: Role| styles[role as usize].bg.map(|colour| fit(colour, profile));
    // Sixteen colours have no third shade that letters can be read on: nothing is raised.
    let back = if few {
        ground(Role::Back).map(|colour| match colour {
            Color::Reset => Color::Reset,
            _ if dark => Color::Black,
            _ => Color::White,
        })
    } else {
        ground(Role::Back)
    };
    let panel = if few { back } else { ground(Role::Panel) };
    let mut out = [Style::new(); COUNT];
    for role in Role::ALL {
        let old = styles[role as usize];
        let own =
            old.bg.filter(|_| !role.is_ground()).map(|colour| selected(fit(colour, profile), [back, panel], dark));
        let mut new = old;
        new.bg = match role {
            Role::Back => back,
            Role::Panel => panel,
            _ => own,
        };
        let grounds = [own.or(back), own.or(panel)];
        let before = old.bg.or(styles[Role::Back as usize].bg);
        new.fg = old.fg.map(|front| readable(role, front, before, grounds, profile));
        out[role as usize] = new;
    }
    out
}

fn fit(colour: Color, profile: Profile) -> Color {
    profile.adapt(Style::new().bg(colour)).bg.unwrap_or(colour)
}

/// The ground of a selected line, which must not be that of the others.
fn selected(ground: Color, others: [Option<Color>; 2], dark: bool) -> Color {
    match (ground, dark) {
        (ground, _) if !others.contains(&Some(ground)) && ground != Color::DarkGray => ground,
        (_, true) => Color::Gray,
        (_, false) => Color::Black,
    }
}

/// The nearest colour that can be read on all the grounds as well as the role needs and the theme did.
fn readable(role: Role, front: Color, before: Option<Color>, grounds: [Option<Color>; 2], profile: Profile) -> Color {
    let fitted = fit(front, profile);
    let (Some(least), Some(wanted)) = (role.least_contrast(), rgb(front)) else { return fitted };
    let had = before.and_then(|ground| contrast(front, ground)).unwrap_or(least);
    let least = least.min(had);
    let seen = |colour: Color| {
        let ratios = grounds.iter().flatten().filter_map(|ground| contrast(colour, *ground));
        ratios.fold(f64::INFINITY, f64::min)
    };
    // Some terminals show bright black as their ground.
    let weak = |colour: Color| colour == Color::DarkGray && least > 3.0;
    if seen(fitted) >= least && !weak(fitted) {
        return fitted;
    }
    let candidates = candidates(fitted, profile);
    let good = candidates.iter().copied().filter(|colour| seen(*colour) >= least && !weak(*colour));
    let far =
        |colour: &Color| (stranger(*colour, fitted), rgb(*colour).map_or(u32::MAX, |parts| distance(parts, wanted)));
    let strongest = || candidates.iter().copied().max_by(|a, b| seen(*a).total_cmp(&seen(*b))).unwrap_or(fitted);
    good.min_by_key(far).unwrap_or_else(strongest)
}

/// What may stand for a colour: any of 256; of sixteen the same hue, for blue cyan, or no hue at all, for
/// green that turns to red would say the contrary.
fn candidates(fitted: Color, profile: Profile) -> Vec<Color> {
    if profile != Profile::Ansi16 {
        return (16..=255).map(Color::Indexed).collect();
    }
    let kin = SIXTEEN.iter().map(|row| row.0).filter(|colour| stranger(*colour, fitted) < 2);
    kin.chain([Color::Black, Color::Gray, Color::White]).collect()
}

/// How strange one of the sixteen is beside another: 0 the same hue, normal or bright; 1 cyan for blue; 2 else.
fn stranger(one: Color, other: Color) -> u8 {
    let hue = |colour| SIXTEEN.iter().position(|row| row.0 == colour).map(|at| at % 8);
    match (hue(one), hue(other)) {
        (one, other) if one == other => 0,
        (Some(6), Some(4)) => 1,
        _ => 2,
    }
}

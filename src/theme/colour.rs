//! Colours as numbers: contrast, and the sixteen names that every terminal has.

use ratatui::style::Color;

/// The sixteen colours with xterm's values; a terminal may show others.
pub(super) const SIXTEEN: [(Color, &str, [u8; 3]); 16] = [
    (Color::Black, "black", [0, 0, 0]),
    (Color::Red, "red", [205, 0, 0]),
    (Color::Green, "green", [0, 205, 0]),
    (Color::Yellow, "yellow", [205, 205, 0]),
    (Color::Blue, "blue", [0, 0, 238]),
    (Color::Magenta, "magenta", [205, 0, 205]),
    (Color::Cyan, "cyan", [0, 205, 205]),
    (Color::Gray, "white", [229, 229, 229]),
    (Color::DarkGray, "bright-black", [127, 127, 127]),
    (Color::LightRed, "bright-red", [255, 0, 0]),
    (Color::LightGreen, "bright-green", [0, 255, 0]),
    (Color::LightYellow, "bright-yellow", [255, 255, 0]),
    (Color::LightBlue, "bright-blue", [92, 92, 255]),
    (Color::LightMagenta, "bright-magenta", [255, 0, 255]),
    (Color::LightCyan, "bright-cyan", [0, 255, 255]),
    (Color::White, "bright-white", [255, 255, 255]),
];

/// The colour's parts; `None` for the terminal's own.
pub(super) fn rgb(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index @ 0..16) => SIXTEEN.get(usize::from(index)).map(|row| row.2),
        Color::Indexed(index) => {
            let colour = termprofile::ansi256_to_rgb(index.into());
            Some([colour.r(), colour.g(), colour.b()])
        }
        named => SIXTEEN.iter().find(|row| row.0 == named).map(|row| row.2),
    }
}

/// Relative luminance, 0 to 1 (WCAG 2).
fn luminance(parts: [u8; 3]) -> f64 {
    let [r, g, b] = parts.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// The contrast of two colours, 1 to 21 (WCAG 2); `None` when one is the terminal's own.
pub fn contrast(front: Color, back: Color) -> Option<f64> {
    let (front, back) = (luminance(rgb(front)?), luminance(rgb(back)?));
    Some((front.max(back) + 0.05) / (front.min(back) + 0.05))
}

/// How far two colours are from each other; for comparing alone.
pub(super) fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    one.into_iter().zip(other).zip([2, 4, 3]).map(|((a, b), weight)| u32::from(a.abs_diff(b)).pow(2) * weight).sum()
}

/// The one of the sixteen that means the same: red stays red, however pale (nearest values would
/// make it yellow).
pub(super) fn sixteen(colour: Color) -> Color {
    let own = SIXTEEN.iter().any(|row| row.0 == colour);
    let Some([r, g, b]) = rgb(colour).filter(|_| !own) else { return colour };
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let spread = f64::from(most - least);
    // Greys are rarely quite grey: dark ones have a little, pale ones little for their brightness.
    if spread < 40.0 || spread < 0.26 * f64::from(most) {
        return match most {
            0..60 => Color::Black,
            60..140 => Color::DarkGray,
            140..215 => Color::Gray,
            _ => Color::White,
        };
    }
    let [red, green, blue] = [r, g, b].map(f64::from);
    let sixth = if most == r {
        ((green - blue) / spread).rem_euclid(6.0)
    } else if most == g {
        (blue - red) / spread + 2.0
    } else {
        (red - green) / spread + 4.0
    };
    let bright = u16::from(most) + u16::from(least) >= 255;
    let (normal, light) = match sixth * 60.0 {
        20.0..=60.0 => (Color::Yellow, Color::LightYellow),
        60.0..165.0 => (Color::Green, Color::LightGreen),
        165.0..200.0 => (Color::Cyan, Color::LightCyan),
        200.0..260.0 => (Color::Blue, Color::LightBlue),
        260.0..335.0 => (Color::Magenta, Color::LightMagenta),
        _ => (Color::Red, Color::LightRed),
    };
    if bright { light } else { normal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn contrast_is_that_of_wcag() {
        let of = |front, back| (contrast(front, back).unwrap() * 100.0).round() / 100.0;
        assert!((of(Color::Black, Color::White) - 21.0).abs() < 0.01);
        assert!((of(Color::Rgb(0x77, 0x77, 0x77), Color::White) - 4.48).abs() < 0.01);
        assert!((of(Color::White, Color::White) - 1.0).abs() < 0.01);
        assert_eq!(contrast(Color::Reset, Color::White), None);
    }

    #[rstest]
    #[case(Color::Rgb(220, 90, 90), Color::LightRed)]
    #[case(Color::Rgb(0xf3, 0x8b, 0xa8), Color::LightRed)]
    #[case(Color::Rgb(0xa6, 0xe3, 0xa1), Color::LightGreen)]
    #[case(Color::Rgb(0xfa, 0xb3, 0x87), Color::LightYellow)]
    #[case(Color::Rgb(0x26, 0x8b, 0xd2), Color::Blue)]
    #[case(Color::Rgb(0xb8, 0xbb, 0x26), Color::Green)]
    #[case(Color::Rgb(255, 255, 0), Color::LightYellow)]
    #[case(Color::Rgb(0xeb, 0xdb, 0xb2), Color::White)]
    #[case(Color::Rgb(0xcd, 0xd6, 0xf4), Color::White)]
    #[case(Color::Rgb(0x1e, 0x1e, 0x2e), Color::Black)]
    #[case(Color::Reset, Color::Reset)]
    fn a_colour_keeps_its_meaning_among_sixteen(#[case] colour: Color, #[case] expected: Color) {
        assert_eq!(sixteen(colour), expected);
    }

    #[test]
    fn the_sixteen_stay_themselves() {
        for (colour, name, _) in SIXTEEN {
            assert_eq!(sixteen(colour), colour, "{name}");
        }
    }
}

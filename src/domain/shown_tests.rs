#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use proptest::prelude::*;
use rstest::rstest;
use unicode_width::UnicodeWidthStr;

#[rstest]
#[case::escape("\u{1b}[31mRED", "^[[31mRED")]
#[case::carriage_return("safe\rEVIL", "safe^MEVIL")]
#[case::nul("a\0b", "a^@b")]
#[case::delete("a\u{7f}", "a^?")]
#[case::csi("\u{9b}31m", "<9b>31m")]
#[case::override_("a\u{202e}b", "a<U+202E>b")]
#[case::isolate("\u{2066}x\u{2069}", "<U+2066>x<U+2069>")]
#[case::zero_width("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>")]
#[case::separators("a\u{2028}b\u{2029}", "a<U+2028>b<U+2029>")]
#[case::tag("\u{e0041}", "<U+E0041>")]
#[case::private("\u{e000}\u{10fffd}", "<U+E000><U+10FFFD>")]
#[case::filler("a\u{3164}", "a<U+3164>")]
#[case::tab("a\tb", "a    b")]
#[case::new_line("a\nb\r\nc", "a\u{23ce}b\u{23ce}c")]
#[case::umlaut("Z\u{fc}rich e\u{301}", "Z\u{fc}rich e\u{301}")]
#[case::wide("\u{65e5}\u{672c}", "\u{65e5}\u{672c}")]
fn what_could_forge_a_screen_is_made_visible(#[case] text: &str, #[case] shown: &str) {
    assert_eq!(Shown::new(text).as_str(), shown);
}

#[test]
fn a_base_keeps_four_marks() {
    let text = format!("e{}x", "\u{301}".repeat(200));
    assert_eq!(Shown::new(&text).as_str(), format!("e{}x", "\u{301}".repeat(4)));
}

#[rstest]
#[case("abcdef", 6, "abcdef")]
#[case("abcdef", 5, "abcd\u{2026}")]
#[case("abcdef", 1, "\u{2026}")]
#[case("abcdef", 0, "")]
#[case("\u{65e5}\u{672c}\u{8a9e}", 5, "\u{65e5}\u{672c}\u{2026}")]
#[case("\u{65e5}\u{672c}\u{8a9e}", 4, "\u{65e5}\u{2026}")]
#[case("ab\u{1b}c", 3, "ab\u{2026}")]
fn width_is_cut_in_columns(#[case] text: &str, #[case] max: usize, #[case] shown: &str) {
    assert_eq!(Shown::bounded(text, max).as_str(), shown);
}

#[test]
fn lines_stay_lines() {
    let lines = Shown::lines("a\u{1b}\r\nb\n\nc", 80, 3);
    let lines: Vec<&str> = lines.iter().map(Shown::as_str).collect();
    assert_eq!(lines, ["a^[", "b", "", "\u{2026}"]);
}

proptest! {
    #[test]
    fn any_text_comes_out_safe_bounded_and_stable(text in any::<String>(), max in 0_usize..120) {
        let shown = Shown::bounded(&text, max);
        for c in shown.as_str().chars() {
            prop_assert!(!c.is_control() && !unicode::is_hidden(u32::from(c)), "{c:?}");
        }
        prop_assert!(shown.as_str().width() <= max);
        prop_assert_eq!(&Shown::bounded(shown.as_str(), max), &shown);
        let marks = shown.as_str().chars().fold((0, 0), |(most, run), c| {
            let run = if c.width() == Some(0) { run + 1 } else { 0 };
            (run.max(most), run)
        });
        prop_assert!(marks.0 <= MARKS);
    }

    #[test]
    fn hostile_text_comes_out_safe(codes in prop::collection::vec(prop_oneof![
        0_u32..0xa0, 0x300_u32..0x370, 0x2000_u32..0x2070, 0xfe00_u32..0xff00, 0xe0000_u32..0xe0200, 0x1f000_u32..0x1ff00
    ], 0..60), max in 0_usize..40) {
        let text: String = codes.into_iter().filter_map(char::from_u32).collect();
        let shown = Shown::bounded(&text, max);
        prop_assert!(shown.as_str().chars().all(|c| !c.is_control() && !unicode::is_hidden(u32::from(c))));
        prop_assert!(shown.as_str().width() <= max);
        prop_assert_eq!(&Shown::bounded(shown.as_str(), max), &shown);
    }
}

use super::*;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rstest::rstest;

#[rstest]
#[case("backup", 6)]
#[case("日本語", 6)]
#[case("e\u{301}", 1)]
#[case("👩\u{200d}💻", 2)]
#[case("🇩🇪", 2)]
#[case("שלום", 4)]
#[case("\u{200b}\u{7}", 0)]
fn row_36_width_counts_columns(#[case] text: &str, #[case] columns: usize) {
    assert_eq!(width(text), columns);
}

#[rstest]
#[case("snapshots", 9, "…", "snapshots")]
#[case("snapshots", 5, "…", "snap…")]
#[case("snapshots", 5, "...", "sn...")]
#[case("snapshots", 2, "...", "..")]
#[case("snapshots", 0, "…", "")]
#[case("日本語", 4, "…", "日…")]
#[case("👩\u{200d}💻 at work", 2, "…", "…")]
fn row_36_what_is_too_long_is_cut_and_says_so(
    #[case] text: &str,
    #[case] columns: usize,
    #[case] more: &str,
    #[case] expected: &str,
) {
    assert_eq!(truncate(text, columns, more), expected);
}

#[test]
fn an_arn_keeps_its_start_and_its_end() {
    let arn = "arn:aws:iam::111122223333:role/lifeboat/prod-velero";
    assert_eq!(truncate_middle(arn, 21, "…"), "arn:aws:ia…rod-velero");
    assert_eq!(truncate_middle(arn, 3, "..."), "...");
    assert_eq!(truncate_middle(arn, 80, "…"), arn);
}

#[test]
fn columns_are_filled_on_either_side() {
    assert_eq!(pad("語", 4, "…"), "語  ");
    assert_eq!(pad("日本語", 4, "…"), "日… ");
    assert_eq!(pad_start("42", 4, "…"), "  42");
}

#[rstest]
#[case("one two three", 7, &["one two", "three"])]
#[case("one  two", 4, &["one", "two"])]
#[case("  key: value", 20, &["  key: value"])]
#[case("a\n\nb\r\nc", 9, &["a", "", "b", "c"])]
#[case("", 5, &[""])]
#[case("the role arn:aws:iam::111122223333:role/prod", 20, &["the role arn:aws:", "iam::111122223333:", "role/prod"])]
#[case("s3://acme-backups/clusters/prod", 12, &["s3://acme-", "backups/", "clusters/", "prod"])]
#[case("abcdefgh", 3, &["abc", "def", "gh"])]
#[case("日本語", 4, &["日本", "語"])]
#[case("日本", 1, &["?", "?"])]
#[case("text", 0, &[])]
fn row_36_lines_break_at_words_and_long_names_at_their_parts(
    #[case] text: &str,
    #[case] columns: usize,
    #[case] expected: &[&str],
) {
    assert_eq!(wrap(text, columns), expected);
}

/// Text of all kinds: Latin, Chinese, emoji joined to one, right to left, combining, controls.
fn any_text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        "[a-z]{1,9}",
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        "[/:.-]",
        "[日本語한국ｶﾞ]{1,3}",
        Just("👩\u{200d}👩\u{200d}👧".to_owned()),
        Just("🇩🇪".to_owned()),
        "[א-ת]{1,5}",
        "[\u{300}-\u{36f}]{1,3}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(parts, 0..30).prop_map(|parts| parts.concat())
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '\n' | '\r')).collect()
}

proptest! {
    #[test]
    fn row_36_nothing_is_wider_than_asked(text in any_text(), columns in 0_usize..60, ascii: bool) {
        let more = if ascii { "..." } else { "…" };
        prop_assert!(width(&truncate(&text, columns, more)) <= columns);
        prop_assert!(width(&truncate_middle(&text, columns, more)) <= columns);
        prop_assert_eq!(width(&pad(&text, columns, more)), columns);
        prop_assert_eq!(width(&pad_start(&text, columns, more)), columns);
        for line in wrap(&text, columns) {
            prop_assert!(width(&line) <= columns, "{:?}", line);
        }
    }

    #[test]
    fn row_36_wrapping_loses_no_text(text in any_text(), columns in 2_usize..60) {
        prop_assume!(text.graphemes(true).all(|grapheme| width(grapheme) <= columns));
        prop_assert_eq!(visible(&wrap(&text, columns).concat()), visible(&text));
    }

    #[test]
    fn row_36_what_fits_stays_as_it_is(text in any_text(), more in 0_usize..9) {
        let columns = width(&text) + more;
        prop_assert_eq!(truncate(&text, columns, "…"), text.as_str());
        prop_assert_eq!(truncate_middle(&text, columns, "…"), text.as_str());
    }

    #[test]
    fn row_36_the_width_is_the_one_that_is_drawn(text in any_text()) {
        let columns = u16::try_from(width(&text)).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns + 3, 1));
        let (x, _) = buffer.set_stringn(0, 0, &text, usize::MAX, Style::new());
        prop_assert_eq!(x, columns);
    }
}

use super::*;
use crate::theme::Profile;
use proptest::prelude::*;
use ratatui::style::Modifier;

fn theme() -> Theme {
    Theme::named("mono", Profile::None).unwrap()
}

/// The rows that are painted, without the spaces at their ends.
fn painted(columns: u16, rows: u16, ascii: bool, paint: impl FnOnce(&Paint<'_>, &mut Buffer, Rect)) -> Vec<String> {
    let theme = theme();
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let area = buffer.area;
    paint(&Paint { theme: &theme, glyphs: Glyphs::new(ascii) }, &mut buffer, area);
    rows_of(&buffer)
}

fn rows_of(buffer: &Buffer) -> Vec<String> {
    let rows = buffer.area.rows();
    rows.map(|row| row.columns().map(|cell| buffer[(cell.x, cell.y)].symbol()).collect::<String>())
        .map(|row| row.trim_end().to_owned())
        .collect()
}

#[test]
fn a_line_that_is_too_long_is_cut_in_whichever_span_the_end_is() {
    let spans: [Span<'_>; 3] = [(Role::Label, "bucket"), (Role::Text, ": "), (Role::Value, "acme")];
    let line = |columns, ascii| painted(columns, 1, ascii, |paint, buffer, area| _ = paint.line(buffer, area, &spans));
    assert_eq!(line(12, false), ["bucket: acme"]);
    assert_eq!(line(11, false), ["bucket: ac…"]);
    assert_eq!(line(8, false), ["bucket:…"]);
    assert_eq!(line(7, false), ["bucket…"]);
    assert_eq!(line(6, false), ["bucke…"]);
    assert_eq!(line(10, true), ["bucket:..."]);
    assert_eq!(line(1, false), ["…"]);
}

#[test]
fn b12_row_36_what_a_terminal_would_obey_is_shown_and_not_written() {
    let text = "a\u{1b}[31mb\r\u{9b}c\u{202e}d\te";
    let rows = painted(60, 2, false, |paint, buffer, area| {
        let used = paint.line(buffer, area, &[(Role::Text, text)]);
        assert!(used > 5);
        paint.text(buffer, Rect { y: 1, ..area }, Role::Text, text);
    });
    for row in &rows {
        assert_eq!(row, "a^[[31mb^M<9b>c<U+202E>d    e");
    }
}

#[test]
fn running_text_breaks_at_words_and_says_when_there_is_more() {
    let text = "The role is made first.\nThen the bucket.";
    let rows = |rows| painted(13, rows, false, |paint, buffer, area| _ = paint.text(buffer, area, Role::Text, text));
    assert_eq!(rows(4), ["The role is", "made first.", "Then the", "bucket."]);
    assert_eq!(rows(2), ["The role is", "made first.…"]);
}

#[test]
fn a_panel_has_a_border_and_a_title_in_either_alphabet() {
    let panel = |columns, rows, ascii| {
        painted(columns, rows, ascii, |paint, buffer, area| {
            let inner = paint.panel(buffer, area, "Storage", Role::Line);
            paint.line(buffer, inner, &[(Role::Text, "acme")]);
        })
    };
    assert_eq!(panel(14, 3, false), ["┌─ Storage ──┐", "│acme        │", "└────────────┘"]);
    assert_eq!(panel(14, 3, true), ["+- Storage --+", "|acme        |", "+------------+"]);
    assert_eq!(panel(11, 2, false), ["┌─ Stor… ─┐", "└─────────┘"]);
    assert_eq!(panel(2, 1, false).len(), 1);
}

#[test]
fn row_35_the_selected_row_has_a_bar_and_is_reversed_to_its_end() {
    let theme = theme();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 2));
    let paint = Paint { theme: &theme, glyphs: Glyphs::new(false) };
    for (row, selected) in buffer.area.rows().zip([true, false]) {
        paint.row(&mut buffer, row, &[(Role::Danger, "prod")], selected);
    }
    assert_eq!(rows_of(&buffer), ["▌ prod", "  prod"]);
    for x in 0..10 {
        assert!(buffer[(x, 0)].modifier.contains(Modifier::REVERSED), "column {x}");
        assert!(!buffer[(x, 1)].modifier.contains(Modifier::REVERSED), "column {x}");
    }
}

#[test]
fn hints_are_left_out_whole() {
    let hints = [("enter", "next"), ("esc", "back"), ("?", "help")];
    let line = |columns| painted(columns, 1, false, |paint, buffer, area| _ = paint.hints(buffer, area, &hints));
    assert_eq!(line(40), ["enter next  esc back  ? help"]);
    assert_eq!(line(27), ["enter next  esc back"]);
    assert_eq!(line(9), [""]);
}

#[test]
fn states_stand_in_line_in_either_alphabet() {
    let lines = |ascii| {
        painted(12, 3, ascii, |paint, buffer, area| {
            for (row, state) in area.rows().zip([State::Ok, State::Failed, State::Running]) {
                paint.line(buffer, row, &paint.state(state, 1));
            }
        })
    };
    assert_eq!(lines(false), ["✓ ok", "✗ failed", "⠙ running"]);
    assert_eq!(lines(true), ["[ok] ok", "[x]  failed", "[/]  running"]);
}

#[test]
fn progress_is_a_bar_and_a_number() {
    let bar = |columns, done, total| {
        painted(columns, 1, false, |paint, buffer, area| paint.progress(buffer, area, done, total)).concat()
    };
    assert_eq!(bar(15, 1, 2), "█████░░░░░  50%");
    assert_eq!(bar(15, 9, 2), "██████████ 100%");
    assert_eq!(bar(15, 0, 0), "░░░░░░░░░░   0%");
    assert_eq!(bar(15, u64::MAX, u64::MAX), "██████████ 100%");
    assert_eq!(bar(4, 1, 2), "50%");
}

#[test]
fn the_scroll_bar_is_where_the_lines_are() {
    let bar = |first, shown, total| {
        painted(2, 4, false, |paint, buffer, area| paint.scrollbar(buffer, area, first, shown, total)).concat()
    };
    assert_eq!(bar(0, 4, 8), " █ █ │ │");
    assert_eq!(bar(4, 4, 8), " │ │ █ █");
    assert_eq!(bar(0, 1, 1000), " █ │ │ │");
    assert_eq!(bar(999, 1, 1000), " │ │ │ █");
    assert_eq!(bar(0, 8, 8), "");
}

#[test]
fn a_dialog_is_in_the_middle_and_never_larger_than_the_screen() {
    assert_eq!(centred(Rect::new(0, 0, 80, 24), 40, 10), Rect::new(20, 7, 40, 10));
    assert_eq!(centred(Rect::new(2, 1, 10, 4), 40, 10), Rect::new(2, 1, 10, 4));
}

/// Areas inside, outside and across the screen, empty ones included.
fn area() -> impl Strategy<Value = Rect> {
    let edge = || prop_oneof![0_u16..12, Just(u16::MAX - 1), Just(u16::MAX)];
    (edge(), edge(), edge(), edge()).prop_map(|(x, y, width, height)| Rect { x, y, width, height })
}

proptest! {
    #[test]
    fn no_area_and_no_text_makes_painting_panic_or_write_outside(
        screen in (0_u16..14, 0_u16..8, 0_u16..3),
        area in area(),
        text in prop_oneof![".{0,12}", "[日👩\u{200d}💻e\u{301}\u{1b}א\\n ]{0,12}"],
        numbers: (u64, u64, u64),
        ascii: bool,
        role in prop::sample::select(Role::ALL.to_vec()),
    ) {
        let theme = theme();
        let (columns, rows, from) = screen;
        let mut buffer = Buffer::empty(Rect::new(from, from, columns, rows));
        let paint = Paint { theme: &theme, glyphs: Glyphs::new(ascii) };
        let blank = buffer.clone();
        let (one, two, three) = numbers;
        let used = paint.line(&mut buffer, area, &[(role, &text), (Role::Text, &text)]);
        prop_assert!(used <= area.width);
        prop_assert!(paint.text(&mut buffer, area, role, &text) <= area.height);
        paint.row(&mut buffer, area, &[(role, &text)], ascii);
        let inner = paint.panel(&mut buffer, area, &text, role);
        prop_assert!(inner.is_empty() || area.intersection(inner) == inner);
        paint.hints(&mut buffer, area, &[(&text, "next"), ("q", &text)]);
        paint.progress(&mut buffer, area, one, two);
        paint.scrollbar(&mut buffer, area, one, two, three);
        let middle = centred(area, columns, rows);
        prop_assert!(middle.width <= area.width && middle.height <= area.height);
        for cell in buffer.area.positions() {
            let painted = buffer[cell].symbol();
            prop_assert!(!painted.contains(char::is_control), "{:?}", painted);
            let inside = area.contains(cell);
            prop_assert!(inside || buffer[cell] == blank[cell], "{:?} is outside of {:?}", cell, area);
        }
        paint.ground(&mut buffer, area, role);
    }
}

//! E24: where there is no terminal for a screen, and terminals with less; light terminals (tui.md row 34).

use crate::terminal::End;
use crate::{READY, lifeboat};
use std::process::{Command, Stdio};

#[test]
fn e24_a_pipe_a_dumb_terminal_and_plain_get_a_conversation_and_no_screen() {
    let piped =
        Command::new(env!("CARGO_BIN_EXE_lifeboat")).env("TERM", "xterm").stdin(Stdio::null()).output().unwrap();
    assert_eq!(piped.status.code(), Some(2));
    assert!(!piped.stdout.contains(&0x1b), "{}", String::from_utf8_lossy(&piped.stdout));
    for start in [
        lifeboat("").set("TERM", "dumb"),
        lifeboat("").unset("TERM"),
        lifeboat("--plain"),
        lifeboat("demo").set("ACCESSIBLE", "1"),
    ] {
        let mut terminal = start.start();
        terminal.shows("Answer ? for help");
        terminal.send("quit\r");
        assert_eq!(terminal.end(), End::Code(0), "{}", terminal.text());
        assert!(!terminal.bytes().contains(&0x1b), "{}", terminal.text());
        terminal.is_restored();
    }
}

/// The numbers of the escapes that set colours or attributes.
fn attributes(bytes: &[u8]) -> Vec<u32> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let ends = text.split("\x1b[").skip(1).filter_map(|part| {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        part[end..].starts_with('m').then(|| part[..end].to_owned())
    });
    ends.flat_map(|list| list.split(';').map(|number| number.parse().unwrap_or(0)).collect::<Vec<_>>()).collect()
}

fn is_colour(number: u32) -> bool {
    matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107)
}

#[test]
fn e24_no_color_writes_no_colour_and_keeps_what_is_bold_or_reversed() {
    let terminal = lifeboat("demo").set("NO_COLOR", "1").start();
    terminal.shows(READY).shows("111122223333");
    let numbers = attributes(&terminal.bytes());
    assert!(!numbers.iter().copied().any(is_colour), "{numbers:?}");
    let terminal = lifeboat("demo --color always").set("NO_COLOR", "1").start();
    terminal.shows(READY).until("colours", |screen| {
        let (rows, cols) = (screen.size().0.get(), screen.size().1.get());
        let cells = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
        let mut cells = cells.filter_map(|(row, col)| screen.cell(row, col));
        cells.any(|cell| cell.fgcolor() != vt100::Color::Default)
    });
}

#[test]
fn e24_a_locale_without_utf_8_gets_ascii_alone() {
    for start in [lifeboat("demo").set("LANG", "C"), lifeboat("demo --ascii")] {
        let terminal = start.start();
        terminal.shows(READY).shows("111122223333");
        let text = terminal.text();
        assert!(text.is_ascii(), "{text}");
        assert!(terminal.bytes().is_ascii(), "{text}");
    }
}

#[test]
fn tui_row_34_the_terminal_is_asked_for_its_background_after_the_first_frame() {
    let mut terminal = lifeboat("demo").start();
    terminal.shows(READY).writes(b"\x1b]11;?\x1b\\");
    let frame = terminal.bytes();
    let asked = frame.windows(5).position(|part| part == b"\x1b]11;").unwrap();
    let drawn = String::from_utf8_lossy(&frame[..asked]).contains(READY);
    assert!(drawn, "a frame is there before the question");
    let ground = |screen: &vt100::Screen| screen.cell(20, 50).map(vt100::Cell::bgcolor);
    let dark = terminal.look(ground);
    terminal.send("\x1b]11;rgb:ffff/ffff/eeee\x1b\\");
    terminal.until("a light ground", |screen| ground(screen) != dark);
    // Nothing of the answer was taken for keys.
    terminal.shows("Welcome 1/");
    // An explicit theme is not asked about.
    let chosen = lifeboat("demo --theme dark").start();
    chosen.shows(READY).shows("111122223333");
    assert!(!chosen.bytes().windows(5).any(|part| part == b"\x1b]11;"));
}

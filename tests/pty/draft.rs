//! tui.md row 42: what was typed is there again, whatever ended the program.

use crate::terminal::End;
use crate::walk::{demo, to_storage};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;

#[test]
fn tui_row_42_a_draft_outlives_a_kill_and_is_offered_again() {
    let start = demo();
    let file = start.home().join("state/lifeboat/demo/default/draft.toml");
    let mut terminal = start.start();
    to_storage(&mut terminal);
    // A name that is no name: it is kept as it was typed.
    terminal.send("\tAcme");
    terminal.shows("Acme");
    let kept = || std::fs::read_to_string(&file).unwrap_or_default().contains("\"Acme\"");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !kept() {
        assert!(std::time::Instant::now() < until, "{:?}", std::fs::read_to_string(&file));
        std::thread::yield_now();
    }
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    terminal.signal(Signal::KILL);
    assert!(matches!(terminal.end(), End::Killed(_)));

    let mut terminal = start.start();
    terminal.shows("with the answers of last time");
    terminal.send("\r");
    terminal.shows("Storage 5/").shows("Acme");
    terminal.send("\x03\x03");
    assert_eq!(terminal.end(), End::Code(130));
    terminal.is_restored();
    assert!(kept(), "quitting keeps it");
}

#[test]
fn e18_without_a_home_the_wizard_goes_on_and_says_what_is_not_kept() {
    let start = demo().set("XDG_STATE_HOME", "/proc/nowhere");
    let mut terminal = start.start();
    to_storage(&mut terminal);
    terminal.shows("the draft cannot be kept");
    terminal.send("\x03\x03");
    assert_eq!(terminal.end(), End::Code(130));
    terminal.is_restored();
}

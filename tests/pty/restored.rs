//! B13: the terminal is given back on every way out.

use crate::terminal::{End, Terminal};
use crate::{READY, lifeboat};
use rustix::process::Signal;

fn welcome() -> Terminal {
    let terminal = lifeboat("demo").start();
    terminal.shows(READY).is_taken();
    terminal.until("a mouse", |screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    terminal
}

#[test]
fn b13_after_q_the_terminal_is_as_it_was() {
    let mut terminal = welcome();
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
}

#[test]
fn b13_after_a_signal_the_terminal_is_as_it_was_and_the_code_says_which() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let mut terminal = welcome();
        terminal.listens_to(signal);
        terminal.signal(signal);
        let code = 128 + u32::try_from(signal.as_raw()).unwrap();
        assert_eq!(terminal.end(), End::Code(code), "{signal:?}");
        terminal.is_restored();
    }
}

#[test]
fn b13_ctrl_c_twice_quits() {
    let mut terminal = welcome();
    terminal.send("\x03");
    terminal.shows("Ctrl-C again");
    terminal.send("\x03");
    assert_eq!(terminal.end(), End::Code(130));
    terminal.is_restored();
}

#[test]
fn without_a_mouse_the_terminal_keeps_it() {
    let terminal = lifeboat("demo --no-mouse").start();
    terminal.shows(READY).is_taken();
    assert!(!terminal.bytes().windows(8).any(|part| part == b"\x1b[?1000h"));
}

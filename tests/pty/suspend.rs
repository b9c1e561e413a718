//! tui.md row 30: Ctrl-Z gives the terminal to the shell, and `fg` brings the wizard back.

use crate::READY;
use crate::terminal::{Start, Terminal, send};
use rustix::process::Signal;

/// A shell with job control, and the wizard in it.
fn in_a_shell() -> Terminal {
    let start = Start::new("bash", "--norc --noprofile -i").set("PS1", "shell> ").set("HISTFILE", "/dev/null");
    let mut terminal = start.start();
    terminal.shows("shell>");
    terminal.send(format!("{} demo\r", env!("CARGO_BIN_EXE_lifeboat")));
    terminal.until("the wizard", vt100::Screen::alternate_screen);
    terminal.shows(READY);
    terminal
}

/// Waits for the shell's word that it stopped, and brings it back.
#[track_caller]
fn comes_back(terminal: &mut Terminal) {
    terminal.shows("Stopped");
    // Whether pastes are bracketed is the shell's own matter now.
    terminal.until("the shell's terminal", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    assert_eq!(terminal.look(vt100::Screen::mouse_protocol_mode), vt100::MouseProtocolMode::None);
    terminal.send("fg\r");
    terminal.until("the wizard", vt100::Screen::alternate_screen);
    terminal.shows(READY).is_taken();
    terminal.send("q");
    terminal.until("the shell", |screen| !screen.alternate_screen());
    terminal.send("echo left with $?\r");
    terminal.shows("left with 0");
}

#[test]
fn tui_row_30_ctrl_z_and_back() {
    let mut terminal = in_a_shell();
    terminal.send("\x1a");
    comes_back(&mut terminal);
}

#[test]
fn tui_row_30_stopped_from_outside_and_back() {
    let mut terminal = in_a_shell();
    let wizard = terminal.last_child();
    terminal.process_listens_to(wizard, Signal::TSTP);
    send(wizard, Signal::TSTP);
    comes_back(&mut terminal);
}

#[test]
fn tui_row_30_without_a_shell_ctrl_z_does_not_hang_it() {
    let mut terminal = crate::lifeboat("demo").start();
    terminal.shows(READY);
    terminal.send("\x1a");
    terminal.send("?");
    terminal.shows("Help");
}

//! E26: pastes that are too large, that hold escapes, or that look like Enter.

use crate::terminal::End;
use crate::{READY, lifeboat};
use std::time::{Duration, Instant};

fn pasted(text: &str) -> Vec<u8> {
    format!("\x1b[200~{text}\x1b[201~").into_bytes()
}

#[test]
fn e26_five_megabytes_are_capped_and_the_program_goes_on() {
    let mut terminal = lifeboat("demo").start();
    terminal.shows(READY);
    let began = Instant::now();
    let typing = terminal.send_much(pasted(&"x".repeat(5_000_000)));
    terminal.sent(typing);
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    terminal.is_restored();
}

#[test]
fn e26_a_paste_is_never_keys() {
    let mut terminal = lifeboat("demo").start();
    terminal.shows(READY);
    // As keys this would quit.
    terminal.send(pasted("q\r\n\u{1b}[2Jq\x03\x03q"));
    terminal.send("?");
    terminal.shows("Help");
    terminal.is_taken();
}

//! The real program in a real (pseudo-)terminal.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../terminal/mod.rs"]
mod terminal;

mod draft;
mod hostile;
mod idle;
mod live;
mod outside;
mod paste;
mod plain;
mod restored;
mod runs;
mod sizes;
mod suspend;
mod walk;

use terminal::Start;

/// The program, to be started with the words of a line.
fn lifeboat(line: &str) -> Start {
    Start::new(env!("CARGO_BIN_EXE_lifeboat"), line)
}

/// The title of Welcome's panel, and the wizard's name: the first frame is there.
const READY: &str = "lifeboat";

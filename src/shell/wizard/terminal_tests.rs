//! B13: panics. The program has no way to be made to panic; this very test program is started once more in a
//! pseudo-terminal, takes it over with the same guard, and breaks there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../../tests/terminal/mod.rs"]
mod pty;

use super::{Guard, write};
use crate::app::{Msg, Ticket};
use crate::shell::wizard::effects::Jobs;
use clap::Parser as _;
use pty::{End, Start, Terminal};
use rustix::process::Signal;
use std::io::Read as _;
use std::sync::Arc;

/// Says which of the stages is played; set by these tests alone.
const STAGE: &str = "LIFEBOAT_TEST_STAGE";

/// Where the second process breaks; in the first it is over at once, and proves nothing.
#[test]
fn stage() {
    let Ok(stage) = std::env::var(STAGE) else { return };
    let guard = Guard::enter(true).unwrap();
    write(b"taken over").unwrap();
    match stage.as_str() {
        "main" => panic!("at AKIAIOSFODNN7EXAMPLE"),
        "task" => {
            let said = tokio::runtime::Runtime::new().unwrap().block_on(broken_task());
            write(format!("the screen stays: {said}").as_bytes()).unwrap();
            let _ = std::io::stdin().read(&mut [0]);
        }
        _ => {
            let _ = std::io::stdin().read(&mut [0]);
        }
    }
    drop(guard);
}

async fn broken_task() -> String {
    let (say, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let cli = crate::shell::Cli::try_parse_from(["lifeboat", "--demo"]).unwrap();
    let mut jobs = Jobs::new(Arc::new(cli.global), Arc::default(), say);
    jobs.spawn(Ticket(1), false, |_| async { panic!("with AKIAIOSFODNN7EXAMPLE") });
    match heard.recv().await {
        Some(Msg::Broke(why)) => why.to_string(),
        other => format!("{other:?}"),
    }
}

fn played(stage: &str) -> Terminal {
    let line = "--exact shell::wizard::terminal::tests::stage --nocapture --test-threads 1";
    let terminal = Start::new(std::env::current_exe().unwrap(), line).size(200, 50).set(STAGE, stage).start();
    terminal.writes(b"taken over");
    terminal
}

#[test]
fn b13_a_panic_that_ends_the_program_gives_the_terminal_back_and_is_said_without_secrets() {
    let mut terminal = played("main");
    assert_eq!(terminal.end(), End::Code(101));
    terminal.shows("lifeboat broke at src/shell/wizard/terminal_tests.rs").shows("please report it").is_restored();
    assert!(!terminal.text().contains("AKIA"), "{}", terminal.text());
}

#[test]
fn b13_a_panic_in_a_task_leaves_the_screen_and_is_told() {
    let mut terminal = played("task");
    terminal.shows("the screen stays: src/shell/wizard/terminal_tests.rs").is_taken();
    assert!(!terminal.text().contains("panicked") && !terminal.text().contains("AKIA"), "{}", terminal.text());
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
}

#[test]
fn b13_killed_outright_is_the_one_end_that_restores_nothing() {
    // The tests above would see a terminal that is not given back.
    let mut terminal = played("wait");
    terminal.is_taken();
    terminal.signal(Signal::KILL);
    assert!(matches!(terminal.end(), End::Killed(_)));
    terminal.is_taken();
}

//! Runs from the wizard: to their end, stopped in the middle, and not at all.

use crate::terminal::End;
use crate::walk::{apply, demo, to_review};
use rustix::process::Signal;

#[test]
fn a_set_up_from_the_first_key_to_a_proven_backup_and_its_watch() {
    let start = demo();
    let mut terminal = start.start();
    to_review(&mut terminal, "acme-backups");
    apply(&mut terminal);
    terminal.shows("✓ Verified").shows("Proven: token, backup, restore, delete");
    terminal.send("l");
    terminal.shows("Live 10/").shows("Available").shows("the pods have the role that is meant");
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
    terminal.shows("Verified: token, backup, restore, delete proven.").shows("lifeboat apply --answers");
    // The command that is told repeats it, and finds nothing to do.
    let answers = start.home().join("state/lifeboat/demo/default/answers/velero-us-east-1-prod.toml");
    let again = std::process::Command::new(env!("CARGO_BIN_EXE_lifeboat"))
        .args(["apply", "--demo", "--yes", "--answers"])
        .arg(&answers)
        .env_clear()
        .env("XDG_STATE_HOME", start.home().join("state"))
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
}

#[test]
fn a_signal_in_the_middle_of_a_run_stops_it_and_is_3() {
    let start = demo().set("LIFEBOAT_DEMO_PACE", "0.5");
    let mut terminal = start.start();
    to_review(&mut terminal, "acme-backups");
    apply(&mut terminal);
    terminal.shows("s3://acme-backups in us-east-1");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end(), End::Code(3));
    terminal.is_restored();
    let runs = start.home().join("state/lifeboat/demo/default/runs");
    let run = std::fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
    let journal = std::fs::read_to_string(run.join("journal.jsonl")).unwrap();
    assert!(journal.lines().last().unwrap().contains("\"stopped\""), "the run ended by itself:\n{journal}");
}

#[test]
fn tui_row_16_read_only_applies_nothing() {
    let start = crate::lifeboat("demo --read-only").size(140, 45).set("LIFEBOAT_DEMO_PACE", "0");
    let mut terminal = start.start();
    to_review(&mut terminal, "acme-backups");
    terminal.send("a");
    terminal.shows("read-only");
    assert!(!start.home().join("state/lifeboat/demo/default/runs").exists());
}

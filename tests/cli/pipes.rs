//! Pipes, scripts and shells: a reader that goes away, no colours, completions, the manual, the version.

use crate::support::{Machine, example};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(|word| if word == "@" { example().into() } else { word.into() }).collect()
}

#[test]
fn e24_a_reader_that_goes_away_is_no_panic() {
    for line in
        ["plan --demo --answers @", "plan --demo --json --answers @", "--help", "man", "completions zsh", "runs"]
    {
        let machine = Machine::new();
        let mut child = machine.command(words(line)).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code().is_some_and(|code| code < 3) && !said.contains("panicked"), "{line}: {said}");
    }
}

#[test]
fn e24_an_apply_goes_on_when_nobody_reads() {
    let machine = Machine::new();
    let mut child = machine.command(words("apply --demo --yes --json --answers @")).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(machine.run("runs --demo --json").json()["runs"][0]["outcome"], "verified");
}

#[test]
fn e24_a_live_status_ends_when_nobody_reads() {
    let machine = Machine::new().set("LIFEBOAT_DEMO_PACE", "0");
    machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    let mut child = machine.command(words("status --demo --answers @")).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn e24_nothing_is_coloured_in_a_pipe() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "xterm-256color"), ("LANG", "C")] {
        let machine = Machine::new().set(name, value);
        // `run` refuses escapes.
        machine.run("plan --demo --answers @").ended(0);
        machine.run("--help").ended(0);
        machine.run("frobnicate").ended(2);
        machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    }
}

#[test]
fn completions_are_scripts_that_know_the_commands() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = machine.run(&format!("completions {shell}")).ended(0).out;
        for word in ["plan", "apply", "status", "undo", "answers", "demo"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        if shell == "bash" {
            let path = machine.file("completions", script);
            let ended = std::process::Command::new("bash").arg("-n").arg(path).output().unwrap();
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        }
    }
}

#[test]
fn the_manual_is_a_page_with_a_name() {
    let page = Machine::new().run("man").ended(0).out;
    for part in [".TH", ".SH NAME", "lifeboat", ".SH SYNOPSIS", "undo"] {
        assert!(page.contains(part), "{part} is not in the page");
    }
}

#[test]
fn the_version_is_said_without_reading_or_writing_anything() {
    let machine = Machine::new().unset("HOME");
    let ran = machine.run("--version").ended(0);
    assert_eq!(ran.out, format!("lifeboat {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(ran.err, "");
    assert!(!machine.state().exists());
    let mut bare = std::process::Command::new(env!("CARGO_BIN_EXE_lifeboat"));
    let ended = bare.arg("--version").env_clear().current_dir("/").stdin(Stdio::null()).output().unwrap();
    assert!(ended.status.success());
}

#[test]
fn every_command_has_help() {
    let machine = Machine::new();
    for command in ["", "plan", "apply", "status", "runs", "undo", "demo", "completions", "man"] {
        let help = machine.run(&format!("{command} --help")).ended(0).out;
        assert!(help.contains("Usage: lifeboat"), "{command}: {help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{command}: {help}");
    }
}

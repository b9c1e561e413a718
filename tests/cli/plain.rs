//! The wizard where there is no terminal to draw on: answers through a pipe, sentences back (E24, tui.md row 39).

use crate::support::{Machine, hostile};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

/// Cluster, tool, identity, bucket, name, prefix, encryption, schedule, ttl, volumes; the word; the end.
const WHOLE: &str = "1\n\n\n1\nacme-backups\n\n\n\n\n\napply\n3\n";

/// Runs the program with answers on standard input; what was said, what went wrong, and the exit code.
fn talk(machine: &Machine, line: &str, answers: impl AsRef<[u8]>) -> (String, String, Option<i32>) {
    let mut child = machine.command(line.split_whitespace()).stdin(Stdio::piped()).spawn().unwrap();
    // A program that needs no answers ends before it has read them.
    let _ = child.stdin.take().unwrap().write_all(answers.as_ref());
    let ended = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(ended.stdout), text(ended.stderr));
    assert_eq!((hostile(&out), hostile(&err)), (None, None), "{out}\n{err}");
    assert!(!err.contains("panicked"), "{err}");
    (out, err, ended.status.code())
}

#[test]
fn e24_piped_answers_lead_to_a_restored_backup_without_an_escape() {
    for (name, value) in
        [("TERM", "dumb"), ("NO_COLOR", "1"), ("ACCESSIBLE", "1"), ("LANG", "C"), ("LANG", "en_US.UTF-8")]
    {
        let machine = Machine::new().set(name, value);
        for line in ["demo --plain", "demo"] {
            machine.run("demo --reset").ended(0);
            let (out, err, code) = talk(&machine, line, WHOLE);
            assert_eq!(code, Some(0), "{name}={value} {line}\n{out}\n{err}");
            assert!(out.contains("\nVerified: a backup was made"), "{out}");
            assert!(out.trim_end().ends_with("answers/velero-us-east-1-prod.toml --demo"), "{out}");
            assert!(!out.contains('\u{1b}') && !out.contains('\r'), "{out}");
        }
        // What it wrote is what `apply` takes (row 41).
        let answers = machine.state().join("demo/default/answers/velero-us-east-1-prod.toml");
        machine.run(&format!("apply --demo --json --answers {}", answers.display())).ended(0);
    }
}

#[test]
fn e24_with_ascii_and_without_a_locale_only_ascii_is_said() {
    let answers = "us-east-1/pröd名\nquit\n";
    for (machine, line) in [
        (Machine::new(), "demo --plain"),
        (Machine::new().set("LANG", "C"), "demo --plain"),
        (Machine::new().set("LANG", "en_US.UTF-8").set("LC_ALL", "C"), "demo --plain"),
        (Machine::new().set("LANG", "en_US.UTF-8"), "demo --plain --ascii"),
    ] {
        let (out, _, code) = talk(&machine, line, answers);
        assert_eq!(code, Some(0), "{out}");
        assert!(out.is_ascii() && out.contains("pr<U+00F6>d<U+540D>"), "{out}");
    }
    let (out, ..) = talk(&Machine::new().set("LANG", "en_US.UTF-8"), "demo --plain", answers);
    assert!(out.contains("pröd名"), "{out}");
}

#[test]
fn e24_without_answers_it_is_2_with_a_sentence_and_nothing_changed() {
    let machine = Machine::new();
    for line in ["", "--plain", "demo", "demo --plain", "--demo --plain", "--demo=empty"] {
        let ran = machine.run(line).ended(2);
        assert!(ran.out.contains("There are no more answers"), "{line}: {}", ran.out);
        assert!(ran.out.contains("Nothing was changed."), "{line}: {}", ran.out);
    }
    assert!(!machine.state().join("runs").exists());
}

#[test]
fn e24_answers_that_end_too_soon_are_2_and_the_next_conversation_goes_on() {
    let machine = Machine::new();
    let (out, _, code) = talk(&machine, "demo", "1\n\n\n1\nacme-backups");
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("Storage still needs one") && out.contains("The draft is kept"), "{out}");
    let draft = machine.state().join("demo/default/draft.toml");
    assert!(std::fs::read_to_string(&draft).unwrap().contains("acme-backups"));
    let (out, _, code) = talk(&machine, "demo", "y\nquit\n");
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("Go on with the draft of last time (prod in us-east-1, at Storage)? [Y/n]"), "{out}");
    // A demo's draft is not one of the real account.
    assert!(!machine.state().join("drafts").exists());
}

#[test]
fn e08_without_credentials_the_demo_is_named() {
    let (out, _, code) = talk(&Machine::new(), "--plain", "quit\n");
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("no AWS credentials") && out.contains("lifeboat demo --plain"), "{out}");
}

#[test]
fn e18_without_a_home_it_says_what_cannot_be_kept_and_applies_nothing() {
    let machine = Machine::new().unset("HOME").unset("XDG_STATE_HOME");
    let (out, _, code) = talk(&machine, "demo", WHOLE);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("the draft cannot be kept") && out.contains("XDG_STATE_HOME"), "{out}");
    assert!(!out.contains("\nRun 2"), "{out}");
}

#[test]
fn b12_bytes_that_are_no_text_and_lines_without_end_are_only_wrong_answers() {
    let mut answers = b"\xff\xfe\x1b[2J\n".to_vec();
    answers.extend(vec![b'a'; 1 << 20]);
    answers.extend(b"\nquit\n");
    let (out, _, code) = talk(&Machine::new(), "demo", answers);
    assert_eq!(code, Some(0), "{}", out.chars().take(5_000).collect::<String>());
    assert!(out.len() < 40_000, "a long line is not said back whole: {} bytes", out.len());
}

/// Answers, waits for a line, interrupts the program there; the exit code, and all that was said.
fn interrupted(machine: &Machine, answers: &str, at: &str) -> (Option<i32>, String) {
    let mut child = machine.command(["demo", "--plain"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut answering = child.stdin.take().unwrap();
    answering.write_all(answers.as_bytes()).unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.lines().last().is_some_and(|line| line.starts_with(at)) {
        assert!(out.read_line(&mut said).unwrap() > 0, "it ended by itself:\n{said}");
    }
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    // Its last words come before the end of its output.
    while out.read_line(&mut said).unwrap() > 0 {}
    let ended = child.wait_with_output().unwrap();
    drop(answering);
    said.push_str(&String::from_utf8(ended.stderr).unwrap());
    (ended.status.code(), said)
}

#[test]
fn ctrl_c_at_a_question_is_130_before_a_run_and_the_runs_own_code_after_it() {
    let machine = Machine::new();
    let (code, said) = interrupted(&machine, "1\n\n", "Identity [2, EKS Pod Identity]:");
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("nothing was changed"), "{said}");
    let whole = format!("n\n{}", WHOLE.trim_end_matches("3\n"));
    let (code, said) = interrupted(&machine, &whole, "What now, 1 to 3");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Verified"), "{said}");
}

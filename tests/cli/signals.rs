//! Ctrl-C: 130 before any change, 3 in the middle, and what was begun can be finished or taken back.

use crate::support::Machine;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::process::Child;

pub fn send(child: &Child, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

/// Waits until the child handles the signal itself: it takes one after the other.
fn listening(child: &mut Child, signal: Signal) {
    let path = format!("/proc/{}/status", child.id());
    loop {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        let text = std::fs::read_to_string(&path).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        if u64::from_str_radix(caught.trim(), 16).unwrap() & 1 << (signal.as_raw() - 1) != 0 {
            return;
        }
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn before_any_change_an_interrupt_is_130_and_nothing_is_left() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let machine = Machine::new().set("LIFEBOAT_DEMO_PACE", "10");
        let words = ["apply", "--demo", "--yes", "--answers"].map(std::ffi::OsString::from);
        let mut child = machine.command(words.into_iter().chain([example()])).spawn().unwrap();
        listening(&mut child, signal);
        send(&child, signal);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(130), "{said}");
        assert!(said.contains("nothing was changed"), "{said}");
        assert!(!machine.state().join("demo/default/runs").exists());
    }
}

fn example() -> std::ffi::OsString {
    crate::support::example().into_os_string()
}

#[cfg(target_os = "linux")]
#[test]
fn in_the_middle_an_interrupt_is_3_and_the_run_can_be_finished_and_taken_back() {
    let machine = Machine::new().set("LIFEBOAT_DEMO_PACE", "0.3");
    let words = ["apply", "--demo", "--yes", "--json", "--answers"].map(std::ffi::OsString::from);
    let mut child = machine.command(words.into_iter().chain([example()])).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    let mut all = String::new();
    loop {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "it ended by itself:\n{all}");
        all.push_str(&line);
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        if event["change"] == "bucket" && event["state"] == "done" {
            break;
        }
    }
    send(&child, Signal::INT);
    out.read_to_string(&mut all).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{said}\n{all}");
    let last: serde_json::Value = serde_json::from_str(all.lines().last().unwrap()).unwrap();
    assert_eq!((&last["outcome"], &last["exit"]), (&"stopped".into(), &3.into()), "{last}");

    let machine = machine.unset("LIFEBOAT_DEMO_PACE");
    let runs = machine.run("runs --demo --json").ended(0).json();
    assert_eq!(runs["runs"][0]["outcome"], "stopped");
    machine.run("apply --demo --yes --answers @").ended(0);
    let first = format!("undo --demo --yes {}", last["run"].as_str().unwrap());
    let refused = machine.run(&first).ended(1);
    assert!(refused.err.contains("came after"), "{}", refused.err);
    machine.run("undo --demo --yes").ended(0);
    machine.run(&first).ended(0);
}

#[cfg(target_os = "linux")]
#[test]
fn the_live_status_ends_with_0_when_it_is_stopped() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    let words = ["status", "--demo", "--answers"].map(std::ffi::OsString::from);
    let mut child = machine.command(words.into_iter().chain([example()])).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("velero on prod"), "{line}");
    send(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

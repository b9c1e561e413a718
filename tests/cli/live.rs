//! `status` without `--once`, where no screen is: it watches, and says what changes.

use crate::signals::send;
use crate::support::{Machine, example};
use rustix::process::Signal;
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long is waited for a line.
const PATIENCE: Duration = Duration::from_secs(30);

/// A live status, and the lines that it says.
struct Live {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Live {
    /// Of a set-up that stands, where a second of the demo takes so many real ones.
    fn at(pace: &str, more: &[&str]) -> Self {
        let machine = Machine::new();
        machine.run("apply --demo --yes --no-prove --answers @").ended(0);
        let machine = machine.set("LIFEBOAT_DEMO_PACE", pace);
        let words = ["status", "--demo"].iter().chain(more).map(OsString::from);
        let words = words.chain(["--answers".into(), example().into_os_string()]);
        let mut child = machine.command(words).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (say, lines) = channel();
        // The home stays as long as the program does.
        std::thread::spawn(move || {
            let _home = machine;
            out.lines().map_while(Result::ok).all(|line| say.send(line).is_ok())
        });
        Self { child, lines, said: Vec::new() }
    }

    /// The first line that fits.
    #[track_caller]
    fn until(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("waited for {what}; said:\n{}", self.said.join("\n"))
            };
            self.said.push(line.clone());
            if fits(&line) {
                return line;
            }
        }
    }

    /// Ends it as Ctrl-C does.
    fn end(mut self) {
        send(&self.child, Signal::INT);
        let ended = self.child.wait().unwrap();
        assert_eq!(ended.code(), Some(0), "{}", self.said.join("\n"));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_live_status_in_lines_says_what_the_world_does_by_itself() {
    let mut live = Live::at("0.01", &["--plain"]);
    live.until("the first status", |line| line == "velero on prod, namespace velero: healthy");
    let first = live.until("its location", |line| line.starts_with("location"));
    // Velero validates the location every minute of the demo's clock.
    live.until("a second status", |line| line.starts_with("velero on prod"));
    live.until("a later validation", |line| line.starts_with("location") && line != first);
    live.end();
}

#[test]
fn a_live_status_as_json_is_one_document_a_line_for_each_change() {
    let mut live = Live::at("0.01", &["--json"]);
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let first = parse(&live.until("the first status", |_| true));
    assert_eq!(first["clusters"][0]["healthy"], true);
    let validated = |status: &Value| status["clusters"][0]["locations"][0]["last_validated"].clone();
    let second = parse(&live.until("a later validation", |line| validated(&parse(line)) != validated(&first)));
    assert!(validated(&second).as_str() > validated(&first).as_str(), "{second}");
    let all: Vec<Value> = live.said.iter().map(|line| parse(line)).collect();
    assert!(all.windows(2).all(|two| two[0] != two[1]), "a line is said for a change alone: {all:#?}");
    live.end();
}

#[test]
fn where_nothing_changes_nothing_is_asked_and_nothing_is_said() {
    // In a demo without a pace only calls let time pass: one who polled would move its clock, and be told of it.
    let mut live = Live::at("0", &["--json"]);
    live.until("the first status", |_| true);
    let more = live.lines.recv_timeout(Duration::from_secs(1));
    assert!(more.is_err(), "{more:?}");
    live.end();
}

//! A run as sentences.

use crate::engine::{Event, Finish, Outcome, State};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Which lines were said already: waiting is repeated when its words change, or after ten seconds.
#[derive(Default)]
pub struct Progress {
    waiting: BTreeMap<String, (String, f64)>,
}

/// The same words are said again after this many seconds.
const AGAIN: f64 = 10.0;

impl Progress {
    /// The line of an event, if it says something new.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        let word = match event.state {
            State::Started => return None,
            State::Waiting => {
                // The seconds at the end change every time; the words decide.
                let words = event.message.rsplit_once(" (").map_or(event.message.as_str(), |(words, _)| words);
                let said = self.waiting.get(&event.change);
                if said.is_some_and(|(said, at)| said == words && event.seconds - at < AGAIN) {
                    return None;
                }
                self.waiting.insert(event.change.clone(), (words.to_owned(), event.seconds));
                "..."
            }
            State::Done => "done",
            State::Kept => "kept",
            State::Skipped => "skipped",
            State::Failed => "FAILED",
            State::Unknown => "unknown",
            State::Undone => "undone",
        };
        Some(format!("{word:8} {:22} {:6.1} s  {}", event.change, event.seconds, event.message))
    }
}

/// How a run ended, and what to do next.
pub fn finish(finish: &Finish, journal: &Path, undo: bool) -> String {
    let mut out = String::from("\n");
    let _ = match finish.outcome {
        Outcome::Verified => {
            writeln!(out, "Verified: a backup was made, its namespace deleted, restored and compared.")
        }
        Outcome::Applied => writeln!(out, "Applied, but not proven by a restore."),
        Outcome::Failed | Outcome::Stopped if undo => {
            writeln!(out, "Not all was taken back: what stays is named above.")
        }
        Outcome::Stopped if finish.exit == 130 => writeln!(out, "Stopped before anything was changed."),
        Outcome::Stopped => writeln!(out, "Stopped. What was made stays."),
        Outcome::Failed if finish.exit == 1 => writeln!(out, "Failed; nothing was changed."),
        Outcome::Failed => writeln!(out, "Failed. What was made stays."),
        Outcome::Undone => writeln!(out, "Undone. What is kept is named above."),
    };
    if !finish.proven.is_empty() {
        let _ = writeln!(out, "Proven: {}.", finish.proven.join(", "));
    }
    if !finish.not_proven.is_empty() {
        let _ = writeln!(out, "Not proven: {}.", finish.not_proven.join(", "));
    }
    if finish.exit == 3 && undo {
        let _ = writeln!(out, "Put right what it names and run it again: lifeboat undo {}", finish.run);
    } else if finish.exit == 3 {
        let _ = writeln!(
            out,
            "Run apply again to go on, or take it back: lifeboat undo {}\nWhat was done is in {}",
            finish.run,
            journal.display()
        );
    }
    out
}

//! Takes a run back: in reverse order, only what its journal says it made, and only while it is still as the
//! run left it (security.md 5.3).

mod pod_identity;
mod take_back;

use super::Context;
use super::journal::{Effect, Entry};
use crate::domain::run::{Finish, Outcome, State};
use crate::plan::Op;
use std::collections::BTreeMap;

/// What became of an op that was to be taken back.
enum Back {
    /// It is gone, or as it was.
    Undone(String),
    /// It stays by the contract ("Undo keeps"), or is no longer ours; and why.
    Kept(String),
    /// It stays because somebody changed it since: once it is as the run left it, the next undo takes it back.
    Left(String),
}

/// One op of the run that changed something.
struct Done {
    /// Which cluster it is of.
    site: usize,
    change: String,
    step: usize,
    op: Op,
    effect: Effect,
    ids: BTreeMap<String, String>,
}

/// Takes back what the entries of a run tell, and says how it ended: 0 when all that undo may remove is gone,
/// else 3.
pub async fn undo(context: &Context, entries: &[Entry]) -> Finish {
    let mut complete = true;
    for done in done(entries).iter().rev() {
        if context.stop.is_cancelled() {
            complete = false;
            break;
        }
        let step = (done.change.clone(), done.step);
        let now = || context.world.host.now();
        let intent = Entry::UndoIntent { change: step.0.clone(), step: step.1 };
        let result = match context.journal.write(now(), intent) {
            Ok(()) => take_back::take_back(&context.at(done.site), done).await,
            Err(trouble) => Err(trouble),
        };
        let (word, message, state) = match result {
            Ok(Back::Undone(message)) => ("undone", message, State::Undone),
            Ok(Back::Kept(message)) => ("kept", message, State::Kept),
            Ok(Back::Left(message)) => ("left", message, State::Kept),
            Err(trouble) => ("failed", trouble.to_string(), State::Failed),
        };
        context.say(&done.change, state, &message);
        let failed = state == State::Failed;
        complete &= word != "left";
        let entry = Entry::UndoResult { change: step.0, step: step.1, result: word.to_owned(), message };
        if context.journal.write(now(), entry).is_err() || failed {
            complete = false;
            break;
        }
    }
    let (outcome, exit) = if complete { (Outcome::Undone, 0) } else { (Outcome::Failed, 3) };
    let word = if complete { "undone" } else { "failed" };
    let _ = context.journal.write(context.world.host.now(), Entry::End { outcome: word.to_owned(), exit });
    Finish { run: context.run.clone(), outcome, exit, proven: Vec::new(), not_proven: Vec::new() }
}

/// Whether a run has anything left that undo would look at.
pub fn anything(entries: &[Entry]) -> bool {
    !done(entries).is_empty()
}

/// The ops that changed something (or may have) and were not taken back yet, in the order they were made.
fn done(entries: &[Entry]) -> Vec<Done> {
    let mut out: Vec<Done> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Intent { change, step, site, call } => out.push(Done {
                site: *site,
                change: change.clone(),
                step: *step,
                op: call.clone(),
                effect: Effect::Unknown,
                ids: BTreeMap::new(),
            }),
            Entry::Result { change, step, result, ids, .. } => {
                if let Some(done) = out.iter_mut().rev().find(|done| done.change == *change && done.step == *step) {
                    done.effect = *result;
                    done.ids.clone_from(ids);
                }
            }
            Entry::UndoResult { change, step, result, .. } if result != "failed" && result != "left" => {
                out.retain(|done| done.change != *change || done.step != *step);
            }
            _ => {}
        }
    }
    out.retain(|done| matches!(done.effect, Effect::Created | Effect::Updated | Effect::Unknown));
    out
}

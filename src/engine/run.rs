//! Runs a plan: every change as soon as what it needs is there, side by side, bounded; each call journalled
//! before and after.

use super::Context;
use super::journal::{Effect, Entry};
use super::make::make_or_probe;
use crate::domain::run::{Finish, NOT_REACHED, Outcome, State};
use crate::plan::{Action, Change, Op, Plan, Prove, is_proof, is_shown, provers};
use crate::ports::{Trouble, TroubleKind};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// How many changes are made at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Applies a plan without conflicts and says how it ended.
pub async fn apply(context: &Context, plan: &Plan, prove: Prove) -> Finish {
    let ended = run(context, plan, prove).await;
    let finish = finish(context, plan, prove, &ended);
    let end = Entry::End { outcome: outcome_word(finish.outcome).to_owned(), exit: finish.exit };
    let _ = context.journal.write(context.world.host.now(), end);
    finish
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Verified => "verified",
        Outcome::Applied => "applied",
        Outcome::Stopped => "stopped",
        Outcome::Failed => "failed",
        Outcome::Undone => "undone",
    }
}

/// Why a run ended before its end.
enum Ended {
    Whole,
    Stopped,
    Failed,
}

async fn run(context: &Context, plan: &Plan, prove: Prove) -> Ended {
    let mut waiting: Vec<&Change> = plan.changes.iter().collect();
    // What most waits for is begun first; the plan's order decides between equals.
    let behind = behind(&plan.changes);
    waiting.sort_by_key(|change| Reverse(behind.get(change.id.as_str())));
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut running = FuturesUnordered::new();
    let mut ended = Ended::Whole;
    loop {
        if context.stop.is_cancelled() && matches!(ended, Ended::Whole) {
            ended = Ended::Stopped;
        }
        while matches!(ended, Ended::Whole) && running.len() < SIDE_BY_SIDE {
            let ready = waiting.iter().position(|change| change.needs.iter().all(|id| done.contains(id.as_str())));
            let Some(ready) = ready else { break };
            let change = waiting.remove(ready);
            let context = context.at(change.site);
            running.push(async move { (change, one(&context, change, prove).await) });
        }
        match running.next().await {
            None => break,
            Some((change, Ok(()))) => {
                done.insert(change.id.as_str());
            }
            Some((_, Err(trouble))) => {
                ended = if trouble.kind == TroubleKind::Stopped { Ended::Stopped } else { Ended::Failed };
            }
        }
    }
    let left: BTreeSet<&str> = waiting.iter().map(|change| change.id.as_str()).collect();
    for change in plan.changes.iter().filter(|change| left.contains(change.id.as_str())) {
        context.say(&change.id, State::Skipped, NOT_REACHED);
    }
    ended
}

/// How long the longest chain of changes is that wait for a change, by its id. Each stands after what it needs.
fn behind(changes: &[Change]) -> HashMap<&str, usize> {
    let mut behind: HashMap<&str, usize> = HashMap::with_capacity(changes.len());
    for change in changes.iter().rev() {
        let own = behind.get(change.id.as_str()).copied().unwrap_or_default();
        for need in &change.needs {
            let chain = behind.entry(need.as_str()).or_default();
            *chain = (*chain).max(own + 1);
        }
    }
    behind
}

/// One change, from its first event to its last.
async fn one(context: &Context, change: &Change, prove: Prove) -> Result<(), Trouble> {
    let id = change.id.as_str();
    if change.ops.is_empty() {
        if is_proof(id) && prove == Prove::Never {
            context.say(id, State::Skipped, "left out by --no-prove");
        } else {
            context.learnt().proven.extend(change.proves.iter().chain(&change.shows).cloned());
            let message = if change.action == Action::Keep && change.tells_why() {
                change.why.clone()
            } else {
                change.title.clone()
            };
            context.say(id, State::Kept, message);
        }
        return Ok(());
    }
    context.say(id, State::Started, &change.title);
    let mut messages = Vec::new();
    for (step, op) in change.ops.iter().enumerate() {
        match step_of(context, change, step, op).await {
            Ok(message) => messages.push(message),
            Err(trouble) => {
                let state = if trouble.is_unknown() { State::Unknown } else { State::Failed };
                context.say(id, state, with_link(&trouble));
                return Err(trouble);
            }
        }
    }
    context.learnt().proven.extend(change.proves.iter().cloned());
    context.say(id, State::Done, messages.join("; "));
    Ok(())
}

fn with_link(trouble: &Trouble) -> String {
    if trouble.link.is_empty() { trouble.to_string() } else { format!("{} (broken link: {})", trouble, trouble.link) }
}

async fn step_of(context: &Context, change: &Change, step: usize, op: &Op) -> Result<String, Trouble> {
    context.go_on()?;
    let now = || context.world.host.now();
    let id = &change.id;
    context.journal.write(now(), Entry::Intent { change: id.clone(), step, site: change.site, call: op.clone() })?;
    let made = make_or_probe(context, id, op).await;
    let (result, ids, message) = match &made {
        Ok(made) => (made.effect, made.ids.clone(), String::new()),
        Err(trouble) if trouble.is_unknown() => {
            (Effect::Unknown, std::collections::BTreeMap::new(), trouble.to_string())
        }
        Err(trouble) => (Effect::Failed, std::collections::BTreeMap::new(), trouble.to_string()),
    };
    if matches!(result, Effect::Created | Effect::Updated | Effect::Unknown) {
        context.learnt().changed = true;
    }
    context.journal.write(now(), Entry::Result { change: id.clone(), step, result, ids, message })?;
    made.map(|made| {
        context.learnt().proven.extend(made.shown);
        made.message
    })
}

/// Outcome and exit code by the contract's table.
fn finish(context: &Context, plan: &Plan, prove: Prove, ended: &Ended) -> Finish {
    let learnt = context.learnt();
    let provers = provers(&plan.changes);
    let shown = |word: &&String| is_shown(word, &learnt.proven, &provers) && !learnt.unshown.contains(*word);
    let whole = plan.must.iter().all(|word| shown(&word)) && prove != Prove::Never;
    // What *verified* does not wait for is named as well, where it was shown.
    let all = || plan.must.iter().chain(&plan.beyond);
    let proven = all().filter(shown).cloned().collect();
    let not_proven = all().filter(|word| !shown(word)).cloned().collect();
    let (outcome, exit) = match ended {
        Ended::Whole if whole => (Outcome::Verified, 0),
        Ended::Whole => (Outcome::Applied, 0),
        Ended::Stopped if learnt.changed => (Outcome::Stopped, 3),
        Ended::Stopped => (Outcome::Stopped, 130),
        Ended::Failed => (Outcome::Failed, if learnt.changed { 3 } else { 1 }),
    };
    Finish { run: context.run.clone(), outcome, exit, proven, not_proven }
}

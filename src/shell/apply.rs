//! `lifeboat apply`.

use super::cli::Global;
use super::plan::{Made, make};
use super::{begin, commands, output, signals};
use crate::engine::{Event, Finish};
use crate::plan::Prove;
use crate::ports::{Trouble, TroubleKind};
use std::io::IsTerminal;
use std::path::Path;
use tokio::sync::mpsc;

/// How to apply.
#[allow(clippy::struct_excessive_bools)]
pub struct How {
    pub yes: bool,
    pub json: bool,
    pub digest: Option<String>,
    pub prove: bool,
    pub no_prove: bool,
}

/// Plans, asks, applies and proves.
pub async fn apply(global: &Global, path: &Path, how: How) -> u8 {
    let prove = match (how.prove, how.no_prove) {
        (true, _) => Prove::Again,
        (_, true) => Prove::Never,
        _ => Prove::Needed,
    };
    let made = match make(global, path, prove, how.json, true).await {
        Ok(made) => made,
        Err(code) => return code,
    };
    let code = go(global, &made, prove, &how).await;
    made.opened.save();
    code
}

async fn go(global: &Global, made: &Made, prove: Prove, how: &How) -> u8 {
    if let Some(digest) = &how.digest
        && *digest != made.plan.digest
    {
        let trouble = Trouble::new(TroubleKind::Refused, format!("the plan is {}, not {digest}", made.plan.digest))
            .why("the answers differ from those that were reviewed")
            .todo("Review the plan again: lifeboat plan --answers FILE");
        return commands::refuse(&trouble, how.json);
    }
    let conflicts = made.plan.conflicts();
    if !conflicts.is_empty() {
        output::warn(&crate::plain::conflicts(&conflicts));
        if how.json {
            output::json(&made.plan.to_json());
        }
        return 2;
    }
    let changes = made.plan.changes.iter().any(|change| !change.ops.is_empty());
    if let Err(trouble) = begin::may_change(global, &made.plan) {
        return commands::refuse(&trouble, how.json);
    }
    let mut caller = made.gathered.facts.caller.clone();
    if changes && !how.yes {
        match consent(made, how.json) {
            Some(true) => {}
            Some(false) => {
                output::warn("Nothing was changed.");
                return 130;
            }
            None => return 2,
        }
        // E12: they may be others by the time of the answer.
        caller = match made.opened.world.aws.caller().await {
            Ok(caller) => caller,
            Err(trouble) => return commands::refuse(&trouble, how.json),
        };
    }
    let facts = &made.gathered.facts;
    let run = begin::Run {
        answers: &made.answers,
        plan: &made.plan,
        caller: &caller,
        sites: made.gathered.sites.clone(),
        key: facts.key.as_ref().map(|key| (key.key.arn.clone(), key.key.id.clone())),
        helm: made.helm.clone(),
    };
    let (context, events) = match begin::begin(&made.opened, run).await {
        Ok(begun) => begun,
        Err(trouble) => return commands::refuse(&trouble, how.json),
    };
    signals::watch(context.stop.clone());
    if !how.json {
        output::say(&format!("Run {}", context.run));
    }
    let printer = tokio::spawn(print(events, how.json));
    let finish = crate::engine::apply(&context, &made.plan, prove).await;
    let journal = context.journal.path().to_path_buf();
    drop(context);
    let _ = printer.await;
    end(&finish, how.json, &journal, false);
    finish.exit
}

/// Asks; `None` when there is nobody to ask.
fn consent(made: &Made, json: bool) -> Option<bool> {
    if json || !std::io::stdin().is_terminal() {
        output::warn("There is no terminal to ask on, and the plan changes something: give --yes.");
        return None;
    }
    output::say(crate::plain::plan(&made.plan).trim_end());
    let names = &made.plan.names;
    let question = format!("Apply this to {} in {} (account {})? [y/N]", names.cluster, names.region, names.account);
    let answer = output::ask(&question)?;
    Some(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// Prints events as they come.
pub async fn print(mut events: mpsc::UnboundedReceiver<Event>, json: bool) {
    let mut plain = crate::plain::Progress::default();
    while let Some(event) = events.recv().await {
        if json {
            output::json(&event);
        } else if let Some(line) = plain.line(&event) {
            output::say(&line);
        }
    }
}

/// Prints the last line.
pub fn end(finish: &Finish, json: bool, journal: &Path, undo: bool) {
    if json {
        output::json(finish);
    } else {
        output::say(crate::plain::finish(finish, journal, undo).trim_end());
    }
}

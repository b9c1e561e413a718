//! What can be done, and when: the one table's code half. Words and keys stand in `assets/keymap.toml`.

use super::form::{Form, Stop};
use super::model::{Load, Model};
use super::screens::{LiveTab, Seen};
use crate::domain::Shown;
use crate::plan::Action;
use crate::wizard::{FieldKind, StepId};
use serde::Deserialize;

macro_rules! commands {
    ($($name:ident),* $(,)?) => {
        /// What can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs)]
        pub enum Command { $($name),* }

        impl Command {
            /// All commands.
            pub const ALL: [Self; [$(stringify!($name)),*].len()] = [$(Self::$name),*];
        }
    };
}

commands! {
    Choose, Forward, PickOption, Apply, Stop, Retry, Skip, Undo, GoLive, Test, NextTab, PreviousTab, Filter, Follow,
    Read, See, NextDocument, Adopt, Leave, Edit, Copy, Save, Commands, Details, Refresh, ByHand, Context, Restore, Fold, Needs, Saved, Next, Back, Close,
    Up, Down, PageUp, PageDown, First, Last, ScrollLeft, ScrollRight, ToChanges, ToDocument, NextField,
    PreviousField, Help, Palette, Dismiss, History, Theme, Redraw, Suspend, SetUp, Resume, LookAround, Watch,
    StartAnew, GoToCluster, GoToTool, GoToIdentity, GoToStorage, GoToEncryption, GoToOptions, GoToReview, Quit,
}

impl Command {
    /// The step that a jump goes to.
    pub fn target(self) -> Option<StepId> {
        Some(match self {
            Self::GoToCluster => StepId::Cluster,
            Self::GoToTool => StepId::Tool,
            Self::GoToIdentity => StepId::Identity,
            Self::GoToStorage => StepId::Storage,
            Self::GoToEncryption => StepId::Encryption,
            Self::GoToOptions => StepId::Options,
            Self::GoToReview => StepId::Review,
            _ => return None,
        })
    }
}

/// Why a command cannot be used now.
pub type Reason = Shown;

fn no(why: &str) -> Result<(), Reason> {
    Err(Shown::new(why))
}

fn when(can: bool, why: &str) -> Result<(), Reason> {
    if can { Ok(()) } else { no(why) }
}

/// Whether a command can be used now, and if not, why.
///
/// # Errors
/// The reason, as a sentence without a full stop.
pub fn available(model: &Model, command: Command) -> Result<(), Reason> {
    possible(model, command)?;
    let danger = super::info(command).is_some_and(|info| info.danger);
    when(!danger || !model.setup.read_only, "--read-only is given")
}

/// The same, whatever `--read-only` forbids.
fn possible(model: &Model, command: Command) -> Result<(), Reason> {
    let step = model.step();
    let here = |wanted: StepId| when(step == wanted, &format!("it belongs to {}", crate::wizard::step(wanted).title));
    match command {
        Command::Choose => when(
            !model.overlays.is_empty() || matches!(step, StepId::Welcome | StepId::Cluster),
            "there is nothing to choose from",
        ),
        Command::Forward | Command::Next => when(step.is_form(), "this step has no fields"),
        Command::PickOption => can_pick(model),
        Command::Apply => here(StepId::Review).and_then(|()| can_apply(model)),
        Command::Stop => here(StepId::Apply).and_then(|()| when(model.run.runs(), "nothing is running")),
        Command::Retry => here(StepId::Apply).and_then(|()| over(model)),
        Command::Skip => here(StepId::Apply).and_then(|()| can_skip(model)),
        Command::Undo => here(StepId::Apply).and_then(|()| can_undo(model)),
        Command::GoLive => here(StepId::Apply).and_then(|()| when(!model.run.runs(), "the run still goes on")),
        Command::Test => here(StepId::Live).and_then(|()| can_test(model)),
        Command::NextTab | Command::PreviousTab => here(StepId::Live),
        Command::Filter | Command::Follow => {
            here(StepId::Live).and_then(|()| when(model.live.tab == LiveTab::Log, "it belongs to the log"))
        }
        Command::Read => match step {
            StepId::Live => when(model.live.rows() > 0, "there is nothing to read"),
            StepId::Review => {
                when(super::screens::read_text(model).is_some(), "neither document nor difference is shown")
            }
            _ => no("there is nothing to read"),
        },
        Command::See | Command::Needs | Command::Commands | Command::ToDocument | Command::ToChanges => {
            here(StepId::Review).and_then(|()| planned(model))
        }
        Command::Saved => can_say_saved(model),
        Command::Fold => can_fold(model),
        Command::Save => here(StepId::Review).and_then(|()| planned(model)),
        Command::NextDocument => {
            here(StepId::Review).and_then(|()| when(model.review.count() > 1, "there is no other document"))
        }
        Command::ScrollLeft | Command::ScrollRight => {
            here(StepId::Review).and_then(|()| when(model.review.open_document().is_some(), "no document is shown"))
        }
        Command::Adopt | Command::Leave if step.is_form() => {
            when(matches!(Form::stop(model), Some(Stop::Audit(_))), "the focus is not on a line of the audit")
        }
        Command::Adopt => here(StepId::Review).and_then(|()| can_consent(model, "consent.adopt", "consent.leave")),
        Command::Leave => here(StepId::Review).and_then(|()| can_consent(model, "consent.leave", "consent.adopt")),
        Command::Edit => here(StepId::Review)
            .and_then(|()| when(model.review.gathered.here().is_some(), "the facts are not read yet")),
        Command::Copy => can_copy(model),
        Command::Details => here(StepId::Apply),
        Command::Refresh => when(
            matches!(step, StepId::Welcome | StepId::Cluster | StepId::Review | StepId::Live),
            "there is nothing to look at again",
        ),
        Command::ByHand | Command::Context => here(StepId::Cluster),
        Command::Restore => here(StepId::Cluster)
            .and_then(|()| when(!model.cluster.only_watch, "a cluster is chosen only to look at its backups"))
            .and_then(|()| when(model.cluster.under().is_some(), "no cluster is under the cursor")),
        Command::Back => can_back(model),
        Command::Close => when(!model.overlays.is_empty(), "nothing is open"),
        Command::NextField | Command::PreviousField => {
            when(step.is_form() || !model.overlays.is_empty(), "this step has no fields")
        }
        Command::Dismiss => when(!model.toasts.shown.is_empty(), "there is no message"),
        Command::History => when(!model.toasts.history.is_empty(), "there were no messages"),
        Command::Resume => when(matches!(model.setup.draft, Some(Ok(_))), "there is no draft"),
        Command::StartAnew => when(model.keeps() && !model.run.runs(), "there is no draft"),
        Command::LookAround => when(model.setup.demo.is_none(), "this is the demo"),
        Command::SetUp | Command::Watch => when(!model.run.runs(), "a run goes on"),
        Command::Up
        | Command::Down
        | Command::PageUp
        | Command::PageDown
        | Command::First
        | Command::Last
        | Command::Help
        | Command::Palette
        | Command::Theme
        | Command::Redraw
        | Command::Suspend
        | Command::Quit => Ok(()),
        jump => match jump.target() {
            Some(target) => can_jump(model, target),
            None => Ok(()),
        },
    }
}

/// Whether a visited step can be jumped to.
pub fn can_jump(model: &Model, target: StepId) -> Result<(), Reason> {
    if model.run.runs() {
        return no("a run goes on; stop it first");
    }
    match target {
        StepId::Apply => when(model.run.ticket.is_some(), "nothing was applied yet"),
        StepId::Live => {
            when(model.live.ticket.is_some() || model.draft.visited.contains(&target), "nothing is watched yet")
        }
        _ => when(model.draft.visited.contains(&target), "the steps before it come first"),
    }
}

fn can_back(model: &Model) -> Result<(), Reason> {
    if model.run.runs() {
        return no("a run goes on; stop it first");
    }
    when(model.step() != StepId::Welcome, "this is the first step")
}

fn planned(model: &Model) -> Result<(), Reason> {
    when(model.review.plan().is_some(), "the plan is not ready")
}

fn over(model: &Model) -> Result<(), Reason> {
    when(!model.run.runs() && model.run.ticket.is_some(), "the run still goes on").and_then(|()| {
        when(model.run.failed().is_some() || model.run.refused.is_some() || !whole(model), "nothing failed")
    })
}

fn whole(model: &Model) -> bool {
    model.run.finish.as_ref().is_some_and(|finish| finish.exit == 0)
}

fn can_apply(model: &Model) -> Result<(), Reason> {
    planned(model)?;
    let Some(plan) = model.review.plan() else { return no("the plan is not ready") };
    match plan.conflicts().len() {
        0 => {}
        1 => return no("1 conflict waits for your consent: o adopts it, x leaves it as it is"),
        count => return no(&format!("{count} conflicts wait for your consent: o adopts one, x leaves it as it is")),
    }
    match &model.machine {
        Load::Here(machine) if !machine.helm_trouble.is_empty() => Err(machine.helm_trouble.clone()),
        _ => Ok(()),
    }
}

/// Whether the focus is on something that can be chosen or turned.
fn can_pick(model: &Model) -> Result<(), Reason> {
    match Form::stop(model) {
        Some(Stop::Option(field, at)) if model.step().is_form() => match field.options.get(at) {
            Some(option) if !option.cannot.is_empty() => no(&option.cannot),
            _ => Ok(()),
        },
        Some(Stop::Flag(_) | Stop::Audit(_)) if model.step().is_form() => Ok(()),
        _ => no("the focus is not on an option"),
    }
}

/// Whether the row under the cursor is a group, or in one.
fn can_fold(model: &Model) -> Result<(), Reason> {
    let (rows, at) = match model.step() {
        StepId::Review => (model.review.rows(), model.review.cursor),
        StepId::Apply => (model.run.rows(), model.run.focus()),
        _ => return no("it belongs to Review and Apply"),
    };
    when(super::fold::group_at(&rows, at).is_some(), "nothing is folded here")
}

/// Whether there is a secret that has to be saved elsewhere: in the plan, or in the run that is over.
fn can_say_saved(model: &Model) -> Result<(), Reason> {
    let there = match model.step() {
        StepId::Review => model.review.plan().is_some_and(|plan| plan.change(super::screens::SECRET).is_some()),
        StepId::Apply => !model.run.runs() && model.run.lines.iter().any(|line| line.id == super::screens::SECRET),
        _ => false,
    };
    when(there, "there is no secret that has to be saved elsewhere")
}

fn can_skip(model: &Model) -> Result<(), Reason> {
    over(model)?;
    let Some(failed) = model.run.failed() else { return no("nothing failed") };
    when(crate::plan::can_skip(&failed.id), "the rest stands on this change")
}

fn can_undo(model: &Model) -> Result<(), Reason> {
    when(!model.run.runs(), "the run still goes on")?;
    when(model.run.id.is_some(), "nothing was changed")?;
    when(!model.run.undoing || !whole(model), "the run was taken back")
}

fn can_test(model: &Model) -> Result<(), Reason> {
    let ready = model.draft.answers().is_ok_and(|answers| {
        answers.cluster.name.as_str() == model.live.place.cluster
            && answers.cluster.region.to_string() == model.live.place.region
    });
    when(ready, "its answers are not known here; walk through the steps first")
}

fn can_consent(model: &Model, list: &str, other: &str) -> Result<(), Reason> {
    planned(model)?;
    if model.review.group().is_some() {
        return no("the changes are folded; space opens them");
    }
    let Some(change) = model.review.change() else { return no("no change is under the cursor") };
    let given = |list: &str| model.draft.list(list).contains(&change.id);
    when(change.action == Action::Conflict || given(list) || given(other), "only a conflict asks for consent")
}

fn can_copy(model: &Model) -> Result<(), Reason> {
    let something = match model.step() {
        _ if !model.overlays.is_empty() => true,
        StepId::Review => model.review.seen != Seen::Document || model.review.open_document().is_some(),
        StepId::Apply => !model.run.lines.is_empty(),
        StepId::Live => model.live.status.is_some() || !model.live.log.is_empty(),
        _ => false,
    };
    when(something, "there is nothing to copy")
}

/// Whether a stop of a choice is the chosen one.
pub fn is_chosen(model: &Model, field: &crate::wizard::Field, at: usize) -> bool {
    let Some(option) = field.options.get(at) else { return false };
    match field.kind {
        FieldKind::Many => model.draft.list(&field.path).contains(&option.value),
        _ => model.draft.value(&field.path) == option.value,
    }
}

//! Apply: the run, line by line.

use super::planning;
use crate::app::command::Command;
use crate::app::effect::{Effect, Task};
use crate::app::fold::{self, Fold, Row};
use crate::app::message::Ticket;
use crate::app::model::{Model, Owner};
use crate::app::toast::Level;
use crate::app::{act, confirm, walk};
use crate::domain::Shown;
use crate::domain::run::{Event, Finish, NOT_REACHED, Outcome, State};
use crate::plan::{Plan, Prove, is_proof};
use crate::ports::Trouble;
use crate::wizard::StepId;
use std::collections::BTreeSet;

/// How a change of the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// Its turn has not come.
    Open,
    /// What the run says of it.
    Is(State),
}

/// A change of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: Shown,
    /// What undo does with it.
    pub undo: Shown,
    /// How it is.
    pub state: LineState,
    /// What was last said of it.
    pub message: Shown,
    /// Seconds it took, or takes so far.
    pub seconds: f64,
    /// When it was last heard of, milliseconds since 1970.
    pub at: i64,
}

impl RunLine {
    /// Whether its turn came: one that a run's end left out was skipped without it.
    pub fn begun(&self) -> bool {
        match self.state {
            LineState::Open => false,
            LineState::Is(State::Skipped) => self.message.as_str() != NOT_REACHED,
            LineState::Is(_) => true,
        }
    }
}

/// The Apply screen.
#[derive(Debug, Clone, Default)]
pub struct RunScreen {
    /// The run that goes on.
    pub ticket: Option<Ticket>,
    /// Its id.
    pub id: Option<String>,
    /// The path of its journal.
    pub journal: Shown,
    /// The changes, in the plan's order.
    pub lines: Vec<RunLine>,
    /// Which of them belong together.
    pub(in crate::app) fold: Fold,
    /// When it began, milliseconds since 1970.
    pub began: i64,
    /// How it ended.
    pub finish: Option<Finish>,
    /// Why it could not begin.
    pub refused: Option<Trouble>,
    /// Whether it was asked to stop.
    pub stopping: bool,
    /// Whether it takes a run back.
    pub undoing: bool,
    /// All that was said, for the details.
    pub said: Vec<Event>,
    /// Whether the details are shown.
    pub details: bool,
    /// The row under the cursor; `None` follows the run.
    pub cursor: Option<usize>,
    /// The groups that were opened or closed.
    pub turned: BTreeSet<String>,
}

impl RunScreen {
    /// The screen of a run of this plan that begins now.
    pub fn begin(plan: &Plan, ticket: Ticket, now: i64) -> Self {
        let lines = plan.changes.iter().map(|change| RunLine {
            id: change.id.clone(),
            title: Shown::new(&change.title),
            undo: Shown::new(&change.undo),
            state: LineState::Open,
            message: Shown::default(),
            seconds: 0.0,
            at: now,
        });
        let fold = Fold::new(plan.changes.iter().map(|change| change.id.as_str()));
        Self { ticket: Some(ticket), lines: lines.collect(), fold, began: now, ..Self::default() }
    }

    /// Whether something is under way.
    pub fn runs(&self) -> bool {
        self.ticket.is_some() && self.finish.is_none() && self.refused.is_none()
    }

    /// Takes an event in.
    pub fn take(&mut self, event: Event, now: i64) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == event.change) {
            line.state = LineState::Is(event.state);
            line.message = Shown::new(&event.message);
            line.seconds = event.seconds;
            line.at = now;
        }
        self.said.push(event);
    }

    /// The changes that are done, of all: what was stopped, failed or not reached is not.
    pub fn progress(&self) -> (usize, usize) {
        let whole = self.finish.as_ref().is_none_or(|finish| finish.exit == 0);
        let done = |line: &&RunLine| match line.state {
            LineState::Open | LineState::Is(State::Started | State::Waiting | State::Failed | State::Unknown) => false,
            LineState::Is(State::Skipped) => whole,
            LineState::Is(_) => true,
        };
        (self.lines.iter().filter(done).count(), self.lines.len())
    }

    /// The line that failed, or of which nothing is known.
    pub fn failed(&self) -> Option<&RunLine> {
        self.lines.iter().find(|line| matches!(line.state, LineState::Is(State::Failed | State::Unknown)))
    }

    /// The rows: lines, and groups of them. What failed is always in sight.
    pub fn rows(&self) -> Vec<Row> {
        let bad = |line: &RunLine| matches!(line.state, LineState::Is(State::Failed | State::Unknown));
        self.fold.rows(&self.turned, |at| self.lines.get(at).is_some_and(bad))
    }

    /// The row that is seen: the one under the cursor, else the first that goes on, else the last.
    pub fn focus(&self) -> usize {
        let rows = self.rows();
        let going = |line: &RunLine| {
            matches!(line.state, LineState::Is(State::Started | State::Waiting | State::Failed | State::Unknown))
        };
        let last = rows.len().saturating_sub(1);
        self.cursor
            .unwrap_or_else(|| {
                let going = self.lines.iter().position(going);
                let open = self.lines.iter().position(|line| line.state == LineState::Open);
                going.or(open).and_then(|at| fold::row_of(&rows, at)).unwrap_or(last)
            })
            .min(last)
    }

    /// The line that is seen; of a group the first that goes on, else its last.
    pub fn seen(&self) -> Option<&RunLine> {
        match self.rows().get(self.focus())? {
            Row::One { at, .. } => self.lines.get(*at),
            Row::Group(group) => {
                let lines = || group.members.iter().filter_map(|at| self.lines.get(*at));
                let going = |line: &&RunLine| matches!(line.state, LineState::Is(State::Started | State::Waiting));
                lines().find(going).or_else(|| lines().next_back())
            }
        }
    }
}

/// Opens the group under the cursor, or closes the one that it stands in.
pub fn fold_run(model: &mut Model) {
    let rows = model.run.rows();
    let Some((at, group)) = fold::group_at(&rows, model.run.focus()) else { return };
    fold::turn(&mut model.run.turned, &group.key);
    model.run.cursor = Some(at);
}

/// Whether a change of the run was made by it.
pub fn changed(line: &RunLine) -> bool {
    matches!(line.state, LineState::Is(State::Done | State::Unknown | State::Failed))
}

/// A command of Apply.
pub fn run(model: &mut Model, command: Command, out: &mut Vec<Effect>) {
    match command {
        Command::Stop => {
            if let Some(ticket) = model.run.ticket
                && !model.run.stopping
            {
                model.run.stopping = true;
                out.push(Effect::Stop(ticket));
            }
        }
        Command::Retry => planning::again(model, Prove::Needed, out),
        Command::Skip => skip(model, out),
        Command::Undo => {
            let question = confirm::undo(model);
            act::ask(model, question);
        }
        Command::GoLive => {
            let place = model.place();
            if model.live.place != place {
                model.live = super::LiveScreen::of(place);
            }
            walk::go(model, StepId::Live, out);
        }
        Command::Details => model.run.details = !model.run.details,
        _ => {}
    }
}

/// Goes on without the change that failed: a proof is left out, a hardening is declined.
fn skip(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(id) = model.run.failed().map(|line| line.id.clone()) else { return };
    if is_proof(&id) {
        return planning::again(model, Prove::Never, out);
    }
    if !model.draft.list("consent.leave").contains(&id) {
        planning::consent(model, "consent.leave", &id);
    }
    planning::again(model, Prove::Needed, out);
}

/// Takes the run back.
pub fn begin_undo(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(id) = model.run.id.clone() else { return };
    model.toasts.shown.clear();
    let ticket = model.ticket(Owner::Run);
    model.run.ticket = Some(ticket);
    model.run.finish = None;
    model.run.refused = None;
    model.run.stopping = false;
    model.run.undoing = true;
    for line in model.run.lines.iter_mut().filter(|line| changed(line)) {
        line.state = LineState::Open;
        line.message = Shown::default();
    }
    model.run.cursor = None;
    model.run.began = model.now;
    out.push(Effect::Start(ticket, Box::new(Task::Undo(id))));
}

/// The run has ended.
pub fn finished(model: &mut Model, finish: Finish, out: &mut Vec<Effect>) {
    let level = match finish.outcome {
        _ if finish.exit == 0 => Level::Good,
        // The user's own wish is no error.
        Outcome::Stopped => Level::Warning,
        _ => Level::Error,
    };
    model.say(level, ended(&finish));
    if model.run.undoing && finish.exit == 0 {
        // A proof leaves nothing behind that would have to go.
        for line in model.run.lines.iter_mut().filter(|line| line.state == LineState::Open) {
            line.state = LineState::Is(State::Kept);
            line.message = Shown::new("nothing to take back");
        }
    }
    model.run.finish = Some(finish);
    model.run.stopping = false;
    out.push(Effect::Bell);
    if model.quit_after_run {
        let code = model.run.finish.as_ref().map_or(0, |finish| finish.exit);
        act::quit(model, code, out);
    }
}

/// The run could not begin.
pub fn refused(model: &mut Model, trouble: Trouble, out: &mut Vec<Effect>) {
    model.trouble(&trouble);
    model.run.refused = Some(trouble);
    model.run.stopping = false;
    if model.quit_after_run {
        act::quit(model, 1, out);
    }
}

/// How a run ended, in a sentence.
pub fn ended(finish: &Finish) -> String {
    let list = |words: &[String]| words.join(", ");
    match finish.outcome {
        Outcome::Verified => format!("Verified: {} proven.", list(&finish.proven)),
        Outcome::Applied => format!("Applied. Not proven: {}.", list(&finish.not_proven)),
        Outcome::Stopped => "Stopped: what was made stays; the rest was not begun.".to_owned(),
        Outcome::Failed => "Failed: see the change that is marked.".to_owned(),
        Outcome::Undone if finish.exit == 0 => "Taken back.".to_owned(),
        Outcome::Undone => "Taken back in part: some of it was left.".to_owned(),
    }
}

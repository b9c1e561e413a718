//! Apply: the run, line by line.

use crate::app::message::Ticket;
use crate::domain::Shown;
use crate::domain::run::{Event, Finish, State};
use crate::plan::Plan;
use crate::ports::Trouble;

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
    /// The line under the cursor; `None` follows the run.
    pub cursor: Option<usize>,
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
        Self { ticket: Some(ticket), lines: lines.collect(), began: now, ..Self::default() }
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

    /// The changes that are over, of all.
    pub fn progress(&self) -> (usize, usize) {
        let over =
            |line: &&RunLine| !matches!(line.state, LineState::Open | LineState::Is(State::Started | State::Waiting));
        (self.lines.iter().filter(over).count(), self.lines.len())
    }

    /// The line that failed, or of which nothing is known.
    pub fn failed(&self) -> Option<&RunLine> {
        self.lines.iter().find(|line| matches!(line.state, LineState::Is(State::Failed | State::Unknown)))
    }

    /// The line that is seen: the one under the cursor, else the first that goes on, else the last.
    pub fn focus(&self) -> usize {
        let going = |line: &RunLine| {
            matches!(line.state, LineState::Is(State::Started | State::Waiting | State::Failed | State::Unknown))
        };
        let last = self.lines.len().saturating_sub(1);
        self.cursor
            .unwrap_or_else(|| {
                let going = self.lines.iter().position(going);
                let open = self.lines.iter().position(|line| line.state == LineState::Open);
                going.or(open).unwrap_or(last)
            })
            .min(last)
    }
}

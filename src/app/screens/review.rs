//! Review: the changes, their documents, and the consent.

use super::planning;
use crate::app::command::Command;
use crate::app::effect::Effect;
use crate::app::fold::{self, Fold, Group, Row};
use crate::app::message::Gathered;
use crate::app::model::{Load, Model};
use crate::app::{act, confirm};
use crate::domain::preflight::PreflightLine;
use crate::plan::answers::Problems;
use crate::plan::{Action, Change, Document, Plan, Prove};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which half has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Pane {
    #[default]
    Changes,
    Document,
}

/// The documents of the whole, in the order in which they are seen.
const WHOLE: [&str; 3] = ["commands.sh", "operator-policy.json", "images.txt"];

/// What is seen of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seen {
    /// Why, risk, undo, what it needs, reasons.
    #[default]
    Why,
    /// A document.
    Document,
    /// The lines that differ from what exists.
    Diff,
    /// The whole as commands.
    Commands,
}

/// The Review screen.
#[derive(Debug, Clone, Default)]
pub struct ReviewScreen {
    /// The facts, and the answers they were read for.
    pub gathered: Load<Arc<Gathered>>,
    /// The answers file that the facts were read for.
    pub of: String,
    /// The plan, or what the account refutes; [`ReviewScreen::show`] puts it here.
    pub plan: Option<Arc<Result<Plan, Problems>>>,
    /// Which of its changes belong together.
    pub(in crate::app) fold: Fold,
    /// What is proven by it.
    pub prove: Prove,
    /// Whether what it does may be done.
    pub preflight: Load<Vec<PreflightLine>>,
    /// Whether the run starts as soon as the plan is there and nothing is to be asked (retry, test).
    pub go_on: bool,
    /// The row under the cursor.
    pub cursor: usize,
    /// The groups that were opened or closed.
    pub turned: BTreeSet<String>,
    /// Which half has the focus.
    pub pane: Pane,
    /// What is seen of the change.
    pub seen: Seen,
    /// Which of its documents.
    pub document: usize,
    /// The first line that is shown of it.
    pub scroll: usize,
    /// The first column.
    pub shift: usize,
}

impl ReviewScreen {
    /// The plan, where there is one.
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref().and_then(|plan| plan.as_ref().ok())
    }

    /// Shows a plan, or what the account refutes.
    pub fn show(&mut self, plan: Result<Plan, Problems>) {
        let changes = plan.as_ref().map_or(&[][..], |plan| &plan.changes);
        self.fold = Fold::new(changes.iter().map(|change| change.id.as_str()));
        self.plan = Some(Arc::new(plan));
    }

    /// The rows of the list: changes, and groups of them. A conflict is always in sight.
    pub fn rows(&self) -> Vec<Row> {
        let Some(plan) = self.plan() else { return Vec::new() };
        let waits = |at: usize| plan.changes.get(at).is_some_and(|change| change.action == Action::Conflict);
        self.fold.rows(&self.turned, waits)
    }

    /// The change under the cursor; none where that is a group.
    pub fn change(&self) -> Option<&Change> {
        match self.rows().get(self.cursor)? {
            Row::One { at, .. } => self.plan()?.changes.get(*at),
            Row::Group(_) => None,
        }
    }

    /// The group under the cursor.
    pub fn group(&self) -> Option<Group> {
        match self.rows().into_iter().nth(self.cursor)? {
            Row::One { .. } => None,
            Row::Group(group) => Some(group),
        }
    }

    /// The documents of the change under the cursor.
    pub fn documents(&self) -> Vec<&Document> {
        let (Some(plan), Some(change)) = (self.plan(), self.change()) else { return Vec::new() };
        change.documents.iter().filter_map(|path| plan.document(path)).collect()
    }

    /// The paths of the whole plan's documents: the commands, what the operator needs, the images.
    pub fn whole(&self) -> Vec<&'static str> {
        let Some(plan) = self.plan() else { return Vec::new() };
        WHOLE.into_iter().filter(|path| plan.paths().any(|there| there == *path)).collect()
    }

    /// How many documents there are where one is seen.
    pub fn count(&self) -> usize {
        if self.seen == Seen::Commands { self.whole().len() } else { self.documents().len() }
    }

    /// The document that is seen: one of the change's, or one of the whole.
    pub fn open_document(&self) -> Option<&Document> {
        match self.seen {
            Seen::Document => self.documents().get(self.document).copied(),
            Seen::Commands => self.plan()?.document(self.whole().get(self.document)?),
            Seen::Why | Seen::Diff => None,
        }
    }
}

/// What is seen next: why, document, difference, commands; those that there are.
fn next_seen(screen: &ReviewScreen) -> Seen {
    let can = |seen: Seen| match seen {
        Seen::Why | Seen::Commands => true,
        Seen::Document => !screen.documents().is_empty(),
        Seen::Diff => screen.change().is_some_and(|change| !change.diff.is_empty()),
    };
    let order = [Seen::Why, Seen::Document, Seen::Diff, Seen::Commands];
    let at = order.iter().position(|seen| *seen == screen.seen).map_or(0, |at| at + 1);
    (0..order.len())
        .filter_map(|by| order.get((at + by) % order.len()))
        .copied()
        .find(|seen| can(*seen))
        .unwrap_or_default()
}

/// Opens the group under the cursor, or closes the one that it stands in.
pub fn fold_review(model: &mut Model) {
    let rows = model.review.rows();
    let Some((at, group)) = fold::group_at(&rows, model.review.cursor) else { return };
    fold::turn(&mut model.review.turned, &group.key);
    planning::put_cursor(model, at);
}

/// Whether the document has no room beside or below the list.
fn hidden(model: &Model) -> bool {
    let (_, document) = crate::app::layout::panes(model);
    document.w == 0 || document.h == 0
}

/// A command of Review.
pub fn review(model: &mut Model, command: Command, out: &mut Vec<Effect>) {
    match command {
        Command::Apply => {
            if let Some(plan) = model.review.plan() {
                let question = confirm::apply(plan);
                act::ask(model, question);
            }
        }
        // Where there is room for one half alone, the other comes into sight first.
        Command::See if hidden(model) => model.review.pane = Pane::Document,
        Command::See => {
            let seen = next_seen(&model.review);
            planning::see(model, seen);
        }
        Command::Commands => {
            if hidden(model) {
                model.review.pane = Pane::Document;
            }
            planning::see(model, Seen::Commands);
        }
        Command::NextDocument => {
            let count = model.review.count().max(1);
            if model.review.seen != Seen::Commands {
                model.review.seen = Seen::Document;
            }
            model.review.document = (model.review.document + 1) % count;
            model.review.scroll = 0;
        }
        Command::Adopt => adopt(model),
        Command::Leave => {
            if let Some(id) = model.review.change().map(|change| change.id.clone()) {
                planning::consent(model, "consent.leave", &id);
            }
        }
        Command::Edit => planning::edit_values(model, out),
        Command::ScrollLeft => model.review.shift = model.review.shift.saturating_sub(8),
        Command::ScrollRight => model.review.shift = (model.review.shift + 8).min(4_000),
        Command::ToChanges => model.review.pane = Pane::Changes,
        Command::ToDocument => model.review.pane = Pane::Document,
        _ => {}
    }
}

/// Asks before something is taken over; taking the consent back asks nothing.
fn adopt(model: &mut Model) {
    let (Some(plan), Some(change)) = (model.review.plan(), model.review.change()) else { return };
    let id = change.id.clone();
    if model.draft.list("consent.adopt").contains(&id) {
        return planning::consent(model, "consent.adopt", &id);
    }
    let question = confirm::adopt(plan, change);
    act::ask(model, question);
}

/// Moves the cursor among the changes, or scrolls the document.
pub fn step_review(model: &mut Model, by: isize) {
    if model.review.pane == Pane::Document {
        let lines = model.review.open_document().map_or(400, |document| document.text.lines().count());
        let scroll = model.review.scroll.saturating_add_signed(by);
        model.review.scroll = scroll.min(lines.saturating_sub(1));
    } else {
        let place = model.review.cursor.saturating_add_signed(by);
        planning::put_cursor(model, place);
    }
}

//! Review: the changes, their documents, and the consent.

use crate::app::message::{Gathered, Ticket};
use crate::app::model::Load;
use crate::plan::answers::Problems;
use crate::plan::{Change, Document, Plan, Prove};
use std::sync::Arc;

/// Which half has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Pane {
    #[default]
    Changes,
    Document,
}

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
    /// The reading that is under way.
    pub ticket: Option<Ticket>,
    /// The plan, or what the account refutes.
    pub plan: Option<Arc<Result<Plan, Problems>>>,
    /// What is proven by it.
    pub prove: Prove,
    /// Whether the run starts as soon as the plan is there and nothing is to be asked (retry, test).
    pub go_on: bool,
    /// The change under the cursor.
    pub cursor: usize,
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

    /// The change under the cursor.
    pub fn change(&self) -> Option<&Change> {
        self.plan().and_then(|plan| plan.changes.get(self.cursor))
    }

    /// The documents of the change under the cursor.
    pub fn documents(&self) -> Vec<&Document> {
        let (Some(plan), Some(change)) = (self.plan(), self.change()) else { return Vec::new() };
        change.documents.iter().filter_map(|path| plan.documents.iter().find(|it| it.path == *path)).collect()
    }

    /// The document that is seen: one of the change's, or the commands of the whole.
    pub fn open_document(&self) -> Option<&Document> {
        match self.seen {
            Seen::Document => self.documents().get(self.document).copied(),
            Seen::Commands => self.plan()?.documents.iter().find(|document| document.path == "commands.sh"),
            Seen::Why | Seen::Diff => None,
        }
    }
}

//! Answers and facts make a plan: pure, and the same for the same input.

mod account;
pub mod answers;
mod carried;
mod change;
mod cluster;
mod commands;
mod digest;
mod document;
mod export;
mod facts;
mod op;
mod operator;
mod order;
mod proof;
mod scope;
mod statements;
mod velero;

pub use crate::domain::status::rolled_out;
pub use account::alias_of;
pub use carried::{carries, carries_pod_identity, pods_without_pod_identity, stale_pods};
pub use change::{Action, Change, ChangeKind, Consent, Risk, can_skip};
pub use document::{Document, diff};
pub use facts::{BucketFacts, Facts, KeyFacts, KubeFacts, Password, RoleFacts};
pub use op::{CanaryOp, KNOWN_AFTER_APPLY, ObjectKind, Op, ReleaseOp, SettingName, TokenProof};
pub use proof::{Prove, record_name};
pub use scope::Names;
pub use velero::{IDENTITY_ANNOTATION, REPOSITORY_SECRET, deployment_name, public_password, reasons};

use answers::{Answers, Problems};
use serde::Serialize;

/// What would be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// `sha256:` and 64 hex, over what is desired only (contract, Plan).
    pub digest: String,
    /// Where.
    pub target: Target,
    /// The changes, in an order in which each comes after what it needs.
    pub changes: Vec<Change>,
    /// What to know before applying.
    pub notes: Vec<String>,
    /// The documents of the changes and of the whole.
    pub documents: Vec<Document>,
    /// The names that the plan works with.
    pub names: Names,
}

/// The account and cluster of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// The cluster's region.
    pub region: String,
    /// The cluster's name.
    pub cluster: String,
}

impl Plan {
    /// The change of an id.
    pub fn change(&self, id: &str) -> Option<&Change> {
        self.changes.iter().find(|change| change.id == id)
    }

    /// Whether any change waits for consent.
    pub fn conflicts(&self) -> Vec<&Change> {
        self.changes.iter().filter(|change| change.action == Action::Conflict).collect()
    }

    /// Whether nothing is to be done.
    pub fn all_keep(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::Keep)
    }
}

/// Makes the plan.
///
/// # Errors
/// What the account or the cluster refutes in the answers, all of it together.
pub fn plan(answers: &Answers, facts: &Facts, prove: Prove) -> Result<Plan, Problems> {
    let scope = scope::Scope::new(answers, facts)?;
    let mut draft = Draft::default();
    account::provider(&scope, &mut draft);
    account::bucket(&scope, &mut draft);
    account::key(&scope, &mut draft);
    account::settings(&scope, &mut draft);
    account::role(&scope, &mut draft);
    velero::permissions(&scope, &mut draft);
    cluster::namespace(&scope, &mut draft);
    cluster::service_account(&scope, &mut draft);
    cluster::password(&scope, &mut draft);
    proof::token(&scope, &mut draft);
    velero::release(&scope, &mut draft);
    velero::location(&scope, &mut draft);
    velero::schedule(&scope, &mut draft);
    proof::restart(&scope, &mut draft);
    proof::healthy(&scope, &mut draft);
    proof::canary(&scope, &mut draft);
    if !draft.problems.0.is_empty() {
        return Err(draft.problems);
    }
    let digest = digest::of(&scope, &draft.changes);
    proof::settle(&scope, &mut draft, &digest, prove);
    let changes = order::sorted(draft.changes);
    let mut plan = Plan {
        digest,
        target: scope.target(),
        changes,
        notes: draft.notes,
        documents: draft.documents,
        names: scope.names,
    };
    export::add_whole_documents(&mut plan);
    Ok(plan)
}

/// The plan while it is being made.
#[derive(Default)]
struct Draft {
    changes: Vec<Change>,
    notes: Vec<String>,
    documents: Vec<Document>,
    problems: Problems,
}

impl Draft {
    fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn document(&mut self, path: &str, text: impl Into<String>) {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.documents.push(Document { path: path.to_owned(), text });
    }
}

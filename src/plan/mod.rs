//! Answers and facts make a plan: pure, and the same for the same input.

mod account;
pub mod answers;
mod change;
mod cluster;
mod commands;
mod digest;
mod document;
mod export;
mod facts;
mod install;
mod names;
mod op;
mod operator;
mod operator_rbac;
mod order;
mod pod_identity;
mod proof;
mod rancher;
mod room;
mod root;
mod scope;
mod spaces;
mod statements;
mod velero;

pub use crate::domain::injected::{carries, carries_pod_identity, pods_without_pod_identity, stale, stale_pods};
pub use crate::domain::status::rolled_out;
pub use account::{alias_of, audit, reasons};
pub use change::{Action, Change, ChangeKind, Consent, Risk, base, can_skip, is_proof};
pub use cluster::owner::{Owner, Repository, is_saved, owner};
pub use document::{Document, diff};
pub use facts::{
    AgentlessNodes, AutoMode, BucketFacts, EncryptionSecret, Facts, KeyFacts, KubeFacts, Password, PodIdentityFacts,
    RancherFacts, RoleFacts, SiteFacts, SpaceFacts,
};
pub use install::{Found, Place, Way};
pub use names::Names;
pub use op::{
    CanaryOp, Cover, ElsewhereOp, KNOWN_AFTER_APPLY, ObjectKind, Op, RancherCanaryOp, RancherHealth, ReleaseOp,
    SettingName, SpaceCanaryOp, TokenProof, VolumeOp,
};
pub use operator_rbac::{Right, rights};
pub use pod_identity::AGENT;
pub use proof::{Prove, is_shown, provers, record_name};
pub use rancher::{ENCRYPTION_KEY, ENCRYPTION_SECRET, RANCHER_BACKUP, deployed, older, records};
pub use room::{EBS, SNAPSHOT_LABEL, Seen, StorageClass, VolumeFacts, is_auto, is_fargate, is_windows};
pub use spaces::CHART as SPACES_CHART;
pub use velero::{IDENTITY_ANNOTATION, REPOSITORY_SECRET, covers, deployment_name, public_password};

use crate::domain::Tool;
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
    /// The documents of the changes.
    parts: Vec<Document>,
    /// Those of the whole plan.
    whole: export::Whole,
    /// The names that the plan works with in the cluster that is backed up.
    pub names: Names,
    /// The names of every cluster, the one that is backed up first; a change's `site` is the place in it.
    pub sites: Vec<Names>,
    /// What has to be shown for the outcome *verified*, in the order in which it is told.
    pub must: Vec<String>,
    /// What no proof of the plan shows.
    pub beyond: Vec<String>,
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

impl Target {
    fn of(names: &Names) -> Self {
        Self {
            partition: names.partition.clone(),
            account: names.account.clone(),
            region: names.region.clone(),
            cluster: names.cluster.clone(),
        }
    }
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
    let scopes = scope::Scope::all(answers, facts)?;
    let Some(first) = scopes.first() else { return Err(Problems::default()) };
    let mut draft = Draft::default();
    for scope in &scopes {
        account::provider(scope, &mut draft);
        pod_identity::plan(scope, &mut draft);
    }
    account::bucket(first, &mut draft);
    account::observe(first, &mut draft);
    account::check_key(&scopes, &mut draft);
    account::key(first, &mut draft);
    account::settings(first, &mut draft);
    account::roles(&scopes, &mut draft);
    for scope in &scopes {
        match answers.tool {
            Tool::Velero => velero::plan(scope, &mut draft),
            Tool::RancherBackup => rancher::plan(scope, &mut draft),
            Tool::UpboundSpaces => spaces::plan(scope, &mut draft),
        }
    }
    cluster::repository::settle(&scopes, &mut draft);
    if !draft.problems.0.is_empty() {
        return Err(draft.problems);
    }
    let digest = digest::of(first, &draft.changes);
    proof::settle(&scopes, &mut draft, &digest, prove);
    root::ask(first, &mut draft);
    let changes = order::sorted(draft.changes);
    let sites: Vec<Names> = scopes.into_iter().map(|scope| scope.names).collect();
    Ok(Plan {
        digest,
        target: Target::of(&sites[0]),
        changes,
        notes: draft.notes,
        parts: draft.documents,
        whole: export::Whole::of(&sites),
        names: sites[0].clone(),
        sites,
        must: draft.must,
        beyond: draft.beyond,
    })
}

/// The plan while it is being made.
#[derive(Default)]
struct Draft {
    changes: Vec<Change>,
    notes: Vec<String>,
    documents: Vec<Document>,
    problems: Problems,
    must: Vec<String>,
    beyond: Vec<String>,
}

impl Draft {
    /// Adds a change; what it shows is needed for the outcome *verified*.
    fn push(&mut self, change: Change) {
        for word in &change.proves {
            self.must(word);
        }
        self.changes.push(change);
    }

    /// Says that a word has to be shown for the outcome *verified*, whether a change of the plan shows it or not.
    fn must(&mut self, word: &str) {
        if !self.must.iter().any(|there| there == word) {
            self.must.push(word.to_owned());
        }
    }

    /// Says what no proof of the plan shows.
    fn beyond(&mut self, word: &str) {
        if !self.beyond.iter().any(|there| there == word) {
            self.beyond.push(word.to_owned());
        }
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

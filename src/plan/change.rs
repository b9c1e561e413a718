//! A change of the plan: what is to be, why, what it needs, how it is undone, and the calls that make it.

use super::Op;
use serde::Serialize;
use serde_json::Value;

/// What a change does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is not there and will be made.
    Create,
    /// It is there, is ours or adopted, and differs.
    Update,
    /// It is as it should be, or is left so by choice.
    Keep,
    /// It exists and is not ours; nothing happens before consent.
    Conflict,
}

impl Action {
    /// The word for it, as plan.json has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Keep => "keep",
            Self::Conflict => "conflict",
        }
    }
}

/// Where a change happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ChangeKind {
    Iam,
    S3,
    Kms,
    Eks,
    Kubernetes,
    Helm,
    Proof,
}

/// What could be hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Nothing that works now.
    None,
    /// Something of ours.
    Low,
    /// Something that others may rely on.
    High,
}

/// One change. Ids are the contract's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// `oidc-provider`, `bucket`, `role`, ...
    pub id: String,
    /// Where it happens.
    pub kind: ChangeKind,
    /// What it does.
    pub action: Action,
    /// One line, with the name of the thing.
    pub title: String,
    /// Why it is in the plan; for a conflict, what stands against it.
    pub why: String,
    /// What could be hurt.
    pub risk: Risk,
    /// What undo does with it.
    pub undo: String,
    /// Ids that come first.
    pub needs: Vec<String>,
    /// Paths of its documents (contract, `plan --out`).
    pub documents: Vec<String>,
    /// A line a difference, `+` added, `-` removed, where something is updated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<String>,
    /// The calls that make it, in order.
    #[serde(skip)]
    pub ops: Vec<Op>,
    /// What we desire, for the digest: independent of what is there.
    #[serde(skip)]
    pub desired: Value,
    /// Which cluster it is of: 0 the one that is backed up, then the restore clusters in the answers' order.
    #[serde(skip)]
    pub site: usize,
    /// What follows the id's first word: empty, or `:CLUSTER` of a restore cluster.
    #[serde(skip)]
    pub suffix: String,
    /// The words of [`Finish::proven`](crate::domain::run::Finish::proven) that it shows once it is done.
    #[serde(skip)]
    pub proves: Vec<String>,
    /// Words of the same kind that its ops show where the cluster lets them: *verified* does not wait for these.
    #[serde(skip)]
    pub shows: Vec<String>,
}

/// The first word of an id: what kind of change it is, whatever cluster, namespace or group it is of.
pub fn base(id: &str) -> &str {
    id.split(':').next().unwrap_or(id)
}

/// Between whose a conflict is and how an answers file agrees to it.
const UNTIL: &str = "; it is not touched until";

impl Change {
    /// A change with an id, a place and a title; it keeps until told otherwise.
    pub fn new(id: &str, kind: ChangeKind, title: impl Into<String>) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            action: Action::Keep,
            title: title.into(),
            why: String::new(),
            risk: Risk::Low,
            undo: String::new(),
            needs: Vec::new(),
            documents: Vec::new(),
            diff: Vec::new(),
            ops: Vec::new(),
            desired: Value::Null,
            site: 0,
            suffix: String::new(),
            proves: Vec::new(),
            shows: Vec::new(),
        }
    }

    /// Names what it shows once it is done; the words get the change's suffix.
    #[must_use]
    pub fn proves(mut self, words: &[&str]) -> Self {
        self.proves = words.iter().map(|word| format!("{word}{}", self.suffix)).collect();
        self
    }

    /// Of a conflict, whose it is, without how an answers file agrees to it; else why it is in the plan.
    pub fn whose(&self) -> &str {
        self.why.split(UNTIL).next().unwrap_or_default()
    }

    /// Whether its reason says more than its title: it is kept although something is to be done.
    pub fn tells_why(&self) -> bool {
        let reasons = ["left as it is", "not proven"];
        self.action == Action::Keep
            && (super::is_saved(&self.why) || reasons.iter().any(|reason| self.why.starts_with(reason)))
    }

    /// Says why.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Says what undo does.
    #[must_use]
    pub fn undo(mut self, undo: impl Into<String>) -> Self {
        self.undo = undo.into();
        self
    }

    /// Sets the risk.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }

    /// Names what comes first.
    #[must_use]
    pub fn needs(mut self, ids: &[&str]) -> Self {
        self.needs = ids.iter().map(|id| (*id).to_owned()).collect();
        self
    }

    /// Names a document.
    #[must_use]
    pub fn document(mut self, path: impl Into<String>) -> Self {
        self.documents.push(path.into());
        self
    }

    /// Says what is desired, for the digest.
    #[must_use]
    pub fn desired(mut self, desired: Value) -> Self {
        self.desired = desired;
        self
    }

    /// Makes it a create by these calls.
    #[must_use]
    pub fn create(mut self, ops: Vec<Op>) -> Self {
        self.action = Action::Create;
        self.ops = ops;
        self
    }

    /// Makes it an update by these calls, or a keep when there are none.
    #[must_use]
    pub fn update(mut self, ops: Vec<Op>, diff: Vec<String>) -> Self {
        self.action = if ops.is_empty() { Action::Keep } else { Action::Update };
        self.diff = if ops.is_empty() { Vec::new() } else { diff };
        self.ops = ops;
        self
    }

    /// Turns it into a conflict, whatever it would do: a question that consent answers.
    #[must_use]
    pub fn asked(mut self, whose: &str) -> Self {
        self.action = Action::Conflict;
        self.ops.clear();
        self.risk = Risk::High;
        self.why = format!(
            "{whose}{UNTIL} \"{}\" stands in consent.adopt (make the change) or consent.leave (do without it)",
            self.id
        );
        self
    }

    /// Turns it into a conflict that only `leave` settles: what is there could not be read, so it is not replaced.
    #[must_use]
    pub fn unread(mut self, why: &str) -> Self {
        self.action = Action::Conflict;
        self.ops.clear();
        self.diff.clear();
        self.risk = Risk::High;
        self.why = format!(
            "{why}, so what stands there is not known and is not replaced{UNTIL} it can be read, or \"{}\" stands in consent.leave",
            self.id
        );
        self
    }

    /// Turns a create or update of something that is not ours into a conflict, unless it was consented to
    /// (`adopt`), or into a keep when it was declined (`leave`).
    #[must_use]
    pub fn foreign(mut self, consent: Consent, whose: &str) -> Self {
        if self.action == Action::Keep {
            return self;
        }
        match consent {
            Consent::Adopt => {}
            Consent::Leave => {
                self.action = Action::Keep;
                self.ops.clear();
                self.why = format!("left as it is, as consent.leave says: {whose}");
            }
            Consent::None => return self.asked(whose),
        }
        self
    }
}

/// Changes that a set-up works without: hardening, and proofs.
const SKIPPABLE: [&str; 9] = [
    "bucket-ownership",
    "bucket-public-access",
    "bucket-tls",
    "bucket-versioning",
    "bucket-lifecycle",
    "kms-rotation",
    "bucket-object-lock",
    "token-proof",
    "canary",
];

/// Whether a run can go on without the change of this id, once it failed.
pub fn can_skip(id: &str) -> bool {
    SKIPPABLE.contains(&base(id))
}

/// Whether the change of this id proves something and changes nothing that lasts.
pub fn is_proof(id: &str) -> bool {
    matches!(base(id), "token-proof" | "canary")
}

/// What the answers say of a change to something that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nothing.
    None,
    /// Its id is in `consent.adopt`.
    Adopt,
    /// Its id is in `consent.leave`.
    Leave,
}

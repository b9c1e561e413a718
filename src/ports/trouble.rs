//! The one error of all ports: what happened, why, what to do.

use crate::domain::Shown;
use std::fmt;

/// The class of a trouble. What is retried, repaired or probed is decided by it, never by a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// No credentials, or expired or unknown ones.
    Credentials,
    /// The caller may not do it (403).
    Denied,
    /// It is not there (404). Reads answer `None` instead wherever absence is an ordinary answer.
    NotFound,
    /// It exists already and belongs to this account (409 `EntityAlreadyExists`, `BucketAlreadyOwnedByYou`, `AlreadyExists`).
    Exists,
    /// The name is taken by somebody else (`BucketAlreadyExists`, 403 of a foreign bucket).
    Taken,
    /// Another change is under way (409 `ConcurrentModification`, `OperationAborted`, helm's pending lock).
    Busy,
    /// Asked too often; the SDK's own retries are used up.
    Throttled,
    /// A quota is used up.
    Quota,
    /// The request was understood and refused as wrong.
    Invalid,
    /// The service failed (5xx).
    Server,
    /// The service could not be reached at all, so nothing was sent: DNS, connection refused, TLS.
    Network,
    /// It was sent and no answer came: whether it was done is unknown and has to be probed.
    Unanswered,
    /// An answer came that could not be understood.
    Unreadable,
    /// A program, file or part on this machine is missing or too old.
    Missing,
    /// A waited-for state did not come in time.
    Deadline,
    /// The user stopped it.
    Stopped,
    /// lifeboat itself refuses, by a rule that `why` names.
    Refused,
    /// The link of the identity chain named in `link` is broken.
    Broken,
}

impl TroubleKind {
    /// Whether it may be gone at the next try, whatever was asked: it says nothing of what was asked about.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Network | Self::Unanswered | Self::Throttled | Self::Server)
    }
}

/// One trouble, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The class.
    pub kind: TroubleKind,
    /// The call, as IAM names it (`iam:CreateRole`, `helm upgrade`, `kubernetes: get Secret`), or empty.
    pub call: String,
    /// What it was called on (ARN, bucket, `namespace/name`), or empty.
    pub resource: String,
    /// The service's own code (`AccessDenied`), or empty.
    pub code: String,
    /// The service's request id, or empty.
    pub request_id: String,
    /// The link of the contract's chain that this breaks (`trust`, `permissions`, ...), or empty.
    pub link: String,
    /// The command that is not run before the user consents to it (E05), or empty.
    pub consent: String,
    /// What happened, one sentence without a full stop.
    pub what: Shown,
    /// Why, as far as known; may be empty.
    pub why: Shown,
    /// What to do, or empty.
    pub todo: Shown,
}

impl Trouble {
    /// A trouble of `kind` with the sentence `what`.
    pub fn new(kind: TroubleKind, what: impl AsRef<str>) -> Self {
        Self {
            kind,
            call: String::new(),
            resource: String::new(),
            code: String::new(),
            request_id: String::new(),
            link: String::new(),
            consent: String::new(),
            what: Shown::new(what.as_ref()),
            why: Shown::default(),
            todo: Shown::default(),
        }
    }

    /// Adds the reason.
    #[must_use]
    pub fn why(mut self, why: impl AsRef<str>) -> Self {
        self.why = Shown::new(why.as_ref());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn todo(mut self, todo: impl AsRef<str>) -> Self {
        self.todo = Shown::new(todo.as_ref());
        self
    }

    /// Names the call and what it was called on.
    #[must_use]
    pub fn at(mut self, call: impl Into<String>, resource: impl Into<String>) -> Self {
        self.call = call.into();
        self.resource = resource.into();
        self
    }

    /// Adds the service's own code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    /// Adds the service's request id.
    #[must_use]
    pub fn request(mut self, id: impl Into<String>) -> Self {
        self.request_id = id.into();
        self
    }

    /// Names the broken link of the chain.
    #[must_use]
    pub fn link(mut self, link: impl Into<String>) -> Self {
        self.link = link.into();
        self
    }

    /// Names the command that waits for consent.
    #[must_use]
    pub fn consent(mut self, command: impl Into<String>) -> Self {
        self.consent = command.into();
        self
    }

    /// Whether the effect of the call is unknown and has to be probed before it is repeated.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, TroubleKind::Unanswered | TroubleKind::Unreadable)
    }
}

impl fmt::Display for Trouble {
    /// `what: why. todo` in one line, with the parts that are there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        if !self.todo.is_empty() {
            write!(f, ". {}", self.todo)?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

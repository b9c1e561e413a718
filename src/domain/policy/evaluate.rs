//! Whether a request is allowed, as IAM evaluates it: an explicit deny wins, then something has to allow.
//!
//! Identity policies, permissions boundary, bucket policy, key policy and trust policy; not session
//! policies, SCPs or RCPs. Tests and the demo world ask it; AWS itself stays the authority.

use super::condition::{Context, unmet};
use super::document::{Action, Document, Effect, Resource, Statement};
use super::pattern::{matches_arn, matches_folded};
use super::principal::{Reach, reach};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An IAM user or role: its ARN, the ARN of its session (equal for users), and its account.
    Identity {
        /// `arn:aws:iam::111122223333:role/backup`.
        arn: String,
        /// `arn:aws:sts::111122223333:assumed-role/backup/session`.
        session: String,
        /// Twelve digits.
        account: String,
    },
    /// A token of an OIDC provider, by the provider's ARN.
    Federated(String),
    /// An AWS service, `pods.eks.amazonaws.com`.
    Service(String),
    /// Nobody in particular.
    Anonymous,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// `s3:GetObject`.
    pub action: String,
    /// The ARN that it is asked on; `*` for actions without a resource.
    pub resource: String,
    /// The condition keys that are there, without regard to case.
    pub context: Context,
}

/// Which kind of policy a resource carries: each kind has its own rule of who has to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// A bucket's: beside identity policies, either is enough in one account.
    Bucket,
    /// A KMS key's: it must allow the caller, or delegate to its account's identity policies.
    Key,
    /// A role's trust: it must allow the caller, or delegate to its account's identity policies.
    Trust,
}

/// The policy that a resource carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePolicy {
    /// Its kind.
    pub kind: ResourceKind,
    /// The account that owns the resource.
    pub account: String,
    /// The document.
    pub document: Document,
}

/// The policies that count for a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The caller's own.
    pub identity: Vec<Document>,
    /// The caller's permissions boundary.
    pub boundary: Option<Document>,
    /// The resource's.
    pub resource: Option<ResourcePolicy>,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Allowed,
    /// It may not.
    Denied {
        /// Which policy stands in the way and why, one sentence without a full stop.
        because: String,
    },
}

impl Decision {
    /// Whether it may be done.
    pub fn is_allowed(&self) -> bool {
        *self == Self::Allowed
    }

    fn denied(because: impl Into<String>) -> Self {
        Self::Denied { because: because.into() }
    }
}

/// Decides a request.
pub fn evaluate(request: &Request, evidence: &Evidence) -> Decision {
    let identity = identity_word(request, &evidence.identity);
    let boundary = evidence.boundary.as_ref().map(|document| identity_word(request, std::slice::from_ref(document)));
    let resource = evidence.resource.as_ref().map(|policy| resource_word(request, policy));
    let denies = [("an identity policy", Some(&identity)), ("the permissions boundary", boundary.as_ref())];
    for (whose, word) in denies {
        if let Some(Word::Deny(sid)) = word {
            return Decision::denied(format!("explicit deny in {whose}{sid}"));
        }
    }
    if let Some(ResourceWord::Deny(sid)) = &resource {
        return Decision::denied(format!("explicit deny in the resource's policy{sid}"));
    }
    let bounded = match &boundary {
        Some(Word::Nothing(hint)) => Some(format!("the permissions boundary does not allow it{hint}")),
        _ => None,
    };
    let own = match (&identity, &bounded) {
        (Word::Allow, None) => Ok(()),
        (Word::Allow, Some(because)) => Err(because.clone()),
        (Word::Nothing(hint), _) => Err(format!("no identity policy allows it{hint}")),
        (Word::Deny(sid), _) => Err(format!("explicit deny{sid}")),
    };
    granted(request, evidence, own, bounded, resource)
}

/// Puts together what the caller's own policies and the resource's policy say, no deny being left.
fn granted(
    request: &Request,
    evidence: &Evidence,
    own: Result<(), String>,
    bounded: Option<String>,
    resource: Option<ResourceWord>,
) -> Decision {
    let Caller::Identity { account, .. } = &request.caller else {
        return match resource {
            Some(ResourceWord::Direct { .. }) => Decision::Allowed,
            Some(ResourceWord::Nothing(hint)) => {
                Decision::denied(format!("the resource's policy does not allow it{hint}"))
            }
            _ => Decision::denied("the caller has no policy of its own and the resource's does not allow it"),
        };
    };
    let (Some(policy), Some(word)) = (&evidence.resource, resource) else {
        return decided(own);
    };
    let same = policy.account == *account;
    match word {
        ResourceWord::Direct { by_role } if same => match bounded {
            // A grant to the role's ARN is still under the role's boundary; one to the session is not.
            Some(because) if by_role => Decision::denied(because),
            _ => Decision::Allowed,
        },
        ResourceWord::Direct { .. } | ResourceWord::Account => decided(own),
        ResourceWord::Nothing(_) if same && policy.kind == ResourceKind::Bucket => decided(own),
        ResourceWord::Nothing(hint) => {
            let whose = match policy.kind {
                ResourceKind::Bucket => "the bucket policy of the other account does not allow it",
                ResourceKind::Key => "the key policy neither allows the caller nor delegates to its account",
                ResourceKind::Trust => "the trust policy does not allow the caller",
            };
            Decision::denied(format!("{whose}{hint}"))
        }
        ResourceWord::Deny(sid) => Decision::denied(format!("explicit deny{sid}")),
    }
}

fn decided(own: Result<(), String>) -> Decision {
    match own {
        Ok(()) => Decision::Allowed,
        Err(because) => Decision::Denied { because },
    }
}

/// What the caller's documents say together; the texts name the statement, ready to be appended.
enum Word {
    Deny(String),
    Allow,
    Nothing(String),
}

/// What a resource's policy says: it may allow the caller itself, or leave it to the caller's account.
enum ResourceWord {
    Deny(String),
    Direct { by_role: bool },
    Account,
    Nothing(String),
}

fn identity_word(request: &Request, documents: &[Document]) -> Word {
    let (mut allowed, mut hint) = (false, String::new());
    for statement in documents.iter().flat_map(|document| &document.statements) {
        let resource =
            statement.resources.as_ref().is_some_and(|resource| reaches(resource, &request.resource, statement.effect));
        if !resource || !does(&statement.actions, &request.action) {
            continue;
        }
        match (unmet(statement, &request.context), statement.effect) {
            (None, Effect::Deny) => return Word::Deny(named(statement)),
            (None, Effect::Allow) => allowed = true,
            (Some(why), Effect::Allow) => hint = format!("{}: {why}", named(statement)),
            (Some(_), Effect::Deny) => {}
        }
    }
    if allowed { Word::Allow } else { Word::Nothing(hint) }
}

fn resource_word(request: &Request, policy: &ResourcePolicy) -> ResourceWord {
    let mut best = ResourceWord::Nothing(String::new());
    for statement in &policy.document.statements {
        let resource = match &statement.resources {
            Some(resource) => reaches(resource, &request.resource, statement.effect),
            None => policy.kind == ResourceKind::Trust,
        };
        if !resource || !does(&statement.actions, &request.action) {
            continue;
        }
        let Some(how_far) = statement.principals.as_ref().and_then(|whom| reach(whom, &request.caller)) else {
            continue;
        };
        match (unmet(statement, &request.context), statement.effect, how_far) {
            (None, Effect::Deny, _) => return ResourceWord::Deny(named(statement)),
            (None, Effect::Allow, Reach::Caller { by_role }) => {
                let before = matches!(best, ResourceWord::Direct { by_role: false });
                best = ResourceWord::Direct { by_role: by_role && !before };
            }
            (None, Effect::Allow, Reach::Account) if !matches!(best, ResourceWord::Direct { .. }) => {
                best = ResourceWord::Account;
            }
            (Some(why), Effect::Allow, _) if matches!(best, ResourceWord::Nothing(_)) => {
                best = ResourceWord::Nothing(format!("{}: {why}", named(statement)));
            }
            _ => {}
        }
    }
    best
}

fn named(statement: &Statement) -> String {
    if statement.sid.is_empty() { String::new() } else { format!(" (statement {})", statement.sid) }
}

/// Actions are compared without regard to case.
fn does(actions: &Action, action: &str) -> bool {
    match actions {
        Action::These(list) => list.iter().any(|pattern| matches_folded(pattern, action)),
        Action::Not(list) => !list.iter().any(|pattern| matches_folded(pattern, action)),
    }
}

/// Whether a statement is about a resource. A pattern with a policy variable is not understood and counts
/// against the request.
fn reaches(resource: &Resource, arn: &str, effect: Effect) -> bool {
    let hit = |pattern: &String, unknown: bool| {
        if pattern.contains("${") { unknown } else { pattern == "*" || matches_arn(pattern, arn) }
    };
    let deny = effect == Effect::Deny;
    match resource {
        Resource::These(list) => list.iter().any(|pattern| hit(pattern, deny)),
        Resource::Not(list) => !list.iter().any(|pattern| hit(pattern, !deny)),
    }
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;

//! IAM policy documents: reading them, merging ours into foreign ones, and what they allow.

mod condition;
mod document;
mod evaluate;
mod merge;
mod operator;
mod pattern;
mod pod_identity;
mod principal;
mod size;
mod spans;

pub use condition::{Context, unmet};
pub use document::{Action, Condition, Document, Effect, Principal, Principals, Resource, Statement};
pub use evaluate::{Caller, Decision, Evidence, PolicyKind, Request, ResourceKind, ResourcePolicy, evaluate};
pub use merge::{Merge, merge, remove};
pub use pattern::{matches, matches_arn, matches_folded};
pub use pod_identity::{POD_ACTIONS, PODS, PodSession, trusts_pod};
pub use size::{INLINE_QUOTA, KEY_QUOTA, MANAGED_QUOTA, TRUST_QUOTA, compact_len};
pub use spans::{Form, Member, Statements, statements};

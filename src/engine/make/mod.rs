//! Ops become calls. Each says what it did (`Made`), and how to find out when no answer came (`probe`).

mod account;
mod cluster;
mod node_agent;
mod pod_identity;
mod rancher;
mod release;
mod spaces;

pub(super) use rancher::ran;

use super::journal::Effect;
use super::{Context, proof};
use crate::plan::{KNOWN_AFTER_APPLY, Op};
use crate::ports::{Answer, Trouble, TroubleKind};
use std::collections::BTreeMap;
use std::time::Duration;

/// What an op did.
#[derive(Debug, Clone)]
pub struct Made {
    /// Created, updated, or nothing.
    pub effect: Effect,
    /// Ids that were given.
    pub ids: BTreeMap<String, String>,
    /// The ARN or name read back.
    pub message: String,
    /// The words that it has shown, beside those of its change.
    pub shown: Vec<String>,
}

impl Made {
    /// It did `effect`, on what `message` names.
    pub fn new(effect: Effect, message: impl Into<String>) -> Self {
        Self { effect, ids: BTreeMap::new(), message: message.into(), shown: Vec::new() }
    }

    /// Names what it has shown.
    #[must_use]
    pub fn shown(mut self, words: &[String]) -> Self {
        self.shown.extend_from_slice(words);
        self
    }

    /// Adds an id.
    #[must_use]
    pub fn id(mut self, name: &str, value: impl Into<String>) -> Self {
        self.ids.insert(name.to_owned(), value.into());
        self
    }
}

/// Makes one op of a change.
pub async fn make(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    match op {
        Op::CreateProvider { .. }
        | Op::AddAudience { .. }
        | Op::CreateRole { .. }
        | Op::PutTrust { .. }
        | Op::DescribeRole { .. }
        | Op::PutBoundary { .. }
        | Op::TagRole { .. }
        | Op::PutRolePolicy { .. }
        | Op::AttachPolicy { .. }
        | Op::CreateBucket { .. }
        | Op::PutSetting { .. }
        | Op::CreateKey { .. }
        | Op::CreateAlias { .. }
        | Op::Rotate { .. } => account::make(context, change, op).await,
        Op::CreateAddon { .. }
        | Op::AwaitAddon { .. }
        | Op::CreateAssociation { .. }
        | Op::UpdateAssociation { .. } => pod_identity::make(context, change, op).await,
        Op::CreateObject { .. }
        | Op::PatchObject { .. }
        | Op::EditWorkload { .. }
        | Op::Password { .. }
        | Op::CopyPassword { .. }
        | Op::Record { .. } => cluster::make(context, change, op).await,
        Op::Upgrade(release) => release::upgrade(context, change, release).await,
        Op::AwaitTypes { group } => rancher::types(context, change, group).await,
        Op::EncryptionSecret { namespace, name } => rancher::encryption_secret(context, namespace, name).await,
        Op::CopyEncryptionSecret { namespace, name, replace } => {
            rancher::copy_encryption_secret(context, namespace, name, *replace).await
        }
        Op::AwaitRancher(op) => rancher::healthy(context, change, op).await,
        Op::RancherCanary(op) => proof::rancher(context, change, op).await,
        Op::AwaitLocation { namespace, name } => release::location(context, change, namespace, name).await,
        Op::AwaitSchedule { namespace, name } => release::schedule(context, change, namespace, name).await,
        Op::Restart { namespace, service_account, role_arn } => {
            release::restart(context, change, namespace, service_account, role_arn).await
        }
        Op::AwaitHealthy { namespace, service_account, role_arn, location } => {
            release::healthy(context, change, namespace, service_account, role_arn, location).await
        }
        Op::AwaitAccount { namespace, name, role_arn } => {
            spaces::account(context, change, namespace, name, role_arn).await
        }
        Op::RestartController { namespace, role_arn } => spaces::restart(context, change, namespace, role_arn).await,
        Op::AwaitSpace { namespaces, role_arn } => spaces::healthy(context, change, namespaces, role_arn).await,
        Op::SpaceCanary(op) => proof::space_canary(context, change, op).await,
        Op::ProveToken(op) => proof::token(context, change, op).await,
        Op::Canary(op) => proof::canary(context, change, op).await,
        Op::ProveVolume(op) => proof::volume(context, change, op).await,
        Op::RestoreElsewhere(op) => proof::elsewhere(context, change, op).await,
    }
}

/// How often a call whose effect was unknown is repeated after a look.
const REPEATS: u64 = 3;

/// Makes one op; an answer that never came is probed before anything is repeated (security.md A12, A13).
pub async fn make_or_probe(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    let mut looked = 0;
    loop {
        let trouble = match make(context, change, op).await {
            Err(trouble) if unsure(op, &trouble, looked > 0) => trouble,
            other => return other,
        };
        context.say(change, super::State::Unknown, format!("{}: looking whether it was done", trouble.what));
        match account::probe(context, op).await {
            Ok(Some(made)) => return Ok(made),
            Ok(None) if trouble.kind == TroubleKind::Exists => return Err(trouble),
            Ok(None) if account::can_repeat(op) && looked < REPEATS => {
                looked += 1;
                if matches!(trouble.kind, TroubleKind::Throttled | TroubleKind::Server) {
                    context.world.host.sleep(Duration::from_secs(looked)).await;
                }
            }
            Ok(None) => return Err(account::unknown(context, op, trouble)),
            Err(second) => return Err(trouble.why(format!("and it could not be looked up: {second}"))),
        }
    }
}

/// Whether a call may have been done although it was not answered as such.
fn unsure(op: &Op, trouble: &Trouble, repeated: bool) -> bool {
    match trouble.kind {
        // A create that the service failed on, or was too busy for, may have been done all the same.
        TroubleKind::Server | TroubleKind::Throttled => account::is_create(op),
        // What the look did not find yet may be there when the call is repeated.
        TroubleKind::Exists => repeated && account::is_create(op),
        _ => trouble.is_unknown(),
    }
}

/// A document with the key's ARN in the place of what was not known when it was planned.
fn known(context: &Context, document: &str) -> Answer<String> {
    if !document.contains(KNOWN_AFTER_APPLY) {
        return Ok(document.to_owned());
    }
    match &context.learnt().key {
        Some((_, id)) => Ok(document.replace(KNOWN_AFTER_APPLY, id)),
        None => Err(Trouble::new(TroubleKind::Refused, "the key of this plan is not known yet")
            .why("a document that names it would be sent without it")),
    }
}

//! An existing bucket line by line (security.md 2): what the settings' own changes would close, and what no change
//! of lifeboat's can.

use super::found::found;
use super::{observe, settings};
use crate::domain::Shown;
use crate::domain::audit::{AuditLine, AuditState};
use crate::plan::answers::{Answers, Consent};
use crate::plan::scope::Scope;
use crate::plan::{Action, BucketFacts, Draft, Facts, KeyFacts, SiteFacts};
use crate::ports::{BucketHead, Caller, Setting};

/// The hardening changes in the order in which they are shown, with the document that each is about.
const HARDENING: [(&str, &str, &str, Setting); 6] = [
    ("public-access", "bucket-public-access", "Public access", Setting::PublicAccess),
    ("ownership", "bucket-ownership", "ACLs", Setting::Ownership),
    ("encryption", "bucket-encryption", "Encryption", Setting::Encryption),
    ("tls", "bucket-tls", "TLS", Setting::Policy),
    ("versioning", "bucket-versioning", "Versions", Setting::Versioning),
    ("lifecycle", "bucket-lifecycle", "Old versions", Setting::Lifecycle),
];

/// The lines of a bucket of the caller's account; none where there is no such bucket. Without the cluster's facts
/// it stays open whose backups are in it. What the answers consent to is left out of account: the lines say how the
/// bucket is.
pub fn audit(
    answers: &Answers,
    caller: &Caller,
    bucket: BucketFacts,
    key: Option<KeyFacts>,
    site: Option<SiteFacts>,
) -> Vec<AuditLine> {
    if !matches!(bucket.head, BucketHead::Ours(_)) {
        return Vec::new();
    }
    let mut answers = answers.clone();
    answers.consent = Consent { shared_prefix: answers.consent.shared_prefix, ..Consent::default() };
    let known = site.is_some();
    let site = site.unwrap_or_else(|| SiteFacts::unseen(answers.cluster.name.as_str()));
    let facts = Facts { caller: caller.clone(), existing_policy: None, bucket, key, site, restores: Vec::new() };
    let Some(scope) = Scope::of_bucket(&answers, &facts) else { return Vec::new() };
    let mut lines = hardening(&scope);
    lines.extend(observe::observations(&scope, known).into_iter().map(observe::Observation::line));
    lines
}

/// A line each hardening change: the change itself says whether there is a gap.
fn hardening(scope: &Scope<'_>) -> Vec<AuditLine> {
    let mut scratch = Draft::default();
    settings(scope, &mut scratch);
    let line = |(id, change, title, setting): (&'static str, &'static str, &str, Setting)| {
        let there = found(scope, setting);
        let planned = scratch.changes.iter().find(|planned| planned.id == change);
        let (state, said) = match (scope.facts.bucket.unread.get(&setting), planned) {
            (Some(why), _) => (AuditState::Unknown, why.clone()),
            (None, Some(planned)) if planned.action == Action::Keep => (AuditState::Good, there),
            _ => (AuditState::Gap, there),
        };
        AuditLine { id, title: title.to_owned(), found: Shown::new(&said), state, change: Some(change) }
    };
    HARDENING.into_iter().map(line).collect()
}

//! The account's root user may look, and is asked before it writes (E13).

use super::scope::Scope;
use super::{Change, ChangeKind, Consent, Draft, Risk};

/// The id of the question, which stands in `consent.adopt` once it is answered.
const ID: &str = "root-user";

/// Adds the question, where the caller is the root user and anything would be changed. It is no part of what is
/// desired, so it is no part of the digest.
pub fn ask(scope: &Scope<'_>, draft: &mut Draft) {
    let caller = &scope.facts.caller;
    if !is_root(&caller.arn) || draft.changes.iter().all(|change| change.ops.is_empty()) {
        return;
    }
    draft.note("YOU ARE THE ACCOUNT'S ROOT USER: no policy limits what it does; use an IAM user or a role instead");
    let title = format!("changes made as the root user of {}", caller.account);
    let change = Change::new(ID, ChangeKind::Iam, title)
        .why("the root user is not limited by any policy, and its keys should not exist")
        .undo("nothing to undo")
        .risk(Risk::High);
    let adopted = scope.consent(&change) == Consent::Adopt;
    draft.changes.push(if adopted { change } else { change.asked("you are the account's root user") });
}

/// `arn:PARTITION:iam::ACCOUNT:root`.
fn is_root(arn: &str) -> bool {
    arn.split(':').nth(2) == Some("iam") && arn.ends_with(":root")
}

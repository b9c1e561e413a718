//! Whom a resource's statement is about.

use super::document::{Principal, Principals};
use super::evaluate::Caller;

/// How far a statement's principals reach.
pub enum Reach {
    /// To the caller itself; by its role's ARN, or by more than that.
    Caller {
        /// Whether only the role's ARN, or a wildcard, names it: then its boundary bounds the grant.
        by_role: bool,
    },
    /// To its account, whose identity policies then decide.
    Account,
}

/// Whether and how a statement's principals name a caller.
pub fn reach(whom: &Principals, caller: &Caller) -> Option<Reach> {
    match whom {
        Principals::These(list) => {
            let found: Vec<Reach> = list.iter().filter_map(|one| names(one, caller)).collect();
            let wide = found.iter().any(|reach| matches!(reach, Reach::Caller { by_role: false }));
            let direct = found.iter().any(|reach| matches!(reach, Reach::Caller { .. }));
            match (direct, found.is_empty()) {
                (true, _) => Some(Reach::Caller { by_role: !wide }),
                (false, false) => Some(Reach::Account),
                (false, true) => None,
            }
        }
        Principals::Not(list) => {
            let excluded = list.iter().any(|one| names(one, caller).is_some());
            (!excluded).then_some(Reach::Caller { by_role: true })
        }
    }
}

fn names(principal: &Principal, caller: &Caller) -> Option<Reach> {
    match (principal, caller) {
        (Principal::Anyone, _) => Some(Reach::Caller { by_role: true }),
        (Principal::Aws(text), Caller::Identity { arn, session, account }) => {
            if text == session {
                Some(Reach::Caller { by_role: false })
            } else if text == arn {
                Some(Reach::Caller { by_role: true })
            } else {
                (text == account || is_root(text, account)).then_some(Reach::Account)
            }
        }
        (Principal::Federated(text), Caller::Federated(provider)) if text == provider => {
            Some(Reach::Caller { by_role: false })
        }
        (Principal::Service(text), Caller::Service(service)) if text == service => {
            Some(Reach::Caller { by_role: false })
        }
        _ => None,
    }
}

/// `arn:PARTITION:iam::ACCOUNT:root`.
fn is_root(text: &str, account: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", whose, "root"] if *whose == account)
}

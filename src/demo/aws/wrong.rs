//! The errors of the demo's AWS, with AWS's own codes and kinds.

use crate::ports::{Trouble, TroubleKind};

/// A trouble of a call on a resource.
pub(in crate::demo) fn wrong(kind: TroubleKind, code: &str, call: &str, resource: &str, text: &str) -> Trouble {
    Trouble::new(kind, text).code(code).at(call, resource)
}

/// IAM's 404.
pub(in crate::demo) fn no_entity(call: &str, what: &str, name: &str) -> Trouble {
    let text = format!("The {what} with name {name} cannot be found.");
    wrong(TroubleKind::NotFound, "NoSuchEntity", call, name, &text)
}

/// IAM's 409 on what exists.
pub(in crate::demo) fn exists(call: &str, what: &str, name: &str) -> Trouble {
    let text = format!("{what} with name {name} already exists.");
    wrong(TroubleKind::Exists, "EntityAlreadyExists", call, name, &text)
}

/// A document that is not JSON of the right form.
pub(in crate::demo) fn malformed(call: &str, name: &str) -> Trouble {
    wrong(TroubleKind::Invalid, "MalformedPolicyDocument", call, name, "Syntax errors in policy.")
}

/// 403.
pub(in crate::demo) fn denied(call: &str, resource: &str, text: &str) -> Trouble {
    wrong(TroubleKind::Denied, "AccessDenied", call, resource, text)
}

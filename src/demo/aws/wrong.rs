//! The errors of the demo's AWS, with AWS's own codes and kinds.

use crate::ports::{Trouble, TroubleKind};

/// A trouble of a call on a resource; `text` is what the service says.
pub(in crate::demo) fn wrong(kind: TroubleKind, code: &str, call: &str, resource: &str, text: &str) -> Trouble {
    let on = if resource.is_empty() { String::new() } else { format!(" on {resource}") };
    let what = match kind {
        TroubleKind::NotFound => format!("{call}: there is none{on}"),
        TroubleKind::Exists => format!("{call}: it exists already{on}"),
        TroubleKind::Taken => format!("the bucket name {resource} is taken by somebody else"),
        TroubleKind::Denied => format!("no permission: {call}{on}"),
        TroubleKind::Busy => format!("{call}: another change is under way{on}"),
        TroubleKind::Quota => format!("{call}: a quota is used up{on}"),
        TroubleKind::Credentials => "AWS does not accept the credentials".to_owned(),
        _ => format!("AWS refused {call}{on}"),
    };
    Trouble::new(kind, what).why(text).code(code).at(call, resource)
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

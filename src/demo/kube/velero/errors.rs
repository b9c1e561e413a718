//! Errors as Velero passes them on (velero.md 6).

use crate::ports::{Trouble, TroubleKind};

/// What the plugin's errors start with.
pub(super) const RPC: &str = "rpc error: code = Unknown desc = ";

/// `https response error StatusCode: 403, RequestID: ..., api error AccessDenied: ...`, as the AWS SDK
/// for Go writes it.
pub(super) fn response(trouble: &Trouble) -> String {
    let status = match trouble.kind {
        TroubleKind::Denied => 403,
        TroubleKind::NotFound => 404,
        TroubleKind::Invalid if trouble.code == "PermanentRedirect" => 301,
        TroubleKind::Credentials if trouble.code == "InvalidAccessKeyId" => 403,
        _ => 400,
    };
    let id = crate::demo::digest(&trouble.resource).to_uppercase();
    let id: String = id.chars().take(16).collect();
    let api = if trouble.code == "InvalidIdentityToken" { "" } else { "api error " };
    format!("https response error StatusCode: {status}, RequestID: {id}, {api}{}: {}", trouble.code, trouble.why)
}

/// An error of an S3 call of the plugin.
pub(super) fn s3(operation: &str, trouble: &Trouble) -> String {
    format!("{RPC}operation error S3: {operation}, {}", response(trouble))
}

/// An error on the way to credentials.
pub(super) fn credentials(operation: &str, why: &str) -> String {
    format!(
        "{RPC}operation error S3: {operation}, get identity: get credentials: failed to refresh cached credentials, {why}"
    )
}

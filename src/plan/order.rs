//! The order of the changes: each after what it needs, ties by the contract's list.

use super::Change;

/// The contract's usual order of ids.
const USUAL: [&str; 28] = [
    "oidc-provider",
    "pod-identity-agent",
    "bucket",
    "bucket-ownership",
    "bucket-public-access",
    "kms-key",
    "kms-alias",
    "kms-rotation",
    "bucket-encryption",
    "bucket-tls",
    "bucket-versioning",
    "bucket-lifecycle",
    "bucket-object-lock",
    "role",
    "permissions",
    "association",
    "namespace",
    "service-account",
    "repository-password",
    "token-proof",
    "helm-crds",
    "helm-release",
    "location",
    "schedule",
    "restart",
    "healthy",
    "canary",
    "record",
];

fn rank(id: &str) -> usize {
    let bare = id.split(':').next().unwrap_or(id);
    USUAL.iter().position(|usual| *usual == bare).unwrap_or(USUAL.len())
}

/// Sorts, and drops needs of ids that are not in this plan.
pub fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    let ids: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
    for change in &mut changes {
        change.needs.retain(|id| ids.contains(id));
    }
    changes.sort_by_key(|change| rank(&change.id));
    let mut out: Vec<Change> = Vec::with_capacity(changes.len());
    while !changes.is_empty() {
        let ready = changes
            .iter()
            .position(|change| change.needs.iter().all(|id| out.iter().any(|done| done.id == *id)))
            .unwrap_or(0);
        out.push(changes.remove(ready));
    }
    out
}

//! Static keys in the cluster: switched off, left in place, and told how they are taken away.

use crate::plan::Draft;
use crate::plan::scope::Scope;
use crate::plan::velero;

/// What is said of a key's Secret that nothing uses any more: lifeboat never deletes it.
pub fn left(namespace: &str, secret: &str) -> String {
    format!(
        "The Secret {namespace}/{secret} with the access key stays, and nothing of this plan uses it any more. Once backups work, deactivate the key (aws iam update-access-key --status Inactive --access-key-id ID), wait for what else may use it, then delete both (aws iam delete-access-key --access-key-id ID; kubectl delete secret {secret} -n {namespace})"
    )
}

/// Names the AWS locations that have worked by the shared key and will work by the role, which does not reach their
/// buckets.
pub fn others(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    for location in velero::locations(scope.site) {
        let text = |key: &str| location[key].as_str().unwrap_or_default();
        let aws = matches!(text("provider"), "aws" | "velero.io/aws");
        if aws && text("name") != names.location && text("bucket") != names.bucket && location["credential"].is_null() {
            draft.note(format!(
                "The location {} (s3://{}) has worked with the key that is switched off, and the role does not reach its bucket: give it a credential of its own (spec.credential names a Secret and its key), or let it go",
                text("name"),
                text("bucket")
            ));
        }
    }
}

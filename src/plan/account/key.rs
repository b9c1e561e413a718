//! The KMS key: an existing one is checked, a new one gets an alias, rotation and the account's root.

use crate::domain::KmsKeyRef;
use crate::plan::answers::EncryptionKind;
use crate::plan::scope::Scope;
use crate::plan::{ChangeKind, Draft, KNOWN_AFTER_APPLY, Op, Risk, document};
use serde_json::json;

/// The alias that the answers give a new key, or its default.
pub fn alias_of(answers: &crate::plan::answers::Answers, bucket: &str) -> String {
    answers.encryption.alias.as_ref().map_or_else(|| format!("alias/lifeboat-{bucket}"), ToString::to_string)
}

/// Plans `kms-key`, `kms-alias` and `kms-rotation`, or shows the key that exists.
pub fn key(scope: &Scope<'_>, draft: &mut Draft) {
    existing(scope, draft);
    if scope.answers.encryption.kind != EncryptionKind::Kms
        || !scope.answers.encryption.key.as_ref().is_some_and(KmsKeyRef::is_new)
    {
        return;
    }
    let names = &scope.names;
    let alias = alias_of(scope.answers, &names.bucket);
    let found = scope.facts.key.as_ref();
    let id = found.map_or(KNOWN_AFTER_APPLY, |found| found.key.id.as_str()).to_owned();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "AccountRoot", "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{}:iam::{}:root", names.partition, names.account)},
            "Action": "kms:*", "Resource": "*"
        }]
    });
    let path = format!("kms/{}/policy.json", alias.trim_start_matches("alias/"));
    draft.document(&path, document::json(&policy));
    let change = scope
        .change("kms-key", ChangeKind::Kms, format!("KMS key {alias} in {}", names.bucket_region))
        .why("its policy names the account's root, so that IAM policies decide and the key outlives the role")
        .undo("stays enabled: a key that may have encrypted anything is never scheduled for deletion")
        .document(path)
        .desired(json!({"alias": alias, "policy": policy}));
    draft.push(if found.is_some() {
        change
    } else {
        change.create(vec![Op::CreateKey {
            region: names.bucket_region.clone(),
            policy: document::json(&policy),
            description: format!("Backups in {}", names.bucket),
            tags: scope.tags.clone(),
        }])
    });
    let change = scope
        .change("kms-alias", ChangeKind::Kms, format!("alias {alias}"))
        .why("the key is found again by it")
        .undo("stays with its key")
        .needs(&["kms-key"])
        .desired(json!(alias));
    let by_alias = found.is_some_and(|found| found.by_alias);
    draft.push(if by_alias {
        change
    } else {
        change.create(vec![Op::CreateAlias { region: names.bucket_region.clone(), alias, key: id.clone() }])
    });
    rotation(scope, draft, id);
}

fn rotation(scope: &Scope<'_>, draft: &mut Draft, id: String) {
    let days = i32::try_from(scope.answers.encryption.rotation_days).unwrap_or(365);
    let now = scope.facts.key.as_ref().and_then(|found| found.rotation);
    let change = scope
        .change("kms-rotation", ChangeKind::Kms, format!("rotation every {days} days"))
        .why("new material on a schedule; the key's ARN and old objects stay readable (KMS.4)")
        .undo("stays with its key")
        .needs(&["kms-key"])
        .desired(json!(days));
    let op = Op::Rotate { region: scope.names.bucket_region.clone(), key: id, days, previous: now };
    draft.push(match now {
        Some(now) if now == days => change,
        Some(now) => change.update(vec![op], vec![format!("-{now} days"), format!("+{days} days")]),
        None => change.create(vec![op]),
    });
}

/// A key that exists is named with what it is; it is not touched.
fn existing(scope: &Scope<'_>, draft: &mut Draft) {
    let encryption = &scope.answers.encryption;
    let asked = encryption.key.as_ref().filter(|key| encryption.kind == EncryptionKind::Kms && !key.is_new());
    let (Some(asked), Some(found)) = (asked, &scope.facts.key) else { return };
    let change = scope
        .change("kms-key", ChangeKind::Kms, format!("KMS key {}", found.key.arn))
        .why("exists and can be used")
        .undo("not touched")
        .risk(Risk::None)
        .desired(json!({"key": asked.to_string()}));
    draft.push(change);
}

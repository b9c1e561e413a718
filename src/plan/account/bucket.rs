//! The bucket itself: found, or made with its tags in one call.

use crate::plan::scope::{Scope, bucket_tags, problem};
use crate::plan::{Change, ChangeKind, Draft, Op, Risk, SettingName, document};
use crate::ports::{BucketHead, Setting, Tags};
use serde_json::json;

/// Plans `bucket`.
pub fn bucket(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let change = scope
        .change("bucket", ChangeKind::S3, format!("bucket {} in {}", names.bucket, names.bucket_region))
        .why("the backups are kept in it")
        .undo("deleted if lifeboat made it and it holds nothing, no version either")
        .desired(json!({"name": names.bucket, "prefix": names.prefix, "tags": scope.answers.tags}));
    let change = match &scope.facts.bucket.head {
        BucketHead::Foreign => return refuse_foreign(scope, draft),
        BucketHead::Absent if !scope.answers.bucket.create => return refuse_absent(scope, draft),
        BucketHead::Absent => change.create(vec![Op::CreateBucket {
            name: names.bucket.clone(),
            region: names.bucket_region.clone(),
            tags: scope.tags.clone(),
            account_regional: scope.answers.bucket.account_regional,
            object_lock: scope.answers.bucket.object_lock_days > 0,
        }]),
        BucketHead::Ours(_) => existing(scope, change),
    };
    warn(scope, draft);
    draft.push(change);
}

/// An existing bucket: with our tag it is ours and only its tags can differ; without, and with
/// `bucket.create = true`, somebody else of this account made it.
fn existing(scope: &Scope<'_>, change: Change) -> Change {
    if scope.bucket_is_ours() {
        return tags(scope, change);
    }
    if !scope.answers.bucket.create {
        return change;
    }
    let adopted = change.risk(Risk::High).update(Vec::new(), Vec::new());
    let mut conflict = Change { action: crate::plan::Action::Update, ..adopted };
    let consent = scope.consent(&conflict);
    conflict = conflict.foreign(consent, "a bucket of this name exists in this account and lifeboat did not make it");
    if conflict.action == crate::plan::Action::Update {
        conflict.action = crate::plan::Action::Keep;
    }
    conflict
}

/// The user's tags on a bucket of ours; foreign tags stay.
fn tags(scope: &Scope<'_>, change: Change) -> Change {
    let current = scope.setting(Setting::Tagging);
    let before = bucket_tags(current);
    let mut after = before.clone();
    after.extend(scope.tags.clone());
    if after == before {
        return change;
    }
    let op = Op::PutSetting {
        name: scope.names.bucket.clone(),
        region: scope.names.bucket_region.clone(),
        setting: SettingName::Tagging,
        document: tagging(&after),
        previous: current.map(str::to_owned),
    };
    change.update(vec![op], document::json_diff(current.unwrap_or("{}"), &tagging(&after)))
}

/// The tagging document of tags.
fn tagging(tags: &Tags) -> String {
    let set: Vec<_> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    document::json(&json!({"TagSet": set}))
}

/// N10, A09: somebody else's bucket is never written to.
fn refuse_foreign(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let suggestion = format!("{}-{}-{}-an", scope.answers.bucket.name, names.account, names.bucket_region);
    draft.problems.0.push(problem(
        "bucket.name",
        &format!("the bucket {} exists and is not yours (403)", names.bucket),
        "bucket names are taken world-wide, or your credentials may not look at it (s3:ListBucket)",
        &format!("Choose another name, or set bucket.account_regional = true for {suggestion}, which only your account can own"),
    ));
}

fn refuse_absent(scope: &Scope<'_>, draft: &mut Draft) {
    draft.problems.0.push(problem(
        "bucket.name",
        &format!("there is no bucket {}", scope.names.bucket),
        "bucket.create is false, so it has to exist already",
        "Check the name and the account, or set bucket.create = true",
    ));
}

/// N11 and N06: what to know of a bucket before it is used.
fn warn(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    if names.bucket_region != names.region {
        draft.note(format!(
            "the bucket is in {} and the cluster in {}: transfer between regions costs money and time",
            names.bucket_region, names.region
        ));
    }
    if scope.answers.bucket.name.dotted() {
        draft.note(format!("dots in a bucket's name break HTTPS for virtual-hosted requests ({})", names.bucket));
    }
}

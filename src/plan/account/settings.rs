//! The bucket's hardening (security.md 2): each document read, merged and compared before it is put.

use crate::plan::answers::{EncryptionKind, LockMode};
use crate::plan::scope::{Scope, problem};
use crate::plan::statements;
use crate::plan::{ChangeKind, Consent, Draft, Op, Risk, SettingName, document};
use crate::ports::Setting;
use serde_json::{Value, json};

/// The Sid of our statement in a bucket policy.
const TLS_SID: &str = "LifeboatTlsOnly";

/// Days after which an interrupted upload is cleaned up (security.md 2).
const ABORT_DAYS: u32 = 7;

/// Plans all hardening changes.
pub fn settings(scope: &Scope<'_>, draft: &mut Draft) {
    ownership(scope, draft);
    public_access(scope, draft);
    encryption(scope, draft);
    tls(scope, draft);
    versioning(scope, draft);
    lifecycle(scope, draft);
    object_lock(scope, draft);
}

/// One hardening change before it is compared.
struct Wanted {
    id: &'static str,
    title: String,
    why: &'static str,
    setting: Setting,
    name: SettingName,
    /// What is sent: ours merged with what is there.
    document: String,
    /// Ours alone, for the digest.
    desired: Value,
    /// Whether what is there already says so.
    satisfied: bool,
    /// The path of the document in the plan, where it has one.
    path: Option<String>,
    needs: &'static [&'static str],
}

fn push(scope: &Scope<'_>, draft: &mut Draft, wanted: Wanted) {
    let names = &scope.names;
    let current = scope.setting(wanted.setting).map(str::to_owned);
    let mut change = scope
        .change(wanted.id, ChangeKind::S3, wanted.title)
        .why(wanted.why)
        .needs(wanted.needs)
        .undo("what stood there before is put back")
        .desired(wanted.desired);
    if let Some(path) = wanted.path {
        draft.document(&path, wanted.document.clone());
        change = change.document(path);
    }
    if !(wanted.satisfied && scope.bucket_exists()) {
        let diff = document::json_diff(current.as_deref().unwrap_or(""), &wanted.document);
        let op = Op::PutSetting {
            name: names.bucket.clone(),
            region: names.bucket_region.clone(),
            setting: wanted.name,
            document: wanted.document,
            previous: current,
        };
        change = if scope.bucket_exists() { change.update(vec![op], diff) } else { change.create(vec![op]) };
    }
    if let Some(why) = scope.facts.bucket.unread.get(&wanted.setting) {
        change = if scope.consent(&change) == Consent::Leave {
            change.foreign(Consent::Leave, why)
        } else {
            change.unread(why)
        };
    } else if scope.bucket_exists() && !scope.bucket_is_ours() {
        let consent = scope.consent(&change);
        change = change.foreign(consent, "lifeboat did not make this bucket");
    } else if scope.consent(&change) == Consent::Leave {
        change = change.foreign(Consent::Leave, "declined");
    }
    draft.push(change);
}

fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

fn ownership(scope: &Scope<'_>, draft: &mut Draft) {
    let desired = json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]});
    let wanted = Wanted {
        id: "bucket-ownership",
        title: format!("no ACLs in {}", scope.names.bucket),
        why: "the bucket's owner owns every object and ACLs are off (S3.12)",
        setting: Setting::Ownership,
        name: SettingName::Ownership,
        satisfied: parsed(scope.setting(Setting::Ownership)) == desired,
        document: document::json(&desired),
        desired,
        path: None,
        needs: &["bucket"],
    };
    push(scope, draft, wanted);
}

fn public_access(scope: &Scope<'_>, draft: &mut Draft) {
    let desired = json!({
        "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true
    });
    let wanted = Wanted {
        id: "bucket-public-access",
        title: format!("public access to {} blocked", scope.names.bucket),
        why: "no policy and no ACL can open the bucket to the public (S3.8)",
        setting: Setting::PublicAccess,
        name: SettingName::PublicAccess,
        satisfied: parsed(scope.setting(Setting::PublicAccess)) == desired,
        document: document::json(&desired),
        desired,
        path: Some(format!("s3/{}/public-access.json", scope.names.bucket)),
        needs: &["bucket"],
    };
    push(scope, draft, wanted);
}

/// The bucket's default encryption: never a Deny on missing headers, which kopia cannot send (velero-F34).
fn encryption(scope: &Scope<'_>, draft: &mut Draft) {
    let current = parsed(scope.setting(Setting::Encryption));
    let default = &current["Rules"][0]["ApplyServerSideEncryptionByDefault"];
    let kind = scope.answers.encryption.kind;
    let key = scope.key.as_ref().filter(|_| kind == EncryptionKind::Kms);
    let (rule, desired, satisfied) = match key {
        Some(key) => (
            json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.arn}, "BucketKeyEnabled": true}),
            json!({"kind": "kms", "key": key.reference}),
            default["SSEAlgorithm"] == "aws:kms"
                && default["KMSMasterKeyID"] == key.arn.as_str()
                && current["Rules"][0]["BucketKeyEnabled"] == true,
        ),
        // A key of the bucket's own stays; with the bucket key on, KMS is asked far less often.
        None if kind == EncryptionKind::BucketDefault && default["SSEAlgorithm"] == "aws:kms" => (
            json!({"BucketKeyEnabled": true}),
            json!({"kind": "bucket-default"}),
            current["Rules"][0]["BucketKeyEnabled"] == true,
        ),
        None => (
            json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}),
            json!({"kind": if kind == EncryptionKind::SseS3 { "sse-s3" } else { "bucket-default" }}),
            default["SSEAlgorithm"] == "AES256" || (kind == EncryptionKind::BucketDefault && default.is_object()),
        ),
    };
    // Laid over the rule that is there: which encryption types are blocked stays as it is.
    let mut rules = if current["Rules"][0].is_object() { current.clone() } else { json!({"Rules": [{}]}) };
    if !satisfied && let (Some(there), Some(ours)) = (rules["Rules"][0].as_object_mut(), rule.as_object()) {
        there.extend(ours.clone());
    }
    let wanted = Wanted {
        id: "bucket-encryption",
        title: match key {
            Some(_) => format!("default encryption of {} with a KMS key", scope.names.bucket),
            None => format!("default encryption of {}", scope.names.bucket),
        },
        why: "objects are encrypted whoever writes them; the bucket key keeps KMS requests few (S3.17)",
        setting: Setting::Encryption,
        name: SettingName::Encryption,
        satisfied,
        document: document::json(&rules),
        desired,
        path: Some(format!("s3/{}/encryption.json", scope.names.bucket)),
        needs: &["bucket", "kms-key"],
    };
    push(scope, draft, wanted);
}

/// Our statement by its Sid; foreign statements stay byte for byte.
fn tls(scope: &Scope<'_>, draft: &mut Draft) {
    let arn = format!("arn:{}:s3:::{}", scope.names.partition, scope.names.bucket);
    let statement = json!({
        "Sid": TLS_SID, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [arn.clone(), format!("{arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    });
    let current = scope.setting(Setting::Policy);
    let elsewhere = statements::refuses_http(current, &arn);
    let wanted_here = if elsewhere { &[][..] } else { std::slice::from_ref(&statement) };
    let document = match statements::merged(current, wanted_here) {
        Ok(document) => document,
        Err(reason) => {
            draft.problems.0.push(problem(
                "bucket.name",
                &format!("the bucket policy of {} cannot be read", scope.names.bucket),
                reason.what.as_str(),
                "Mend the policy, or put \"bucket-tls\" into consent.leave",
            ));
            return;
        }
    };
    let wanted = Wanted {
        id: "bucket-tls",
        title: format!("only TLS requests to {}", scope.names.bucket),
        why: "requests without TLS are refused (S3.5); other statements of the policy stay as they are",
        setting: Setting::Policy,
        name: SettingName::Policy,
        satisfied: elsewhere || statements::holds(current, wanted_here),
        document,
        desired: statement,
        path: Some(format!("s3/{}/policy.json", scope.names.bucket)),
        needs: &["bucket", "bucket-public-access"],
    };
    push(scope, draft, wanted);
}

fn versioning(scope: &Scope<'_>, draft: &mut Draft) {
    let current = parsed(scope.setting(Setting::Versioning));
    let desired = json!({"Status": "Enabled"});
    let wanted = Wanted {
        id: "bucket-versioning",
        title: format!("versions kept in {}", scope.names.bucket),
        why: "what the role deletes or overwrites can be brought back: it may not delete versions (S3.14)",
        setting: Setting::Versioning,
        name: SettingName::Versioning,
        satisfied: current["Status"] == "Enabled",
        document: document::json(&desired),
        desired,
        path: None,
        needs: &["bucket"],
    };
    push(scope, draft, wanted);
}

/// Our rule by its ID, filtered to the prefix; the call replaces the whole configuration, so foreign rules
/// are sent again as they were. Never an expiration of current objects.
fn lifecycle(scope: &Scope<'_>, draft: &mut Draft) {
    let id = rule_id(&scope.names.prefix);
    let rule = json!({
        "ID": id, "Status": "Enabled", "Filter": {"Prefix": scope.names.prefix},
        "Expiration": {"ExpiredObjectDeleteMarker": true},
        "NoncurrentVersionExpiration": {"NoncurrentDays": scope.answers.bucket.noncurrent_days},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS}
    });
    let mut whole = parsed(scope.setting(Setting::Lifecycle));
    let mut rules = whole["Rules"].as_array().cloned().unwrap_or_default();
    let there = rules.iter().position(|rule| rule["ID"] == id.as_str());
    let satisfied = there.is_some_and(|at| rules[at] == rule);
    match there {
        Some(at) => rules[at] = rule.clone(),
        None => rules.push(rule.clone()),
    }
    if !whole.is_object() {
        whole = json!({});
    }
    whole["Rules"] = Value::Array(rules);
    let wanted = Wanted {
        id: "bucket-lifecycle",
        title: format!(
            "old versions in {} removed after {} days",
            scope.names.bucket, scope.answers.bucket.noncurrent_days
        ),
        why: "versions that backups no longer use do not pile up; current objects never expire by it (S3.10, S3.13)",
        setting: Setting::Lifecycle,
        name: SettingName::Lifecycle,
        satisfied,
        document: document::json(&whole),
        desired: rule,
        path: Some(format!("s3/{}/lifecycle.json", scope.names.bucket)),
        needs: &["bucket", "bucket-versioning"],
    };
    push(scope, draft, wanted);
}

/// A rule a prefix, so that clusters that share a bucket do not share a rule; an ID has at most 255 characters.
pub fn rule_id(prefix: &str) -> String {
    use sha2::{Digest, Sha256};
    let readable = prefix.trim_end_matches('/').replace('/', "-");
    if readable.is_empty() {
        "lifeboat".to_owned()
    } else if readable.len() <= 200 {
        format!("lifeboat-{readable}")
    } else {
        format!("lifeboat-{}", &hex::encode(Sha256::digest(prefix))[..16])
    }
}

/// Only as a deliberate choice (`bucket.object_lock_days`).
fn object_lock(scope: &Scope<'_>, draft: &mut Draft) {
    let days = scope.answers.bucket.object_lock_days;
    if days == 0 {
        return;
    }
    let mode = if scope.answers.bucket.object_lock_mode == LockMode::Compliance { "COMPLIANCE" } else { "GOVERNANCE" };
    let desired = json!({
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": mode, "Days": days}}
    });
    let wanted = Wanted {
        id: "bucket-object-lock",
        title: format!("new versions in {} locked for {days} days ({mode})", scope.names.bucket),
        why: "a version cannot be deleted before its time; nor can the bucket, or its storage cost",
        setting: Setting::ObjectLock,
        name: SettingName::ObjectLock,
        satisfied: parsed(scope.setting(Setting::ObjectLock)) == desired,
        document: document::json(&desired),
        desired,
        path: None,
        needs: &["bucket", "bucket-versioning"],
    };
    push(scope, draft, wanted);
    if let Some(change) = draft.changes.last_mut() {
        change.risk = Risk::High;
        "stays: Object Lock cannot be taken off a bucket".clone_into(&mut change.undo);
    }
}

//! A bucket's documents as they are, in a few words each.

use crate::plan::scope::Scope;
use crate::plan::statements;
use crate::ports::Setting;
use serde_json::Value;

/// What a document says, or that there is none.
pub fn found(scope: &Scope<'_>, setting: Setting) -> String {
    let text = scope.setting(setting);
    let document: Value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    match setting {
        Setting::PublicAccess => public_access(&document),
        Setting::Ownership => match document["Rules"][0]["ObjectOwnership"].as_str() {
            Some("BucketOwnerEnforced") => "ACLs are off (BucketOwnerEnforced)".to_owned(),
            Some(other) => format!("{other}: an object's ACL can open it to others"),
            None => "not set: an object's ACL can open it to others".to_owned(),
        },
        Setting::Encryption => encryption(&document),
        Setting::Policy => match text {
            None => "no policy: plain http is answered".to_owned(),
            Some(_) if statements::refuses_http(text, &scope.bucket_arn()) => "plain http is refused".to_owned(),
            Some(_) => format!("{}, none refuses plain http; they stay as they are", many(&document, "statement")),
        },
        Setting::Versioning => match document["Status"].as_str() {
            Some("Enabled") => "on".to_owned(),
            Some("Suspended") => "Suspended: what is overwritten or deleted now cannot be brought back".to_owned(),
            _ => "never on: what is overwritten or deleted cannot be brought back".to_owned(),
        },
        Setting::Lifecycle => lifecycle(scope, &document),
        Setting::Tagging => format!("{} tags", document["TagSet"].as_array().map_or(0, Vec::len)),
        Setting::ObjectLock => lock(&document).unwrap_or_else(|| "off".to_owned()),
    }
}

/// The default retention of Object Lock, `COMPLIANCE for 30 days`; `None` without one.
pub fn lock(document: &Value) -> Option<String> {
    let retention = &document["Rule"]["DefaultRetention"];
    let mode = retention["Mode"].as_str()?;
    let time = match (&retention["Days"], &retention["Years"]) {
        (Value::Number(days), _) => format!("{days} days"),
        (_, Value::Number(years)) => format!("{years} years"),
        _ => "a time that is not known here".to_owned(),
    };
    Some(format!("{mode} for {time}"))
}

fn public_access(document: &Value) -> String {
    const SWITCHES: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    if document.is_null() {
        return "not blocked: a policy or an ACL can open the bucket to everybody".to_owned();
    }
    let off: Vec<&str> = SWITCHES.into_iter().filter(|switch| document[*switch] != true).collect();
    if off.is_empty() { "blocked by all four switches".to_owned() } else { format!("off: {}", off.join(", ")) }
}

fn encryption(document: &Value) -> String {
    let rule = &document["Rules"][0];
    let default = &rule["ApplyServerSideEncryptionByDefault"];
    let key = default["KMSMasterKeyID"].as_str().unwrap_or("AWS's own key (aws/s3)");
    match default["SSEAlgorithm"].as_str() {
        Some("AES256") => "SSE-S3".to_owned(),
        Some("aws:kms") if rule["BucketKeyEnabled"] == true => format!("KMS with {key}, bucket key on"),
        Some("aws:kms") => format!("KMS with {key}, bucket key off: each object costs a request to KMS"),
        Some(other) => format!("{other} with {key}"),
        None => "no default of its own: S3 encrypts with SSE-S3".to_owned(),
    }
}

fn lifecycle(scope: &Scope<'_>, document: &Value) -> String {
    let rules = document["Rules"].as_array().map_or(&[][..], Vec::as_slice);
    let id = super::rule_id(&scope.names.prefix);
    let others = rules.iter().filter(|rule| rule["ID"] != id.as_str()).count();
    let beside = match others {
        0 => String::new(),
        1 => "; 1 rule of others stays as it is".to_owned(),
        count => format!("; {count} rules of others stay as they are"),
    };
    if others < rules.len() {
        format!("old versions under the prefix are removed in time{beside}")
    } else {
        format!("old versions under the prefix pile up for ever{beside}")
    }
}

fn many(document: &Value, noun: &str) -> String {
    let count = document["Statement"].as_array().map_or(1, Vec::len);
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

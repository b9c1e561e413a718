//! The round trip: what is read is what was put, field by field.

#![allow(clippy::unwrap_used)]

use super::*;
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use pretty_assertions::assert_eq;

fn call() -> Call {
    Call::put("s3:PutSomething", "acme-backups")
}

/// A text through `write` (text to SDK) and `read` (SDK to text).
fn round<T: DeserializeOwned, S: Serialize>(document: &str, through: impl Fn(T) -> S) -> String {
    text(&call(), &through(parsed(&call(), document).unwrap())).unwrap()
}

fn lifecycle_round(document: &str) -> String {
    round(document, |parsed| {
        let (value, size) = lifecycle::write(parsed).unwrap();
        let said = GetBucketLifecycleConfigurationOutput::builder()
            .set_rules(Some(value.rules().to_vec()))
            .set_transition_default_minimum_object_size(size);
        lifecycle::read(&said.build()).unwrap()
    })
}

#[test]
fn a21_a_lifecycle_with_every_field_survives_the_round_trip() {
    let document = concat!(
        r#"{"Rules":[{"Expiration":{"Date":"2027-01-01T00:00:00Z"},"ID":"a","Filter":{"And":{"Prefix":"logs/","#,
        r#""Tags":[{"Key":"k","Value":"v"}],"ObjectSizeGreaterThan":1,"ObjectSizeLessThan":9007199254740993}},"#,
        r#""Status":"Enabled","Transitions":[{"Days":30,"StorageClass":"GLACIER"},"#,
        r#"{"Date":"2027-01-01T00:00:00Z","StorageClass":"NEWER_THAN_LIFEBOAT"}],"#,
        r#""NoncurrentVersionTransitions":[{"NoncurrentDays":1,"StorageClass":"STANDARD_IA","#,
        r#""NewerNoncurrentVersions":3}],"NoncurrentVersionExpiration":{"NoncurrentDays":30,"#,
        r#""NewerNoncurrentVersions":2},"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}},"#,
        r#"{"Expiration":{"ExpiredObjectDeleteMarker":true},"ID":"b","Filter":{"Tag":{"Key":"k","Value":""}},"#,
        r#""Status":"Disabled"},{"Expiration":{"Days":1},"Prefix":"old/","Status":"Enabled"},"#,
        r#"{"Filter":{"Prefix":""},"Status":"Enabled"},{"Filter":{"ObjectSizeGreaterThan":5},"Status":"Enabled"},"#,
        r#"{"Filter":{},"Status":"Enabled"}],"TransitionDefaultMinimumObjectSize":"varies_by_storage_class"}"#
    );
    assert_eq!(lifecycle_round(document), document);
}

#[test]
fn a21_the_usual_size_rule_is_left_out_of_the_document() {
    let plain = r#"{"Rules":[{"Expiration":{"Days":1},"Filter":{"Prefix":"a/"},"Status":"Enabled"}]}"#;
    let named = plain.replace("]}", r#"],"TransitionDefaultMinimumObjectSize":"all_storage_classes_128K"}"#);
    assert_eq!(lifecycle_round(&named), plain);
}

#[test]
fn a21_dates_are_taken_in_the_forms_that_the_cli_writes() {
    for form in ["2027-01-01", "2027-01-01T00:00:00+00:00", "2027-01-01T00:00:00.000Z"] {
        let document = format!(r#"{{"Rules":[{{"Expiration":{{"Date":"{form}"}},"Status":"Enabled"}}]}}"#);
        assert!(lifecycle_round(&document).contains("2027-01-01T00:00:00Z"), "{form}");
    }
    let wrong = r#"{"Rules":[{"Expiration":{"Date":"tomorrow"},"Status":"Enabled"}]}"#;
    assert_eq!(lifecycle::write(parsed(&call(), wrong).unwrap()).unwrap_err().kind, TroubleKind::Refused);
}

#[test]
fn a21_the_other_documents_survive_the_round_trip() {
    let encryption = concat!(
        r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"arn:aws:kms:x"},"#,
        r#""BucketKeyEnabled":true,"BlockedEncryptionTypes":{"EncryptionType":["SSE-C"]}},{"BucketKeyEnabled":false}]}"#
    );
    let through = |found: rules::Encryption| rules::Encryption::from(&found.write().unwrap());
    assert_eq!(round(encryption, through), encryption);
    let access =
        r#"{"BlockPublicAcls":true,"IgnorePublicAcls":false,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}"#;
    assert_eq!(round(access, |found: rules::PublicAccess| rules::PublicAccess::from(&found.write())), access);
    let ownership = r#"{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}"#;
    let through = |found: rules::Ownership| rules::Ownership::from(&found.write().unwrap());
    assert_eq!(round(ownership, through), ownership);
    let tagging = r#"{"TagSet":[{"Key":"b","Value":"2"},{"Key":"a","Value":""}]}"#;
    let through = |found: rules::Tagging| rules::Tagging::from(found.write().unwrap().tag_set());
    assert_eq!(round(tagging, through), tagging);
    let versioning = r#"{"MFADelete":"Disabled","Status":"Suspended"}"#;
    let through = |found: rules::Versioning| {
        let sent = found.write();
        let mfa = sent.mfa_delete.map(|word| aws_sdk_s3::types::MfaDeleteStatus::from(word.as_str()));
        let said = GetBucketVersioningOutput::builder().set_status(sent.status).set_mfa_delete(mfa);
        rules::Versioning::from(&said.build())
    };
    assert_eq!(round(versioning, through), versioning);
    let lock = concat!(
        r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":30,"Years":1,"#,
        r#""DefaultEventHold":{"Days":2}}}}"#
    );
    assert_eq!(round(lock, |found: lock::ObjectLock| lock::ObjectLock::from(&found.write())), lock);
}

#[test]
fn a21_a_field_that_is_not_known_is_refused_not_dropped() {
    let refused = |answer: Answer<()>| {
        let trouble = answer.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Refused);
        assert!(trouble.why.as_str().contains("New"), "{trouble}");
    };
    let rule = r#"{"Rules":[{"Status":"Enabled","NewField":1}]}"#;
    refused(parsed::<lifecycle::Lifecycle>(&call(), rule).map(drop));
    refused(parsed::<rules::Encryption>(&call(), r#"{"Rules":[{"NewField":1}]}"#).map(drop));
    refused(parsed::<rules::PublicAccess>(&call(), r#"{"NewField":true}"#).map(drop));
    refused(parsed::<rules::Ownership>(&call(), r#"{"Rules":[],"NewField":1}"#).map(drop));
    refused(parsed::<rules::Versioning>(&call(), r#"{"NewField":1}"#).map(drop));
    refused(parsed::<rules::Tagging>(&call(), r#"{"TagSet":[],"NewField":1}"#).map(drop));
    refused(parsed::<lock::ObjectLock>(&call(), r#"{"Rule":{"NewField":1}}"#).map(drop));
}

#[test]
fn a_text_that_is_no_json_is_invalid_not_a_rule_of_lifeboats() {
    for text in ["", "{", "nonsense"] {
        let trouble = parsed::<rules::Tagging>(&call(), text).map(drop).unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Invalid, "{text}");
    }
}

//! An existing bucket line by line: what is told of it, which change closes a gap, and what stops the plan.

use crate::world::{OURS, answers, bucket, facts, plan, problems};
use lifeboat::domain::audit::{AuditLine, AuditState};
use lifeboat::domain::{Prefix, Tool};
use lifeboat::plan::answers::Answers;
use lifeboat::plan::{Action, BucketFacts, Facts, audit};
use lifeboat::ports::Setting;
use rstest::rstest;

const BLOCKED: &str =
    r#"{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}"#;

fn lines(answers: &Answers, facts: &Facts) -> Vec<AuditLine> {
    audit(answers, &facts.caller, facts.bucket.clone(), facts.key.clone(), Some(facts.site.clone()))
}

#[track_caller]
fn line(lines: &[AuditLine], id: &str) -> AuditLine {
    lines.iter().find(|line| line.id == id).unwrap_or_else(|| panic!("no line {id} among {lines:?}")).clone()
}

/// The line of a bucket with these documents.
#[track_caller]
fn of(settings: &[(Setting, &str)], id: &str) -> AuditLine {
    let mut facts = facts();
    facts.bucket = bucket("us-east-1", settings);
    line(&lines(&answers(), &facts), id)
}

fn with(found: BucketFacts) -> Facts {
    Facts { bucket: found, ..facts() }
}

#[test]
fn a_plain_bucket_has_a_gap_for_every_hardening_change_and_names_it() {
    let found = lines(&answers(), &with(bucket("us-east-1", &[])));
    let gaps: Vec<_> = found.iter().filter(|line| line.state == AuditState::Gap).collect();
    let changes: Vec<_> = gaps.iter().map(|line| line.change.unwrap_or(line.id)).collect();
    let wanted = [
        "bucket-public-access",
        "bucket-ownership",
        "bucket-encryption",
        "bucket-tls",
        "bucket-versioning",
        "bucket-lifecycle",
    ];
    assert_eq!(changes, wanted);
    assert!(gaps.iter().all(|line| !line.found.is_empty()));
}

#[test]
fn what_the_plan_makes_is_an_audit_without_a_gap() {
    let made = plan(&answers(), &facts());
    let mut settled = bucket("us-east-1", &[OURS]);
    for op in made.changes.iter().flat_map(|change| &change.ops) {
        if let lifeboat::plan::Op::PutSetting { setting, document, .. } = op {
            settled.settings.insert((*setting).into(), document.clone());
        }
    }
    let found = lines(&answers(), &with(settled));
    let bad: Vec<_> = found.iter().filter(|line| line.state != AuditState::Good).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn what_was_taken_or_left_changes_nothing_in_the_audit() {
    let facts = with(bucket("us-east-1", &[]));
    let plain = lines(&answers(), &facts);
    let mut said = answers();
    said.consent.leave.insert("bucket-versioning".to_owned());
    said.consent.adopt.insert("bucket-tls".to_owned());
    assert_eq!(lines(&said, &facts), plain);
}

#[test]
fn no_bucket_no_lines() {
    assert!(lines(&answers(), &facts()).is_empty());
}

#[test]
fn a22_suspended_versions_are_told_apart_from_versions_that_were_never_on() {
    let suspended = of(&[(Setting::Versioning, r#"{"Status":"Suspended"}"#)], "versioning");
    assert_eq!((suspended.state, suspended.change), (AuditState::Gap, Some("bucket-versioning")));
    assert!(suspended.found.as_str().starts_with("Suspended"), "{}", suspended.found);
    assert!(of(&[], "versioning").found.as_str().starts_with("never on"));
    assert_eq!(of(&[(Setting::Versioning, r#"{"Status":"Enabled"}"#)], "versioning").state, AuditState::Good);
}

#[rstest]
#[case(r#"{"Mode":"COMPLIANCE","Years":10}"#, "COMPLIANCE for 10 years", "root")]
#[case(r#"{"Mode":"GOVERNANCE","Days":30}"#, "GOVERNANCE for 30 days", "paid for")]
fn a22_a_default_retention_is_explained(#[case] retention: &str, #[case] what: &str, #[case] why: &str) {
    let document = format!("{{\"ObjectLockEnabled\":\"Enabled\",\"Rule\":{{\"DefaultRetention\":{retention}}}}}");
    let mut facts = with(bucket("us-east-1", &[OURS, (Setting::ObjectLock, &document)]));
    let seen = line(&lines(&answers(), &facts), "object-lock");
    assert_eq!(seen.state, AuditState::Gap);
    assert!(seen.found.as_str().contains(what) && seen.found.as_str().contains(why), "{}", seen.found);
    assert!(plan(&answers(), &facts).notes.iter().any(|note| note.contains(what)));
    let mut rancher = answers();
    rancher.tool = Tool::RancherBackup;
    assert_eq!(line(&lines(&rancher, &facts), "object-lock").state, AuditState::Stop);
    facts.bucket.settings.insert(Setting::ObjectLock, r#"{"ObjectLockEnabled":"Enabled"}"#.to_owned());
    assert_eq!(line(&lines(&rancher, &facts), "object-lock").state, AuditState::Good);
}

#[test]
fn a22_a_bucket_whose_policy_opens_it_to_everybody_stops_the_plan() {
    let policy = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Site","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-backups/*"{condition}}}]}}"#
        )
    };
    let open = policy("");
    let facts = with(bucket("us-east-1", &[OURS, (Setting::Policy, &open)]));
    let seen = line(&lines(&answers(), &facts), "public-policy");
    assert_eq!(seen.state, AuditState::Stop);
    let told = problems(&answers(), &facts).to_string();
    assert!(told.contains("bucket.name") && told.contains("\"Site\"") && told.contains("everybody"), "{told}");
    let inside = policy(r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#);
    assert_eq!(of(&[(Setting::Policy, &inside)], "public-policy").state, AuditState::Good);
    let anywhere = policy(r#","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#);
    assert_eq!(of(&[(Setting::Policy, &anywhere)], "public-policy").state, AuditState::Stop);
}

#[test]
fn a22_requester_pays_is_explained_and_stops_nothing() {
    let mut facts = with(bucket("us-east-1", &[OURS]));
    facts.bucket.requester_pays = Some(true);
    assert_eq!(line(&lines(&answers(), &facts), "requester-pays").state, AuditState::Gap);
    assert!(plan(&answers(), &facts).notes.iter().any(|note| note.contains("requester pays")));
    facts.bucket.requester_pays = Some(false);
    assert_eq!(line(&lines(&answers(), &facts), "requester-pays").state, AuditState::Good);
}

#[rstest]
#[case("arn:aws:s3:::acme-backups/*", "arn:aws:iam::444455556666:root", true)]
#[case("arn:aws:s3:::acme-backups/velero/us-east-1/prod/backups/*", "arn:aws:iam::444455556666:root", true)]
#[case("arn:aws:s3:::acme-backups/logs/*", "arn:aws:iam::444455556666:root", false)]
#[case("arn:aws:s3:::acme-backups/*", "arn:aws:iam::111122223333:role/lifeboat-velero-us-east-1-prod", false)]
fn other_writers_under_the_prefix_are_named(#[case] resource: &str, #[case] whom: &str, #[case] told: bool) {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{whom}"}},"Action":["s3:Put*"],"Resource":"{resource}"}}}}"#
    );
    let seen = of(&[(Setting::Policy, &policy)], "other-writers");
    assert_eq!(seen.state == AuditState::Gap, told, "{}", seen.found);
    assert_eq!(seen.found.as_str().contains(whom), told, "{}", seen.found);
}

#[rstest]
#[case(r#"{"ID":"x","Status":"Enabled","Filter":{"Prefix":""},"Expiration":{"Days":90}}"#, Some("after 90 days"))]
#[case(r#"{"ID":"x","Status":"Enabled","Prefix":"velero/","Expiration":{"Date":"2030-01-01"}}"#, Some("on 2030-01-01"))]
#[case(r#"{"ID":"x","Status":"Enabled","Filter":{"And":{"Prefix":"velero/us-east-1/prod/kopia/","Tags":[]}},"Transitions":[{"Days":30,"StorageClass":"DEEP_ARCHIVE"}]}"#, Some("DEEP_ARCHIVE"))]
#[case(r#"{"ID":"x","Status":"Enabled","Filter":{},"Transitions":[{"Days":30,"StorageClass":"GLACIER_IR"}]}"#, None)]
#[case(r#"{"ID":"x","Status":"Disabled","Filter":{},"Expiration":{"Days":1}}"#, None)]
#[case(r#"{"ID":"x","Status":"Enabled","Filter":{"Prefix":"logs/"},"Expiration":{"Days":1}}"#, None)]
#[case(r#"{"ID":"x","Status":"Enabled","Filter":{},"Expiration":{"ExpiredObjectDeleteMarker":true}}"#, None)]
fn a21_a_rule_of_others_that_ages_backups_away_is_named_and_stays(#[case] rule: &str, #[case] word: Option<&str>) {
    let document = format!(r#"{{"Rules":[{rule}]}}"#);
    let facts = with(bucket("us-east-1", &[OURS, (Setting::Lifecycle, &document)]));
    let seen = line(&lines(&answers(), &facts), "lifecycle-rules");
    assert_eq!(seen.state, if word.is_some() { AuditState::Gap } else { AuditState::Good }, "{}", seen.found);
    assert!(seen.found.as_str().contains(word.unwrap_or("none")), "{}", seen.found);
    let plan = plan(&answers(), &facts);
    assert_eq!(plan.notes.iter().any(|note| note.contains("reaches the backups")), word.is_some());
    let sent: serde_json::Value = serde_json::from_str(crate::world::document(&plan, "lifecycle.json")).unwrap();
    assert_eq!(sent["Rules"][0], serde_json::from_str::<serde_json::Value>(rule).unwrap(), "sent as it was");
}

#[test]
fn a21_another_statement_that_refuses_plain_http_is_enough() {
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::acme-backups","arn:aws:s3:::acme-backups/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
    assert_eq!(of(&[(Setting::Policy, theirs)], "tls").state, AuditState::Good);
    let objects = theirs.replace(r#""arn:aws:s3:::acme-backups","#, "");
    let half = of(&[(Setting::Policy, &objects)], "tls");
    assert_eq!((half.state, half.change), (AuditState::Gap, Some("bucket-tls")), "the bucket itself is left out");
    assert!(half.found.as_str().contains("1 statement,"), "{}", half.found);
}

#[test]
fn a21_a_key_of_the_buckets_own_stays_and_gets_the_bucket_key() {
    let own = r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"},"BucketKeyEnabled":false}]}"#;
    let mut facts = with(bucket("us-east-1", &[OURS, (Setting::Encryption, own)]));
    facts.key = Some(crate::world::key("Enabled"));
    let seen = line(&lines(&answers(), &facts), "encryption");
    assert_eq!((seen.state, seen.change), (AuditState::Gap, Some("bucket-encryption")));
    let plan = plan(&answers(), &facts);
    let change = plan.change("bucket-encryption").unwrap();
    assert_eq!(change.action, Action::Update);
    let told: Vec<&str> = change.diff.iter().map(|line| line.trim_start_matches(['-', '+']).trim()).collect();
    assert_eq!(told, ["\"BucketKeyEnabled\": false", "\"BucketKeyEnabled\": true"], "nothing else differs");
}

#[test]
fn a26_a_document_that_may_not_be_read_is_unknown_and_is_not_replaced() {
    let mut facts = with(bucket("us-east-1", &[OURS]));
    facts.bucket.unread.insert(Setting::Policy, "s3:GetBucketPolicy is not allowed".to_owned());
    let found = lines(&answers(), &facts);
    for id in ["tls", "public-policy", "other-writers"] {
        assert_eq!(line(&found, id).state, AuditState::Unknown, "{id}");
    }
    let mut answers = answers();
    let change = |answers: &Answers| plan(answers, &facts).change("bucket-tls").unwrap().clone();
    assert!(change(&answers).action == Action::Conflict && change(&answers).ops.is_empty());
    answers.consent.adopt.insert("bucket-tls".to_owned());
    assert_eq!(change(&answers).action, Action::Conflict, "consent does not make it known");
    answers.consent.adopt.clear();
    answers.consent.leave.insert("bucket-tls".to_owned());
    assert_eq!(change(&answers).action, Action::Keep);
}

/// N14 on a prefix that both clusters are given by hand.
#[test]
fn n14_backups_of_another_cluster_under_the_prefix_stop_the_plan_until_it_is_said() {
    let mut answers = answers();
    answers.bucket.prefix = Some(Prefix::parse("velero/shared").unwrap());
    let mut facts = with(bucket("us-east-1", &[OURS]));
    facts.bucket.top_level = vec!["backups/".to_owned()];
    facts.bucket.backups = vec!["nightly-20260101030000".to_owned()];
    let told = problems(&answers, &facts).to_string();
    for word in ["consent.shared_prefix", "nightly-20260101030000", "prod has no location there", "velero-F48"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert_eq!(line(&lines(&answers, &facts), "other-cluster").state, AuditState::Stop);
    let unseen = audit(&answers, &facts.caller, facts.bucket.clone(), None, None);
    assert_eq!(line(&unseen, "other-cluster").state, AuditState::Unknown, "the cluster did not answer");
    answers.consent.shared_prefix = true;
    assert!(plan(&answers, &facts).notes.iter().any(|note| note.contains("velero-F48")));
}

#[test]
fn n14_a_clusters_own_backups_are_its_own() {
    let mut facts = with(bucket("us-east-1", &[OURS]));
    facts.bucket.backups = vec!["nightly-20260101030000".to_owned()];
    plan(&answers(), &facts);
    let mut answers = answers();
    answers.bucket.prefix = Some(Prefix::parse("velero/shared").unwrap());
    facts.site.kube.location = Some(serde_json::json!({
        "metadata": {"name": "default"},
        "spec": {"provider": "aws", "objectStorage": {"bucket": "acme-backups", "prefix": "velero/shared"}}
    }));
    plan(&answers, &facts);
    assert_eq!(line(&lines(&answers, &facts), "other-cluster").state, AuditState::Good);
}

#[test]
fn velero_f32_folders_of_others_stop_and_are_told() {
    let mut facts = with(bucket("us-east-1", &[OURS]));
    facts.bucket.top_level = vec!["backups/".to_owned(), "invoices/".to_owned()];
    let seen = line(&lines(&answers(), &facts), "folders");
    assert!(seen.state == AuditState::Stop && seen.found.as_str().contains("invoices/"), "{}", seen.found);
}

#[test]
fn a_bucket_that_is_hardened_already_is_good() {
    let settings = [
        (Setting::PublicAccess, BLOCKED),
        (Setting::Ownership, r#"{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}"#),
        (Setting::Versioning, r#"{"Status":"Enabled"}"#),
    ];
    for id in ["public-access", "ownership", "versioning"] {
        assert_eq!(of(&settings, id).state, AuditState::Good, "{id}");
    }
    let half = BLOCKED.replace(r#""BlockPublicPolicy":true"#, r#""BlockPublicPolicy":false"#);
    assert_eq!(of(&[(Setting::PublicAccess, &half)], "public-access").found.as_str(), "off: BlockPublicPolicy");
}

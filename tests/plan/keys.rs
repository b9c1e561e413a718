//! Keys that exist: in every form, told why not, their policy asked; and what is asked before it is done.

use crate::world::{answers, bucket, document, facts, key, plan, problems};
use lifeboat::domain::{KmsKeyRef, PolicyArn};
use lifeboat::plan::answers::{Answers, EncryptionKind};
use lifeboat::plan::{Action, Facts};
use lifeboat::ports::Setting;
use rstest::rstest;

const ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const DELEGATES: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}"#;

fn asks_for(name: &str) -> Answers {
    let mut answers = answers();
    answers.encryption.kind = EncryptionKind::Kms;
    answers.encryption.key = Some(KmsKeyRef::parse(name).unwrap());
    answers
}

/// An account whose key is as `change` says.
fn with(change: impl FnOnce(&mut lifeboat::plan::KeyFacts)) -> Facts {
    let mut found = key("Enabled");
    found.policy = Some(DELEGATES.to_owned());
    change(&mut found);
    Facts { key: Some(found), ..facts() }
}

#[rstest]
#[case("1234abcd-12ab-34cd-56ef-1234567890ab")]
#[case("mrk-1234abcd12ab34cd56ef1234567890ab")]
#[case(ARN)]
#[case("alias/backups")]
#[case("arn:aws:kms:us-east-1:111122223333:alias/backups")]
fn n21_in_whatever_form_a_key_is_named_its_arn_is_used_through_s3_only(#[case] name: &str) {
    let plan = plan(&asks_for(name), &with(|_| {}));
    let permissions: serde_json::Value = serde_json::from_str(document(&plan, "permissions.json")).unwrap();
    let statements = permissions["Statement"].as_array().unwrap();
    let of_key: Vec<_> = statements.iter().filter(|one| one["Action"].to_string().contains("kms:")).collect();
    assert_eq!(of_key.len(), 1);
    assert_eq!(of_key[0]["Resource"], ARN);
    assert_eq!(of_key[0]["Condition"]["StringEquals"]["kms:ViaService"], "s3.us-east-1.amazonaws.com");
    let encryption: serde_json::Value = serde_json::from_str(document(&plan, "encryption.json")).unwrap();
    assert_eq!(encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"], ARN);
    assert_eq!(encryption["Rules"][0]["BucketKeyEnabled"], true);
}

#[test]
fn n22_a_key_of_awss_own_is_used_and_its_limit_is_said() {
    let facts = with(|found| {
        found.key.manager = "AWS".to_owned();
        found.policy = None;
    });
    let plan = plan(&asks_for("alias/aws/s3"), &facts);
    assert!(plan.notes.iter().any(|note| note.contains("this account only")), "{:?}", plan.notes);
}

#[rstest]
#[case::region("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "not in us-east-1")]
#[case::account("arn:aws:kms:us-east-1:444455556666:alias/backups", "another account")]
#[case::partition("arn:aws-cn:kms:us-east-1:111122223333:alias/backups", "the partition aws-cn")]
fn n23_an_arn_from_elsewhere_is_refused_by_its_own_words(#[case] name: &str, #[case] words: &str) {
    let told = problems(&asks_for(name), &facts()).to_string();
    assert!(told.starts_with("encryption.key:") && told.contains(words), "{told}");
}

#[rstest]
#[case("Disabled", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "enable it")]
#[case("PendingDeletion", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "cancel the deletion")]
#[case("PendingImport", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "import it")]
#[case("Unavailable", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "key store")]
#[case("Creating", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "try again")]
#[case("SomethingNew", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "SomethingNew")]
#[case("Enabled", "RSA_4096", "ENCRYPT_DECRYPT", "asymmetric (RSA_4096")]
#[case("Enabled", "ECC_NIST_P256", "SIGN_VERIFY", "asymmetric (ECC_NIST_P256")]
#[case("Enabled", "HMAC_256", "GENERATE_VERIFY_MAC", "HMAC key")]
fn n23_a_key_that_cannot_encrypt_is_refused_with_a_sentence_of_its_own(
    #[case] state: &str,
    #[case] spec: &str,
    #[case] usage: &str,
    #[case] words: &str,
) {
    let facts = with(|found| {
        (found.key.state, found.key.spec, found.key.usage) = (state.to_owned(), spec.to_owned(), usage.to_owned());
    });
    let told = problems(&asks_for("alias/backups"), &facts).to_string();
    assert!(told.starts_with("encryption.key:") && told.contains(words), "{told}");
}

#[rstest]
#[case("EXTERNAL", "1234", "imported material")]
#[case("AWS_CLOUDHSM", "1234", "key store of its own")]
#[case("AWS_KMS", "mrk-1234abcd12ab34cd56ef1234567890ab", "multi-Region")]
fn n23_what_works_and_is_worth_knowing_is_a_note(#[case] origin: &str, #[case] id: &str, #[case] words: &str) {
    let facts = with(|found| (found.key.origin, found.key.id) = (origin.to_owned(), id.to_owned()));
    let plan = plan(&asks_for("alias/backups"), &facts);
    assert!(plan.notes.iter().any(|note| note.contains(words)), "{:?}", plan.notes);
}

/// security.md 1.6: an identity policy alone gives nothing. The statement that is offered is enough.
#[test]
fn a_key_policy_that_leaves_nothing_to_iam_is_refused_with_the_statement_that_mends_it() {
    let closed = DELEGATES.replace(":root\"", ":role/keepers\"");
    let told = problems(&asks_for("alias/backups"), &with(|found| found.policy = Some(closed.clone()))).to_string();
    for word in ["role/lifeboat-velero-us-east-1-prod", "kms:Decrypt and kms:GenerateDataKey"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let statement = &told[told.find('{').expect("a statement is offered")..];
    let mut policy: serde_json::Value = serde_json::from_str(&closed).unwrap();
    policy["Statement"].as_array_mut().unwrap().push(serde_json::from_str(statement.trim()).expect("it is JSON"));
    plan(&asks_for("alias/backups"), &with(|found| found.policy = Some(policy.to_string())));
}

#[test]
fn a_key_policy_that_denies_the_role_is_refused_also_for_the_buckets_own_key() {
    let denied = DELEGATES.replace(
        "\"Statement\":[",
        r#""Statement":[{"Sid":"Never","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"},"#,
    );
    let own = format!(
        r#"{{"Rules":[{{"ApplyServerSideEncryptionByDefault":{{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"{ARN}"}},"BucketKeyEnabled":true}}]}}"#
    );
    let mut facts = with(|found| found.policy = Some(denied));
    facts.bucket = bucket("us-east-1", &[crate::world::OURS, (Setting::Encryption, &own)]);
    let told = problems(&answers(), &facts).to_string();
    assert!(told.contains("Never") && told.contains("kms:Decrypt") && !told.contains("GenerateDataKey and"), "{told}");
}

#[test]
fn a_key_policy_that_was_not_read_is_unknown_and_said() {
    let plan = plan(&asks_for("alias/backups"), &with(|found| found.policy = None));
    assert!(plan.notes.iter().any(|note| note.contains("was not read")), "{:?}", plan.notes);
}

#[test]
fn e13_the_root_user_is_warned_and_asked_before_it_writes() {
    let mut facts = facts();
    facts.caller.arn = "arn:aws:iam::111122223333:root".to_owned();
    let asked = plan(&answers(), &facts);
    let question = asked.change("root-user").expect("it is asked");
    assert_eq!(question.action, Action::Conflict);
    assert!(question.why.contains("consent.adopt") && asked.notes.iter().any(|note| note.contains("ROOT USER")));
    assert_eq!(asked.digest, plan(&answers(), &crate::world::facts()).digest, "it is no part of what is desired");
    let mut said = answers();
    said.consent.adopt.insert("root-user".to_owned());
    assert!(plan(&said, &facts).conflicts().is_empty());
    assert!(plan(&answers(), &crate::world::facts()).change("root-user").is_none());
}

#[rstest]
#[case(
    r#""Action":["s3:*"],"Resource":["arn:aws:s3:::acme-backups","arn:aws:s3:::acme-backups/*"]"#,
    "by a pattern: s3:*"
)]
#[case(r#""NotAction":["iam:*"],"Resource":"*""#, "NotAction")]
#[case(r#""Action":["s3:ListBucket","s3:GetObject","s3:PutObject","s3:DeleteObject","s3:AbortMultipartUpload"],"Resource":"*""#, "every resource")]
fn e21_a_policy_that_allows_more_than_is_needed_is_asked_about(#[case] grant: &str, #[case] words: &str) {
    let mut answers = answers();
    answers.role.existing_policy = Some(PolicyArn::parse("arn:aws:iam::111122223333:policy/wide").unwrap());
    let mut facts = facts();
    facts.existing_policy =
        Some(format!(r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Wide","Effect":"Allow",{grant}}}]}}"#));
    let asked = plan(&answers, &facts);
    let change = asked.change("permissions").unwrap();
    assert!(change.action == Action::Conflict && change.why.contains(words), "{}", change.why);
    answers.consent.adopt.insert("permissions".to_owned());
    assert_eq!(plan(&answers, &facts).change("permissions").unwrap().action, Action::Create);
}

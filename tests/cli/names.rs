//! Names that are wrong (security.md 7.1): each is refused with field, value, rule and a way out, and the file
//! stays as it was.

use crate::support::{Machine, Ran, answers};
use lifeboat::domain::Shown;
use rstest::rstest;

/// Answers with one field set to a value.
fn with(field: &str, value: &str) -> String {
    let quoted = toml::Value::from(value).to_string();
    let (table, key) = field.split_once('.').unwrap();
    let bare = answers("acme-backups", "");
    match field {
        "bucket.name" => bare.replace("\"acme-backups\"", &quoted),
        "cluster.name" => bare.replace("\"prod\"", &quoted),
        "cluster.region" => bare.replace("\"us-east-1\"", &quoted),
        _ if table == "bucket" => format!("{bare}{key} = {quoted}\n"),
        _ => format!("{bare}[{table}]\n{key} = {quoted}\n"),
    }
}

/// Plans with a wrong value and holds the message to its four parts.
fn refused(field: &str, value: &str) -> Ran {
    let machine = Machine::new();
    let text = with(field, value);
    let ran = machine.demo("plan", &text).ended(2).says(field).says("Why: ").says("What to do: ");
    let start = Shown::bounded(value, 12).to_string();
    let start = start.trim_end_matches('…').trim();
    assert!(value.trim().is_empty() || ran.err.contains(start), "{value:?} is not in:\n{}", ran.err);
    assert_eq!(std::fs::read_to_string(machine.path("answers.toml")).unwrap(), text, "the file was changed");
    assert!(!machine.state().join("demo/default/runs").exists());
    ran
}

#[rstest]
#[case("")]
#[case("ab")]
#[case(&"a".repeat(64))]
fn n01_a_bucket_has_3_to_63_characters(#[case] value: &str) {
    refused("bucket.name", value).says("3 to 63 characters");
}

#[rstest]
#[case("Bad_Name", "bad-name")]
#[case("UPPER", "upper")]
fn n02_the_lower_case_form_is_offered(#[case] value: &str, #[case] near: &str) {
    refused("bucket.name", value).says(&format!("\"{near}\""));
}

#[rstest]
#[case("a..b")]
#[case("-abc")]
#[case("abc-")]
#[case(".abc")]
fn n03_dots_and_hyphens_stand_between_letters(#[case] value: &str) {
    refused("bucket.name", value);
}

#[test]
fn n04_an_address_is_no_bucket() {
    refused("bucket.name", "192.168.5.4").says("IP address");
}

#[rstest]
#[case("xn--x")]
#[case("foo-s3alias")]
#[case("foo--ol-s3")]
#[case("foo--x-s3")]
#[case("foo.mrap")]
fn n05_reserved_names_say_whose_they_are(#[case] value: &str) {
    refused("bucket.name", value).says("reserved");
}

#[rstest]
#[case("s3://acme/prefix")]
#[case("arn:aws:s3:::acme/x")]
#[case("https://acme.s3.amazonaws.com")]
fn n07_of_an_address_the_bucket_is_offered(#[case] value: &str) {
    refused("bucket.name", value).says("\"acme\"");
}

#[test]
fn n08_a_prefix_in_the_bucket_field_is_split_off() {
    refused("bucket.name", "acme/prefix").says("\"acme\"");
}

#[test]
fn n09_an_account_regional_name_is_built_by_lifeboat() {
    refused("bucket.name", "foo-an").says("-an");
}

#[rstest]
#[case("/x")]
#[case("x//y")]
#[case("../x")]
#[case("x/../y")]
#[case("x*")]
#[case("x?")]
#[case("x\u{7}")]
#[case(&"p".repeat(1025))]
fn n12_a_prefix_is_a_plain_path(#[case] value: &str) {
    refused("bucket.prefix", value);
}

#[test]
fn n12_one_slash_at_the_end_is_the_same_prefix() {
    let machine = Machine::new();
    let digest = |prefix| machine.demo("plan --json", &with("bucket.prefix", prefix)).ended(0).json()["digest"].clone();
    assert_eq!(digest("x/"), digest("x"));
    assert_ne!(digest("x"), digest("y"));
}

#[rstest]
#[case(&"r".repeat(65), "64")]
#[case("a role", "a space")]
#[case("a/role", "/")]
#[case("rôle", "U+00F4")]
fn n15_a_role_name_is_counted_and_its_characters_named(#[case] value: &str, #[case] part: &str) {
    refused("role.name", value).says(part);
}

#[test]
fn n15_a_name_that_is_too_long_gets_the_shortened_one() {
    let long = "r".repeat(65);
    let proposal = format!("{}-", "r".repeat(55));
    refused("role.name", &long).says(&proposal);
}

#[rstest]
#[case("arn:aws:iam::111122223333")]
#[case("arn:aws:s3:::acme")]
#[case("arn:mars:iam::111122223333:policy/x")]
#[case("arn:aws:iam::111122223333:policy/*")]
#[case("arn:aws:iam::111122223333:policy/a\u{200b}b")]
#[case("arn:aws:iam::111122223333:policy/a\r\nb")]
fn n25_an_arn_is_whole_and_of_a_policy(#[case] value: &str) {
    refused("role.boundary", value);
}

#[test]
fn n25_what_cannot_be_seen_is_named_by_its_code_point() {
    refused("role.boundary", "arn:aws:iam::111122223333:policy/a\u{200b}b").says("U+200B");
}

#[rstest]
#[case("arn:aws:sts::111122223333:assumed-role/Backup/session")]
#[case("arn:aws:iam::111122223333:role/Backup")]
fn n26_of_an_arn_in_the_name_field_the_role_is_offered(#[case] value: &str) {
    refused("role.name", value).says("\"Backup\"");
}

#[test]
fn n26_the_arn_of_a_user_is_not_a_policy() {
    refused("role.existing_policy", "arn:aws:iam::111122223333:user/ada").says("policy");
}

#[rstest]
#[case("arn:aws:iam::123456789:policy/x")]
#[case("arn:aws:iam::1111222233334:policy/x")]
fn n27_an_account_has_twelve_digits(#[case] value: &str) {
    refused("role.boundary", value).says("twelve digits");
}

#[rstest]
#[case("us-east-1a", "us-east-1")]
#[case("US-EAST-1", "us-east-1")]
#[case("useast1", "us-east-1")]
fn n28_a_region_gets_the_nearest(#[case] value: &str, #[case] near: &str) {
    refused("cluster.region", value).says(&format!("\"{near}\""));
}

#[test]
fn n28_a_region_that_nobody_knows_is_refused_by_form_or_by_the_account() {
    refused("cluster.region", "mars");
    let ran = Machine::new().demo("plan", &with("cluster.region", "mars-north-1"));
    assert!(matches!(ran.code, Some(1 | 2)), "{:?}", ran.code);
    ran.says("mars-north-1");
}

#[rstest]
#[case("Velero", "\"velero\"")]
#[case("-x", "-x")]
#[case(&"n".repeat(64), "63")]
fn n30_a_namespace_is_a_label(#[case] value: &str, #[case] part: &str) {
    refused("install.namespace", value).says(part);
}

#[test]
fn n30_a_system_namespace_is_warned_of() {
    Machine::new().demo("plan", &with("install.namespace", "kube-system")).ended(0).says("system namespace");
}

#[rstest]
#[case("default")]
#[case("*")]
#[case(&"s".repeat(254))]
fn n31_a_service_account_is_one_of_its_own(#[case] value: &str) {
    refused("install.service_account", value);
}

#[rstest]
#[case(&"c".repeat(101), "100")]
#[case("prôd", "U+00F4")]
#[case("_prod", "letter or digit")]
#[case("prod\u{202e}dorp", "U+202E")]
fn n33_a_cluster_has_the_name_that_eks_allows(#[case] value: &str, #[case] part: &str) {
    refused("cluster.name", value).says(part);
}

#[rstest]
#[case("Velero_1", "\"velero-1\"")]
#[case(&"r".repeat(54), "53")]
fn n34_a_release_has_the_name_that_helm_allows(#[case] value: &str, #[case] part: &str) {
    refused("install.release", value).says(part);
}

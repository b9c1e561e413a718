#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use pretty_assertions::assert_eq;
use rstest::rstest;

const LEAST: &str =
    "tool = \"velero\"\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n[bucket]\nname = \"acme-backups\"\n";

/// The contract's example, with the tables of one tool.
const FULL: &str = include_str!("contract_example.toml");

fn problems(text: &str) -> Vec<Problem> {
    Answers::parse(text).unwrap_err().0
}

fn only(text: &str) -> Problem {
    let found = problems(text);
    assert_eq!(found.len(), 1, "{}", Problems(found.clone()));
    found.into_iter().next().unwrap()
}

/// The least file with a line more, in a table of its own.
fn with(line: &str) -> String {
    format!("{LEAST}{line}\n")
}

/// The least file of another tool.
fn of(tool: &str, more: &str) -> String {
    format!("{}{more}\n", LEAST.replace("velero", tool))
}

#[test]
fn the_least_file_gets_every_default_of_the_contract() {
    let answers = Answers::parse(LEAST).unwrap();
    let expected = Answers::new(
        Tool::Velero,
        Identity::Irsa,
        ClusterName::parse("prod").unwrap(),
        Region::parse("us-east-1").unwrap(),
        BucketName::parse("acme-backups").unwrap(),
    );
    assert_eq!(answers, expected);
    assert_eq!(answers.prefix().as_str(), "velero/us-east-1/prod");
    assert_eq!(answers.bucket_region().as_str(), "us-east-1");
    assert_eq!(answers.namespace().as_str(), "velero");
    assert_eq!(answers.service_account().as_str(), "velero-server");
    assert_eq!(answers.release().as_str(), "velero");
    assert_eq!(answers.role_name().as_str(), "lifeboat-velero-us-east-1-prod");
}

#[test]
fn the_contracts_example_is_taken_whole() {
    let answers = Answers::parse(FULL).unwrap();
    assert_eq!(answers.restore_clusters.len(), 1);
    assert_eq!(answers.tags.get("team").map(String::as_str), Some("platform"));
    assert_eq!(answers.velero, VeleroAnswer::default());
    assert_eq!(answers.encryption, EncryptionAnswer::default());
    let read = answers.read_role_name(&answers.restore_clusters[0]);
    assert_eq!(read.as_str(), "lifeboat-velero-us-west-2-dr-read");
}

#[rstest]
#[case("velero", "velero", "velero-server", "velero")]
#[case("rancher-backup", "cattle-resources-system", "rancher-backup", "rancher-backup")]
#[case("upbound-spaces", "upbound-system", "mxp-controller", "spaces")]
fn each_tool_has_its_own_names(#[case] tool: &str, #[case] ns: &str, #[case] sa: &str, #[case] release: &str) {
    let answers = Answers::parse(&of(tool, "")).unwrap();
    assert_eq!(answers.namespace(), Namespace::parse(ns).unwrap());
    assert_eq!(answers.service_account(), ServiceAccount::parse(sa).unwrap());
    assert_eq!(answers.release(), ReleaseName::parse(release).unwrap());
    assert_eq!(Answers::parse(&answers.to_toml()).unwrap(), answers);
}

#[test]
fn our_own_defaults_are_what_their_parsers_take() {
    let (velero, spaces) = (VeleroAnswer::default(), SpacesAnswer::default());
    assert_eq!(crate::domain::GoDuration::parse("1m").unwrap(), velero.validation_frequency);
    assert_eq!(crate::domain::GoDuration::parse("720h").unwrap(), velero.ttl);
    assert_eq!(crate::domain::Schedule::parse("0 3 * * *").ok(), velero.schedule);
    assert_eq!(crate::domain::LocationName::parse("default").unwrap(), velero.location);
    assert_eq!(crate::domain::LocationName::parse("lifeboat").unwrap(), spaces.config_name);
}

#[test]
fn the_example_for_the_demo_is_right() {
    let answers = Answers::parse(include_str!("../../../assets/examples/velero-irsa.toml")).unwrap();
    assert_eq!(answers.bucket.name.as_str(), "acme-backups");
    assert!(answers.bucket.create && answers.velero.features.is_empty());
    assert_eq!(answers.prefix(), Prefix::parse("velero/us-east-1/prod").unwrap());
}

#[test]
fn e20_all_problems_are_told_together_with_field_and_line() {
    let text = "tool = \"veleroo\"\nidentity = 3\n\n[cluster]\nname = \"prod\"\nregion = \"useast1\"\n[bucket]\nname = \"Bad_Name\"\nnoncurrent_days = \"30\"\n";
    let found: Vec<(String, Option<usize>)> = problems(text).into_iter().map(|p| (p.field, p.line)).collect();
    let expected =
        [("tool", 1), ("identity", 2), ("cluster.region", 6), ("bucket.name", 8), ("bucket.noncurrent_days", 9)];
    assert_eq!(found, expected.map(|(field, line)| (field.to_owned(), Some(line))));
    let shown = Answers::parse(text).unwrap_err().to_string();
    assert!(shown.contains("line 8, bucket.name: \"Bad_Name\" is not a bucket name"), "{shown}");
    assert!(shown.contains("Try \"bad-name\"") && shown.contains("Try \"us-east-1\""), "{shown}");
    assert!(shown.contains("Try \"velero\""), "{shown}");
}

#[rstest]
#[case("", &["tool", "cluster.name", "cluster.region", "bucket.name"])]
#[case("tool = \"velero\"\n[cluster]\n[bucket]\n", &["cluster.name", "cluster.region", "bucket.name"])]
fn e20_what_is_missing_is_named(#[case] text: &str, #[case] fields: &[&str]) {
    let found: Vec<String> = problems(text).into_iter().map(|problem| problem.field).collect();
    assert_eq!(found, fields);
    assert!(problems(text).iter().all(|problem| problem.todo.as_str().starts_with("Add ")));
}

#[rstest]
#[case("create_ = true", "bucket.create_", "create")]
#[case("prefx = \"x\"", "bucket.prefx", "prefix")]
#[case("[instal]\nchart = \"x\"", "instal", "install")]
#[case("[velero]\nfeature = []", "velero.feature", "features")]
#[case("[[restore_clusters]]\nname = \"dr\"", "restore_clusters", "restore_cluster")]
fn e20_an_unknown_key_gets_the_nearest(#[case] line: &str, #[case] field: &str, #[case] near: &str) {
    let problem = only(&with(line));
    assert_eq!(problem.field, field);
    assert_eq!(problem.todo.as_str(), format!("Did you mean \"{near}\"?"));
    assert!(problem.line.is_some_and(|line| line >= 7), "{problem}");
}

#[rstest]
#[case("velero", "[rancher]\nretention = 3", "rancher")]
#[case("velero", "[spaces]", "spaces")]
#[case("rancher-backup", "[velero]\nttl = \"1h\"", "velero")]
fn e20_the_table_of_another_tool_is_an_error(#[case] tool: &str, #[case] table: &str, #[case] field: &str) {
    let problem = only(&of(tool, table));
    assert_eq!(problem.field, field);
    assert!(problem.todo.as_str().contains("set tool = "), "{problem}");
}

#[rstest]
#[case("create = \"yes\"", "bucket.create", "true or false")]
#[case("prefix = 1", "bucket.prefix", "a string")]
#[case("noncurrent_days = -1", "bucket.noncurrent_days", "a whole number")]
#[case("noncurrent_days = 1.5", "bucket.noncurrent_days", "a whole number")]
#[case("noncurrent_days = 99999999999", "bucket.noncurrent_days", "a whole number")]
#[case("[velero]\nfeatures = \"csi\"", "velero.features", "a list of strings")]
#[case("[velero]\nfeatures = [1]", "velero.features", "a list of strings")]
#[case("[tags]\nteam = 1", "tags.team", "a string")]
#[case("[[tags]]\nteam = \"x\"", "tags", "a table")]
#[case("[restore_cluster]\nname = \"dr\"", "restore_cluster", "tables")]
fn e20_a_wrong_type_is_told_with_what_was_expected(#[case] line: &str, #[case] field: &str, #[case] expected: &str) {
    let problem = only(&with(line));
    assert_eq!(problem.field, field);
    assert!(problem.why.as_str().contains(expected), "{problem}");
}

#[rstest]
#[case("version = 2\n", "version 2")]
#[case("version = \"1\"\n", "a string")]
fn e20_another_version_is_refused(#[case] line: &str, #[case] what: &str) {
    let problem = only(&format!("{line}{LEAST}"));
    assert!(problem.field == "version" && problem.what.as_str().contains(what), "{problem}");
    assert!(Answers::parse(&format!("version = 1\n{LEAST}")).is_ok());
}

#[test]
fn e20_comments_crlf_and_a_byte_order_mark_are_taken() {
    let text = format!("\u{feff}# a comment\n{LEAST}# the end").replace('\n', "\r\n");
    assert_eq!(Answers::parse(&text).unwrap(), Answers::parse(LEAST).unwrap());
}

#[test]
fn e20_duplicate_keys_and_broken_syntax_are_told_by_line_beside_the_rest() {
    let found = problems(&with("create = true\ncreate = false\nregion = \"x\""));
    assert!(found.iter().any(|problem| problem.line == Some(8) && problem.what.as_str().contains("not TOML")));
    assert!(found.iter().any(|problem| problem.field == "bucket.region"));
    let broken = problems("tool = \"velero\n[cluster");
    assert!(broken.iter().all(|problem| !problem.what.as_str().contains("missing")), "{broken:?}");
}

#[test]
fn e20_ten_thousand_brackets_do_not_overflow_the_stack() {
    for text in ["[".repeat(10_000), format!("a = {}", "[".repeat(10_000)), "a.".repeat(500_000), "x".repeat(2 << 20)] {
        assert!(Answers::parse(&text).is_err());
    }
}

#[test]
fn e20_hostile_text_is_shown_harmless() {
    let shown = Answers::parse(&with("region = \"\\u001b[2J\\u202e\"\n\"ke\\u001by\" = 1")).unwrap_err().to_string();
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    assert!(shown.contains("^["), "{shown}");
}

#[rstest]
#[case("noncurrent_days = 0", "bucket.noncurrent_days")]
#[case(
    "account_regional = true\nregion = \"ap-northeast-1\"\n[role]\nname = \"x\"\n[tags]\n\"aws:x\" = \"y\"",
    "tags.aws:x"
)]
#[case("[encryption]\nkind = \"kms\"", "encryption.key")]
#[case("[encryption]\nkey = \"new\"", "encryption.key")]
#[case("[encryption]\nkind = \"kms\"\nkey = \"alias/x\"\nalias = \"alias/y\"", "encryption.alias")]
#[case("[encryption]\nrotation_days = 89", "encryption.rotation_days")]
#[case("[encryption]\nrotation_days = 2561", "encryption.rotation_days")]
#[case("[encryption]\nkind = \"kmss\"", "encryption.kind")]
#[case("[role]\ndescription = \"\u{65e5}\"", "role.description")]
#[case("[role]\nname = \"a b\"", "role.name")]
#[case("[role]\npath = \"backup\"", "role.path")]
#[case("[role]\nboundary = \"arn:aws:iam::111122223333:role/x\"", "role.boundary")]
#[case("[install]\nservice_account = \"default\"", "install.service_account")]
#[case("[install]\nversion = \"latest\"", "install.version")]
#[case("[install]\nimage_registry = \"https://registry.example.com\"", "install.image_registry")]
#[case("[velero]\nschedule = \"* * * *\"", "velero.schedule")]
#[case("[velero]\nttl = \"30d\"", "velero.ttl")]
#[case("[velero]\nttl = \"\"", "velero.ttl")]
#[case("[velero]\ns3_url = \"s3.example.com\"", "velero.s3_url")]
#[case("[velero]\nfeatures = [\"cssi\"]", "velero.features")]
#[case("[velero]\naccess_mode = \"readwrite\"", "velero.access_mode")]
#[case("[consent]\nadopt = [\"bukket\"]", "consent.adopt")]
#[case("[consent]\nadopt = [\"bucket\"]\nleave = [\"bucket\"]", "consent.leave")]
#[case("[consent]\nexec_plugins = [\" \"]", "consent.exec_plugins")]
#[case("[[restore_cluster]]\nname = \"prod\"\nregion = \"us-east-1\"", "restore_cluster[0].name")]
#[case(
    "[[restore_cluster]]\nname = \"dr\"\nregion = \"us-east-1\"\nservice_account = \"default\"",
    "restore_cluster[0].service_account"
)]
fn a_field_that_is_wrong_by_itself_or_beside_another_is_told_once(#[case] line: &str, #[case] field: &str) {
    let problem = only(&with(line));
    assert_eq!(problem.field, field);
    assert!(problem.line.is_some_and(|line| line >= 7), "{problem}");
}

#[rstest]
#[case("rancher-backup", "object_lock_days = 30", "bucket.object_lock_days")]
#[case("rancher-backup", "[install]\nservice_account = \"other\"", "install.service_account")]
#[case("upbound-spaces", "[install]\nservice_account = \"other\"", "install.service_account")]
#[case("rancher-backup", "[rancher]\nretention = 0", "rancher.retention")]
#[case("rancher-backup", "[rancher]\nendpoint = \"https://s3.us-east-1.amazonaws.com/\"", "rancher.endpoint")]
#[case("rancher-backup", "[rancher]\nencryption_secret = \"A B\"", "rancher.encryption_secret")]
#[case("upbound-spaces", "[spaces]\ncontrol_planes = [\"one\"]", "spaces.control_planes")]
#[case("upbound-spaces", "[spaces]\ntrust = \"any\"", "spaces.trust")]
fn what_one_tool_alone_refuses_is_told(#[case] tool: &str, #[case] line: &str, #[case] field: &str) {
    assert_eq!(only(&of(tool, line)).field, field);
}

#[test]
fn n09_a_regional_name_leaves_room_for_account_and_region() {
    let text = with("account_regional = true").replace("acme-backups", &"b".repeat(38));
    assert!(only(&text).why.as_str().contains("37"));
    let fits = with("account_regional = true").replace("acme-backups", &"b".repeat(37));
    assert!(Answers::parse(&fits).is_ok());
    let whole = LEAST.replace("acme-backups", "acme-111122223333-us-east-1-an");
    assert_eq!(only(&whole).field, "bucket.account_regional");
    assert!(Answers::parse(&format!("{whole}create = false\n")).is_ok());
}

#[test]
fn an_empty_schedule_is_none_and_a_missing_one_is_the_default() {
    assert_eq!(Answers::parse(&with("[velero]\nschedule = \"\"")).unwrap().velero.schedule, None);
    assert_eq!(Answers::parse(&with("[velero]")).unwrap().velero.schedule, VeleroAnswer::default().schedule);
    let none = Answers::parse(&with("[velero]\nschedule = \"\"")).unwrap();
    assert_eq!(Answers::parse(&none.to_toml()).unwrap(), none);
}

#[test]
fn n12_the_root_prefix_survives_writing() {
    let answers = Answers::parse(&with("prefix = \"/\"")).unwrap();
    assert!(answers.prefix().is_root());
    assert_eq!(Answers::parse(&answers.to_toml()).unwrap(), answers);
}

#[test]
fn n11_a_buckets_region_is_its_own_not_the_clusters() {
    assert_eq!(Answers::parse(LEAST).unwrap().bucket_region().as_str(), "us-east-1");
    let answers = Answers::parse(&with("region = \"eu-west-1\"")).unwrap();
    assert_eq!(answers.bucket_region().as_str(), "eu-west-1");
    assert_eq!(answers.prefix().as_str(), "velero/us-east-1/prod");
}

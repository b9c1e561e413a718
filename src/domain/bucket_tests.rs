#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use rstest::rstest;

fn why(text: &str) -> Reason {
    BucketName::parse(text).unwrap_err()
}

fn near(text: &str) -> String {
    why(text).suggestion.unwrap().as_str().to_owned()
}

#[test]
fn n01_a_name_has_3_to_63_characters() {
    for text in ["", "ab", &"a".repeat(64)] {
        assert!(why(text).why.as_str().contains("3 to 63"), "{text}");
    }
    assert!(BucketName::parse("abc").is_ok());
    assert!(BucketName::parse(&"a".repeat(63)).is_ok());
}

#[test]
fn n02_the_lower_case_form_is_offered_not_applied() {
    assert_eq!(near("Bad_Name"), "bad-name");
    assert_eq!(near("UPPER"), "upper");
    assert_eq!(near("acme backups"), "acme-backups");
}

#[rstest]
#[case("a..b", "a.b")]
#[case("-abc", "abc")]
#[case("abc-", "abc")]
#[case(".abc", "abc")]
fn n03_misplaced_dots_and_dashes_are_refused(#[case] text: &str, #[case] proposed: &str) {
    assert_eq!(near(text), proposed);
}

#[test]
fn n04_an_ip_address_is_no_name() {
    assert!(why("192.168.5.4").why.as_str().contains("IP address"));
    assert!(BucketName::parse("192.168.5.4a").is_ok());
}

#[rstest]
#[case("xn--x")]
#[case("foo-s3alias")]
#[case("foo--ol-s3")]
#[case("foo--x-s3")]
#[case("foo--table-s3")]
#[case("foo.mrap")]
#[case("sthree-foo")]
#[case("amzn-s3-demo-foo")]
fn n05_reserved_names_are_refused(#[case] text: &str) {
    assert!(why(text).why.as_str().contains("reserved"), "{}", why(text));
}

#[test]
fn n06_dots_are_allowed_with_a_warning() {
    assert!(BucketName::parse("my.backups.example").unwrap().warning().is_some());
    assert!(BucketName::parse("my-backups").unwrap().warning().is_none());
}

#[rstest]
#[case("s3://acme-backups/velero")]
#[case("arn:aws:s3:::acme-backups/x")]
#[case("https://acme-backups.s3.amazonaws.com")]
#[case("acme-backups/prefix")]
fn n08_an_address_in_the_bucket_field_proposes_the_bucket(#[case] text: &str) {
    assert_eq!(near(text), "acme-backups");
}

#[test]
fn n09_a_regional_name_is_built_not_typed() {
    let account = AccountId::parse("111122223333").unwrap();
    let region = Region::parse("us-east-1").unwrap();
    assert_eq!(near("foo-an"), "foo");
    let whole = BucketName::parse("foo").unwrap().account_regional(&account, &region).unwrap();
    assert_eq!(whole.as_str(), "foo-111122223333-us-east-1-an");
    assert!(whole.is_account_regional());
    assert_eq!(BucketName::parse(whole.as_str()).unwrap(), whole);
    assert_eq!(whole.account_regional(&account, &region).unwrap(), whole);
    let other = AccountId::parse("444455556666").unwrap();
    assert!(whole.account_regional(&other, &region).is_err());
}

#[rstest]
#[case("us-east-1", 37)]
#[case("ap-northeast-1", 32)]
fn n09_a_regional_names_first_part_is_bounded(#[case] region: &str, #[case] most: usize) {
    let account = AccountId::parse("111122223333").unwrap();
    let region = Region::parse(region).unwrap();
    let name = |count| BucketName::parse(&"b".repeat(count)).unwrap();
    assert_eq!(name(most).account_regional(&account, &region).unwrap().as_str().len(), 63);
    assert!(name(most + 1).account_regional(&account, &region).is_err());
}

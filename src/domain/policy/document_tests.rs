#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use proptest::prelude::*;

#[test]
fn a19_every_form_that_iam_gives_is_read() {
    let text = r#"{"Statement":{"Sid":7,"Effect":"Allow","Principal":{"AWS":[111122223333,"*"],"Service":"ec2.amazonaws.com"},
        "Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}},"Comment":"x"}}"#;
    let document = Document::parse(text).unwrap();
    assert_eq!(document.version, "2008-10-17");
    let statement = &document.statements[0];
    assert_eq!(statement.sid, "7");
    let list = vec![
        Principal::Aws("111122223333".to_owned()),
        Principal::Anyone,
        Principal::Service("ec2.amazonaws.com".to_owned()),
    ];
    assert_eq!(statement.principals, Some(Principals::These(list)));
    assert_eq!(statement.actions, Action::These(vec!["sts:AssumeRole".to_owned()]));
    assert_eq!(statement.conditions[0].values, ["true"]);
    assert_eq!(statement.unknown, ["Comment"]);
    let anyone = Document::parse(r#"{"Statement":[{"Effect":"Deny","Principal":"*","NotAction":["a:b"]}]}"#).unwrap();
    assert_eq!(anyone.statements[0].principals, Some(Principals::These(vec![Principal::Anyone])));
}

#[test]
fn a19_duplicate_sids_are_kept_and_told() {
    let text = r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"*"},{"Sid":"A","Effect":"Deny","Action":"*"},{"Effect":"Deny","Action":"*"},{"Effect":"Deny","Action":"*"}]}"#;
    let document = Document::parse(text).unwrap();
    assert_eq!(document.duplicate_sids(), ["A"]);
    assert_eq!(document.with_sid("A").count(), 2);
}

#[test]
fn a19_what_is_no_policy_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"Statement":1}"#,
        r#"{"Statement":[{}]}"#,
        r#"{"Statement":{"Effect":"allow","Action":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":{"a":1}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"ada"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":true}}}"#,
    ] {
        assert!(Document::parse(text).is_err(), "{text}");
    }
    assert!(Document::parse(&"[".repeat(100_000)).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in any::<String>()) {
        let _ = Document::parse(&text);
    }
}

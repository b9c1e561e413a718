#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use proptest::prelude::*;
use serde_json::json;

const FOREIGN: &str = "{\n  \"Version\":\"2008-10-17\",\n  \"Statement\": [\n    {\"Effect\":\"Allow\" ,\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"},\n    {\"Sid\":\"B\",\"odd\":1}\n  ]\n}\n";

fn ours(sid: &str) -> String {
    json!({"Sid": sid, "Effect": "Allow"}).to_string()
}

#[test]
fn a19_a_statement_is_added_behind_the_last_and_taken_out_again() {
    let merged = merge(FOREIGN, &[ours("L")]).unwrap();
    assert!(merged.changed);
    assert!(merged.text.contains("\"odd\":1},\n    {\"Sid\":\"L\""), "{}", merged.text);
    assert_eq!(remove(&merged.text, &["L".to_owned()]).unwrap().unwrap(), FOREIGN);
}

#[test]
fn a19_a_statement_that_says_the_same_stays_as_it_stands() {
    let text = r#"{"Statement":[{"Effect" : "Allow","Sid":"L"}]}"#;
    assert_eq!(merge(text, &[ours("L")]).unwrap(), Merge { text: text.to_owned(), changed: false });
}

#[test]
fn a19_a_statement_of_our_sid_is_replaced_and_its_twins_are_taken_out() {
    let text = r#"{"Statement":[{"Sid":"L","x":1},{"Sid":"F"}, {"Sid":"L","x":2}]}"#;
    let merged = merge(text, &[ours("L")]).unwrap();
    assert_eq!(merged.text, r#"{"Statement":[{"Sid":"L","Effect":"Allow"},{"Sid":"F"}]}"#);
}

#[test]
fn a19_a_single_statement_becomes_a_list() {
    let merged = merge(r#"{"Statement":{"Sid":"F"}}"#, &[ours("L")]).unwrap();
    assert_eq!(merged.text, r#"{"Statement":[{"Sid":"F"},{"Sid":"L","Effect":"Allow"}]}"#);
    let replaced = merge(r#"{"Statement":{"Sid":"L"}}"#, &[ours("L")]).unwrap();
    assert_eq!(replaced.text, r#"{"Statement":{"Sid":"L","Effect":"Allow"}}"#);
}

#[test]
fn nothing_before_and_nothing_after() {
    let fresh = merge("", &[ours("L")]).unwrap().text;
    assert_eq!(fresh, format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", ours("L")));
    assert_eq!(remove(&fresh, &["L".to_owned()]).unwrap(), None);
    assert_eq!(remove(r#"{"Statement":[]}"#, &[]).unwrap(), None);
    assert_eq!(merge(r#"{"Statement":[ ]}"#, &[ours("L")]).unwrap().text, format!("{{\"Statement\":[{}]}}", ours("L")));
}

#[test]
fn what_is_no_statement_is_refused() {
    for text in ["", "1", "{}", r#"{"Sid":""}"#, r#"{"Sid":1}"#] {
        assert!(merge("", &[text.to_owned()]).is_err(), "{text}");
    }
    assert!(merge("{}", &[ours("L")]).is_err());
}

/// White space, and documents of foreign statements written with it.
fn space() -> impl Strategy<Value = String> {
    "[ \n\t\r]{0,3}"
}

fn foreign() -> impl Strategy<Value = (String, Vec<String>)> {
    let sid = prop_oneof!["[A-C]{0,2}", Just("Lifeboat1".to_owned())];
    let statement = (sid, any::<String>(), space()).prop_map(|(sid, text, space)| {
        let text = Value::String(text);
        format!("{{{space}\"Sid\"{space}:\"{sid}\",{space}\"x]}}\":[{text},{{}}]}}")
    });
    (prop::collection::vec((statement, space()), 0..5), space()).prop_map(|(list, space)| {
        let inner = list.iter().map(|(text, space)| format!("{space}{text}{space}")).collect::<Vec<_>>().join(",");
        let text = format!("{{{space}\"Id\":\"[{{\\\"\",{space}\"Statement\"{space}:{space}[{inner}{space}]}}{space}");
        (text, list.into_iter().map(|(text, _)| text).collect())
    })
}

proptest! {
    #[test]
    fn a19_merging_is_idempotent_and_keeps_what_is_foreign((text, list) in foreign(), count in 1_usize..4) {
        let ours: Vec<String> = (0..count).map(|index| ours(&format!("Lifeboat{index}"))).collect();
        let once = merge(&text, &ours).unwrap();
        prop_assert_eq!(&merge(&once.text, &ours).unwrap(), &Merge { text: once.text.clone(), changed: false });
        let value: Value = serde_json::from_str(&once.text).unwrap();
        let mut rest = once.text.as_str();
        for statement in list.iter().filter(|text| !text.contains("\"Lifeboat1\"")) {
            let at = rest.find(statement.as_str());
            prop_assert!(at.is_some(), "{} lost {}", &once.text, statement);
            rest = &rest[at.unwrap()..];
        }
        for sid in 0..count {
            let sid = format!("Lifeboat{sid}");
            let found = value["Statement"].as_array().unwrap().iter().filter(|one| one["Sid"] == sid.as_str()).count();
            prop_assert_eq!(found, 1);
        }
        // Taking ours out gives back what was there, byte for byte when none of ours was.
        if !text.contains("\"Lifeboat1\"") && !list.is_empty() {
            let sids: Vec<String> = (0..count).map(|index| format!("Lifeboat{index}")).collect();
            prop_assert_eq!(remove(&once.text, &sids).unwrap().unwrap(), text);
        }
    }

    #[test]
    fn any_text_is_merged_or_refused_without_panic(text in any::<String>()) {
        let _ = merge(&text, &[ours("L")]);
        let _ = remove(&text, &["L".to_owned()]);
    }

    #[test]
    fn any_brackets_are_merged_or_refused_without_panic(text in "[\\[\\]{}\",: \\\\aStatement0-9]{0,40}") {
        let _ = merge(&text, &[ours("L")]);
        let _ = merge(&format!("{{\"Statement\":{text}}}"), &[ours("L")]);
    }
}

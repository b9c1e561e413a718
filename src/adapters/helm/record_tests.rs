#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;

fn packed(json: &[u8]) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(json).unwrap();
    STANDARD.encode(gzip.finish().unwrap())
}

fn record(revision: i64, values: &Value) -> Value {
    json!({
        "name": "velero", "namespace": "backups", "version": revision, "config": values, "info": {"status": "deployed"},
        "manifest": "x",
        "chart": {"metadata": {"name": "velero", "version": "12.1.0", "appVersion": "1.18.3"}, "templates": [{"data": "eA=="}]},
    })
}

fn secret(data: &str) -> Object {
    json!({
        "metadata": {"name": "sh.helm.release.v1.velero.v2", "namespace": "backups", "labels": {"name": "velero", "version": "2"}},
        "data": {"release": data},
    })
}

#[test]
fn a_secrets_record_is_packed_twice_and_a_config_maps_once() {
    let once = packed(record(2, &json!({"a": 1})).to_string().as_bytes());
    let expected = Release {
        name: "velero".into(),
        namespace: "backups".into(),
        revision: 2,
        status: "deployed".into(),
        chart: "velero".into(),
        version: "12.1.0".into(),
        app_version: "1.18.3".into(),
        values: json!({"a": 1}),
    };
    assert_eq!(decode(Driver::Secret, &secret(&STANDARD.encode(&once))).unwrap(), expected);
    assert_eq!(decode(Driver::ConfigMap, &secret(&once)).unwrap(), expected);
}

#[test]
fn no_values_are_an_empty_object() {
    let once = packed(record(2, &Value::Null).to_string().as_bytes());
    assert_eq!(decode(Driver::ConfigMap, &secret(&once)).unwrap().values, json!({}));
}

#[test]
fn a14_a_broken_record_is_unreadable_and_quotes_nothing() {
    let good = packed(b"{\"name\": 1, \"config\": \"hunter2\"}");
    let cut = STANDARD.encode(STANDARD.decode(&good).unwrap().get(..20).unwrap());
    for data in ["", "%%%", "aGVsbG8=", cut.as_str(), good.as_str()] {
        let trouble = decode(Driver::ConfigMap, &secret(data)).unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Unreadable, "{data}");
        assert!(!trouble.to_string().contains("hunter2"));
    }
}

#[test]
fn a14_a_record_that_unpacks_without_end_is_cut_off() {
    let bomb = packed(&vec![b' '; 65 * 1024 * 1024]);
    let trouble = decode(Driver::ConfigMap, &secret(&bomb)).unwrap_err();
    assert!(trouble.why.as_str().contains("64 MiB"), "{trouble}");
}

#[test]
fn other_storage_drivers_are_refused() {
    assert_eq!(Driver::parse("").unwrap(), Driver::Secret);
    assert_eq!(Driver::parse("configmap").unwrap(), Driver::ConfigMap);
    assert_eq!(Driver::parse("sql").unwrap_err().kind, TroubleKind::Refused);
    assert_eq!(Driver::parse("memory").unwrap_err().kind, TroubleKind::Refused);
}

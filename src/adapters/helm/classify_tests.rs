//! Texts that helm 3.22 printed on a real API server; those marked "composed" were not seen.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::ports::{ChartSource, ClusterAccess, Upgrade};
use rstest::rstest;
use std::time::Duration;

fn upgrade() -> Upgrade {
    Upgrade {
        access: ClusterAccess::default(),
        release: "velero".into(),
        namespace: "backups".into(),
        chart: ChartSource::Repository { url: "https://charts.example".into(), name: "velero".into() },
        version: String::new(),
        values: String::new(),
        timeout: Duration::from_mins(1),
    }
}

fn failed(stderr: &str) -> Trouble {
    let upgrade = upgrade();
    let ended = Ended { code: Some(1), signal: None, stdout: String::new(), stderr: stderr.to_owned() };
    trouble(&Job::Upgrade(&upgrade), &ended)
}

#[rstest]
#[case("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", TroubleKind::Busy)]
#[case(
    "Error: Unable to continue with install: ConfigMap \"velero-repo-maintenance\" in namespace \"v\" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key \"meta.helm.sh/release-name\" must equal \"v2\": current value is \"v\"",
    TroubleKind::Taken
)]
#[case(
    "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nvelero:\n- at '': additional properties 'bogus' not allowed\n",
    TroubleKind::Invalid
)]
#[case(
    "Error: failed to parse /t/v.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content",
    TroubleKind::Invalid
)]
#[case(
    "Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred:\n\t* timed out waiting for the condition\n",
    TroubleKind::Deadline
)]
// composed
#[case(
    "Error: INSTALLATION FAILED: failed post-install: 1 error occurred:\n\t* job velero-upgrade-crds failed: BackoffLimitExceeded\n",
    TroubleKind::Server
)]
// composed
#[case("Error: UPGRADE FAILED: context deadline exceeded", TroubleKind::Deadline)]
#[case("Error: chart \"nope\" not found in http://127.0.0.1:8931 repository", TroubleKind::NotFound)]
#[case(
    "Error: chart \"velero\" version \"99.9.9\" not found in http://127.0.0.1:8931 repository",
    TroubleKind::NotFound
)]
#[case("Error: path \"/nonexist\" not found", TroubleKind::NotFound)]
#[case("Error: repo nonexist not found", TroubleKind::NotFound)]
#[case("Error: create: failed to create: namespaces \"nons\" not found", TroubleKind::NotFound)]
#[case("Error: release: not found", TroubleKind::NotFound)]
#[case("Error: release has no 7 version", TroubleKind::NotFound)]
#[case(
    "Error: looks like \"http://127.0.0.1:1\" is not a valid chart repository or cannot be reached: Get \"http://127.0.0.1:1/index.yaml\": dial tcp 127.0.0.1:1: connect: connection refused",
    TroubleKind::Network
)]
#[case(
    "Error: looks like \"http://127.0.0.1:8931/nope\" is not a valid chart repository or cannot be reached: failed to fetch http://127.0.0.1:8931/nope/index.yaml : 404 File not found",
    TroubleKind::NotFound
)]
#[case(
    "Error: Get \"https://127.0.0.1:1/v2/foo/tags/list\": dial tcp 127.0.0.1:1: connect: connection refused",
    TroubleKind::Network
)]
#[case(
    "Error: Kubernetes cluster unreachable: Get \"https://127.0.0.1:1/version\": dial tcp 127.0.0.1:1: connect: connection refused",
    TroubleKind::Network
)]
#[case(
    "Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials",
    TroubleKind::Credentials
)]
#[case(
    "Error: query: failed to query with labels: secrets is forbidden: User \"weak\" cannot list resource \"secrets\" in API group \"\" in the namespace \"v\"",
    TroubleKind::Denied
)]
#[case(
    "Error: UPGRADE FAILED: failed to create resource: BackupStorageLocation.velero.io \"default\" is invalid: [spec.provider: Required value]",
    TroubleKind::Invalid
)]
// composed
#[case("Error: something newer than lifeboat", TroubleKind::Invalid)]
fn a29_helms_last_words_have_a_kind(#[case] stderr: &str, #[case] expected: TroubleKind) {
    let trouble = failed(stderr);
    assert_eq!(trouble.kind, expected, "{trouble}");
    assert!(!trouble.why.is_empty());
}

#[test]
fn a29_a_lock_comes_with_its_recovery() {
    let trouble = failed("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress");
    for part in ["helm history velero --namespace backups", "helm rollback velero", "status=pending-install"] {
        assert!(trouble.todo.as_str().contains(part), "{}", trouble.todo);
    }
}

#[test]
fn a29_schema_errors_name_the_keys() {
    let trouble = failed(
        "W1121 09:00:00.000000    1 warnings.go:70] deprecated\nWARNING: x\nError: values don't meet the specifications of the schema(s) in the following chart(s):\nvelero:\n- at '': additional properties 'bogus' not allowed\n",
    );
    assert!(trouble.why.as_str().contains("'bogus'"), "{}", trouble.why);
    assert!(
        !trouble.why.as_str().contains("deprecated") && !trouble.why.as_str().contains("WARNING"),
        "{}",
        trouble.why
    );
}

#[test]
fn a29_death_by_a_signal_leaves_the_effect_unknown() {
    let upgrade = upgrade();
    let ended = Ended { code: None, signal: Some(9), stdout: String::new(), stderr: String::new() };
    let trouble = trouble(&Job::Upgrade(&upgrade), &ended);
    assert!(trouble.is_unknown());
    assert!(trouble.what.as_str().contains("signal 9"));
}

#[test]
fn a29_a_flood_of_words_is_bounded() {
    let trouble = failed(&format!("Error: {}\n", "x".repeat(1_000_000)));
    assert!(trouble.why.as_str().chars().count() <= 2001);
}

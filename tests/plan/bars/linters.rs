//! B1 and B2: parliament and cloudsplaining over every document of the grid.

use super::grid::{Made, grid, rancher_grid};
use super::spaces::points;
use crate::parts::skip;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes the permissions and the bucket policy of every point of the grids, equal ones once; how many files.
fn write_all(folder: &Path) -> usize {
    let mut written = BTreeSet::new();
    let of = |tool: &str, made: &'static Made| (format!("{tool}.{}", made.case.name()), made);
    let spaces = points().iter().map(|point| of(point.name(), &point.made));
    let others = grid().iter().chain(rancher_grid()).map(|made| of(made.case.tool.as_str(), made));
    for (name, made) in others.chain(spaces) {
        for (kind, text) in [("permissions", made.permissions()), ("policy", made.bucket_policy())] {
            if written.insert(text) {
                std::fs::write(folder.join(format!("{name}.{kind}.json")), text).unwrap();
            }
        }
    }
    written.len()
}

/// The Python of the linters, when it is installed; the Go parts are not needed for it.
fn python(peers: &Path) -> Option<PathBuf> {
    let output = Command::new(peers.join("setup")).arg("--path").output().ok()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let python = folder.join("venv/bin/python");
    (output.status.success() && folder.join("venv/complete").is_file() && python.is_file()).then_some(python)
}

/// The report of `lint-policies` over a folder.
fn lint(python: &Path, peers: &Path, folder: &Path) -> Value {
    let output = Command::new(python).arg(peers.join("lint-policies")).arg(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{:?} {errors}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|problem| panic!("{problem}: {errors}"))
}

fn with_findings(report: &Value) -> Vec<&Value> {
    let files = report["files"].as_array().unwrap().iter();
    files.filter(|file| file["findings"] != Value::Array(Vec::new())).collect()
}

/// `LIFEBOAT_LINT_DIR` names a folder to leave them in.
#[test]
fn b1_b2_documents_for_the_linters() {
    let own = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("LIFEBOAT_LINT_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(own.path());
    std::fs::create_dir_all(folder).unwrap();
    let written = write_all(folder);
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let Some(python) = python(&peers) else {
        return skip("the policy linters are not installed: run tests/peers/setup");
    };
    let report = lint(&python, &peers, folder);
    let judged = report["files"].as_array().unwrap().len();
    assert_eq!(judged, written, "files judged; left out: {}", report["left_out"]);
    let found = with_findings(&report);
    assert_eq!(report["findings"], 0, "findings in {judged} documents: {found:#?}");
}

/// The linters can find something: what security.md 3.1 says of the plugin's README.
#[test]
fn b1_b2_the_linters_find_what_is_wrong_with_the_plugins_readme() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("readme.json"), super::README).unwrap();
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let Some(python) = python(&peers) else {
        return skip("the policy linters are not installed: run tests/peers/setup");
    };
    let report = lint(&python, &peers, folder.path());
    let linters: Vec<&Value> =
        report["files"][0]["findings"].as_array().unwrap().iter().map(|finding| &finding["linter"]).collect();
    for linter in ["parliament", "cloudsplaining"] {
        assert!(linters.contains(&&Value::from(linter)), "{linter}: {report:#}");
    }
}

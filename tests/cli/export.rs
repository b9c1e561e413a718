//! `plan --out`: the paths of the contract, private files, no link followed.

use crate::support::{Machine, Ran, files};
use serde_json::Value;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn export(machine: &Machine) -> Ran {
    machine.run("plan --demo --out out --answers @")
}

fn relative(folder: &Path) -> Vec<String> {
    files(folder).iter().map(|path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn exactly_the_paths_of_the_contract_are_written() {
    let machine = Machine::new();
    export(&machine).ended(0);
    let role = "lifeboat-velero-us-east-1-prod";
    let mut expected = vec![
        "commands.sh".to_owned(),
        "operator-policy.json".to_owned(),
        "images.txt".to_owned(),
        "operator-rbac.yaml".to_owned(),
        "plan.json".to_owned(),
        "helm/prod/velero/values.yaml".to_owned(),
        format!("iam/{role}/trust.json"),
        format!("iam/{role}/permissions.json"),
        "kubernetes/prod/_/namespace-velero.yaml".to_owned(),
        "kubernetes/prod/velero/serviceaccount-velero-server.yaml".to_owned(),
        "kubernetes/prod/velero/secret-velero-repo-credentials.yaml".to_owned(),
    ];
    expected.extend(
        ["policy", "lifecycle", "encryption", "public-access"].map(|name| format!("s3/acme-backups/{name}.json")),
    );
    expected.sort();
    assert_eq!(relative(&machine.path("out")), expected);
    let secret = machine.path("out/kubernetes/prod/velero/secret-velero-repo-credentials.yaml");
    let secret: Value = serde_yaml::from_str(&std::fs::read_to_string(secret).unwrap()).unwrap();
    for part in ["data", "stringData"] {
        let values = secret[part].as_object().into_iter().flatten();
        assert!(values.into_iter().all(|(_, value)| value == "GENERATED"), "secret data is never written: {secret}");
    }
}

#[test]
fn documents_named_by_changes_are_the_documents_written() {
    let machine = Machine::new();
    export(&machine).ended(0);
    let plan: Value = serde_json::from_slice(&std::fs::read(machine.path("out/plan.json")).unwrap()).unwrap();
    let printed = machine.run("plan --demo --json --answers @").ended(0).json();
    assert_eq!(plan, printed, "--json prints plan.json");
    for change in plan["changes"].as_array().unwrap() {
        for path in change["documents"].as_array().unwrap() {
            assert!(machine.path("out").join(path.as_str().unwrap()).is_file(), "{path}");
        }
    }
}

#[test]
fn b15_files_are_private_and_only_the_script_can_be_run() {
    let machine = Machine::new();
    export(&machine).ended(0);
    for path in files(&machine.path("out")) {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        let expected = if path.ends_with("commands.sh") { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{} has {mode:o}", path.display());
        let folder = path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(folder, 0o700, "{} has {folder:o}", path.parent().unwrap().display());
    }
}

#[test]
fn documents_parse_and_the_script_is_a_script() {
    let machine = Machine::new();
    export(&machine).ended(0);
    for path in files(&machine.path("out")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.ends_with('\n'), "{}", path.display());
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => drop(serde_json::from_str::<Value>(&text).unwrap()),
            // Several objects may stand in one file, as kubectl takes them.
            Some("yaml") => text.split("\n---\n").for_each(|one| drop(serde_yaml::from_str::<Value>(one).unwrap())),
            Some("sh") => script(&path),
            _ => {}
        }
    }
}

/// Panics unless the shells understand the script.
fn script(path: &Path) {
    for shell in ["bash", "sh"] {
        let ended = std::process::Command::new(shell).arg("-n").arg(path).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn e19_writing_twice_replaces_and_leaves_nothing_beside() {
    let machine = Machine::new();
    export(&machine).ended(0);
    let before = relative(&machine.path("out"));
    std::fs::write(machine.path("out/images.txt"), "old").unwrap();
    export(&machine).ended(0);
    assert_eq!(relative(&machine.path("out")), before);
    assert_ne!(std::fs::read_to_string(machine.path("out/images.txt")).unwrap(), "old");
}

#[test]
fn e19_links_in_the_way_are_refused_and_not_followed() {
    // A file, a folder, and the export folder's own content, each a link to somewhere else.
    for link in ["out/plan.json", "out/iam", "out/s3/acme-backups"] {
        let machine = Machine::new();
        let elsewhere = machine.file("elsewhere/precious", "keep me").parent().unwrap().to_owned();
        let at = machine.path(link);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        let target = if link.ends_with("json") { elsewhere.join("precious") } else { elsewhere.clone() };
        symlink(target, &at).unwrap();
        export(&machine).ended(1).says("symbolic link").says(link);
        assert_eq!(relative(&elsewhere), ["precious"], "{link}");
        assert_eq!(std::fs::read_to_string(elsewhere.join("precious")).unwrap(), "keep me");
    }
}

#[test]
fn e19_a_file_in_the_place_of_the_folder_and_a_name_that_is_too_long_are_said() {
    let machine = Machine::new();
    machine.file("out", "a file");
    export(&machine).ended(1).says("out").says("Nothing in the account or cluster was changed");
    assert_eq!(std::fs::read_to_string(machine.path("out")).unwrap(), "a file");
    let long = "x".repeat(300);
    machine.run(&format!("plan --demo --out {long} --answers @")).ended(1).says("cannot be written");
}

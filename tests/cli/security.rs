//! What must never get out (B14), who may read what is left (B15), and text that tries to speak to the
//! terminal (B12).

use crate::support::{Machine, answers, files, hostile};
use base64::Engine as _;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;

const SECRET: &str = "canary-of-a-secret-access-key";
const TOKEN: &str = "canary-of-a-session-token";

fn planted() -> Machine {
    let machine = Machine::new().set("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").set("AWS_SECRET_ACCESS_KEY", SECRET);
    machine.set("AWS_SESSION_TOKEN", TOKEN).set("RUST_LOG", "trace").set("RUST_BACKTRACE", "full")
}

#[test]
fn b14_secrets_of_the_environment_are_nowhere() {
    let machine = planted();
    let mut said = String::new();
    for line in [
        "plan --demo --out out --answers @",
        "apply --demo --yes --json --answers @",
        "status --demo --once --json --answers @",
        "runs --demo",
        "undo --demo --yes",
    ] {
        let ran = machine.run(line).ended(0);
        said += &(ran.out + &ran.err);
    }
    let machine = machine.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    for line in ["plan --answers @", "plan --json --answers @", "status --once --answers @"] {
        let ran = machine.run(line).ended(1);
        said += &(ran.out + &ran.err);
    }
    for canary in [SECRET, TOKEN] {
        assert!(!said.contains(canary), "{canary} is said");
        for path in files(&machine.path("")) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains(canary), "{canary} is in {}", path.display());
        }
    }
}

#[test]
fn b14_secrets_of_the_credentials_file_are_nowhere() {
    let machine = Machine::new().set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    machine.file(".aws/credentials", format!("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n"));
    let ran = machine.run("plan --json --answers @").ended(1);
    assert!(!(ran.out.clone() + &ran.err).contains("canary"), "{}{}", ran.out, ran.err);
}

#[test]
fn b14_the_repository_password_is_in_the_cluster_alone() {
    let machine = Machine::new();
    let ran = machine.run("apply --demo --yes --json --answers @").ended(0);
    machine.run("plan --demo --out out --answers @").ended(0);
    let world = std::fs::read_to_string(machine.state().join("demo/default/world.json")).unwrap();
    let coded = world.split("\"repository-password\":\"").nth(1).unwrap().split('"').next().unwrap();
    let plain = base64::engine::general_purpose::STANDARD.decode(coded).unwrap();
    let plain = String::from_utf8(plain).unwrap();
    assert!(plain.len() >= 32, "a password is long");
    let mut texts = vec![ran.out, ran.err];
    for path in files(&machine.path("out")).into_iter().chain(files(&machine.state().join("demo/default/runs"))) {
        texts.push(std::fs::read_to_string(path).unwrap());
    }
    for text in texts {
        assert!(!text.contains(coded) && !text.contains(&plain), "{text}");
        assert!(!text.contains("AWS_SECRET"), "{text}");
    }
}

#[test]
fn b15_the_journal_is_private() {
    let machine = Machine::new();
    machine.run("apply --demo --yes --no-prove --answers @").ended(0);
    let runs = machine.state().join("demo/default/runs");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for path in files(&machine.state()) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert!(!files(&runs).is_empty());
    for item in std::fs::read_dir(&runs).unwrap() {
        assert_eq!(mode(&item.unwrap().path()), 0o700);
    }
    assert_eq!(mode(&runs), 0o700);
    assert_eq!(mode(&machine.state()), 0o700);
}

/// Text that would colour, move, forge or hide.
const HOSTILE: [&str; 6] =
    ["\u{1b}[31mred", "\u{1b}]0;title\u{7}", "a\u{202e}b", "\u{9b}2J", "a\u{200b}\u{e0041}b", "a\r\nError: forged"];

#[test]
fn b12_hostile_values_reach_no_output_raw() {
    let machine = Machine::new();
    for text in HOSTILE {
        let quoted = toml::Value::from(text).to_string();
        let fields = format!(
            "prefix = {quoted}\n{quoted} = 1\n[role]\nname = {quoted}\ndescription = {quoted}\n[tags]\n{quoted} = {quoted}\n\
             [install]\nchart = {quoted}\nvalues = {quoted}\nnamespace = {quoted}\n[velero]\nfeatures = [{quoted}]\n\
             [consent]\nadopt = [{quoted}]\nexec_plugins = [{quoted}]\n[{quoted}]\na = 1"
        );
        // `run` holds standard output and error to it.
        machine.demo("plan", &answers("acme-backups", &fields)).ended(2).says("prefix");
        machine.demo("plan --json", &answers("acme-backups", &fields)).ended(2).json();
    }
}

#[test]
fn b12_values_that_are_allowed_reach_no_output_raw() {
    let machine = Machine::new();
    for text in HOSTILE {
        let quoted = toml::Value::from(text).to_string();
        for more in [
            format!("[tags]\nnote = {quoted}"),
            format!("[role]\ndescription = {quoted}"),
            format!("[install]\nvalues = {quoted}"),
            format!("[consent]\nexec_plugins = [{quoted}]"),
        ] {
            for command in ["plan", "plan --json --out out"] {
                machine.demo(command, &answers("acme-backups", &more));
                if machine.path("out").exists() {
                    for path in files(&machine.path("out")) {
                        let script = path.ends_with("commands.sh");
                        let text = std::fs::read_to_string(&path).unwrap();
                        assert!(!script || hostile(&text).is_none(), "{more}: {}", path.display());
                    }
                }
            }
        }
    }
}

#[test]
fn b12_hostile_words_of_the_command_line_reach_no_output_raw() {
    let machine = Machine::new();
    for text in HOSTILE {
        machine.args(["plan", "--demo", "--answers", text]).ended(2);
        machine.args(["plan", text]).ended(2);
        machine.args([&format!("--{text}")]).ended(2);
        machine.args(["plan", &format!("--demo={text}"), "--answers", "a"]).ended(2);
        machine.args(["undo", "--demo", "--yes", text]);
        machine.args(["status", "--demo", "--once", "--cluster", text, "--region", text]).ended(1);
        machine.args(["plan", "--profile", text, "--answers", crate::support::example().to_str().unwrap()]).ended(1);
        machine.args(["status", "--once", "--context", text]).ended(1);
        let folder = format!("out/{text}");
        let example = crate::support::example();
        machine.args(["plan", "--demo", "--out", &folder, "--answers", example.to_str().unwrap()]);
    }
    let not_text = OsString::from_vec(vec![b'a', 0xff, 0x1b, b'[', b'm']);
    machine.args([OsString::from("plan"), "--demo".into(), "--answers".into(), not_text.clone()]).ended(2);
    machine.args([OsString::from("plan"), not_text]).ended(2);
}

#[test]
fn b12_hostile_names_of_runs_reach_no_output_raw() {
    let machine = Machine::new();
    machine.file("state/lifeboat/runs/\u{1b}[31m\u{202e}/journal.jsonl", "\u{1b}[2J\n\u{1b}[2J\n");
    for line in ["runs", "runs --json"] {
        let ran = machine.run(line).ended(0);
        assert!(ran.out.contains("damaged"), "{}", ran.out);
    }
}

#![allow(clippy::unwrap_used)]

use super::*;
use secrecy::ExposeSecret;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// A kubeconfig's folder with a plugin of the given script in it.
fn plugin(script: &str, exec: &Value) -> (TempDir, Plugin) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("plug");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let mut exec = exec.clone();
    exec["command"] = "./plug".into();
    exec["apiVersion"] = "client.authentication.k8s.io/v1".into();
    let plugin = Plugin::new(&exec, &file).unwrap();
    (folder, plugin)
}

async fn run(script: &str) -> Answer<Printed> {
    let (_folder, plugin) = plugin(script, &json!({}));
    plugin.run(&["./plug".to_owned()]).await
}

#[tokio::test]
async fn e05_without_consent_the_full_command_is_shown_and_nothing_is_run() {
    let (folder, plugin) = plugin("touch \"$0.ran\"", &json!({"args": ["--x", "a b; rm"]}));
    for allowed in [vec![], vec!["plug".to_owned()], vec![folder.path().join("plug").display().to_string()]] {
        let trouble = plugin.run(&allowed).await.err().unwrap();
        assert_eq!(trouble.kind, TroubleKind::Refused);
        assert!(trouble.what.as_str().contains("./plug --x 'a b; rm'"), "{trouble}");
        assert!(trouble.todo.as_str().contains("\"./plug\" to consent.exec_plugins"), "{trouble}");
    }
    assert!(!folder.path().join("plug.ran").exists());
}

#[tokio::test]
async fn e04_a_token_is_taken_and_the_plugin_gets_its_environment_and_no_input() {
    let script = "read line && exit 9\ncase \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":false'*) ;; *) exit 8;; esac\n\
                  echo '{\"status\":{\"token\":\"'$ADDED'\",\"expirationTimestamp\":\"2999-01-01T00:00:00Z\"}}'";
    let (_folder, plugin) = plugin(script, &json!({"env": [{"name": "ADDED", "value": "tok"}]}));
    let printed = plugin.run(&["./plug".to_owned()]).await.unwrap();
    assert_eq!(printed.token.unwrap().expose_secret(), "tok");
    assert_eq!(printed.expires.unwrap().to_string(), "2999-01-01T00:00:00Z");
}

#[tokio::test]
async fn e04_certificates_and_yaml_are_taken() {
    let printed = run("printf 'status:\\n  clientCertificateData: CERT\\n  clientKeyData: KEY\\n'").await.unwrap();
    assert!(printed.token.is_none());
    assert_eq!(printed.certificate.unwrap().key.expose_secret(), "KEY");
}

#[tokio::test]
async fn e04_failures_say_what_the_plugin_said() {
    let failed = run("echo 'sign in first' >&2; exit 1").await.err().unwrap();
    assert_eq!((failed.kind, failed.why.as_str()), (TroubleKind::Credentials, "sign in first"));
    let text = run("echo hello").await.err().unwrap();
    assert!(text.why.as_str().contains("no status"), "{text}");
    let empty = run("echo '{\"status\":{}}'").await.err().unwrap();
    assert!(empty.why.as_str().contains("neither"), "{empty}");
    let old = run("echo '{\"status\":{\"token\":\"hunter2\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\"}}'")
        .await
        .err()
        .unwrap();
    assert!(old.what.as_str().contains("expired") && !format!("{old:?}").contains("hunter2"), "{old}");
}

#[tokio::test]
async fn e04_a_missing_plugin_comes_with_its_install_hint() {
    let exec = json!({"command": "no-such-program-here", "installHint": "brew install it"});
    let plugin = Plugin::new(&exec, Path::new("/nowhere/config")).unwrap();
    let trouble = plugin.run(&["no-such-program-here".to_owned()]).await.err().unwrap();
    assert_eq!((trouble.kind, trouble.todo.as_str()), (TroubleKind::Missing, "brew install it"));
}

#[tokio::test]
async fn e05_a_kubeconfig_that_others_can_write_runs_nothing() {
    let (folder, plugin) = plugin("echo x", &json!({}));
    std::fs::set_permissions(folder.path().join("config"), Permissions::from_mode(0o666)).unwrap();
    let trouble = plugin.run(&["./plug".to_owned()]).await.err().unwrap();
    assert_eq!(trouble.kind, TroubleKind::Refused);
    assert!(trouble.why.as_str().contains("group or others"), "{trouble}");
}

#[tokio::test]
async fn e04_a_plugin_that_must_ask_is_refused() {
    let (_folder, plugin) = plugin("echo x", &json!({"interactiveMode": "Always"}));
    assert_eq!(plugin.run(&["./plug".to_owned()]).await.err().unwrap().kind, TroubleKind::Refused);
}

//! The helm adapter with a made-up helm that writes down how it was called.

use crate::access;
use crate::account::Tokens;
use crate::canned::{Api, Canned};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lifeboat::adapters::helm::{HelmBinary, HelmOptions};
use lifeboat::adapters::kube::{EksClusters, KubeOptions};
use lifeboat::ports::{ChartSource, Helm, TroubleKind, Upgrade};
use pretty_assertions::assert_eq;
use rstest::rstest;
use serde_json::json;
use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Says it is 3.19.0; else notes argv, environment, and the modes and contents of the files it was given.
const RECORDER: &str = r#"
if [ "$1" = version ]; then echo v3.19.0; exit 0; fi
here=$(dirname "$0")
printf '%s\n' "$@" > "$here/argv"
env > "$here/env"
while [ $# -gt 0 ]; do
  case "$1" in
    --kubeconfig) stat -c %a "$2" "$(dirname "$2")" "$(dirname "$2")/token" > "$here/modes"; cp "$2" "$here/kubeconfig"; cp "$(dirname "$2")/token" "$here/token"; echo "$2" > "$here/where";;
    --values) stat -c %a "$2" >> "$here/valuemode"; cp "$2" "$here/values";;
  esac
  shift
done
"#;

struct Bench {
    folder: TempDir,
    helm: HelmBinary,
    api: Api,
}

impl Bench {
    async fn new(script: &str, answers: Vec<Canned>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("helm");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let env = [
            ("PATH", path.as_str()),
            ("HOME", "/nowhere"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("HELM_KUBETOKEN", "hunter2"),
            ("HELM_CACHE_HOME", "/cache"),
            ("HTTPS_PROXY", "http://proxy:1"),
            ("KUBECONFIG", "/other"),
        ];
        let env = env.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        let api = Api::start(answers).await;
        let clusters = Arc::new(EksClusters::new(Arc::new(Tokens::new()), KubeOptions::default()));
        Self { folder, helm: HelmBinary::new(clusters, HelmOptions { program: None, env }), api }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn upgrade(&self) -> Upgrade {
        Upgrade {
            access: access(&self.api.url),
            release: "velero".into(),
            namespace: "backups".into(),
            chart: ChartSource::Repository { url: "https://charts.example".into(), name: "velero".into() },
            version: "12.1.0".into(),
            values: "password: hunter3\n".into(),
            timeout: Duration::from_secs(30),
        }
    }
}

fn records(revisions: &[(i64, &str, &str)]) -> Canned {
    let items: Vec<_> = revisions
        .iter()
        .map(|(revision, name, chart)| {
            let record = json!({"name": name, "namespace": "backups", "version": revision, "config": {"a": revision},
                "info": {"status": "deployed"}, "chart": {"metadata": {"name": chart, "version": "1.0.0", "appVersion": "2"}}});
            json!({"metadata": {"name": format!("sh.helm.release.v1.{name}.v{revision}"), "namespace": "backups",
                "labels": {"owner": "helm", "name": name, "version": revision.to_string()}},
                "data": {"release": STANDARD.encode(STANDARD.encode(record.to_string()))}})
        })
        .collect();
    Canned::new(200, json!({"metadata": {}, "items": items}))
}

#[tokio::test]
async fn b14_an_upgrade_keeps_secrets_off_the_command_line_and_out_of_the_environment() {
    let bench = Bench::new(RECORDER, vec![records(&[(1, "velero", "velero")])]).await;
    let release = bench.helm.upgrade(&bench.upgrade()).await.unwrap();
    assert_eq!((release.revision, release.values), (1, json!({"a": 1})));

    let argv = bench.read("argv");
    for secret in ["hunter", "token-1"] {
        assert!(!argv.contains(secret) && !bench.read("env").contains(secret), "{secret}");
    }
    let env = bench.read("env");
    assert!(env.contains("HELM_CACHE_HOME=/cache") && env.contains("HTTPS_PROXY=http://proxy:1"), "{env}");
    assert!(!env.contains("AWS_") && !env.contains("KUBECONFIG=") && !env.contains("HELM_KUBETOKEN"), "{env}");
    assert_eq!(bench.read("values"), "password: hunter3\n");
    assert!(
        argv.starts_with("upgrade\n--install\nvelero\nvelero\n--repo\nhttps://charts.example\n--version\n12.1.0\n"),
        "{argv}"
    );
}

#[tokio::test]
async fn b15_the_files_for_helm_are_private_and_removed_afterwards() {
    let bench = Bench::new(RECORDER, vec![records(&[(1, "velero", "velero")])]).await;
    bench.helm.upgrade(&bench.upgrade()).await.unwrap();
    assert_eq!(bench.read("modes"), "600\n700\n600\n");
    assert_eq!(bench.read("valuemode"), "600\n");
    assert_eq!(bench.read("token"), "token-1");
    let kubeconfig: serde_json::Value = serde_json::from_str(&bench.read("kubeconfig")).unwrap();
    assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], bench.api.url.as_str());
    let user = kubeconfig["users"][0]["user"].as_object().unwrap();
    assert_eq!(user.keys().collect::<Vec<_>>(), ["tokenFile"]);
    let place = PathBuf::from(bench.read("where").trim());
    assert!(!place.exists() && !place.parent().unwrap().exists());
}

#[tokio::test]
async fn rollback_and_uninstall_go_the_same_way() {
    let bench = Bench::new(RECORDER, vec![records(&[(3, "velero", "velero")])]).await;
    let at = access(&bench.api.url);
    assert_eq!(bench.helm.rollback(&at, "backups", "velero", 2).await.unwrap().revision, 3);
    assert!(bench.read("argv").starts_with("rollback\nvelero\n2\n--namespace\nbackups\n"));
    bench.helm.uninstall(&at, "backups", "velero").await.unwrap();
    assert!(bench.read("argv").starts_with("uninstall\nvelero\n--ignore-not-found\n--namespace\nbackups\n"));
}

#[rstest]
#[case("echo v3.18.3", "3.18.3, which is too old")]
#[case("echo v2.17.0", "2.17.0, which is too old")]
#[case("echo hello", "no version")]
#[case("echo broken >&2; exit 3", "does not say its version")]
#[tokio::test]
async fn e27_a_helm_that_will_not_do_is_missing_and_says_what_to_install(#[case] script: &str, #[case] part: &str) {
    let bench = Bench::new(script, vec![records(&[])]).await;
    let trouble = bench.helm.version().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Missing);
    assert!(trouble.what.as_str().contains(part), "{trouble}");
    assert!(trouble.todo.as_str().contains("install helm 3.18.4"), "{trouble}");
    assert_eq!(bench.helm.upgrade(&bench.upgrade()).await.unwrap_err(), trouble);
}

#[tokio::test]
async fn e27_no_helm_in_path_is_missing() {
    let clusters = Arc::new(EksClusters::new(Arc::new(Tokens::new()), KubeOptions::default()));
    let empty = tempfile::tempdir().unwrap();
    let env = vec![(OsString::from("PATH"), empty.path().into())];
    let helm = HelmBinary::new(clusters, HelmOptions { program: None, env });
    assert_eq!(helm.version().await.unwrap_err().kind, TroubleKind::Missing);
}

#[tokio::test]
async fn e27_a_wrapper_with_noise_and_warnings_is_understood_and_asked_once() {
    let script =
        "echo x >> \"$(dirname \"$0\")/asked\"; echo 'WARNING: old config' >&2; echo 'acme helm wrapper'; echo v4.1.0";
    let bench = Bench::new(script, vec![records(&[])]).await;
    let version = bench.helm.version().await.unwrap();
    assert_eq!(version.version, semver::Version::new(4, 1, 0));
    assert_eq!(version.path, bench.folder.path().join("helm").display().to_string());
    bench.helm.version().await.unwrap();
    assert_eq!(bench.read("asked"), "x\n");
}

#[tokio::test]
async fn a29_a_failure_is_classified_and_names_the_release() {
    let script = "if [ \"$1\" = version ]; then echo v3.19.0; exit 0; fi\n\
                  echo 'WARNING: x' >&2; echo 'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress' >&2; exit 1";
    let bench = Bench::new(script, vec![records(&[])]).await;
    let trouble = bench.helm.upgrade(&bench.upgrade()).await.unwrap_err();
    assert_eq!(
        (trouble.kind, trouble.call.as_str(), trouble.resource.as_str()),
        (TroubleKind::Busy, "helm upgrade", "backups/velero")
    );
    assert!(!trouble.why.as_str().contains("WARNING"), "{trouble}");
}

#[tokio::test]
async fn a29_warnings_of_a_helm_that_ends_well_are_no_error() {
    let script = "if [ \"$1\" = version ]; then echo v3.19.0; exit 0; fi\necho 'WARNING: Error: not really' >&2";
    let bench = Bench::new(script, vec![records(&[(1, "velero", "velero")])]).await;
    bench.helm.upgrade(&bench.upgrade()).await.unwrap();
}

#[tokio::test]
async fn a29_a_killed_helm_leaves_the_effect_unknown() {
    let bench =
        Bench::new("if [ \"$1\" = version ]; then echo v3.19.0; exit 0; fi\nkill -9 $$", vec![records(&[])]).await;
    let trouble = bench.helm.upgrade(&bench.upgrade()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unanswered);
    assert!(trouble.is_unknown());
}

#[tokio::test]
async fn dropping_the_future_stops_helm_and_what_it_started() {
    let script = "if [ \"$1\" = version ]; then echo v3.19.0; exit 0; fi\n\
                  sleep 1000 & echo $! > \"$(dirname \"$0\")/child.tmp\"; mv \"$(dirname \"$0\")/child.tmp\" \"$(dirname \"$0\")/child\"; wait";
    let bench = Bench::new(script, vec![records(&[])]).await;
    let note = bench.folder.path().join("child");
    let upgrade = bench.upgrade();
    let started = async {
        while !note.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = bench.helm.upgrade(&upgrade) => panic!("{ended:?}"),
        () = started => {}
    }
    let child = bench.read("child").trim().to_owned();
    let alive = || std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    let patience = std::time::Instant::now();
    while alive() {
        assert!(patience.elapsed() < Duration::from_secs(10), "the child outlived helm");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn releases_are_read_from_records_newest_first_without_helm() {
    let bench = Bench::new(
        "exit 9",
        vec![records(&[(2, "velero", "velero"), (10, "velero", "velero"), (9, "velero", "velero")])],
    )
    .await;
    let at = access(&bench.api.url);
    let release = bench.helm.release(&at, "backups", "velero").await.unwrap().unwrap();
    assert_eq!((release.revision, release.chart.as_str(), release.values), (10, "velero", json!({"a": 10})));
    assert_eq!(
        bench.api.asked()[0].path,
        "/api/v1/namespaces/backups/secrets?limit=50&labelSelector=owner%3Dhelm%2Cname%3Dvelero"
    );
}

#[tokio::test]
async fn releases_of_a_chart_are_found_in_all_namespaces() {
    let bench =
        Bench::new("exit 9", vec![records(&[(1, "velero", "velero"), (4, "backup", "velero"), (2, "other", "nginx")])])
            .await;
    let found = bench.helm.releases_of(&access(&bench.api.url), "velero").await.unwrap();
    assert_eq!(found.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["backup", "velero"]);
    assert!(bench.api.asked()[0].path.starts_with("/api/v1/secrets?"));
}

#[tokio::test]
async fn no_record_is_no_release() {
    let bench = Bench::new("exit 9", vec![records(&[])]).await;
    assert_eq!(bench.helm.release(&access(&bench.api.url), "backups", "velero").await.unwrap(), None);
}

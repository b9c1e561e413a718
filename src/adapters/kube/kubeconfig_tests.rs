#![allow(clippy::unwrap_used)]

use super::*;
use crate::ports::ClusterAccess;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const GOOD: &str = "\
clusters:
- name: one
  cluster: {server: 'https://one.example:6443'}
users:
- name: ada
  user: {token: hunter2}
contexts:
- name: good
  context: {cluster: one, user: ada}
current-context: good
";

struct Files(TempDir);

impl Files {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn options(&self, names: &[&str]) -> KubeOptions {
        let list = std::env::join_paths(names.iter().map(|name| self.path(name))).unwrap();
        KubeOptions { kubeconfig: Some(list), ..KubeOptions::default() }
    }

    fn read(&self, names: &[&str]) -> Contexts {
        contexts(&self.options(names))
    }
}

fn one(content: &str) -> Contexts {
    Files::new(&[("a", content.as_bytes())]).read(&["a"])
}

fn target(options: &KubeOptions, context: &str) -> Answer<super::target::Target> {
    let access = ClusterAccess { context: context.into(), ..ClusterAccess::default() };
    super::target::of_context(&access, &read(options).select(context)?)
}

#[test]
fn e01_without_a_kubeconfig_the_tried_paths_and_the_other_way_are_said() {
    let home = tempfile::tempdir().unwrap();
    let options =
        KubeOptions { home: Some(home.path().into()), kubeconfig: Some(OsString::new()), ..KubeOptions::default() };
    let trouble = read(&options).select("any").err().unwrap();
    assert_eq!(trouble.kind, TroubleKind::Missing);
    assert!(trouble.what.as_str().contains(".kube/config"), "{trouble}");
    assert!(trouble.todo.as_str().contains("directly"), "{trouble}");
    let nowhere = read(&KubeOptions::default()).select("any").err().unwrap();
    assert!(nowhere.what.as_str().contains("neither KUBECONFIG nor HOME"), "{nowhere}");
}

#[test]
fn e02_several_files_are_merged_and_the_first_wins() {
    let other = "clusters: [{name: one, cluster: {server: 'https://evil'}}, {name: two, cluster: {server: 'https://two'}}]\n\
                 contexts: [{name: second, context: {cluster: two}}]\ncurrent-context: second\n";
    let files = Files::new(&[("a", GOOD.as_bytes()), ("b", other.as_bytes())]);
    let found = files.read(&["a", "b"]);
    let names: Vec<_> = found.contexts.iter().map(|c| (c.name.as_str(), c.server.as_str(), c.current)).collect();
    assert_eq!(names, [("good", "https://one.example:6443", true), ("second", "https://two", false)]);
}

#[test]
fn e02_a_missing_an_unreadable_and_a_folder_leave_the_good_one() {
    let files = Files::new(&[("good", GOOD.as_bytes()), ("locked", b"a: b")]);
    std::fs::create_dir(files.path("folder")).unwrap();
    std::fs::set_permissions(files.path("locked"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let found = files.read(&["missing", "locked", "folder", "good"]);
    assert_eq!(found.contexts.len(), 1);
    let problems: Vec<_> = found.files.iter().map(|file| file.problem.as_str()).collect();
    assert_eq!(problems[0], "there is no such file");
    // root may read everything: then it is read, and is no kubeconfig.
    assert!(
        problems[1] == "it may not be read by this user" || problems[1].starts_with("it is no kubeconfig"),
        "{problems:?}"
    );
    assert_eq!(problems[2], "it is a folder, not a file");
    assert_eq!(problems[3], "");
}

#[test]
fn e03_a_broken_file_names_line_and_column_and_leaves_the_others() {
    let files = Files::new(&[
        ("bad", b"clusters:\n\t- x: 1\n"),
        ("twice", b"a: 1\nusers: []\nusers: []\n"),
        ("good", GOOD.as_bytes()),
    ]);
    let found = files.read(&["bad", "twice", "good"]);
    assert!(found.files[0].problem.as_str().contains("line 2"), "{}", found.files[0].problem);
    assert!(found.files[1].problem.as_str().contains("line 3"), "{}", found.files[1].problem);
    assert!(found.contexts[0].problem.is_empty());
    assert!(target(&files.options(&["bad", "good"]), "good").is_ok());
}

#[test]
fn e03_a_huge_file_is_not_read() {
    let files = Files::new(&[("big", &vec![b'#'; 10 * 1024 * 1024])]);
    assert!(files.read(&["big"]).files[0].problem.as_str().contains("4 MiB"));
}

#[test]
fn e03_things_that_are_no_kubeconfig_are_said_to_be_none() {
    for (text, part) in [
        ("[1, 2]", "mapping"),
        ("hello", "mapping"),
        ("a: b", "names no clusters"),
        ("contexts: yes", "'contexts' is not a list"),
        ("contexts: [{context: {}}, 3]", "number 1 has no name"),
    ] {
        let found = one(text);
        assert!(found.files[0].problem.as_str().contains(part), "{text}: {}", found.files[0].problem);
    }
    assert_eq!(one("").files[0].problem.as_str(), "");
    assert!(one("contexts: null\nusers:\n").contexts.is_empty());
}

#[test]
fn e03_a_current_context_that_is_missing_or_dangling_is_said() {
    let missing = one(&GOOD.replace("current-context: good\n", ""));
    assert!(missing.problems[0].as_str().contains("no current-context"), "{:?}", missing.problems);
    let dangling = one(&GOOD.replace("current-context: good", "current-context: gone"));
    assert!(dangling.problems[0].as_str().contains("'gone'"), "{:?}", dangling.problems);
    assert!(dangling.contexts[0].problem.is_empty());
}

#[test]
fn e03_a_context_without_cluster_has_its_reason_and_others_stay_usable() {
    let text = GOOD.replace(
        "contexts:\n",
        "contexts:\n- {name: bare, context: {user: ada}}\n- {name: empty}\n- {name: lost, context: {cluster: gone}}\n- {name: who, context: {cluster: one, user: gone}}\n",
    );
    let found = one(&text);
    let problem = |name: &str| found.contexts.iter().find(|c| c.name == name).unwrap().problem.as_str().to_owned();
    assert!(problem("bare").contains("names no cluster"));
    assert!(problem("empty").contains("names no cluster"));
    assert!(problem("lost").contains("cluster 'gone'"));
    assert!(problem("who").contains("user 'gone'"));
    assert_eq!(problem("good"), "");
}

#[test]
fn e03_two_contexts_of_one_name_keep_the_first_and_say_so() {
    let text = GOOD.replace("current-context", "- {name: good, context: {cluster: other}}\ncurrent-context");
    let found = one(&text);
    assert_eq!(found.contexts.len(), 1);
    assert!(found.files[0].problem.as_str().contains("two contexts are named 'good'"));
    assert!(found.contexts[0].warnings[0].as_str().contains("twice"));
    assert_eq!(found.contexts[0].cluster, "one");
}

#[test]
fn e03_a_user_without_credentials_is_warned_about() {
    let found = one(&GOOD.replace("{token: hunter2}", "{}"));
    assert!(found.contexts[0].warnings.iter().any(|w| w.as_str().contains("anonymous")), "{found:?}");
}

#[test]
fn secrets_are_not_in_debug_nor_in_troubles() {
    let files = Files::new(&[("a", GOOD.as_bytes())]);
    assert!(!format!("{:?}", files.read(&["a"])).contains("hunter2"));
    let trouble = read(&files.options(&["a"])).select("goof").err().unwrap();
    assert!(!format!("{trouble:?}").contains("hunter2"));
    assert!(trouble.todo.as_str().contains("'good'"), "{trouble}");
}

#[test]
fn e06_plain_http_gets_no_credentials_except_on_this_machine() {
    let with = |server: &str| {
        let files = Files::new(&[("a", GOOD.replace("https://one.example:6443", server).as_bytes())]);
        target(&files.options(&["a"]), "good")
    };
    let refused = with("http://one.example").err().unwrap();
    assert_eq!(refused.kind, TroubleKind::Refused);
    assert!(!refused.to_string().contains("hunter2"));
    assert!(with("http://127.0.0.1:8080").is_ok());
    assert!(with("http://[::1]:8080").is_ok());
    assert_eq!(with("one.example").err().unwrap().kind, TroubleKind::Refused);
    assert_eq!(with("ftp://one.example").err().unwrap().kind, TroubleKind::Invalid);
    assert_eq!(with("https://u:p@one.example").err().unwrap().kind, TroubleKind::Invalid);
}

#[test]
fn e06_insecure_proxy_server_name_and_relative_paths_are_honoured() {
    let cluster = "{server: 'https://one.example', insecure-skip-tls-verify: true, proxy-url: 'http://p:1', tls-server-name: other}";
    let files = Files::new(&[("a", GOOD.replace("{server: 'https://one.example:6443'}", cluster).as_bytes())]);
    let found = target(&files.options(&["a"]), "good").ok().unwrap();
    assert!(found.insecure);
    assert_eq!((found.proxy.as_deref(), found.server_name.as_deref()), (Some("http://p:1"), Some("other")));
    assert!(files.read(&["a"]).contexts[0].warnings[0].as_str().contains("insecure-skip-tls-verify"));

    let cluster = "{server: 'https://one.example', proxy-url: 'http://ada:hunter2@p:1', tls-server-name: other}";
    let files = Files::new(&[("a", GOOD.replace("{server: 'https://one.example:6443'}", cluster).as_bytes())]);
    let warnings = files.read(&["a"]).contexts[0].warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        warnings,
        [
            "it is reached through the proxy http://p:1",
            "its certificate is checked for the name other, not for its server's"
        ]
    );

    let cluster = "{server: 'https://one.example', certificate-authority: sub/ca.crt}";
    let files = Files::new(&[("a", GOOD.replace("{server: 'https://one.example:6443'}", cluster).as_bytes())]);
    let missing = target(&files.options(&["a"]), "good").err().unwrap();
    assert!(missing.why.as_str().contains("sub/ca.crt"), "{missing}");
    std::fs::create_dir(files.path("sub")).unwrap();
    std::fs::write(files.path("sub/ca.crt"), "PEM").unwrap();
    assert_eq!(target(&files.options(&["a"]), "good").ok().unwrap().ca.unwrap(), b"PEM");
}

#[test]
fn e07_ca_data_that_is_not_base64_is_named() {
    let cluster = "{server: 'https://one.example', certificate-authority-data: '%%%'}";
    let files = Files::new(&[("a", GOOD.replace("{server: 'https://one.example:6443'}", cluster).as_bytes())]);
    let trouble = target(&files.options(&["a"]), "good").err().unwrap();
    assert_eq!(trouble.kind, TroubleKind::Invalid);
    assert!(trouble.to_string().contains("certificate-authority-data of 'one'"), "{trouble}");
}

#[test]
fn auth_providers_are_refused_and_keys_without_certificates_named() {
    let with = |user: &str| {
        let files = Files::new(&[("a", GOOD.replace("{token: hunter2}", user).as_bytes())]);
        target(&files.options(&["a"]), "good").err().unwrap()
    };
    assert_eq!(with("{auth-provider: {name: gcp}}").kind, TroubleKind::Refused);
    assert!(with("{client-key-data: aGk=}").why.as_str().contains("without its certificate"));
    assert!(with("{exec: {args: [x]}}").what.as_str().contains("names no command"));
}

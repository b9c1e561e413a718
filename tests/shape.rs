//! The house keeps its arrows: what is pure stays pure, and nothing looks to the right (design, Shape).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Folder, and the folders of this crate that it may name.
const ARROWS: [(&str, &[&str]); 12] = [
    ("domain", &["domain"]),
    ("ports", &["domain", "ports"]),
    ("plan", &["domain", "ports", "plan"]),
    ("wizard", &["domain", "plan", "wizard"]),
    ("app", &["domain", "ports", "plan", "wizard", "app"]),
    ("engine", &["domain", "ports", "plan", "engine"]),
    ("adapters", &["domain", "ports", "adapters"]),
    ("demo", &["domain", "ports", "demo"]),
    ("plain", &["domain", "ports", "plan", "wizard", "app", "engine", "plain"]),
    ("theme", &["domain", "theme"]),
    ("view", &["domain", "ports", "plan", "wizard", "app", "theme", "view"]),
    (
        "shell",
        &["domain", "ports", "plan", "wizard", "app", "engine", "adapters", "demo", "plain", "theme", "view", "shell"],
    ),
];

/// What a pure folder may not name.
const IMPURE: [&str; 16] = [
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::",
    "aws_config",
    "aws_sdk",
    "kube::Client",
    "kube::Api",
    "crossterm",
    "reqwest",
    "getrandom",
];

/// Longest file that needs no second thought, lines.
const LONG: usize = 500;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push(path);
        }
    }
    out.sort();
    out
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file, without line comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

#[test]
fn arrows_go_one_way() {
    let mut wrong = Vec::new();
    for (folder, allowed) in ARROWS {
        for path in files(&source().join(folder)) {
            for part in code(&path).split("crate::").skip(1) {
                let module: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = ARROWS.iter().any(|(name, _)| *name == module);
                if known && !allowed.contains(&module.as_str()) {
                    wrong.push(format!("{} names crate::{module}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows against the house:\n{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_the_source_has_its_arrows() {
    let mut unknown = Vec::new();
    for item in fs::read_dir(source()).unwrap() {
        let path = item.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !ARROWS.iter().any(|(folder, _)| *folder == name) {
            unknown.push(name);
        }
    }
    assert!(unknown.is_empty(), "folders without arrows: {unknown:?}");
}

#[test]
fn what_is_pure_names_no_clock_no_environment_no_file_no_network() {
    let mut wrong = Vec::new();
    for folder in ["domain", "plan", "wizard", "app", "theme", "view"] {
        for path in files(&source().join(folder)) {
            let code = code(&path);
            for word in IMPURE {
                if code.contains(word) {
                    wrong.push(format!("{} names {word}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not pure:\n{}", wrong.join("\n"));
}

#[test]
fn views_name_roles_and_no_colours() {
    let named: Vec<PathBuf> =
        files(&source().join("view")).into_iter().filter(|path| code(path).contains("Color")).collect();
    assert!(named.is_empty(), "colours belong to themes: {named:?}");
}

#[test]
fn only_the_front_ends_print() {
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let may = ["shell/output.rs", "shell/wizard/terminal.rs", "src/main.rs"].iter().any(|it| path.ends_with(it));
        let code = code(&path);
        for word in ["println!", "print!", "eprintln!", "eprint!", "io::stdout", "io::stderr"] {
            if !may && code.contains(word) {
                wrong.push(format!("{} prints ({word})", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "prints outside the front ends:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_a_god_file() {
    let long: Vec<String> = files(&source())
        .into_iter()
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            (lines > LONG).then(|| format!("{} has {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "files that tell more than one thing:\n{}", long.join("\n"));
}

#[test]
fn example_accounts_are_the_documented_one() {
    // Twelve digits that are no example stand for somebody's account.
    let examples = ["111122223333", "444455556666", "123456789012", "000000000000", "999999999999"];
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let text = fs::read_to_string(&path).unwrap();
        let mut digits = String::new();
        for c in text.chars().chain([' ']) {
            if c.is_ascii_digit() {
                digits.push(c);
            } else {
                if digits.len() == 12 && !digits.starts_with("000") && !examples.contains(&digits.as_str()) {
                    wrong.push(format!("{} names {digits}", path.display()));
                }
                digits.clear();
            }
        }
    }
    assert!(wrong.is_empty(), "account ids that are no example:\n{}", wrong.join("\n"));
}

#[test]
fn a16_buckets_are_never_listed_without_pages() {
    // An account above the default quota refuses ListBuckets without MaxBuckets: lifeboat asks for names it knows.
    let asking: Vec<PathBuf> =
        files(&source()).into_iter().filter(|path| code(path).contains(".list_buckets()")).collect();
    for path in &asking {
        assert!(code(path).contains(".max_buckets("), "{} lists buckets without pages", path.display());
    }
}

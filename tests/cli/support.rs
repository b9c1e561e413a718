//! A machine of one's own: an empty home, a cleared environment, and the program.

use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A home folder, and the variables that a program started in it sees.
pub struct Machine {
    home: tempfile::TempDir,
    env: BTreeMap<String, OsString>,
}

/// What a program left behind.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The answers file of the demo.
pub fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/examples/velero-irsa.toml")
}

/// The least answers, for a bucket, with more lines: of `[bucket]` first, then tables.
pub fn answers(bucket: &str, more: &str) -> String {
    format!(
        "tool = \"velero\"\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n[bucket]\nname = \"{bucket}\"\n{more}\n"
    )
}

/// Whether text could do something to a terminal: controls but line ends, bidirectional and invisible marks.
pub fn hostile(text: &str) -> Option<char> {
    text.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e0fff}')
    })
}

impl Machine {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut env = BTreeMap::new();
        env.insert("HOME".to_owned(), home.path().as_os_str().to_owned());
        env.insert("XDG_STATE_HOME".to_owned(), home.path().join("state").into_os_string());
        // Nothing of the machine that the tests run on is asked for credentials.
        env.insert("AWS_EC2_METADATA_DISABLED".to_owned(), "true".into());
        Self { home, env }
    }

    pub fn set(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    pub fn unset(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// `$XDG_STATE_HOME/lifeboat`.
    pub fn state(&self) -> PathBuf {
        self.path("state/lifeboat")
    }

    /// Writes a file into the home.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with these arguments, not yet started: no terminal anywhere.
    pub fn command<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.args(args.into_iter().map(Into::into)).env_clear().envs(&self.env).current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program with the words of a line; `@` stands for the demo's answers file.
    pub fn run(&self, line: &str) -> Ran {
        let example = example().into_os_string();
        self.args(line.split_whitespace().map(|word| if word == "@" { example.clone() } else { word.into() }))
    }

    /// Runs the program with arguments.
    pub fn args<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let ended = self.command(args).output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let ran = Ran { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) };
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        assert_eq!(hostile(&ran.out), None, "stdout: {:?}", ran.out);
        assert_eq!(hostile(&ran.err), None, "stderr: {:?}", ran.err);
        ran
    }

    /// Runs a command of the demo with an answers file of this text.
    pub fn demo(&self, command: &str, answers: &str) -> Ran {
        self.file("answers.toml", answers);
        self.run(&format!("{command} --demo --answers answers.toml"))
    }
}

impl Ran {
    /// Panics with all that was said unless it ended with this code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Panics unless standard error says it.
    #[track_caller]
    pub fn says(self, part: &str) -> Self {
        assert!(self.err.contains(part), "expected {part:?} in:\n{}", self.err);
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Standard output as one JSON document a line.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

/// The ids of changes with an action.
pub fn ids(plan: &Value, action: &str) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.filter(|c| c["action"] == action).map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

/// The keys of an object, in order.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            out.extend(files(&path));
        } else {
            out.push(path);
        }
    }
    out.sort();
    out
}

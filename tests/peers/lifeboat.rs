//! The program itself against a world: answers in, events and exit code out.

use crate::testbed::World;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// No command takes longer, seconds.
const LIMIT: Duration = Duration::from_mins(4);

/// What a command said and how it ended.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Every line as JSON.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The last line.
    pub fn last(&self) -> Value {
        self.lines().pop().unwrap_or(Value::Null)
    }

    /// Panics with everything unless the run ended so.
    #[track_caller]
    pub fn ended(&self, code: i32, outcome: &str) -> &Self {
        let last = self.last();
        assert!(
            self.code == code && last["outcome"] == outcome,
            "ended {} {}, expected {code} {outcome}\n{}\n{}",
            self.code,
            last["outcome"],
            self.out,
            self.err
        );
        self
    }

    /// The final states of the changes, by id.
    pub fn states(&self) -> std::collections::BTreeMap<String, String> {
        self.lines()
            .iter()
            .filter(|line| line["state"] != "waiting" && line["state"] != "started")
            .filter_map(|line| Some((line["change"].as_str()?.to_owned(), line["state"].as_str()?.to_owned())))
            .collect()
    }

    /// The ids of the changes that were made.
    pub fn made(&self) -> Vec<String> {
        self.states().into_iter().filter(|(_, state)| state == "done").map(|(id, _)| id).collect()
    }

    /// The last message of the changes that failed, or whose effect is unknown.
    pub fn failure(&self) -> String {
        let lines = self.lines();
        let failed = lines.iter().rfind(|line| line["state"] == "failed" || line["state"] == "unknown");
        failed.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
    }
}

/// The program at a world.
pub struct Lifeboat<'w> {
    world: &'w World,
    answers: PathBuf,
}

impl<'w> Lifeboat<'w> {
    /// With answers that set Velero up on `prod` with the test's chart, and these lines besides.
    pub fn at(world: &'w World, more: &str) -> Self {
        let answers = world.dir().join("answers.toml");
        let this = Self { world, answers };
        this.answer(more);
        this
    }

    /// With answers that are there already.
    pub fn with(world: &'w World, answers: PathBuf) -> Self {
        Self { world, answers }
    }

    /// Other answers.
    pub fn answer(&self, more: &str) {
        let chart = self.world.chart();
        let text = format!(
            "version = 1\ntool = \"velero\"\nidentity = \"irsa\"\n\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n\n[install]\nchart = \"{}\"\n\n{}",
            chart.display(),
            if more.contains("[bucket]") {
                more.to_owned()
            } else {
                format!("[bucket]\nname = \"acme-backups\"\n\n{more}")
            }
        );
        std::fs::write(&self.answers, text).expect("the answers are written");
    }

    /// `apply --yes --json` and these options.
    pub async fn apply(&self, options: &[&str]) -> Said {
        let answers = self.answers.to_string_lossy().into_owned();
        let mut all = vec!["apply", "--yes", "--json", "--answers", answers.as_str()];
        all.extend(options);
        self.run(&all).await
    }

    /// `plan --json`.
    pub async fn plan(&self) -> Value {
        let answers = self.answers.to_string_lossy().into_owned();
        let said = self.run(&["plan", "--json", "--answers", answers.as_str()]).await;
        assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
        said.last()
    }

    /// `plan --out` into this folder.
    pub async fn documents(&self, folder: &str) {
        let answers = self.answers.to_string_lossy().into_owned();
        let said = self.run(&["plan", "--json", "--answers", answers.as_str(), "--out", folder]).await;
        assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    }

    /// `status --once --json`.
    pub async fn status(&self) -> (i32, Value) {
        let answers = self.answers.to_string_lossy().into_owned();
        let said = self.run(&["status", "--once", "--json", "--answers", answers.as_str()]).await;
        (said.code, said.last()["clusters"][0].clone())
    }

    /// `undo --yes --json` of the newest run.
    pub async fn undo(&self) -> Said {
        self.run(&["undo", "--yes", "--json"]).await
    }

    /// Any command.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.args(arguments).env_clear().envs(self.world.env()).env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, command.output()).await;
        let output = output.unwrap_or_else(|_| panic!("lifeboat {arguments:?} took too long")).expect("lifeboat runs");
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The changes of a plan that are not kept.
pub fn to_do(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().cloned().unwrap_or_default();
    let open = changes.iter().filter(|change| change["action"] != "keep");
    open.map(|change| format!("{} {}", change["action"].as_str().unwrap_or("?"), change["id"].as_str().unwrap_or("?")))
        .collect()
}

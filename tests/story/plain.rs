//! The wizard as a conversation (tui.md row 39): scripted answers over the demo world, and all that is said.

use lifeboat::demo::{self, Fault};
use lifeboat::plain::{Talk, wizard};
use lifeboat::ports::{Trouble, TroubleKind, World};
use lifeboat::shell::PlainDesk;
use std::collections::VecDeque;
use std::path::PathBuf;

/// Answers that are given one after the other, and what was said, questions with their answers.
struct Script {
    answers: VecDeque<String>,
    said: Vec<String>,
}

impl Talk for Script {
    fn say(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }

    fn ask(&mut self, question: &str) -> Option<String> {
        let answer = self.answers.pop_front();
        self.said.push(format!("{question} <{}>", answer.as_deref().unwrap_or("end")));
        answer
    }
}

/// A user with a home and a demo world.
struct Home {
    world: demo::World,
    folder: tempfile::TempDir,
}

/// What came of a conversation.
struct Told {
    code: u8,
    said: String,
    left: usize,
}

impl Home {
    fn new() -> Self {
        Self { world: demo::World::open("default", None).unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn desk(&self) -> PlainDesk {
        PlainDesk::demo(&self.world, self.folder.path().to_path_buf())
    }

    /// Answers line by line; a line may hold several, divided by ` / `.
    async fn talk(&self, answers: &[&str]) -> Told {
        told(&mut self.desk(), answers).await
    }
}

async fn told(desk: &mut PlainDesk, answers: &[&str]) -> Told {
    let answers = answers.iter().flat_map(|line| line.split(" / ")).map(|it| it.trim().to_owned()).collect();
    let mut script = Script { answers, said: Vec::new() };
    let code = wizard(&mut script, desk).await;
    let said = script.said.join("\n");
    let hostile = said.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}'));
    assert_eq!(hostile, None, "{said}");
    Told { code, said, left: script.answers.len() }
}

impl Told {
    /// Panics with all that was said unless it ended so and every answer was used.
    #[track_caller]
    fn ended(self, code: u8) -> Self {
        assert_eq!((self.code, self.left), (code, 0), "code and unused answers; said:\n{}", self.said);
        self
    }

    /// Panics unless these were said, in this order.
    #[track_caller]
    fn says(self, parts: &[&str]) -> Self {
        let mut rest = self.said.as_str();
        for part in parts {
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => panic!("{part:?} was not said (there); said:\n{}", self.said),
            }
        }
        self
    }

    #[track_caller]
    fn never(self, part: &str) -> Self {
        assert!(!self.said.contains(part), "{part:?} was said:\n{}", self.said);
        self
    }
}

/// Cluster, tool, identity, storage (new, name, prefix), encryption, options, as one types with the defaults.
const TO_REVIEW: &str = "us-east-1/prod /  /  / 1 / acme-backups /  /  /  /  / ";

#[tokio::test]
async fn tui_row_39_a_whole_set_up_in_sentences_to_a_restored_backup() {
    let home = Home::new();
    let told = home.talk(&["1", " /  / 1 / acme-backups /  /  /  /  / ", "apply", "1", "3"]).await.ended(0);
    let told = told.says(&[
        "lifeboat takes an EKS cluster to backups that work",
        "Account 111122223333, as arn:aws:iam::111122223333:user/ada.",
        "Step 2 of 10: Cluster.",
        "Looking for clusters in 15 regions.",
        "1. prod in us-east-1: Kubernetes 1.34, ACTIVE, OIDC provider not registered yet, Pod Identity agent ACTIVE",
        "2. staging in us-east-1",
        "4 clusters were found.",
        "Cluster, by number or as REGION/NAME [nothing]: <1>",
        "Step 3 of 10: Tool.",
        "2. Rancher Backup: what Rancher keeps of itself and its clusters. It cannot be chosen: this version sets up Velero.",
        "Tool [1, Velero]: <>",
        "Step 5 of 10: Storage.",
        "Name [nothing]: <acme-backups>",
        "Checked: the name is free.",
        "Prefix [velero/us-east-1/prod]: <>",
        "Step 8 of 10: Review.",
        "Plan for Velero on prod in us-east-1",
        "0 in conflict.",
        "Type apply to make the changes",
        "Step 9 of 10: Apply.",
        "done     role",
        "Verified: a backup was made, its namespace deleted, restored and compared.",
        "Step 10 of 10: Live.",
        "velero on prod, namespace velero: healthy",
        "What now, 1 to 3 [3]: <1>",
        "healthy",
        "The same again: lifeboat apply --answers ",
    ]);
    assert!(told.said.ends_with("answers/velero-us-east-1-prod.toml --demo"), "row 41: {}", told.said);
    let answers = std::fs::read_to_string(home.path("answers/velero-us-east-1-prod.toml")).unwrap();
    let answers = lifeboat::plan::answers::Answers::parse(&answers).unwrap();
    assert_eq!(answers.bucket.name.as_str(), "acme-backups");
    for file in ["answers/velero-us-east-1-prod.toml", "drafts/draft.toml"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(home.path(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

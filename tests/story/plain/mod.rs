//! The wizard as a conversation (tui.md row 39): scripted answers over the demo world, and all that is said.

mod answers;
mod choices;
mod runs;

use lifeboat::demo;
use lifeboat::plain::{Talk, wizard};
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
        let shown = answer.as_deref().unwrap_or("end").escape_default();
        self.said.push(format!("{question} <{shown}>"));
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
        Self::of("default")
    }

    /// A user of another demo world.
    fn of(world: &str) -> Self {
        Self { world: demo::World::open(world, None).unwrap(), folder: tempfile::tempdir().unwrap() }
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

/// All answers up to Review: cluster, tool, identity (IRSA), bucket, name, prefix, encryption, schedule, ttl, volumes.
const TO_REVIEW: &str = "us-east-1/prod /  / 1 / 1 / acme-backups /  /  /  /  / ";

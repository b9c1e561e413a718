//! Afterwards: how the set-up is, and the proof once more.

use super::ask::{Reply, sentences};
use super::{Go, Leave, Wizard};
use crate::app::ask_test;
use crate::domain::Tool;
use crate::engine::Reached;
use crate::plan::Prove;
use crate::wizard::StepId;

/// What can be answered here.
const WORDS: [(&str, &str); 2] =
    [("status", "look again"), ("test", "make a backup and restore it, to prove the set-up once more")];

impl Wizard<'_> {
    /// Says the status once, then asks.
    pub async fn live(&mut self) -> Result<Go, Leave> {
        self.heading(StepId::Live);
        self.status().await;
        loop {
            self.say("1. Status again.");
            self.say("2. Test backup and restore.");
            self.say("3. Quit.");
            match self.ask("What now, 1 to 3 [3]:")? {
                Reply::Keep => return Err(Leave::Quit),
                Reply::Back => return Ok(Go::Back),
                Reply::Help => self.help(StepId::Live, &WORDS),
                Reply::Text(text) if matches!(text.as_str(), "1" | "status" | "again") => self.status().await,
                Reply::Text(text) if matches!(text.as_str(), "2" | "test") => {
                    if self.test()? {
                        return Ok(self.again(Prove::Again));
                    }
                }
                Reply::Text(text) if text == "3" => return Err(Leave::Quit),
                _ => self.say("Answer 1, 2 or 3."),
            }
        }
    }

    /// Reads the status by the connection that the plan was made with.
    async fn status(&mut self) {
        let Some(planned) = &self.planned else { return };
        let Some(Reached { kube, access }) = planned.gathered.sites.first().cloned() else { return };
        let namespace = planned.plan.names.namespace.clone();
        let tool = self.tool();
        match crate::engine::status(&self.world, &kube, &access, tool, &namespace).await {
            Ok(status) => self.lines(&crate::plain::status(&status)),
            Err(trouble) => self.trouble(&trouble),
        }
    }

    /// The tool of the answers.
    pub fn tool(&self) -> Tool {
        Tool::parse(&self.draft.value("tool")).unwrap_or_default()
    }

    /// Says what a test does; whether it is wanted.
    fn test(&mut self) -> Result<bool, Leave> {
        if self.desk.is_read_only() {
            self.say("It cannot be tested: --read-only is given.");
            return Ok(false);
        }
        let question = ask_test(self.tool(), self.draft.text("cluster.name"));
        let text: Vec<&str> = question.lines.iter().map(crate::domain::Shown::as_str).collect();
        for sentence in sentences(&text.join(" ")) {
            self.say(sentence);
        }
        let wanted = self.typed("Type test to do it; Enter alone changes nothing:", "test")?;
        if !wanted {
            self.say("Nothing was changed.");
        }
        Ok(wanted)
    }
}

//! An existing bucket line by line, asked at Storage: each gap is a change that the user takes or leaves there.

use super::ask::{Reply, stopped};
use super::{Leave, Wizard};
use crate::app::{Load, Said, audit_is_open, audit_of, audit_said};
use crate::domain::audit::{AuditLine, AuditState};
use crate::engine::audit;
use crate::wizard::StepId;

/// What can be answered to a gap.
const WORDS: [(&str, &str); 3] = [
    ("take", "make the change to the bucket"),
    ("leave", "do without the change; the bucket stays as it is"),
    ("Enter", "keep what stands in brackets; what is undecided is asked in Review"),
];

impl Wizard<'_> {
    /// Tells how an existing bucket is and asks about each gap; whether it goes on, else the field before is wanted.
    pub async fn gaps(&mut self) -> Result<bool, Leave> {
        let lines = self.audited().await;
        if lines.is_empty() {
            return Ok(true);
        }
        self.say(format!("How {} is:", self.draft.text("bucket.name")));
        let (open, told): (Vec<&AuditLine>, Vec<&AuditLine>) =
            lines.iter().partition(|line| audit_is_open(line).is_some());
        for line in told {
            self.audit_line(line);
        }
        let mut at = 0;
        while let Some(line) = open.get(at) {
            match (self.gap(line)?, at) {
                (true, _) => at += 1,
                (false, 0) => return Ok(false),
                (false, _) => at -= 1,
            }
        }
        Ok(true)
    }

    /// The lines of the existing bucket that stands in the draft; none where there is no such bucket.
    async fn audited(&mut self) -> Vec<AuditLine> {
        let Ok(answers) = self.draft.answers() else { return Vec::new() };
        if answers.bucket.create {
            return Vec::new();
        }
        if self.lore.audit.begin(&audit_of(&self.draft), 0) {
            self.lore.audit.load = Load::of(audit(&self.world, &answers).await);
        }
        match &self.lore.audit.load {
            Load::Here(lines) => lines.clone(),
            Load::Failed(trouble) => {
                let why = stopped(&trouble.to_string());
                self.say(format!("Note: how the bucket is could not be read, and Review asks: {why}"));
                Vec::new()
            }
            Load::Idle | Load::Loading(_) => Vec::new(),
        }
    }

    fn audit_line(&mut self, line: &AuditLine) {
        let word = match line.state {
            AuditState::Good => "good",
            AuditState::Gap => "gap",
            AuditState::Unknown => "unknown",
            AuditState::Stop => "cannot be used so",
        };
        self.say(stopped(&format!("{}, {word}: {}", line.title, line.found)));
    }

    /// Asks about one gap; whether it goes on.
    fn gap(&mut self, line: &AuditLine) -> Result<bool, Leave> {
        let Some(change) = audit_is_open(line) else { return Ok(true) };
        self.audit_line(line);
        loop {
            let holds = match audit_said(&self.draft, change) {
                Said::Nothing => "undecided, Review asks",
                Said::Taken => "take",
                Said::Left => "leave",
            };
            let list = match self.ask(&format!("{change}: take or leave [{holds}]:"))? {
                Reply::Keep => return Ok(true),
                Reply::Back => return Ok(false),
                Reply::Help => {
                    self.help(StepId::Storage, &WORDS);
                    continue;
                }
                Reply::Text(text) if text.eq_ignore_ascii_case("take") => "consent.adopt",
                Reply::Text(text) if text.eq_ignore_ascii_case("leave") => "consent.leave",
                _ => {
                    self.say("Answer take or leave; nothing is changed before Apply.");
                    continue;
                }
            };
            self.consent(list, change);
            return Ok(true);
        }
    }
}

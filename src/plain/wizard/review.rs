//! Review: the plan, its documents, and the word that applies it.

use super::ask::{Reply, stopped};
use super::{Go, Leave, Planned, Start, Wizard};
use crate::app::{Load, ask_apply, consented, needs_lines};
use crate::engine::gather;
use crate::plan::answers::{Answers, Problems};
use crate::plan::{Action, Plan, Risk};
use crate::wizard::{StepId, owner};

/// What can be answered in Review.
const WORDS: [(&str, &str); 9] = [
    ("apply", "make the changes; the word has to be typed"),
    ("why", "the reason, the risk and the way back of each change"),
    ("documents", "the list of documents; a number reads one"),
    ("needs", "what you need to apply it, and whether you may"),
    ("saved", "say that the encryption Secret is saved elsewhere, where there is one"),
    ("commands", "the same as commands for a shell"),
    ("save FOLDER", "write all documents into a folder"),
    ("plan", "the plan once more"),
    ("again", "look at the account and the cluster again"),
];

impl Wizard<'_> {
    /// Whether the encryption Secret counts as saved elsewhere.
    fn said_saved(&self) -> bool {
        self.draft.list("consent.saved").contains("encryption-secret")
    }

    /// Plans, lets conflicts be answered, and asks what to do.
    pub async fn review(&mut self) -> Result<Go, Leave> {
        self.start = Start::First;
        let go_on = std::mem::take(&mut self.go_on);
        if !go_on {
            self.heading(StepId::Review);
        }
        loop {
            let planned = match self.make().await {
                Ok(Some(planned)) => planned,
                Ok(None) => match self.ask("Enter or again tries again, back changes answers, quit leaves:")? {
                    Reply::Back => return Ok(Go::Back),
                    _ => continue,
                },
                Err(step) => return Ok(Go::To(step)),
            };
            let ready = planned.plan.conflicts().is_empty();
            if !(go_on && ready) {
                self.lines(&crate::plain::plan(&planned.plan));
            }
            for warning in planned.answers.warnings() {
                self.say(format!("Warning: {}", stopped(&warning.to_string())));
            }
            self.planned = Some(planned);
            if go_on && ready {
                return Ok(Go::Next);
            }
            if let Some(go) = self.conflicts()? {
                return Ok(go);
            }
            if let Some(go) = self.decide().await? {
                return Ok(go);
            }
        }
    }

    /// The plan of the draft. `Ok(None)`: the account did not answer, as was said.
    ///
    /// # Errors
    /// The step that has to be answered again, after what is wrong was said.
    async fn make(&mut self) -> Result<Option<Planned>, StepId> {
        // Facts do not depend on the consent.
        let mut answers = self.draft.answers().map_err(|problems| self.wrong(&problems))?;
        self.desk.complete(&mut answers).map_err(|problems| self.wrong(&problems))?;
        self.say("Looking at the account and the cluster.");
        let gathered = match gather(&self.world, &answers).await {
            Ok(gathered) => gathered,
            Err(trouble) => {
                self.trouble(&trouble);
                return Ok(None);
            }
        };
        let made = self.plan_of(answers, &gathered);
        let (answers, plan) = made.map_err(|problems| self.wrong(&problems))?;
        Ok(Some(Planned { answers, gathered, plan }))
    }

    /// The plan of answers with the consent as it is now.
    pub fn plan_of(&self, answers: Answers, gathered: &crate::engine::Gathered) -> Result<(Answers, Plan), Problems> {
        let answers = consented(answers, &self.draft, &self.desk.answers_folder())?;
        let plan = crate::plan::plan(&answers, &gathered.facts, self.prove)?;
        Ok((answers, plan))
    }

    /// Says what is wrong; answers the step that asks for the first of it.
    pub fn wrong(&mut self, problems: &Problems) -> StepId {
        for problem in &problems.0 {
            if !problem.field.is_empty() {
                self.say(format!("{}:", problem.field));
            }
            self.problem(problem);
        }
        let place = problems.0.iter().find_map(|problem| Some((owner(&problem.field)?, problem.field.clone())));
        match place {
            Some((step, field)) => {
                self.start = Start::At(field);
                step
            }
            None => StepId::Options,
        }
    }

    /// What whoever applies it needs, and whether that is given.
    async fn needs(&mut self, planned: &Planned) {
        let (facts, sites) = (&planned.gathered.facts, &planned.gathered.sites);
        let lines = crate::engine::preflight(&self.world, &planned.plan, &facts.caller.arn, sites).await;
        for line in needs_lines(&planned.plan, &Load::Here(lines)) {
            self.say(line.as_str());
        }
    }

    /// Asks what to do with the plan; `None`: plan again.
    async fn decide(&mut self) -> Result<Option<Go>, Leave> {
        let Some(planned) = self.planned.take() else { return Ok(None) };
        let answer = self.decide_on(&planned).await;
        self.planned = Some(planned);
        answer
    }

    async fn decide_on(&mut self, planned: &Planned) -> Result<Option<Go>, Leave> {
        let plan = &planned.plan;
        self.say("");
        for line in ask_apply(plan).lines {
            self.say(line.as_str());
        }
        loop {
            match self
                .ask("Type apply to make the changes; or why, documents, commands, save FOLDER, again, back, quit:")?
            {
                Reply::Back => return Ok(Some(Go::Back)),
                Reply::Help => self.help(StepId::Review, &WORDS),
                Reply::Keep => self.say("Nothing was changed. Type apply to make the changes, or ? for help."),
                Reply::More => self.why(plan),
                Reply::Text(text) => match text.split_once(' ').unwrap_or((text.as_str(), "")) {
                    ("apply", "") if self.desk.is_read_only() => {
                        self.say("It cannot be applied: --read-only is given.");
                    }
                    ("apply", "") => return Ok(Some(Go::Next)),
                    ("why", "") => self.why(plan),
                    ("plan", "") => self.lines(&crate::plain::plan(plan)),
                    ("documents", "") => self.documents(plan),
                    ("saved", "") if plan.change("encryption-secret").is_some() => {
                        self.say("The Secret that encrypts the backups is nowhere but in the cluster.");
                        self.say("Without it no backup can be read.");
                        if self.yes("Is it saved elsewhere?", false)? != self.said_saved() {
                            self.draft.toggle("consent.saved", "encryption-secret");
                            self.keep();
                            return Ok(None);
                        }
                    }
                    ("needs", "") => self.needs(planned).await,
                    ("commands", "") => self.document(plan, "commands.sh"),
                    ("again", "") => return Ok(None),
                    ("save", folder) => self.save(folder.trim(), planned)?,
                    (number, "") if number.parse::<usize>().is_ok() => self.numbered(plan, number),
                    _ => self.say("That is none of the words; ? lists them."),
                },
            }
        }
    }

    /// The reason of each change that does something.
    fn why(&mut self, plan: &Plan) {
        for change in plan.changes.iter().filter(|change| change.action != Action::Keep) {
            self.say(format!("{}: {}", change.id, stopped(&change.title)));
            if !change.why.is_empty() {
                self.say(format!("Why: {}", stopped(&change.why)));
            }
            self.say(match change.risk {
                Risk::None => "Risk: none.",
                Risk::Low => "Risk: low.",
                Risk::High => "Risk: high.",
            });
            if !change.undo.is_empty() {
                self.say(format!("Undo: {}", stopped(&change.undo)));
            }
        }
    }

    fn documents(&mut self, plan: &Plan) {
        for (number, path) in (1..).zip(plan.paths()) {
            self.say(format!("{number}. {path}"));
        }
        self.say("Answer a number to read one.");
    }

    fn numbered(&mut self, plan: &Plan, number: &str) {
        let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match place.and_then(|place| plan.paths().nth(place)) {
            Some(path) => self.document(plan, path),
            None => self.say(format!("There is no document {number}; there are {}.", plan.paths().count())),
        }
    }

    fn document(&mut self, plan: &Plan, path: &str) {
        if let Some(document) = plan.document(path) {
            self.say(format!("{path}:"));
            self.lines(&document.text);
            self.say(format!("End of {path}."));
        }
    }

    fn save(&mut self, folder: &str, planned: &Planned) -> Result<(), Leave> {
        if folder.is_empty() {
            let name = self.draft.text("cluster.name").to_owned();
            self.say(format!("Name a folder, for example: save lifeboat-{name}"));
            return Ok(());
        }
        match self.desk.save(folder, &planned.plan, &planned.answers, false) {
            Ok(differ) if differ.is_empty() => self.saved(folder, planned),
            Ok(differ) => {
                self.say(format!("These files in {folder} differ:"));
                for name in &differ {
                    self.say(name);
                }
                if !self.typed("Type replace to replace them; Enter alone writes nothing:", "replace")? {
                    self.say("Nothing was written.");
                    return Ok(());
                }
                match self.desk.save(folder, &planned.plan, &planned.answers, true) {
                    Ok(_) => self.saved(folder, planned),
                    Err(trouble) => self.trouble(&trouble),
                }
            }
            Err(trouble) => self.trouble(&trouble),
        }
        Ok(())
    }

    fn saved(&mut self, folder: &str, planned: &Planned) {
        let count = planned.plan.paths().count() + 1;
        self.say(format!("{count} files were written to {folder}."));
    }
}

//! Conflicts, one by one: what lifeboat did not make is taken over only if the user agrees.

use super::ask::{Reply, stopped};
use super::{Go, Leave, Wizard};
use crate::app::ask_adopt;
use crate::plan::{Action, Change, Plan};
use crate::wizard::StepId;

/// What can be answered to a conflict.
const WORDS: [(&str, &str); 2] =
    [("adopt", "make the change to what exists"), ("leave", "do without the change; what exists stays as it is")];

impl Wizard<'_> {
    /// Asks about the conflicts until there is none; each consent makes the plan anew.
    pub fn conflicts(&mut self) -> Result<Option<Go>, Leave> {
        let mut asked = false;
        loop {
            let Some(planned) = self.planned.take() else { return Ok(None) };
            let conflicts = planned.plan.conflicts();
            let Some(first) = conflicts.first() else {
                if asked {
                    self.counts(&planned.plan);
                }
                self.planned = Some(planned);
                return Ok(None);
            };
            asked = true;
            self.say("");
            self.say(match conflicts.len() {
                1 => "1 conflict waits for your consent.".to_owned(),
                count => format!("{count} conflicts wait for your consent."),
            });
            let went = self.conflict(&planned.plan, first);
            if let Ok(Some(_)) | Err(_) = went {
                self.planned = Some(planned);
                return went;
            }
            let (answers, gathered) = (planned.answers, planned.gathered);
            let plan = self.plan_of(answers, &gathered);
            match plan {
                Ok((answers, plan)) => self.planned = Some(super::Planned { answers, gathered, plan }),
                Err(problems) => return Ok(Some(Go::To(self.wrong(&problems)))),
            }
        }
    }

    /// Asks about one.
    fn conflict(&mut self, plan: &Plan, change: &Change) -> Result<Option<Go>, Leave> {
        let question = ask_adopt(plan, change);
        self.say(format!("Conflict {}:", change.id));
        for line in &question.lines {
            self.say(stopped(line.as_str()));
        }
        loop {
            match self.ask(&format!("{}: adopt, leave, back or quit?", change.id))? {
                Reply::Back => return Ok(Some(Go::Back)),
                Reply::Help => self.help(StepId::Review, &WORDS),
                Reply::Text(text) if text == "leave" => {
                    self.consent("consent.leave", &change.id);
                    return Ok(None);
                }
                Reply::Text(text) if text == "adopt" => {
                    let name = question.typed.as_str();
                    let named = name.is_empty()
                        || self.typed(&format!("Type {name} to take it over; Enter alone does not:"), name)?;
                    if named {
                        self.consent("consent.adopt", &change.id);
                        return Ok(None);
                    }
                    self.say("It was not taken over.");
                }
                _ => self.say("Answer adopt or leave; nothing is changed before Apply."),
            }
        }
    }

    /// Puts a change's id into a list of the consent.
    pub fn consent(&mut self, list: &str, id: &str) {
        if !self.draft.list(list).contains(id) {
            self.draft.consent(list, id);
        }
        self.keep();
    }

    /// What the plan comes to now.
    fn counts(&mut self, plan: &Plan) {
        let count = |action| plan.changes.iter().filter(|change| change.action == action).count();
        let (create, update, keep) = (count(Action::Create), count(Action::Update), count(Action::Keep));
        self.say(format!("The plan is now: {create} to create, {update} to update, {keep} to keep, none in conflict."));
    }
}

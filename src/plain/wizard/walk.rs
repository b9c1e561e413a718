//! The walk through the steps, from the welcome to the last words.

use super::ask::stopped;
use super::{Go, Leave, Start, Wizard};
use crate::engine::surroundings;
use crate::wizard::{Draft, StepId};

impl Wizard<'_> {
    /// Goes from step to step until the user leaves, or no more answers come.
    pub async fn walk(&mut self) -> Leave {
        match self.steps().await {
            Err(leave) => leave,
            Ok(never) => match never {},
        }
    }

    async fn steps(&mut self) -> Result<std::convert::Infallible, Leave> {
        self.welcome()?;
        self.who().await?;
        loop {
            let at = self.draft.at;
            self.draft.visited.insert(at);
            let go = match at {
                StepId::Welcome => {
                    self.say("This is the first step.");
                    Go::Next
                }
                StepId::Cluster => self.cluster().await?,
                StepId::Review => self.review().await?,
                StepId::Apply => self.apply().await?,
                StepId::Live => self.live().await?,
                form => self.form(form).await?,
            };
            self.draft.at = match go {
                Go::Next => at.next().unwrap_or(at),
                Go::To(step) => step,
                Go::Back => {
                    self.start = Start::Last;
                    // A run is not a place to come back to.
                    if at == StepId::Live { StepId::Review } else { at.before().unwrap_or(at) }
                }
            };
            self.keep();
        }
    }

    /// What this is, how it is answered, and the draft of last time.
    fn welcome(&mut self) -> Result<(), Leave> {
        let of = crate::wizard::step(StepId::Welcome);
        self.told.insert(StepId::Welcome);
        for paragraph in of.told() {
            self.tell(paragraph);
        }
        if self.desk.demo().is_some() {
            self.say("This is the demo: a made-up account; nothing is sent anywhere.");
        }
        for note in self.desk.notes() {
            self.say(format!("Note: {}", stopped(&note)));
        }
        if self.desk.is_read_only() {
            self.say("Nothing will be changed: --read-only is given.");
        }
        self.say("Answer each question with a number or text; Enter alone keeps what stands in brackets.");
        self.say("Answer ? for help, back for the question before, quit to leave; the draft is kept.");
        self.draft.at = StepId::Cluster;
        match self.desk.draft() {
            None => {}
            Some(Err(why)) => {
                self.say(format!("The draft of last time cannot be read and was put aside: {}", stopped(&why)));
            }
            Some(Ok(draft)) => {
                let title = &crate::wizard::step(draft.at).title;
                let what = match (draft.text("cluster.name"), draft.text("cluster.region")) {
                    ("", _) => format!("at {title}"),
                    (name, region) => format!("{name} in {region}, at {title}"),
                };
                if self.yes(&format!("Go on with the draft of last time ({what})?"), true)? {
                    self.resume(draft);
                }
            }
        }
        let context = self.desk.context();
        if !context.is_empty() {
            self.draft.set("cluster.context", &context);
        }
        Ok(())
    }

    /// Goes on where the draft was left: a run and a watch do not outlive the program.
    fn resume(&mut self, draft: Draft) {
        self.draft = draft;
        self.draft.at = match self.draft.at {
            StepId::Welcome => StepId::Cluster,
            StepId::Apply | StepId::Live => StepId::Review,
            at => at,
        };
        self.draft.visited.retain(|step| !matches!(step, StepId::Apply | StepId::Live));
    }

    /// Who lifeboat is; without credentials nothing can be asked of the account.
    async fn who(&mut self) -> Result<(), Leave> {
        loop {
            match surroundings(&self.world).await {
                Ok(who) => {
                    self.say(format!("Account {}, as {}.", who.account, who.arn));
                    self.account = Some(who.account);
                    return Ok(());
                }
                Err(trouble) => {
                    self.trouble(&trouble);
                    self.say("Without an account there is the demo: lifeboat demo --plain");
                    self.ask("Enter tries again, quit leaves:")?;
                }
            }
        }
    }

    /// Keeps the draft; why it cannot be is said once.
    pub fn keep(&mut self) {
        if self.draft.is_empty() {
            return;
        }
        if let Err(trouble) = self.desk.keep(&self.draft)
            && !std::mem::replace(&mut self.unkept, true)
        {
            self.say(format!("Note: the draft cannot be kept: {}", stopped(&trouble.to_string())));
        }
    }

    /// The last words, and the exit code.
    pub fn farewell(&mut self, leave: &Leave) -> u8 {
        self.keep();
        self.say("");
        let over = self.code;
        if matches!(leave, Leave::End) && over != Some(0) {
            self.say(format!(
                "There are no more answers, and {} still needs one.",
                crate::wizard::step(self.draft.at).title
            ));
        }
        match over {
            None | Some(1 | 130) => self.say("Nothing was changed."),
            Some(3) => self.say("What was made stays; lifeboat undo takes it back, a second apply goes on."),
            Some(_) => {}
        }
        if self.finish.is_some() {
            let folder = self.desk.answers_folder();
            let repeat = crate::app::repeat_with(&self.draft, &folder, &self.desk.options());
            self.say(format!("The same again: {repeat}"));
        } else if !self.draft.is_empty() && !self.unkept {
            self.say("The draft is kept; lifeboat offers it the next time.");
        }
        let without = if matches!(leave, Leave::Quit) { 0 } else { 2 };
        over.unwrap_or(without)
    }
}

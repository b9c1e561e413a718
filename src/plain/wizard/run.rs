//! Apply: the run as it goes, and what can be done when it fails.

use super::ask::{Reply, stopped};
use super::{Go, Leave, Wizard};
use crate::domain::run::State;
use crate::engine::{Context, Event, Finish};
use crate::plain::{Progress, finish};
use crate::plan::{Prove, can_skip, is_proof};
use crate::ports::Trouble;
use crate::wizard::StepId;
use std::collections::BTreeMap;
use tokio::sync::mpsc::UnboundedReceiver;

impl Wizard<'_> {
    /// Applies what was planned; where that fails, asks what to do.
    pub async fn apply(&mut self) -> Result<Go, Leave> {
        self.heading(StepId::Apply);
        let Some(planned) = self.planned.take() else { return Ok(Go::Back) };
        let prove = std::mem::take(&mut self.prove);
        let files = crate::app::answers_files(&planned.answers, &self.draft);
        if let Err(trouble) = self.desk.keep_answers(&files) {
            return Ok(self.refused(&trouble));
        }
        let (context, events) = match self.desk.begin(&planned.answers, &planned.gathered, &planned.plan).await {
            Ok(begun) => begun,
            Err(trouble) => {
                return Ok(self.refused(&trouble));
            }
        };
        self.say(format!("Run {}.", context.run));
        self.runs.push(context.run.clone());
        let journal = context.journal.path().to_path_buf();
        context.learnt().iam_changed = self.iam_changed;
        let work = async {
            let finish = crate::engine::apply(&context, &planned.plan, prove).await;
            let iam_changed = context.learnt().iam_changed;
            // Without a sender the events end.
            drop(context);
            (finish, iam_changed)
        };
        let ((ended, iam_changed), touched) = self.follow(work, events).await;
        self.iam_changed = iam_changed;
        self.lines(finish(&ended, &journal, false).trim());
        for change in planned.plan.changes.iter().filter(|it| touched.contains_key(&it.id) && !it.undo.is_empty()) {
            if !self.made.iter().any(|(id, _)| *id == change.id) {
                self.made.push((change.id.clone(), change.undo.clone()));
            }
        }
        let failed = touched.into_iter().find(|(_, state)| *state != State::Done).map(|(id, _)| id);
        self.planned = Some(planned);
        let whole = ended.exit == 0;
        self.ended(ended);
        if whole { Ok(Go::Next) } else { self.after_failure(failed.as_deref()).await }
    }

    /// A run could not begin.
    fn refused(&mut self, trouble: &Trouble) -> Go {
        self.trouble(trouble);
        self.say("Nothing was changed by this.");
        self.code.get_or_insert(1);
        Go::To(StepId::Review)
    }

    /// Says events while the work goes on; answers how it ended, and the changes that it
    /// touched.
    async fn follow<T>(
        &mut self,
        work: impl Future<Output = T>,
        mut events: UnboundedReceiver<Event>,
    ) -> (T, BTreeMap<String, State>) {
        let mut touched = BTreeMap::new();
        let mut progress = Progress::default();
        let say = async {
            while let Some(event) = events.recv().await {
                if matches!(event.state, State::Done | State::Failed | State::Unknown) {
                    touched.insert(event.change.clone(), event.state);
                }
                if let Some(line) = progress.line(&event) {
                    self.say(line);
                }
            }
        };
        let (finish, ()) = futures::join!(work, say);
        (finish, touched)
    }

    /// A run has ended.
    fn ended(&mut self, finish: Finish) {
        // What an earlier run made stays, although this one changed nothing.
        let code = if self.code == Some(3) && finish.exit != 0 { 3 } else { finish.exit };
        self.code = Some(code);
        self.desk.rest(code);
        self.finish = Some(finish);
    }

    /// Retry, skip, undo, or leave it.
    async fn after_failure(&mut self, failed: Option<&str>) -> Result<Go, Leave> {
        let skip = failed.filter(|id| can_skip(id));
        let words = if skip.is_some() { "retry, skip, undo, back or quit" } else { "retry, undo, back or quit" };
        loop {
            match self.ask(&format!("What now: {words}?"))? {
                Reply::Back => return Ok(Go::To(StepId::Review)),
                Reply::Help => self.help(StepId::Apply, &HELP),
                Reply::Text(text) if text == "retry" => return Ok(self.again(Prove::Needed)),
                Reply::Text(text) if text == "undo" => {
                    if self.undo().await? {
                        return Ok(Go::To(StepId::Review));
                    }
                }
                Reply::Text(text) if text == "skip" => match skip {
                    Some(id) if is_proof(id) => return Ok(self.again(Prove::Never)),
                    Some(id) => {
                        if !self.draft.list("consent.leave").contains(id) {
                            self.draft.consent("consent.leave", id);
                        }
                        return Ok(self.again(Prove::Needed));
                    }
                    None => self.say("It cannot be skipped: the rest stands on this change."),
                },
                _ => self.say(format!("Answer {words}.")),
            }
        }
    }

    /// Plans again, and applies at once where nothing is to be asked.
    pub fn again(&mut self, prove: Prove) -> Go {
        self.prove = prove;
        self.go_on = true;
        Go::To(StepId::Review)
    }

    /// Takes back what the runs of this conversation made, the newest first; whether all of it is taken back.
    async fn undo(&mut self) -> Result<bool, Leave> {
        if self.desk.is_read_only() {
            self.say("It cannot be taken back: --read-only is given.");
            return Ok(false);
        }
        self.say(crate::app::UNDONE);
        for (id, undo) in self.made.clone().iter().rev() {
            self.say(format!("{id}: {}", stopped(undo)));
        }
        if !self.typed("Type undo to take it back; Enter alone changes nothing:", "undo")? {
            self.say("Nothing was taken back.");
            return Ok(false);
        }
        while let Some(run) = self.runs.last().cloned() {
            let ((context, events), entries) = match self.desk.reopen(&run).await {
                Ok(opened) => opened,
                Err(trouble) => {
                    self.trouble(&trouble);
                    return Ok(false);
                }
            };
            if !self.take_back(context, events, &entries).await {
                return Ok(false);
            }
            self.runs.pop();
        }
        self.made.clear();
        Ok(true)
    }

    async fn take_back(
        &mut self,
        context: Context,
        events: UnboundedReceiver<Event>,
        entries: &[crate::engine::journal::Entry],
    ) -> bool {
        self.say(format!("Taking back the run {}.", context.run));
        let journal = context.journal.path().to_path_buf();
        let work = async {
            let finish = crate::engine::undo(&context, entries).await;
            drop(context);
            finish
        };
        let (ended, _) = self.follow(work, events).await;
        self.lines(finish(&ended, &journal, true).trim());
        let whole = ended.exit == 0;
        self.ended(ended);
        whole
    }
}

/// What can be answered after a failure.
const HELP: [(&str, &str); 3] = [
    ("retry", "look again, and go on with what is missing"),
    ("skip", "go on without the change that failed, where the rest does not stand on it"),
    ("undo", "take back what was made"),
];

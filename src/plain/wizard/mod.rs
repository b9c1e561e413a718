//! The wizard as numbered prompts and sentences (tui.md row 39): the same steps, fields, checks and questions as on
//! the screen, for screen readers, dumb terminals and pipes. One fact a line, nothing moves, nothing is coloured.

mod ask;
mod cluster;
mod consent;
mod field;
mod form;
mod gaps;
mod live;
mod review;
mod run;
mod walk;

use crate::app::Lore;
use crate::engine::journal::Entry;
use crate::engine::{Context, Event, Gathered};
use crate::plan::answers::{Answers, Problems};
use crate::plan::{Plan, Prove};
use crate::ports::{Answer, World};
use crate::wizard::{Draft, StepId};
use async_trait::async_trait;
use std::collections::BTreeSet;
use tokio::sync::mpsc::UnboundedReceiver;

/// A conversation, line by line. What is given to it is safe to be shown.
pub trait Talk {
    /// Says a line.
    fn say(&mut self, line: &str);
    /// Asks a question and waits for a line; `None` when no more will come.
    fn ask(&mut self, question: &str) -> Option<String>;
}

/// A run that can begin, and what it says.
pub type Begun = (Context, UnboundedReceiver<Event>);

/// What the wizard needs of the program around it: files, journals, signals.
#[async_trait(?Send)]
pub trait Desk {
    /// The account, its clusters, helm, the machine.
    fn world(&self) -> World;
    /// The regions that were named on the command line; none: all.
    fn regions(&self) -> Vec<String>;
    /// What to know before anything else.
    fn notes(&self) -> Vec<String>;
    /// The demo world's name.
    fn demo(&self) -> Option<String>;
    /// The kubeconfig context that was named on the command line, or empty.
    fn context(&self) -> String;
    /// Whether nothing may be changed.
    fn is_read_only(&self) -> bool;
    /// The zone of who reads, where it is known.
    fn zone(&self) -> Option<jiff::tz::TimeZone>;
    /// The draft of last time, or why it cannot be read.
    fn draft(&mut self) -> Option<Result<Draft, String>>;
    /// Keeps the draft.
    fn keep(&mut self, draft: &Draft) -> Answer<()>;
    /// Reads the values file that answers name, and makes their paths absolute.
    fn complete(&self, answers: &mut Answers) -> Result<(), Problems>;
    /// The folder that answers files are kept in.
    fn answers_folder(&self) -> String;
    /// Keeps answers (name and text each) in that folder.
    fn keep_answers(&mut self, files: &[(String, String)]) -> Answer<()>;
    /// Writes all documents of a plan, and its answers, into a folder. Without `over` nothing is written where files
    /// differ, and their names come back (E19).
    fn save(&mut self, folder: &str, plan: &Plan, answers: &Answers, over: bool) -> Answer<Vec<String>>;
    /// The options that the repeating command needs, each a shell word.
    fn options(&self) -> Vec<String>;
    /// Begins a run; nothing was changed when it cannot.
    async fn begin(&mut self, answers: &Answers, gathered: &Gathered, plan: &Plan) -> Answer<Begun>;
    /// Opens a run again, to take it back.
    async fn reopen(&mut self, run: &str) -> Answer<(Begun, Vec<Entry>)>;
    /// No run goes on: a signal from now on ends the program with this code.
    fn rest(&mut self, code: u8);
}

/// Why the conversation ends.
enum Leave {
    /// The user wants to.
    Quit,
    /// No more answers can be got.
    End,
}

/// Where it goes on.
enum Go {
    /// With the next step.
    Next,
    /// With the step before.
    Back,
    /// With this step.
    To(StepId),
}

/// Where a step begins.
#[derive(Clone, Default)]
enum Start {
    /// At its first field.
    #[default]
    First,
    /// At its last field: one came back.
    Last,
    /// At this field, since something is wrong with it.
    At(String),
}

/// What was planned: the answers with the consent, the facts, the plan.
struct Planned {
    answers: Answers,
    gathered: Gathered,
    plan: Plan,
}

/// The state of the conversation.
struct Wizard<'a> {
    talk: &'a mut dyn Talk,
    desk: &'a mut dyn Desk,
    world: World,
    draft: Draft,
    start: Start,
    /// Steps whose reason was told.
    told: BTreeSet<StepId>,
    /// The caller's account, once it is known.
    account: Option<String>,
    found: cluster::Found,
    offers: form::Offered,
    /// What was found out for the forms.
    lore: Lore,
    zone: Option<jiff::tz::TimeZone>,
    planned: Option<Planned>,
    prove: Prove,
    /// Apply as soon as the plan is there and nothing is to be asked.
    go_on: bool,
    /// The runs of this conversation that may be taken back, the newest last.
    runs: Vec<String>,
    /// What those runs made, in its order: the change's id, and what undo does with it.
    made: Vec<(String, String)>,
    /// When one of them last changed IAM: a new role is not known everywhere at once, in the next run neither.
    iam_changed: Option<jiff::Timestamp>,
    /// The last run's end.
    finish: Option<crate::engine::Finish>,
    /// The exit code, once something was tried.
    code: Option<u8>,
    /// Why the draft could not be kept was said.
    unkept: bool,
}

/// Leads through the steps; answers the contract's exit code.
pub async fn wizard(talk: &mut dyn Talk, desk: &mut dyn Desk) -> u8 {
    let world = desk.world();
    let zone = desk.zone();
    let mut wizard = Wizard {
        talk,
        desk,
        world,
        draft: Draft::default(),
        start: Start::First,
        told: BTreeSet::new(),
        account: None,
        found: cluster::Found::default(),
        offers: form::Offered::default(),
        lore: Lore::default(),
        zone,
        planned: None,
        prove: Prove::default(),
        go_on: false,
        runs: Vec::new(),
        made: Vec::new(),
        iam_changed: None,
        finish: None,
        code: None,
        unkept: false,
    };
    // It holds all that any step awaits: on the heap, so that callers stay small.
    let leave = Box::pin(wizard.walk()).await;
    wizard.farewell(&leave)
}

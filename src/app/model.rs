//! The whole state of the program; only `update` changes it.

use super::effect::Place;
use super::form::Form;
use super::key::Size;
use super::lore::Lore;
use super::message::{Machine, Ticket};
use super::overlay::Overlay;
use super::screens::{ClusterScreen, LiveScreen, ReviewScreen, RunScreen};
use super::toast::{Level, Toast, Toasts};
use crate::domain::Shown;
use crate::domain::discovery::{FoundBucket, FoundKey, Surroundings};
use crate::ports::{Answer, Trouble};
use crate::wizard::{Draft, StepId};
use std::collections::BTreeMap;

/// Something that is asked of the world.
#[derive(Debug, Clone, Default)]
pub enum Load<T> {
    /// Nobody asked yet.
    #[default]
    Idle,
    /// It is being asked since then, milliseconds since 1970.
    Loading(i64),
    /// It is there.
    Here(T),
    /// It could not be read.
    Failed(Box<Trouble>),
}

impl<T> Load<T> {
    /// What is there.
    pub fn here(&self) -> Option<&T> {
        if let Self::Here(value) = self { Some(value) } else { None }
    }

    /// Whether it is under way.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading(_))
    }

    /// Takes an answer in.
    pub fn of(answer: Answer<T>) -> Self {
        match answer {
            Ok(value) => Self::Here(value),
            Err(trouble) => Self::Failed(Box::new(trouble)),
        }
    }
}

/// The verdict of a question that only the account can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Asked, no answer yet.
    Checking,
    /// All is well, and what was seen.
    Good(Shown),
    /// It can be used, and what to know.
    Note(Shown),
    /// It cannot be used: what, why, what to do.
    Bad(Shown),
}

/// Who a task belongs to: it is cancelled when its screen is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The program.
    Program,
    /// A step's screen.
    Screen(StepId),
    /// A run that changes things: it is never cancelled, only asked to stop.
    Run,
}

/// How the program was started.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools)]
pub struct Setup {
    /// The demo world's name.
    pub demo: Option<String>,
    /// Whether nothing may be changed.
    pub read_only: bool,
    /// Only ASCII characters.
    pub ascii: bool,
    /// No moving parts.
    pub still: bool,
    /// A kept draft's text, or why it cannot be read.
    pub draft: Option<Result<Draft, Shown>>,
    /// Where answers files are written.
    pub answers_folder: String,
    /// The zone of who reads, where it is known; times are said in UTC, too.
    pub zone: Option<jiff::tz::TimeZone>,
    /// The program's options that the repeating command needs (`--demo`, `--profile`), each a shell word.
    pub options: Vec<String>,
}

/// The whole state.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// How the program was started.
    pub setup: Setup,
    /// The terminal's size.
    pub size: Size,
    /// Milliseconds since 1970, as last told.
    pub now: i64,
    /// The draft: what was typed, and the step that is shown.
    pub draft: Draft,
    /// The draft that the program was started with: nobody typed it here, so it is not kept.
    pub given: Draft,
    /// Who lifeboat is.
    pub surroundings: Load<Surroundings>,
    /// What the machine has.
    pub machine: Load<Machine>,
    /// The cursor of Welcome's list.
    pub welcome: usize,
    /// The Cluster screen.
    pub cluster: ClusterScreen,
    /// The form of the step that is shown.
    pub form: Form,
    /// Buckets to offer.
    pub buckets: Load<Vec<FoundBucket>>,
    /// Keys to offer, of a region.
    pub keys: (String, Load<Vec<FoundKey>>),
    /// What was found out for the forms.
    pub lore: Lore,
    /// Verdicts by path; each with the value it is about.
    pub checks: BTreeMap<String, (String, Check)>,
    /// The Review screen.
    pub review: ReviewScreen,
    /// The Apply screen.
    pub run: RunScreen,
    /// The Live screen.
    pub live: LiveScreen,
    /// What lies over the screen, the topmost last.
    pub overlays: Vec<Overlay>,
    /// Messages.
    pub toasts: Toasts,
    /// The tasks under way.
    pub tasks: BTreeMap<Ticket, Owner>,
    /// The next ticket.
    pub next_ticket: u64,
    /// The walkthrough that goes on.
    pub tour: Option<super::tour::Tour>,
    /// Its caption.
    pub caption: Option<Caption>,
    /// The theme's name, as the shell says it.
    pub theme: Shown,
    /// The exit code, once the program is to end.
    pub quit: Option<u8>,
    /// Whether the program goes on in the demo world after its end.
    pub look_around: bool,
    /// Whether the program ends as soon as the run has.
    pub quit_after_run: bool,
    /// When Ctrl-C was last pressed, milliseconds since 1970.
    pub interrupted: Option<i64>,
    /// What is printed after the terminal is restored.
    pub farewell: Vec<Shown>,
}

/// What a walkthrough says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The sentence.
    pub text: Shown,
    /// Which part, from 1.
    pub part: usize,
    /// Of how many.
    pub parts: usize,
    /// Whether it is paused.
    pub paused: bool,
}

impl Model {
    /// A program that has just been started.
    pub fn new(setup: Setup, size: Size, now: i64) -> Self {
        Self { setup, size, now, ..Self::default() }
    }

    /// The step that is shown.
    pub fn step(&self) -> StepId {
        self.draft.at
    }

    /// Whether the draft is one to keep: something was typed.
    pub fn keeps(&self) -> bool {
        !self.draft.is_empty() && !self.draft.says(&self.given)
    }

    /// The next ticket, for a task of this owner.
    pub fn ticket(&mut self, owner: Owner) -> Ticket {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.tasks.insert(ticket, owner);
        ticket
    }

    /// Says something.
    pub fn say(&mut self, level: Level, text: impl AsRef<str>) {
        self.toasts.say(Toast { level, text: Shown::new(text.as_ref()), more: Shown::default(), at: self.now });
    }

    /// Says a trouble; it stays until it is dismissed.
    pub fn trouble(&mut self, trouble: &Trouble) {
        let more = match (trouble.why.is_empty(), trouble.todo.is_empty()) {
            (true, true) => String::new(),
            (false, true) => trouble.why.to_string(),
            (true, false) => trouble.todo.to_string(),
            (false, false) => format!("{}. {}", trouble.why, trouble.todo),
        };
        let toast = Toast { level: Level::Error, text: trouble.what.clone(), more: Shown::new(&more), at: self.now };
        self.toasts.say(toast);
    }

    /// Now, by the clock of the world that is watched: a demo's is not the one on the wall.
    pub fn world_now(&self) -> i64 {
        let (world, told) = self.live.clock.unwrap_or((self.now, self.now));
        world.saturating_add(self.now.saturating_sub(told))
    }

    /// Where the set-up of the answers is, once cluster and region are known.
    pub fn place(&self) -> Place {
        Place {
            cluster: self.draft.text("cluster.name").to_owned(),
            region: self.draft.text("cluster.region").to_owned(),
            context: self.draft.text("cluster.context").to_owned(),
            tool: super::lore::tool_of(&self.draft),
            namespace: self.draft.value("install.namespace"),
        }
    }

    /// What remarks are made of.
    pub fn known(&self) -> super::remark::Known<'_> {
        super::remark::Known {
            draft: &self.draft,
            lore: &self.lore,
            account: self.surroundings.here().map(|who| who.account.as_str()),
            buckets: self.buckets.here().map(Vec::as_slice).unwrap_or_default(),
            detail: self.cluster.detail_of(self.draft.text("cluster.region"), self.draft.text("cluster.name")),
            now: self.now,
            zone: self.setup.zone.as_ref(),
        }
    }

    /// How long the screen stays right by itself, milliseconds; `None`: until something happens. While nothing
    /// moves the program sleeps.
    pub fn moves(&self) -> Option<u64> {
        if let Some(moves) = self.tour.as_ref().and_then(super::tour::Tour::moves) {
            return Some(moves);
        }
        let spins = !self.setup.still && (self.waits() || self.run.runs());
        if spins {
            return Some(100);
        }
        if self.toasts.passes() || self.run.runs() {
            return Some(1_000);
        }
        // Ages on Live.
        (self.step() == StepId::Live).then_some(5_000)
    }

    /// Whether something is awaited whose spinner is on the screen.
    pub fn waits(&self) -> bool {
        match self.step() {
            StepId::Welcome => self.surroundings.is_loading() || self.machine.is_loading(),
            StepId::Cluster => self.cluster.open_regions() > 0,
            StepId::Review => self.review.gathered.is_loading(),
            StepId::Live => self.live.status.is_none() && self.live.stale.is_none(),
            step if step.is_form() => self.checks.values().any(|(_, check)| *check == Check::Checking),
            _ => false,
        }
    }
}

//! Live: what runs, as it is now.

use crate::app::command::Command;
use crate::app::effect::{Effect, Place, Task};
use crate::app::message::Ticket;
use crate::app::model::{Model, Owner};
use crate::app::overlay::Overlay;
use crate::app::{act, confirm};
use crate::domain::live::{EventLine, Link, LinkState, LiveNews};
use crate::domain::status::{ClusterStatus, PodStatus};
use crate::domain::{Shown, Tool};
use crate::ports::Answer;
use crate::wizard::StepId;
use std::collections::{BTreeMap, VecDeque};

/// The most lines of a log that are kept.
const LOG: usize = 5_000;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[allow(missing_docs)]
pub enum LiveTab {
    #[default]
    Overview,
    Backups,
    Pods,
    Chain,
    Events,
    Log,
}

impl LiveTab {
    /// All, in their order.
    pub const ALL: [Self; 6] = [Self::Overview, Self::Backups, Self::Pods, Self::Chain, Self::Events, Self::Log];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Backups => "Backups",
            Self::Pods => "Pods",
            Self::Chain => "Chain",
            Self::Events => "Events",
            Self::Log => "Log",
        }
    }
}

/// The Live screen.
#[derive(Debug, Clone, Default)]
pub struct LiveScreen {
    /// The watch that is under way.
    pub ticket: Option<Ticket>,
    /// Where.
    pub place: Place,
    /// The status; none before the first answer.
    pub status: Option<ClusterStatus>,
    /// The namespace's events, newest first.
    pub events: Vec<EventLine>,
    /// The identity chain.
    pub chain: Vec<Link>,
    /// Why what is shown is from before; `None` while it is live.
    pub stale: Option<Shown>,
    /// When the status last changed, and since when it is stale, milliseconds since 1970.
    pub at: i64,
    /// The world's clock when it was last told, and ours then, milliseconds since 1970.
    pub clock: Option<(i64, i64)>,
    /// What is looked at.
    pub tab: LiveTab,
    /// The cursor of each tab.
    pub cursors: BTreeMap<LiveTab, usize>,
    /// The log that is followed.
    pub log_ticket: Option<Ticket>,
    /// The log's lines.
    pub log: VecDeque<Shown>,
    /// How many lines were dropped to keep the newest.
    pub dropped: u64,
    /// Whether the newest line is always shown.
    pub paused: bool,
    /// What log lines must hold; empty: anything.
    pub filter: String,
    /// Why the log cannot be read; may be empty.
    pub log_trouble: Shown,
}

impl LiveScreen {
    /// A screen for a set-up, before the first answer.
    pub fn of(place: Place) -> Self {
        Self { place, ..Self::default() }
    }

    /// Takes a line of the log in.
    pub fn log(&mut self, line: Shown) {
        self.log.push_back(line);
        if self.log.len() > LOG {
            self.log.pop_front();
            self.dropped += 1;
        }
    }

    /// The lines of the log that the filter lets through.
    pub fn log_lines(&self) -> Vec<&Shown> {
        let wanted = self.filter.to_lowercase();
        self.log.iter().filter(|line| wanted.is_empty() || line.as_str().to_lowercase().contains(&wanted)).collect()
    }

    /// The rows of the tab that is looked at.
    pub fn rows(&self) -> usize {
        let status = self.status.as_ref();
        match self.tab {
            LiveTab::Overview => status.map_or(0, |status| status.locations.len()),
            LiveTab::Backups => status.map_or(0, |status| status.backups.len()),
            LiveTab::Pods => status.map_or(0, |status| status.pods.len()),
            LiveTab::Chain => self.chain.len(),
            LiveTab::Events => self.events.len(),
            LiveTab::Log => self.log_lines().len(),
        }
    }

    /// The cursor of the tab that is looked at.
    pub fn cursor(&self) -> usize {
        let last = self.rows().saturating_sub(1);
        if self.tab == LiveTab::Log && !self.paused {
            return last;
        }
        // The first broken link is the one to mend, and what is said of it stands below.
        let broken = || self.chain.iter().position(|link| link.state == LinkState::Broken).unwrap_or(0);
        let first = if self.tab == LiveTab::Chain { broken() } else { 0 };
        self.cursors.get(&self.tab).copied().unwrap_or(first).min(last)
    }
}

/// Starts the watch, unless it goes on.
pub fn enter_live(model: &mut Model, out: &mut Vec<Effect>) {
    if model.live.place == Place::default() {
        model.live = LiveScreen::of(model.place());
    }
    if model.live.ticket.is_none() {
        let ticket = model.ticket(Owner::Screen(StepId::Live));
        model.live.ticket = Some(ticket);
        out.push(Effect::Start(ticket, Box::new(Task::Live(model.live.place.clone()))));
    }
    follow_log(model, out);
}

/// The log is followed while it is looked at.
fn follow_log(model: &mut Model, out: &mut Vec<Effect>) {
    if model.live.tab != LiveTab::Log {
        if let Some(ticket) = model.live.log_ticket.take() {
            model.tasks.remove(&ticket);
            out.push(Effect::Cancel(ticket));
        }
        return;
    }
    let pod = model.live.status.as_ref().and_then(|status| {
        let own = |pod: &&PodStatus| writes_backups(model.live.place.tool, &pod.name);
        let running = status.pods.iter().filter(own).find(|pod| pod.phase == "Running");
        running.or_else(|| status.pods.iter().find(own)).map(|pod| pod.name.clone())
    });
    if model.live.log_ticket.is_none()
        && let Some(pod) = pod
    {
        model.live.log.clear();
        model.live.dropped = 0;
        model.live.log_trouble = Shown::default();
        let ticket = model.ticket(Owner::Screen(StepId::Live));
        model.live.log_ticket = Some(ticket);
        // A Space's pods run in namespaces of their own, which their names begin with.
        let (mut place, mut name) = (model.live.place.clone(), pod);
        if let Some((namespace, pod)) = name.clone().split_once('/') {
            (place.namespace, name) = (namespace.to_owned(), pod.to_owned());
        }
        out.push(Effect::Start(ticket, Box::new(Task::Logs(place, name))));
    }
}

/// Whether a pod is one that writes backups: Velero's server, Rancher Backup's operator, a control plane's controller.
fn writes_backups(tool: Tool, pod: &str) -> bool {
    match tool {
        Tool::Velero => pod.starts_with("velero-") && !pod.starts_with("velero-upgrade"),
        Tool::RancherBackup => pod.starts_with("rancher-backup"),
        Tool::UpboundSpaces => pod.contains("/mxp-controller"),
    }
}

/// Takes what Live is told in.
pub fn told(model: &mut Model, news: LiveNews, out: &mut Vec<Effect>) {
    let now = model.now;
    match news {
        LiveNews::Status(status) => {
            model.live.status = Some(*status);
            model.live.at = now;
            model.live.stale = None;
            follow_log(model, out);
        }
        LiveNews::Events(events) => model.live.events = events,
        LiveNews::Chain(chain) => model.live.chain = chain,
        LiveNews::Stale(why) => {
            if model.live.stale.is_none() {
                model.live.at = now;
            }
            model.live.stale = Some(why);
        }
        LiveNews::Fresh => {
            model.live.stale = None;
            model.live.at = now;
        }
    }
}

/// A line of the log, or why there is none.
pub fn log_line(model: &mut Model, line: Answer<Shown>) {
    match line {
        Ok(line) => model.live.log(line),
        Err(trouble) => model.live.log_trouble = Shown::new(&trouble.to_string()),
    }
}

/// A command of Live.
pub fn live(model: &mut Model, command: Command, out: &mut Vec<Effect>) {
    let all = LiveTab::ALL;
    let at = all.iter().position(|tab| *tab == model.live.tab).unwrap_or(0);
    match command {
        Command::NextTab => model.live.tab = all.get((at + 1) % all.len()).copied().unwrap_or_default(),
        Command::PreviousTab => {
            model.live.tab = all.get((at + all.len() - 1) % all.len()).copied().unwrap_or_default();
        }
        Command::Follow => model.live.paused = !model.live.paused,
        Command::Test => {
            let question = confirm::test(model.live.place.tool, &model.live.place.cluster);
            act::ask(model, question);
        }
        _ => {}
    }
    follow_log(model, out);
}

/// Moves the cursor of the tab that is looked at; in the log that stops the following.
pub fn step_live(model: &mut Model, by: isize) {
    let last = model.live.rows().saturating_sub(1);
    let to = model.live.cursor().saturating_add_signed(by).min(last);
    if model.live.tab == LiveTab::Log {
        model.live.paused = to < last;
    }
    model.live.cursors.insert(model.live.tab, to);
}

/// The row under the cursor in full.
pub fn row(model: &Model) -> Vec<Shown> {
    let live = &model.live;
    let at = live.cursor();
    let status = live.status.as_ref();
    let json = |value: Option<serde_json::Result<serde_json::Value>>| {
        let value = value.and_then(Result::ok).unwrap_or_default();
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        Shown::lines(&text, 4_000, 200)
    };
    match live.tab {
        LiveTab::Overview => json(status.and_then(|it| it.locations.get(at)).map(serde_json::to_value)),
        LiveTab::Backups => json(status.and_then(|it| it.backups.get(at)).map(serde_json::to_value)),
        LiveTab::Pods => json(status.and_then(|it| it.pods.get(at)).map(serde_json::to_value)),
        LiveTab::Chain => json(live.chain.get(at).map(serde_json::to_value)),
        LiveTab::Events => live.events.get(at).map_or(Vec::new(), |event| {
            let head = format!("{} {} {} {}", event.at, event.kind, event.reason, event.object);
            vec![Shown::new(&head), event.message.clone()]
        }),
        LiveTab::Log => live.log_lines().get(at).map_or(Vec::new(), |line| vec![(*line).clone()]),
    }
}

/// What of Review can be read in the pager: the document or the difference that is shown.
pub fn read_text(model: &Model) -> Option<String> {
    let review = &model.review;
    let diff = || review.change().filter(|_| review.seen == super::Seen::Diff).map(|change| change.diff.join("\n"));
    let text = review.open_document().map(|document| document.text.clone()).or_else(diff)?;
    Some(text).filter(|text| !text.is_empty())
}

/// What there is to read in full, over the screen.
pub fn read(model: &mut Model, out: &mut Vec<Effect>) {
    if model.step() == StepId::Review {
        if let Some(text) = read_text(model) {
            out.push(Effect::Page(text));
        }
        return;
    }
    let lines = row(model);
    if !lines.is_empty() {
        model.overlays.push(Overlay::Reader { title: Shown::new(model.live.tab.title()), lines, scroll: 0 });
    }
}

/// Copies what is shown: generated documents and words, never a token.
pub fn copy(model: &mut Model, out: &mut Vec<Effect>) {
    let joined = |lines: &[Shown]| lines.iter().map(Shown::as_str).collect::<Vec<_>>().join("\n");
    let (what, text) = match (model.overlays.last(), model.step()) {
        (Some(Overlay::Reader { title, lines, .. }), _) => (title.to_string(), joined(lines)),
        (_, StepId::Review) => match (model.review.open_document(), model.review.change()) {
            (Some(document), _) => (document.path.clone(), document.text.clone()),
            (None, Some(change)) if model.review.seen == super::Seen::Diff => {
                (format!("the difference of {}", change.id), change.diff.join("\n"))
            }
            (None, Some(change)) => (change.id.clone(), format!("{}\n{}", change.title, change.why)),
            (None, None) => return,
        },
        (_, StepId::Apply) => {
            let line = |line: &super::RunLine| format!("{}: {} {}", line.id, line.title, line.message);
            ("the run".to_owned(), model.run.lines.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        (_, StepId::Live) => (model.live.tab.title().to_lowercase(), joined(&row(model))),
        _ => return,
    };
    out.push(Effect::Copy(what, text));
}

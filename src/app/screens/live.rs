//! Live: what runs, as it is now.

use crate::app::effect::Place;
use crate::app::message::Ticket;
use crate::domain::Shown;
use crate::domain::live::{EventLine, Link};
use crate::domain::status::ClusterStatus;
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
        self.cursors.get(&self.tab).copied().unwrap_or(0).min(last)
    }
}

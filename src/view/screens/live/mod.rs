//! Live: what runs, as it is now.
//!
//! ```text
//! [Overview]  Backups 12   Pods 2   Chain   Events   Log
//! ! not live since 12 s: the watch was refused                     (only while it is so)
//! heads of the columns, or the sum of it
//! rows of the part that is open
//! the row under the cursor in full; on Overview identity, pods, schedules, newest backups
//! ```

mod log;
mod overview;
mod tables;

use crate::app::{Area, Layout, LiveTab, live_areas};
use crate::domain::status::{PodStatus, Stored};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, piece};
use crate::view::time::long;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, _layout: &Layout) {
    let areas = live_areas(ink.model);
    tabs(ink, areas.tabs);
    banner(ink, areas.banner);
    let live = &ink.model.live;
    if live.tab == LiveTab::Log {
        log::draw(ink, &areas);
    } else if live.status.is_none() && matches!(live.tab, LiveTab::Overview | LiveTab::Backups | LiveTab::Pods) {
        let text = format!(" waiting for the first answer{}", ink.glyphs().more());
        let words = if live.stale.is_some() {
            vec![piece(Role::Muted, "No answer came yet")]
        } else {
            vec![ink.spinner(), piece(Role::Muted, text)]
        };
        ink.line(areas.head, &words);
    } else {
        match live.tab {
            LiveTab::Overview => overview::draw(ink, &areas),
            _ => tables::draw(ink, &areas),
        }
    }
}

/// Where a backup's file is, and why it failed.
fn stored_words(stored: &Stored) -> String {
    let place = if stored.storage_location.is_empty() { "nowhere" } else { &stored.storage_location };
    let there = match stored.present {
        Some(true) => ", in the bucket",
        Some(false) => ", not in the bucket",
        None => "",
    };
    let file = if stored.file.is_empty() {
        "no file yet".to_owned()
    } else {
        format!("{} stored in {place}{there}", stored.file)
    };
    if stored.message.is_empty() { file } else { format!("{}; {file}", stored.message) }
}

fn tabs(ink: &mut Ink<'_>, area: Area) {
    let live = &ink.model.live;
    let count = |tab: LiveTab| match (tab, &live.status) {
        (LiveTab::Backups, Some(status)) => format!(" {}", status.backups.len()),
        (LiveTab::Pods, Some(status)) => format!(" {}", status.pods.len()),
        (LiveTab::Events, _) if !live.events.is_empty() => format!(" {}", live.events.len()),
        _ => String::new(),
    };
    let tight = area.w < 64;
    let mut titles: Line = Vec::new();
    for tab in LiveTab::ALL {
        let open = tab == live.tab;
        let title = if tight { tab.title().to_owned() } else { format!("{}{}", tab.title(), count(tab)) };
        titles.push(match (open, tight) {
            (true, _) => piece(Role::Title, format!("[{title}]")),
            (false, false) => piece(Role::Muted, format!(" {title} ")),
            (false, true) => piece(Role::Muted, title),
        });
        if tight && tab != LiveTab::Log {
            titles.push(piece(Role::Muted, " "));
        }
    }
    ink.line(area, &titles);
}

fn banner(ink: &mut Ink<'_>, area: Area) {
    let live = &ink.model.live;
    let Some(why) = &live.stale else { return };
    let since = long(ink.model.now.saturating_sub(live.at).max(0) / 1_000);
    let [sign, words] = ink.state(State::Conflict, &format!("not live since {since}: {why}"));
    ink.line(area, &[sign, words]);
}

/// The sign and word of a phase as the tools say it; none is `New`.
pub fn phase(ink: &Ink<'_>, phase: Option<&str>) -> Line {
    let state = match phase.unwrap_or("New") {
        "Available" | "Completed" | "Running" | "Succeeded" | "Enabled" => State::Ok,
        "New"
        | "InProgress"
        | "Pending"
        | "Queued"
        | "ReadyToStart"
        | "Finalizing"
        | "Deleting"
        | "WaitingForPluginOperations" => State::Waiting,
        "PartiallyFailed"
        | "FinalizingPartiallyFailed"
        | "WaitingForPluginOperationsPartiallyFailed"
        | "FailedValidation"
        | "Failed"
        | "Unavailable"
        | "Terminated" => State::Failed,
        _ => State::Unknown,
    };
    ink.state(state, &crate::view::ink::safe(phase.unwrap_or("New"))).to_vec()
}

/// The same in exactly so many columns.
pub fn phase_wide(ink: &Ink<'_>, text: Option<&str>, columns: usize) -> Line {
    let mut line = phase(ink, text);
    let sign = line.first().map_or(0, |(_, sign)| crate::view::text::width(sign));
    if let Some((_, word)) = line.last_mut() {
        *word = ink.pad(word, columns.saturating_sub(sign));
    }
    line
}

/// A pod's phase in so many columns; one that runs and is not ready only waits.
pub fn pod_phase(ink: &Ink<'_>, pod: &PodStatus, columns: usize) -> Line {
    if pod.phase != "Running" || pod.ready {
        return phase_wide(ink, Some(&pod.phase), columns);
    }
    let [sign, word] = ink.state(State::Waiting, "Running");
    let room = columns.saturating_sub(crate::view::text::width(&sign.1));
    vec![sign, (word.0, ink.pad(&word.1, room))]
}

/// `1 error`, `2 errors`.
pub fn counted(count: i64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

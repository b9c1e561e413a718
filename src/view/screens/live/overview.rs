//! Overview: the locations as rows, then the one under the cursor in full, the identity, pods, schedules and the
//! newest backups, as far as there are rows.
//!
//! ```text
//! ✓ healthy  velero on prod, namespace velero
//! ▌ ✓ Available   default   s3://acme-backups/velero/us-east-1/prod   ReadWrite, default, 12 s ago
//!
//! identity   ✓ match  arn:aws:iam::111122223333:role/...
//! pods       ✓ Running  velero-6c9f...  ready, 0 restarts
//! schedules  daily  0 3 * * *  last 6 h ago, next in 18 h
//! backups    ✓ Completed  daily-20260105  0 errors, 0 warnings, 6 h ago
//! ```

use super::{counted, phase_wide, pod_phase, stored_words};
use crate::app::{Area, LiveAreas, window};
use crate::domain::status::{ClusterStatus, LocationStatus, PodStatus};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, nth, piece, safe};
use crate::view::text::{width, wrap};
use crate::view::time::ago;

/// Columns of the names of parts.
const NAMES: usize = 11;
/// Columns of a location's name, and of the space behind it, at the least.
const NAME: usize = 14;
/// From so many columns on a location's row holds its place.
const PLACE: usize = 78;
/// The columns of the row beside the place: phase, name, age.
const BESIDE: usize = 28 + 18;
/// The newest backups that are shown.
const NEWEST: usize = 5;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, areas: &LiveAreas) {
    let Some(status) = &ink.model.live.status else { return };
    let (state, word) = if status.healthy { (State::Ok, "healthy") } else { (State::Failed, "not healthy") };
    let [sign, word] = ink.state(state, word);
    let place = format!("  {} on {}, namespace {}", status.tool, status.cluster, status.namespace);
    ink.line(areas.head, &[sign, word, piece(Role::Muted, safe(&place))]);
    if status.pods.is_empty() && status.locations.is_empty() {
        let text = format!("{} is not installed there, or in another namespace.", status.tool);
        ink.text(areas.rest.top(1).1, Role::Text, &text);
        return;
    }
    let cursor = ink.model.live.cursor();
    let shown = window(status.locations.len(), cursor, usize::from(areas.list.h));
    for (row, place) in shown.clone().enumerate() {
        let Some(location) = status.locations.get(place) else { break };
        let line = location_line(ink, location, usize::from(areas.list.w).saturating_sub(2));
        ink.row(nth(areas.list, row), &line, place == cursor);
    }
    ink.scrollbar(areas.list, shown.start, shown.len(), status.locations.len());
    let mut rest = areas.rest;
    if let Some(location) = status.locations.get(cursor) {
        rest = in_full(ink, rest, location);
    }
    let lines = parts(ink, status, usize::from(rest.w));
    ink.lines(rest, &lines);
}

fn location_line(ink: &Ink<'_>, it: &LocationStatus, room: usize) -> Line {
    let mut line = phase_wide(ink, it.phase.as_deref(), 14);
    let names = ink.model.live.status.iter().flat_map(|status| &status.locations).map(|it| width(&it.name) + 1);
    let name = names.max().unwrap_or(0).clamp(NAME, (room / 3).max(NAME));
    line.push(piece(Role::Value, format!("{} ", ink.pad(&it.name, name - 1))));
    let checked = it
        .last_validated
        .as_deref()
        .map_or_else(|| "not validated yet".to_owned(), |at| ago(ink.model.world_now(), at));
    let place = place_of(it);
    if room >= PLACE {
        let wide = room.saturating_sub(BESIDE + name - NAME).max(2);
        line.push(piece(Role::Text, format!("{} ", ink.pad(&ink.middle(&place, wide - 1), wide - 1))));
    }
    line.push(piece(Role::Muted, checked));
    line
}

fn place_of(it: &LocationStatus) -> String {
    format!("{} s3://{}/{}", it.provider, it.bucket, it.prefix.trim_matches('/'))
}

/// The location under the cursor: where it points, how it may be used, and what it says.
fn in_full(ink: &mut Ink<'_>, area: Area, it: &LocationStatus) -> Area {
    let (rows, rest) = area.top(if it.message.is_empty() { 2 } else { 3 });
    let default = if it.default { ", default location" } else { "" };
    // Where the row has no room for the whole place, it stands here.
    let place = place_of(it);
    let seen = usize::from(area.w) >= PLACE + 2 && width(&place) < usize::from(area.w) - 2 - BESIDE;
    let place = if seen { String::new() } else { format!("{place}  ") };
    let text = format!("  {place}{}{default}", it.access_mode);
    ink.line(rows, &[piece(Role::Muted, safe(&text))]);
    if !it.message.is_empty() {
        let [sign, _] = ink.state(State::Failed, "");
        let line = [piece(Role::Danger, "  "), sign, piece(Role::Danger, safe(&it.message))];
        ink.line(nth(rows, 1), &line);
    }
    rest
}

fn parts(ink: &Ink<'_>, status: &ClusterStatus, room: usize) -> Vec<Line> {
    let mut out = identity(ink, status, room);
    let mut part = |name: &str, lines: Vec<Line>| {
        let none = vec![vec![piece(Role::Muted, "none")]];
        let lines = if lines.is_empty() { none } else { lines };
        for (at, line) in lines.into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            out.push(std::iter::once(piece(Role::Label, ink.pad(name, NAMES))).chain(line).collect());
        }
    };
    part("pods", status.pods.iter().map(|pod| pod_line(ink, pod)).collect());
    let schedules = status.schedules.iter().map(|it| {
        let last = it
            .last
            .as_deref()
            .map_or_else(|| "not run yet".to_owned(), |at| format!("last {}", ago(ink.model.world_now(), at)));
        let next = it.next.as_deref().map_or(String::new(), |at| format!(", next {}", ago(ink.model.world_now(), at)));
        vec![
            piece(Role::Value, safe(&it.name)),
            piece(Role::Text, safe(&format!("  {}", it.schedule))),
            piece(Role::Muted, format!("  {last}{next}")),
        ]
    });
    part("schedules", schedules.collect());
    let backups = status.backups.iter().take(NEWEST).map(|it| {
        let mut line = phase_wide(ink, it.phase.as_deref(), if room < 70 { 12 } else { 17 });
        line.push(piece(Role::Value, safe(&format!(" {}", it.name))));
        let age = it.created.as_deref().map_or(String::new(), |at| format!(", {}", ago(ink.model.world_now(), at)));
        let sums = match &it.stored {
            Some(stored) => stored_words(stored),
            None => format!("{}, {}", counted(it.errors, "error"), counted(it.warnings, "warning")),
        };
        line.push(piece(Role::Muted, safe(&format!("  {sums}{age}"))));
        line
    });
    part("backups", backups.collect());
    out
}

/// The role that is meant and the one that is had, and whether they match, in words.
fn identity(ink: &Ink<'_>, status: &ClusterStatus, room: usize) -> Vec<Line> {
    let (state, word) = match (&status.identity.expected, &status.identity.actual) {
        (Some(expected), Some(actual)) if same_role(expected, actual) => {
            (State::Ok, "the pods have the role that is meant")
        }
        (Some(_), Some(_)) => (State::Failed, "the pods have another role than the one that is meant"),
        (Some(_), None) => (State::Unknown, "what role the pods have cannot be seen"),
        (None, Some(_)) => (State::Conflict, "no role is meant, and the pods have one"),
        (None, None) => (State::Unknown, "no role is meant"),
    };
    let [sign, word] = ink.state(state, word);
    let mut out = vec![vec![piece(Role::Label, ink.pad("identity", NAMES)), sign, word]];
    let names = [("expected", &status.identity.expected), ("actual", &status.identity.actual)];
    for (name, arn) in names {
        if let Some(arn) = arn {
            // An ARN is read to be compared: it is never cut where there is a row for its rest.
            for (at, part) in wrap(&safe(arn), room.saturating_sub(NAMES + 10)).into_iter().take(3).enumerate() {
                out.push(vec![
                    piece(Role::Label, ink.pad("", NAMES)),
                    piece(Role::Muted, ink.pad(if at == 0 { name } else { "" }, 10)),
                    piece(Role::Text, part),
                ]);
            }
        }
    }
    out
}

/// Whether two ARNs are of one role: `role/path/NAME` and `assumed-role/NAME/session`.
fn same_role(expected: &str, actual: &str) -> bool {
    let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
    let resource = |arn: &str| arn.splitn(6, ':').nth(5).unwrap_or_default().to_owned();
    let (role, had) = (resource(expected), resource(actual));
    let name = role.rsplit('/').next().unwrap_or_default();
    let had_name = match had.strip_prefix("assumed-role/") {
        Some(rest) => rest.split('/').next().unwrap_or_default(),
        None => had.rsplit('/').next().unwrap_or_default(),
    };
    account(expected) == account(actual) && !name.is_empty() && name == had_name
}

fn pod_line(ink: &Ink<'_>, pod: &PodStatus) -> Line {
    let mut line = pod_phase(ink, pod, 11);
    let ready = if pod.ready { "ready" } else { "not ready" };
    line.push(piece(Role::Value, safe(&format!(" {}", pod.name))));
    let restarts = counted(pod.restarts, "restart");
    line.push(piece(if pod.ready { Role::Muted } else { Role::Warn }, format!("  {ready}, {restarts}")));
    if !pod.reason.is_empty() {
        line.push(piece(Role::Warn, safe(&format!("  {}", pod.reason))));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_its_session_are_one_identity() {
        let role = "arn:aws:iam::111122223333:role/backup/velero";
        assert!(same_role(role, "arn:aws:sts::111122223333:assumed-role/velero/1700000000"));
        assert!(same_role(role, role));
        assert!(!same_role(role, "arn:aws:sts::111122223333:assumed-role/node/i-0"));
        assert!(!same_role(role, "arn:aws:sts::444455556666:assumed-role/velero/1"));
        assert!(!same_role("", ""));
    }
}

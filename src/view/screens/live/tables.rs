//! The parts of Live that are tables: backups, pods, the identity chain, events; heads above, the row under the
//! cursor in full below. The column that says most takes what room is left; the last ones leave first.

use super::{phase_wide, pod_phase, stored_words};
use crate::app::{Area, LiveAreas, LiveTab, window};
use crate::domain::live::{EventLine, Link, LinkState};
use crate::domain::status::{BackupStatus, PodStatus};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, nth, piece, safe};
use crate::view::time::{ago, minute};

/// Draws the table that is open.
pub fn draw(ink: &mut Ink<'_>, areas: &LiveAreas) {
    let live = &ink.model.live;
    let room = usize::from(areas.list.w).saturating_sub(3);
    let status = live.status.as_ref();
    let (head, rows): (String, Vec<Line>) = match live.tab {
        LiveTab::Backups => {
            let rows = status.map(|it| it.backups.as_slice()).unwrap_or_default();
            (backup_head(ink, room), visible(ink, areas.list, rows, |ink, backup| backup_line(ink, backup, room)))
        }
        LiveTab::Pods => {
            let rows = status.map(|it| it.pods.as_slice()).unwrap_or_default();
            (pod_head(ink, room), visible(ink, areas.list, rows, |ink, pod| pod_line(ink, pod, room)))
        }
        LiveTab::Chain => {
            (chain_head(ink, room), visible(ink, areas.list, &live.chain, |ink, link| link_line(ink, link, room)))
        }
        _ => (event_head(ink, room), visible(ink, areas.list, &live.events, |ink, event| event_line(ink, event, room))),
    };
    ink.line(areas.head, &[piece(Role::Label, format!("  {head}"))]);
    let shown = window(live.rows(), live.cursor(), usize::from(areas.list.h));
    for (row, (place, pieces)) in shown.clone().zip(rows).enumerate() {
        ink.row(nth(areas.list, row), &pieces, place == live.cursor());
    }
    ink.scrollbar(areas.list, shown.start, shown.len(), live.rows());
    if live.rows() == 0 {
        ink.line(areas.list.left(2).1, &[piece(Role::Muted, nothing(live.tab))]);
    }
    if let Some((role, text)) = in_full(ink)
        && areas.rest.h > 0
    {
        ink.rule(areas.rest);
        ink.text(areas.rest.top(1).1, role, &text);
    }
}

/// The lines of the rows in sight only.
fn visible<'a, T>(ink: &Ink<'a>, area: Area, rows: &'a [T], of: impl Fn(&Ink<'a>, &'a T) -> Line) -> Vec<Line> {
    let live = &ink.model.live;
    let shown = window(live.rows(), live.cursor(), usize::from(area.h));
    rows.get(shown).unwrap_or_default().iter().map(|row| of(ink, row)).collect()
}

fn nothing(tab: LiveTab) -> &'static str {
    match tab {
        LiveTab::Backups => "no backups yet; t makes one to prove the set-up",
        LiveTab::Pods => "no pods",
        LiveTab::Chain => "the chain is walked when the first answer is there; r walks it again",
        _ => "no events",
    }
}

/// The row under the cursor without a cut.
fn in_full(ink: &Ink<'_>) -> Option<(Role, String)> {
    let live = &ink.model.live;
    match live.tab {
        LiveTab::Backups => {
            let backup = live.status.as_ref()?.backups.get(live.cursor())?;
            let stored = backup.stored.as_ref()?;
            Some((Role::Text, safe(&format!("{}: {}", backup.name, stored_words(stored)))))
        }
        LiveTab::Pods => {
            let pod = live.status.as_ref()?.pods.get(live.cursor())?;
            let why = if pod.reason.is_empty() { String::new() } else { format!(": {}", pod.reason) };
            Some((Role::Text, safe(&format!("{}{why}", pod.name))))
        }
        LiveTab::Chain => {
            live.chain.get(live.cursor()).map(|it| (Role::Text, format!("{}: {}", title(it), it.evidence)))
        }
        LiveTab::Events => {
            let it = live.events.get(live.cursor())?;
            Some((Role::Text, format!("{} {}: {}", it.object, it.reason, it.message)))
        }
        _ => None,
    }
}

fn backup_head(ink: &Ink<'_>, room: usize) -> String {
    let mut head = format!("{}{}", ink.pad("phase", 18), ink.pad("name", backup_name(room)));
    for (title, wide, least) in BACKUP {
        if room >= least {
            head.push_str(&ink.pad(title, wide));
        }
    }
    head
}

/// Columns after phase and name: title, width, and the room from which on they stand.
const BACKUP: [(&str, usize, usize); 5] =
    [("errors", 8, 44), ("warnings", 10, 54), ("created", 18, 60), ("expires", 12, 90), ("location", 16, 110)];

fn backup_name(room: usize) -> usize {
    let others: usize = BACKUP.iter().filter(|column| room >= column.2).map(|column| column.1).sum();
    room.saturating_sub(18 + others).clamp(8, 48)
}

fn backup_line(ink: &Ink<'_>, it: &BackupStatus, room: usize) -> Line {
    let mut line = phase_wide(ink, it.phase.as_deref(), 17);
    line.push(piece(Role::Text, " "));
    let wide = backup_name(room);
    line.push(piece(Role::Value, format!("{} ", ink.pad(&it.name, wide.saturating_sub(1)))));
    let wrong = |count: i64, role: Role| if count > 0 { role } else { Role::Muted };
    let age = |at: &Option<String>| at.as_deref().map_or(String::new(), |at| ago(ink.model.world_now(), at));
    let cells = [
        (wrong(it.errors, Role::Danger), it.errors.to_string()),
        (wrong(it.warnings, Role::Warn), it.warnings.to_string()),
        (Role::Text, it.created.as_deref().map_or(String::new(), minute)),
        (Role::Muted, age(&it.expires)),
        (Role::Muted, it.location.clone()),
    ];
    for ((role, text), (_, wide, least)) in cells.into_iter().zip(BACKUP) {
        if room >= least {
            line.push(piece(role, format!("{} ", ink.pad(&text, wide - 1))));
        }
    }
    line
}

fn pod_head(ink: &Ink<'_>, room: usize) -> String {
    format!(
        "{}{}{}{}reason",
        ink.pad("phase", 12),
        ink.pad("name", pod_name(room)),
        ink.pad("ready", 7),
        ink.pad("restarts", 10)
    )
}

fn pod_name(room: usize) -> usize {
    (room / 2).clamp(8, 40)
}

fn pod_line(ink: &Ink<'_>, it: &PodStatus, room: usize) -> Line {
    let mut line = pod_phase(ink, it, 11);
    line.push(piece(Role::Value, format!(" {} ", ink.pad(&it.name, pod_name(room).saturating_sub(1)))));
    let ready = if it.ready { (Role::Text, "yes") } else { (Role::Warn, "no") };
    line.push(piece(ready.0, ink.pad(ready.1, 7)));
    let often = if it.restarts > 0 { Role::Warn } else { Role::Muted };
    line.push(piece(often, ink.pad(&it.restarts.to_string(), 10)));
    line.push(piece(Role::Warn, safe(&it.reason)));
    line
}

/// Columns of the state's word and of the link.
fn chain_columns(room: usize) -> (usize, usize) {
    if room < 50 { (12, 16) } else { (13, 18) }
}

fn chain_head(ink: &Ink<'_>, room: usize) -> String {
    let (wide, wide_title) = chain_columns(room);
    format!("{}{}evidence", ink.pad("state", ink.glyphs().state_columns() + 1 + wide), ink.pad("link", wide_title))
}

/// The user's words for a link.
fn title(link: &Link) -> &'static str {
    match link.link {
        "cluster" => "cluster",
        "issuer" => "OIDC issuer",
        "oidc-provider" => "OIDC provider",
        "trust" => "trust",
        "permissions" => "permissions",
        "service-account" => "service account",
        "injected-pod" => "injected pod",
        "sts-identity" => "STS identity",
        "bucket" => "bucket",
        "key" => "key",
        "location" => "location",
        "backup" => "backup",
        other => other,
    }
}

fn link_line(ink: &Ink<'_>, it: &Link, room: usize) -> Line {
    let (wide, wide_title) = chain_columns(room);
    let (state, word) = match it.state {
        LinkState::Ok => (State::Ok, "ok"),
        LinkState::Broken => (State::Failed, "broken"),
        LinkState::Unknown => (State::Unknown, "unknown"),
        LinkState::NotReached => (State::NotReached, "not reached"),
    };
    let [sign, word] = ink.state(state, word);
    let role = if it.state == LinkState::Broken { Role::Danger } else { Role::Muted };
    let word = (word.0, format!("{} ", ink.pad(&word.1, wide - 1)));
    vec![sign, word, piece(Role::Value, ink.pad(title(it), wide_title)), piece(role, &it.evidence)]
}

fn event_head(ink: &Ink<'_>, room: usize) -> String {
    let object = if room >= 90 { ink.pad("object", 30) } else { String::new() };
    format!("{}{}{}{object}message", ink.pad("kind", 11), ink.pad("seen", 12), ink.pad("reason", 20))
}

fn event_line(ink: &Ink<'_>, it: &EventLine, room: usize) -> Line {
    let warning = it.kind.as_str() == "Warning";
    let [sign, word] = ink.state(if warning { State::Conflict } else { State::Kept }, it.kind.as_str());
    let wide = 10_usize.saturating_sub(crate::view::text::width(&sign.1));
    let often = if it.count > 1 { format!(" ({} times)", it.count) } else { String::new() };
    let mut line: Line = vec![
        sign,
        (word.0, format!("{} ", ink.pad(&word.1, wide))),
        piece(Role::Muted, ink.pad(&ago(ink.model.world_now(), it.at.as_str()), 12)),
        piece(Role::Value, format!("{} ", ink.pad(it.reason.as_str(), 19))),
    ];
    if room >= 90 {
        line.push(piece(Role::Muted, format!("{} ", ink.pad(it.object.as_str(), 29))));
    }
    line.push(piece(Role::Text, format!("{}{often}", it.message)));
    line
}

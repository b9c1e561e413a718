//! Cluster: what was found, region by region, filtered by typing.
//!
//! ```text
//! filter  pro▏                                                         3 of 41
//!   name        region        status  k8s   API      tools           provider  agent
//! ▌ prod        us-east-1     active  1.34  v1.34.4  Velero v1.18.3  not yet   none
//!   staging     us-east-1     ...
//!
//! ? API server unknown: ...   (of the cluster under the cursor)
//! 18 of 20 regions answered
//! ! me-south-1: still asking, it is slow
//! ```
//!
//! The letters that the filter found are marked. When there is less room the last columns leave first. Nothing
//! found, or nothing that matches, says so and what to do.

use crate::app::{Area, ClusterRow, ClusterScreen, Layout, Load, Match, RegionState, list_area, region_rows, window};
use crate::domain::Shown;
use crate::domain::discovery::{ClusterDetail, InstalledTool, Known};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, columns, nth, piece, safe};
use crate::view::text::{truncate, width};

/// The columns after name and region, by priority: title and width.
const COLUMNS: [(&str, usize); 6] =
    [("status", 10), ("k8s", 6), ("API", 10), ("tools", 16), ("provider", 11), ("agent", 8)];

/// Columns of what a cluster is for, once some are to be restored to.
const USE: usize = 9;

/// What fits, and how wide name and region are.
struct Widths {
    name: usize,
    region: usize,
    used: usize,
    columns: usize,
}

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, layout: &Layout) {
    let screen = &ink.model.cluster;
    filter(ink, nth(layout.body, 0));
    let area = list_area(ink.model);
    let used = if ink.model.draft.restores() > 0 { USE } else { 0 };
    let widths = widths(screen, usize::from(area.w).saturating_sub(2), used);
    head(ink, nth(layout.body, 1), &widths);
    let shown = window(screen.pick.count(), screen.pick.cursor(), usize::from(area.h));
    for (row, (place, found)) in shown.clone().zip(screen.pick.shown(shown.clone())).enumerate() {
        let Some(cluster) = screen.rows.get(found.item) else { continue };
        let line = line(ink, cluster, &found, &widths);
        ink.row(nth(area, row), &line, place == screen.pick.cursor());
    }
    ink.scrollbar(area, shown.start, shown.len(), screen.pick.count());
    if shown.is_empty() {
        empty(ink, area);
    }
    let (below, _) = layout.body.bottom(region_rows(ink.model));
    remark(ink, below, &widths);
    regions(ink, below.top(1).1);
}

/// What is wrong or unknown of the cluster under the cursor, and why; then what its row has no room for.
fn remark(ink: &mut Ink<'_>, area: Area, widths: &Widths) {
    let screen = &ink.model.cluster;
    let chosen = screen.pick.chosen().and_then(|item| screen.rows.get(item));
    let Some(Load::Here(detail)) = chosen.map(|row| &row.detail) else { return };
    let mut words: Vec<String> = detail.issues.iter().map(ToString::to_string).collect();
    let mut unknown = |what: &str, why: Option<&Shown>| words.extend(why.map(|why| format!("{what} unknown: {why}")));
    unknown("provider", why(&detail.provider));
    unknown("agent", why(&detail.agent));
    unknown("API server", why(&detail.api));
    unknown("tools", why(&detail.tools));
    if !words.is_empty() {
        let [sign, _] = ink.state(State::Unknown, "");
        ink.line(area, &[sign, piece(Role::Muted, words.join("; "))]);
        return;
    }
    let cut = |at: usize, text: &str| COLUMNS.get(at).filter(|it| at >= widths.columns || width(text) >= it.1);
    let cells = cells(detail).into_iter().enumerate();
    let rest: Vec<String> =
        cells.filter_map(|(at, (_, text))| cut(at, &text).map(|(title, _)| format!("{title}: {text}"))).collect();
    ink.line(area, &[piece(Role::Muted, rest.join("; "))]);
}

fn why<T>(fact: &Known<T>) -> Option<&Shown> {
    if let Known::Unknown(why) = fact { Some(why) } else { None }
}

fn filter(ink: &mut Ink<'_>, area: Area) {
    let pick = &ink.model.cluster.pick;
    let what = if ink.model.cluster.only_watch && area.w >= 60 { "whose backups to look at  " } else { "" };
    let restores = match ink.model.draft.restores() {
        0 => String::new(),
        count => format!("{count} to restore to  "),
    };
    let count = [
        piece(Role::Label, what),
        piece(Role::Accent, restores),
        piece(Role::Muted, format!("{} of {}", pick.count(), pick.len())),
    ];
    ink.right(area, &count);
    let used = ink.line(area, &[piece(Role::Label, "filter  ")]);
    let counted = u16::try_from(columns(&count)).unwrap_or(u16::MAX);
    let room = area.w.saturating_sub(used.saturating_add(counted).saturating_add(1));
    ink.input(Area { w: room, ..area.left(used).1 }, &pick.query);
}

fn widths(screen: &ClusterScreen, room: usize, used: usize) -> Widths {
    let most = |wide: usize, least: usize, most: usize| wide.clamp(least, most);
    let (name, region) = screen.longest;
    let region = most(region, 6, 14);
    let name = most(name, 8, 40.min(room / 4).max(16));
    let mut left = room.saturating_sub(name + region + 4 + used);
    let fits = |(_, wide): &&(&str, usize)| {
        let fits = left >= *wide;
        left = left.saturating_sub(*wide);
        fits
    };
    let columns = COLUMNS.iter().take_while(fits).count();
    Widths { name, region, used, columns }
}

fn head(ink: &mut Ink<'_>, area: Area, widths: &Widths) {
    let mut line: Line = vec![
        piece(Role::Label, format!("  {}", ink.pad("name", widths.name + 2))),
        piece(Role::Label, ink.pad("region", widths.region + 2)),
        piece(Role::Label, ink.pad("for", widths.used)),
    ];
    for (title, wide) in COLUMNS.iter().take(widths.columns) {
        line.push(piece(Role::Label, ink.pad(title, *wide)));
    }
    ink.line(area, &line);
}

/// The row of a cluster; `found` marks characters of `ClusterScreen::text`, name, two spaces, region.
fn line(ink: &Ink<'_>, row: &ClusterRow, found: &Match, widths: &Widths) -> Line {
    let (name, region) = (safe(&row.found.name), safe(&row.found.region));
    let mut out = marked(ink, &name, 0, &found.marks, Role::Value, widths.name + 2);
    out.extend(marked(ink, &region, name.chars().count() + 2, &found.marks, Role::Text, widths.region + 2));
    out.push(piece(Role::Accent, ink.pad(purpose(ink, row), widths.used)));
    let columns = COLUMNS.iter().take(widths.columns);
    match &row.detail {
        Load::Here(detail) => {
            for ((role, text), (_, wide)) in cells(detail).into_iter().zip(columns) {
                // A space between columns is never given away.
                out.push((role, format!("{} ", ink.pad(&text, wide - 1))));
            }
        }
        Load::Failed(trouble) => {
            let [sign, _] = ink.state(State::Unknown, "");
            out.push(sign);
            out.push(piece(Role::Warn, trouble.to_string()));
        }
        Load::Loading(_) => {
            out.push(ink.spinner());
            out.push(piece(Role::Muted, format!(" asking{}", ink.glyphs().more())));
        }
        Load::Idle => out.push(piece(Role::Muted, ink.glyphs().dot())),
    }
    out
}

/// What a cluster is for, as far as it was chosen.
fn purpose(ink: &Ink<'_>, row: &ClusterRow) -> &'static str {
    let (draft, found) = (&ink.model.draft, &row.found);
    if draft.restores_to(&found.region, &found.name).is_some() {
        "restore"
    } else if draft.text("cluster.name") == found.name && draft.text("cluster.region") == found.region {
        "back up"
    } else {
        ""
    }
}

/// A text with the characters marked that the filter found, in exactly so many columns.
fn marked(ink: &Ink<'_>, text: &str, from: usize, marks: &[u32], role: Role, columns: usize) -> Line {
    let kept = truncate(text, columns.saturating_sub(2), ink.glyphs().more());
    let mut out: Line = Vec::new();
    for (at, c) in kept.chars().enumerate() {
        let hit = u32::try_from(from + at).is_ok_and(|at| marks.contains(&at));
        let role = if hit { Role::Match } else { role };
        match out.last_mut() {
            Some((last, run)) if *last == role => run.push(c),
            _ => out.push((role, c.to_string())),
        }
    }
    out.push(piece(role, " ".repeat(columns.saturating_sub(width(&kept)))));
    out
}

/// What is known of a cluster, in the order of `COLUMNS`; each in words, never by colour alone.
fn cells(detail: &ClusterDetail) -> Vec<(Role, String)> {
    let good = |good: bool| if good { Role::Text } else { Role::Warn };
    let unknown = || (Role::Warn, "unknown".to_owned());
    let api = match &detail.api {
        // `v1.34.4-eks-1a2b3c4` is told by its first part.
        Known::Is(version) => (Role::Text, version.split('-').next().unwrap_or_default().to_owned()),
        Known::Unknown(_) if !detail.public => (Role::Warn, "private".to_owned()),
        Known::Unknown(_) => (Role::Warn, "no answer".to_owned()),
    };
    let provider = match &detail.provider {
        _ if !detail.issuer => (Role::Warn, "no issuer".to_owned()),
        Known::Is(true) => (Role::Text, "registered".to_owned()),
        Known::Is(false) => (Role::Muted, "not yet".to_owned()),
        Known::Unknown(_) => unknown(),
    };
    let agent = match &detail.agent {
        Known::Is(Some(status)) => (good(status == "ACTIVE"), status.to_lowercase()),
        Known::Is(None) if detail.auto_mode => (Role::Text, "built in".to_owned()),
        Known::Is(None) => (Role::Muted, "none".to_owned()),
        Known::Unknown(_) => unknown(),
    };
    let tools = match &detail.tools {
        Known::Is(tools) if tools.is_empty() => (Role::Muted, "none".to_owned()),
        Known::Is(tools) => (Role::Text, tools.iter().map(tool).collect::<Vec<_>>().join(", ")),
        Known::Unknown(_) => (Role::Muted, "unknown".to_owned()),
    };
    let mut status = detail.status.to_lowercase();
    if !detail.issues.is_empty() {
        status.push('!');
    }
    let healthy = detail.status == "ACTIVE" && detail.issues.is_empty();
    vec![(good(healthy), status), (Role::Text, detail.version.clone()), api, tools, provider, agent]
}

fn tool(tool: &InstalledTool) -> String {
    format!("{} {}", tool.tool.title(), tool.version).trim_end().to_owned()
}

/// Why there is nothing in the list, and what to do.
fn empty(ink: &mut Ink<'_>, area: Area) {
    let screen = &ink.model.cluster;
    let area = area.inner(2, 0);
    let hand = "ctrl-t names one by hand";
    if !screen.pick.is_empty() {
        let text = format!("No cluster matches \"{}\"; esc clears the filter, {hand}.", screen.pick.query.value());
        ink.text(area, Role::Text, &text);
    } else if screen.open_regions() > 0 || (screen.regions.is_empty() && screen.ticket.is_some()) {
        let line = [ink.spinner(), piece(Role::Muted, format!(" looking for clusters{}", ink.glyphs().more()))];
        ink.line(area, &line);
    } else {
        let text = format!("No cluster was found in the regions that answered. Another profile may see more; {hand}.");
        ink.text(area, Role::Text, &text);
    }
}

/// How many regions answered, and each that is slow or refused.
fn regions(ink: &mut Ink<'_>, area: Area) {
    let regions = &ink.model.cluster.regions;
    let open = ink.model.cluster.open_regions();
    let refused = regions.iter().filter(|it| matches!(it.state, RegionState::Refused(_))).count();
    let mut line: Line = Vec::new();
    if open > 0 {
        line.push(ink.spinner());
        line.push(piece(Role::Muted, " "));
    }
    if !regions.is_empty() {
        let answered = regions.len() - open - refused;
        line.push(piece(Role::Muted, format!("{answered} of {} regions answered", regions.len())));
    }
    ink.line(nth(area, 0), &line);
    let mut wrong: Vec<Line> = Vec::new();
    for region in regions {
        let name = safe(&region.name);
        match &region.state {
            RegionState::Slow => {
                let [sign, _] = ink.state(State::Waiting, "");
                wrong.push(vec![sign, piece(Role::Text, name), piece(Role::Muted, ": slow, still asking")]);
            }
            RegionState::Refused(why) => {
                let [sign, _] = ink.state(State::Conflict, "");
                wrong.push(vec![sign, piece(Role::Text, name), piece(Role::Muted, format!(": {why}"))]);
            }
            RegionState::Asking | RegionState::Done(_) => {}
        }
    }
    let room = usize::from(area.h).saturating_sub(1);
    let more = wrong.len().saturating_sub(room);
    if more > 0 && room > 0 {
        wrong.truncate(room.saturating_sub(1));
        wrong.push(vec![piece(Role::Muted, format!("and {} more that are slow or refused", more + 1))]);
    }
    ink.lines(area.top(1).1, &wrong);
}

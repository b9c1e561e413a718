//! Lists to choose from: the help, the palette, values for a field; each filtered by typing.
//!
//! ```text
//! ┌─ Help: Storage ────────────────────────────────────────────┐
//! │ why the step asks what it asks                              │
//! │                                                             │
//! │ filter  ba▏                                        3 of 41  │
//! │ ─────                                                       │
//! │ ▌ Review   a         Apply the plan                         │
//! │            ctrl-r    Look again    not now: it belongs to … │
//! └─────────────────────────────────────────────────────────────┘
//! ```

use crate::app::{
    Area, Command, Context, Key, Match, MenuKind, Model, Offered, Overlay, Pick, available, contexts, info,
    overlay_list, resolve, window,
};
use crate::theme::Role;
use crate::view::ink::{Ink, Line, nth, piece, safe};
use crate::view::text::{truncate, width};
use crate::wizard::step;

/// Columns of the group and of the key.
const GROUP: usize = 9;
const KEY: usize = 11;

/// The help or the palette.
pub fn menu(ink: &mut Ink<'_>, area: Area, border: Role, overlay: &Overlay) {
    let Overlay::Menu { kind, commands, pick } = overlay else { return };
    let model = ink.model;
    let step = step(model.step());
    let title = match kind {
        MenuKind::Help => format!("Help: {}", step.title),
        MenuKind::Palette => "All commands".to_owned(),
    };
    super::frame(ink, area, &title, border);
    let list = overlay_list(model, overlay);
    let head = Area { h: list.y.saturating_sub(area.y + 1), ..area.inner(1, 1) };
    if *kind == MenuKind::Help {
        let why = head.bottom(2).1;
        ink.text(Area { h: why.h.saturating_sub(1), ..why }.inner(1, 0), Role::Text, step.why.trim());
    }
    filter(ink, head.bottom(2).0, pick);
    let shown = window(pick.count(), pick.cursor(), usize::from(list.h));
    // Keys and reasons are those of the place the menu was opened in.
    let mut place_below = model.clone();
    place_below.overlays.pop();
    let mut before = "";
    for (row, place) in shown.clone().enumerate() {
        let Some(command) = pick.item(place).and_then(|item| commands.get(item)) else { continue };
        let Some(info) = info(*command) else { continue };
        let group = if info.group == before { "" } else { info.group.as_str() };
        before = info.group.as_str();
        let room = usize::from(list.w).saturating_sub(3);
        let line = command_line(ink, &place_below, *command, group, room);
        ink.row(nth(list, row), &line, place == pick.cursor());
    }
    ink.scrollbar(list, shown.start, shown.len(), pick.count());
    nothing(ink, list, pick);
}

fn command_line(ink: &Ink<'_>, below: &Model, command: Command, group: &str, room: usize) -> Line {
    let Some(info) = info(command) else { return Line::new() };
    // The first key that works there; else the first that belongs there; else the first.
    let here = contexts(below);
    let belongs = |binding: &&(Context, Key)| here.contains(&binding.0);
    let works = |binding: &&(Context, Key)| belongs(binding) && resolve(below, binding.1) == Some(command);
    let key = (info.keys.iter().find(works))
        .or_else(|| info.keys.iter().find(belongs))
        .or(info.keys.first())
        .map_or(String::new(), |(_, key)| key.to_string());
    let narrow = room < 44;
    let mut line: Line = Vec::new();
    if !narrow {
        line.push(piece(Role::Muted, ink.pad(group, GROUP)));
    }
    line.push(piece(Role::Key, ink.pad(&key, if narrow { 9 } else { KEY })));
    match available(below, command) {
        Ok(()) => line.push(piece(Role::Text, &info.title)),
        Err(why) => {
            line.push(piece(Role::Muted, &info.title));
            line.push(piece(Role::Muted, format!("  not now: {why}")));
        }
    }
    line
}

/// Values for a field.
pub fn picker(ink: &mut Ink<'_>, area: Area, border: Role, overlay: &Overlay) {
    let Overlay::Picker { title, items, pick, .. } = overlay else { return };
    let model = ink.model;
    super::frame(ink, area, title.as_str(), border);
    let list = overlay_list(model, overlay);
    let head = Area { h: list.y.saturating_sub(area.y + 1), ..area.inner(1, 1) };
    filter(ink, head.bottom(2).0, pick);
    let shown = window(pick.count(), pick.cursor(), usize::from(list.h));
    for (row, (place, found)) in shown.clone().zip(pick.shown(shown.clone())).enumerate() {
        let Some(item) = items.get(found.item) else { continue };
        let line = marked(ink, item, &found, usize::from(list.w).saturating_sub(3));
        ink.row(nth(list, row), &line, place == pick.cursor());
    }
    ink.scrollbar(list, shown.start, shown.len(), pick.count());
    nothing(ink, list, pick);
}

/// A value and what is known of it, the characters marked that the filter found.
fn marked(ink: &Ink<'_>, item: &Offered, found: &Match, columns: usize) -> Line {
    let value = safe(&item.value);
    let text = format!("{value}  {}", item.about);
    let (own, role) = (value.chars().count(), if item.cannot { Role::Warn } else { Role::Muted });
    let kept = truncate(&text, columns, ink.glyphs().more());
    let mut out: Line = Vec::new();
    for (at, c) in kept.chars().enumerate() {
        let hit = u32::try_from(at).is_ok_and(|at| found.marks.contains(&at));
        let role = match (hit, at < own) {
            (true, _) => Role::Match,
            (false, true) => Role::Text,
            (false, false) => role,
        };
        match out.last_mut() {
            Some((last, run)) if *last == role => run.push(c),
            _ => out.push((role, c.to_string())),
        }
    }
    out
}

fn filter(ink: &mut Ink<'_>, area: Area, pick: &Pick) {
    let (row, rule) = area.top(1);
    ink.rule(rule);
    let row = row.inner(1, 0);
    let count = format!("{} of {}", pick.count(), pick.len());
    let wide = u16::try_from(width(&count)).unwrap_or(u16::MAX);
    ink.right(row, &[piece(Role::Muted, count)]);
    let used = ink.line(row, &[piece(Role::Label, "filter  ")]);
    let (_, room) = row.left(used);
    ink.input(Area { w: room.w.saturating_sub(wide + 1), ..room }, &pick.query);
}

fn nothing(ink: &mut Ink<'_>, list: Area, pick: &Pick) {
    if pick.count() == 0 {
        let text = if pick.is_empty() { "there is nothing to choose from" } else { "nothing matches; esc closes" };
        ink.line(list.left(2).1, &[piece(Role::Muted, text)]);
    }
}

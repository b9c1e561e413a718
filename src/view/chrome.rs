//! What stands around every step: the header, messages, a walkthrough's caption, the keys; and the one sentence
//! of a terminal that is too small.
//!
//! Header: `lifeboat`, `DEMO`, `read-only`, who one is, where one is; at the right edge the step and its place.
//! Messages: a row each, sign and word of the level, what happened, then why and what to do, muted.
//! Caption: the part's number, the sentence, and below it the keys that steer it.

use super::State;
use super::ink::{Ink, Line, columns, nth, piece, rect, safe};
use super::text::truncate;
use crate::app::{Area, CAPTION_EDGE, Layout, Level, Load, Tier, hints};
use crate::domain::discovery::Surroundings;
use crate::theme::Role;
use crate::wizard::{StepId, step};

/// The header.
pub fn header(ink: &mut Ink<'_>, layout: &Layout) {
    let model = ink.model;
    let (place, title) = (model.step().index() + 1, &step(model.step()).title);
    let of = format!("{place}/{}", StepId::ALL.len());
    let right: Line = if layout.tier == Tier::Narrow {
        vec![piece(Role::Accent, format!("{of} {title}"))]
    } else {
        vec![piece(Role::Accent, title), piece(Role::Muted, format!(" {of} "))]
    };
    let mut left: Line = vec![piece(Role::Title, if layout.tier == Tier::Narrow { "lifeboat" } else { " lifeboat" })];
    let dot = format!(" {} ", ink.glyphs().dot());
    let mut add = |role: Role, text: String| {
        left.push((Role::Muted, dot.clone()));
        left.push((role, text));
    };
    if model.setup.demo.is_some() {
        add(Role::Caption, "DEMO".to_owned());
    }
    if model.setup.read_only {
        add(Role::Warn, "read-only".to_owned());
    }
    let wide = usize::from(layout.header.w).saturating_sub(columns(&right) + 2);
    let who = who(ink);
    let place = place_of(ink);
    let room = wide.saturating_sub(columns(&left));
    let place_room = if place.is_empty() { 0 } else { super::text::width(&place) + 3 };
    let who_room = room.saturating_sub(place_room + 3);
    if who_room >= 12 {
        left.push((Role::Muted, dot.clone()));
        left.push((who.0, ink.middle(&who.1, who_room)));
    }
    if !place.is_empty() && place_room <= wide.saturating_sub(columns(&left)) {
        left.push((Role::Muted, dot));
        left.push((Role::Value, place));
    }
    ink.line(layout.header.left(u16::try_from(wide).unwrap_or(u16::MAX)).0, &left);
    ink.right(layout.header, &right);
}

/// The caller in a few words: the account, and who in it.
fn who(ink: &Ink<'_>) -> (Role, String) {
    match &ink.model.surroundings {
        Load::Idle | Load::Loading(_) => (Role::Muted, format!("asking AWS{}", ink.glyphs().more())),
        Load::Failed(_) => (Role::Warn, "no AWS credentials".to_owned()),
        Load::Here(Surroundings { account, arn, .. }) => {
            let who = arn.splitn(6, ':').nth(5).unwrap_or_default();
            (Role::Text, safe(&format!("{account} {who}")))
        }
    }
}

fn place_of(ink: &Ink<'_>) -> String {
    let (name, region) = (ink.model.draft.text("cluster.name"), ink.model.draft.text("cluster.region"));
    if name.is_empty() { String::new() } else { safe(&format!("{name} {region}")) }
}

/// Messages, the newest last.
pub fn toasts(ink: &mut Ink<'_>, area: Area) {
    let toasts = &ink.model.toasts.shown;
    let first = toasts.len().saturating_sub(usize::from(area.h));
    for (at, toast) in toasts.iter().skip(first).enumerate() {
        let (role, sign, word) = level(ink, toast.level);
        let mut line: Line = vec![piece(role, format!(" {sign} {word}  ")), piece(Role::Text, &toast.text)];
        if !toast.more.is_empty() {
            line.push(piece(Role::Muted, format!("  {}", toast.more)));
        }
        let mut row = nth(area, at);
        if toast.level == Level::Error && area.w >= 60 && first + at + 1 == toasts.len() {
            let dismiss = [piece(Role::Key, "  ctrl-d"), piece(Role::KeyText, " dismiss ")];
            ink.right(row, &dismiss);
            row.w = row.w.saturating_sub(u16::try_from(columns(&dismiss)).unwrap_or(u16::MAX));
        }
        ink.line(row, &line);
    }
}

/// The sign and word of a level.
fn level(ink: &Ink<'_>, level: Level) -> (Role, &'static str, &'static str) {
    let glyphs = ink.glyphs();
    let (role, sign) = match level {
        Level::Info => (Role::Info, glyphs.note()),
        Level::Good => (Role::Ok, glyphs.state(State::Ok)),
        Level::Warning => (Role::Warn, glyphs.state(State::Conflict)),
        Level::Error => (Role::Danger, glyphs.state(State::Failed)),
    };
    (role, sign, level.word())
}

/// What a walkthrough says, and its keys.
pub fn caption(ink: &mut Ink<'_>, area: Area) {
    let Some(caption) = &ink.model.caption else { return };
    ink.paint.ground(ink.buffer, rect(area), Role::OnCaption);
    ink.line(area, &[piece(Role::OnCaption, format!(" {}/{}", caption.part, caption.parts))]);
    let (keys, words) = area.bottom(1);
    let words = words.left(CAPTION_EDGE).1;
    ink.text(Area { w: words.w.saturating_sub(1), ..words }, Role::OnCaption, caption.text.as_str());
    let (dot, right) = (ink.glyphs().dot(), ink.glyphs().right());
    let pause = if caption.paused { "go on (paused)" } else { "pause" };
    let text = format!("space {pause} {dot} {right} step {dot} x take over");
    let edge = if area.w < 60 { 1 } else { CAPTION_EDGE };
    ink.line(keys.left(edge).1, &[piece(Role::OnCaption, text)]);
}

/// The keys of the place one is in: key, a space, its word, two spaces.
pub fn footer(ink: &mut Ink<'_>, area: Area) {
    let mut line: Line = Vec::new();
    // One column is the edge's, and the gap after the last one needs no room.
    for hint in hints(ink.model, usize::from(area.w) + 1) {
        line.push(piece(Role::Key, &hint.key));
        line.push(piece(Role::KeyText, format!(" {}  ", hint.word)));
    }
    if let Some((_, last)) = line.last_mut() {
        *last = last.trim_end().to_owned();
    }
    ink.line(area.left(1).1, &line);
}

/// The one sentence of a terminal that is too small.
pub fn small(ink: &mut Ink<'_>) {
    let size = ink.model.size;
    let area = Area::new(0, 0, size.w, size.h);
    let short = truncate("40x12 needed", usize::from(size.w), "").into_owned();
    if size.h < 3 || size.w < 20 {
        ink.line(area, &[piece(Role::Warn, short)]);
        return;
    }
    let text = format!(
        "lifeboat needs a terminal of 40 columns and 12 rows; this one has {} and {}. Keys still work.",
        size.w, size.h
    );
    ink.text(area, Role::Warn, &text);
}

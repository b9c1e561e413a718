//! The steps that ask in a form: Tool, Identity, Storage, Encryption, Options.
//!
//! ```text
//! Storage                                            (when there is room)
//!
//! Bucket  make one, or use one that is there
//!   ◉ New        made by lifeboat, hardened from the start
//! ▌ ○ Existing   checked; each gap is a change you may take or leave
//!
//!   Name            acme-backups▏
//!     ✗ "Acme" is not a bucket name: ...             (its hint, verdict or problem: always a line)
//!   ▸ More (3)
//!   [ Next ▸ ]
//! ```
//!
//! A default stands muted where nothing is typed. An option that is not offered has `-` for a sign and says why; one that
//! facts rule out says why and can be chosen, but not gone on with. Without
//! help beside the form, what the focused line says in full stands under a rule below.

use super::side;
use crate::app::{
    Area, Check, FormLine, Layout, Said, Stop, Tone, audit_lines, audit_said, form_areas, form_window, is_chosen,
    option_barred,
};
use crate::domain::audit::AuditState;
use crate::plan::answers::Problem;
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, columns, nth, piece};
use crate::view::text::width;
use crate::wizard::{Field, FieldKind, default_of, fields, step};

/// Columns of a label before its text.
const LABEL: usize = 17;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, layout: &Layout) {
    let areas = form_areas(ink.model);
    ink.line(areas.head, &[piece(Role::Title, &step(ink.model.step()).title)]);
    let (lines, shown) = form_window(ink.model, usize::from(areas.lines.h));
    // The scroll bar has a column of its own.
    let bar = u16::from(shown.len() < lines.len());
    let fields = Area { w: areas.lines.w.saturating_sub(bar), ..areas.lines };
    for (row, line) in lines.get(shown.clone()).unwrap_or_default().iter().enumerate() {
        draw_line(ink, nth(fields, row), line);
    }
    ink.scrollbar(areas.lines, shown.start, shown.len(), lines.len());
    if layout.side.w > 0 {
        side::draw(ink, layout.side, &lines);
    } else if areas.foot.h > 0 {
        ink.rule(areas.foot);
        side::foot(ink, areas.foot.top(1).1, &lines);
    }
}

fn draw_line(ink: &mut Ink<'_>, area: Area, line: &FormLine) {
    let more = area.left(4).1;
    match line {
        FormLine::Label(field) => {
            let hint = piece(Role::Muted, format!("  {}", field.row()));
            ink.line(area.left(2).1, &[piece(Role::Label, &field.label), hint]);
        }
        FormLine::Stop(place, stop) => draw_stop(ink, area, *stop, *place == ink.model.form.at),
        FormLine::Hint(field) => {
            ink.line(more, &[piece(Role::Muted, field.row())]);
        }
        FormLine::Problem(_, problem) => {
            let [sign, _] = ink.state(State::Failed, "");
            ink.line(more, &[sign, piece(Role::Danger, sentence(problem))]);
        }
        FormLine::Verdict(_, check) => {
            let line = verdict(ink, check);
            ink.line(more, &line);
        }
        FormLine::Remark(_, tone, text, first) => {
            let (role, sign) = match tone {
                Tone::Fact => (Role::Muted, ink.glyphs().note()),
                Tone::Advice => (Role::Accent, ink.glyphs().note()),
                Tone::Care => (Role::Warn, ink.glyphs().state(State::Conflict)),
            };
            let sign = if *first { sign } else { " " };
            ink.line(more, &[piece(role, format!("{sign} {text}"))]);
        }
        FormLine::Audit(at) => {
            let line = audit(ink, *at, usize::from(area.w).saturating_sub(3));
            ink.row(area, &line, false);
        }
        FormLine::Heading(text) => {
            ink.line(area.left(2).1, &[piece(Role::Title, text)]);
        }
        FormLine::Blank => {}
    }
}

/// What is wrong, why, what to do, in one line.
pub fn sentence(problem: &Problem) -> String {
    Problem { field: String::new(), line: None, ..problem.clone() }.to_string()
}

/// What the account says of a value.
pub fn verdict(ink: &Ink<'_>, check: &Check) -> Line {
    let (state, text) = match check {
        Check::Checking => {
            return vec![ink.spinner(), piece(Role::Muted, format!(" checking{}", ink.glyphs().more()))];
        }
        Check::Good(text) => (State::Ok, text),
        Check::Note(text) => (State::Conflict, text),
        Check::Bad(text) => (State::Failed, text),
    };
    let [sign, words] = ink.state(state, text.as_str());
    vec![sign, words]
}

fn draw_stop(ink: &mut Ink<'_>, area: Area, stop: Stop, focus: bool) {
    match stop {
        Stop::Text(field) => text(ink, area, field, focus),
        Stop::Option(field, at) => {
            let line = option(ink, field, at);
            ink.row(area, &line, focus);
        }
        Stop::Flag(field) => {
            let on = ink.model.draft.value(&field.path) == "true";
            let sign = if on { ink.glyphs().ticked() } else { ink.glyphs().unticked() };
            let word = if on { "yes" } else { "no" };
            let line = [piece(Role::Value, format!("{sign} {}", field.label)), piece(Role::Muted, format!("  {word}"))];
            ink.row(area, &line, focus);
        }
        Stop::Audit(at) => {
            let line = audit(ink, at, usize::from(area.w).saturating_sub(3));
            ink.row(area, &line, focus);
        }
        Stop::Offer(field) => {
            let text = format!("{} choose from what the account has", ink.glyphs().here());
            ink.row(area, &[piece(Role::Text, ink.pad("", LABEL)), piece(Role::Link, text)], focus);
            let _ = field;
        }
        Stop::More => {
            let open = ink.model.form.more;
            let sign = if open { ink.glyphs().unfolded() } else { ink.glyphs().here() };
            let fields = fields(&ink.model.draft, ink.model.step());
            let count = fields.iter().filter(|field| field.more).count();
            ink.row(area, &[piece(Role::Text, format!("{sign} More ({count})"))], focus);
        }
        Stop::Next => {
            let text = format!("[ Next {} ]", ink.glyphs().here());
            ink.row(area, &[piece(Role::Accent, text)], focus);
        }
    }
}

/// A line of the audit: how it is, what was found, and what the user says to its change.
fn audit(ink: &Ink<'_>, at: usize, room: usize) -> Line {
    let Some(line) = audit_lines(ink.model).get(at) else { return Line::new() };
    let state = match line.state {
        AuditState::Good => State::Ok,
        AuditState::Gap => State::Conflict,
        AuditState::Unknown => State::Unknown,
        AuditState::Stop => State::Failed,
    };
    let [sign, _] = ink.state(state, "");
    let said =
        line.change.filter(|_| line.state != AuditState::Good).map(|change| audit_said(&ink.model.draft, change));
    let (role, said) = match said {
        None => (Role::Muted, ""),
        Some(Said::Nothing) => (Role::Warn, "  open"),
        Some(Said::Taken) => (Role::Ok, "  taken"),
        Some(Said::Left) => (Role::Muted, "  left"),
    };
    let mut out: Line = vec![sign, piece(Role::Label, ink.pad(&line.title, LABEL))];
    let left = room.saturating_sub(columns(&out) + said.len());
    out.push(piece(Role::Text, ink.pad(line.found.as_str(), left)));
    out.push(piece(role, said));
    out
}

/// An option with its sign; one that cannot be chosen says why.
fn option(ink: &Ink<'_>, field: &'static Field, at: usize) -> Line {
    let glyphs = ink.glyphs();
    let Some(option) = field.options.get(at) else { return Line::new() };
    let sign = match (field.kind, is_chosen(ink.model, field, at)) {
        (FieldKind::Many, true) => glyphs.ticked(),
        (FieldKind::Many, false) => glyphs.unticked(),
        (_, true) => glyphs.chosen(),
        (_, false) => glyphs.open(),
    };
    let wide = field.options.iter().map(|option| width(&option.title)).max().unwrap_or(0);
    let title = ink.pad(&option.title, wide);
    if let Some(why) = option_barred(ink.model, field, &option.value) {
        return vec![piece(Role::Muted, format!("{sign} {title}")), piece(Role::Warn, format!("  cannot: {why}"))];
    }
    if option.cannot.is_empty() {
        vec![piece(Role::Value, format!("{sign} {title}")), piece(Role::Muted, format!("  {}", option.row()))]
    } else {
        let sign = ink.pad(glyphs.state(State::Skipped), width(glyphs.open()));
        let why = format!("  not yet: {}", option.cannot);
        vec![piece(Role::Muted, format!("{sign} {title}")), piece(Role::Muted, why)]
    }
}

/// A text: the one with the focus is typed into, the others show what holds.
fn text(ink: &mut Ink<'_>, area: Area, field: &'static Field, focus: bool) {
    let wide = LABEL.max(width(&field.label) + 2);
    let label = piece(Role::Label, ink.pad(&field.label, wide));
    let typed = ink.model.draft.text(&field.path).to_owned();
    let value = default_of(field, &ink.model.draft);
    if !focus {
        let value = match (typed.is_empty(), value.is_empty()) {
            (false, _) => piece(Role::Value, &typed),
            (true, false) => piece(Role::Muted, format!("{value}  (default)")),
            (true, true) => piece(Role::Muted, ink.glyphs().rule().repeat(3)),
        };
        ink.row(area, &[label, value], false);
        return;
    }
    // The bar and the label are selected, the text keeps its own look, so that its cursor is seen.
    let before = u16::try_from(wide + 2).unwrap_or(u16::MAX);
    let (left, room) = area.left(before);
    ink.row(left, &[label], true);
    let input = ink.model.form.input.clone();
    ink.input(room, &input);
    if input.value().is_empty() {
        let text = if value.is_empty() && !field.example.is_empty() {
            format!("such as {}", field.example)
        } else if value.is_empty() {
            String::new()
        } else {
            format!("{value}  (default)")
        };
        ink.line(room.left(1).1, &[piece(Role::Muted, text)]);
    }
}

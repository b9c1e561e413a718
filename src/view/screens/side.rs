//! The help beside a form: why the step asks, then the field with the focus in full: its label, hint, example,
//! and its problem or verdict without a cut. Where there is no room beside, the latter stands below the form.

use super::form::sentence;
use crate::app::{Area, Check, FormLine, Stop, audit_lines, option_barred};
use crate::plan::answers::Problem;
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, piece};
use crate::view::text::wrap;
use crate::wizard::{Choice, Field, step};

/// Beside the form.
pub fn draw(ink: &mut Ink<'_>, area: Area, lines: &[FormLine]) {
    ink.fence(Area { x: area.x.saturating_sub(1), w: 1, ..area });
    let area = area.left(1).1;
    let mut rest = ink_title(ink, area, "Why this is asked");
    // The field comes first where the help is short of rows: the why has at most half of them.
    let (why, _) = rest.top(area.h / 2);
    let below = ink.text(why, Role::Muted, step(ink.model.step()).why.trim());
    rest = rest.top(why.h.saturating_sub(below.h).saturating_add(1)).1;
    let Some(stop) = focused(ink, lines) else { return };
    let (title, hint, example) = words(ink, stop);
    if title.is_empty() {
        return;
    }
    rest = ink_title(ink, rest, title);
    rest = ink.text(rest, Role::Text, &hint);
    if !example.is_empty() {
        rest = ink.text(rest, Role::Muted, &format!("such as {example}"));
    }
    rest = rest.top(1).1;
    said(ink, rest, lines, stop);
}

/// Below the form: the problem or verdict of the field with the focus, or what it means.
pub fn foot(ink: &mut Ink<'_>, area: Area, lines: &[FormLine]) {
    let Some(stop) = focused(ink, lines) else { return };
    if said(ink, area, lines, stop) {
        return;
    }
    let (title, hint, example) = words(ink, stop);
    let mut text = if title.is_empty() { next_words(ink, stop) } else { format!("{title}: {hint}") };
    if !example.is_empty() {
        text = format!("{text}; such as {example}");
    }
    ink.text(area, Role::Muted, &text);
}

fn ink_title(ink: &mut Ink<'_>, area: Area, title: &str) -> Area {
    ink.line(area, &[piece(Role::Title, title)]);
    area.top(1).1
}

fn focused(ink: &Ink<'_>, lines: &[FormLine]) -> Option<Stop> {
    lines.iter().find_map(|line| match line {
        FormLine::Stop(place, stop) if *place == ink.model.form.at => Some(*stop),
        _ => None,
    })
}

fn field_of(stop: Stop) -> Option<&'static Field> {
    match stop {
        Stop::Text(field) | Stop::Offer(field) | Stop::Option(field, _) | Stop::Flag(field) => Some(field),
        Stop::Audit(_) | Stop::More | Stop::Next => None,
    }
}

fn next_words(ink: &Ink<'_>, stop: Stop) -> String {
    match (stop, ink.model.step().next()) {
        (Stop::More, _) => "More: what is seldom changed; enter opens or closes it".to_owned(),
        (_, Some(next)) => format!("On to {}", step(next).title),
        (_, None) => "On to the next step".to_owned(),
    }
}

/// Title, hint and example of what has the focus.
fn words<'a>(ink: &Ink<'a>, stop: Stop) -> (&'a str, String, &'a str) {
    match stop {
        Stop::Option(field, at) => match field.options.get(at) {
            Some(Choice { title, about, value, cannot, .. }) if cannot.is_empty() => {
                match option_barred(ink.model, field, value) {
                    Some(why) => (title, format!("{about}. It cannot be used here: {why}"), ""),
                    None => (title, about.clone(), ""),
                }
            }
            Some(Choice { title, about, cannot, .. }) => (title, format!("{about}. Not offered: {cannot}"), ""),
            None => ("", String::new(), ""),
        },
        Stop::Offer(field) => (&field.label, "enter opens the list of what the account has".to_owned(), ""),
        Stop::Text(field) | Stop::Flag(field) => (&field.label, field.hint.clone(), &field.example),
        Stop::Audit(at) => match audit_lines(ink.model).get(at) {
            Some(line) => {
                let change = line.change.unwrap_or_default();
                let keys = "space takes the change, x leaves the bucket as it is";
                (&line.title, format!("{}. The change {change}: {keys}; undecided, Review asks", line.found), "")
            }
            None => ("", String::new(), ""),
        },
        Stop::More | Stop::Next => ("", String::new(), ""),
    }
}

/// The problem or verdict of the field, in full; whether there is one.
fn said(ink: &mut Ink<'_>, area: Area, lines: &[FormLine], stop: Stop) -> bool {
    let Some(field) = field_of(stop) else { return false };
    for line in lines {
        match line {
            FormLine::Problem(of, problem) if *of == field => {
                problem_text(ink, area, problem);
                return true;
            }
            FormLine::Verdict(of, check) if *of == field => {
                let (state, text) = match check {
                    Check::Checking => return false,
                    Check::Good(text) => (State::Ok, text),
                    Check::Note(text) => (State::Conflict, text),
                    Check::Bad(text) => (State::Failed, text),
                };
                let sign = ink.glyphs().state(state);
                ink.text(area, state.role(), &format!("{sign} {text}"));
                return true;
            }
            _ => {}
        }
    }
    false
}

fn problem_text(ink: &mut Ink<'_>, area: Area, problem: &Problem) {
    let sign = ink.glyphs().state(State::Failed);
    if area.h < 6 {
        // What to do is worth more than why where there is no room for both.
        let whole = format!("{sign} {}", sentence(problem));
        let fits = wrap(&whole, usize::from(area.w)).len() <= usize::from(area.h);
        let short = format!("{sign} {}. {}", problem.what, problem.todo);
        ink.text(area, Role::Danger, if fits || problem.todo.is_empty() { &whole } else { &short });
        return;
    }
    let mut rest = ink.text(area, Role::Danger, &format!("{sign} {}", problem.what));
    if !problem.why.is_empty() {
        rest = ink.text(rest, Role::Text, &format!("Why: {}", problem.why));
    }
    if !problem.todo.is_empty() {
        ink.text(rest, Role::Text, &format!("What to do: {}", problem.todo));
    }
}

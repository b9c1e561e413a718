//! A form: the fields of a step as stops that the cursor visits, and as lines that are drawn.

use super::check;
use super::effect::Effect;
use super::model::{Check, Load, Model};
use super::remark::Tone;
use super::toast::Level;
use crate::domain::Shown;
use crate::plan::answers::Problem;
use crate::wizard::{self, Field, FieldKind, Offers, StepId};
use std::collections::BTreeSet;
use tui_input::Input;
use unicode_width::UnicodeWidthStr as _;

/// The form of the step that is shown.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The stop that has the focus.
    pub at: usize,
    /// The text of the field that has the focus, with its cursor.
    pub input: Input,
    /// Whether the fields under "More" are open.
    pub more: bool,
    /// Whether the focus was moved since the step was entered: from then on nothing changes by itself.
    pub moved: bool,
    /// Fields that were left once: from then on their problems are shown.
    pub touched: BTreeSet<String>,
    /// Set by Next: all problems are shown.
    pub all: bool,
}

/// Where the cursor can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A text.
    Text(&'static Field),
    /// The list that is offered for a text.
    Offer(&'static Field),
    /// A line of the audit that a change would close, by its place.
    Audit(usize),
    /// One option of a choice or of many.
    Option(&'static Field, usize),
    /// A yes or no.
    Flag(&'static Field),
    /// The heading of the fields that are closed at first.
    More,
    /// On to the next step.
    Next,
}

/// One line of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormLine {
    /// A choice's label and hint.
    Label(&'static Field),
    /// A line that the cursor stops at, by the stop's place.
    Stop(usize, Stop),
    /// The hint of a text or flag.
    Hint(&'static Field),
    /// A problem at a field.
    Problem(&'static Field, Box<Problem>),
    /// A verdict of the account.
    Verdict(&'static Field, Check),
    /// A row of what is known that helps with a field; whether it is the first of its sentence.
    Remark(&'static Field, Tone, String, bool),
    /// A line of the audit that nothing is to be said to.
    Audit(usize),
    /// What the fields below are about.
    Heading(String),
    /// Nothing.
    Blank,
}

/// The fields that are asked now: those in sight, and those under "More".
fn fields(model: &Model, id: StepId) -> (Vec<&'static Field>, Vec<&'static Field>) {
    wizard::fields(&model.draft, id).into_iter().partition(|field| !field.more)
}

/// The stops of a step's form, in their order.
pub fn stops(model: &Model, id: StepId) -> Vec<Stop> {
    let (first, more) = fields(model, id);
    let mut out = Vec::new();
    for field in first {
        field_stops(model, field, &mut out);
    }
    if !more.is_empty() {
        out.push(Stop::More);
        if model.form.more {
            for field in more {
                field_stops(model, field, &mut out);
            }
        }
    }
    out.push(Stop::Next);
    out
}

fn field_stops(model: &Model, field: &'static Field, out: &mut Vec<Stop>) {
    match field.kind {
        FieldKind::Text | FieldKind::List | FieldKind::Number | FieldKind::Pairs => {
            out.push(Stop::Text(field));
            if offered(model, field).is_some_and(|count| count > 0) {
                out.push(Stop::Offer(field));
            }
            if field.path == "bucket.name" {
                out.extend(super::audit::stops(model));
            }
        }
        FieldKind::Choice | FieldKind::Many => {
            out.extend((0..field.options.len()).map(|option| Stop::Option(field, option)));
        }
        FieldKind::Flag => out.push(Stop::Flag(field)),
    }
}

/// How many values can be offered for a field; `None` when nothing is offered now.
pub fn offered(model: &Model, field: &Field) -> Option<usize> {
    match field.offers? {
        Offers::Buckets if model.draft.value("bucket.create") == "true" => None,
        Offers::Buckets => Some(count(&model.buckets)),
        Offers::Keys => Some(count(&model.keys.1) + 1),
        Offers::Groups => Some(model.lore.space.load.here().map_or(0, |space| space.groups().len())),
        Offers::Planes => Some(model.lore.space.load.here().map_or(0, |space| space.planes.len())),
    }
}

fn count<T>(load: &Load<Vec<T>>) -> usize {
    load.here().map_or(0, Vec::len)
}

/// The field that a stop belongs to.
pub fn field_of(stop: Stop) -> Option<&'static Field> {
    match stop {
        Stop::Text(field) | Stop::Offer(field) | Stop::Option(field, _) | Stop::Flag(field) => Some(field),
        Stop::Audit(_) => Some(super::audit::field()),
        Stop::More | Stop::Next => None,
    }
}

/// The lines of a step's form.
pub fn lines(model: &Model, id: StepId) -> Vec<FormLine> {
    let problems = model.draft.problems_of(id);
    let stops = stops(model, id);
    let mut out = Vec::new();
    let mut last: Option<&'static Field> = None;
    for (place, stop) in stops.iter().enumerate() {
        // They stand under the bucket's name as one.
        if matches!(stop, Stop::Audit(_)) {
            continue;
        }
        let field = field_of(*stop);
        if let (Some(there), true) = (last, field != last) {
            after(model, there, &problems, &mut out);
            if there.path == "bucket.name" {
                super::audit::form_lines(model, &stops, &mut out);
            }
        }
        if let (Some(here), true) = (field, field != last) {
            heading(model, last, here, &mut out);
        }
        match (*stop, field) {
            (Stop::Option(field, 0), _) => {
                out.push(FormLine::Label(field));
                remarked(model, field, &mut out);
            }
            (Stop::More | Stop::Next, _) if out.last() != Some(&FormLine::Blank) => out.push(FormLine::Blank),
            _ => {}
        }
        out.push(FormLine::Stop(place, *stop));
        last = field;
    }
    out
}

/// Says which cluster the fields of one to restore to are about.
fn heading(model: &Model, last: Option<&Field>, field: &Field, out: &mut Vec<FormLine>) {
    let of = |field: &Field| wizard::restore::place(&field.path).map(|(at, _)| at);
    if let Some(at) = of(field)
        && last.and_then(of) != Some(at)
    {
        let (name, region) = model.draft.restore_name(at);
        out.push(FormLine::Heading(format!("Restore cluster {}, {}", Shown::new(name), Shown::new(region))));
    }
}

/// What is known that helps with a field, broken at words.
fn remarked(model: &Model, field: &'static Field, out: &mut Vec<FormLine>) {
    let columns = usize::from(super::layout::form_areas(model).lines.w).saturating_sub(7);
    for remark in super::remark::remarks(&model.known(), field) {
        for (at, row) in broken(remark.text.as_str(), columns).into_iter().enumerate() {
            out.push(FormLine::Remark(field, remark.tone, row, at == 0));
        }
    }
}

/// A sentence in rows; a word that is longer than a row stands alone in one.
fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match rows.last_mut() {
            Some(row) if row.width() + 1 + word.width() <= columns => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows
}

/// What stands under a field: its problem or verdict, else its hint. The line is always there, so that nothing
/// jumps while one types.
fn after(model: &Model, field: &'static Field, problems: &[Problem], out: &mut Vec<FormLine>) {
    let shown = model.form.all || model.form.touched.contains(&field.path);
    let ruled_out = super::advised::problem(&model.draft, &model.lore, field);
    let problem = problems.iter().find(|problem| field.owns(&problem.field)).filter(|_| shown).or(ruled_out.as_ref());
    let verdict = model.checks.get(&field.path).filter(|(value, _)| *value == model.draft.value(&field.path));
    match (problem, verdict) {
        (Some(problem), _) => out.push(FormLine::Problem(field, Box::new(problem.clone()))),
        (None, Some((_, check))) => out.push(FormLine::Verdict(field, check.clone())),
        (None, None) if field.is_typed() || field.kind == FieldKind::Flag => out.push(FormLine::Hint(field)),
        (None, None) => {}
    }
    if field.options.is_empty() {
        remarked(model, field, out);
    }
    out.push(FormLine::Blank);
}

impl Form {
    /// The form as it is when a step is entered: the cursor on the first stop, or on what is chosen there.
    pub fn enter(model: &Model, id: StepId) -> Self {
        let mut form = Self::default();
        let stops = stops(model, id);
        form.at = chosen_of(model, &stops, 0);
        if let Some(Stop::Text(field)) = stops.first() {
            form.input = Input::new(model.draft.text(&field.path).to_owned());
        }
        form
    }

    /// The stop that has the focus.
    pub fn stop(model: &Model) -> Option<Stop> {
        stops(model, model.step()).get(model.form.at).copied()
    }
}

/// The focused field's text was changed: the draft follows, and verdicts about it are old.
pub fn typed(model: &mut Model) {
    if let Some(Stop::Text(field)) = Form::stop(model) {
        let text = model.form.input.value().to_owned();
        model.draft.set(&field.path, &text);
        model.checks.remove(&field.path);
    }
}

/// Puts the focus on a stop; the field that is left is looked at.
pub fn focus(model: &mut Model, place: usize, out: &mut Vec<Effect>) {
    model.form.moved = true;
    let stops = stops(model, model.step());
    let place = place.min(stops.len().saturating_sub(1));
    let (from, to) = (Form::stop(model).and_then(field_of), stops.get(place).copied());
    if from.map(|field| &field.path) != to.and_then(field_of).map(|field| &field.path) {
        leave_field(model, out);
    }
    model.form.at = place;
    if let Some(Stop::Text(field)) = to {
        model.form.input = Input::new(model.draft.text(&field.path).to_owned());
    }
}

/// The focused field is left: from now on its problems are shown, and the account is asked about it.
pub fn leave_field(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(field) = Form::stop(model).and_then(field_of) else { return };
    model.form.touched.insert(field.path.clone());
    if let Some(said) = check::understood(&mut model.draft, field) {
        model.form.input = Input::new(model.draft.text(&field.path).to_owned());
        model.say(Level::Info, said);
    }
    check::ask(model, field, out);
}

/// Moves the focus by so many stops.
pub fn step_focus(model: &mut Model, by: isize, out: &mut Vec<Effect>) {
    let at = model.form.at.saturating_add_signed(by);
    focus(model, at, out);
}

/// Moves the focus to the next field, or the one before: over the options of one field.
pub fn step_field(model: &mut Model, forward: bool, out: &mut Vec<Effect>) {
    let stops = stops(model, model.step());
    let here = stops.get(model.form.at).copied().and_then(field_of);
    let other = |place: &usize| {
        let there = stops.get(*place).copied().and_then(field_of);
        there.is_none() || there != here
    };
    let target = if forward {
        (model.form.at + 1..stops.len()).find(other)
    } else {
        let last = (0..model.form.at).rev().find(other);
        // The first stop of that field.
        last.map(|last| {
            let field = stops.get(last).copied().and_then(field_of);
            (0..=last)
                .find(|place| field.is_some() && stops.get(*place).copied().and_then(field_of) == field)
                .unwrap_or(last)
        })
    };
    let Some(target) = target else { return };
    let target = chosen_of(model, &stops, target);
    focus(model, target, out);
}

/// Of a choice, the stop of what is chosen; else the stop itself.
fn chosen_of(model: &Model, stops: &[Stop], place: usize) -> usize {
    let Some(Stop::Option(field, _)) = stops.get(place) else { return place };
    if field.kind != FieldKind::Choice {
        return place;
    }
    let chosen =
        |stop: &Stop| matches!(stop, Stop::Option(there, at) if there == field && super::is_chosen(model, there, *at));
    stops.iter().position(chosen).unwrap_or(place)
}

/// Enter: takes the option of a choice, opens "More" or what is offered, and goes on to the next field or step.
pub fn forward(model: &mut Model, out: &mut Vec<Effect>) {
    match Form::stop(model) {
        Some(Stop::More) => {
            model.form.more = !model.form.more;
            model.form.moved = true;
        }
        Some(Stop::Offer(field)) => super::offer::open(model, field),
        Some(Stop::Next) | None => super::walk::next(model, out),
        Some(Stop::Option(field, at)) => {
            if field.kind == FieldKind::Choice && !choose(model, field, at) {
                return;
            }
            on(model, out);
        }
        Some(Stop::Text(_) | Stop::Flag(_) | Stop::Audit(_)) => on(model, out),
    }
}

/// From a field to the next one; past "More" while it is closed.
fn on(model: &mut Model, out: &mut Vec<Effect>) {
    step_field(model, true, out);
    let stops = stops(model, model.step());
    let skip = |stop: Option<&Stop>| matches!(stop, Some(Stop::More)) && !model.form.more;
    if skip(stops.get(model.form.at)) {
        step_focus(model, 1, out);
    }
}

/// Chooses an option, or says why it cannot be.
fn choose(model: &mut Model, field: &'static Field, at: usize) -> bool {
    let Some(option) = field.options.get(at) else { return false };
    if !option.cannot.is_empty() {
        model.say(Level::Warning, format!("{}: {}.", option.title, option.cannot));
        return false;
    }
    model.draft.set(&field.path, &option.value);
    // What the account said was said of another choice.
    model.checks.clear();
    true
}

/// Space: chooses the option of a choice, puts one of many in or out, turns a flag.
pub fn pick(model: &mut Model, out: &mut Vec<Effect>) {
    match Form::stop(model) {
        Some(Stop::Option(field, at)) if field.kind == FieldKind::Choice => {
            choose(model, field, at);
        }
        Some(Stop::Option(field, at)) => {
            if let Some(option) = field.options.get(at) {
                model.draft.toggle(&field.path, &option.value);
            }
        }
        Some(Stop::Audit(at)) => super::audit::consent(model, at, "consent.adopt"),
        Some(Stop::Flag(field)) => {
            let turned = if model.draft.value(&field.path) == "true" { "false" } else { "true" };
            model.draft.set(&field.path, turned);
        }
        _ => {}
    }
    // One role for all clusters is another question to the facts.
    if model.step() == StepId::Identity {
        super::lore::look_up(model, StepId::Identity, out);
    }
    // What is shown may have changed under the cursor.
    let last = stops(model, model.step()).len().saturating_sub(1);
    model.form.at = model.form.at.min(last);
}

/// Whether nothing is wrong in the step; else everything that is wrong is shown and the focus goes to the first.
pub fn all_right(model: &mut Model) -> bool {
    model.form.all = true;
    let id = model.step();
    let bad = |model: &Model, field: &Field| {
        if super::advised::problem(&model.draft, &model.lore, field).is_some() {
            return true;
        }
        let verdict = model.checks.get(&field.path);
        verdict.is_some_and(|(value, check)| *value == model.draft.value(&field.path) && matches!(check, Check::Bad(_)))
    };
    let problems = model.draft.problems_of(id);
    let wrong = wizard::fields(&model.draft, id)
        .into_iter()
        .find(|field| problems.iter().any(|it| field.owns(&it.field)) || bad(model, field));
    let Some(wrong) = wrong else { return problems.is_empty() };
    show(model, wrong);
    false
}

/// Puts the focus on a field, opening "More" where it stands there.
pub fn show(model: &mut Model, field: &'static Field) {
    model.form.more |= field.more;
    model.form.moved = true;
    let stops = stops(model, model.step());
    if let Some(place) = stops.iter().position(|stop| field_of(*stop) == Some(field)) {
        model.form.at = place;
        model.form.input = Input::new(model.draft.text(&field.path).to_owned());
    }
}

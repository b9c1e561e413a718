//! A form: the fields of a step as stops that the cursor visits, and as lines that are drawn.

use super::model::{Check, Load, Model};
use crate::plan::answers::Problem;
use crate::wizard::{Field, FieldKind, Offers, StepId, step};
use std::collections::BTreeSet;
use tui_input::Input;

/// The form of the step that is shown.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The stop that has the focus.
    pub at: usize,
    /// The text of the field that has the focus, with its cursor.
    pub input: Input,
    /// Whether the fields under "More" are open.
    pub more: bool,
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
    /// Nothing.
    Blank,
}

/// The fields that are asked now: those in sight, and those under "More".
fn fields(model: &Model, id: StepId) -> (Vec<&'static Field>, Vec<&'static Field>) {
    step(id).fields.iter().filter(|field| field.shown(&model.draft)).partition(|field| !field.more)
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
        FieldKind::Text | FieldKind::Number | FieldKind::Pairs => {
            out.push(Stop::Text(field));
            if offered(model, field).is_some_and(|count| count > 0) {
                out.push(Stop::Offer(field));
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
    }
}

fn count<T>(load: &Load<Vec<T>>) -> usize {
    load.here().map_or(0, Vec::len)
}

/// The field that a stop belongs to.
pub fn field_of(stop: Stop) -> Option<&'static Field> {
    match stop {
        Stop::Text(field) | Stop::Offer(field) | Stop::Option(field, _) | Stop::Flag(field) => Some(field),
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
        let field = field_of(*stop);
        if let (Some(there), true) = (last, field != last) {
            after(model, there, &problems, &mut out);
        }
        match (*stop, field) {
            (Stop::Option(field, 0), _) => out.push(FormLine::Label(field)),
            (Stop::More, _) => out.push(FormLine::Blank),
            (Stop::Next, _) if out.last() != Some(&FormLine::Blank) => out.push(FormLine::Blank),
            _ => {}
        }
        out.push(FormLine::Stop(place, *stop));
        last = field;
    }
    out
}

/// What stands under a field: its problem or verdict, else its hint. The line is always there, so that nothing
/// jumps while one types.
fn after(model: &Model, field: &'static Field, problems: &[Problem], out: &mut Vec<FormLine>) {
    let holds =
        |problem: &&Problem| problem.field == field.path || problem.field.starts_with(&format!("{}.", field.path));
    let shown = model.form.all || model.form.touched.contains(&field.path);
    let problem = problems.iter().find(holds).filter(|_| shown);
    let verdict = model.checks.get(&field.path).filter(|(value, _)| *value == model.draft.value(&field.path));
    match (problem, verdict) {
        (Some(problem), _) => out.push(FormLine::Problem(field, Box::new(problem.clone()))),
        (None, Some((_, check))) => out.push(FormLine::Verdict(field, check.clone())),
        (None, None) if field.is_typed() || field.kind == FieldKind::Flag => out.push(FormLine::Hint(field)),
        (None, None) => {}
    }
    out.push(FormLine::Blank);
}

impl Form {
    /// The form as it is when a step is entered: the cursor on the first stop, or on what is chosen there.
    pub fn enter(model: &Model, id: StepId) -> Self {
        let mut form = Self { more: false, ..Self::default() };
        let stops = stops(model, id);
        let chosen = |stop: &Stop| match stop {
            Stop::Option(field, option) if field.kind == FieldKind::Choice => {
                field.options.get(*option).is_some_and(|it| it.value == model.draft.value(&field.path))
            }
            _ => false,
        };
        let first = stops.first().copied();
        if matches!(first, Some(Stop::Option(..))) {
            form.at = stops.iter().position(chosen).unwrap_or(0);
        }
        if let Some(Stop::Text(field)) = first {
            form.input = Input::new(model.draft.text(&field.path).to_owned());
        }
        form
    }

    /// The stop that has the focus.
    pub fn stop(model: &Model) -> Option<Stop> {
        stops(model, model.step()).get(model.form.at).copied()
    }
}

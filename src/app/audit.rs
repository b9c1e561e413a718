//! The audit of an existing bucket on the Storage step: each gap is a change that the user takes or leaves there.

use super::effect::{Effect, Task};
use super::form::{FormLine, Stop};
use super::model::{Check, Model, Owner};
use crate::domain::audit::{AuditLine, AuditState};
use crate::wizard::{Draft, Field, FieldKind, StepId};
use std::sync::LazyLock;

/// What stands over the lines; a field that no answer belongs to.
static AUDIT: LazyLock<Field> = LazyLock::new(|| Field {
    path: "bucket.audit".to_owned(),
    kind: FieldKind::Choice,
    label: "Audit".to_owned(),
    hint: "space or o takes a change, x leaves the bucket as it is".to_owned(),
    brief: "space takes a change, x leaves it".to_owned(),
    example: String::new(),
    default: String::new(),
    offers: None,
    advice: None,
    when: None,
    more: false,
    options: Vec::new(),
});

/// What stands over the lines.
pub fn field() -> &'static Field {
    &AUDIT
}

/// What an audit is of: the bucket, its region and the prefix.
pub fn of(draft: &Draft) -> String {
    format!("{}/{}", draft.text("bucket.name"), draft.value("bucket.prefix"))
}

/// Whether the bucket is there, ours, and to be used as it is.
fn usable(model: &Model) -> bool {
    let draft = &model.draft;
    let good = model
        .checks
        .get("bucket.name")
        .is_some_and(|(name, check)| *name == draft.value("bucket.name") && matches!(check, Check::Good(_)));
    good && draft.value("bucket.create") == "false"
}

/// Asks for the audit of an existing bucket, unless it is known.
pub fn begin(model: &mut Model, out: &mut Vec<Effect>) {
    let answers = model.draft.answers();
    let (name, now) = (of(&model.draft), model.now);
    if model.step() != StepId::Storage || !usable(model) {
        return;
    }
    if let Ok(answers) = answers
        && model.lore.audit.begin(&name, now)
    {
        let ticket = model.ticket(Owner::Screen(StepId::Storage));
        out.push(Effect::Start(ticket, Box::new(Task::Audit(name, Box::new(answers)))));
    }
}

/// The lines of the bucket that stands in the draft.
pub fn lines(model: &Model) -> &[AuditLine] {
    let audit = &model.lore.audit;
    if usable(model) && audit.name == of(&model.draft) {
        audit.load.here().map(Vec::as_slice).unwrap_or_default()
    } else {
        &[]
    }
}

/// The change that would close a line's gap, which the user takes or leaves; `None` where there is nothing to say.
pub fn is_open(line: &AuditLine) -> Option<&'static str> {
    line.change.filter(|_| line.state != AuditState::Good)
}

/// The stops: what a change would close.
pub fn stops(model: &Model) -> Vec<Stop> {
    lines(model).iter().enumerate().filter(|(_, line)| is_open(line).is_some()).map(|(at, _)| Stop::Audit(at)).collect()
}

/// The lines of the form, those that are stops among them.
pub fn form_lines(model: &Model, stops: &[Stop], out: &mut Vec<FormLine>) {
    let lines = lines(model);
    if lines.is_empty() {
        return;
    }
    out.push(FormLine::Label(field()));
    for at in 0..lines.len() {
        match stops.iter().position(|stop| *stop == Stop::Audit(at)) {
            Some(place) => out.push(FormLine::Stop(place, Stop::Audit(at))),
            None => out.push(FormLine::Audit(at)),
        }
    }
    out.push(FormLine::Blank);
}

/// What the user says to the change of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet: Review asks.
    Nothing,
    /// It is made.
    Taken,
    /// The bucket stays as it is.
    Left,
}

/// What the user says to a change.
pub fn said(draft: &Draft, change: &str) -> Said {
    if draft.list("consent.adopt").contains(change) {
        Said::Taken
    } else if draft.list("consent.leave").contains(change) {
        Said::Left
    } else {
        Said::Nothing
    }
}

/// Puts the change of a line into a list of the consent, or takes it out.
pub fn consent(model: &mut Model, at: usize, list: &str) {
    if let Some(change) = lines(model).get(at).and_then(|line| line.change) {
        model.draft.consent(list, change);
    }
}

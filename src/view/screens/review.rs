//! Review: what would be made, and the document of each.
//!
//! ```text
//! prod us-east-1, account 111122223333                                  sha256:0a1b2c3d
//! 14 to create, 1 to update, 3 to keep, 1 conflict waits for consent
//! ▌ + create    bucket acme-backups              │  Why   Document   Difference   Commands
//!   ! conflict  Helm release velero   high risk  │  ...
//! ```
//!
//! While the facts are read, a spinner and what is read; when they could not be read, what, why and what to do;
//! when the account refutes answers, each of them at its field, and that `esc` goes back to it.

use super::document;
use crate::app::{Area, Group, Layout, Load, Row, list_area, panes, window};
use crate::plan::answers::{Problem, Problems};
use crate::plan::{Action, Change, Plan, Risk, is_saved};
use crate::ports::Trouble;
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, columns, nth, piece, safe};
use crate::view::text::width;
use crate::view::time::elapsed;

/// Columns before a change that stands in a group.
const INSIDE: usize = 2;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, layout: &Layout) {
    let review = &ink.model.review;
    match (&review.gathered, review.plan.as_deref()) {
        (Load::Failed(trouble), _) => failed(ink, layout.body, trouble),
        (Load::Here(_), Some(Ok(plan))) => planned(ink, layout, plan),
        (Load::Here(gathered), refuted) => match (refuted, &gathered.answers, &gathered.facts) {
            (Some(Err(problems)), ..) | (_, Err(problems), _) => refutes(ink, layout.body, problems),
            (_, _, Err(trouble)) => failed(ink, layout.body, trouble),
            _ => waiting(ink, layout.body),
        },
        _ => waiting(ink, layout.body),
    }
}

/// The sign and role of an action.
pub fn state_of(action: Action) -> State {
    match action {
        Action::Create => State::Create,
        Action::Update => State::Update,
        Action::Keep => State::Kept,
        Action::Conflict => State::Conflict,
    }
}

fn planned(ink: &mut Ink<'_>, layout: &Layout, plan: &Plan) {
    summary(ink, layout.body, plan);
    let (list, right) = panes(ink.model);
    changes(ink, plan);
    if right.w == 0 || right.h == 0 {
        return;
    }
    if list.w > 0 && right.x > list.x {
        ink.fence(Area { x: right.x.saturating_sub(1), w: 1, ..right });
        document::draw(ink, right.left(1).1, plan);
    } else {
        document::draw(ink, right, plan);
    }
}

fn summary(ink: &mut Ink<'_>, body: Area, plan: &Plan) {
    let target = &plan.target;
    let place = safe(&format!("{} {}", target.cluster, target.region));
    let digest: String = plan.digest.chars().take(15).collect();
    let line = [piece(Role::Title, place), piece(Role::Muted, safe(&format!("  account {}", target.account)))];
    let used = ink.line(nth(body, 0), &line);
    if usize::from(body.w) > usize::from(used) + 23 {
        ink.right(nth(body, 0), &[piece(Role::Muted, format!("plan {digest}"))]);
    }
    let count = |action: Action| plan.changes.iter().filter(|change| change.action == action).count();
    let conflicts = count(Action::Conflict);
    let mut line: Line = vec![piece(Role::Add, format!("{} to create", count(Action::Create)))];
    for (role, many, word) in
        [(Role::Changed, count(Action::Update), "update"), (Role::Muted, count(Action::Keep), "keep")]
    {
        if many > 0 {
            line.push(piece(role, format!(", {many} to {word}")));
        }
    }
    match conflicts {
        0 => {}
        1 => line.push(piece(Role::Warn, ", 1 conflict waits for consent")),
        many => line.push(piece(Role::Warn, format!(", {many} conflicts wait for consent"))),
    }
    match plan.notes.len() {
        0 => {}
        1 => line.push(piece(Role::Info, ", 1 note under Why")),
        many => line.push(piece(Role::Info, format!(", {many} notes under Why"))),
    }
    if plan.all_keep() {
        line = vec![piece(Role::Ok, "All is as it should be; nothing is to be changed")];
    }
    ink.line(nth(body, 1), &line);
}

fn changes(ink: &mut Ink<'_>, plan: &Plan) {
    let area = list_area(ink.model);
    let (rows, cursor) = (ink.model.review.rows(), ink.model.review.cursor);
    let shown = window(rows.len(), cursor, usize::from(area.h));
    let room = usize::from(area.w).saturating_sub(2);
    for (row, place) in shown.clone().enumerate() {
        let line = match rows.get(place) {
            Some(Row::One { at, inside }) => {
                let Some(change) = plan.changes.get(*at) else { break };
                let edge = if *inside { INSIDE } else { 0 };
                let mut line = vec![piece(Role::Text, " ".repeat(edge))];
                line.extend(change_line(ink, change, room.saturating_sub(edge)));
                line
            }
            Some(Row::Group(group)) => group_line(ink, plan, group, room),
            None => break,
        };
        ink.row(nth(area, row), &line, place == cursor);
    }
    ink.scrollbar(area, shown.start, shown.len(), rows.len());
}

/// What is done in a group: `198 to create, 2 to keep`.
pub fn group_counts(plan: &Plan, group: &Group) -> String {
    let count = |action: Action| {
        group.members.iter().filter(|at| plan.changes.get(**at).is_some_and(|it| it.action == action)).count()
    };
    [Action::Create, Action::Update, Action::Keep, Action::Conflict]
        .into_iter()
        .map(|action| (count(action), action.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A group of changes, with what is done in it.
fn group_line(ink: &Ink<'_>, plan: &Plan, group: &Group, room: usize) -> Line {
    let worst = [Action::Conflict, Action::Update, Action::Create, Action::Keep]
        .into_iter()
        .find(|action| group.members.iter().any(|at| plan.changes.get(*at).is_some_and(|it| it.action == *action)));
    let sign = if group.open { ink.glyphs().unfolded() } else { ink.glyphs().here() };
    let [mark, _] = ink.state(state_of(worst.unwrap_or(Action::Keep)), "");
    let counts = group_counts(plan, group);
    let mut line: Line = vec![mark, piece(Role::Text, " ")];
    // What it is needs the room more than its counts, which stand beside in Why.
    let title = format!("{sign} {}", group.title());
    let left = room.saturating_sub(columns(&line) + 1);
    line.push(piece(Role::Title, ink.pad(&title, width(&title).min(left))));
    let left = left.saturating_sub(width(&title) + 1);
    line.push(piece(Role::Muted, format!(" {}", ink.pad_start(&counts, left))));
    line
}

fn change_line(ink: &Ink<'_>, change: &Change, room: usize) -> Line {
    let [sign, word] = ink.state(state_of(change.action), change.action.word());
    let mut line: Line = vec![sign];
    // The title needs the room more than the word, which stands beside in Why.
    line.push((word.0, ink.pad(if room < 60 { "" } else { &word.1 }, if room < 60 { 1 } else { 10 })));
    let consent = |list: &str| ink.model.draft.list(list).contains(&change.id);
    let mark = if is_saved(&change.why) {
        " saved"
    } else if consent("consent.adopt") {
        " adopted"
    } else if consent("consent.leave") {
        " left"
    } else if change.risk == Risk::High && change.action != Action::Keep {
        " high risk"
    } else {
        ""
    };
    // The last column is the scroll bar's.
    let role = if mark == " high risk" { Role::Danger } else { Role::Muted };
    let mark = if mark == " high risk" && room < 50 { " high" } else { mark };
    let title = room.saturating_sub(columns(&line) + mark.len() + 1);
    line.push(piece(Role::Text, ink.title(&change.title, title)));
    line.push(piece(role, mark));
    line
}

fn waiting(ink: &mut Ink<'_>, body: Area) {
    let since = match ink.model.review.gathered {
        Load::Loading(since) => since,
        _ => ink.model.now,
    };
    let long = elapsed(ink.model.now.saturating_sub(since));
    let text = format!(" reading what is there{} {long}", ink.glyphs().more());
    let line = [ink.spinner(), piece(Role::Text, text)];
    ink.line(nth(body, 0), &line);
    let what = "The account, the bucket, the role, the key, and what runs in the cluster. Nothing is changed by it.";
    ink.text(body.top(2).1, Role::Muted, what);
}

fn failed(ink: &mut Ink<'_>, body: Area, trouble: &Trouble) {
    let [sign, word] = ink.state(State::Failed, "The facts could not be read");
    ink.line(nth(body, 0), &[sign, word]);
    let mut rest = ink.text(body.top(2).1, Role::Text, trouble.what.as_str());
    if !trouble.why.is_empty() {
        rest = ink.text(rest, Role::Text, &format!("Why: {}", trouble.why));
    }
    if !trouble.todo.is_empty() {
        rest = ink.text(rest, Role::Value, &format!("What to do: {}", trouble.todo));
    }
    let call = [&trouble.call, &trouble.resource, &trouble.code, &trouble.request_id];
    let call: Vec<String> = call.into_iter().filter(|part| !part.is_empty()).map(|part| safe(part)).collect();
    rest = ink.text(rest, Role::Muted, &call.join(", "));
    ink.text(rest.top(1).1, Role::Muted, "r reads again, esc goes back.");
}

fn refutes(ink: &mut Ink<'_>, body: Area, problems: &Problems) {
    let count = problems.0.len();
    let words = if count == 1 { "1 answer does not hold".to_owned() } else { format!("{count} answers do not hold") };
    let [sign, word] = ink.state(State::Failed, &words);
    ink.line(nth(body, 0), &[sign, word, piece(Role::Muted, "; esc goes back to mend them, r reads again")]);
    let mut rest = body.top(2).1;
    for problem in &problems.0 {
        rest = refuted(ink, rest, problem).top(1).1;
    }
}

fn refuted(ink: &mut Ink<'_>, area: Area, problem: &Problem) -> Area {
    let field = if problem.field.is_empty() { "answers".to_owned() } else { safe(&problem.field) };
    ink.line(area, &[piece(Role::Label, field)]);
    let mut rest = ink.text(area.top(1).1.left(2).1, Role::Danger, problem.what.as_str());
    if !problem.why.is_empty() {
        rest = ink.text(rest, Role::Text, &format!("Why: {}", problem.why));
    }
    if !problem.todo.is_empty() {
        rest = ink.text(rest, Role::Value, &format!("What to do: {}", problem.todo));
    }
    Area { x: area.x, w: area.w, ..rest }
}

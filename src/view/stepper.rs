//! Where one is on the way.
//!
//! Wide, a column: a step has two rows, its sign (done, here, to come, something wrong) with its name, and under
//! it what was chosen there. Normal, one row of signs and names, of which those around the current one are kept.
//! Narrow: nothing; the header says `5/10 Storage`.

use super::State;
use super::ink::{Ink, Line, columns, nth, piece, safe};
use crate::app::{Area, Layout, STEP_ROWS, Tier};
use crate::plan::Action;
use crate::plan::answers::Problem;
use crate::theme::Role;
use crate::wizard::{Draft, StepId, owner, step};

/// Draws it where the layout has room for it.
pub fn draw(ink: &mut Ink<'_>, layout: &Layout) {
    let problems = ink.model.draft.problems();
    match layout.tier {
        Tier::Wide => column(ink, layout.stepper, &problems),
        Tier::Normal => row(ink, layout.stepper, &problems),
        Tier::Narrow | Tier::Small => {}
    }
}

/// A step's sign, and the role of its name.
fn mark(ink: &Ink<'_>, id: StepId, problems: &[Problem]) -> (Role, &'static str, Role) {
    let (model, glyphs) = (ink.model, ink.glyphs());
    let visited = model.draft.visited.contains(&id);
    let wrong = || problems.iter().any(|problem| owner(&problem.field) == Some(id));
    if id == model.step() {
        (Role::Accent, glyphs.here(), Role::Title)
    } else if visited && wrong() {
        (Role::Warn, glyphs.state(State::Conflict), Role::Text)
    } else if visited && id < model.step() {
        (Role::Ok, glyphs.state(State::Ok), Role::Text)
    } else if visited {
        (Role::Muted, glyphs.dot(), Role::Text)
    } else {
        (Role::Muted, glyphs.dot(), Role::Muted)
    }
}

fn column(ink: &mut Ink<'_>, area: Area, problems: &[Problem]) {
    let area = area.top(1).1.inner(1, 0);
    let signs = ink.glyphs().state_columns();
    for (at, id) in StepId::ALL.into_iter().enumerate() {
        let (role, sign, name) = mark(ink, id, problems);
        let top = at * usize::from(STEP_ROWS);
        let sign = ink.pad(sign, signs);
        ink.line(nth(area, top), &[(role, format!("{sign} ")), piece(name, &step(id).title)]);
        let room = usize::from(area.w).saturating_sub(signs + 2);
        let value = if ink.model.draft.visited.contains(&id) { chosen(ink, id) } else { String::new() };
        let value = ink.middle(&value, room);
        ink.line(nth(area, top + 1), &[piece(Role::Muted, " ".repeat(signs + 1)), piece(Role::Muted, value)]);
    }
}

fn row(ink: &mut Ink<'_>, area: Area, problems: &[Problem]) {
    let area = area.inner(1, 0);
    let pieces: Vec<Line> = StepId::ALL
        .into_iter()
        .map(|id| {
            let (role, sign, name) = mark(ink, id, problems);
            vec![(role, format!("{sign} ")), piece(name, &step(id).title), piece(Role::Muted, "  ")]
        })
        .collect();
    // The steps before the current one leave first, down to the one before it; then those at the end.
    let here = ink.model.step().index();
    let (mut from, mut to) = (0, pieces.len());
    let more = ink.glyphs().more();
    let wide = |from: usize, to: usize| {
        pieces.get(from..to).into_iter().flatten().map(|line| columns(line)).sum::<usize>() + 2 * (more.len() + 1)
    };
    while wide(from, to) > usize::from(area.w) && to - from > 1 {
        if to > here + 3 || from + 1 > here {
            to -= 1;
        } else {
            from += 1;
        }
    }
    let mut line: Line = Vec::new();
    if from > 0 {
        line.push(piece(Role::Muted, format!("{more} ")));
    }
    line.extend(pieces.get(from..to).into_iter().flatten().flatten().cloned());
    if to < pieces.len() {
        line.push(piece(Role::Muted, more));
    }
    ink.line(area, &line);
}

/// What was chosen at a step, in a few words.
fn chosen(ink: &Ink<'_>, id: StepId) -> String {
    let (model, draft) = (ink.model, &ink.model.draft);
    match id {
        StepId::Welcome => model.setup.demo.as_deref().map_or_else(String::new, |name| format!("demo world {name}")),
        StepId::Cluster => {
            let more = match draft.restores() {
                0 => String::new(),
                count => format!(" +{count}"),
            };
            format!("{} {}{more}", draft.text("cluster.name"), draft.text("cluster.region"))
        }
        StepId::Tool => title(draft, id, "tool"),
        StepId::Identity => title(draft, id, "identity"),
        StepId::Storage => draft.text("bucket.name").to_owned(),
        StepId::Encryption => match draft.value("encryption.kind").as_str() {
            "kms" => format!("KMS {}", draft.text("encryption.key")),
            _ => title(draft, id, "encryption.kind"),
        },
        StepId::Options => draft.value(match draft.value("tool").as_str() {
            "rancher-backup" => "rancher.schedule",
            "upbound-spaces" => "spaces.schedule",
            _ => "velero.schedule",
        }),
        StepId::Review => model.review.plan().map_or_else(String::new, |plan| {
            let todo = plan.changes.iter().filter(|change| change.action != Action::Keep).count();
            format!("{todo} of {} changes", plan.changes.len())
        }),
        StepId::Apply => run(ink),
        StepId::Live => match &model.live.status {
            Some(status) if status.healthy => "healthy".to_owned(),
            Some(_) => "not healthy".to_owned(),
            None => String::new(),
        },
    }
    .trim()
    .to_owned()
}

fn run(ink: &Ink<'_>) -> String {
    let run = &ink.model.run;
    match &run.finish {
        Some(finish) => safe(&format!("{:?}", finish.outcome).to_lowercase()),
        None if run.runs() => {
            let (done, all) = run.progress();
            format!("{done}/{all}")
        }
        None => String::new(),
    }
}

/// The user's word for a choice.
fn title(draft: &Draft, id: StepId, path: &str) -> String {
    let value = draft.value(path);
    let field = step(id).fields.iter().find(|field| field.path == path);
    let option = field.and_then(|field| field.options.iter().find(|option| option.value == value));
    option.map_or_else(|| safe(&value), |option| option.title.clone())
}

//! Welcome: what lifeboat is and what to do; painted before anything is known.
//!
//! ```text
//! lifeboat
//! From an EKS cluster to backups that work, ...
//!
//! account     111122223333 (aws)
//! caller      arn:aws:iam::111122223333:user/ada
//! profile     default, region us-east-1
//! kubeconfig  3 contexts, current prod
//! helm        v3.19.0 /usr/local/bin/helm
//!
//! ▌ Set up backups            an EKS cluster, step by step
//!   Look around in the demo       ...
//!
//! • notes; what is wrong with a kept draft
//! ```
//!
//! What is still asked says so with a spinner; what is wrong says what and what to do. Where there are few rows the
//! sentence is a short one; narrow, of the facts only account and helm are there.

use crate::app::{Layout, Load, Tier, Welcome, info, list_area, welcome_head, window};
use crate::theme::Role;
use crate::view::State;
use crate::view::ink::{Ink, Line, nth, piece, safe};

const SENTENCE: &str =
    "From an EKS cluster to backups that work, without a key in it: shown first, then made, then proven by a restore.";
const SHORT: &str = "EKS backups that work, without keys";

/// The rows of a head that has room for the sentence.
const TALL: u16 = 11;
/// Columns of the names of facts.
const NAMES: usize = 12;

/// Draws it.
pub fn draw(ink: &mut Ink<'_>, layout: &Layout) {
    let (head, _) = layout.body.top(welcome_head(ink.model));
    let narrow = layout.tier <= Tier::Narrow;
    ink.line(nth(head, 0), &[piece(Role::Title, "lifeboat")]);
    let rows = if narrow {
        let below = todo(ink).map_or_else(|| piece(Role::Muted, SHORT), |todo| (Role::Warn, todo));
        ink.line(nth(head, 1), &[below]);
        head.top(2).1
    } else if head.h < TALL {
        ink.line(head.left(10).1, &[piece(Role::Muted, SHORT)]);
        head.top(2).1
    } else {
        ink.text(head.top(1).1.top(2).0, Role::Text, SENTENCE);
        head.top(4).1
    };
    let facts = if narrow {
        vec![account(ink), helm(ink, true)]
    } else {
        let room = usize::from(head.w);
        vec![account(ink), caller(ink, room), profile(ink), kubeconfig(ink), helm(ink, false)]
    };
    ink.lines(rows, &facts);
    let area = list_area(ink.model);
    let offers = Welcome::offers(ink.model);
    let shown = window(offers.len(), ink.model.welcome, usize::from(area.h));
    let title = |offer: &Welcome| info(offer.command).map_or("", |info| info.title.as_str());
    for (row, place) in shown.clone().enumerate() {
        let Some(offer) = offers.get(place) else { break };
        let mut line: Line = vec![piece(Role::Value, ink.pad(title(offer), 24))];
        if !narrow {
            line.push(piece(Role::Muted, format!("  {}", offer.about)));
        }
        ink.row(nth(area, row), &line, place == ink.model.welcome);
    }
    notes(ink, area.top(u16::try_from(shown.len() + 1).unwrap_or(u16::MAX)).1);
}

/// What to do first, where something is wrong.
fn todo(ink: &Ink<'_>) -> Option<String> {
    match &ink.model.surroundings {
        Load::Failed(trouble) if !trouble.todo.is_empty() => Some(trouble.todo.to_string()),
        _ => None,
    }
}

/// What to know before anything else, under the list.
fn notes(ink: &mut Ink<'_>, area: crate::app::Area) {
    let model = ink.model;
    let mut notes: Vec<(Role, &str, String)> = Vec::new();
    let (wrong, note) = (ink.glyphs().state(State::Conflict), ink.glyphs().note());
    if let Load::Failed(trouble) = &model.surroundings {
        notes.push((Role::Warn, wrong, trouble.to_string()));
    }
    if let Load::Here(machine) = &model.machine
        && !machine.helm_trouble.is_empty()
    {
        notes.push((Role::Warn, wrong, machine.helm_trouble.to_string()));
    }
    if let Some(Err(why)) = &model.setup.draft {
        notes.push((Role::Warn, wrong, format!("the kept draft cannot be read: {why}")));
    }
    for text in model.machine.here().map(|machine| machine.notes.as_slice()).unwrap_or_default() {
        notes.push((Role::Info, note, text.to_string()));
    }
    let mut rest = area;
    for (role, sign, text) in notes {
        let column = u16::try_from(ink.glyphs().state_columns() + 1).unwrap_or(2);
        ink.line(rest, &[piece(role, sign)]);
        let (_, words) = rest.left(column);
        let below = ink.text(words, if role == Role::Warn { Role::Text } else { Role::Muted }, &text);
        rest = rest.top(rest.h.saturating_sub(below.h)).1;
    }
}

/// A fact that is still asked.
fn asked(ink: &Ink<'_>, name: &str) -> Line {
    let more = ink.glyphs().more();
    vec![piece(Role::Label, ink.pad(name, NAMES)), ink.spinner(), piece(Role::Muted, format!(" asking{more}"))]
}

fn fact(ink: &Ink<'_>, name: &str, value: &str) -> Line {
    let value = if value.is_empty() { piece(Role::Muted, "none") } else { piece(Role::Value, value) };
    vec![piece(Role::Label, ink.pad(name, NAMES)), value]
}

fn wrong(ink: &Ink<'_>, name: &str, what: &str) -> Line {
    let [sign, word] = ink.state(State::Failed, what);
    vec![piece(Role::Label, ink.pad(name, NAMES)), sign, piece(Role::Text, word.1)]
}

fn account(ink: &Ink<'_>) -> Line {
    match &ink.model.surroundings {
        Load::Idle | Load::Loading(_) => asked(ink, "account"),
        Load::Failed(trouble) => wrong(ink, "account", trouble.what.as_str()),
        Load::Here(who) => {
            let mut line = fact(ink, "account", &who.account);
            if who.partition != "aws" {
                line.push(piece(Role::Muted, format!("  partition {}", who.partition)));
            }
            line
        }
    }
}

fn caller(ink: &Ink<'_>, room: usize) -> Line {
    match &ink.model.surroundings {
        Load::Idle | Load::Loading(_) => asked(ink, "caller"),
        Load::Failed(_) => fact(ink, "caller", "unknown"),
        Load::Here(who) => fact(ink, "caller", &ink.middle(&who.arn, room.saturating_sub(NAMES))),
    }
}

fn profile(ink: &Ink<'_>) -> Line {
    match &ink.model.machine {
        Load::Here(machine) => {
            let mut line = fact(ink, "profile", machine.profile.as_str());
            if !machine.region.is_empty() {
                line.push(piece(Role::Muted, format!("  region {}", machine.region)));
            }
            line
        }
        Load::Failed(trouble) => wrong(ink, "profile", trouble.what.as_str()),
        Load::Idle | Load::Loading(_) => asked(ink, "profile"),
    }
}

fn kubeconfig(ink: &Ink<'_>) -> Line {
    match &ink.model.machine {
        Load::Here(machine) => fact(ink, "kubeconfig", machine.kubeconfig.as_str()),
        Load::Failed(_) => fact(ink, "kubeconfig", "unknown"),
        Load::Idle | Load::Loading(_) => asked(ink, "kubeconfig"),
    }
}

/// helm's version and path; where there is no room for notes, why it cannot be used instead.
fn helm(ink: &Ink<'_>, narrow: bool) -> Line {
    match &ink.model.machine {
        Load::Here(machine) if machine.helm_trouble.is_empty() => fact(ink, "helm", machine.helm.as_str()),
        Load::Here(machine) if narrow => wrong(ink, "helm", machine.helm_trouble.as_str()),
        Load::Here(machine) => wrong(ink, "helm", &safe(format!("{} cannot be used", machine.helm).trim())),
        Load::Failed(_) => fact(ink, "helm", "unknown"),
        Load::Idle | Load::Loading(_) => asked(ink, "helm"),
    }
}

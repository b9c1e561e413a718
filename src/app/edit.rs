//! Typing and pasting into whatever text has the focus.

use super::effect::Effect;
use super::form::{self, Form, Stop};
use super::key::{Code, Key};
use super::model::Model;
use super::overlay::Overlay;
use super::screens;
use super::toast::Level;
use crate::wizard::StepId;
use tui_input::{Input, InputRequest};

/// The longest text that a line takes, characters.
const LONGEST: usize = 4_096;

/// What a key does to a line of text.
fn request(key: Key) -> Option<InputRequest> {
    Some(match (key.code, key.ctrl, key.alt) {
        (Code::Char(c), false, false) => InputRequest::InsertChar(c),
        (Code::Backspace, false, false) | (Code::Char('h'), true, _) => InputRequest::DeletePrevChar,
        (Code::Delete, ..) => InputRequest::DeleteNextChar,
        (Code::Left, false, false) | (Code::Char('b'), true, _) => InputRequest::GoToPrevChar,
        (Code::Right, false, false) | (Code::Char('f'), true, _) => InputRequest::GoToNextChar,
        (Code::Left, ..) => InputRequest::GoToPrevWord,
        (Code::Right, ..) => InputRequest::GoToNextWord,
        (Code::Home, ..) | (Code::Char('a'), true, _) => InputRequest::GoToStart,
        (Code::End, ..) | (Code::Char('e'), true, _) => InputRequest::GoToEnd,
        (Code::Char('w'), true, _) | (Code::Backspace, ..) => InputRequest::DeletePrevWord,
        (Code::Char('u'), true, _) => InputRequest::DeleteLine,
        (Code::Char('k'), true, _) => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}

/// The text that has the focus.
fn line(model: &mut Model) -> Option<&mut Input> {
    let step = model.step();
    let text = step.is_form() && matches!(Form::stop(model), Some(Stop::Text(_)));
    match model.overlays.last_mut() {
        Some(Overlay::Menu { pick, .. } | Overlay::Picker { pick, .. }) => Some(&mut pick.query),
        Some(Overlay::Prompt { input, .. }) => Some(input),
        Some(Overlay::Confirm(confirm)) if !confirm.typed.is_empty() => Some(&mut confirm.input),
        Some(Overlay::Confirm(_) | Overlay::Reader { .. }) => None,
        None if step == StepId::Cluster => Some(&mut model.cluster.pick.query),
        None => text.then_some(&mut model.form.input),
    }
}

/// Takes a key into the text that has the focus.
pub fn key(model: &mut Model, key: Key, out: &mut Vec<Effect>) {
    let Some(request) = request(key) else { return };
    let Some(line) = line(model) else { return };
    if matches!(request, InputRequest::InsertChar(_)) && line.value().chars().count() >= LONGEST {
        return;
    }
    let before = line.value().to_owned();
    line.handle(request);
    if line.value() != before {
        changed(model, out);
    }
}

/// Takes a paste into the text that has the focus: without control characters, its line ends as spaces, its ends
/// trimmed; never as keys (E26).
pub fn paste(model: &mut Model, text: &str, out: &mut Vec<Effect>) {
    let Some(line) = line(model) else {
        return model.say(Level::Info, "There is no text to paste into here.");
    };
    let lines = text.trim().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let clean: String = lines.chars().filter(|c| !c.is_control()).collect();
    let room = LONGEST.saturating_sub(line.value().chars().count());
    let fits: String = clean.chars().take(room).collect();
    let dropped = lines.chars().count() - clean.chars().count();
    let cut = clean.chars().count() > fits.chars().count();
    let at = line.cursor();
    let value: Vec<char> = line.value().chars().collect();
    let (head, tail) = value.split_at(at.min(value.len()));
    let whole: String = head.iter().copied().chain(fits.chars()).chain(tail.iter().copied()).collect();
    let cursor = head.len() + fits.chars().count();
    *line = Input::new(whole).with_cursor(cursor);
    if dropped > 0 {
        model.say(Level::Warning, format!("{dropped} control characters were left out of the paste."));
    }
    if cut {
        model.say(Level::Warning, format!("The paste was cut at {LONGEST} characters."));
    }
    changed(model, out);
}

/// The text that has the focus is another one now.
fn changed(model: &mut Model, out: &mut Vec<Effect>) {
    if let Some(overlay) = model.overlays.last_mut() {
        match overlay {
            Overlay::Menu { pick, .. } | Overlay::Picker { pick, .. } => pick.query_changed(),
            Overlay::Prompt { problem, .. } => *problem = crate::domain::Shown::default(),
            Overlay::Confirm(_) | Overlay::Reader { .. } => {}
        }
        return;
    }
    if model.step() == StepId::Cluster {
        model.cluster.pick.query_changed();
        screens::describe_visible(model, out);
    } else {
        form::typed(model);
    }
}

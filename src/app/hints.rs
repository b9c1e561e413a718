//! The footer: the keys of the place one is in, from the same table as everything else.

use super::command::{Command, available, is_chosen};
use super::form::{Form, Stop};
use super::keymap::{CommandInfo, commands, contexts};
use super::model::Model;
use super::overlay::{Overlay, PromptKind};
use super::screens::Pane;
use crate::wizard::FieldKind;

/// A key of the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it does.
    pub command: Command,
    /// The key as it is written.
    pub key: String,
    /// One or two words.
    pub word: &'static str,
}

/// The hints that fit into `width` columns, the gap after the last one among them: the most useful first; `?` and `:`
/// keep their place, and a short one may fit where a long one did not.
pub fn hints(model: &Model, width: usize) -> Vec<Hint> {
    // A walkthrough's own keys stand in its caption; it takes no others.
    if model.tour.is_some() {
        return Vec::new();
    }
    let contexts = contexts(model);
    let mut all: Vec<Hint> = Vec::new();
    for info in commands().iter().filter(|info| !info.hint.is_empty()) {
        let binding = contexts.iter().find_map(|context| {
            info.keys
                .iter()
                .find(|(there, key)| there == context && super::keymap::resolve(model, *key) == Some(info.command))
        });
        let word = word(model, info);
        if let Some((_, key)) = binding
            && !word.is_empty()
            && available(model, info.command).is_ok()
            && !all.iter().any(|hint| hint.key == key.to_string())
        {
            all.push(Hint { command: info.command, key: key.to_string(), word });
        }
    }
    let size = |hint: &Hint| hint.key.chars().count() + hint.word.chars().count() + 3;
    let mut left = width;
    // Over a screen, what closes and chooses is worth more.
    let over = !model.overlays.is_empty();
    let always = |hint: &Hint| !over && matches!(hint.command, Command::Help | Command::Palette);
    for hint in all.iter().filter(|hint| always(hint)) {
        left = left.saturating_sub(size(hint));
    }
    all.retain(|hint| {
        if always(hint) {
            return true;
        }
        let fits = size(hint) <= left;
        left -= if fits { size(hint) } else { 0 };
        fits
    });
    all
}

/// What a key does where the cursor is; empty: nothing that another hint does not say.
fn word(model: &Model, info: &'static CommandInfo) -> &'static str {
    let over = !model.overlays.is_empty();
    let stop = if over || !model.step().is_form() { None } else { Form::stop(model) };
    let given = |list: &str| model.review.change().is_some_and(|it| model.draft.list(list).contains(&it.id));
    match (info.command, stop) {
        (Command::Choose, _) => match model.overlays.last() {
            Some(Overlay::Prompt { kind: PromptKind::SaveTo, .. }) => "save",
            Some(Overlay::Prompt { kind: PromptKind::LogFilter, .. }) => "filter",
            _ => &info.hint,
        },
        // Fields follow each other by Enter; only a question's buttons need it.
        (Command::NextField, _) if !over => "",
        (Command::Forward, Some(Stop::More)) if model.form.more => "close",
        (Command::Forward, Some(Stop::More)) => "open",
        (Command::Forward, Some(Stop::Offer(_))) => "list",
        (Command::Forward, Some(Stop::Option(field, _))) if field.kind == FieldKind::Choice => "choose",
        (Command::PickOption, Some(Stop::Option(field, _))) if field.kind == FieldKind::Choice => "",
        (Command::PickOption, Some(Stop::Option(field, at))) if is_chosen(model, field, at) => "untick",
        (Command::PickOption, Some(Stop::Option(..))) => "tick",
        (Command::PickOption, Some(Stop::Flag(_))) => "switch",
        (Command::PickOption, Some(Stop::Audit(_))) => "",
        (Command::Adopt, Some(Stop::Audit(_))) => "take or not",
        (Command::Leave, Some(Stop::Audit(_))) => "leave or not",
        (Command::ToChanges, _) if model.review.pane == Pane::Changes => "",
        (Command::ToDocument, _) if model.review.pane == Pane::Document => "",
        (Command::Adopt, _) if given("consent.adopt") => "take back",
        (Command::Leave, _) if given("consent.leave") => "take back",
        _ => &info.hint,
    }
}

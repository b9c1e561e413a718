//! The footer: the keys of the place one is in, from the same table as everything else.

use super::command::{Command, available};
use super::keymap::{commands, contexts};
use super::model::Model;

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

/// The hints that fit into `width` columns, the most useful first; `?` and `:` keep their place.
pub fn hints(model: &Model, width: usize) -> Vec<Hint> {
    let contexts = contexts(model);
    let mut all: Vec<Hint> = Vec::new();
    for info in commands().iter().filter(|info| !info.hint.is_empty()) {
        let binding = contexts.iter().find_map(|context| {
            info.keys
                .iter()
                .find(|(there, key)| there == context && super::keymap::resolve(model, *key) == Some(info.command))
        });
        if let Some((_, key)) = binding
            && available(model, info.command).is_ok()
            && !all.iter().any(|hint| hint.key == key.to_string())
        {
            all.push(Hint { command: info.command, key: key.to_string(), word: &info.hint });
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
        left = if fits { left - size(hint) } else { 0 };
        fits
    });
    all
}

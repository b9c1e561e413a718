//! The key map (`assets/keymap.toml`): commands with their words, and the keys that mean them where.

use super::command::Command;
use super::key::Key;
use super::model::Model;
use super::overlay::Overlay;
use crate::wizard::StepId;
use serde::Deserialize;
use std::sync::LazyLock;

/// A place that keys have a meaning in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Context {
    Any,
    Typing,
    List,
    Form,
    Welcome,
    Cluster,
    Review,
    Apply,
    Live,
    Menu,
    Picker,
    Prompt,
    Confirm,
    Reader,
}

/// A command's words and keys.
#[derive(Debug, Clone)]
pub struct CommandInfo {
    /// Which.
    pub command: Command,
    /// A few words.
    pub title: String,
    /// One or two words for the footer; empty: not there.
    pub hint: String,
    /// Its group in the help.
    pub group: String,
    /// Whether it changes something outside: forbidden by `--read-only`.
    pub danger: bool,
    /// Its keys.
    pub keys: Vec<(Context, Key)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Command,
    title: String,
    #[serde(default)]
    hint: String,
    group: String,
    #[serde(default)]
    danger: bool,
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    command: Vec<Entry>,
}

static COMMANDS: LazyLock<Vec<CommandInfo>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("../../assets/keymap.toml"));
    file.map(|file| file.command.into_iter().map(read).collect()).unwrap_or_default()
});

fn read(entry: Entry) -> CommandInfo {
    let keys = entry.keys.iter().filter_map(|key| binding(key)).collect();
    let Entry { id, title, hint, group, danger, .. } = entry;
    CommandInfo { command: id, title, hint, group, danger, keys }
}

/// `review:ctrl-r`.
fn binding(text: &str) -> Option<(Context, Key)> {
    let (context, key) = text.split_once(':')?;
    let context = Context::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(context));
    Some((context.ok()?, key.parse().ok()?))
}

/// All commands, in the key map's order.
pub fn commands() -> &'static [CommandInfo] {
    &COMMANDS
}

/// A command's words and keys.
pub fn info(command: Command) -> Option<&'static CommandInfo> {
    COMMANDS.iter().find(|info| info.command == command)
}

/// Whether typed characters go into a text.
pub fn typing(model: &Model) -> bool {
    match model.overlays.last() {
        Some(Overlay::Menu { .. } | Overlay::Picker { .. } | Overlay::Prompt { .. }) => true,
        Some(Overlay::Confirm(confirm)) => !confirm.typed.is_empty() && !confirm.on_yes,
        Some(Overlay::Reader { .. }) => false,
        None if model.step() == StepId::Cluster => true,
        None => matches!(super::form::Form::stop(model), Some(super::form::Stop::Text(_))) && model.step().is_form(),
    }
}

/// Whether a character that is a command elsewhere is one here: outside texts, and at an empty one for `?` and
/// `:`, which begin no value.
fn free(model: &Model, key: Key) -> bool {
    let Some(c) = key.types() else { return true };
    if !typing(model) {
        return true;
    }
    let empty = match model.overlays.last() {
        Some(_) => false,
        None if model.step() == StepId::Cluster => model.cluster.pick.query.value().is_empty(),
        None => model.form.input.value().is_empty(),
    };
    empty && matches!(c, '?' | ':')
}

/// The places one is in, the nearest first.
pub fn contexts(model: &Model) -> Vec<Context> {
    let mut out = Vec::new();
    match model.overlays.last() {
        Some(Overlay::Menu { .. }) => out.push(Context::Menu),
        Some(Overlay::Picker { .. }) => out.push(Context::Picker),
        Some(Overlay::Prompt { .. }) => out.push(Context::Prompt),
        Some(Overlay::Confirm(_)) => out.push(Context::Confirm),
        Some(Overlay::Reader { .. }) => out.push(Context::Reader),
        None => match model.step() {
            StepId::Welcome => out.push(Context::Welcome),
            StepId::Cluster => out.push(Context::Cluster),
            StepId::Review => out.push(Context::Review),
            StepId::Apply => out.push(Context::Apply),
            StepId::Live => out.push(Context::Live),
            _ => out.push(Context::Form),
        },
    }
    if typing(model) {
        out.push(Context::Typing);
    } else {
        out.push(Context::List);
    }
    out.push(Context::Any);
    out
}

/// The command that a key means here; an unavailable one gives way to another of the same key in the same place.
pub fn resolve(model: &Model, key: Key) -> Option<Command> {
    if !free(model, key) {
        return None;
    }
    for context in contexts(model) {
        let here = || COMMANDS.iter().filter(|info| info.keys.contains(&(context, key)));
        let can = here().find(|info| super::command::available(model, info.command).is_ok());
        if let Some(info) = can.or_else(|| here().next()) {
            return Some(info.command);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_stands_in_the_key_map_once_and_every_key_is_one() {
        let text = include_str!("../../assets/keymap.toml");
        let file: File = toml::from_str(text).unwrap();
        for entry in &file.command {
            for key in &entry.keys {
                assert!(binding(key).is_some(), "{key} of {:?} is no key", entry.id);
            }
        }
        let there: BTreeSet<Command> = commands().iter().map(|info| info.command).collect();
        assert_eq!(there.len(), commands().len());
        for command in Command::ALL {
            assert!(there.contains(&command), "{command:?} is not in the key map");
        }
    }
}

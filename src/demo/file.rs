//! `world.json`: the state of a demo world between two commands.

use super::state::State;
use crate::ports::{Answer, Trouble, TroubleKind};
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Reads a state, or `None` when there is no file.
pub(super) fn load(path: &Path) -> Answer<Option<State>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        // A file in the place of a folder: there is no state either, and the demo goes on in memory.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(trouble(path, &error.to_string())),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| trouble(path, &error.to_string()))
}

/// A state as text.
pub(super) fn text(state: &State) -> Answer<String> {
    serde_json::to_string(state).map_err(|error| trouble(Path::new("world.json"), &error.to_string()))
}

/// Replaces the file in one step; only its owner may read it.
pub(super) fn write(path: &Path, text: &str) -> Answer<()> {
    let work = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let new = path.with_extension("json.new");
        // One left over keeps its mode when it is opened again.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&new, path)
    };
    work().map_err(|error| trouble(path, &error.to_string()))
}

fn trouble(path: &Path, why: &str) -> Trouble {
    Trouble::new(TroubleKind::Unreadable, format!("the demo world's file {} cannot be used", path.display()))
        .why(why)
        .todo("Start over with lifeboat demo --reset")
}

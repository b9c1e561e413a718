//! What is kept between two starts, for its owner alone: the draft, answers, values.

use crate::wizard::Draft;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The largest draft that is read, bytes.
const LIMIT: u64 = 1024 * 1024;

/// The kept draft, or why it cannot be read; `None` when there is none. Neither a link nor something that never
/// answers is waited for.
pub fn draft(path: &Path) -> Option<Result<Draft, String>> {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let file = match std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return None,
        Err(error) => return Some(Err(error.to_string())),
    };
    let mut text = String::new();
    if let Err(error) = file.take(LIMIT).read_to_string(&mut text) {
        return Some(Err(error.to_string()));
    }
    Some(Draft::from_file(&text))
}

/// Writes a file that only its owner may read: to a new one first, then in its place.
///
/// # Errors
/// What the file system says.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Made with 0600.
    let mut file = tempfile::Builder::new().prefix(".lifeboat-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

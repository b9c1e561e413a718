//! Writing documents into a folder: nothing but what is named is touched, no link is followed inside it, and a file
//! is there whole or not at all (E19, security.md 6.4).

use crate::domain::Shown;
use crate::ports::{Answer, Trouble, TroubleKind};
use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, Metadata};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

/// The most lines of what differs that are shown.
const LINES: usize = 500;
/// The longest name that file systems take, bytes.
const NAME: usize = 255;

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// All is there: so many files were written, so many were the same already.
    All(usize, usize),
    /// Nothing was written, since files are there that differ: what would change, line by line.
    Differs(Vec<Shown>),
}

/// Writes files (relative path and text) into a folder, which is made when it is not there. Files that differ are
/// replaced only with `over`; files that are the same are left alone.
///
/// # Errors
/// Why not; nothing in the account or cluster was changed by it.
pub fn export(folder: &Path, files: &[(&str, &str)], over: bool) -> Answer<Written> {
    let root = open(folder)?;
    let mut todo = Vec::new();
    let mut differs = Vec::new();
    for (name, text) in files {
        let place = Place::of(folder, &root, name)?;
        match place.read()? {
            Some(there) if there == text.as_bytes() => {}
            Some(there) => {
                differs.push(Shown::new(name));
                let there = String::from_utf8_lossy(&there);
                differs.extend(crate::plan::diff(&there, text).iter().map(|line| Shown::bounded(line, 500)));
                todo.push((place, *text));
            }
            None => todo.push((place, *text)),
        }
    }
    if !over && !differs.is_empty() {
        if differs.len() > LINES {
            differs.truncate(LINES);
            differs.push(Shown::new("…"));
        }
        return Ok(Written::Differs(differs));
    }
    for (place, text) in &todo {
        place.write(text)?;
    }
    Ok(Written::All(todo.len(), files.len() - todo.len()))
}

/// A leading `~` as the home folder.
pub fn expanded(folder: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    match (folder.strip_prefix('~'), home()) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(folder),
    }
}

/// Opens the folder after it was looked at from its root on; what is missing is made (0700).
fn open(folder: &Path) -> Answer<OwnedFd> {
    let absolute = std::path::absolute(folder).map_err(|error| failed(folder, &error))?;
    for part in absolute.ancestors().collect::<Vec<_>>().into_iter().rev() {
        if let Ok(meta) = part.symlink_metadata()
            && let Err(why) = safe(&meta, part == absolute, rustix::process::geteuid().as_raw())
        {
            return Err(failed(part, &why).todo("Choose another folder"));
        }
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&absolute).map_err(|error| failed(folder, &error))?;
    openat(rustix::fs::CWD, &absolute, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| failed(folder, &error))
}

/// Whether a part of the folder's path can be trusted: what others can change may lead elsewhere at any time.
fn safe(meta: &Metadata, last: bool, us: u32) -> Result<(), &'static str> {
    if meta.is_symlink() {
        return if [0, us].contains(&meta.uid()) { Ok(()) } else { Err("it is a symbolic link of another user") };
    }
    if !meta.is_dir() {
        return Err("it is a file");
    }
    if meta.mode() & 0o1002 == 0o002 {
        return Err("everybody may write into it");
    }
    if last && us != 0 && meta.uid() != us {
        return Err("it belongs to another user");
    }
    Ok(())
}

/// Where a file is to be: its folder, opened, and its name in it.
struct Place {
    folder: OwnedFd,
    name: String,
    path: PathBuf,
}

impl Place {
    /// Walks to the folder of a relative path without following links, making what is missing (0700).
    fn of(folder: &Path, root: &OwnedFd, relative: &str) -> Answer<Self> {
        let path = folder.join(relative);
        let plain = |part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        };
        let parts: Option<Vec<&str>> = Path::new(relative).components().map(plain).collect();
        let parts = parts.unwrap_or_default();
        let Some((name, folders)) = parts.split_last() else {
            return Err(failed(&path, &"it leads out of the folder"));
        };
        if parts.iter().any(|part| part.len() > NAME) {
            return Err(failed(&path, &format!("a part of its name is longer than {NAME} bytes")));
        }
        let mut at = root.try_clone().map_err(|error| failed(folder, &error))?;
        let mut walked = folder.to_path_buf();
        for part in folders {
            walked.push(part);
            match mkdirat(&at, *part, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(failed(&walked, &error)),
            }
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            at = openat(&at, *part, flags, Mode::empty()).map_err(|error| in_the_way(&walked, error))?;
        }
        Ok(Self { folder: at, name: (*name).to_owned(), path })
    }

    /// What is there now.
    fn read(&self) -> Answer<Option<Vec<u8>>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, &self.name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(in_the_way(&self.path, error)),
        };
        if !file.metadata().is_ok_and(|meta| meta.is_file()) {
            return Err(failed(&self.path, &"something is there that is no file"));
        }
        let mut there = Vec::new();
        // Nothing of ours is longer; a longer one differs already.
        file.take(8 * 1024 * 1024).read_to_end(&mut there).map_err(|error| failed(&self.path, &error))?;
        Ok(Some(there))
    }

    /// Writes to a new file beside it, waits for the disk, and puts it in its place.
    fn write(&self, text: &str) -> Answer<()> {
        let mode = if self.name == "commands.sh" { Mode::RWXU } else { Mode::RUSR | Mode::WUSR };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| failed(&self.path, &error))?;
        let new = format!(".lifeboat-{}", hex::encode(random));
        let work = || -> std::io::Result<()> {
            let mut file = File::from(openat(&self.folder, &new, flags, mode)?);
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            renameat(&self.folder, &new, &self.folder, &self.name)?;
            Ok(())
        };
        work().map_err(|error| {
            let _ = unlinkat(&self.folder, &new, AtFlags::empty());
            failed(&self.path, &error)
        })
    }
}

/// What stands where a file or folder should be.
fn in_the_way(path: &Path, error: Errno) -> Trouble {
    match error {
        // A link is not opened: as itself (LOOP), or since it is no folder (NOTDIR).
        Errno::LOOP => failed(path, &"it is a symbolic link"),
        Errno::NOTDIR if path.is_symlink() => failed(path, &"it is a symbolic link"),
        Errno::NOTDIR => failed(path, &"it is a file"),
        error => failed(path, &error),
    }
}

fn failed(path: &Path, why: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(TroubleKind::Refused, format!("{} cannot be written: {why}", path.display()))
        .why("Nothing in the account or cluster was changed")
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;

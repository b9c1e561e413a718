//! The journal: intent on disk before each call, result before anything that depends on it
//! (security.md 5.3). One JSON object a line, each with its own checksum; 0600, locked, append only.

use crate::plan::Op;
use crate::ports::{Trouble, TroubleKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The format's version; a newer one is not read.
pub const VERSION: u32 = 1;

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entry {
    /// The first line: what the run is about.
    Run(Header),
    /// A call is about to be made.
    Intent {
        /// The change's id.
        change: String,
        /// The op's place in the change.
        step: usize,
        /// Which cluster it is of: 0 the one that is backed up, then those of the header's `restores`.
        #[serde(default, skip_serializing_if = "is_first")]
        site: usize,
        /// The call, with what undo needs of what was there before.
        call: Op,
    },
    /// What came of it.
    Result {
        /// The change's id.
        change: String,
        /// The op's place in the change.
        step: usize,
        /// What came of it.
        result: Effect,
        /// Ids that AWS or Kubernetes gave (`role-id`, `key-id`, `uid`, `revision`).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        ids: BTreeMap<String, String>,
        /// For a failure: what went wrong.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// Object versions that the run's own proofs left, before they are removed.
    Versions {
        /// The change's id.
        change: String,
        /// `KEY VERSION` each.
        versions: Vec<(String, String)>,
    },
    /// An op is about to be taken back.
    UndoIntent {
        /// The change's id.
        change: String,
        /// The op's place in the change.
        step: usize,
    },
    /// What came of it.
    UndoResult {
        /// The change's id.
        change: String,
        /// The op's place in the change.
        step: usize,
        /// `undone`, `kept`, `left` (changed since) or `failed`.
        result: String,
        /// Why it was kept, or what went wrong.
        message: String,
    },
    /// The run is over.
    End {
        /// Its outcome.
        outcome: String,
        /// The exit code.
        exit: u8,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_first(site: &usize) -> bool {
    *site == 0
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Header {
    pub run: String,
    pub program: String,
    pub command: String,
    pub tool: String,
    pub partition: String,
    pub account: String,
    pub caller: String,
    pub region: String,
    pub cluster: String,
    pub context: String,
    pub namespace: String,
    pub bucket: String,
    pub bucket_region: String,
    pub role: String,
    pub provider_arn: String,
    pub digest: String,
    /// `irsa` or `pod-identity`; empty in a journal of an older version, which knew IRSA alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identity: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restores: Vec<HeaderSite>,
}

/// A restore cluster of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HeaderSite {
    pub region: String,
    pub cluster: String,
    pub context: String,
    pub namespace: String,
    pub role: String,
    pub provider_arn: String,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It was not there and is now.
    Created,
    /// It was there and was changed.
    Updated,
    /// Nothing was changed (a wait, a proof, a thing that was as wanted).
    Unchanged,
    /// Nothing was done.
    Failed,
    /// Nobody knows whether it was done.
    Unknown,
}

/// A line.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    v: u32,
    seq: u64,
    t_wall: String,
    t_mono: u64,
    #[serde(flatten)]
    entry: Entry,
}

/// An open journal of this run.
pub struct Journal {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    seq: u64,
    opened: std::time::Instant,
}

impl Journal {
    /// Makes the folder `runs/RUN` (0700) and the journal in it (0600), locked for the run's life.
    ///
    /// # Errors
    /// `Missing` when the folder cannot be written: nothing is applied without a journal.
    pub fn create(runs: &Path, run: &str) -> Result<Self, Trouble> {
        let folder = runs.join(run);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| unwritable(&folder, &error))?;
        let path = folder.join("journal.jsonl");
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(|error| unwritable(&path, &error))?;
        file.try_lock().map_err(|error| unwritable(&path, &std::io::Error::other(error.to_string())))?;
        for synced in [&folder, &runs.to_path_buf()] {
            File::open(synced).and_then(|dir| dir.sync_all()).map_err(|error| unwritable(synced, &error))?;
        }
        Ok(Self { path, inner: Mutex::new(Inner { file, seq: 0, opened: std::time::Instant::now() }) })
    }

    /// Opens the journal of an earlier run, to append to it.
    ///
    /// # Errors
    /// `Busy` when another lifeboat holds it, `Missing` when it is not there.
    pub fn reopen(runs: &Path, run: &str) -> Result<(Self, Vec<Entry>), Trouble> {
        let path = runs.join(run).join("journal.jsonl");
        let (entries, good, seq) = read_with_length(&path)?;
        let file = OpenOptions::new()
            .append(true)
            .read(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(|error| unwritable(&path, &error))?;
        if file.try_lock().is_err() {
            return Err(Trouble::new(TroubleKind::Busy, format!("another lifeboat is working on the run {run}"))
                .todo("Wait until it ends"));
        }
        // A torn last line is dropped, so that what is appended stands on a line of its own.
        file.set_len(good).map_err(|error| unwritable(&path, &error))?;
        let inner = Inner { file, seq, opened: std::time::Instant::now() };
        Ok((Self { path, inner: Mutex::new(inner) }, entries))
    }

    /// Writes a line and waits until it is on the disk.
    ///
    /// # Errors
    /// `Missing` when the disk does not take it: the caller stops.
    pub fn write(&self, now: jiff::Timestamp, entry: Entry) -> Result<(), Trouble> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.seq += 1;
        let line = Line {
            v: VERSION,
            seq: inner.seq,
            t_wall: format!("{now:.3}"),
            t_mono: u64::try_from(inner.opened.elapsed().as_millis()).unwrap_or(u64::MAX),
            entry,
        };
        let text = checked(&line).map_err(|error| unwritable(&self.path, &std::io::Error::other(error)))?;
        inner.file.write_all(text.as_bytes()).map_err(|error| unwritable(&self.path, &error))?;
        inner.file.sync_data().map_err(|error| unwritable(&self.path, &error))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(TroubleKind::Missing, format!("the journal {} cannot be written", path.display()))
        .why(error.to_string())
        .todo("Nothing is changed without a journal: free the disk, or set XDG_STATE_HOME to a folder that can be written")
}

/// The line's JSON with the checksum of all before it as its last field.
fn checked(line: &Line) -> Result<String, String> {
    let text = serde_json::to_string(line).map_err(|error| error.to_string())?;
    let body = text.strip_suffix('}').unwrap_or(&text);
    Ok(format!("{body},\"crc32\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes())))
}

/// Reads the journal at `path`: all entries but a torn last line.
///
/// # Errors
/// `Missing` when it cannot be read, `Unreadable` with the line's number when a line before the last is
/// damaged, or the version is newer.
pub fn read(path: &Path) -> Result<Vec<Entry>, Trouble> {
    read_with_length(path).map(|(entries, ..)| entries)
}

fn read_with_length(path: &Path) -> Result<(Vec<Entry>, u64, u64), Trouble> {
    let mut text = Vec::new();
    OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .and_then(|mut file| file.read_to_end(&mut text))
        .map_err(|error| {
            Trouble::new(TroubleKind::Missing, format!("the journal {} cannot be read", path.display()))
                .why(error.to_string())
        })?;
    let (mut entries, mut good, mut seq) = (Vec::new(), 0_u64, 0);
    let mut rest: &[u8] = &text;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = match end {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        match (parse(line), after.is_empty()) {
            (Ok(parsed), _) if end.is_some() => {
                seq = parsed.seq;
                entries.push(parsed.entry);
                good += line.len() as u64 + 1;
            }
            (_, true) | (Ok(_), false) => break,
            (Err(why), false) => {
                return Err(Trouble::new(
                    TroubleKind::Unreadable,
                    format!("line {number} of {} is damaged", path.display()),
                )
                .why(why)
                .todo("Nothing is guessed from a damaged journal: compare what it names with the account by hand"));
            }
        }
        rest = after;
    }
    Ok((entries, good, seq))
}

fn parse(line: &[u8]) -> Result<Line, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    let (body, sum) = text.rsplit_once(",\"crc32\":\"").ok_or("it has no checksum")?;
    let sum = sum.strip_suffix("\"}").ok_or("it does not end as it should")?;
    if format!("{:08x}", crc32fast::hash(body.as_bytes())) != sum {
        return Err("its checksum is wrong".to_owned());
    }
    let line: Line = serde_json::from_str(&format!("{body}}}")).map_err(|error| error.to_string())?;
    if line.v > VERSION {
        return Err(format!("it was written by a newer lifeboat (format {})", line.v));
    }
    Ok(line)
}

/// The runs in a folder, newest first, with their entries or what is wrong with them.
pub fn runs(folder: &Path) -> Vec<(String, Result<Vec<Entry>, Trouble>)> {
    entries_of(folder).collect()
}

/// The newest run in a folder.
pub fn newest(folder: &Path) -> Option<(String, Result<Vec<Entry>, Trouble>)> {
    entries_of(folder).next()
}

fn entries_of(folder: &Path) -> impl Iterator<Item = (String, Result<Vec<Entry>, Trouble>)> + use<'_> {
    let list = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = list.filter_map(|item| item.file_name().into_string().ok()).collect();
    names.sort();
    let journals = names.into_iter().rev().filter(|name| folder.join(name).join("journal.jsonl").exists());
    journals.map(|name| {
        let entries = read(&folder.join(&name).join("journal.jsonl"));
        (name, entries)
    })
}

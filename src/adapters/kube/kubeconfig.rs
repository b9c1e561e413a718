//! The user's kubeconfig files, read carefully and merged as kubectl does: the first file that names a
//! thing wins, and what is wrong with one file or entry leaves the others usable.

use super::target::{self, Entry};
use super::{KubeOptions, yaml};
use crate::domain::Shown;
use crate::ports::{Answer, Trouble, TroubleKind};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most that is read of one file: 4 MiB (security.md E03).
const LIMIT: u64 = 4 * 1024 * 1024;

/// One file that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Its path.
    pub path: PathBuf,
    /// What is wrong with it (line and column where known); empty when it was read.
    pub problem: Shown,
}

/// One context that can be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextState {
    /// Its name.
    pub name: String,
    /// Its cluster's name.
    pub cluster: String,
    /// The API server's URL, or empty.
    pub server: String,
    /// The file that names it.
    pub file: PathBuf,
    /// Whether it is the current context.
    pub current: bool,
    /// The command that its credentials come from, with arguments; empty without a plugin.
    pub plugin: Vec<String>,
    /// Why it cannot be used; empty when it can.
    pub problem: Shown,
    /// What should be known before it is used.
    pub warnings: Vec<Shown>,
}

/// What the kubeconfig files hold, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contexts {
    /// The files that were tried, in order.
    pub files: Vec<FileState>,
    /// The contexts, in the order of the files.
    pub contexts: Vec<ContextState>,
    /// What is wrong with the whole, such as a current context that is not there.
    pub problems: Vec<Shown>,
}

/// The merged files. Holds secrets, therefore no `Debug`.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) files: Vec<FileState>,
    clusters: Vec<Entry>,
    users: Vec<Entry>,
    contexts: Vec<Entry>,
    current: String,
}

/// The three entries that a context joins.
pub(super) struct Selected<'a> {
    pub(super) cluster: &'a Entry,
    /// `None` for a context without a user: anonymous.
    pub(super) user: Option<&'a Entry>,
}

/// Reads the files and says which contexts can be used. Runs no plugin and opens no other file.
pub fn contexts(options: &KubeOptions) -> Contexts {
    let merged = read(options);
    let contexts: Vec<_> = merged.contexts.iter().map(|entry| merged.describe(entry)).collect();
    let mut problems = Vec::new();
    if contexts.is_empty() {
        problems.push(nothing_found(&merged.files).what);
    } else if merged.current.is_empty() {
        problems.push(Shown::new("no current-context is set: choose a context by name"));
    } else if !contexts.iter().any(|c| c.current) {
        problems.push(Shown::new(&format!("current-context '{}' names no context", merged.current)));
    }
    Contexts { files: merged.files, contexts, problems }
}

/// The files that apply: those of KUBECONFIG, else `~/.kube/config`.
fn paths(options: &KubeOptions) -> Vec<PathBuf> {
    match options.kubeconfig.as_ref().filter(|v| !v.is_empty()) {
        Some(list) => std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect(),
        None => options.home.iter().map(|home| home.join(".kube/config")).collect(),
    }
}

/// Reads and merges the files.
pub(super) fn read(options: &KubeOptions) -> Merged {
    let mut merged = Merged::default();
    for path in paths(options) {
        let problem = match read_file(&path).and_then(|bytes| yaml::parse(&bytes)) {
            Ok(document) => merged.add(&path, &document),
            Err(problem) => problem,
        };
        merged.files.push(FileState { path, problem: Shown::bounded(&problem, 500) });
    }
    merged
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let say = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read by this user".to_owned(),
        _ => error.to_string(),
    };
    let kind = std::fs::metadata(path).map_err(say)?;
    if kind.is_dir() {
        return Err("it is a folder, not a file".to_owned());
    }
    // Opening a pipe would wait for its writer.
    if !kind.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(say)?.take(LIMIT + 1).read_to_end(&mut bytes).map_err(say)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LIMIT {
        return Err("it is larger than 4 MiB, which no kubeconfig is".to_owned());
    }
    Ok(bytes)
}

impl Merged {
    /// Adds one document; answers what is wrong with it, or nothing.
    fn add(&mut self, path: &Path, document: &Value) -> String {
        if document.is_null() {
            return String::new();
        }
        let Some(fields) = document.as_object() else {
            return "it is no kubeconfig: a mapping is expected at the top".to_owned();
        };
        if !["clusters", "contexts", "users", "current-context", "kind"].iter().any(|key| fields.contains_key(*key)) {
            return "it is no kubeconfig: it names no clusters, contexts or users".to_owned();
        }
        let problems = [
            add_entries(&mut self.clusters, fields.get("clusters"), "cluster", path),
            add_entries(&mut self.users, fields.get("users"), "user", path),
            add_entries(&mut self.contexts, fields.get("contexts"), "context", path),
        ];
        if self.current.is_empty() {
            self.current = fields.get("current-context").and_then(target::scalar).unwrap_or_default();
        }
        problems.into_iter().filter(|problem| !problem.is_empty()).collect::<Vec<_>>().join("; ")
    }

    /// The entries that a context joins, or why there are none.
    pub(super) fn select(&self, name: &str) -> Answer<Selected<'_>> {
        let Some(context) = self.contexts.iter().find(|entry| entry.name == name) else {
            return Err(self.unknown(name));
        };
        let wrong = |why: String| {
            Trouble::new(TroubleKind::Invalid, format!("the kubeconfig context '{name}' cannot be used"))
                .why(why)
                .todo(format!("correct it in {}", context.file.display()))
        };
        if context.twice {
            tracing::warn!("a kubeconfig names a context twice; the first is used");
        }
        let cluster = context.text("cluster").ok_or_else(|| wrong("it names no cluster".to_owned()))?;
        let cluster = self
            .clusters
            .iter()
            .find(|entry| entry.name == cluster)
            .ok_or_else(|| wrong(format!("its cluster '{cluster}' is in no file")))?;
        if cluster.text("server").is_none() {
            return Err(wrong(format!("its cluster '{}' has no server", cluster.name)));
        }
        let user = match context.text("user") {
            None => None,
            Some(user) => Some(
                self.users
                    .iter()
                    .find(|entry| entry.name == user)
                    .ok_or_else(|| wrong(format!("its user '{user}' is in no file")))?,
            ),
        };
        Ok(Selected { cluster, user })
    }

    fn unknown(&self, name: &str) -> Trouble {
        if self.contexts.is_empty() {
            return nothing_found(&self.files);
        }
        let known: Vec<_> = self.contexts.iter().take(10).map(|entry| entry.name.as_str()).collect();
        let near = known.iter().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let broken: Vec<_> = self
            .files
            .iter()
            .filter(|file| !file.problem.is_empty())
            .map(|file| format!("{}: {}", file.path.display(), file.problem))
            .collect();
        let mut why = format!("there are: {}", known.join(", "));
        if !broken.is_empty() {
            why = format!("{why}; not read: {}", broken.join("; "));
        }
        let trouble = Trouble::new(TroubleKind::NotFound, format!("the kubeconfig has no context '{name}'")).why(why);
        match near {
            Some(near) if strsim::jaro_winkler(near, name) > 0.8 => trouble.todo(format!("did you mean '{near}'?")),
            _ => trouble.todo("choose one of them, or leave the context empty to reach the EKS cluster directly"),
        }
    }

    fn describe(&self, context: &Entry) -> ContextState {
        let cluster = context.text("cluster").unwrap_or_default();
        let server = self.clusters.iter().find(|c| c.name == cluster).and_then(|c| c.text("server"));
        let mut state = ContextState {
            name: context.name.clone(),
            cluster,
            server: server.unwrap_or_default(),
            file: context.file.clone(),
            current: context.name == self.current,
            plugin: Vec::new(),
            problem: Shown::default(),
            warnings: Vec::new(),
        };
        if context.twice {
            state.warnings.push(Shown::new("named twice in its file; the first is used, kubectl refuses the file"));
        }
        match self.select(&context.name).and_then(|selected| target::inspect(&selected)) {
            Ok(found) => {
                state.plugin = found.plugin;
                state.warnings.extend(found.warnings);
            }
            Err(trouble) => state.problem = Shown::new(&trouble.to_string()),
        }
        state
    }
}

/// Adds the entries of one list; answers what is wrong with it, or nothing.
fn add_entries(entries: &mut Vec<Entry>, list: Option<&Value>, key: &str, path: &Path) -> String {
    let list = match list {
        None | Some(Value::Null) => return String::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return format!("'{key}s' is not a list"),
    };
    let mut problems = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let Some(name) = item.get("name").and_then(target::scalar).filter(|name| !name.is_empty()) else {
            problems.push(format!("{key} number {} has no name", index + 1));
            continue;
        };
        let known = entries.iter_mut().find(|entry| entry.name == name);
        match known {
            // In one file two of a name are a mistake; over several files the first wins.
            Some(known) if known.file == path => {
                known.twice = true;
                problems.push(format!("two {key}s are named '{name}'"));
            }
            Some(_) => {}
            None => {
                let body = item.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
                entries.push(Entry { name, file: path.to_owned(), body, twice: false });
            }
        }
    }
    problems.join("; ")
}

fn nothing_found(files: &[FileState]) -> Trouble {
    let tried: Vec<_> = files
        .iter()
        .map(|file| match file.problem.as_str() {
            "" => format!("{} (it has no contexts)", file.path.display()),
            problem => format!("{} ({problem})", file.path.display()),
        })
        .collect();
    let tried = if tried.is_empty() { "neither KUBECONFIG nor HOME is set".to_owned() } else { tried.join(", ") };
    Trouble::new(TroubleKind::Missing, format!("no kubeconfig with a context was found; tried: {tried}"))
        .todo("leave the context empty: an EKS cluster is then reached directly, with a token that lifeboat makes")
}

#[cfg(test)]
#[path = "kubeconfig_tests.rs"]
mod tests;

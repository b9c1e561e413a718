//! A draft: what was typed, field by field, right or wrong, and how far the walk went.

use super::field::Field;
use super::step::{StepId, step, steps};
use super::{default_of, document, restore};
use crate::plan::answers::{Answers, Problem, Problems};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The step that asks for what is typed of clusters to restore to.
const RESTORE_AT: StepId = StepId::Options;

/// Raw texts by the answers file's keys. An absent text means the default. It is written to disk as it is, so
/// that even a half-typed word is there again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The draft's format.
    version: u32,
    /// The step that is shown.
    pub at: StepId,
    /// The steps that were shown once.
    pub visited: BTreeSet<StepId>,
    /// Texts by path.
    #[serde(default)]
    texts: BTreeMap<String, String>,
    /// What facts chose where the user did not, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    advised: BTreeMap<String, Advised>,
}

/// What facts chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advised {
    /// Whose facts: the cluster and the tool. Of others they say nothing.
    of: String,
    /// The value.
    value: String,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            version: 1,
            at: StepId::Welcome,
            visited: BTreeSet::from([StepId::Welcome]),
            texts: BTreeMap::new(),
            advised: BTreeMap::new(),
        }
    }
}

impl Draft {
    /// The draft that means these answers; `None` where its fields cannot say all of them.
    pub fn of(answers: &Answers) -> Option<Self> {
        let mut draft = Self::default();
        for (path, text) in document::texts(&answers.to_toml()) {
            draft.set(&path, &text);
        }
        draft.answers().is_ok_and(|meant| meant == *answers).then_some(draft)
    }

    /// Whether it has the same texts as another, wherever both walks are.
    pub fn says(&self, other: &Self) -> bool {
        self.texts == other.texts
    }

    /// What was typed into a field; empty when nothing was.
    pub fn text(&self, path: &str) -> &str {
        self.texts.get(path).map_or("", String::as_str)
    }

    /// What facts chose for a field in which the user chose nothing; empty where there is no such choice.
    pub fn advised(&self, path: &str) -> &str {
        let of = |advised: &&Advised| self.text(path).is_empty() && advised.of == self.advised_of();
        self.advised.get(path).filter(of).map_or("", |advised| &advised.value)
    }

    /// Takes what the facts of the cluster and tool choose for a field. A choice of the user's stays.
    pub fn advise(&mut self, path: &str, value: &str) {
        let advised = Advised { of: self.advised_of(), value: value.to_owned() };
        self.advised.insert(path.to_owned(), advised);
    }

    /// Whose facts choose.
    fn advised_of(&self) -> String {
        format!("{}/{} {}", self.text("cluster.region"), self.text("cluster.name"), self.value("tool"))
    }

    /// What the user or facts chose; empty where the default holds.
    pub fn said(&self, path: &str) -> &str {
        match self.text(path) {
            "" => self.advised(path),
            text => text,
        }
    }

    /// What holds: the text, what facts chose, or the default.
    pub fn value(&self, path: &str) -> String {
        let text = self.said(path);
        if !text.is_empty() {
            return text.to_owned();
        }
        // What is asked only where some cluster restores, and of each of them.
        match restore::place(path) {
            Some((at, "asked")) => return (at < self.restores()).to_string(),
            None if path == "restore_cluster" => return (self.restores() > 0).to_string(),
            _ => {}
        }
        super::draft::field(path).map(|field| default_of(field, self)).unwrap_or_default()
    }

    /// Sets a text; an empty one means the default.
    pub fn set(&mut self, path: &str, text: &str) {
        if text.is_empty() {
            self.texts.remove(path);
        } else {
            self.texts.insert(path.to_owned(), text.to_owned());
        }
    }

    /// The values of a list (`consent.adopt`, `velero.features`).
    pub fn list(&self, path: &str) -> BTreeSet<String> {
        self.text(path).split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// Puts a value into a list, or takes it out.
    pub fn toggle(&mut self, path: &str, value: &str) {
        let mut list = self.list(path);
        if !list.remove(value) {
            list.insert(value.to_owned());
        }
        let text: Vec<String> = list.into_iter().collect();
        self.set(path, &text.join(","));
    }

    /// Puts a change's id into a list of the consent (`consent.adopt`, `consent.leave`) or takes it out; it leaves
    /// the other list.
    pub fn consent(&mut self, list: &str, id: &str) {
        let other = if list == "consent.adopt" { "consent.leave" } else { "consent.adopt" };
        if self.list(other).contains(id) {
            self.toggle(other, id);
        }
        self.toggle(list, id);
    }

    /// Whether anything was typed at all.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The answers, or all that is wrong.
    ///
    /// # Errors
    /// The problems, each at its field, in the order of the steps.
    pub fn answers(&self) -> Result<Answers, Problems> {
        Answers::parse(&document::toml(self)).map_err(|problems| {
            let mut list = problems.0;
            list.sort_by_key(|problem| place(&problem.field));
            Problems(list)
        })
    }

    /// All that is wrong, each at its field.
    pub fn problems(&self) -> Vec<Problem> {
        self.answers().err().map(|problems| problems.0).unwrap_or_default()
    }

    /// What is wrong in one step's fields.
    pub fn problems_of(&self, id: StepId) -> Vec<Problem> {
        self.problems().into_iter().filter(|problem| owner(&problem.field) == Some(id)).collect()
    }

    /// The text of a draft file.
    pub fn to_file(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// A draft from its file.
    ///
    /// # Errors
    /// A sentence, when it cannot be read or is of a newer version.
    pub fn from_file(text: &str) -> Result<Self, String> {
        let draft: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if draft.version != 1 {
            return Err(format!("the draft has version {}; this lifeboat reads version 1", draft.version));
        }
        Ok(draft)
    }
}

/// The field of a path.
pub fn field(path: &str) -> Option<&'static Field> {
    steps().iter().flat_map(|step| &step.fields).chain(restore::fields()).find(|field| field.path == path)
}

/// The fields that a step asks for now, in their order; those of the clusters to restore to come last.
pub fn fields(draft: &Draft, id: StepId) -> Vec<&'static Field> {
    let own = if id == RESTORE_AT { restore::fields() } else { &[] };
    step(id).fields.iter().chain(own).filter(|field| field.shown(draft)).collect()
}

/// The step that asks for a path, or for a key under it (`tags.team`).
pub fn owner(path: &str) -> Option<StepId> {
    match restore::place(path) {
        Some(_) if restore::fields().iter().any(|field| field.path == path) => return Some(RESTORE_AT),
        // Which clusters they are.
        Some(_) => return Some(StepId::Cluster),
        None if path == "restore_cluster" => return Some(StepId::Cluster),
        None => {}
    }
    steps().iter().find(|step| step.fields.iter().any(|field| field.owns(path))).map(|step| step.id)
}

/// Where a path stands among all fields.
fn place(path: &str) -> (usize, usize) {
    let at = owner(path).map_or(usize::MAX, StepId::index);
    let within = StepId::ALL
        .get(at)
        .map_or(0, |id| step(*id).fields.iter().position(|field| field.owns(path)).unwrap_or(usize::MAX));
    (at, within)
}

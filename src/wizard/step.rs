//! The steps, in their order.

use super::field::Field;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The steps of the wizard (design 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum StepId {
    Welcome,
    Cluster,
    Tool,
    Identity,
    Storage,
    Encryption,
    Options,
    Review,
    Apply,
    Live,
}

impl StepId {
    /// All, in their order.
    pub const ALL: [Self; 10] = [
        Self::Welcome,
        Self::Cluster,
        Self::Tool,
        Self::Identity,
        Self::Storage,
        Self::Encryption,
        Self::Options,
        Self::Review,
        Self::Apply,
        Self::Live,
    ];

    /// Its place, from 0.
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).unwrap_or(0)
    }

    /// The step after it.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self.index() + 1).copied()
    }

    /// The step before it.
    pub fn before(self) -> Option<Self> {
        self.index().checked_sub(1).and_then(|at| Self::ALL.get(at)).copied()
    }

    /// Whether it asks questions in a form.
    pub fn is_form(self) -> bool {
        matches!(self, Self::Tool | Self::Identity | Self::Storage | Self::Encryption | Self::Options)
    }
}

/// A step and its questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// One word or two.
    pub title: String,
    /// Why it is asked; paragraphs.
    pub why: String,
    /// The same for who sees no screen; empty: the same words.
    #[serde(default)]
    pub plain: String,
    /// Its fields, in their order.
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
}

impl Step {
    /// Why it is asked, paragraph by paragraph, without a word about a screen.
    pub fn told(&self) -> impl Iterator<Item = &str> {
        if self.plain.is_empty() { self.why.trim().split("\n\n") } else { self.plain.trim().split("\n\n") }
    }
}

#[derive(Deserialize)]
struct File {
    step: Vec<Step>,
}

static STEPS: LazyLock<Vec<Step>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("../../assets/steps.toml"));
    file.map(|file| file.step).unwrap_or_default()
});

/// All steps. The file is part of the program; a test holds it to all ids.
pub fn steps() -> &'static [Step] {
    &STEPS
}

/// One step.
pub fn step(id: StepId) -> &'static Step {
    static NONE: Step = Step {
        id: StepId::Welcome,
        title: String::new(),
        why: String::new(),
        plain: String::new(),
        fields: Vec::new(),
    };
    steps().get(id.index()).unwrap_or(&NONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BucketName, ClusterName, Identity, Region, Tool};
    use crate::plan::answers::Answers;

    #[test]
    fn every_step_stands_in_the_file_in_its_order_with_words() {
        let ids: Vec<StepId> = steps().iter().map(|step| step.id).collect();
        assert_eq!(ids, StepId::ALL);
        for step in steps() {
            assert!(!step.title.is_empty() && step.why.len() > 40, "{:?} says too little", step.id);
            for field in &step.fields {
                assert!(!field.label.is_empty() && !field.hint.is_empty(), "{} has no words", field.path);
            }
        }
    }

    #[test]
    fn every_field_is_one_of_the_answers_file() {
        let example = include_str!("../plan/answers/contract_example.toml");
        let mut known: toml::Table = toml::from_str(example).unwrap();
        // It is of one tool; the tables of the others are those that their answers are written with.
        for tool in [Tool::RancherBackup, Tool::UpboundSpaces] {
            let (name, region) = (ClusterName::parse("prod").unwrap(), Region::parse("us-east-1").unwrap());
            let bucket = BucketName::parse("acme-backups").unwrap();
            let answers = Answers::new(tool, Identity::Irsa, name, region, bucket);
            let file: toml::Table = toml::from_str(&answers.to_toml()).unwrap();
            known.extend(file.into_iter().filter(|(key, _)| matches!(key.as_str(), "rancher" | "spaces")));
        }
        for field in steps().iter().flat_map(|step| &step.fields) {
            let mut at = known.clone();
            let mut parts = field.path.split('.').peekable();
            while let Some(part) = parts.next() {
                let value = at.get(part).unwrap_or_else(|| panic!("{} is not in the answers file", field.path)).clone();
                if parts.peek().is_some() {
                    at = value.as_table().unwrap().clone();
                }
            }
        }
    }
}

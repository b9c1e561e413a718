//! Welcome: what to do.

use crate::app::command::Command;
use crate::app::model::Model;

/// One line of Welcome's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// What it does.
    pub command: Command,
    /// One sentence.
    pub about: &'static str,
}

impl Welcome {
    /// What is offered now, the best first: without credentials the demo, with a draft going on with it.
    pub fn offers(model: &Model) -> Vec<Self> {
        let mut out = Vec::new();
        let set_up = Self { command: Command::SetUp, about: "an EKS cluster, step by step" };
        let demo = Self { command: Command::LookAround, about: "made up; nothing leaves here" };
        let resume = Self { command: Command::Resume, about: "with the answers of last time" };
        let no_credentials = matches!(model.surroundings, super::super::model::Load::Failed(_));
        if matches!(model.setup.draft, Some(Ok(_))) {
            out.push(resume);
        }
        if no_credentials && model.setup.demo.is_none() {
            out.push(demo);
            out.push(set_up);
        } else {
            out.push(set_up);
            if model.setup.demo.is_none() {
                out.push(demo);
            }
        }
        out.push(Self { command: Command::Watch, about: "how a cluster's backups are" });
        out.push(Self { command: Command::Quit, about: "the answers so far are kept" });
        out
    }
}

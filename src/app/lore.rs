//! What was found out of the account and the cluster for the forms, and who asks for it.

use super::effect::{Effect, Task};
use super::model::{Load, Model, Owner};
use crate::domain::Tool;
use crate::domain::audit::AuditLine;
use crate::domain::discovery::{KeyState, SpaceSeen};
use crate::domain::recommend::Recommendation;
use crate::domain::volumes::Volumes;
use crate::wizard::{Draft, StepId};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What was found out.
#[derive(Debug, Clone, Default)]
pub struct Lore {
    /// Which identity fits, and why.
    pub advice: Of<Recommendation>,
    /// The volumes of the cluster that is backed up.
    pub volumes: Of<Volumes>,
    /// The existing bucket line by line, `acme-backups/PREFIX`.
    pub audit: Of<Vec<AuditLine>>,
    /// The Space of the cluster.
    pub space: Of<SpaceSeen>,
    /// How keys are, by id.
    pub keys: BTreeMap<String, KeyState>,
}

/// Something that was asked of a thing with a name.
#[derive(Debug, Clone)]
pub struct Of<T> {
    /// What it was asked of (`us-east-1/prod`).
    pub name: String,
    /// What was heard.
    pub load: Load<T>,
}

impl<T> Default for Of<T> {
    fn default() -> Self {
        Self { name: String::new(), load: Load::Idle }
    }
}

impl<T> Of<T> {
    /// Begins to ask it of something, unless that is known already; whether it has to be asked.
    pub fn begin(&mut self, name: &str, now: i64) -> bool {
        let known = self.name == name && matches!(self.load, Load::Here(_) | Load::Loading(_));
        if !known {
            *self = Self { name: name.to_owned(), load: Load::Loading(now) };
        }
        !known
    }

    /// Forgets a question whose answer will not come.
    pub fn cancelled(&mut self) {
        if self.load.is_loading() {
            self.load = Load::Idle;
        }
    }
}

/// The cluster of a draft as one name: `us-east-1/prod`.
pub fn cluster_of(draft: &Draft) -> String {
    format!("{}/{}", draft.text("cluster.region"), draft.text("cluster.name"))
}

/// What advice on the identity is of: the clusters, the tool, and how many of them share a role.
pub fn advice_of(draft: &Draft) -> String {
    let mut of = format!("{} {} {}", cluster_of(draft), draft.value("tool"), shared(draft));
    for (name, region) in (0..draft.restores()).map(|at| draft.restore_name(at)) {
        let _ = write!(of, " {region}/{name}");
    }
    of
}

/// The tool of a draft.
pub fn tool_of(draft: &Draft) -> Tool {
    Tool::parse(&draft.value("tool")).unwrap_or_default()
}

/// How many clusters are set up with one role.
pub fn shared(draft: &Draft) -> usize {
    if draft.value("role.shared") == "true" { draft.restores() + 1 } else { 1 }
}

/// What a form's remarks need is asked for as it is entered.
pub fn look_up(model: &mut Model, target: StepId, out: &mut Vec<Effect>) {
    super::audit::begin(model, out);
    let mut start = |model: &mut Model, task: Task| {
        let ticket = model.ticket(Owner::Screen(target));
        out.push(Effect::Start(ticket, Box::new(task)));
    };
    let (now, place) = (model.now, model.place());
    let name = cluster_of(&model.draft);
    if place.cluster.is_empty() {
        return;
    }
    if target == StepId::Identity {
        let of = advice_of(&model.draft);
        if model.lore.advice.begin(&of, now) {
            let clusters = super::advised::asked(&model.draft);
            start(model, Task::Advise(of, clusters));
        }
    }
    if target != StepId::Options {
        return;
    }
    match place.tool {
        Tool::Velero if model.lore.volumes.begin(&name, now) => {
            start(model, Task::Volumes(place.region, place.cluster, place.context));
        }
        Tool::UpboundSpaces if model.lore.space.begin(&name, now) => {
            start(model, Task::Space(place.region, place.cluster, place.context));
        }
        _ => {}
    }
}

/// The lookups were cancelled.
pub fn cancelled(model: &mut Model) {
    model.lore.advice.cancelled();
    model.lore.volumes.cancelled();
    model.lore.audit.cancelled();
    model.lore.space.cancelled();
}

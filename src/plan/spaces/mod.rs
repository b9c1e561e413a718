//! Upbound Spaces: whom its role trusts, its release's values, and a config, a schedule and proofs for each group and
//! control plane (upbound.md).

mod objects;
mod planes;
mod release;
mod steps;
mod trust;

pub use release::CHART;
pub use trust::Trusted;

use super::Draft;
use super::answers::{DeletionPolicy, SpacesTrust};
use super::pod_identity::association_of;
use super::scope::{Scope, problem};
use crate::domain::Identity;
use crate::domain::space::CONTROLLER;
use planes::Planes;

/// Plans what Upbound Spaces needs in one cluster, after its role.
pub fn plan(scope: &Scope<'_>, draft: &mut Draft) {
    if !release::check(scope, draft) {
        return;
    }
    let planes = Planes::of(scope);
    if !planes::check(scope, draft) || !is_anything(scope, &planes, draft) {
        return;
    }
    trust::notes(scope, &planes, draft);
    let irsa = scope.answers.identity == Identity::Irsa;
    for plane in &planes.covered {
        let host = &plane.host.namespace;
        if !irsa {
            association_of(scope, draft, &format!(":{host}"), host, CONTROLLER);
        }
        steps::token(scope, plane, draft);
    }
    release::release(scope, &planes, draft);
    for plane in &planes.covered {
        if irsa {
            steps::service_account(scope, plane, draft);
        }
        steps::restart(scope, plane, draft);
    }
    for group in &planes.groups {
        objects::location(scope, &planes, group, draft);
        if scope.is_first() {
            objects::schedule(scope, &planes, group, draft);
        }
    }
    steps::healthy(scope, &planes, draft);
    if scope.is_first() {
        steps::canaries(scope, &planes, draft);
    }
    draft.beyond("restore");
    if scope.is_first() && scope.answers.spaces.schedule.is_some() {
        draft.beyond("schedules");
    }
}

/// Whether there is anything that could be covered; a role that trusts nobody is of no use.
fn is_anything(scope: &Scope<'_>, planes: &Planes<'_>, draft: &mut Draft) -> bool {
    if !planes.covered.is_empty() || scope.answers.spaces.trust == SpacesTrust::Pattern {
        return true;
    }
    let field = if scope.is_first() {
        "spaces.control_planes".to_owned()
    } else {
        format!("restore_cluster[{}].name", scope.at - 1)
    };
    let lacks = planes.waiting.iter().map(|(plane, why)| format!("{plane} {why}")).collect::<Vec<_>>().join("; ");
    let why = if lacks.is_empty() { "there is none in the groups that are meant".to_owned() } else { lacks };
    draft.problems.0.push(problem(
        &field,
        &format!("no control plane of {} can be trusted by name yet", scope.names.cluster),
        &why,
        "Make one and wait until it is ready, or use spaces.trust = \"pattern\"",
    ));
    false
}

/// Whether a feature of the permissions' asset is chosen.
pub fn has_feature(scope: &Scope<'_>, feature: &str) -> bool {
    feature == "delete" && scope.answers.spaces.deletion_policy == DeletionPolicy::Delete
}

/// Our values as the record keeps them.
pub(super) fn recorded_values(scope: &Scope<'_>) -> String {
    release::recorded(scope)
}

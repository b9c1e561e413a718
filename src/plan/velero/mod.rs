//! Velero: its permissions, values, location and schedule.

mod images;
mod in_place;
mod objects;
mod overruled;
pub mod paths;
mod plugin;
mod release;
mod renames;
mod values;
mod versions;
mod volumes;

pub(super) use paths::overlay;
pub use values::{IDENTITY_ANNOTATION, fullname, location_name, locations, service_account_of};
pub(super) use values::{Setting, as_record, merged as merged_values};
use versions::chart_version;

pub use volumes::{VOLUMES, covers, proofs};

use super::answers::{Answers, Feature};
use super::scope::{Scope, problem};
use super::{Draft, SiteFacts, Way, cluster, pod_identity, proof};
use crate::domain::Identity;

/// Plans what Velero needs in one cluster, after its role.
pub fn plan(scope: &Scope<'_>, draft: &mut Draft) {
    old_plugin(scope, draft);
    cluster::namespace(scope, draft);
    pod_identity::association(scope, draft);
    cluster::service_account(scope, draft);
    cluster::password(scope, draft);
    proof::token(scope, draft);
    if scope.way == Way::InPlace {
        in_place::workloads(scope, draft);
        objects::location(scope, draft);
        if scope.is_first() {
            objects::schedule(scope, draft);
        }
    } else {
        release::release(scope, draft);
        release::location(scope, draft);
        if scope.is_first() {
            release::schedule(scope, draft);
        }
    }
    proof::restart(scope, draft);
    proof::healthy(scope, draft);
    if scope.is_first() {
        proof::canary(scope, draft);
    } else {
        proof::restore(scope, draft);
    }
    volumes::notes(scope, draft);
    draft.beyond(VOLUMES);
    for feature in &scope.answers.velero.features {
        draft.beyond(feature.as_str());
    }
    if scope.is_first() && scope.answers.velero.schedule.is_some() {
        draft.beyond("schedules");
    }
}

/// F12: a plugin before 1.10 takes container credentials from loopback alone, which the agent is not.
fn old_plugin(scope: &Scope<'_>, draft: &mut Draft) {
    let plugin = plugin::version(scope);
    let minor = plugin.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    if scope.names.identity == Identity::PodIdentity && minor.is_some_and(|minor| minor < OLDEST_PLUGIN) {
        draft.problems.0.push(problem(
            "identity",
            &format!("the installed Velero of {} takes no EKS Pod Identity", scope.names.cluster),
            &format!("its plugin for AWS is {plugin}; 1.{OLDEST_PLUGIN} is the first that does, with Velero 1.14"),
            "Set install.version to the tested chart to upgrade it, or use identity = \"irsa\"",
        ));
    }
}

/// The plugin's oldest minor version that takes Pod Identity (velero.md 1).
const OLDEST_PLUGIN: u32 = 10;

/// Whether a feature of the permissions' asset is chosen.
pub fn has_feature(scope: &Scope<'_>, feature: &str) -> bool {
    Feature::parse(feature).is_ok_and(|feature| scope.answers.velero.features.contains(&feature))
}

/// The Secret with the password that encrypts volume data (velero.md 5).
pub const REPOSITORY_SECRET: &str = "velero-repo-credentials";

/// The name of Velero's Deployment, fixed since chart 11.0.0 (velero.md 2).
pub fn deployment_name() -> &'static str {
    "velero"
}

/// The Deployment of a release: its name follows the release's before chart 11.0.0.
pub fn deployment_of(answers: &Answers, site: &SiteFacts, release: &str) -> String {
    let chart = versions::number(&versions::meant(answers, site));
    if chart.major >= 11 { deployment_name().to_owned() } else { fullname(answers, site, release) }
}

/// The password that the server makes itself (velero.md 5).
pub fn public_password() -> &'static str {
    "static-passw0rd"
}

/// Our values as the record keeps them.
pub(super) fn recorded_values(scope: &super::scope::Scope<'_>) -> String {
    // In place there are no values: what is ours is read off the objects.
    if scope.way == Way::InPlace { "[]".to_owned() } else { values::as_record(&values::ours(scope)) }
}

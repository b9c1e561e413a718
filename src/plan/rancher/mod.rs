//! Rancher Backup: its two charts, its values, the recurring Backup and its proofs.

mod encryption;
mod objects;
mod others;
mod place;
mod proofs;
mod release;
mod restart;
mod values;
mod version;

pub use place::by_hand;
pub use restart::{deployed, older, records};

use super::scope::{Scope, problem};
use super::{Draft, Way, cluster, pod_identity, proof};
use crate::domain::{Identity, operator_version};
use crate::ports::Setting;
use serde_json::Value;

/// The name of the recurring Backup that is ours.
pub const RANCHER_BACKUP: &str = "lifeboat";
/// The Secret that backups are encrypted with, where lifeboat makes it.
pub const ENCRYPTION_SECRET: &str = "rancher-backup-encryption";
/// The one data key of such a Secret that the operator reads (rancher.md 3).
pub const ENCRYPTION_KEY: &str = "encryption-provider-config.yaml";

/// Plans what Rancher Backup needs in one cluster, after its role.
pub fn plan(scope: &Scope<'_>, draft: &mut Draft) {
    if scope.is_first() {
        no_default_retention(scope, draft);
    }
    let Some(chart) = version::choose(scope, draft) else { return };
    old_operator(scope, draft, &chart);
    by_hand_made(scope, draft);
    cluster::namespace(scope, draft);
    pod_identity::association(scope, draft);
    cluster::service_account(scope, draft);
    proof::token(scope, draft);
    encryption::secret(scope, draft);
    release::crds(scope, draft, &chart);
    release::operator(scope, draft, &chart);
    if scope.is_first() {
        objects::schedule(scope, draft);
    }
    restart::restart(scope, draft);
    proofs::healthy(scope, draft);
    if scope.is_first() {
        proofs::canary(scope, draft);
        notes(scope, draft);
    }
    draft.beyond("restore");
    if scope.is_first() && scope.answers.rancher.schedule.is_some() {
        draft.beyond("schedules");
    }
}

/// Whether a feature of the permissions' asset is chosen: there is none but the key.
pub fn has_feature(_scope: &Scope<'_>, _feature: &str) -> bool {
    false
}

/// Our values as the record keeps them.
pub(super) fn recorded_values(scope: &Scope<'_>) -> String {
    version::version(scope).map_or_else(|| "[]".to_owned(), |chart| values::recorded(scope, &chart))
}

/// The operator sends no checksum, which S3 demands where it locks by default (rancher-F20); and what is locked
/// cannot be removed when it is too old (rancher-F16).
fn no_default_retention(scope: &Scope<'_>, draft: &mut Draft) {
    let document = scope.setting(Setting::ObjectLock).and_then(|text| serde_json::from_str::<Value>(text).ok());
    if document.is_some_and(|document| document["Rule"]["DefaultRetention"].is_object()) {
        draft.problems.0.push(problem(
            "bucket.name",
            &format!("s3://{} keeps new objects locked by default", scope.names.bucket),
            "Rancher Backup sends no checksum, which S3 demands for locked objects, and could not remove what is too old",
            "Choose a bucket without a default retention",
        ));
    }
}

/// An operator that nobody's Helm and no repository made: there is no release to upgrade, and Helm takes over nothing that
/// it does not own.
fn by_hand_made(scope: &Scope<'_>, draft: &mut Draft) {
    if scope.way != Way::InPlace {
        return;
    }
    let (namespace, deployment) = (&scope.names.namespace, &scope.names.deployment);
    draft.problems.0.push(problem(
        "install.namespace",
        &format!("the Deployment {namespace}/{deployment} of {} was not installed by Helm", scope.names.cluster),
        "a release beside it would want the same objects, and Helm refuses what it does not own",
        &format!("Remove it, its types and Backups may stay: kubectl delete deployment {deployment} -n {namespace}"),
    ));
}

/// An operator before 3.1.4, or 4.0.2 of its line, takes container credentials from loopback alone, which the agent is
/// not (rancher-F8).
fn old_operator(scope: &Scope<'_>, draft: &mut Draft, chart: &str) {
    let Ok(version) = semver::Version::parse(operator_version(chart)) else { return };
    let first = if version.major >= 4 { semver::Version::new(4, 0, 2) } else { semver::Version::new(3, 1, 4) };
    if scope.names.identity == Identity::PodIdentity && version < first {
        draft.problems.0.push(problem(
            "identity",
            &format!("the Rancher Backup of {} takes no EKS Pod Identity", scope.names.cluster),
            &format!("its operator is {version}, and {first} is the first of its line that does"),
            "Set install.version to a tested chart to upgrade it, or use identity = \"irsa\"",
        ));
    }
}

/// What to know before it is applied.
fn notes(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    if scope.site.kube.rancher.rancher.is_none() {
        draft.note(format!(
            "There is no Rancher in {}: the set then holds what is there of its kinds, the namespaces cattle-* with their service accounts and settings, and passes over what is not served",
            names.cluster
        ));
    }
    if scope.answers.rancher.resource_set == super::answers::ResourceSet::Full
        && scope.answers.rancher.encryption_secret == super::answers::SecretChoice::None
    {
        draft.note("The set full holds Secrets, and without rancher.encryption_secret they stand readable in the file: whoever reads the bucket reads them");
    }
    if names.identity == Identity::Irsa {
        draft.note(format!(
            "A restore brings back the service account with the role of {} (rancher-F17): run apply again after a restore, in another cluster in any case",
            names.cluster
        ));
    }
}

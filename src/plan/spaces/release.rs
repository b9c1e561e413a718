//! The Space's release: upgraded as it is, with the role laid into its values (upbound.md 1).

use super::installed;
use super::planes::Planes;
use crate::domain::Identity;
use crate::domain::space::PULL_SECRET;
use crate::plan::cluster::ROLE_ANNOTATION;
use crate::plan::scope::{Scope, problem};
use crate::plan::velero::paths::{overlay, put, remove};
use crate::plan::{Change, ChangeKind, Draft, Op, ReleaseOp, Risk, digest, document};
use crate::ports::{ChartSource, Release};
use serde_json::{Value, json};

/// The Space's chart.
pub const CHART: &str = "oci://xpkg.upbound.io/spaces-artifacts/spaces";

/// The oldest Space whose backups need no flag and whose types are the ones we write (upbound.md 2).
const OLDEST: (u64, u64) = (1, 12);

/// A value of ours: where, and what.
type Setting = (Vec<String>, Value);

/// Our values: the annotation of every controller's service account. Nothing of `backup` or `billing` is a value of
/// backups, whatever guides say.
fn ours(scope: &Scope<'_>) -> Vec<Setting> {
    if scope.answers.identity == Identity::PodIdentity {
        return Vec::new();
    }
    vec![(annotation(), json!(scope.names.role_arn))]
}

/// Where that annotation is in values.
const ANNOTATION: &str = "/controlPlanes/mxpController/serviceAccount/annotations/eks.amazonaws.com~1role-arn";

fn annotation() -> Vec<String> {
    ["controlPlanes", "mxpController", "serviceAccount", "annotations", ROLE_ANNOTATION].map(str::to_owned).to_vec()
}

/// Our values as the record keeps them.
pub fn recorded(scope: &Scope<'_>) -> String {
    digest::sorted(&json!(ours(scope))).to_string()
}

/// What the last run of ours set, as its record says.
fn former(scope: &Scope<'_>) -> Vec<Setting> {
    let text = scope.site.kube.record.as_ref().and_then(|record| record["data"]["values"].as_str());
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Refuses what no plan can be made for: no Space, one that is too old, no pull secret, no login.
pub fn check(scope: &Scope<'_>, draft: &mut Draft) -> bool {
    let names = &scope.names;
    let field =
        if scope.is_first() { "install.release".to_owned() } else { format!("restore_cluster[{}].name", scope.at - 1) };
    let mut refuse = |field: &str, what: &str, why: &str, todo: &str| {
        draft.problems.0.push(problem(field, what, why, todo));
        false
    };
    if scope.is_first() && !scope.answers.install.image_registry.is_empty() {
        refuse(
            "install.image_registry",
            "lifeboat sets no image mirror for a Space",
            "its mirror is three values with a path each, of the host and of every control plane: a change of the whole Space, not of its backups, and lifeboat brings no image into it",
            "Leave install.image_registry out; mirror with up space mirror, and set registry, controlPlanes.uxp.registryOverride and controlPlanes.uxp.repository in the Space's release (install.values takes them too)",
        );
    }
    let (Some(space), Some(release)) = (&scope.site.space, installed::space(scope)) else {
        return refuse(
            &field,
            &format!("{} has no Space: there is no release {}/{}", names.cluster, names.namespace, names.release),
            "lifeboat sets up the backups of a Space that is installed; a self-hosted Space with them needs an Upbound plan (Business Critical), and its licence token for the images and the chart",
            &format!(
                "Install the Space first (helm registry login xpkg.upbound.io, Secret {PULL_SECRET} in {}, chart {CHART}), or name its namespace and release in [install]",
                names.namespace
            ),
        );
    };
    if minor(&release.version).is_some_and(|found| found < OLDEST) {
        return refuse(
            &field,
            &format!("the Space of {} is version {}", names.cluster, release.version),
            "shared backups need no feature flag since 1.12, and its API version v1beta1 is served since then",
            "Upgrade the Space, one minor version at a time",
        );
    }
    // Without a release only its repository knows which Secrets the pods pull with.
    if scope.site.release.is_some() && pulls(&release.values) && !space.pull_secret {
        return refuse(
            &field,
            &format!("the Secret {PULL_SECRET} is not in {}", names.namespace),
            "the Space's pods pull their images with it: a restart of any of them would fail",
            &format!(
                "Make it from the licence token: kubectl -n {} create secret docker-registry {PULL_SECRET} --docker-server=https://xpkg.upbound.io --docker-username=ACCESS-ID --docker-password=TOKEN",
                names.namespace
            ),
        );
    }
    true
}

/// Whether the release's pods pull with the Secret: the chart's default, unless its values name none.
fn pulls(values: &Value) -> bool {
    match values["imagePullSecrets"].as_array() {
        None => true,
        Some(secrets) => secrets.iter().any(|secret| secret["name"] == PULL_SECRET),
    }
}

fn minor(version: &str) -> Option<(u64, u64)> {
    let version = semver::Version::parse(version.trim_start_matches('v')).ok()?;
    Some((version.major, version.minor))
}

/// Plans `helm-release`, where a value of ours is in it; with Pod Identity the release stays as it is.
pub fn release(scope: &Scope<'_>, planes: &Planes<'_>, draft: &mut Draft) {
    let (names, Some(current)) = (&scope.names, installed::space(scope)) else { return };
    let (values, contested) = merged(scope, &current.values, draft);
    let version = if scope.answers.install.version.is_empty() {
        current.version.clone()
    } else {
        scope.answers.install.version.clone()
    };
    if let Some(theirs) = values.pointer(ANNOTATION).filter(|_| scope.answers.identity == Identity::PodIdentity) {
        draft.note(format!(
            "the Space annotates its controllers with {theirs} (IRSA): an association wins over it for new pods; take the annotation out of the release once nothing uses it"
        ));
    }
    if values == current.values && version == current.version && scope.answers.identity == Identity::PodIdentity {
        return;
    }
    let path = format!("helm/{}/{}/values.yaml", names.folder, names.release);
    let written = written(scope, &values, draft);
    draft.document(&path, document::yaml(&written));
    let mut change = scope
        .change(
            "helm-release",
            ChangeKind::Helm,
            format!("release {}/{} of chart spaces {version}", names.namespace, names.release),
        )
        .why("the role is annotated on the service account of every control plane's controller; all your values stay")
        .undo("rolled back to the revision before")
        .risk(Risk::High)
        .document(path)
        .desired(json!({"release": names.release, "version": version, "values": ours(scope)}));
    change.needs = planes.covered.iter().map(|plane| format!("token-proof:{}", plane.host.namespace)).collect();
    change.needs.extend(["role".to_owned(), "permissions".to_owned()]);
    let op = Op::Upgrade(ReleaseOp {
        name: names.release.clone(),
        namespace: names.namespace.clone(),
        chart: ChartSource::Reference(chart(scope)),
        version: version.clone(),
        values: document::yaml(&values),
        previous_revision: current.revision,
        stays: false,
    });
    let mut diff = document::diff(&document::yaml(&current.values), &document::yaml(&values));
    if current.version != version {
        diff.extend([format!("-chart {}", current.version), format!("+chart {version}")]);
    }
    // What its repository renders has no values to compare: the service accounts show whether it has taken ours.
    let taken = if scope.site.release.is_some() {
        current.values == values && current.status == "deployed"
    } else {
        installed::annotated(scope, planes)
    };
    let same = taken && current.version == version;
    let change = if same { change } else { change.update(vec![op], diff) };
    if !same && !may_pull(scope, &current, &version, draft) {
        return;
    }
    draft.push(settled(scope, change, contested));
}

/// The values of the plan's document: all of a release that lifeboat upgrades; ours and the user's alone where a
/// repository holds the others.
fn written(scope: &Scope<'_>, merged: &Value, draft: &mut Draft) -> Value {
    if scope.repository().is_none() {
        return merged.clone();
    }
    self::merged(scope, &json!({}), draft).0
}

/// A role that somebody else has annotated is replaced with consent only; an annotation beside the rest is what the
/// set-up is.
fn settled(scope: &Scope<'_>, change: Change, contested: Option<String>) -> Change {
    let Some(theirs) = contested else { return change };
    let consent = scope.consent(&change);
    change.foreign(consent, &format!("the release annotates the controllers with {theirs}"))
}

fn chart(scope: &Scope<'_>) -> String {
    let chart = &scope.answers.install.chart;
    if chart.is_empty() { CHART.to_owned() } else { chart.clone() }
}

/// The installed values under the user's, under ours; and another role that was annotated before.
fn merged(scope: &Scope<'_>, current: &Value, draft: &mut Draft) -> (Value, Option<String>) {
    let mut values = if current.is_object() { current.clone() } else { json!({}) };
    let ours = ours(scope);
    for (path, value) in former(scope) {
        if !ours.iter().any(|(there, _)| *there == path) {
            remove(&mut values, &path, &value);
        }
    }
    if let Some(user) = &scope.answers.user_values {
        overlay(&mut values, user);
        if user["backup"].is_object() {
            draft.note("values: backup is no key of the Space's chart, and no backup needs it: bucket and region are in the SharedBackupConfig");
        }
    }
    let before = values.pointer(ANNOTATION).and_then(Value::as_str).map(str::to_owned);
    for (path, value) in &ours {
        put(&mut values, path, value);
    }
    let mine = |arn: &String| {
        *arn == scope.names.role_arn || former(scope).iter().any(|(_, value)| value.as_str() == Some(arn))
    };
    (values, before.filter(|arn| !ours.is_empty() && !mine(arn)))
}

/// Refuses an upgrade that helm would be refused: a version that skips one, or a registry without a login.
fn may_pull(scope: &Scope<'_>, current: &Release, version: &str, draft: &mut Draft) -> bool {
    if let (Some(from), Some(to)) = (minor(&current.version), minor(version))
        && (to.0 != from.0 || to.1 > from.1 + 1 || to < from)
    {
        draft.problems.0.push(problem(
            "install.version",
            &format!("the Space cannot go from {} to {version}", current.version),
            "its upgrade job takes one minor version at a time, and none back",
            "Leave install.version out: the installed version is kept",
        ));
        return false;
    }
    if scope.repository().is_some() {
        return true;
    }
    let registry = scope.site.space.as_ref().and_then(|space| space.login);
    if registry == Some(false) {
        let chart = chart(scope);
        let host = chart.trim_start_matches("oci://").split('/').next().unwrap_or_default().to_owned();
        draft.problems.0.push(problem(
            "install.chart",
            &format!("helm is not logged in at {host}, where the Space's chart is"),
            "the release is upgraded with its own chart, which only a licence token may pull",
            &format!("Run: helm registry login {host} --username ACCESS-ID --password-stdin, with accessId and token of the licence's token.json; or name a chart that you have in install.chart"),
        ));
        return false;
    }
    if registry.is_none() {
        draft.note("whether helm may pull the Space's chart is not known here: a credential helper keeps its logins");
    }
    true
}

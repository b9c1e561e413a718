//! The Helm release, and what it makes that is waited for: location and schedule.

use super::versions::{self, chart_version};
use super::{images, objects, values};
use crate::plan::cluster::{keys, release_is_ours};
use crate::plan::scope::Scope;
use crate::plan::{Change, ChangeKind, Draft, ObjectKind, Op, ReleaseOp, Risk, document};
use crate::ports::ChartSource;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Plans `helm-release`.
pub fn release(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let ours = values::ours(scope);
    let (merged, notes) = values::merged(scope, &ours);
    for note in notes {
        draft.note(note);
    }
    let version = chart_version(scope);
    versions::refute(scope, draft);
    let path = values_path(scope);
    draft.document(&path, document::yaml(&hidden(&merged)));
    if scope.is_first() {
        draft.document("images.txt", images::all(scope).join("\n") + "\n");
    }
    let title = format!("release {}/{} of chart velero {version}", names.namespace, names.release);
    let change = scope
        .change("helm-release", ChangeKind::Helm, title)
        .why("Velero runs in the cluster with the role, without a key")
        .undo("uninstalled, or rolled back to the revision before; CRDs and their objects' types stay")
        .needs(&["token-proof", "repository-password", "service-account"])
        .document(path)
        .desired(json!({"release": names.release, "version": version, "values": ours}));
    let current = scope.site.release.as_ref();
    let mut ops = Vec::new();
    if let Some(secret) = key_secret(scope) {
        ops.extend(keep_secret(scope, &secret));
        draft.note(keys::left(&names.namespace, &secret));
        keys::others(scope, draft);
    }
    ops.push(Op::Upgrade(ReleaseOp {
        name: names.release.clone(),
        namespace: names.namespace.clone(),
        chart: chart(scope),
        version: version.clone(),
        values: document::yaml(&merged),
        previous_revision: current.map_or(0, |release| release.revision),
        stays: false,
    }));
    let Some(current) = current else {
        draft.push(change.create(ops));
        return;
    };
    let same = current.values == merged && current.version == version && current.status == "deployed";
    let mut diff = document::diff(&document::yaml(&hidden(&current.values)), &document::yaml(&hidden(&merged)));
    if current.version != version {
        diff.extend([format!("-chart {}", current.version), format!("+chart {version}")]);
    }
    let change = if same { change } else { change.update(ops, diff) };
    if release_is_ours(scope) {
        draft.push(change);
    } else {
        let consent = scope.consent(&change);
        let mut whose = format!("the release {}/{} was not installed by lifeboat", current.namespace, current.name);
        if let Some(secret) = key_secret(scope) {
            let _ = write!(whose, " and uses the key in the Secret {secret}, which is switched off");
        }
        draft.push(change.risk(Risk::High).foreign(consent, &whose));
    }
}

/// The Secret with a static key that the installed release's pods use: the chart's own default.
fn key_secret(scope: &Scope<'_>) -> Option<String> {
    let values = &scope.site.release.as_ref()?.values;
    if values::look_bool(values, "credentials.useSecret") == Some(false) {
        return None;
    }
    let text = |path: &str| values::look_text(values, &values::path(path));
    let own = || values::fullname(scope.answers, scope.site, &scope.names.release);
    Some(text("credentials.existingSecret").or_else(|| text("credentials.name")).unwrap_or_else(own))
}

/// A Secret that the chart made would go with the upgrade, and with it the key of locations that name it: Helm keeps
/// what says so.
fn keep_secret(scope: &Scope<'_>, secret: &str) -> Option<Op> {
    let values = &scope.site.release.as_ref()?.values;
    if values::look_text(values, &values::path("credentials.existingSecret")).is_some() {
        return None;
    }
    values["credentials"]["secretContents"].as_object().filter(|contents| !contents.is_empty())?;
    let mark = |value: Value| json!({"metadata": {"annotations": {"helm.sh/resource-policy": value}}});
    Some(Op::PatchObject {
        kind: ObjectKind::Secret,
        namespace: scope.names.namespace.clone(),
        name: secret.to_owned(),
        merge: mark(json!("keep")),
        back: mark(Value::Null),
    })
}

/// The values.yaml in the plan.
pub fn values_path(scope: &Scope<'_>) -> String {
    format!("helm/{}/{}/values.yaml", scope.names.folder, scope.names.release)
}

fn chart(scope: &Scope<'_>) -> ChartSource {
    let chart = &scope.answers.install.chart;
    if chart.is_empty() {
        let repository = versions::versions()["repository"].as_str().unwrap_or_default().to_owned();
        ChartSource::Repository { url: repository, name: "velero".to_owned() }
    } else {
        ChartSource::Reference(chart.clone())
    }
}

/// The values with what may be a secret left out (contract: secret data is never written).
fn hidden(values: &Value) -> Value {
    let mut shown = values.clone();
    if let Some(secrets) = shown.pointer_mut("/credentials/secretContents").and_then(Value::as_object_mut) {
        secrets.values_mut().for_each(|secret| *secret = json!("HIDDEN"));
    }
    shown
}

/// Plans `location`: made by the release, done when the object is read back.
pub fn location(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let title = format!("BackupStorageLocation {}/{}", names.namespace, names.location);
    let change = scope
        .change("location", ChangeKind::Helm, title)
        .why(format!("backups go to s3://{}/{}", names.bucket, names.prefix))
        .undo("removed with the release, or put back by its rollback")
        .needs(&["helm-release"])
        .document(values_path(scope))
        .desired(json!(names.location));
    let op = Op::AwaitLocation { namespace: names.namespace.clone(), name: names.location.clone() };
    let change = follow_release(scope, draft, change, scope.location(), op);
    draft.push(match scope.location() {
        Some(there) if !release_is_ours(scope) => objects::redirected(scope, change, there),
        _ => change,
    });
}

/// Plans `schedule`.
pub fn schedule(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let Some(schedule) = &scope.answers.velero.schedule else { return };
    let title = format!("Schedule {}/{} ({})", names.namespace, names.schedule, schedule.as_str());
    let change = scope
        .change("schedule", ChangeKind::Helm, title)
        .why(format!("backs up every namespace; each backup is kept for {}", scope.answers.velero.ttl))
        .undo("removed with the release, or put back by its rollback")
        .needs(&["helm-release"])
        .document(values_path(scope))
        .desired(json!(names.schedule));
    let op = Op::AwaitSchedule { namespace: names.namespace.clone(), name: names.schedule.clone() };
    draft.push(follow_release(scope, draft, change, scope.site.kube.schedule.as_ref(), op));
}

/// An object of the release: kept when it is there and the release is kept too, else waited for.
fn follow_release(scope: &Scope<'_>, draft: &Draft, change: Change, there: Option<&Value>, op: Op) -> Change {
    let release = draft.changes.iter().find(|change| change.id == scope.id("helm-release")).map(|change| change.action);
    match (there, release) {
        (Some(_), Some(crate::plan::Action::Keep | crate::plan::Action::Conflict)) => change,
        (Some(_), _) => change.update(vec![op], Vec::new()),
        (None, _) => change.create(vec![op]),
    }
}

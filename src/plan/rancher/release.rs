//! The releases: the types first, and the operator once they are served.

use super::{others, place, values};
use crate::domain::rancher_repository;
use crate::domain::status::RANCHER_LOCATION;
use crate::plan::scope::Scope;
use crate::plan::{Change, ChangeKind, Draft, Op, ReleaseOp, Risk, document};
use crate::ports::{ChartSource, Release};
use serde_json::json;

/// The chart and release of the types; the release's name follows the chart's own.
const CRDS: &str = "rancher-backup-crd";
/// The types' group.
const GROUP: &str = "resources.cattle.io";

/// Plans `helm-crds`: installed, and waited for until the types are served.
pub fn crds(scope: &Scope<'_>, draft: &mut Draft, version: &str) {
    let names = &scope.names;
    let current = scope.site.kube.rancher.crds.as_ref();
    let title = format!("release {}/{CRDS} of chart {CRDS} {version}", names.namespace);
    let change = scope
        .change("helm-crds", ChangeKind::Helm, title)
        .why("the operator's chart refuses to be installed before its types are served (rancher-F25)")
        .undo("stays: with the types every Backup and Restore of the cluster would go")
        .needs(&["namespace"])
        .desired(json!({"release": CRDS, "version": version}));
    let upgrade = Op::Upgrade(ReleaseOp {
        name: CRDS.to_owned(),
        namespace: names.namespace.clone(),
        chart: chart(scope, CRDS),
        version: version.to_owned(),
        values: document::yaml(&current.map_or_else(|| json!({}), |release| release.values.clone())),
        previous_revision: current.map_or(0, |release| release.revision),
        stays: true,
    });
    let ops = vec![upgrade, Op::AwaitTypes { group: GROUP.to_owned() }];
    let Some(current) = current else {
        draft.push(change.create(ops));
        return;
    };
    if current.version == version && current.status == "deployed" {
        draft.push(change);
        return;
    }
    let diff = vec![format!("-chart {}", current.version), format!("+chart {version}")];
    let change = change.update(ops, diff);
    draft.push(owned(scope, change, current, ""));
}

/// Plans `helm-release`.
pub fn operator(scope: &Scope<'_>, draft: &mut Draft, version: &str) {
    let names = &scope.names;
    let (merged, notes) = values::merged(scope, version);
    for note in notes {
        draft.note(note);
    }
    let path = format!("helm/{}/{}/values.yaml", names.folder, names.release);
    draft.document(&path, document::yaml(&merged));
    if scope.is_first() {
        draft.document("images.txt", values::images(scope, version).join("\n") + "\n");
    }
    let title = format!("release {}/{} of chart rancher-backup {version}", names.namespace, names.release);
    let change = scope
        .change("helm-release", ChangeKind::Helm, title)
        .why("the operator runs in the cluster with the role, without a key, and stores in this bucket by default")
        .undo("uninstalled, or rolled back to the revision before; the types stay, and so do Backups of others")
        .needs(&["token-proof", "service-account", "helm-crds", "association"])
        .document(path)
        .desired(json!({"release": names.release, "version": version, "values": values::ours(scope, version)}));
    let current = scope.site.release.as_ref();
    let op = Op::Upgrade(ReleaseOp {
        name: names.release.clone(),
        namespace: names.namespace.clone(),
        chart: chart(scope, scope.answers.tool.chart()),
        version: version.to_owned(),
        values: document::yaml(&merged),
        previous_revision: current.map_or(0, |release| release.revision),
        stays: false,
    });
    let Some(current) = current else {
        let change = change.create(vec![op]);
        others::notes(scope, &change, false, draft);
        draft.push(change);
        return;
    };
    let left_over = place::left_over(scope, &merged);
    let same =
        current.values == merged && current.version == version && current.status == "deployed" && left_over.is_empty();
    let mut diff = document::diff(&document::yaml(&current.values), &document::yaml(&merged));
    if current.version != version {
        diff.extend([format!("-chart {}", current.version), format!("+chart {version}")]);
    }
    diff.extend(left_over.iter().map(|field| format!("-{RANCHER_LOCATION}: {field}")));
    let ops = place::patch(scope, &merged).into_iter().chain([op]).collect();
    let change = if same { change } else { change.update(ops, diff) };
    let change = owned(scope, change, current, &others::told(scope));
    others::notes(scope, &change, mine(scope), draft);
    draft.push(change);
}

/// Whether lifeboat installed the operator's release.
fn mine(scope: &Scope<'_>) -> bool {
    scope.site.release.as_ref().is_some_and(|release| values::are_ours(&release.values))
}

/// A change of a release that somebody else installed waits for consent; `more` says what else it does.
fn owned(scope: &Scope<'_>, change: Change, current: &Release, more: &str) -> Change {
    if mine(scope) {
        return change;
    }
    let consent = scope.consent(&change);
    let whose = format!("the release {}/{} was not installed by lifeboat{more}", current.namespace, current.name);
    change.risk(Risk::High).foreign(consent, &whose)
}

/// Where a chart comes from: the repository, or beside the one that the answers name.
fn chart(scope: &Scope<'_>, name: &str) -> ChartSource {
    let given = &scope.answers.install.chart;
    if given.is_empty() {
        return ChartSource::Repository { url: rancher_repository().to_owned(), name: name.to_owned() };
    }
    let own = scope.answers.tool.chart();
    // The last part of the path is the chart's name, perhaps with its version.
    let (folder, last) = given.trim_end_matches('/').rsplit_once('/').map_or(("", given.as_str()), |parts| parts);
    let last = match last.strip_prefix(own) {
        Some(rest) if name != own => format!("{name}{rest}"),
        _ => last.to_owned(),
    };
    ChartSource::Reference(if folder.is_empty() { last } else { format!("{folder}/{last}") })
}

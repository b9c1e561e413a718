//! The charts that the demo can render: Velero's, as version 12.1.0 does it (velero.md 2).

use super::failed;
use super::objects::{self, Chart};
use super::rancher;
use super::release::Order;
use super::spaces;
use crate::ports::{Answer, Object, TroubleKind};
use serde_json::Value;

/// Velero's newest version.
const VERSION: &str = "12.1.0";

/// The version of a chart whose source names none.
pub(super) fn newest(chart: &str) -> &'static str {
    match chart {
        rancher::CRDS | rancher::OPERATOR => rancher::NEWEST,
        _ => VERSION,
    }
}

/// The values' top-level keys; a misspelt one is refused, where the real chart would ignore it.
const KEYS: [&str; 57] = [
    "affinity",
    "annotations",
    "backupsEnabled",
    "cleanUpCRDs",
    "configMaps",
    "configuration",
    "containerSecurityContext",
    "credentials",
    "deployNodeAgent",
    "dnsConfig",
    "dnsPolicy",
    "extraObjects",
    "extraVolumeMounts",
    "extraVolumes",
    "fullnameOverride",
    "global",
    "hostAliases",
    "hostNetwork",
    "host_network",
    "image",
    "initContainers",
    "kubectl",
    "labels",
    "lifecycle",
    "livenessProbe",
    "metrics",
    "nameOverride",
    "namespace",
    "nodeAgent",
    "nodeSelector",
    "podAnnotations",
    "podDisruptionBudget",
    "podLabels",
    "podSecurityContext",
    "priorityClassName",
    "rbac",
    "readinessProbe",
    "replicas",
    "resizePolicy",
    "resources",
    "revisionHistoryLimit",
    "runtimeClassName",
    "schedules",
    "secretAnnotations",
    "secretLabels",
    "securityContext",
    "serviceAccount",
    "snapshotsEnabled",
    "startupProbe",
    "strategy",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "updateStrategy",
    "upgradeCRDs",
    "upgradeCRDsJob",
    "upgradeJobResources",
];

/// The version of the program in a chart.
pub(super) fn app_version(chart: &str, version: &str) -> String {
    let text = match chart {
        "velero" => return velero_version(version).to_owned(),
        "rancher" => "v2.13.1",
        rancher::CRDS | rancher::OPERATOR => return rancher::app_version(version),
        "spaces" => "1.16.0",
        _ => "",
    };
    text.to_owned()
}

/// The server of a Velero chart, by its line (velero.md 1).
fn velero_version(chart: &str) -> &'static str {
    match major(chart) {
        ..=3 => "1.10.3",
        4 | 5 => "1.12.4",
        6 => "1.13.2",
        7 => "1.14.1",
        8 => "1.15.2",
        9 | 10 => "1.16.2",
        11 => "1.17.2",
        _ => "1.18.3",
    }
}

/// The first number of a version; the newest for what is none.
pub(super) fn major(version: &str) -> u64 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(u64::MAX)
}

/// The objects of a release, in the order in which Helm makes them: kind's name and object.
pub(super) fn render(order: &Order) -> Answer<Vec<(String, Object)>> {
    match order.chart.as_str() {
        "velero" => velero(order),
        rancher::CRDS => Ok(rancher::crds(order)),
        rancher::OPERATOR => rancher::operator(order),
        "spaces" => spaces::render(order),
        // It is in the world from the start, with what it made.
        "rancher" => Ok(Vec::new()),
        other => {
            let text = format!("chart \"{other}\" version \"{}\" not found in the demo world", order.version);
            Err(failed(TroubleKind::NotFound, &order.release, &text))
        }
    }
}

fn velero(order: &Order) -> Answer<Vec<(String, Object)>> {
    let invalid = |text: &str| failed(TroubleKind::Invalid, &order.release, text);
    for key in order.values.as_object().into_iter().flat_map(|values| values.keys()) {
        if !KEYS.contains(&key.as_str()) {
            return Err(invalid(&format!(
                "values don't meet the specifications of the schema: at '': additional properties '{key}' not allowed"
            )));
        }
    }
    let chart = Chart { order, fullname: fullname(order) };
    let mut out = objects::crds();
    out.extend(chart.account());
    out.extend(chart.secret());
    out.extend(chart.node_agent());
    out.push(chart.deployment());
    let mut problems = Vec::new();
    for (kind, object) in chart.locations() {
        problems.extend(location_problems(&kind, &object));
        out.push((kind, object));
    }
    if !problems.is_empty() {
        return Err(invalid(&problems.join(" ")));
    }
    out.extend(chart.schedules());
    Ok(out)
}

/// What the CRD's schema says to a location that the chart's untouched defaults make (F23).
fn location_problems(kind: &str, object: &Object) -> Option<String> {
    let empty = |value: &Value| value.as_str().is_none_or(str::is_empty);
    let mut missing = Vec::new();
    if kind == "BackupStorageLocation" && empty(&object["spec"]["objectStorage"]["bucket"]) {
        missing.push("spec.objectStorage.bucket: Required value");
    }
    if empty(&object["spec"]["provider"]) {
        missing.push("spec.provider: Required value");
    }
    let list = match missing.as_slice() {
        [] => return None,
        [one] => (*one).to_owned(),
        many => format!("[{}]", many.join(", ")),
    };
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Some(format!("{kind}.velero.io \"{name}\" is invalid: {list}"))
}

/// The helper `velero.fullname`.
fn fullname(order: &Order) -> String {
    let text = |key: &str| order.values[key].as_str().filter(|text| !text.is_empty());
    let name = text("nameOverride").unwrap_or("velero");
    let full = match text("fullnameOverride") {
        Some(full) => full.to_owned(),
        None if order.release.contains(name) => order.release.clone(),
        None => format!("{}-{name}", order.release),
    };
    full.chars().take(63).collect::<String>().trim_end_matches('-').to_owned()
}

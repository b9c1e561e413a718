//! A self-hosted Space of Upbound: where its control planes run, and how their backups are (upbound.md 2, 3).

use super::policy::matches;
use super::{GoDuration, Shown};
use serde_json::Value;

/// What the service account and the Deployment of a control plane's controller are called: the chart has no key
/// to rename them.
pub const CONTROLLER: &str = "mxp-controller";

/// The namespaces on the host that are named by their control plane's id.
pub const HOST_PATTERN: &str = "mxp-*-system";

/// What marks a namespace as a group.
pub const GROUP_LABEL: &str = "spaces.upbound.io/group";

/// What ties a namespace on the host to its control plane: the control plane's name, and its group.
pub const HOST_LABELS: [&str; 2] =
    ["internal.spaces.upbound.io/controlplane-name", "internal.spaces.upbound.io/controlplane-namespace"];

/// The only pull secret that the Space's chart supports.
pub const PULL_SECRET: &str = "upbound-pull-secret";

/// The namespace that a control plane runs in on the host: the one that its spec names, else the one of its id.
/// `None` for one that has no id yet: it is not provisioned.
pub fn host_namespace(plane: &Value) -> Option<String> {
    let id = plane["status"]["controlPlaneID"].as_str().filter(|id| !id.is_empty())?;
    let named = plane["spec"]["hostNamespace"]["name"].as_str().filter(|name| !name.is_empty());
    Some(named.map_or_else(|| format!("mxp-{id}-system"), str::to_owned))
}

/// Whether a namespace is one that [`HOST_PATTERN`] matches.
pub fn is_patterned(namespace: &str) -> bool {
    matches(HOST_PATTERN, namespace)
}

/// `GROUP/NAME` of a control plane.
pub fn plane_name(plane: &Value) -> String {
    format!("{}/{}", word(&plane["metadata"]["namespace"]), word(&plane["metadata"]["name"]))
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether a shared schedule's selector selects a control plane of its group: by its name, if names are given, and
/// by any of the label selectors, if some are given.
pub fn selects(selector: &Value, plane: &Value) -> bool {
    let list = |field: &str| selector[field].as_array().filter(|list| !list.is_empty());
    let named = list("names").is_none_or(|names| names.iter().any(|name| *name == plane["metadata"]["name"]));
    let labels = &plane["metadata"]["labels"];
    named && list("labelSelectors").is_none_or(|all| all.iter().any(|one| fits(one, labels)))
}

/// Whether labels fit one label selector; an empty one fits all.
fn fits(selector: &Value, labels: &Value) -> bool {
    let all = selector["matchLabels"].as_object().is_none_or(|wanted| wanted.iter().all(|(k, v)| labels[k] == *v));
    let expression = |one: &Value| {
        let value = &labels[word(&one["key"])];
        let among = one["values"].as_array().is_some_and(|values| values.contains(value));
        match word(&one["operator"]) {
            "In" => among,
            "NotIn" => !among,
            "Exists" => value.is_string(),
            "DoesNotExist" => !value.is_string(),
            _ => false,
        }
    };
    all && selector["matchExpressions"].as_array().is_none_or(|all| all.iter().all(expression))
}

/// How a Backup of a control plane is. The condition `Failed` counts with the status `True` alone: with `False` it
/// is being tried again (row 22).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not done; its phase.
    Under(String),
    /// Being tried again, after this.
    Retrying(String),
    /// Done.
    Completed,
    /// Failed: the reason, and the message.
    Failed(String, String),
    /// Its files are gone, as far as the Space knows.
    Deleted,
}

/// Reads a Backup's phase and conditions.
pub fn progress(backup: &Value) -> Progress {
    let status = &backup["status"];
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let condition = |kind: &str, yes: &str| conditions.iter().find(|it| it["type"] == kind && it["status"] == yes);
    let said = |value: &Value| Shown::bounded(word(value), 1000).to_string();
    match status["phase"].as_str().unwrap_or_default() {
        "Completed" => Progress::Completed,
        "Deleted" => Progress::Deleted,
        phase => match (condition("Failed", "True"), condition("Completed", "True"), condition("Failed", "False")) {
            (Some(it), ..) => Progress::Failed(said(&it["reason"]), said(&it["message"])),
            (None, ..) if phase == "Failed" => Progress::Failed("BackupFailed".to_owned(), String::new()),
            (None, Some(_), _) => Progress::Completed,
            (None, None, Some(it)) => Progress::Retrying(said(&it["message"])),
            _ => Progress::Under(said(&Value::from(if phase.is_empty() { "Pending" } else { phase }))),
        },
    }
}

/// When a Backup's object goes, RFC 3339: its making and its ttl.
pub fn expires(backup: &Value) -> Option<String> {
    let made: jiff::Timestamp = word(&backup["metadata"]["creationTimestamp"]).parse().ok()?;
    let ttl = GoDuration::parse(backup["spec"]["ttl"].as_str()?).ok()?;
    let seconds = i64::try_from(ttl.seconds()).ok()?;
    jiff::Timestamp::from_second(made.as_second().checked_add(seconds)?).ok().map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn plane(status: &Value, host: &Value) -> Value {
        json!({"metadata": {"name": "one", "namespace": "team-a", "labels": {"tier": "gold"}},
            "spec": {"hostNamespace": host}, "status": status})
    }

    #[test]
    fn a_control_planes_namespace_is_of_its_id_or_its_own() {
        let id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
        let by_id = host_namespace(&plane(&json!({"controlPlaneID": id}), &json!(null)));
        assert_eq!(by_id.as_deref(), Some("mxp-7c9e6679-7425-40de-944b-e07fc1f90ae7-system"));
        assert!(by_id.is_some_and(|name| is_patterned(&name) && name.len() == 47));
        let own = host_namespace(&plane(&json!({"controlPlaneID": id}), &json!({"name": "acme-one"})));
        assert_eq!(own.as_deref(), Some("acme-one"));
        assert!(!is_patterned("acme-one") && !is_patterned("mxp-system"));
        assert_eq!(host_namespace(&plane(&json!({}), &json!({"name": "acme-one"}))), None, "not provisioned yet");
    }

    #[rstest]
    #[case::everything(json!({"labelSelectors": [{"matchLabels": {}}]}), true)]
    #[case::its_name(json!({"names": ["two", "one"]}), true)]
    #[case::another_name(json!({"names": ["two"]}), false)]
    #[case::names_and_labels_both_count(json!({"names": ["one"], "labelSelectors": [{"matchLabels": {"tier": "iron"}}]}), false)]
    #[case::any_of_the_selectors(json!({"labelSelectors": [{"matchLabels": {"tier": "iron"}}, {"matchLabels": {"tier": "gold"}}]}), true)]
    #[case::expressions(json!({"labelSelectors": [{"matchExpressions": [{"key": "tier", "operator": "In", "values": ["gold"]}]}]}), true)]
    #[case::without_a_label(json!({"labelSelectors": [{"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}]}), false)]
    fn a_selector_selects(#[case] selector: Value, #[case] is: bool) {
        assert_eq!(selects(&selector, &plane(&json!({}), &json!(null))), is);
    }

    #[rstest]
    #[case::none(json!({}), Progress::Under("Pending".into()))]
    #[case::under_way(json!({"phase": "InProgress"}), Progress::Under("InProgress".into()))]
    #[case::done(json!({"phase": "Completed", "conditions": [{"type": "Completed", "status": "True"}]}), Progress::Completed)]
    #[case::retrying(json!({"phase": "InProgress", "conditions": [
        {"type": "Failed", "status": "False", "reason": "BackupRetry", "message": "no"}]}), Progress::Retrying("no".into()))]
    #[case::failed(json!({"phase": "Failed", "conditions": [
        {"type": "Failed", "status": "True", "reason": "BackupFailed", "message": "no"}]}),
        Progress::Failed("BackupFailed".into(), "no".into()))]
    #[case::deleted(json!({"phase": "Deleted"}), Progress::Deleted)]
    fn upbound_22_a_failure_is_told_by_its_status_and_not_by_its_type(#[case] status: Value, #[case] is: Progress) {
        assert_eq!(progress(&json!({"status": status})), is);
    }

    #[test]
    fn a_backup_expires_by_its_ttl() {
        let made =
            |ttl: Value| json!({"metadata": {"creationTimestamp": "2026-01-05T09:00:00Z"}, "spec": {"ttl": ttl}});
        assert_eq!(expires(&made(json!("24h0m0s"))).as_deref(), Some("2026-01-06T09:00:00Z"));
        assert_eq!(expires(&made(json!(null))), None);
    }
}

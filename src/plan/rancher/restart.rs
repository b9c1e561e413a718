//! The restart of the operator: its pods get the identity when they are made, and read their default location once, at
//! their start (rancher-F24). Which charts mark their pods with what, the version decides; that a pod is older than the
//! release tells of all of them.

use crate::domain::injected::alive;
use crate::plan::scope::Scope;
use crate::plan::{Action, Draft, proof, stale};
use crate::ports::Object;

/// The label selector of Helm's records of a release, without those that later ones took the place of.
pub fn records(release: &str) -> String {
    format!("owner=helm,name={release},status!=superseded")
}

/// When a release became what it is: the time of its newest record, RFC 3339; `None` without a record.
pub fn deployed(records: &[Object]) -> Option<String> {
    let revision = |record: &&Object| -> i64 {
        record["metadata"]["labels"]["version"].as_str().and_then(|it| it.parse().ok()).unwrap_or(0)
    };
    let newest = records.iter().max_by_key(revision)?;
    newest["metadata"]["creationTimestamp"].as_str().map(str::to_owned)
}

/// The names of the pods of a service account that were made before the release became what it is: they may have read
/// another location.
pub fn older(pods: &[Object], service_account: &str, deployed: Option<&str>) -> Vec<String> {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let Some(deployed) = deployed.and_then(time) else { return Vec::new() };
    let made = |pod: &Object| pod["metadata"]["creationTimestamp"].as_str().and_then(time);
    pods.iter()
        .filter(|pod| alive(pod, service_account) && made(pod).is_some_and(|made| made < deployed))
        .filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned))
        .collect()
}

/// Plans `restart`, after the release: for pods without the role, for those that are older than the release, and to
/// look at what an upgrade leaves running.
pub fn restart(scope: &Scope<'_>, draft: &mut Draft) {
    let (names, kube) = (&scope.names, &scope.site.kube);
    let (change, op) = proof::restart_of(scope);
    let stale = stale(&kube.pods, names.identity, &names.service_account, &names.role_arn);
    let mut older = older(&kube.pods, &names.service_account, kube.rancher.deployed.as_deref());
    older.retain(|name| !stale.contains(name));
    let release = scope.id("helm-release");
    let upgraded = draft.changes.iter().any(|change| change.id == release && change.action == Action::Update);
    let mut diff: Vec<String> = stale.iter().map(|name| format!("-{name} without the role")).collect();
    diff.extend(older.iter().map(|name| format!("-{name} started before the values that are deployed")));
    let change = if older.is_empty() && !upgraded {
        change
    } else {
        change.why("the operator reads its default location once, at its start, and its pods get the role when they are made: what runs since before is restarted")
    };
    draft.push(if diff.is_empty() && !upgraded { change } else { change.update(vec![op], diff) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn f24_a_pod_that_is_older_than_the_newest_record_of_its_release_is_named() {
        let record =
            |version: &str, at: &str| json!({"metadata": {"creationTimestamp": at, "labels": {"version": version}}});
        let records = [record("10", "2026-01-05T09:10:00Z"), record("9", "2026-01-05T09:00:00Z")];
        let deployed = deployed(&records);
        let pod = |name: &str, account: &str, at: &str| json!({"metadata": {"name": name, "creationTimestamp": at}, "spec": {"serviceAccountName": account}});
        let mut going = pod("going", "rancher-backup", "2026-01-05T09:00:00Z");
        going["metadata"]["deletionTimestamp"] = json!("2026-01-05T09:11:00Z");
        let pods = [
            pod("old", "rancher-backup", "2026-01-05T09:09:59Z"),
            pod("new", "rancher-backup", "2026-01-05T09:10:00Z"),
            pod("hook", "rancher-backup-patch-sa", "2026-01-05T09:00:00Z"),
            going,
        ];
        assert_eq!(older(&pods, "rancher-backup", deployed.as_deref()), ["old"]);
        assert!(older(&pods, "rancher-backup", None).is_empty(), "nothing is known without a record");
    }
}

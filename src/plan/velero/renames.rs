//! Values under the names of an older chart, moved to those of the chart that is meant (velero.md 2): Helm would ignore
//! most of them without a word, and refuse the rest.

use super::versions::number;
use semver::Version;
use serde_json::{Map, Value, json};

/// A key that has another name since a version of the chart.
struct Renamed {
    since: Version,
    old: &'static str,
    new: &'static str,
}

const fn renamed(major: u64, old: &'static str, new: &'static str) -> Renamed {
    Renamed { since: Version::new(major, 0, 0), old, new }
}

const RENAMED: [Renamed; 7] = [
    renamed(3, "deployRestic", "deployNodeAgent"),
    renamed(3, "restic", "nodeAgent"),
    renamed(3, "configuration.resticTimeout", "configuration.fsBackupTimeout"),
    renamed(3, "configuration.defaultVolumesToRestic", "configuration.defaultVolumesToFsBackup"),
    renamed(3, "configuration.defaultResticPruneFrequency", "configuration.defaultRepoMaintainFrequency"),
    renamed(6, "nodeAgent.privileged", "nodeAgent.containerSecurityContext.privileged"),
    renamed(
        11,
        "configuration.repositoryMaintenanceJob.latestJobsCount",
        "configuration.repositoryMaintenanceJob.repositoryConfigData.global.keepLatestMaintenanceJobs",
    ),
];

/// Moves values to the names and forms of a chart's version; answers what was moved, a sentence each.
pub fn modernise(values: &mut Value, chart: &str) -> Vec<String> {
    let chart = number(chart);
    let mut said = Vec::new();
    for one in RENAMED.iter().filter(|one| chart >= one.since) {
        if let Some(value) = take(values, one.old) {
            // What stands under the new name already is newer.
            if at(values, one.new).is_none() {
                set(values, one.new, value);
            }
            said.push(format!("{} is called {} since chart {}", one.old, one.new, one.since));
        }
    }
    if chart >= Version::new(4, 0, 0) {
        said.extend(lists(values));
    }
    if chart >= Version::new(7, 0, 0) {
        said.extend(without_csi_plugin(values));
    }
    if chart >= Version::new(9, 1, 3) {
        for path in ["configuration.extraEnvVars", "nodeAgent.extraEnvVars"] {
            said.extend(variables(values, path));
        }
    }
    if chart >= Version::new(11, 0, 0) {
        said.extend(maintenance(values));
    }
    said
}

/// Locations were one map each, with one provider for both (4.0.0).
fn lists(values: &mut Value) -> Vec<String> {
    let mut said = Vec::new();
    let provider = take(values, "configuration.provider");
    if provider.is_some() {
        said.push("configuration.provider stands in each location since chart 4.0.0".to_owned());
    }
    for path in ["configuration.backupStorageLocation", "configuration.volumeSnapshotLocation"] {
        let Some(Value::Object(mut one)) = at(values, path).cloned() else { continue };
        if let Some(provider) = &provider
            && one.get("provider").is_none_or(Value::is_null)
        {
            one.insert("provider".to_owned(), provider.clone());
        }
        if one.get("name").is_none_or(|name| name.as_str().is_none_or(str::is_empty)) {
            one.insert("name".to_owned(), json!("default"));
        }
        set(values, path, json!([one]));
        said.push(format!("{path} is a list since chart 4.0.0"));
    }
    said
}

/// CSI is built in since Velero 1.14; the plugin beside it makes the server crash (velero-F28).
fn without_csi_plugin(values: &mut Value) -> Option<String> {
    let list = values.get_mut("initContainers")?.as_array_mut()?;
    let before = list.len();
    list.retain(|one| !one["image"].as_str().is_some_and(|image| image.contains("velero-plugin-for-csi")));
    (list.len() != before).then(|| "the plugin for CSI is built in since chart 7.0.0, and taken out".to_owned())
}

/// Variables were a map (9.1.3).
fn variables(values: &mut Value, path: &str) -> Option<String> {
    let map: Map<String, Value> = at(values, path)?.as_object()?.clone();
    let one = |(name, value): (&String, &Value)| match value {
        Value::Object(_) => json!({"name": name, "valueFrom": value}),
        Value::String(_) => json!({"name": name, "value": value}),
        other => json!({"name": name, "value": other.to_string()}),
    };
    let list: Vec<Value> = map.iter().map(one).collect();
    set(values, path, json!(list));
    Some(format!("{path} is a list since chart 9.1.3"))
}

/// The maintenance Job's resources moved into its configuration (11.0.0).
fn maintenance(values: &mut Value) -> Option<String> {
    const JOB: &str = "configuration.repositoryMaintenanceJob";
    let mut found = false;
    for (old, suffix) in [("requests", "Request"), ("limits", "Limit")] {
        let Some(resources) = take(values, &format!("{JOB}.{old}")) else { continue };
        found = true;
        for what in ["cpu", "memory"] {
            let path = format!("{JOB}.repositoryConfigData.global.podResources.{what}{suffix}");
            if let Some(value) = resources.get(what).filter(|value| !value.is_null())
                && at(values, &path).is_none()
            {
                set(values, &path, value.clone());
            }
        }
    }
    found.then(|| {
        format!("{JOB}.requests and limits stand in repositoryConfigData.global.podResources since chart 11.0.0")
    })
}

fn at<'v>(values: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(values, |at, key| at.get(key))
}

fn take(values: &mut Value, path: &str) -> Option<Value> {
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = parent.split('.').filter(|key| !key.is_empty()).try_fold(values, |at, key| at.get_mut(key))?;
    parent.as_object_mut()?.shift_remove(key)
}

fn set(values: &mut Value, path: &str, value: Value) {
    let mut at = values;
    for key in path.split('.') {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[key];
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_chart_2_become_those_of_chart_12_and_nothing_is_lost() {
        let mut values = json!({
            "deployRestic": true,
            "restic": {"podVolumePath": "/data", "privileged": true},
            "initContainers": [{"name": "csi", "image": "velero/velero-plugin-for-csi:v0.5.0"}, {"name": "x", "image": "x"}],
            "configuration": {
                "provider": "aws",
                "defaultVolumesToRestic": true,
                "backupStorageLocation": {"bucket": "old", "config": {"region": "us-east-1"}},
                "extraEnvVars": {"A": "1", "B": 2},
                "repositoryMaintenanceJob": {"latestJobsCount": 5, "requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}
            }
        });
        let said = modernise(&mut values, "12.1.0");
        assert_eq!(
            values,
            json!({
                "initContainers": [{"name": "x", "image": "x"}],
                "configuration": {
                    "backupStorageLocation": [
                        {"bucket": "old", "config": {"region": "us-east-1"}, "provider": "aws", "name": "default"}
                    ],
                    "extraEnvVars": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                    "repositoryMaintenanceJob": {"repositoryConfigData": {"global": {
                        "keepLatestMaintenanceJobs": 5,
                        "podResources": {"cpuRequest": "1", "memoryLimit": "1Gi"}
                    }}},
                    "defaultVolumesToFsBackup": true
                },
                "deployNodeAgent": true,
                "nodeAgent": {"podVolumePath": "/data", "containerSecurityContext": {"privileged": true}}
            })
        );
        assert_eq!(said.len(), 10, "{said:#?}");
        assert!(modernise(&mut values, "12.1.0").is_empty(), "once moved, nothing is left to move");
    }

    #[test]
    fn an_older_chart_keeps_the_forms_that_it_knows() {
        let values = json!({"configuration": {"extraEnvVars": {"A": "1"}}});
        let mut same = values.clone();
        assert!(modernise(&mut same, "8.7.0").is_empty());
        assert_eq!(same, values);
    }
}

//! Our Helm values for Velero as paths, and their merge over the user's and the installed ones
//! (velero.md 2; the tested set is in `assets/versions.json`).

use super::paths::{outgrown, overlay, put, remove};
use crate::domain::Identity;
use crate::plan::answers::{Answers, Feature};
use crate::plan::cluster::ROLE_ANNOTATION;
use crate::plan::scope::Scope;
use crate::plan::{SiteFacts, digest};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The pod annotation whose change restarts the pods: the chart restarts them for no change of a service
/// account's annotations (velero.md 2).
pub const IDENTITY_ANNOTATION: &str = "lifeboat/identity";

const VERSIONS: &str = include_str!("../../../assets/versions.json");

/// A value of ours: where, and what. A segment `[name=X]` is the element of that name in a list.
pub type Setting = (Vec<String>, Value);

/// The tested set.
pub fn versions() -> Value {
    serde_json::from_str::<Value>(VERSIONS).map(|all| all["velero"].clone()).unwrap_or_default()
}

/// The chart's version: the answers', the installed one, or the tested one.
pub fn chart_version(scope: &Scope<'_>) -> String {
    if !scope.answers.install.version.is_empty() {
        return scope.answers.install.version.clone();
    }
    match &scope.site.release {
        Some(release) => release.version.clone(),
        None => versions()["chart"].as_str().unwrap_or_default().to_owned(),
    }
}

/// The server's version, when the chart is the tested one: an older chart keeps its own.
pub fn server_version(scope: &Scope<'_>) -> Option<String> {
    let versions = versions();
    (versions["chart"] == chart_version(scope).as_str())
        .then(|| versions["server"].as_str().unwrap_or_default().to_owned())
}

/// The plugin of the server's line (velero.md 1's table).
pub fn plugin_version(scope: &Scope<'_>) -> String {
    let versions = versions();
    let installed = scope.site.release.as_ref().map(|release| release.app_version.clone());
    let server = server_version(scope).or(installed).unwrap_or_default();
    let line: Vec<&str> = server.trim_start_matches('v').split('.').take(2).collect();
    let newest = versions["plugins"]["1.18"].as_str().unwrap_or_default().to_owned();
    versions["plugins"][line.join(".")].as_str().map_or(newest, str::to_owned)
}

fn image(answers: &Answers, which: &str) -> String {
    let name = versions()["images"][which].as_str().unwrap_or_default().to_owned();
    match answers.install.image_registry.trim_end_matches('/') {
        "" => name,
        registry => format!("{registry}/{name}"),
    }
}

/// The location's name in a cluster: the answers', unless a restore cluster's own release has another location by
/// that name; then the name of the cluster that is backed up.
pub fn location_name(answers: &Answers, site: &SiteFacts, at: usize, bucket: &str, prefix: &str) -> String {
    let asked = answers.velero.location.to_string();
    let taken = locations(site).any(|there| there["name"] == asked.as_str() && !is_ours(there, bucket, prefix));
    if at > 0 && taken { answers.cluster.name.to_string() } else { asked }
}

/// The locations in the installed values.
fn locations(site: &SiteFacts) -> impl Iterator<Item = &Value> {
    let values = site.release.as_ref().map(|release| &release.values);
    values.and_then(|values| values["configuration"]["backupStorageLocation"].as_array()).into_iter().flatten()
}

fn is_ours(location: &Value, bucket: &str, prefix: &str) -> bool {
    location["bucket"] == bucket && location["prefix"].as_str().unwrap_or_default() == prefix.trim_end_matches('/')
}

/// The images that the plan pulls.
pub fn images(scope: &Scope<'_>) -> Vec<String> {
    let server = server_version(scope)
        .or_else(|| {
            scope.site.release.as_ref().map(|release| format!("v{}", release.app_version.trim_start_matches('v')))
        })
        .unwrap_or_default();
    vec![
        format!("{}:{server}", image(scope.answers, "server")),
        format!("{}:{}", image(scope.answers, "plugin"), plugin_version(scope)),
    ]
}

/// The chart's `velero.fullname` (velero.md 2, `templates/_helpers.tpl`).
pub fn fullname(answers: &Answers, site: &SiteFacts) -> String {
    let mut values = site.release.as_ref().map_or_else(|| json!({}), |release| release.values.clone());
    if let Some(user) = &answers.user_values {
        overlay(&mut values, user);
    }
    let release = answers.release().to_string();
    let name = values["nameOverride"].as_str().unwrap_or("velero");
    let full = match values["fullnameOverride"].as_str() {
        Some(full) if !full.is_empty() => full.to_owned(),
        _ if release.contains(name) => release,
        _ => format!("{release}-{name}"),
    };
    full.chars().take(63).collect::<String>().trim_end_matches('-').to_owned()
}

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

/// Our values.
pub fn ours(scope: &Scope<'_>) -> Vec<Setting> {
    let names = &scope.names;
    let velero = &scope.answers.velero;
    let mut annotation = path("serviceAccount.server.annotations");
    annotation.push(ROLE_ANNOTATION.to_owned());
    let mut out: Vec<Setting> = vec![
        (path("serviceAccount.server.create"), json!(true)),
        (path("serviceAccount.server.name"), json!(names.service_account)),
        (path("credentials.useSecret"), json!(false)),
        (vec!["podAnnotations".to_owned(), IDENTITY_ANNOTATION.to_owned()], json!(identity_hash(scope))),
        (
            vec!["initContainers".to_owned(), "[name=velero-plugin-for-aws]".to_owned()],
            json!({
                "name": "velero-plugin-for-aws",
                "image": format!("{}:{}", image(scope.answers, "plugin"), plugin_version(scope)),
                "volumeMounts": [{"mountPath": "/target", "name": "plugins"}]
            }),
        ),
        (
            vec!["configuration".to_owned(), "backupStorageLocation".to_owned(), format!("[name={}]", names.location)],
            location(scope),
        ),
    ];
    if names.identity == Identity::Irsa {
        // After the service account's name, as the chart has them.
        out.insert(2, (annotation, json!(names.role_arn)));
    }
    if let Some(server) = server_version(scope) {
        out.push((path("image.tag"), json!(server)));
    }
    if !scope.answers.install.image_registry.is_empty() {
        out.push((path("image.repository"), json!(image(scope.answers, "server"))));
    }
    if is_default(scope) && names.location != "default" {
        out.push((path("configuration.defaultBackupStorageLocation"), json!(names.location)));
    }
    if let Some(schedule) = velero.schedule.as_ref().filter(|_| scope.is_first()) {
        out.push((
            path("schedules.lifeboat"),
            json!({
                "disabled": false,
                "schedule": schedule.as_str(),
                "useOwnerReferencesInBackup": false,
                "template": {"ttl": velero.ttl.to_string(), "storageLocation": names.location, "includedNamespaces": ["*"]}
            }),
        ));
    }
    out.extend(volumes(scope));
    out.extend(super::images::settings(scope));
    out
}

/// What changes when the pods have to start anew to get their identity.
fn identity_hash(scope: &Scope<'_>) -> String {
    let names = &scope.names;
    let who = format!("{}/{}/{}", names.role_arn, names.namespace, names.service_account);
    let who = match names.identity {
        Identity::Irsa => who,
        Identity::PodIdentity => format!("{}/{who}", names.identity.as_str()),
    };
    hex::encode(Sha256::digest(who))[..16].to_owned()
}

/// Whether the location is to be the default one: in a restore cluster only when it has no other.
fn is_default(scope: &Scope<'_>) -> bool {
    let names = &scope.names;
    scope.answers.velero.default_location
        && (scope.is_first() || locations(scope.site).all(|there| is_ours(there, &names.bucket, &names.prefix)))
}

fn location(scope: &Scope<'_>) -> Value {
    let names = &scope.names;
    let velero = &scope.answers.velero;
    let mut location = json!({
        "name": names.location,
        "provider": "aws",
        "bucket": names.bucket,
        "default": is_default(scope),
        "accessMode": if names.writes { "ReadWrite" } else { "ReadOnly" },
        "validationFrequency": velero.validation_frequency.to_string(),
        "config": {"region": names.bucket_region}
    });
    if !names.prefix.is_empty() {
        location["prefix"] = json!(names.prefix.trim_end_matches('/'));
    }
    if !velero.s3_url.is_empty() {
        location["config"]["s3Url"] = json!(velero.s3_url);
    } else if names.partition == "aws-cn" {
        // kopia's built-in endpoint lacks China's suffix (velero-F36).
        location["config"]["s3Url"] = json!(format!("https://s3.{}.amazonaws.com.cn", names.bucket_region));
    }
    if velero.features.contains(&Feature::Tagging) {
        // A single tag is rejected (velero-F21).
        location["config"]["tagging"] = json!(format!("managed-by=lifeboat&cluster={}", names.cluster));
    }
    location
}

/// The values of the volume features; snapshots are off unless chosen, or the chart asks for a location of them.
fn volumes(scope: &Scope<'_>) -> Vec<Setting> {
    let features = &scope.answers.velero.features;
    let has = |feature| features.contains(&feature);
    let mut out = vec![(path("snapshotsEnabled"), json!(has(Feature::EbsSnapshots)))];
    if has(Feature::EbsSnapshots) {
        out.push((
            path("configuration.volumeSnapshotLocation.[name=default]"),
            json!({"name": "default", "provider": "aws", "config": {"region": scope.volume_region()}}),
        ));
    }
    if has(Feature::FileSystemBackup) || has(Feature::DataMover) {
        out.push((path("deployNodeAgent"), json!(true)));
    }
    if has(Feature::FileSystemBackup) && !has(Feature::EbsSnapshots) && !has(Feature::Csi) && !has(Feature::DataMover) {
        out.push((path("configuration.defaultVolumesToFsBackup"), json!(true)));
    }
    if has(Feature::Csi) || has(Feature::DataMover) {
        out.push((path("configuration.features"), json!("EnableCSI")));
    }
    if has(Feature::DataMover) {
        out.push((path("configuration.defaultSnapshotMoveData"), json!(true)));
    }
    out
}

/// The installed values, less what an earlier run of ours set and this one does not, under the user's,
/// under ours; with the notes on what of the user's ours overrules.
pub fn merged(scope: &Scope<'_>, ours: &[Setting]) -> (Value, Vec<String>) {
    let mut values = scope.site.release.as_ref().map_or_else(|| json!({}), |release| release.values.clone());
    if !values.is_object() {
        values = json!({});
    }
    for (path, value) in former(scope) {
        match ours.iter().find(|(there, _)| *there == path) {
            Some((_, now)) => outgrown(&mut values, &path, &value, now),
            None => remove(&mut values, &path, &value),
        }
    }
    let mut notes = Vec::new();
    if let Some(user) = &scope.answers.user_values {
        overlay(&mut values, user);
        notes = super::overruled::overruled(user, ours);
    }
    for (path, value) in ours {
        put(&mut values, path, value);
    }
    (values, notes)
}

/// What the last run of ours set, as its record says.
fn former(scope: &Scope<'_>) -> Vec<Setting> {
    let text = scope.site.kube.record.as_ref().and_then(|record| record["data"]["values"].as_str().map(str::to_owned));
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Our values as a JSON text for the record.
pub fn as_record(ours: &[Setting]) -> String {
    digest::sorted(&json!(ours)).to_string()
}

//! Our Helm values for Velero as paths, and their merge over the user's and the installed ones
//! (velero.md 2; the tested set is in `assets/versions.json`).

use super::paths::{look, outgrown, overlay, put, remove};
use super::versions::{chart_version, server_version, versions};
use super::{images, plugin, renames};
use crate::domain::{Identity, Tool};
use crate::plan::answers::{Answers, Feature};
use crate::plan::cluster::ROLE_ANNOTATION;
use crate::plan::scope::Scope;
use crate::plan::{SiteFacts, digest};
use crate::ports::Release;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The pod annotation whose change restarts the pods: the chart restarts them for no change of a service
/// account's annotations (velero.md 2).
pub const IDENTITY_ANNOTATION: &str = "lifeboat/identity";

/// The lists that values replace as a whole.
const LISTS: [&str; 3] =
    ["initContainers", "configuration.backupStorageLocation", "configuration.volumeSnapshotLocation"];

/// The variables of a static key: they win over every identity.
const KEYS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// A chart that is newer than every rename.
const NEWEST: &str = "9999.0.0";

/// A value of ours: where, and what. A segment `[name=X]` is the element of that name in a list.
pub type Setting = (Vec<String>, Value);

/// The location's name in a cluster: the answers', unless a restore cluster's own release has another location by
/// that name; then the name of the cluster that is backed up.
pub fn location_name(answers: &Answers, site: &SiteFacts, at: usize, bucket: &str, prefix: &str) -> String {
    let asked = answers.velero.location.to_string();
    let taken = locations(site).iter().any(|there| there["name"] == asked.as_str() && !is_ours(there, bucket, prefix));
    if at > 0 && taken { answers.cluster.name.to_string() } else { asked }
}

/// The locations that are there, as the chart's values write them: of the release, else of the objects.
pub fn locations(site: &SiteFacts) -> Vec<Value> {
    let Some(release) = &site.release else { return site.kube.locations.iter().map(written).collect() };
    let mut values = release.values.clone();
    renames::modernise(&mut values, NEWEST);
    values["configuration"]["backupStorageLocation"].as_array().cloned().unwrap_or_default()
}

/// A location's object as the chart's values write it.
fn written(object: &Value) -> Value {
    let spec = &object["spec"];
    let mut out = json!({
        "name": object["metadata"]["name"],
        "provider": spec["provider"],
        "bucket": spec["objectStorage"]["bucket"],
    });
    for (key, value) in [
        ("prefix", &spec["objectStorage"]["prefix"]),
        ("caCert", &spec["objectStorage"]["caCert"]),
        ("default", &spec["default"]),
        ("accessMode", &spec["accessMode"]),
        ("credential", &spec["credential"]),
        ("config", &spec["config"]),
    ] {
        if !value.is_null() {
            out[key] = value.clone();
        }
    }
    out
}

fn is_ours(location: &Value, bucket: &str, prefix: &str) -> bool {
    location["bucket"] == bucket && location["prefix"].as_str().unwrap_or_default() == prefix.trim_end_matches('/')
}

/// The chart's `velero.fullname` with the installed values under the user's.
pub fn fullname(answers: &Answers, site: &SiteFacts, release: &str) -> String {
    let mut values = site.release.as_ref().map_or_else(|| json!({}), |release| release.values.clone());
    if let Some(user) = &answers.user_values {
        overlay(&mut values, user);
    }
    fullname_of(release, &values)
}

/// The chart's `velero.fullname` (velero.md 2, `templates/_helpers.tpl`).
fn fullname_of(release: &str, values: &Value) -> String {
    let text = |key: &str| values[key].as_str().filter(|text| !text.is_empty());
    let name = text("nameOverride").unwrap_or("velero");
    let full = match text("fullnameOverride") {
        Some(full) => full.to_owned(),
        _ if release.contains(name) => release.to_owned(),
        _ => format!("{release}-{name}"),
    };
    full.chars().take(63).collect::<String>().trim_end_matches('-').to_owned()
}

/// The chart's `velero.serverServiceAccount` of an installed release. Where the chart would use `default`, which every
/// pod of the namespace has, ours is made instead.
pub fn service_account_of(release: &str, values: &Value) -> String {
    let account = &values["serviceAccount"]["server"];
    match (account["name"].as_str(), account["create"].as_bool()) {
        (Some(name), _) if !name.is_empty() && name != "default" => name.to_owned(),
        (_, Some(false)) => super::super::answers::default_service_account(crate::domain::Tool::Velero).to_string(),
        _ => format!("{}-server", fullname_of(release, values)),
    }
}

/// A path out of its words.
pub fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

/// A text at a path, unless it is empty.
pub fn look_text(values: &Value, path: &[String]) -> Option<String> {
    look(values, path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A switch at a path.
pub fn look_bool(values: &Value, at: &str) -> Option<bool> {
    look(values, &path(at)).and_then(Value::as_bool)
}

/// The init containers in values, where they may stand as a text.
pub fn init_containers(values: &Value) -> Vec<Value> {
    match &values["initContainers"] {
        Value::Array(list) => list.clone(),
        Value::String(text) => serde_yaml::from_str(text).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The installed values in the names of the chart that is meant. Of an install without a release what its objects say:
/// the lists, which values replace as a whole.
pub fn installed(scope: &Scope<'_>) -> Value {
    if scope.answers.tool != Tool::Velero {
        let values = scope.site.release.as_ref().map(|release| release.values.clone());
        return values.filter(Value::is_object).unwrap_or_else(|| json!({}));
    }
    let mut values = match (&scope.site.release, scope.repository()) {
        (Some(release), None) => release.values.clone(),
        (Some(release), Some(_)) => lists_of(&release.values),
        (None, _) => lists_of_objects(scope.site),
    };
    if !values.is_object() {
        values = json!({});
    }
    renames::modernise(&mut values, &chart_version(scope));
    if values["initContainers"].is_string() {
        values["initContainers"] = json!(init_containers(&values));
    }
    values
}

/// The lists of installed values: a repository has the rest of them, and puts its own over ours.
fn lists_of(values: &Value) -> Value {
    let mut out = json!({});
    for list in LISTS {
        if let Some(value) = look(values, &path(list)) {
            put(&mut out, &path(list), value);
        }
    }
    out
}

/// The lists of values as the objects of an install have them.
fn lists_of_objects(site: &SiteFacts) -> Value {
    let mut out = json!({});
    let kube = &site.kube;
    let containers = kube.deployment.as_ref().map(|it| it["spec"]["template"]["spec"]["initContainers"].clone());
    let lists = [
        containers.unwrap_or_default(),
        json!(kube.locations.iter().map(written).collect::<Vec<_>>()),
        json!(kube.snapshot_locations.iter().map(written_snapshots).collect::<Vec<_>>()),
    ];
    for (list, value) in LISTS.into_iter().zip(lists) {
        if value.as_array().is_some_and(|items| !items.is_empty()) {
            put(&mut out, &path(list), &value);
        }
    }
    out
}

/// A volume snapshot location's object as the chart's values write it.
fn written_snapshots(object: &Value) -> Value {
    let mut out = written(object);
    if let Some(fields) = out.as_object_mut() {
        fields.shift_remove("bucket");
    }
    out
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
            vec!["initContainers".to_owned(), format!("[name={}]", plugin::name(scope))],
            json!({
                "name": plugin::name(scope),
                "image": plugin::image(scope),
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
    if versions()["chart"] == chart_version(scope).as_str() {
        out.push((path("image.tag"), json!(server_version(scope))));
    }
    if !scope.answers.install.image_registry.is_empty() {
        out.push((path("image.repository"), json!(images::own(scope.answers, "server"))));
        let kubectl = images::mirrored(scope.answers, images::kubectl_repository(scope));
        out.push((path("kubectl.image.repository"), json!(kubectl)));
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
    out
}

/// What changes when the pods have to start anew to get their identity.
pub fn identity_hash(scope: &Scope<'_>) -> String {
    let names = &scope.names;
    let who = format!("{}/{}/{}", names.role_arn, names.namespace, names.service_account);
    let who = match names.identity {
        Identity::Irsa => who,
        Identity::PodIdentity => format!("{}/{who}", names.identity.as_str()),
    };
    hex::encode(Sha256::digest(who))[..16].to_owned()
}

/// Whether the location is to be the default one: in a restore cluster only when it has no other.
pub fn is_default(scope: &Scope<'_>) -> bool {
    let names = &scope.names;
    scope.answers.velero.default_location
        && (scope.is_first() || locations(scope.site).iter().all(|there| is_ours(there, &names.bucket, &names.prefix)))
}

/// Our location as the chart's values write it.
pub fn location(scope: &Scope<'_>) -> Value {
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
    if wants_node_agent(scope) {
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
    let mut values = installed(scope);
    let mut notes = moved("the installed", scope.site.release.as_ref(), scope);
    for (path, value) in former(scope) {
        match ours.iter().find(|(there, _)| *there == path) {
            Some((_, now)) => outgrown(&mut values, &path, &value, now),
            None => remove(&mut values, &path, &value),
        }
    }
    if let Some(user) = &scope.answers.user_values {
        let mut user = user.clone();
        notes.extend(moved_values("your", &mut user, scope));
        overlay(&mut values, &user);
        notes.extend(super::overruled::overruled(&user, ours));
    }
    for (path, value) in ours {
        put(&mut values, path, value);
    }
    if scope.answers.tool == Tool::Velero {
        notes.extend(without_keys(&mut values, &scope.names.location));
    }
    (values, notes)
}

/// What of the installed values stood under names of before, while the chart's version changes.
fn moved(whose: &str, release: Option<&Release>, scope: &Scope<'_>) -> Vec<String> {
    release.map(|release| moved_values(whose, &mut release.values.clone(), scope)).unwrap_or_default()
}

fn moved_values(whose: &str, values: &mut Value, scope: &Scope<'_>) -> Vec<String> {
    if scope.answers.tool != Tool::Velero {
        return Vec::new();
    }
    let said = renames::modernise(values, &chart_version(scope));
    said.into_iter().map(|said| format!("values: {whose} values are carried over: {said}")).collect()
}

/// Takes out of our location, and of the pods' variables, what would be used instead of the identity.
fn without_keys(values: &mut Value, location: &str) -> Vec<String> {
    let mut said = Vec::new();
    let list = values.pointer_mut("/configuration/backupStorageLocation").and_then(Value::as_array_mut);
    if let Some(ours) = list.into_iter().flatten().find(|one| one["name"] == location) {
        let mut drop_key = |at: &mut Value, key: &str| {
            if at.as_object_mut().and_then(|map| map.shift_remove(key)).is_some_and(|value| !value.is_null()) {
                said.push(format!(
                    "values: the location {location} loses {key}, which would be used instead of the role"
                ));
            }
        };
        drop_key(ours, "credential");
        for key in ["profile", "credentialsFile"] {
            drop_key(&mut ours["config"], key);
        }
    }
    if let Some(list) = values.pointer_mut("/configuration/extraEnvVars").and_then(Value::as_array_mut) {
        list.retain(|one| {
            let key = one["name"].as_str().is_some_and(|name| KEYS.contains(&name));
            if key {
                said.push(format!(
                    "values: the variable {} goes, which would be used instead of the role",
                    one["name"]
                ));
            }
            !key
        });
    }
    if let Some(map) = values.pointer_mut("/credentials/extraEnvVars").and_then(Value::as_object_mut) {
        for key in KEYS {
            if map.shift_remove(key).is_some() {
                said.push(format!("values: the variable {key} goes, which would be used instead of the role"));
            }
        }
    }
    said
}

/// Whether a volume feature needs the node agent.
pub fn wants_node_agent(scope: &Scope<'_>) -> bool {
    let features = &scope.answers.velero.features;
    features.contains(&Feature::FileSystemBackup) || features.contains(&Feature::DataMover)
}

/// The server's flags that the volume features need.
pub fn server_flags(scope: &Scope<'_>) -> Vec<&'static str> {
    let features = &scope.answers.velero.features;
    let has = |feature| features.contains(&feature);
    let mut out = Vec::new();
    if has(Feature::Csi) || has(Feature::DataMover) {
        out.push("--features=EnableCSI");
    }
    if has(Feature::FileSystemBackup) && !has(Feature::EbsSnapshots) && !has(Feature::Csi) && !has(Feature::DataMover) {
        out.push("--default-volumes-to-fs-backup");
    }
    if has(Feature::DataMover) {
        out.push("--default-snapshot-move-data");
    }
    out
}

/// A server's arguments with the flags that the volume features need.
pub fn with_flags(scope: &Scope<'_>, args: &Value) -> Value {
    let mut list: Vec<String> =
        args.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect();
    for flag in server_flags(scope) {
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        match list.iter_mut().find(|there| there.split('=').next() == Some(name)) {
            None => list.push(flag.to_owned()),
            Some(there) if value.is_empty() || there.contains(value) => {}
            Some(there) if there.trim_end_matches('=') == name => flag.clone_into(there),
            Some(there) => *there = format!("{there},{value}"),
        }
    }
    json!(list)
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

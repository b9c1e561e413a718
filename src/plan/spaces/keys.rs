//! Static keys that a Space backs up with: the config of our name gives its key up with consent, any other is named and
//! left as it is (design 3, Existing installs; upbound.md 2).

use super::planes::Planes;
use crate::plan::Draft;
use crate::plan::cluster::keys;
use crate::plan::scope::Scope;
use serde_json::Value;
use std::fmt::Write as _;

/// A key of AWS in a Secret of the config's group.
#[derive(Clone, Copy)]
pub struct StaticKey<'a> {
    /// The Secret's name.
    secret: &'a str,
    /// Which of its data.
    key: &'a str,
}

impl StaticKey<'_> {
    /// `SECRET/KEY`.
    fn title(self) -> String {
        format!("{}/{}", self.secret, self.key)
    }
}

/// The key that a config's backups are written with; `None` with an identity, or in another cloud.
pub fn of(config: &Value) -> Option<StaticKey<'_>> {
    let storage = &config["spec"]["objectStorage"];
    let credentials = &storage["credentials"];
    let used = storage["provider"] == "AWS" && credentials["source"] == "Secret";
    let reference = &credentials["secretRef"];
    used.then(|| StaticKey {
        secret: reference["name"].as_str().unwrap_or_default(),
        key: reference["key"].as_str().unwrap_or("credentials"),
    })
}

/// What somebody's config of our name loses by being ours: its key, and the place that its Backups are in.
pub fn lost(scope: &Scope<'_>, config: &Value) -> String {
    let mut out = String::new();
    if let Some(key) = of(config) {
        let _ =
            write!(out, "; it uses the key in the Secret {}, which is switched off (the Secret stays)", key.title());
    }
    let (names, storage) = (&scope.names, &config["spec"]["objectStorage"]);
    let text = |key: &str| storage[key].as_str().unwrap_or_default();
    let (bucket, prefix) = (text("bucket"), text("prefix").trim_matches('/'));
    if text("provider") != "AWS" || bucket != names.bucket || prefix != names.prefix.trim_matches('/') {
        let _ = write!(
            out,
            "; it points to {}, where the files of its Backups stay: a restore of them would look in the new place",
            place(storage)
        );
    }
    out.push_str("; another spaces.config_name leaves it as it is");
    out
}

/// `s3://BUCKET/PREFIX`, or the bucket with its cloud.
fn place(storage: &Value) -> String {
    let text = |key: &str| storage[key].as_str().unwrap_or_default();
    match (text("provider"), text("prefix").trim_matches('/')) {
        ("AWS", "") => format!("s3://{}", text("bucket")),
        ("AWS", prefix) => format!("s3://{}/{prefix}", text("bucket")),
        (cloud, _) => format!("the bucket {} of {cloud}", text("bucket")),
    }
}

/// Says what becomes of the Secret that the config of our name has used.
pub fn switched_off(scope: &Scope<'_>, group: &str, draft: &mut Draft) {
    let ours = scope.names.location.as_str();
    let configs = || of_group(scope, group);
    let Some(key) = configs().find(|it| it["metadata"]["name"] == ours).and_then(of) else { return };
    let others = configs().filter(|it| it["metadata"]["name"] != ours);
    let others = others.filter(|it| of(it).is_some_and(|other| other.secret == key.secret));
    let names: Vec<&str> = others.filter_map(|it| it["metadata"]["name"].as_str()).collect();
    draft.note(if names.is_empty() {
        format!("{}{}", at(scope), keys::left(group, key.secret))
    } else {
        let names = names.join(", ");
        format!(
            "{}The Secret {group}/{} with the access key stays: {names} still uses it when {ours} no longer does",
            at(scope),
            key.secret
        )
    });
}

/// Names the other configs of the covered groups that go on with a key, and the schedules that use them.
pub fn others(scope: &Scope<'_>, planes: &Planes<'_>, draft: &mut Draft) {
    for group in &planes.groups {
        for config in of_group(scope, group) {
            let name = config["metadata"]["name"].as_str().unwrap_or_default();
            if let Some(key) = of(config).filter(|_| name != scope.names.location) {
                draft.note(other(scope, group, (name, config), key));
            }
        }
    }
}

fn other(scope: &Scope<'_>, group: &str, (name, config): (&str, &Value), key: StaticKey<'_>) -> String {
    let ours = &scope.names.location;
    let by = schedules(scope, group, name);
    let (using, first) = if by.is_empty() {
        ("and no SharedBackupSchedule uses it".to_owned(), String::new())
    } else {
        // The types say of Backups that their configRef is immutable, and of schedules nothing (upbound.md 2).
        let all = by.join(", ");
        let todo = format!(
            "set spec.configRef.name of {all} to {ours} (if the API server refuses that, make the schedule anew with it), then "
        );
        (format!("used by the SharedBackupSchedule {all}"), todo)
    };
    format!(
        "{}SharedBackupConfig {group}/{name} ({}) still uses the key in the Secret {}, {using}: lifeboat changes neither. To be rid of the key, {first}see that no BackupSchedule names the config (kubectl get backupschedules.spaces.upbound.io -n {group}), keep it as long as Backups in its bucket may be restored, and only then remove it with its Secret and the key",
        at(scope),
        place(&config["spec"]["objectStorage"]),
        key.title()
    )
}

/// The shared schedules of a group that use a config.
fn schedules<'a>(scope: &Scope<'a>, group: &str, config: &str) -> Vec<&'a str> {
    let all = scope.site.space.as_ref().map(|space| space.schedules.as_slice()).unwrap_or_default();
    let with =
        all.iter().filter(|it| it["metadata"]["namespace"] == group && it["spec"]["configRef"]["name"] == config);
    with.filter_map(|it| it["metadata"]["name"].as_str()).collect()
}

fn of_group<'a>(scope: &Scope<'a>, group: &str) -> impl Iterator<Item = &'a Value> {
    let all = scope.site.space.as_ref().map(|space| space.configs.as_slice()).unwrap_or_default();
    all.iter().filter(move |it| it["metadata"]["namespace"] == group)
}

/// What a note of a restore cluster begins with.
fn at(scope: &Scope<'_>) -> String {
    if scope.is_first() { String::new() } else { format!("{}: ", scope.names.cluster) }
}

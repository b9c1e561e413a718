//! What is somebody else's beside the release: the key that its operator uses, Backups and Restores that name keys of
//! their own, and Backups that follow the operator wherever it stores (rancher.md 2 to 4).

use crate::domain::Shown;
use crate::domain::status::RancherPlace;
use crate::plan::cluster::keys;
use crate::plan::scope::Scope;
use crate::plan::{Action, Change, Draft};
use crate::ports::Object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many names a note tells; of more it tells how many there are.
const NAMED: usize = 20;

/// The Secret whose key the installed operator uses, as its location says, or the release's values: namespace and name.
pub fn key_secret(scope: &Scope<'_>) -> Option<(String, String)> {
    let rancher = &scope.site.kube.rancher;
    let values = scope.site.release.as_ref().map(|release| &release.values["s3"]).filter(|s3| s3["enabled"] == true);
    let said = |field: &str| values.map(|s3| text(&s3[field])).unwrap_or_default();
    let place = rancher.location.as_ref().map(|place| place.secret.clone());
    let name = place.filter(|name| !name.is_empty()).unwrap_or_else(|| said("credentialSecretName"));
    let there = rancher.fields.get("credentialSecretNamespace").and_then(|field| STANDARD.decode(field).ok());
    let there = there.map(|bytes| Shown::bounded(&String::from_utf8_lossy(&bytes), 253).to_string());
    let namespace = there.unwrap_or_else(|| said("credentialSecretNamespace"));
    let namespace = if namespace.is_empty() { scope.names.namespace.clone() } else { namespace };
    (!name.is_empty()).then_some((namespace, name))
}

/// What a change of somebody else's release does beside what its difference shows.
pub fn told(scope: &Scope<'_>) -> String {
    let mut out = String::new();
    if let Some((namespace, name)) = key_secret(scope) {
        let _ = write!(out, " and uses the key in the Secret {namespace}/{name}, which is switched off");
    }
    if let Some(before) = moved(scope) {
        let (from, to) = (at(&before), ours(scope, &before));
        let _ = write!(out, "; the operator's default location moves from {from} to {to}");
        let follow = followers(scope);
        if !follow.is_empty() {
            let _ = write!(out, ", with what is recurring and names no place: {}", listed("Backup", &follow));
        }
    }
    out
}

/// Says who goes on with a key of his own, and what `release`, the change of the operator's release, does to others.
pub fn notes(scope: &Scope<'_>, release: &Change, mine: bool, draft: &mut Draft) {
    own_keys(scope, draft);
    if release.action == Action::Keep {
        return;
    }
    if let Some((namespace, name)) = key_secret(scope) {
        draft.note(keys::left(&namespace, &name));
    }
    if let Some(before) = moved(scope) {
        draft.note(moving(scope, &before));
    }
    if !mine {
        by_identity(scope, draft);
    }
}

/// Where the operator stores by default until now, if that is another place than the plan's.
fn moved(scope: &Scope<'_>) -> Option<RancherPlace> {
    let (place, names) = (scope.site.kube.rancher.location.clone()?, &scope.names);
    let region = place.region.is_empty() || place.region == names.bucket_region;
    let same = place.bucket == names.bucket && place.prefix == names.prefix && region;
    (!same).then_some(place)
}

fn moving(scope: &Scope<'_>, before: &RancherPlace) -> String {
    let (from, to) = (at(before), ours(scope, before));
    let mut out = format!("The default location of the operator in {} moves from {from} to {to}", scope.names.cluster);
    let follow = followers(scope);
    if !follow.is_empty() {
        let follow = listed("Backup", &follow);
        let _ = write!(out, ", and takes along from the next run on what is recurring and names no place: {follow}");
        if !scope.is_first() {
            out.push_str(". The role of a restore cluster only reads there, so that each fails until its own storageLocation names a place and a key");
        }
    }
    format!(
        "{out}. What is in {from} stays there, and no retention removes it any more: a Restore of it names that place in its own storageLocation"
    )
}

/// Whoever names a Secret of his own goes on with its key, whatever the operator has.
fn own_keys(scope: &Scope<'_>, draft: &mut Draft) {
    let mut by_secret: BTreeMap<(String, String), [Vec<String>; 2]> = BTreeMap::new();
    let rancher = &scope.site.kube.rancher;
    for (kind, objects) in [&rancher.others, &rancher.restores].into_iter().enumerate() {
        for object in
            objects.iter().filter(|object| kind == 0 || text(&object["status"]["restoreCompletionTs"]).is_empty())
        {
            let s3 = &object["spec"]["storageLocation"]["s3"];
            let secret = text(&s3["credentialSecretName"]);
            if !secret.is_empty() {
                let of = by_secret.entry((text(&s3["credentialSecretNamespace"]), secret)).or_default();
                of[kind].push(format!("{} ({})", name(object), place(s3)));
            }
        }
    }
    for ((namespace, secret), [backups, restores]) in by_secret {
        let kinds = [("Backup", backups), ("Restore", restores)];
        let who: Vec<String> =
            kinds.iter().filter(|(_, all)| !all.is_empty()).map(|(kind, all)| listed(kind, all)).collect();
        draft.note(format!(
            "Not switched off: the key in the Secret {namespace}/{secret} is still used by the {}, by their own storageLocation. Leave the key active until they name no credentialSecretName",
            who.join(" and the ")
        ));
    }
}

/// Backups with a place of their own and no key work as whoever the operator is, which is to be the role.
fn by_identity(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let reached = |s3: &Value| {
        let folder = text(&s3["folder"]);
        let folder = folder.trim_matches('/');
        text(&s3["bucketName"]) == names.bucket && format!("{folder}/").starts_with(&names.prefix)
    };
    let rancher = &scope.site.kube.rancher;
    let lost = rancher.others.iter().filter(|object| {
        let s3 = &object["spec"]["storageLocation"]["s3"];
        s3.is_object() && text(&s3["credentialSecretName"]).is_empty() && !reached(s3)
    });
    let lost: Vec<String> =
        lost.map(|object| format!("{} ({})", name(object), place(&object["spec"]["storageLocation"]["s3"]))).collect();
    if !lost.is_empty() {
        draft.note(format!(
            "At a place of their own without a key: {}. They go by the operator's identity, which is to be the role {}, and it does not reach there: give them a credentialSecretName, or let them go",
            listed("Backup", &lost),
            names.role_arn
        ));
    }
}

/// The recurring Backups of others that go where the operator stores by default.
fn followers(scope: &Scope<'_>) -> Vec<String> {
    let all = scope.site.kube.rancher.others.iter();
    all.filter(|it| it["spec"]["storageLocation"].is_null() && !text(&it["spec"]["schedule"]).is_empty())
        .map(name)
        .collect()
}

/// `Backup a`, or `Backups a, b and 7 more`.
fn listed(kind: &str, names: &[String]) -> String {
    let some = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let plural = if names.len() == 1 { "" } else { "s" };
    match names.len().saturating_sub(NAMED) {
        0 => format!("{kind}{plural} {some}"),
        more => format!("{kind}{plural} {some} and {more} more"),
    }
}

fn at(place: &RancherPlace) -> String {
    let region = if place.region.is_empty() { String::new() } else { format!(" in {}", place.region) };
    format!("s3://{}/{}{region}", place.bucket, place.prefix)
}

/// The plan's place; with its region where the other one has one.
fn ours(scope: &Scope<'_>, before: &RancherPlace) -> String {
    let names = &scope.names;
    let region = if before.region.is_empty() { String::new() } else { names.bucket_region.clone() };
    at(&RancherPlace { bucket: names.bucket.clone(), prefix: names.prefix.clone(), region, secret: String::new() })
}

fn place(s3: &Value) -> String {
    format!("s3://{}/{}", text(&s3["bucketName"]), text(&s3["folder"]))
}

fn name(object: &Object) -> String {
    text(&object["metadata"]["name"])
}

fn text(value: &Value) -> String {
    Shown::bounded(value.as_str().unwrap_or_default(), 253).to_string()
}

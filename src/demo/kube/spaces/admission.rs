//! What the API server refuses by the rules in the CRDs (upbound.md 2, 7 row 11).

use crate::demo::kube::store::meta;
use crate::ports::{Answer, Kind, Object, Trouble, TroubleKind};
use serde_json::Value;

/// Refuses what the schema of a kind of the Space does not take; other kinds pass.
pub(in crate::demo::kube) fn admit(kind: Kind, object: &Object, verb: &str) -> Answer<()> {
    let problem = match kind {
        Kind::SharedBackupConfig => config(&object["spec"]["objectStorage"]),
        Kind::SpacesBackup => reference(&object["spec"]).or_else(|| empty(&object["spec"], "controlPlane")),
        Kind::SharedBackupSchedule => schedule(&object["spec"]),
        _ => None,
    };
    let Some(why) = problem else { return Ok(()) };
    let name = meta(object, "name");
    let text = format!("{}.{} \"{name}\" is invalid: {why}", kind.name(), kind.address().0);
    Err(Trouble::new(TroubleKind::Invalid, format!("the API server refuses {} {name}", kind.name()))
        .why(text)
        .code("Invalid")
        .at(format!("kubernetes: {verb} {}", kind.name()), format!("{}/{name}", meta(object, "namespace"))))
}

fn empty(spec: &Value, field: &str) -> Option<String> {
    spec[field].as_str().is_none_or(str::is_empty).then(|| format!("spec.{field}: Required value"))
}

fn one_of(value: &Value, field: &str, allowed: &[&str]) -> Option<String> {
    let found = value.as_str().unwrap_or_default();
    let all = allowed.iter().map(|one| format!("\"{one}\"")).collect::<Vec<_>>().join(", ");
    (!allowed.contains(&found)).then(|| format!("{field}: Unsupported value: \"{found}\": supported values: {all}"))
}

fn config(storage: &Value) -> Option<String> {
    let credentials = &storage["credentials"];
    let keyless = credentials["source"] == "Secret" && credentials["secretRef"]["name"].is_null();
    one_of(&storage["provider"], "spec.objectStorage.provider", &["AWS", "Azure", "GCP"])
        .or_else(|| empty(storage, "bucket"))
        .or_else(|| {
            one_of(&credentials["source"], "spec.objectStorage.credentials.source", &["Secret", "InjectedIdentity"])
        })
        .or_else(|| keyless.then(|| "credentials.secretRef.name must be set when source is Secret".to_owned()))
}

fn reference(spec: &Value) -> Option<String> {
    let kind = &spec["configRef"]["kind"];
    if kind != "SharedBackupConfig" {
        return Some(format!("spec.configRef: Invalid value: {kind}: backup configRef must be SharedBackupConfig"));
    }
    spec["configRef"]["name"]
        .as_str()
        .is_none_or(str::is_empty)
        .then(|| "spec.configRef.name: Required value".to_owned())
}

fn schedule(spec: &Value) -> Option<String> {
    let some = |field: &str| spec["controlPlaneSelector"][field].as_array().is_some_and(|list| !list.is_empty());
    let chosen = some("names") || some("labelSelectors");
    reference(spec).or_else(|| empty(spec, "schedule")).or_else(|| {
        (!chosen).then(|| "spec.controlPlaneSelector: either names or a labelSelector must be specified".to_owned())
    })
}

//! The Secret of the operator's default location, as the chart writes it: by `stringData`. What values no longer say
//! stays in its `data`, whatever Helm or another renderer applies, a key's name too, which wins over any identity
//! (rancher-F23). So what the values do not say is taken out before the upgrade, and put back when it is taken back.

use super::values;
use crate::domain::status::RANCHER_LOCATION;
use crate::plan::scope::Scope;
use crate::plan::{ObjectKind, Op};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What the chart writes into it, each where its value is not empty.
const FIELDS: [&str; 9] = [
    "bucketName",
    "clientConfig",
    "credentialSecretName",
    "credentialSecretNamespace",
    "endpoint",
    "endpointCA",
    "folder",
    "insecureTLSSkipVerify",
    "region",
];

/// Whether the chart writes a value: Go templates pass over what is empty.
fn written(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(bool) => *bool,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// The fields that are there and that these values do not write: the operator would go by them all the same.
pub fn left_over(scope: &Scope<'_>, merged: &Value) -> Vec<&'static str> {
    let there = &scope.site.kube.rancher.fields;
    FIELDS.into_iter().filter(|field| there.contains_key(*field) && !written(&merged["s3"][*field])).collect()
}

/// The patch before an upgrade with these values, with the one that takes it back; none where nothing is left over and
/// nothing is new.
pub fn patch(scope: &Scope<'_>, merged: &Value) -> Option<Op> {
    let there = &scope.site.kube.rancher.fields;
    if there.is_empty() {
        return None;
    }
    let (mut merge, mut back) = (Map::new(), Map::new());
    for field in left_over(scope, merged) {
        merge.insert(field.to_owned(), Value::Null);
        back.insert(field.to_owned(), json!(there.get(field)));
    }
    // A rollback would not take out what is new.
    for field in FIELDS.into_iter().filter(|field| !there.contains_key(*field)) {
        if let Some(text) = merged["s3"][field].as_str().filter(|text| !text.is_empty()) {
            merge.insert(field.to_owned(), json!(STANDARD.encode(text)));
            back.insert(field.to_owned(), Value::Null);
        }
    }
    (!merge.is_empty()).then(|| Op::PatchObject {
        kind: ObjectKind::Secret,
        namespace: scope.names.namespace.clone(),
        name: RANCHER_LOCATION.to_owned(),
        merge: json!({"data": merge}),
        back: json!({"data": back}),
    })
}

/// The command by which what our values empty is taken out by hand, where a repository's others are not known; none
/// where nothing is left over.
pub fn by_hand(scope: &Scope<'_>) -> Option<String> {
    const OURS: [&str; 3] = ["credentialSecretName", "credentialSecretNamespace", "folder"];
    let (merged, _) = values::merged(scope, "");
    let fields: Vec<_> = left_over(scope, &merged).into_iter().filter(|field| OURS.contains(field)).collect();
    let data: Map<String, Value> = fields.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
    (!fields.is_empty()).then(|| {
        format!(
            "kubectl patch secret {RANCHER_LOCATION} -n {} --type merge -p '{}'",
            scope.names.namespace,
            json!({"data": data})
        )
    })
}

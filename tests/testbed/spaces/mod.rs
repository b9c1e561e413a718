//! Stand-ins for what runs in a self-hosted Space: the host's controller, which makes control planes, and each
//! control plane's own controller, which backs up. They make the S3 calls and write the status of the real ones; what
//! is uploaded is not a backup of anything.

pub mod controller;
pub mod host;
mod storage;

use kube::Client;
use kube::api::{Patch, PatchParams};
use kube::core::DynamicObject;
use serde_json::{Value, json};

use super::stand_in::objects;

const GROUP: &str = "spaces.upbound.io";
/// The labels of a host namespace.
const NAME: &str = "internal.spaces.upbound.io/controlplane-name";
const NAMESPACE: &str = "internal.spaces.upbound.io/controlplane-namespace";

/// Merges into an object of a namespace; into its status when that is what is given.
async fn merge(kube: &Client, kind: &str, object: &DynamicObject, patch: Value) {
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let name = object.metadata.name.as_deref().unwrap_or_default();
    let api = objects(kube, GROUP, "v1beta1", kind, namespace);
    let status = patch.get("status").is_some();
    let (params, patch) = (PatchParams::default(), Patch::Merge(patch));
    // One that is gone, or changed since, is seen again at the next look.
    let _ = if status { api.patch_status(name, &params, &patch).await } else { api.patch(name, &params, &patch).await };
}

/// Adds or takes away a finalizer.
async fn hold(kube: &Client, kind: &str, object: &DynamicObject, finalizer: &str, held: bool) {
    let mut list = object.metadata.finalizers.clone().unwrap_or_default();
    if list.iter().any(|it| it == finalizer) == held {
        return;
    }
    list.retain(|it| it != finalizer);
    if held {
        list.push(finalizer.to_owned());
    }
    merge(kube, kind, object, json!({"metadata": {"finalizers": list}})).await;
}

/// The name of an object.
fn name(object: &DynamicObject) -> &str {
    object.metadata.name.as_deref().unwrap_or_default()
}

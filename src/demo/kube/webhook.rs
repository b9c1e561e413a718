//! What EKS adds to a new pod whose service account names a role (pod identity webhook).

use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};
use serde_json::{Value, json};

/// Where the token is mounted.
const MOUNT: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";

/// Adds the role, the token's file and the region to all containers. Existing pods are never changed.
pub(super) fn inject(cluster: &Cluster, namespace: &str, spec: &mut Object) {
    if cluster.store.get(Kind::MutatingWebhookConfiguration, "", "pod-identity-webhook").is_none() {
        return;
    }
    let name = spec["serviceAccountName"].as_str().unwrap_or("default");
    let Some(account) = cluster.store.get(Kind::ServiceAccount, namespace, name) else { return };
    let annotations = &account["metadata"]["annotations"];
    let Some(role) = annotations["eks.amazonaws.com/role-arn"].as_str() else { return };
    let audience = annotations["eks.amazonaws.com/audience"].as_str().unwrap_or("sts.amazonaws.com");
    let env = [
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
        ("AWS_DEFAULT_REGION", &cluster.region),
        ("AWS_REGION", &cluster.region),
        ("AWS_ROLE_ARN", role),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &format!("{MOUNT}/token")),
    ];
    let volume = json!({"name": "aws-iam-token", "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"audience": audience, "expirationSeconds": 86400, "path": "token"}}]}});
    push(&mut spec["volumes"], volume);
    for containers in ["initContainers", "containers"] {
        for container in spec[containers].as_array_mut().into_iter().flatten() {
            for (name, value) in env {
                let has = container["env"].as_array().is_some_and(|env| env.iter().any(|e| e["name"] == name));
                if !has {
                    push(&mut container["env"], json!({"name": name, "value": value}));
                }
            }
            let mount = json!({"name": "aws-iam-token", "mountPath": MOUNT, "readOnly": true});
            push(&mut container["volumeMounts"], mount);
        }
    }
}

/// Adds to a list that may not be there yet.
fn push(list: &mut Value, item: Value) {
    if !list.is_array() {
        *list = json!([]);
    }
    if let Some(items) = list.as_array_mut() {
        items.push(item);
    }
}

//! What EKS adds to a new pod whose service account has a role (pod identity webhook): by an association, else by
//! the annotation. The association wins, and only one of both is injected.

use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};
use serde_json::{Value, json};

/// Where the token of the annotation's role is mounted.
const MOUNT: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
/// Where the token for the Pod Identity agent is mounted.
const AGENT_MOUNT: &str = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
/// Where the agent answers on each node.
pub(super) const AGENT_HOST: &str = "169.254.170.23";
/// The agent's URL.
pub(super) const AGENT_URL: &str = "http://169.254.170.23/v1/credentials";

/// What is added to each container, and the token's volume.
struct Injection {
    env: Vec<(&'static str, String)>,
    volume: &'static str,
    mount: &'static str,
    audience: String,
    file: &'static str,
}

/// Adds variables, volume and mounts to all containers. Existing pods are never changed.
pub(super) fn inject(cluster: &Cluster, namespace: &str, spec: &mut Object) {
    if cluster.store.get(Kind::MutatingWebhookConfiguration, "", "pod-identity-webhook").is_none() {
        return;
    }
    let name = spec["serviceAccountName"].as_str().unwrap_or("default");
    let associated = cluster.associations.contains_key(&format!("{namespace}/{name}"));
    let what = if associated { Some(by_association(cluster)) } else { by_annotation(cluster, namespace, name) };
    if let Some(what) = what {
        add(spec, &what);
    }
}

fn by_association(cluster: &Cluster) -> Injection {
    let token = format!("{AGENT_MOUNT}/eks-pod-identity-token");
    let env = vec![
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional".to_owned()),
        ("AWS_DEFAULT_REGION", cluster.region.clone()),
        ("AWS_REGION", cluster.region.clone()),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AGENT_URL.to_owned()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token),
    ];
    let (volume, file) = ("eks-pod-identity-token", "eks-pod-identity-token");
    Injection { env, volume, mount: AGENT_MOUNT, audience: "pods.eks.amazonaws.com".to_owned(), file }
}

fn by_annotation(cluster: &Cluster, namespace: &str, name: &str) -> Option<Injection> {
    let account = cluster.store.get(Kind::ServiceAccount, namespace, name)?;
    let annotations = &account["metadata"]["annotations"];
    let role = annotations["eks.amazonaws.com/role-arn"].as_str()?;
    let audience = annotations["eks.amazonaws.com/audience"].as_str().unwrap_or("sts.amazonaws.com");
    let env = vec![
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional".to_owned()),
        ("AWS_DEFAULT_REGION", cluster.region.clone()),
        ("AWS_REGION", cluster.region.clone()),
        ("AWS_ROLE_ARN", role.to_owned()),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{MOUNT}/token")),
    ];
    Some(Injection { env, volume: "aws-iam-token", mount: MOUNT, audience: audience.to_owned(), file: "token" })
}

fn add(spec: &mut Object, what: &Injection) {
    let token = json!({"audience": what.audience, "expirationSeconds": 86400, "path": what.file});
    let sources = json!([{"serviceAccountToken": token}]);
    push(&mut spec["volumes"], json!({"name": what.volume, "projected": {"defaultMode": 420, "sources": sources}}));
    for containers in ["initContainers", "containers"] {
        for container in spec[containers].as_array_mut().into_iter().flatten() {
            for (name, value) in &what.env {
                let has = container["env"].as_array().is_some_and(|env| env.iter().any(|e| e["name"] == *name));
                if !has {
                    push(&mut container["env"], json!({"name": name, "value": value}));
                }
            }
            let mount = json!({"name": what.volume, "mountPath": what.mount, "readOnly": true});
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

//! What the identity webhook has put into running pods (testbed.md): it changes pods only when they are made.

use super::Identity;
use serde_json::Value;

/// The names of the pods of a service account that do not carry the identity: with IRSA the role, with Pod Identity
/// the agent's variables.
pub fn stale(pods: &[Value], identity: Identity, service_account: &str, role_arn: &str) -> Vec<String> {
    match identity {
        Identity::Irsa => stale_pods(pods, service_account, role_arn),
        Identity::PodIdentity => pods_without_pod_identity(pods, service_account),
    }
}

/// The names of the pods of a service account whose containers do not carry the role (IRSA).
pub fn stale_pods(pods: &[Value], service_account: &str, role_arn: &str) -> Vec<String> {
    without(pods, service_account, |pod| carries(pod, role_arn))
}

/// The names of the pods of a service account whose containers do not carry Pod Identity's variables. A pod that is
/// older than the association and carries them had another one: that cannot be told from the pod.
pub fn pods_without_pod_identity(pods: &[Value], service_account: &str) -> Vec<String> {
    without(pods, service_account, carries_pod_identity)
}

fn without(pods: &[Value], service_account: &str, carries: impl Fn(&Value) -> bool) -> Vec<String> {
    pods.iter()
        .filter(|pod| alive(pod, service_account) && !carries(pod))
        .filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned))
        .collect()
}

/// Whether a pod is of a service account and neither ended nor on its way out.
pub fn alive(pod: &Value, service_account: &str) -> bool {
    pod["spec"]["serviceAccountName"] == service_account
        && pod["metadata"]["deletionTimestamp"].is_null()
        && !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// Whether a pod carries what the identity webhook injects for IRSA: in every container the role and a token's file.
pub fn carries(pod: &Value, role_arn: &str) -> bool {
    let role = |container: &Value| env(container, "AWS_ROLE_ARN").is_some_and(|arn| arn == role_arn);
    all_containers(pod, |container| role(container) && env(container, "AWS_WEB_IDENTITY_TOKEN_FILE").is_some())
}

/// Whether a pod carries what the identity webhook injects for Pod Identity: in every container the agent's URL and a
/// token's file, and no web identity, which SDKs would prefer.
pub fn carries_pod_identity(pod: &Value) -> bool {
    all_containers(pod, |container| {
        env(container, "AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some()
            && env(container, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").is_some()
            && env(container, "AWS_WEB_IDENTITY_TOKEN_FILE").is_none()
    })
}

/// Whether any pod of a service account carries Pod Identity's variables.
pub fn uses_pod_identity(pods: &[Value], service_account: &str) -> bool {
    pods.iter().any(|pod| pod["spec"]["serviceAccountName"] == service_account && carries_pod_identity(pod))
}

/// The role that a pod's containers are told by a service account's annotation, if they are (IRSA).
pub fn role_of_pod(pod: &Value) -> Option<&str> {
    let containers = pod["spec"]["containers"].as_array()?;
    containers.iter().find_map(|container| env(container, "AWS_ROLE_ARN")?.as_str())
}

fn all_containers(pod: &Value, holds: impl Fn(&Value) -> bool) -> bool {
    pod["spec"]["containers"].as_array().into_iter().flatten().all(holds)
}

fn env<'a>(container: &'a Value, name: &str) -> Option<&'a Value> {
    let list = container["env"].as_array();
    list.into_iter().flatten().find(|entry| entry["name"] == name).map(|entry| &entry["value"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, containers: &[&[&str]]) -> Value {
        let one = |names: &&[&str]| {
            let env: Vec<Value> = names.iter().map(|name| json!({"name": name, "value": "arn"})).collect();
            json!({"env": env})
        };
        let containers: Vec<Value> = containers.iter().map(one).collect();
        json!({"metadata": {"name": name}, "spec": {"serviceAccountName": "velero", "containers": containers}})
    }

    const IRSA: &[&str] = &["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    const POD_IDENTITY: &[&str] = &["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

    #[test]
    fn a28_pods_carry_one_identity_in_every_container_or_are_named() {
        let pods = [
            pod("irsa", &[IRSA]),
            pod("associated", &[POD_IDENTITY, POD_IDENTITY]),
            pod("half", &[POD_IDENTITY, &[]]),
            pod("both", &[&[IRSA, POD_IDENTITY].concat()]),
        ];
        assert_eq!(pods_without_pod_identity(&pods, "velero"), ["irsa", "half", "both"]);
        assert_eq!(stale_pods(&pods, "velero", "arn"), ["associated", "half"]);
        assert!(pods_without_pod_identity(&pods, "other").is_empty());
    }
}

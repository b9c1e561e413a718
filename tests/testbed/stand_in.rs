//! What a program of the tests' own runs with when it stands in for a pod's: nothing but what the pod was given.

use std::io::Write as _;
use std::path::PathBuf;

use k8s_openapi::api::core::v1::Secret;
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::minio::Environment;

/// A pod's program, as it starts.
#[derive(Clone)]
pub struct StandIn {
    /// The container's variables that have a value; behind AWS's are this node's own files.
    pub environment: Environment,
    /// The container's arguments.
    pub arguments: Vec<String>,
    /// The pod's namespace.
    pub namespace: String,
    /// The API server as the pod's own service account.
    pub kube: Client,
    /// The API server as its admin: where the real program has a way of its own that the pod does not show.
    pub admin: Client,
    /// Its output.
    pub log: Log,
}

impl StandIn {
    /// The value of an argument `--name=value`.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='))
    }
}

/// A program's output: a file that is appended to.
#[derive(Clone, Debug)]
pub struct Log(pub PathBuf);

impl Log {
    /// One line, with its time.
    pub fn line(&self, text: &str) {
        if let Ok(mut file) = std::fs::File::options().create(true).append(true).open(&self.0) {
            let _ = writeln!(file, "time=\"{}\" {text}", now());
        }
    }
}

/// This second, RFC 3339.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What the API server says of a failure.
pub fn said(problem: &kube::Error) -> String {
    match problem {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

/// The objects of a kind, in one namespace or, for `""`, in all.
pub fn objects(kube: &Client, group: &str, version: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    if namespace.is_empty() {
        Api::all_with(kube.clone(), &resource)
    } else {
        Api::namespaced_with(kube.clone(), namespace, &resource)
    }
}

/// A Secret's text values.
pub async fn secret(kube: &Client, namespace: &str, name: &str) -> Result<Value, String> {
    let api: Api<Secret> = Api::namespaced(kube.clone(), namespace);
    let secret = api.get(name).await.map_err(|problem| said(&problem))?;
    let data = secret.data.unwrap_or_default().into_iter();
    Ok(data
        .map(|(key, value)| (key, json!(String::from_utf8_lossy(&value.0))))
        .collect::<serde_json::Map<_, _>>()
        .into())
}

/// A condition with this second as its time.
pub fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": now(), "lastUpdateTime": now(),
    })
}

//! What a pod's container is given: its AWS variables, the tokens behind them, and its way to the API server.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec, Secret, ServiceAccount};
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use super::Settings;

/// A container's own: a kubeconfig with its service account's token, and the AWS variables of its spec.
pub struct Given {
    pub kubeconfig: PathBuf,
    pub aws: BTreeMap<String, String>,
}

/// Mints the tokens and reads the Secrets that the container needs, or says why it cannot be started yet: the
/// reason and a message.
pub async fn given(
    settings: &Settings,
    pod: &Pod,
    container: &Container,
    dir: &Path,
) -> Result<Given, (&'static str, String)> {
    let creating = |message: String| ("ContainerCreating", message);
    let spec = pod.spec.clone().unwrap_or_default();
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    let own = token(settings, pod, None, 86_400).await.map_err(creating)?;
    let kubeconfig = dir.join("kubeconfig");
    write(&kubeconfig, &kubeconfig_for(settings, &own)).map_err(creating)?;

    let mut aws = variables(settings, &namespace, container).await?;
    for (variable, local) in
        [("AWS_WEB_IDENTITY_TOKEN_FILE", "aws-token"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "pod-identity-token")]
    {
        let Some(file) = aws.get_mut(variable) else { continue };
        // Without a volume behind it the variable names a file that is not there, as in the pod.
        *file = match projected(&spec, container, file) {
            Some((audience, seconds)) => {
                let token = token(settings, pod, Some(&audience), seconds).await.map_err(creating)?;
                write(&dir.join(local), &token).map_err(creating)?
            }
            None => text(&dir.join("no-token")),
        };
    }
    if let Some(url) = aws.get_mut("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        url.clone_from(&settings.agent);
    }
    if let Some(file) = aws.get_mut("AWS_SHARED_CREDENTIALS_FILE") {
        *file = match mounted(settings, &namespace, &spec, container, file).await.map_err(creating)? {
            Some(content) => write(&dir.join("credentials"), &content).map_err(creating)?,
            None => text(&dir.join("no-credentials")),
        };
    }

    Ok(Given { kubeconfig, aws })
}

/// The AWS variables of the container: by value, and by key of a Secret.
async fn variables(
    settings: &Settings,
    namespace: &str,
    container: &Container,
) -> Result<BTreeMap<String, String>, (&'static str, String)> {
    let mut found = BTreeMap::new();
    for EnvVar { name, value, value_from } in container.env.iter().flatten() {
        if !name.starts_with("AWS_") {
            continue;
        }
        let reference = value_from.as_ref().and_then(|from| from.secret_key_ref.as_ref());
        let value = match (value, reference) {
            (Some(value), _) => value.clone(),
            (None, Some(reference)) => {
                let wrong = |message| ("CreateContainerConfigError", message);
                let data = secret(settings, namespace, &reference.name).await.map_err(wrong)?;
                let missing =
                    || format!("couldn't find key {} in Secret {namespace}/{}", reference.key, reference.name);
                data.get(&reference.key).cloned().ok_or_else(|| wrong(missing()))?
            }
            (None, None) => String::new(),
        };
        found.insert(name.clone(), value);
    }
    Ok(found)
}

/// Audience and lifetime of the token that the container sees at this path.
fn projected(spec: &PodSpec, container: &Container, file: &str) -> Option<(String, i64)> {
    let (volume, inside) = volume(spec, container, file)?;
    let sources = volume["projected"]["sources"].as_array()?.clone();
    let token = sources.into_iter().map(|source| source["serviceAccountToken"].clone());
    let token = token.into_iter().find(|token| token["path"] == inside.as_str())?;
    let audience = token["audience"].as_str().unwrap_or_default().to_owned();
    Some((audience, token["expirationSeconds"].as_i64().unwrap_or(3600)))
}

/// The content of the file, from the Secret that the container mounts there.
async fn mounted(
    settings: &Settings,
    namespace: &str,
    spec: &PodSpec,
    container: &Container,
    file: &str,
) -> Result<Option<String>, String> {
    let Some((volume, inside)) = volume(spec, container, file) else { return Ok(None) };
    let Some(name) = volume["secret"]["secretName"].as_str() else { return Ok(None) };
    Ok(secret(settings, namespace, name).await?.remove(&inside))
}

/// The volume mounted over a path, and the path inside it.
fn volume(spec: &PodSpec, container: &Container, file: &str) -> Option<(Value, String)> {
    let mounts = container.volume_mounts.iter().flatten();
    let mount = mounts
        .filter(|mount| Path::new(file).starts_with(&mount.mount_path))
        .max_by_key(|mount| mount.mount_path.len())?;
    let inside = text(Path::new(file).strip_prefix(&mount.mount_path).ok()?);
    let volume = spec.volumes.iter().flatten().find(|volume| volume.name == mount.name)?;
    Some((json!(volume), inside))
}

async fn secret(settings: &Settings, namespace: &str, name: &str) -> Result<BTreeMap<String, String>, String> {
    let api: Api<Secret> = Api::namespaced(settings.admin.clone(), namespace);
    let secret = api.get(name).await.map_err(|error| error.to_string())?;
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
    Ok(secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, text(value.0))).collect())
}

/// A token of the pod's own service account, bound to the pod as the kubelet binds it.
async fn token(settings: &Settings, pod: &Pod, audience: Option<&str>, seconds: i64) -> Result<String, String> {
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let api: Api<ServiceAccount> = Api::namespaced(settings.admin.clone(), namespace);
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {
            "audiences": Vec::from_iter(audience.filter(|audience| !audience.is_empty())),
            "expirationSeconds": seconds,
            "boundObjectRef": {
                "apiVersion": "v1", "kind": "Pod", "name": pod.metadata.name, "uid": pod.metadata.uid,
            },
        },
    });
    let request = serde_json::from_value(request).expect("a token request");
    let answer = api.create_token_request(account, &PostParams::default(), &request).await;
    let answer = answer.map_err(|error| format!("MountVolume.SetUp failed: failed to fetch token: {error}"))?;
    Ok(answer.status.map(|status| status.token).unwrap_or_default())
}

fn kubeconfig_for(settings: &Settings, token: &str) -> String {
    let cluster = json!({"server": settings.server, "certificate-authority": settings.ca});
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "own", "cluster": cluster}],
        "users": [{"name": "own", "user": {"token": token}}],
        "contexts": [{"name": "own", "context": {"cluster": "own", "user": "own"}}],
        "current-context": "own",
    })
    .to_string()
}

pub fn write(file: &Path, content: &str) -> Result<String, String> {
    fs::write(file, content).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text(file))
}

pub fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

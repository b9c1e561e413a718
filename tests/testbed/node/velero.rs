//! Velero's pods as processes: with what their pod was given, and nothing else.

use std::fs;
use std::path::PathBuf;

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};

use super::environment::{Given, given, text};
use super::process::Run;
use super::{Settings, image};

/// The line after which the controllers are started.
const MARKER: &str = "Server starting...";
/// What the node itself decides.
const OURS: [&str; 7] =
    ["--metrics-address", "--profiler-address", "--plugin-dir", "--kubeconfig", "--kubecontext", "--namespace", "-n"];

/// The container that is Velero's server.
pub fn server(spec: &PodSpec) -> Option<&Container> {
    let is = |container: &&Container| {
        let words = words(container);
        image::is(container, image::VELERO)
            && words.iter().any(|word| word == "server")
            && !words.iter().any(|word| word == "node-agent")
    };
    spec.containers.iter().find(is)
}

/// The container that applies the CRDs.
pub fn crds(spec: &PodSpec) -> Option<&Container> {
    let is = |container: &&Container| {
        let words = words(container);
        image::is(container, image::VELERO)
            && words.iter().any(|word| word == "install")
            && words.iter().any(|word| word == "--crds-only")
    };
    spec.containers.iter().find(is)
}

/// The program's arguments: command and args without the program.
fn words(container: &Container) -> Vec<String> {
    let words = container.command.iter().flatten().chain(container.args.iter().flatten()).cloned();
    words.skip_while(|word| word.ends_with("velero")).collect()
}

pub fn crds_run(settings: &Settings, container: &Container, dir: PathBuf) -> Run {
    let env = [("PATH", "/usr/bin:/bin".into()), ("KUBECONFIG", text(&settings.kubeconfig)), ("HOME", text(&dir))];
    Run {
        program: settings.bin.join("velero"),
        args: words(container),
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        log: dir.join("velero.log"),
        dir,
        marker: "",
    }
}

/// Everything the server needs, or why its container cannot be started yet: the reason and a message.
pub async fn server_run(
    settings: &Settings,
    pod: &Pod,
    container: &Container,
    dir: PathBuf,
) -> Result<Run, (&'static str, String)> {
    let creating = |message: String| ("ContainerCreating", message);
    let spec = pod.spec.clone().unwrap_or_default();
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    for folder in ["tmp", "empty", "scratch"] {
        fs::create_dir_all(dir.join(folder)).map_err(|error| creating(error.to_string()))?;
    }

    let Given { kubeconfig, aws } = given(settings, pod, container, &dir).await?;
    let mut env = Vec::from_iter(aws);
    env.extend(
        [
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("HOME", text(&dir)),
            ("TMPDIR", text(&dir.join("tmp"))),
            ("VELERO_NAMESPACE", namespace.clone()),
            ("VELERO_SCRATCH_DIR", text(&dir.join("scratch"))),
            ("HTTPS_PROXY", settings.proxy.clone()),
            ("NO_PROXY", "localhost,127.0.0.1".to_owned()),
            ("SSL_CERT_FILE", text(&settings.ca)),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let plugin = spec.init_containers.iter().flatten().any(|container| image::is(container, image::PLUGIN));
    let plugins = if plugin { text(&settings.plugins) } else { text(&dir.join("empty")) };
    let mut args = vec!["server".to_owned()];
    args.extend(
        ["--kubeconfig", &text(&kubeconfig), "--namespace", &namespace, "--plugin-dir", &plugins].map(str::to_owned),
    );
    args.extend(["--metrics-address", "127.0.0.1:0", "--profiler-address", "127.0.0.1:0"].map(str::to_owned));
    args.extend(others(words(container)));
    Ok(Run { program: settings.bin.join("velero"), args, env, log: dir.join("velero.log"), dir, marker: MARKER })
}

/// The pod's arguments without those that the node decides.
fn others(words: Vec<String>) -> Vec<String> {
    let mut words = words.into_iter();
    let mut kept = Vec::new();
    let mut verb = true;
    while let Some(word) = words.next() {
        if verb && word == "server" {
            verb = false;
        } else if OURS.contains(&word.as_str()) {
            words.next();
        } else if !OURS.iter().any(|ours| word.strip_prefix(ours).is_some_and(|rest| rest.starts_with('='))) {
            kept.push(word);
        }
    }
    kept
}

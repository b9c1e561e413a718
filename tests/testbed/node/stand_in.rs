//! Pods whose programs are the tests' own: they run inside the test's process.

use std::collections::BTreeMap;
use std::path::Path;

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec, Secret};
use kube::Api;

use super::super::minio::Environment;
use super::super::stand_in::{Log, StandIn};
use super::super::world::client;
use super::super::{rancher, spaces};
use super::environment::{Given, given};
use super::{Settings, image};

/// A registry that wants the pull secret.
const PRIVATE: &str = "xpkg.upbound.io/";

/// A program that stands in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The Rancher Backup operator.
    Rancher,
    /// The host controller of a Space.
    Space,
    /// The controller of one control plane.
    ControlPlane,
}

impl Program {
    /// The pod's container that has one, and which.
    pub fn of(spec: &PodSpec) -> Option<(Self, &Container)> {
        let images = [
            ("rancher/backup-restore-operator", Self::Rancher),
            ("spaces-controller", Self::Space),
            ("mxp-controller", Self::ControlPlane),
        ];
        let find = |container| images.iter().find(|(name, _)| image::is(container, name)).map(|it| (it.1, container));
        spec.containers.iter().find_map(find)
    }

    /// Runs until it crashes: its last words.
    pub async fn run(self, stand_in: StandIn) -> String {
        let log = stand_in.log.clone();
        let words = match self {
            Self::Rancher => rancher::run(stand_in).await,
            Self::Space => spaces::host::run(stand_in).await,
            Self::ControlPlane => spaces::controller::run(stand_in).await,
        };
        log.line(&words);
        words
    }
}

/// What the program runs with, or why its container cannot be started yet.
pub async fn prepare(
    settings: &Settings,
    pod: &Pod,
    container: &Container,
    dir: &Path,
) -> Result<StandIn, (&'static str, String)> {
    let Given { kubeconfig, aws } = given(settings, pod, container, dir).await?;
    let valued = container.env.iter().flatten().filter_map(|it| Some((it.name.clone(), it.value.clone()?)));
    let mut variables: BTreeMap<String, String> = valued.collect();
    variables.extend(aws);
    Ok(StandIn {
        environment: Environment { variables, proxy: settings.proxy.clone() },
        arguments: container.args.clone().unwrap_or_default(),
        namespace: pod.metadata.namespace.clone().unwrap_or_default(),
        kube: client(&kubeconfig).await,
        admin: settings.admin.clone(),
        log: Log(dir.join("program.log")),
    })
}

/// Why an image of a private registry cannot be pulled: no pull secret of the pod is there.
pub async fn unauthorized(settings: &Settings, pod: &Pod) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let of = |container: &Container| container.image.clone().filter(|image| image.starts_with(PRIVATE));
    let image = image::containers(spec).find_map(|(_, container)| of(container))?;
    let secrets: Api<Secret> = Api::namespaced(settings.admin.clone(), pod.metadata.namespace.as_deref()?);
    for reference in spec.image_pull_secrets.iter().flatten() {
        if secrets.get_opt(&reference.name).await.ok().flatten().is_some() {
            return None;
        }
    }
    Some(format!("failed to pull and unpack image \"{image}\": failed to authorize: 401 Unauthorized"))
}

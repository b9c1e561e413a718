//! Recognises the backup tools among a cluster's Deployments, and who installed them.

use crate::domain::Tool;
use crate::domain::discovery::{InstalledBy, InstalledTool};
use crate::plan::{IDENTITY_ANNOTATION, deployment_name};
use crate::ports::Object;
use serde_json::Value;

/// The tools, in the order in which they are shown; one line each namespace.
pub fn installed(deployments: &[Object]) -> Vec<InstalledTool> {
    let mut found: Vec<InstalledTool> = deployments.iter().filter_map(recognise).collect();
    found.sort_by(|a, b| (a.tool, &a.namespace).cmp(&(b.tool, &b.namespace)));
    found
}

fn recognise(deployment: &Object) -> Option<InstalledTool> {
    let metadata = &deployment["metadata"];
    let template = &deployment["spec"]["template"];
    let name = metadata["name"].as_str()?;
    let label = |key: &str| metadata["labels"][key].as_str().unwrap_or_default();
    let velero = label("app.kubernetes.io/name") == "velero" || label("component") == "velero";
    // Its name follows the release's, the label of its pods does not (upbound.md, row 18).
    let spaces = name == "spaces-controller" || template["metadata"]["labels"]["app"] == "spaces-controller";
    let tool = match name {
        _ if name == deployment_name() && velero => Tool::Velero,
        "rancher-backup" => Tool::RancherBackup,
        _ if spaces => Tool::UpboundSpaces,
        _ => return None,
    };
    Some(InstalledTool {
        tool,
        namespace: metadata["namespace"].as_str().unwrap_or_default().to_owned(),
        version: version(&template["spec"]["containers"], name),
        by: by(metadata, &template["metadata"]["annotations"]),
    })
}

/// The tag of the main container's image: the one named as the Deployment, else the first.
fn version(containers: &Value, name: &str) -> String {
    let all = containers.as_array().map(Vec::as_slice).unwrap_or_default();
    let main = all.iter().find(|container| container["name"] == name).or_else(|| all.first());
    let image = main.and_then(|container| container["image"].as_str()).unwrap_or_default();
    let image = image.split('@').next().unwrap_or_default();
    // A colon before the last slash is a registry's port.
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map(|(_, tag)| tag.to_owned()).unwrap_or_default()
}

/// What Argo CD and Flux write on what they own; Flux's Helm releases carry both its marks and Helm's.
const GITOPS: [&str; 3] = ["argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"];

fn by(metadata: &Value, pods: &Value) -> InstalledBy {
    let label = |key: &str| metadata["labels"][key].as_str();
    let keys = |map: &str| metadata[map].as_object().into_iter().flat_map(|map| map.keys());
    if keys("labels").chain(keys("annotations")).any(|key| GITOPS.iter().any(|mark| key.starts_with(mark))) {
        return InstalledBy::GitOps;
    }
    if label("app.kubernetes.io/managed-by") == Some("Helm") {
        let release = metadata["annotations"]["meta.helm.sh/release-name"].is_string();
        // Helm itself writes the annotation on all that it makes. A chart's labels without it were applied by
        // something else: Argo CD, which tracks by the label of the instance where it is set to.
        return match (release, label("app.kubernetes.io/instance")) {
            (true, _) if pods[IDENTITY_ANNOTATION].is_string() => InstalledBy::Lifeboat,
            (true, _) => InstalledBy::Helm,
            (false, Some(_)) => InstalledBy::GitOps,
            (false, None) => InstalledBy::Unknown,
        };
    }
    if label("component") == Some("velero") { InstalledBy::VeleroCli } else { InstalledBy::Unknown }
}

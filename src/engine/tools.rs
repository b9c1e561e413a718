//! Recognises the backup tools among a cluster's Deployments, and who installed them.

use crate::domain::Tool;
use crate::domain::discovery::{InstalledBy, InstalledTool};
use crate::plan::{IDENTITY_ANNOTATION, Owner, deployment_name, owner};
use crate::ports::{Kind, Kube, Object};
use serde_json::Value;

/// The tools, in the order in which they are shown; one line each namespace.
pub fn installed(deployments: &[Object]) -> Vec<InstalledTool> {
    let mut found: Vec<InstalledTool> = deployments.iter().filter_map(recognise).collect();
    found.sort_by(|a, b| (a.tool, &a.namespace).cmp(&(b.tool, &b.namespace)));
    found
}

/// Where a tool is: the asked namespace when it is there, or nowhere else in sight, or in several; else the one
/// namespace that it was found in.
pub async fn namespace_of(kube: &dyn Kube, tool: Tool, asked: &str) -> String {
    // Who may not list all namespaces is shown the one that was asked for.
    let found = kube.list(Kind::Deployment, "", "").await.unwrap_or_default();
    let mut places: Vec<String> =
        installed(&found).into_iter().filter(|it| it.tool == tool).map(|it| it.namespace).collect();
    places.dedup();
    match places.as_slice() {
        [only] => only.clone(),
        _ => asked.to_owned(),
    }
}

/// The tool whose Deployment it is.
pub(super) fn tool(deployment: &Object) -> Option<Tool> {
    let metadata = &deployment["metadata"];
    let template = &deployment["spec"]["template"];
    let name = metadata["name"].as_str()?;
    let label = |key: &str| metadata["labels"][key].as_str().unwrap_or_default();
    // Before chart 11.0.0 its name follows the release's too; the label is the same in all, and the CLI's.
    let velero =
        label("component") == "velero" || (label("app.kubernetes.io/name") == "velero" && name == deployment_name());
    // Its name follows the release's, the label of its pods does not (upbound.md, row 18).
    let spaces = name == "spaces-controller" || template["metadata"]["labels"]["app"] == "spaces-controller";
    match name {
        _ if velero => Some(Tool::Velero),
        "rancher-backup" => Some(Tool::RancherBackup),
        _ if spaces => Some(Tool::UpboundSpaces),
        _ => None,
    }
}

fn recognise(deployment: &Object) -> Option<InstalledTool> {
    let metadata = &deployment["metadata"];
    let name = metadata["name"].as_str()?;
    Some(InstalledTool {
        tool: tool(deployment)?,
        namespace: metadata["namespace"].as_str().unwrap_or_default().to_owned(),
        version: version(&deployment["spec"]["template"]["spec"]["containers"], name),
        by: by(deployment),
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

fn by(deployment: &Object) -> InstalledBy {
    let ours = deployment["spec"]["template"]["metadata"]["annotations"][IDENTITY_ANNOTATION].is_string();
    match owner(deployment) {
        Owner::Repository(_) => InstalledBy::GitOps,
        Owner::Release { .. } if ours => InstalledBy::Lifeboat,
        Owner::Release { .. } => InstalledBy::Helm,
        Owner::VeleroCli => InstalledBy::VeleroCli,
        Owner::Eksctl | Owner::Nobody => InstalledBy::Unknown,
    }
}

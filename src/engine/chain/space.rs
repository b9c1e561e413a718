//! The chain of a Space: walked for the first control plane that something keeps from the bucket, else for the first.

use super::look::look;
use super::{Walk, links};
use crate::domain::Tool;
use crate::domain::space::{Progress, host_namespace, progress};
use crate::domain::status::Host;
use crate::engine::space::{identity, space};
use crate::ports::{Answer, ClusterAccess, Kind, Kube, Object, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Walks the chain; `namespace` is the release's, whose place the controllers' own takes.
pub(super) async fn walk(world: &World, kube: &Arc<dyn Kube>, access: &ClusterAccess, namespace: &str) -> Walk {
    let mut hosts = space(kube.as_ref()).await.map(|space| space.hosts).unwrap_or_default();
    let identity = identity(world, kube, access, &mut hosts).await;
    let ill = hosts.iter().find(|host| host.refused.is_some()).or_else(|| hosts.first());
    let at = ill.map_or_else(|| namespace.to_owned(), |host| host.namespace.clone());
    let seen = look(world, kube, access, Tool::UpboundSpaces, &at).await;
    let refused = |host: Host| Some((host.namespace, host.refused?));
    let refused: BTreeMap<String, String> = hosts.into_iter().filter_map(refused).collect();
    Walk { identity, links: links::links(&seen), rancher: seen.rancher, refused }
}

/// The configs of the control plane in a namespace of the host, those by identity first, and its Backups with the first
/// of them, in Velero's form.
pub(super) async fn evidence(
    kube: &Arc<dyn Kube>,
    namespace: &str,
) -> (Answer<Vec<Object>>, Answer<Vec<Object>>, Option<Object>) {
    let (planes, configs, backups) = futures::join!(
        kube.list(Kind::ControlPlane, "", ""),
        kube.list(Kind::SharedBackupConfig, "", ""),
        kube.list(Kind::SpacesBackup, "", ""),
    );
    let here = |plane: &&Object| host_namespace(plane).as_deref() == Some(namespace);
    let plane = match &planes {
        Ok(planes) => planes.iter().find(here).map(|plane| plane["metadata"].clone()).unwrap_or_default(),
        Err(trouble) => return (Err(trouble.clone()), Ok(Vec::new()), None),
    };
    let of_group = |object: &Object| object["metadata"]["namespace"] == plane["namespace"];
    let ours = |config: &&Object| of_group(config) && by_identity(config);
    let main = configs.as_ref().ok().and_then(|all| all.iter().find(ours)).map(|it| it["metadata"]["name"].clone());
    let configs = configs.map(|mut all| {
        all.retain(of_group);
        // One with a key works beside ours, and says nothing of the identity.
        all.sort_by_key(|config| !by_identity(config));
        all.iter().map(location).collect()
    });
    let own = |it: &&Object| of_group(it) && it["spec"]["controlPlane"] == plane["name"];
    let with = |it: &&Object| main.as_ref().is_none_or(|main| it["spec"]["configRef"]["name"] == *main);
    let backups = backups.map(|all| all.iter().filter(own).filter(with).map(backup).collect());
    (configs, backups, None)
}

/// Whether a config has the controllers use the identity of their pods.
fn by_identity(config: &Object) -> bool {
    config["spec"]["objectStorage"]["credentials"]["source"] == "InjectedIdentity"
}

/// A config has no status: it is as good as what is in it.
fn location(config: &Object) -> Object {
    let storage = &config["spec"]["objectStorage"];
    let empty = |value: &Value| value.as_str().is_none_or(str::is_empty);
    let problem = if !by_identity(config) {
        "it uses a Secret, not the identity of the pods"
    } else if empty(&storage["config"]["endpoint"]) {
        "it names no endpoint, which its library demands"
    } else {
        ""
    };
    let phase = if problem.is_empty() { "Available" } else { "Unavailable" };
    json!({"metadata": config["metadata"], "status": {"phase": phase, "message": problem}, "spec": {
        "objectStorage": {"bucket": storage["bucket"], "prefix": storage["prefix"]}, "config": storage["config"]}})
}

fn backup(object: &Object) -> Object {
    let (phase, why) = match progress(object) {
        Progress::Completed => ("Completed".to_owned(), String::new()),
        Progress::Failed(reason, why) => ("Failed".to_owned(), format!("{reason}: {why}")),
        Progress::Deleted => ("Deleted".to_owned(), String::new()),
        Progress::Under(phase) => (phase, String::new()),
        Progress::Retrying(why) => ("Retrying".to_owned(), why),
    };
    json!({"metadata": object["metadata"], "status": {"phase": phase, "failureReason": why}})
}

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

/// The configs and the Backups of the control plane in a namespace of the host, in Velero's form.
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
    let configs = configs.map(|all| all.iter().filter(|it| of_group(it)).map(location).collect());
    let own = |it: &&Object| of_group(it) && it["spec"]["controlPlane"] == plane["name"];
    let backups = backups.map(|all| all.iter().filter(own).map(backup).collect());
    (configs, backups, None)
}

/// A config has no status: it is as good as what is in it.
fn location(config: &Object) -> Object {
    let storage = &config["spec"]["objectStorage"];
    let empty = |value: &Value| value.as_str().is_none_or(str::is_empty);
    let problem = if storage["credentials"]["source"] != "InjectedIdentity" {
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

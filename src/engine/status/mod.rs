//! Reads what is installed and how it is (contract, Status and doctor).

pub(super) mod rancher;

use crate::domain::Tool;
use crate::domain::status::{ClusterStatus, Identity, Observed, account_of, main_location, role_of, velero};
use crate::ports::{Answer, ClusterAccess, Kind, Kube, Object, World};
use std::sync::Arc;

/// Reads the status of a tool in one namespace.
///
/// # Errors
/// A list that fails. The identity is `null` instead: it is a question of its own.
pub async fn status(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    tool: Tool,
    namespace: &str,
) -> Answer<ClusterStatus> {
    match tool {
        Tool::Velero => of_velero(world, kube, access, namespace).await,
        Tool::RancherBackup => rancher::status(world, kube, access, namespace).await,
        Tool::UpboundSpaces => super::space::status(world, kube, access, namespace).await,
    }
}

async fn of_velero(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    namespace: &str,
) -> Answer<ClusterStatus> {
    let (locations, pods, backups, schedules, deployment) = futures::try_join!(
        kube.list(Kind::BackupStorageLocation, namespace, ""),
        kube.list(Kind::Pod, namespace, ""),
        kube.list(Kind::Backup, namespace, ""),
        kube.list(Kind::Schedule, namespace, ""),
        kube.get(Kind::Deployment, namespace, Tool::Velero.deployment()),
    )?;
    let region = region_of(&locations, access);
    let identity = match &deployment {
        Some(deployment) => identity(world, kube, namespace, &account_of(deployment), &region).await,
        None => Identity { expected: None, actual: None },
    };
    Ok(velero(&Observed {
        cluster: &access.name,
        namespace,
        locations: &locations,
        pods: &pods,
        backups: &backups,
        schedules: &schedules,
        deployment: deployment.as_ref(),
        identity: &identity,
        now: world.host.now().as_second(),
    }))
}

/// The region whose STS is asked: the location's own, or the cluster's.
pub(super) fn region_of(locations: &[Object], access: &ClusterAccess) -> String {
    let region = main_location(locations).and_then(|location| location["spec"]["config"]["region"].as_str());
    region.filter(|region| !region.is_empty()).unwrap_or(&access.region).to_owned()
}

/// The role of the annotation, and who a freshly minted token is accepted as.
async fn identity(world: &World, kube: &Arc<dyn Kube>, namespace: &str, account: &str, region: &str) -> Identity {
    let object = kube.get(Kind::ServiceAccount, namespace, account).await.ok().flatten();
    let Some(expected) = object.as_ref().and_then(role_of) else {
        return Identity { expected: None, actual: None };
    };
    let exchanged = super::chain::exchange(world, kube, namespace, account, &expected, region).await;
    let actual = exchanged.ok().map(|session| session.arn);
    Identity { expected: Some(expected), actual }
}

//! Reads what is installed and how it is (contract, Status and doctor).

pub(super) mod rancher;

use crate::domain::Tool;
use crate::domain::status::{
    ClusterStatus, Identity, Observed, account_of, main_location, role_of, session_in, velero,
};
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
        Some(deployment) => {
            identity(world, kube, access, namespace, &account_of(deployment), &region, &locations).await
        }
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

/// The role of the service account's Pod Identity association, which wins over an annotation.
async fn associated(world: &World, access: &ClusterAccess, namespace: &str, account: &str) -> Option<String> {
    let found = super::chain::association(world.aws.as_ref(), access, namespace, account).await?;
    found.ok().flatten().map(|there| there.role_arn)
}

/// Whom the pod's own error names.
fn told(locations: &[Object]) -> Option<String> {
    let message = main_location(locations)?["status"]["message"].as_str()?;
    session_in(message).map(str::to_owned)
}

/// With Pod Identity the role of the association, and whom the pod's own error names; else the role of the annotation,
/// and who a freshly minted token is accepted as.
async fn identity(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    namespace: &str,
    account: &str,
    region: &str,
    locations: &[Object],
) -> Identity {
    if let Some(role) = associated(world, access, namespace, account).await {
        return Identity { expected: Some(role), actual: told(locations) };
    }
    let object = kube.get(Kind::ServiceAccount, namespace, account).await.ok().flatten();
    let Some(expected) = object.as_ref().and_then(role_of) else {
        return Identity { expected: None, actual: None };
    };
    let exchanged = super::chain::exchange(world, kube, namespace, account, &expected, region).await;
    let actual = exchanged.ok().map(|session| session.arn);
    Identity { expected: Some(expected), actual }
}

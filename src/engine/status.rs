//! Reads what is installed and how it is (contract, Status and doctor).

use crate::domain::status::{
    BackupStatus, ClusterStatus, Identity, LocationStatus, PodStatus, backup, location, pod, schedule,
};
use crate::plan::deployment_name;
use crate::ports::{Answer, ClusterAccess, Kind, Kube, WebIdentity, World};
use serde_json::Value;
use std::sync::Arc;

/// Reads the status of Velero in one namespace.
///
/// # Errors
/// A list that fails. The identity is `null` instead: it is a question of its own.
pub async fn status(
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
        kube.get(Kind::Deployment, namespace, deployment_name()),
    )?;
    let account = deployment.as_ref().map(|there| text(&there["spec"]["template"]["spec"]["serviceAccountName"]));
    let region = locations.first().map(|location| text(&location["spec"]["config"]["region"]));
    let region = region.filter(|region| !region.is_empty()).unwrap_or_else(|| access.region.clone());
    let identity = match &account {
        Some(account) => identity(world, kube, namespace, account, &region).await,
        None => Identity { expected: None, actual: None },
    };
    let locations: Vec<LocationStatus> = locations.iter().map(location).collect();
    let pods: Vec<PodStatus> = pods.iter().map(pod).collect();
    let mut backups: Vec<BackupStatus> = backups.iter().map(backup).collect();
    backups.sort_by(|a, b| b.created.cmp(&a.created));
    let rolled_out = deployment.as_ref().is_some_and(crate::plan::rolled_out);
    let reached = !locations.is_empty() && locations.iter().all(|there| there.phase.as_deref() == Some("Available"));
    let known = identity.expected.is_none() || identity.actual.is_some();
    Ok(ClusterStatus {
        cluster: access.name.clone(),
        tool: "velero".to_owned(),
        namespace: namespace.to_owned(),
        healthy: rolled_out && reached && known,
        identity,
        locations,
        pods,
        backups,
        schedules: schedules.iter().map(schedule).collect(),
    })
}

/// The role of the annotation, and who a freshly minted token is accepted as.
async fn identity(world: &World, kube: &Arc<dyn Kube>, namespace: &str, account: &str, region: &str) -> Identity {
    let object = kube.get(Kind::ServiceAccount, namespace, account).await.ok().flatten();
    let annotation = object.map(|there| text(&there["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]));
    let Some(expected) = annotation.filter(|arn| !arn.is_empty()) else {
        return Identity { expected: None, actual: None };
    };
    let exchanged = async {
        let token = kube.token(namespace, account, "sts.amazonaws.com", 600).await?;
        let identity = WebIdentity {
            region: region.to_owned(),
            role_arn: expected.clone(),
            token,
            session_name: "lifeboat-status".to_owned(),
        };
        world.aws.exchange(&identity).await
    };
    let actual = exchanged.await.ok().map(|session| session.arn);
    Identity { expected: Some(expected), actual }
}

fn text(value: &Value) -> String {
    value.as_str().map(|text| crate::domain::Shown::new(text).to_string()).unwrap_or_default()
}

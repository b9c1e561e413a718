//! Reads how Rancher Backup is: its default location, its Backups, and whether their files are in the bucket.

use super::identity;
use crate::domain::Tool;
use crate::domain::status::{
    ClusterStatus, Identity, RANCHER_LOCATION, RancherObserved, RancherPlace, account_of, rancher, rancher_backup,
    rancher_location, rancher_place,
};
use crate::ports::{Answer, BucketRef, ClusterAccess, Kind, Kube, Object, World};
use std::sync::Arc;

/// The most keys that are looked through; of more, those that are not among them are not known to be lost.
const KEYS: usize = 5000;

pub(super) async fn status(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    namespace: &str,
) -> Answer<ClusterStatus> {
    let (location, pods, backups, deployment) = futures::try_join!(
        kube.get(Kind::Secret, namespace, RANCHER_LOCATION),
        kube.list(Kind::Pod, namespace, ""),
        kube.list(Kind::RancherBackup, "", ""),
        kube.get(Kind::Deployment, namespace, Tool::RancherBackup.deployment()),
    )?;
    let told: Vec<Object> = location.iter().filter_map(|secret| rancher_location(secret, &backups)).collect();
    let identity = async {
        match &deployment {
            Some(deployment) => {
                let account = account_of(deployment);
                identity(world, kube, access, namespace, &account, &access.region, &told).await
            }
            None => Identity { expected: None, actual: None },
        }
    };
    let (identity, keys) = futures::join!(identity, keys(world, access, location.as_ref()));
    Ok(rancher(&RancherObserved {
        cluster: &access.name,
        namespace,
        location: location.as_ref(),
        pods: &pods,
        backups: &backups,
        deployment: deployment.as_ref(),
        keys: keys.as_deref(),
        identity: &identity,
        now: world.host.now().as_second(),
    }))
}

/// The keys under the default location's prefix, by lifeboat's own permissions; `None` where they cannot be listed,
/// or there are too many.
pub(in crate::engine) async fn keys(
    world: &World,
    access: &ClusterAccess,
    secret: Option<&Object>,
) -> Option<Vec<String>> {
    let place = rancher_place(secret?)?;
    let account = world.aws.caller().await.ok()?.account;
    let found = world.aws.keys(&bucket(&place, access, account), &place.prefix, KEYS).await.ok()?;
    (found.len() < KEYS).then(|| found.into_iter().map(|(key, _)| key).collect())
}

fn bucket(place: &RancherPlace, access: &ClusterAccess, account: String) -> BucketRef {
    let region = if place.region.is_empty() { &access.region } else { &place.region };
    BucketRef { name: place.bucket.clone(), region: region.clone(), account }
}

/// What the chain is told from, in Velero's form: the default location with its phase, and the Backups; with them the
/// Secret itself.
pub(in crate::engine) async fn evidence(
    kube: &Arc<dyn Kube>,
    namespace: &str,
) -> (Answer<Vec<Object>>, Answer<Vec<Object>>, Option<Object>) {
    let secret = kube.get(Kind::Secret, namespace, RANCHER_LOCATION);
    let (secret, backups) = futures::join!(secret, kube.list(Kind::RancherBackup, "", ""));
    let all = backups.as_deref().unwrap_or_default();
    let locations = match &secret {
        Ok(secret) => Ok(secret.iter().filter_map(|secret| rancher_location(secret, all)).collect()),
        Err(trouble) => Err(trouble.clone()),
    };
    let backups = backups.map(|all| all.iter().map(rancher_backup).collect());
    (locations, backups, secret.ok().flatten())
}

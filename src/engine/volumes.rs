//! The volumes of a cluster, for the question how they are to be covered.

use super::look::within;
use crate::domain::volumes::Volumes;
use crate::ports::{Answer, ClusterAccess, Kind, Trouble, TroubleKind, World};
use std::time::Duration;

/// How long the API server may take.
const LIMIT: Duration = Duration::from_secs(8);

/// Counts them; `context` is the kubeconfig's context that the cluster is reached by, empty: an EKS token.
///
/// # Errors
/// The cluster cannot be reached, or its volumes cannot be listed.
pub async fn volumes(world: &World, region: &str, name: &str, context: &str) -> Answer<Volumes> {
    let Some(cluster) = world.aws.cluster(region, name).await? else {
        return Err(Trouble::new(TroubleKind::NotFound, format!("there is no cluster {name} in {region}")));
    };
    let access = ClusterAccess {
        name: cluster.name,
        region: region.to_owned(),
        context: context.to_owned(),
        endpoint: cluster.endpoint,
        ca: cluster.ca,
    };
    let ask = async {
        let kube = world.clusters.connect(&access).await?;
        let volumes = kube.list(Kind::PersistentVolume, "", "");
        // Without the snapshot controller there is no such kind: then there is no class either.
        let classes = kube.list(Kind::VolumeSnapshotClass, "", "");
        let (volumes, classes) = futures::join!(volumes, classes);
        Ok(Volumes::of(&volumes?, &classes.unwrap_or_default()))
    };
    within(world.host.as_ref(), LIMIT, ask).await.unwrap_or_else(|| {
        let what = format!("the API server did not answer within {} s", LIMIT.as_secs());
        Err(Trouble::new(TroubleKind::Deadline, what))
    })
}

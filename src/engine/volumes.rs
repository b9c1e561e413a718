//! The volumes of a cluster, for the question how they are to be covered.

use super::look::ask;
use crate::domain::volumes::Volumes;
use crate::ports::{Answer, Kind, World};

/// Counts them; `context` is the kubeconfig's context that the cluster is reached by, empty: an EKS token.
///
/// # Errors
/// The cluster cannot be reached, or its volumes cannot be listed.
pub async fn volumes(world: &World, region: &str, name: &str, context: &str) -> Answer<Volumes> {
    ask(world, (region, name, context), async |kube| {
        let volumes = kube.list(Kind::PersistentVolume, "", "");
        // Without the snapshot controller there is no such kind: then there is no class either.
        let classes = kube.list(Kind::VolumeSnapshotClass, "", "");
        let (volumes, classes) = futures::join!(volumes, classes);
        Ok(Volumes::of(&volumes?, &classes.unwrap_or_default()))
    })
    .await
}

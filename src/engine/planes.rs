//! The control planes of a Space, for the questions about it.

use super::look::within;
use crate::domain::discovery::{PlaneSeen, SpaceSeen};
use crate::domain::space::{host_namespace, is_patterned, plane_name};
use crate::ports::{Answer, ClusterAccess, Kind, Trouble, TroubleKind, World};
use std::time::Duration;

/// How long the API server may take.
const LIMIT: Duration = Duration::from_secs(8);

/// Looks for them; `context` is the kubeconfig's context that the cluster is reached by, empty: an EKS token.
///
/// # Errors
/// The cluster cannot be reached, or its control planes or namespaces cannot be listed.
pub async fn planes(world: &World, region: &str, name: &str, context: &str) -> Answer<SpaceSeen> {
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
        let lists = futures::join!(kube.list(Kind::ControlPlane, "", ""), kube.list(Kind::Namespace, "", ""));
        let (planes, namespaces) = (lists.0?, lists.1?);
        let plane = |object: &serde_json::Value| PlaneSeen { name: plane_name(object), host: host_namespace(object) };
        let names = namespaces.iter().filter_map(|it| it["metadata"]["name"].as_str());
        let matched = names.filter(|name| is_patterned(name)).map(str::to_owned).collect();
        Ok(SpaceSeen { planes: planes.iter().map(plane).collect(), matched })
    };
    within(world.host.as_ref(), LIMIT, ask).await.unwrap_or_else(|| {
        let what = format!("the API server did not answer within {} s", LIMIT.as_secs());
        Err(Trouble::new(TroubleKind::Deadline, what))
    })
}

//! The control planes of a Space, for the questions about it.

use super::look::ask;
use crate::domain::discovery::{PlaneSeen, SpaceSeen};
use crate::domain::space::{host_namespace, is_patterned, plane_name};
use crate::ports::{Answer, Kind, World};

/// Looks for them; `context` is the kubeconfig's context that the cluster is reached by, empty: an EKS token.
///
/// # Errors
/// The cluster cannot be reached, or its control planes or namespaces cannot be listed.
pub async fn planes(world: &World, region: &str, name: &str, context: &str) -> Answer<SpaceSeen> {
    ask(world, (region, name, context), async |kube| {
        let lists = futures::join!(kube.list(Kind::ControlPlane, "", ""), kube.list(Kind::Namespace, "", ""));
        let (planes, namespaces) = (lists.0?, lists.1?);
        let plane = |object: &serde_json::Value| PlaneSeen { name: plane_name(object), host: host_namespace(object) };
        let names = namespaces.iter().filter_map(|it| it["metadata"]["name"].as_str());
        let matched = names.filter(|name| is_patterned(name)).map(str::to_owned).collect();
        Ok(SpaceSeen { planes: planes.iter().map(plane).collect(), matched })
    })
    .await
}

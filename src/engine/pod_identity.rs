//! Reads what EKS Pod Identity has in a cluster.

use crate::domain::{Identity, Shown};
use crate::plan::{AGENT, AgentlessNodes, AutoMode, Place, PodIdentityFacts};
use crate::ports::{Answer, Aws, Cluster, Kind, Kube};
use futures::{join, try_join};

/// Nodes that an agent runs on.
const OTHERS: &str = "eks.amazonaws.com/compute-type!=fargate,kubernetes.io/os=linux";

/// Those of them that have none built in.
const WITHOUT: &str =
    "eks.amazonaws.com/compute-type!=fargate,eks.amazonaws.com/compute-type!=auto,kubernetes.io/os=linux";

/// Reads it for the service account of one cluster. With IRSA only its association, and what cannot be read then is
/// told, not failed on.
///
/// # Errors
/// With Pod Identity: what the plan cannot be made without.
pub async fn read(
    aws: &dyn Aws,
    kube: &dyn Kube,
    identity: Identity,
    (region, place): (&str, &Place),
    cluster: &Cluster,
    active: bool,
) -> Answer<PodIdentityFacts> {
    let name = cluster.name.as_str();
    let accounts = [(place.namespace.clone(), place.service_account.clone())];
    let associations = aws.associations(region, name, &accounts);
    if identity == Identity::Irsa {
        return Ok(match associations.await {
            Ok(associations) => PodIdentityFacts { associations, ..PodIdentityFacts::default() },
            Err(trouble) => {
                PodIdentityFacts { unread: Some(Shown::new(&trouble.to_string())), ..PodIdentityFacts::default() }
            }
        });
    }
    let agent = async {
        let agent = aws.addon(region, name, AGENT).await?;
        // Somebody may have installed it without EKS.
        let own = agent.is_none() && active && kube.get(Kind::DaemonSet, "kube-system", AGENT).await?.is_some();
        Ok((agent, own))
    };
    let offered = async {
        // Only told where it is known: another permission is not asked for.
        Ok(aws.addon_versions(region, AGENT, &cluster.version).await.ok())
    };
    let nodes = async { Ok(if active { nodes(kube, cluster.auto_mode).await } else { AgentlessNodes::default() }) };
    let auto = async { Ok(auto(kube, cluster.auto_mode, active).await) };
    let ((agent, own_agent), offered, associations, nodes, auto) =
        try_join!(agent, offered, associations, nodes, auto)?;
    Ok(PodIdentityFacts { agent, own_agent, offered, associations, unread: None, nodes, auto })
}

/// Which nodes have the agent of EKS Auto Mode.
async fn auto(kube: &dyn Kube, enabled: bool, active: bool) -> AutoMode {
    if !enabled {
        return AutoMode::Off;
    }
    match kube.list(Kind::Node, "", WITHOUT).await {
        Ok(nodes) if active && nodes.is_empty() => AutoMode::Alone,
        Ok(nodes) if active => AutoMode::Beside(nodes.len()),
        _ => AutoMode::Unknown,
    }
}

/// Nodes without an agent (A27); none where nodes cannot be listed.
async fn nodes(kube: &dyn Kube, auto_mode: bool) -> AgentlessNodes {
    let count = async |labels: &str| kube.list(Kind::Node, "", labels).await.map_or(0, |nodes| nodes.len());
    let (fargate, windows) = join!(count("eks.amazonaws.com/compute-type=fargate"), count("kubernetes.io/os=windows"));
    let alone = fargate + windows > 0
        && !auto_mode
        && kube.list(Kind::Node, "", OTHERS).await.is_ok_and(|nodes| nodes.is_empty());
    AgentlessNodes { fargate, windows, alone }
}

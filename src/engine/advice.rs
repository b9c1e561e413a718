//! What speaks for one identity or the other, read from a cluster before anything is planned.

use super::look::{LIMIT, no_cluster, within};
use super::tools;
use crate::domain::ArnParts;
use crate::domain::recommend::{AdviceOf, IdentityFacts, Recommendation, recommend_for};
use crate::domain::status::role_of;
use crate::plan::{AGENT, is_auto, is_fargate, is_windows};
use crate::ports::{Answer, Cluster, ClusterAccess, Kind, Object, Trouble, TroubleKind, World};
use futures::StreamExt as _;
use futures::stream;

/// How many clusters are read at a time.
const AT_ONCE: usize = 4;

/// Advises on the identity of the clusters that are set up, the one that is backed up first. What is asked of the
/// others can only rule an identity out: where it cannot be read, it does not.
///
/// # Errors
/// As [`identity_facts`], of the first; `Invalid` without one.
pub async fn identity_advice(world: &World, of: &[AdviceOf]) -> Answer<Recommendation> {
    let Some((first, others)) = of.split_first() else {
        return Err(Trouble::new(TroubleKind::Invalid, "no cluster is named"));
    };
    let others = stream::iter(others.iter().map(async |other| {
        let facts = identity_facts(world, other).await.ok()?;
        Some((other.name.clone(), facts))
    }));
    let (facts, others) =
        futures::join!(identity_facts(world, first), others.buffered(AT_ONCE).collect::<Vec<Option<_>>>());
    let others: Vec<(String, IdentityFacts)> = others.into_iter().flatten().collect();
    Ok(recommend_for(&facts?, &others))
}

/// Reads the facts. Only eks:DescribeCluster has to answer: what else cannot be read speaks for neither.
///
/// # Errors
/// eks:DescribeCluster's own; `NotFound` when there is no such cluster.
async fn identity_facts(world: &World, of: &AdviceOf) -> Answer<IdentityFacts> {
    let aws = world.aws.as_ref();
    let Some(cluster) = aws.cluster(&of.region, &of.name).await? else {
        return Err(no_cluster(&of.region, &of.name));
    };
    let provider = async {
        let own = ArnParts::parse(&cluster.arn).ok()?;
        let arn = cluster.provider_arn(own.partition.as_str(), own.account)?;
        aws.provider(&arn).await.ok().map(|there| there.is_some())
    };
    let agent = async { aws.addon(&of.region, &of.name, AGENT).await.ok() };
    let associated = async {
        let account = [(of.namespace.clone(), of.account.clone())];
        let found = aws.associations(&of.region, &of.name, &account).await.ok()?;
        found.into_iter().next().map(|association| association.role_arn)
    };
    let inside = async { within(world.host.as_ref(), LIMIT, inside(world, of, &cluster)).await.and_then(Result::ok) };
    let (provider, agent, associated, inside) = futures::join!(provider, agent, associated, inside);
    let inside = inside.unwrap_or_default();
    Ok(IdentityFacts {
        tool: Some(of.tool),
        kubernetes: Some(cluster.version.clone()),
        issuer: Some(cluster.issuer.is_some()),
        provider,
        agent: agent.map(|addon| addon.map(|addon| addon.status)),
        private: Some(!cluster.public),
        clusters_of_the_role: of.clusters,
        associated,
        ..inside
    })
}

/// What the API server says.
async fn inside(world: &World, of: &AdviceOf, cluster: &Cluster) -> Answer<IdentityFacts> {
    let access = ClusterAccess::of(cluster, &of.region, &of.context);
    let kube = world.clusters.connect(&access).await?;
    let (nodes, deployments, volumes, account) = futures::join!(
        kube.list(Kind::Node, "", ""),
        kube.list(Kind::Deployment, "", ""),
        kube.list(Kind::PersistentVolume, "", ""),
        kube.get(Kind::ServiceAccount, &of.namespace, &of.account),
    );
    let read = nodes.is_ok();
    let nodes = nodes.unwrap_or_default();
    let count = |is: fn(&Object) -> bool| nodes.iter().filter(|node| is(node)).count();
    let agentless = |node: &Object| is_fargate(node) || is_windows(node);
    let tools = tools::installed(&deployments.unwrap_or_default());
    let installed = tools.into_iter().find(|it| it.tool == of.tool && !it.version.is_empty());
    Ok(IdentityFacts {
        fargate: count(is_fargate),
        windows: count(is_windows),
        agentless_alone: !nodes.is_empty() && !cluster.auto_mode && nodes.iter().all(agentless),
        built_in: cluster.auto_mode && read && nodes.iter().all(|node| agentless(node) || is_auto(node)),
        installed: installed.map(|it| it.version),
        largest_volume: volumes.unwrap_or_default().iter().filter_map(gigabytes).max(),
        annotated: account.ok().flatten().as_ref().and_then(role_of),
        ..IdentityFacts::default()
    })
}

/// The size of a volume in whole gigabytes; `None` where it is smaller or written in another way.
fn gigabytes(volume: &Object) -> Option<u64> {
    let size = volume["spec"]["capacity"]["storage"].as_str()?;
    let digits = size.trim_end_matches(|c: char| !c.is_ascii_digit());
    let count: u64 = digits.parse().ok()?;
    match size.get(digits.len()..)? {
        "Ti" | "T" => count.checked_mul(1_024),
        "Gi" | "G" => Some(count),
        _ => None,
    }
}

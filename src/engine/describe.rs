//! Looks closer at one cluster: what EKS, IAM and its API server say. Only eks:DescribeCluster must answer; of all
//! else it is told when it cannot be read, and why (A26).

use super::look::{LIMIT, late, no_cluster, sentence, within};
use super::tools;
use crate::domain::discovery::{ClusterDetail, InstalledTool, Known};
use crate::domain::{ArnParts, Shown};
use crate::plan::AGENT;
use crate::ports::{Answer, Aws, Cluster, ClusterAccess, Kind, Trouble, TroubleKind, World};

/// Describes a cluster; `context` is the kubeconfig's context it is reached by, empty: an EKS token.
///
/// # Errors
/// eks:DescribeCluster's own; `NotFound` when there is no such cluster (any more, A06).
pub async fn describe(world: &World, region: &str, name: &str, context: &str) -> Answer<ClusterDetail> {
    let Some(cluster) = world.aws.cluster(region, name).await? else {
        return Err(no_cluster(region, name)
            .at("eks:DescribeCluster", name)
            .todo("Look for clusters again: it may have been deleted meanwhile"));
    };
    let aws = world.aws.as_ref();
    let agent = aws.addon(region, &cluster.name, AGENT);
    let (provider, agent, (api, tools)) =
        futures::join!(registered(aws, &cluster), agent, in_cluster(world, region, &cluster, context));
    Ok(ClusterDetail {
        provider: known(provider),
        agent: known(agent.map(|found| found.map(|addon| addon.status))),
        api,
        tools,
        auto_mode: cluster.auto_mode,
        issuer: cluster.issuer.is_some(),
        issues: cluster.issues.iter().map(|issue| Shown::new(issue)).collect(),
        status: cluster.status,
        version: cluster.version,
        public: cluster.public,
    })
}

fn known<T>(answer: Answer<T>) -> Known<T> {
    match answer {
        Ok(fact) => Known::Is(fact),
        Err(trouble) => Known::Unknown(sentence(&trouble)),
    }
}

/// Whether the cluster's issuer is registered in IAM: one call by the ARN that the provider must have.
async fn registered(aws: &dyn Aws, cluster: &Cluster) -> Answer<bool> {
    let unreadable = |why: &str| Trouble::new(TroubleKind::Unreadable, "the cluster's ARN cannot be read").why(why);
    // The cluster's ARN names partition and account: nobody has to be asked for them.
    let own = ArnParts::parse(&cluster.arn).map_err(|reason| unreadable(reason.what.as_str()))?;
    let Some(arn) = cluster.provider_arn(own.partition.as_str(), own.account) else { return Ok(false) };
    Ok(aws.provider(&arn).await?.is_some())
}

/// The API server's version, and the tools that run there.
type InCluster = (Known<String>, Known<Vec<InstalledTool>>);

/// Asks the API server, within its time; what came by then is kept.
async fn in_cluster(world: &World, region: &str, cluster: &Cluster, context: &str) -> InCluster {
    if !matches!(cluster.status.as_str(), "ACTIVE" | "UPDATING") {
        let why = Shown::new(&format!("the cluster is {}", cluster.status));
        return (Known::Unknown(why.clone()), Known::Unknown(why));
    }
    let access = ClusterAccess::of(cluster, region, context);
    let (mut version, mut deployments) = (None, None);
    let ask = async {
        let kube = world.clusters.connect(&access).await?;
        let ask_version = async { version = Some(kube.version().await) };
        // One list for all tools and namespaces.
        let list = async { deployments = Some(kube.list(Kind::Deployment, "", "").await) };
        futures::join!(ask_version, list);
        Ok(())
    };
    let late = match within(world.host.as_ref(), LIMIT, ask).await {
        Some(Err(trouble)) => trouble,
        _ => late(),
    };
    // A kubeconfig's context may lead there by another way than the endpoint of EKS.
    let private = !cluster.public && context.is_empty();
    let version = version.unwrap_or_else(|| Err(late.clone()));
    let tools = deployments.unwrap_or(Err(late)).map(|all| tools::installed(&all));
    (heard(version, private), heard(tools, private))
}

fn heard<T>(answer: Answer<T>, private: bool) -> Known<T> {
    match answer {
        Ok(fact) => Known::Is(fact),
        Err(trouble) => Known::Unknown(unreached(&trouble, private)),
    }
}

/// Why the API server says nothing; of a private endpoint where it answers (A17).
fn unreached(trouble: &Trouble, private: bool) -> Shown {
    let silent = matches!(trouble.kind, TroubleKind::Network | TroubleKind::Unanswered | TroubleKind::Deadline);
    if silent && private {
        return Shown::new("its endpoint is private and does not answer here: run lifeboat inside its VPC or its VPN");
    }
    sentence(trouble)
}

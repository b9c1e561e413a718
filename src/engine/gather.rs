//! Reads the facts: two rounds of calls side by side, nothing one by one.

use super::{pod_identity, rancher_facts};
use crate::domain::{Identity, Shown, Tool};
use crate::plan::answers::{Answers, SiteAnswer};
use crate::plan::{Facts, KubeFacts, Password, REPOSITORY_SECRET, RancherFacts, RoleFacts, SiteFacts};
use crate::plan::{VolumeFacts, covers, public_password, record_name};
use crate::ports::{Answer, Aws, Caller, Cluster, ClusterAccess, Kind, Kube, Trouble, TroubleKind, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use futures::stream;
use futures::{StreamExt as _, TryStreamExt as _, try_join};
use std::sync::Arc;

/// The facts, and the clients they were read with.
pub struct Gathered {
    /// The facts.
    pub facts: Facts,
    /// The clusters' API servers, the one that is backed up first.
    pub sites: Vec<Reached>,
}

/// A cluster's API server and how it is reached.
#[derive(Clone)]
pub struct Reached {
    /// The client.
    pub kube: Arc<dyn Kube>,
    /// How it is reached.
    pub access: ClusterAccess,
}

/// How many clusters are read at the same time.
const CLUSTERS: usize = 8;

/// Reads everything that the plan of these answers needs.
///
/// # Errors
/// The first read that fails for another reason than absence; `Refused` when there is no such cluster.
pub async fn gather(world: &World, answers: &Answers) -> Answer<Gathered> {
    let aws = world.aws.as_ref();
    let sites = answers.sites();
    // What needs no other answer is asked in the first round.
    let first = stream::iter(sites.iter().map(|site| {
        let (region, name) = (site.region.as_str(), site.name.as_str());
        futures::future::join(aws.cluster(region, name), role(aws, site.role.as_str()))
    }));
    let (caller, first) = futures::join!(aws.caller(), first.buffered(CLUSTERS).collect::<Vec<_>>());
    let caller = caller?;
    let mut reads = Vec::with_capacity(sites.len());
    for (site, (cluster, role)) in sites.iter().zip(first) {
        let Some(cluster) = cluster? else {
            return Err(no_cluster(aws, &caller, site.region.as_str(), site.name.as_str()).await);
        };
        reads.push(self::site(world, answers, site, &caller, cluster, role?));
    }
    let policy = async {
        match &answers.role.existing_policy {
            Some(arn) => aws.managed_policy(arn.as_str()).await,
            None => Ok(None),
        }
    };
    let reads = stream::iter(reads).buffered(CLUSTERS).try_collect::<Vec<_>>();
    let (existing_policy, (bucket, key), read) = try_join!(policy, super::storage::read(aws, answers, &caller), reads)?;
    let mut password = None;
    let (mut restores, mut reached) = (Vec::new(), Vec::new());
    for (at, (mut site, its, there)) in read.into_iter().enumerate() {
        if at == 0 {
            password = there;
        } else if site.kube.password == Password::Private && there != password {
            site.kube.password = Password::Other;
        }
        restores.push(site);
        reached.push(its);
    }
    let facts = Facts { caller, existing_policy, bucket, key, site: restores.remove(0), restores };
    Ok(Gathered { facts, sites: reached })
}

/// What the cluster that is backed up has of its own, by itself.
///
/// # Errors
/// As [`gather`].
pub async fn first(world: &World, answers: &Answers, caller: &Caller) -> Answer<SiteFacts> {
    let sites = answers.sites();
    let place = &sites[0];
    let (region, name) = (place.region.as_str(), place.name.as_str());
    let Some(cluster) = world.aws.cluster(region, name).await? else {
        return Err(no_cluster(world.aws.as_ref(), caller, region, name).await);
    };
    site(world, answers, place, caller, cluster, None).await.map(|(facts, ..)| facts)
}

/// Reads what one cluster has of its own.
async fn site(
    world: &World,
    answers: &Answers,
    site: &SiteAnswer<'_>,
    caller: &Caller,
    cluster: Cluster,
    role: Option<RoleFacts>,
) -> Answer<(SiteFacts, Reached, Option<String>)> {
    let access = ClusterAccess {
        name: cluster.name.clone(),
        region: site.region.to_string(),
        context: site.context.to_owned(),
        endpoint: cluster.endpoint.clone(),
        ca: cluster.ca.clone(),
    };
    let active = matches!(cluster.status.as_str(), "ACTIVE" | "UPDATING");
    let kube = world.clusters.connect(&access).await?;
    let provider_arn = cluster.provider_arn(&caller.partition, &caller.account);
    let release = async {
        if !active {
            return Ok(None);
        }
        world.helm.release(&access, site.namespace.as_str(), answers.release().as_str()).await
    };
    let in_cluster = async {
        if !active {
            return Ok((KubeFacts::empty(&cluster.version), None));
        }
        self::in_cluster(kube.as_ref(), answers, site).await.map_err(|trouble| private(trouble, cluster.public))
    };
    let provider = async {
        match &provider_arn {
            Some(arn) if answers.identity == Identity::Irsa => world.aws.provider(arn).await,
            _ => Ok(None),
        }
    };
    let rancher = async {
        if !active {
            return Ok(RancherFacts::default());
        }
        rancher_facts::read(world, &access, kube.as_ref(), answers, site).await
    };
    let pod_identity = pod_identity::read(world.aws.as_ref(), kube.as_ref(), answers.identity, site, &cluster, active);
    let space = async {
        if !active || answers.tool != Tool::UpboundSpaces {
            return Ok(None);
        }
        super::space::facts(world, kube.as_ref(), answers, site, &cluster.name).await.map(Some)
    };
    let (provider, (mut kube_facts, password), release, pod_identity, rancher, space) =
        try_join!(provider, in_cluster, release, pod_identity, rancher, space)?;
    kube_facts.rancher = rancher;
    let mut facts = SiteFacts { cluster, provider, role, kube: kube_facts, release, pod_identity, space: None };
    if let Some((space, associations)) = space {
        match associations {
            Ok(associations) => facts.pod_identity.associations = associations,
            Err(trouble) if answers.identity == Identity::PodIdentity => return Err(trouble),
            Err(trouble) => facts.pod_identity.unread = Some(Shown::new(&trouble.to_string())),
        }
        facts.space = Some(space);
    }
    Ok((facts, Reached { kube, access }, password))
}

/// "No such cluster" with the nearest that there is.
async fn no_cluster(aws: &dyn Aws, caller: &Caller, region: &str, name: &str) -> Trouble {
    let trouble = Trouble::new(TroubleKind::Refused, format!("there is no cluster {name} in {region}"))
        .at("eks:DescribeCluster", name)
        .why(format!("the account is {}", caller.account));
    let Ok(clusters) = aws.clusters(region).await else {
        return trouble.todo("Check cluster.name, cluster.region and the profile");
    };
    let nearest =
        clusters.iter().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    match nearest {
        Some(nearest) => trouble.todo(format!("Did you mean {nearest}? There are: {}", clusters.join(", "))),
        None => trouble.todo("There is no cluster in this region: check cluster.region and the profile"),
    }
}

/// A17: an API server that does not answer may have a private endpoint only.
fn private(trouble: Trouble, public: bool) -> Trouble {
    if trouble.kind == TroubleKind::Network && !public {
        let todo = "Run lifeboat inside the VPC or over its VPN, or open the endpoint (aws eks update-cluster-config)";
        return trouble.why("its endpoint is private: it answers only inside the cluster's VPC").todo(todo);
    }
    trouble
}

/// A role with our inline policy, which has its name.
async fn role(aws: &dyn Aws, name: &str) -> Answer<Option<RoleFacts>> {
    let Some(role) = aws.role(name).await? else { return Ok(None) };
    let (permissions, attached) = try_join!(aws.role_policy(&role.name, name), aws.attached_policies(&role.name))?;
    Ok(Some(RoleFacts { role, permissions, attached }))
}

/// What is in a cluster, and its repository password, to compare it with another's.
async fn in_cluster(kube: &dyn Kube, answers: &Answers, site: &SiteAnswer<'_>) -> Answer<(KubeFacts, Option<String>)> {
    let namespace = site.namespace.to_string();
    let account = site.service_account.to_string();
    let location = answers.velero.location.to_string();
    let record_name = record_name(answers.tool.as_str());
    let one = |kind, namespace, name| kube.get(kind, namespace, name);
    let namespace = namespace.as_str();
    let objects = join_all([
        one(Kind::Namespace, "", namespace),
        one(Kind::ServiceAccount, namespace, &account),
        one(Kind::Secret, namespace, REPOSITORY_SECRET),
        one(Kind::Deployment, namespace, answers.tool.deployment()),
        one(Kind::BackupStorageLocation, namespace, &location),
        one(Kind::ConfigMap, namespace, &record_name),
        one(Kind::MutatingWebhookConfiguration, "", "pod-identity-webhook"),
    ]);
    let schedules = kube.list(Kind::Schedule, namespace, "");
    let (objects, version, pods, repositories, schedules, volumes) = futures::join!(
        objects,
        kube.version(),
        kube.list(Kind::Pod, namespace, ""),
        kube.list(Kind::BackupRepository, namespace, ""),
        schedules,
        volumes(kube, answers)
    );
    let mut objects = objects.into_iter();
    let mut next = || objects.next().unwrap_or(Ok(None));
    let (space, account, secret, deployment, location, record, webhook) =
        (next()?, next()?, next()?, next()?, next()?, next()?, next());
    let schedule = schedules?
        .into_iter()
        .find(|schedule| schedule["metadata"]["name"].as_str().is_some_and(|name| name.ends_with("-lifeboat")));
    let facts = KubeFacts {
        version: version?,
        namespace: space,
        service_account: account,
        password: password(secret.as_ref()),
        repositories: repositories?.len(),
        deployment,
        pods: pods?,
        location,
        schedule,
        record,
        // Cluster-wide objects may be closed to the caller: then nothing is said of the webhook.
        webhook: webhook.map_or(true, |there| there.is_some()),
        volumes,
        rancher: RancherFacts::default(),
    };
    let password = secret.and_then(|secret| secret["data"]["repository-password"].as_str().map(str::to_owned));
    Ok((facts, password))
}

/// What the cluster can make a volume with, where a feature covers volumes; what may not be listed stays unknown.
async fn volumes(kube: &dyn Kube, answers: &Answers) -> VolumeFacts {
    if answers.tool != Tool::Velero || covers(answers).is_empty() {
        return VolumeFacts::default();
    }
    let list = |kind| kube.list(kind, "", "");
    let (volumes, storage, snapshots, nodes) = futures::join!(
        list(Kind::PersistentVolume),
        list(Kind::StorageClass),
        list(Kind::VolumeSnapshotClass),
        list(Kind::Node)
    );
    let (volumes, storage, snapshots, nodes) = (volumes.ok(), storage.ok(), snapshots.ok(), nodes.ok());
    VolumeFacts::of(volumes.as_deref(), storage.as_deref(), snapshots.as_deref(), nodes.as_deref())
}

/// What kind of password it is; the password itself goes no further than the comparison with another cluster's.
fn password(secret: Option<&serde_json::Value>) -> Password {
    let Some(secret) = secret else { return Password::Absent };
    let data = secret["data"]["repository-password"].as_str().unwrap_or_default();
    match STANDARD.decode(data) {
        Ok(text) if text == public_password().as_bytes() => Password::Public,
        _ => Password::Private,
    }
}

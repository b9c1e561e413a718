//! Reads the facts: two rounds of calls side by side, nothing one by one.

use super::{pod_identity, rancher_facts, tools};
use crate::domain::{Identity, Shown, Tool};
use crate::plan::answers::{Answers, SiteAnswer};
use crate::plan::{
    EncryptionSecret, Facts, Found, KubeFacts, Password, Place, REPOSITORY_SECRET, RancherFacts, RoleFacts, SiteFacts,
};
use crate::plan::{VolumeFacts, covers, public_password, record_name};
use crate::ports::{Answer, Aws, Caller, Cluster, ClusterAccess, Kind, Kube, Trouble, TroubleKind, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::{FutureExt as _, join_all};
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
        reads.push(self::site(world, answers, (reads.len(), site), &caller, cluster, role?).boxed());
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
        } else if there != password {
            let kube = &mut site.kube;
            if kube.password == Password::Private {
                kube.password = Password::Other;
            }
            if kube.rancher.encryption == EncryptionSecret::There {
                kube.rancher.encryption = EncryptionSecret::Other;
            }
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
    site(world, answers, (0, place), caller, cluster, None).await.map(|(facts, ..)| facts)
}

/// Reads what one cluster has of its own.
async fn site(
    world: &World,
    answers: &Answers,
    (at, site): (usize, &SiteAnswer<'_>),
    caller: &Caller,
    cluster: Cluster,
    role: Option<RoleFacts>,
) -> Answer<(SiteFacts, Reached, Option<String>)> {
    let access = ClusterAccess::of(&cluster, site.region.as_str(), site.context);
    let active = matches!(cluster.status.as_str(), "ACTIVE" | "UPDATING");
    let kube = world.clusters.connect(&access).await?;
    let provider_arn = cluster.provider_arn(&caller.partition, &caller.account);
    let found =
        async { if active { found(world, kube.as_ref(), &access, answers, site).await } else { Ok(Found::default()) } };
    let asked = Place::asked(answers, site);
    let in_cluster = async |place: &Place| {
        if !active {
            return Ok((KubeFacts::empty(&cluster.version), None));
        }
        self::in_cluster(kube.as_ref(), answers, place).await.map_err(|trouble| private(trouble, cluster.public))
    };
    let provider = async {
        match &provider_arn {
            Some(arn) if answers.identity == Identity::Irsa => world.aws.provider(arn).await,
            _ => Ok(None),
        }
    };
    let region = site.region.as_str();
    let rancher = async |place: &Place| {
        if active {
            rancher_facts::read(world, &access, kube.as_ref(), answers, place).await
        } else {
            Ok((RancherFacts::default(), None))
        }
    };
    let pod_identity = async |place: &Place| {
        pod_identity::read(world.aws.as_ref(), kube.as_ref(), answers.identity, (region, place), &cluster, active).await
    };
    let space = async |place: &Place| {
        if !active || answers.tool != Tool::UpboundSpaces {
            return Ok(None);
        }
        super::space::facts(world, kube.as_ref(), answers, (region, place), &cluster.name).await.map(Some)
    };
    // The defaults' names are read at once; an install under others costs a second look.
    let look =
        async |place: &Place| futures::join!(in_cluster(place), pod_identity(place), space(place), rancher(place));
    let (provider, read, found) = futures::join!(provider, look(&asked), found);
    let (provider, found) = (provider?, found.map_err(|trouble| private(trouble, cluster.public))?);
    let place = Place::of(answers, site, at, &found).unwrap_or_else(|_| asked.clone());
    let same = place.namespace == asked.namespace && place.service_account == asked.service_account;
    let (read, pod_identity, space, rancher) = if same { read } else { look(&place).await };
    let ((mut kube_facts, password), pod_identity, space) = (read?, pod_identity?, space?);
    let (rancher, key) = rancher?;
    kube_facts.rancher = rancher;
    // Its name may be another than the default's.
    let there = |it: &&serde_json::Value| it["metadata"]["namespace"] == place.namespace.as_str();
    kube_facts.deployment = found.deployments.iter().find(there).cloned().or(kube_facts.deployment);
    let release = place.release_of(&found).cloned();
    let mut facts = SiteFacts { cluster, provider, role, kube: kube_facts, release, found, pod_identity, space: None };
    if let Some((space, associations)) = space {
        match associations {
            Ok(associations) => facts.pod_identity.associations = associations,
            Err(trouble) if answers.identity == Identity::PodIdentity => return Err(trouble),
            Err(trouble) => facts.pod_identity.unread = Some(Shown::new(&trouble.to_string())),
        }
        facts.space = Some(space);
    }
    let secret = if answers.tool == Tool::RancherBackup { key } else { password };
    Ok((facts, Reached { kube, access }, secret))
}

/// Every install of the tool in a cluster. What may be looked for in one namespace only is looked for there.
async fn found(
    world: &World,
    kube: &dyn Kube,
    access: &ClusterAccess,
    answers: &Answers,
    site: &SiteAnswer<'_>,
) -> Answer<Found> {
    let releases = async {
        match world.helm.releases_of(access, answers.tool.chart()).await {
            Err(trouble) if trouble.kind == TroubleKind::Denied => {
                let (namespace, name) = (site.namespace.as_str(), answers.release());
                Ok(world.helm.release(access, namespace, name.as_str()).await?.into_iter().collect())
            }
            other => other,
        }
    };
    let deployments = async {
        let labels = if answers.tool == Tool::Velero { "component=velero" } else { "" };
        match kube.list(Kind::Deployment, "", labels).await {
            Err(trouble) if trouble.kind == TroubleKind::Denied => {
                kube.list(Kind::Deployment, site.namespace.as_str(), labels).await
            }
            other => other,
        }
    };
    let (releases, mut deployments) = try_join!(releases, deployments)?;
    deployments.retain(|deployment| tools::tool(deployment) == Some(answers.tool));
    Ok(Found { releases, deployments })
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
async fn in_cluster(kube: &dyn Kube, answers: &Answers, place: &Place) -> Answer<(KubeFacts, Option<String>)> {
    let location = answers.velero.location.to_string();
    let record_name = record_name(answers.tool.as_str());
    let one = |kind, namespace, name| kube.get(kind, namespace, name);
    let namespace = place.namespace.as_str();
    let objects = join_all([
        one(Kind::Namespace, "", namespace),
        one(Kind::ServiceAccount, namespace, &place.service_account),
        one(Kind::Secret, namespace, REPOSITORY_SECRET),
        one(Kind::Deployment, namespace, answers.tool.deployment()),
        one(Kind::ConfigMap, namespace, &record_name),
        one(Kind::MutatingWebhookConfiguration, "", "pod-identity-webhook"),
    ]);
    let schedules = kube.list(Kind::Schedule, namespace, "");
    let locations = kube.list(Kind::BackupStorageLocation, namespace, "");
    // Velero's alone.
    let velero = answers.tool == Tool::Velero;
    let snapshot_locations =
        async { if velero { kube.list(Kind::VolumeSnapshotLocation, namespace, "").await } else { Ok(Vec::new()) } };
    let node_agent = async { if velero { kube.get(Kind::DaemonSet, namespace, "node-agent").await } else { Ok(None) } };
    let (objects, version, pods, repositories, schedules, locations, snapshot_locations, node_agent, volumes) = futures::join!(
        objects,
        kube.version(),
        kube.list(Kind::Pod, namespace, ""),
        kube.list(Kind::BackupRepository, namespace, ""),
        schedules,
        locations,
        snapshot_locations,
        node_agent,
        volumes(kube, answers)
    );
    let mut objects = objects.into_iter();
    let mut next = || objects.next().unwrap_or(Ok(None));
    let (space, account, secret, deployment, record, webhook) = (next()?, next()?, next()?, next()?, next()?, next());
    let schedule = schedules?
        .into_iter()
        .find(|schedule| schedule["metadata"]["name"].as_str().is_some_and(|name| name.ends_with("-lifeboat")));
    let locations = locations?;
    let facts = KubeFacts {
        version: version?,
        namespace: space,
        service_account: account,
        password: password(secret.as_ref()),
        repositories: repositories?.len(),
        deployment,
        pods: pods?,
        location: locations.iter().find(|one| one["metadata"]["name"] == location.as_str()).cloned(),
        locations,
        snapshot_locations: snapshot_locations?,
        node_agent: node_agent?,
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

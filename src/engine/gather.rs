//! Reads the facts: two rounds of calls side by side, nothing one by one.

use crate::plan::answers::{Answers, EncryptionKind};
use crate::plan::{BucketFacts, Facts, KeyFacts, KubeFacts, Password, REPOSITORY_SECRET, RoleFacts};
use crate::plan::{alias_of, deployment_name, public_password, record_name};
use crate::ports::{
    Answer, Aws, BucketHead, BucketRef, Caller, ClusterAccess, Kind, Kube, Release, Setting, Trouble, TroubleKind,
    World,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::{join_all, try_join_all};
use futures::try_join;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The facts, and the client they were read with.
pub struct Gathered {
    /// The facts.
    pub facts: Facts,
    /// The cluster's API server.
    pub kube: Arc<dyn Kube>,
    /// How it is reached.
    pub access: ClusterAccess,
}

/// Reads everything that the plan of these answers needs.
///
/// # Errors
/// The first read that fails for another reason than absence; `Refused` when there is no such cluster.
pub async fn gather(world: &World, answers: &Answers) -> Answer<Gathered> {
    let aws = world.aws.as_ref();
    let region = answers.cluster.region.as_str();
    let name = answers.cluster.name.as_str();
    // What needs no other answer is asked in the first round.
    let (caller, cluster, role) = futures::join!(aws.caller(), aws.cluster(region, name), role(aws, answers));
    let caller = caller?;
    let Some(cluster) = cluster? else { return Err(no_cluster(aws, &caller, region, name).await) };
    let access = ClusterAccess {
        name: cluster.name.clone(),
        region: region.to_owned(),
        context: answers.cluster.context.clone(),
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
        found_release(world, &access, answers).await
    };
    let in_cluster = async {
        if !active {
            return Ok(KubeFacts::empty(&cluster.version));
        }
        self::in_cluster(kube.as_ref(), answers).await.map_err(|trouble| private(trouble, cluster.public))
    };
    let provider = async {
        match &provider_arn {
            Some(arn) => aws.provider(arn).await,
            None => Ok(None),
        }
    };
    let policy = async {
        match &answers.role.existing_policy {
            Some(arn) => aws.managed_policy(arn.as_str()).await,
            None => Ok(None),
        }
    };
    let storage = storage(aws, answers, &caller);
    let (provider, existing_policy, (bucket, key), kube_facts, release) =
        try_join!(provider, policy, storage, in_cluster, release)?;
    let role = role?;
    let facts = Facts { caller, cluster, provider, role, existing_policy, bucket, key, kube: kube_facts, release };
    Ok(Gathered { facts, kube, access })
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

async fn role(aws: &dyn Aws, answers: &Answers) -> Answer<Option<RoleFacts>> {
    let name = answers.role_name().to_string();
    let Some(role) = aws.role(&name).await? else { return Ok(None) };
    let (permissions, attached) = try_join!(aws.role_policy(&role.name, &name), aws.attached_policies(&role.name))?;
    Ok(Some(RoleFacts { role, permissions, attached }))
}

async fn storage(aws: &dyn Aws, answers: &Answers, caller: &Caller) -> Answer<(BucketFacts, Option<KeyFacts>)> {
    let asked = answers.bucket_region().to_string();
    let name = if answers.bucket.account_regional {
        format!("{}-{}-{asked}-an", answers.bucket.name, caller.account)
    } else {
        answers.bucket.name.to_string()
    };
    let mut bucket = BucketRef { name, region: asked.clone(), account: caller.account.clone() };
    let head = aws.bucket(&bucket).await?;
    if let BucketHead::Ours(region) = &head {
        bucket.region.clone_from(region);
    }
    let (settings, top_level) = match &head {
        BucketHead::Ours(_) => {
            let prefix = answers.prefix().slashed();
            try_join!(settings(aws, &bucket), aws.top_level(&bucket, &prefix))?
        }
        _ => (BTreeMap::new(), Vec::new()),
    };
    let key = key(aws, answers, &bucket, &settings).await?;
    Ok((BucketFacts { head, settings, top_level }, key))
}

async fn settings(aws: &dyn Aws, bucket: &BucketRef) -> Answer<BTreeMap<Setting, String>> {
    let reads = Setting::ALL.into_iter().map(async |setting| {
        let document = aws.setting(bucket, setting).await?;
        Ok::<_, Trouble>(document.map(|document| (setting, document)))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// The key that is asked for; for a new one what its alias names already; for the bucket's default what that names.
async fn key(
    aws: &dyn Aws,
    answers: &Answers,
    bucket: &BucketRef,
    settings: &BTreeMap<Setting, String>,
) -> Answer<Option<KeyFacts>> {
    let region = bucket.region.as_str();
    let alias = alias_of(answers, &bucket.name);
    let (id, by_alias) = match (answers.encryption.kind, &answers.encryption.key) {
        (EncryptionKind::Kms, Some(key)) if key.is_new() => match aws.alias(region, &alias).await? {
            Some(id) => (id, true),
            None => return Ok(None),
        },
        (EncryptionKind::Kms, Some(key)) => (key.to_string(), false),
        (EncryptionKind::BucketDefault, _) => match default_key(settings) {
            Some(key) => (key, false),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let Some(key) = aws.key(region, &id).await? else { return Ok(None) };
    let managed = key.manager == "AWS";
    let reads = async {
        if managed {
            return Ok((None, None));
        }
        try_join!(aws.key_policy(region, &key.id), aws.rotation(region, &key.id))
    };
    let (policy, rotation) = reads.await.unwrap_or((None, None));
    Ok(Some(KeyFacts { key, policy, by_alias, rotation }))
}

fn default_key(settings: &BTreeMap<Setting, String>) -> Option<String> {
    let document = settings.get(&Setting::Encryption)?;
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    document["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].as_str().map(str::to_owned)
}

/// The release of the answers' name; without one, the only release of the chart in the cluster.
async fn found_release(world: &World, access: &ClusterAccess, answers: &Answers) -> Answer<Option<Release>> {
    let (namespace, name) = (answers.namespace().to_string(), answers.release().to_string());
    world.helm.release(access, &namespace, &name).await
}

async fn in_cluster(kube: &dyn Kube, answers: &Answers) -> Answer<KubeFacts> {
    let namespace = answers.namespace().to_string();
    let account = answers.service_account().to_string();
    let location = answers.velero.location.to_string();
    let record_name = record_name("velero");
    let one = |kind, namespace, name| kube.get(kind, namespace, name);
    let namespace = namespace.as_str();
    let objects = join_all([
        one(Kind::Namespace, "", namespace),
        one(Kind::ServiceAccount, namespace, &account),
        one(Kind::Secret, namespace, REPOSITORY_SECRET),
        one(Kind::Deployment, namespace, deployment_name()),
        one(Kind::BackupStorageLocation, namespace, &location),
        one(Kind::ConfigMap, namespace, &record_name),
        one(Kind::MutatingWebhookConfiguration, "", "pod-identity-webhook"),
    ]);
    let schedules = kube.list(Kind::Schedule, namespace, "");
    let (objects, version, pods, repositories, schedules) = futures::join!(
        objects,
        kube.version(),
        kube.list(Kind::Pod, namespace, ""),
        kube.list(Kind::BackupRepository, namespace, ""),
        schedules
    );
    let mut objects = objects.into_iter();
    let mut next = || objects.next().unwrap_or(Ok(None));
    let (space, account, secret, deployment, location, record, webhook) =
        (next()?, next()?, next()?, next()?, next()?, next()?, next());
    let schedule = schedules?
        .into_iter()
        .find(|schedule| schedule["metadata"]["name"].as_str().is_some_and(|name| name.ends_with("-lifeboat")));
    Ok(KubeFacts {
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
    })
}

/// What kind of password it is; the password itself goes no further.
fn password(secret: Option<&serde_json::Value>) -> Password {
    let Some(secret) = secret else { return Password::Absent };
    let data = secret["data"]["repository-password"].as_str().unwrap_or_default();
    match STANDARD.decode(data) {
        Ok(text) if text == public_password().as_bytes() => Password::Public,
        _ => Password::Private,
    }
}

//! Reads what the chain is told from; reads that do not depend on each other run side by side.

use super::RancherSeen;
use crate::domain::injected::uses_pod_identity;
use crate::domain::status::{account_of, main_location, role_of};
use crate::domain::{Identity, RoleArn, Tool};
use crate::engine::judge::{Permissions, permissions};
use crate::engine::status::{rancher, region_of};
use crate::plan::AGENT;
use crate::ports::{
    Addon, Answer, Association, Aws, BucketRef, Caller, Cluster, ClusterAccess, Key, Kind, Kube, Object, Provider,
    Role, Session, Setting, WebIdentity, World,
};
use futures::future::OptionFuture;
use futures::join;
use std::sync::Arc;

/// The shortest life of a token that Kubernetes mints, seconds.
const TOKEN_SECONDS: i64 = 600;

/// An answer, or `None` where nothing could be asked because of what is missing before it.
pub(super) type Asked<T> = Option<Answer<T>>;

/// What was seen along the chain.
pub(super) struct Seen {
    pub tool: Tool,
    pub namespace: String,
    pub caller: Answer<Caller>,
    pub cluster: Asked<Option<Cluster>>,
    pub provider_arn: Option<String>,
    pub provider: Asked<Option<Provider>>,
    pub deployment: Answer<Option<Object>>,
    /// The service account's name, and it.
    pub account_name: String,
    pub account: Asked<Option<Object>>,
    /// How its pods get their role.
    pub identity: Identity,
    /// Its Pod Identity association.
    pub association: Asked<Option<Association>>,
    /// The agent's add-on, with Pod Identity.
    pub agent: Asked<Option<Addon>>,
    /// The role that it is annotated or associated with.
    pub role_arn: Option<String>,
    pub role: Asked<Option<Role>>,
    pub permissions: Asked<Permissions>,
    pub pods: Answer<Vec<Object>>,
    pub session: Asked<Session>,
    pub locations: Answer<Vec<Object>>,
    /// The bucket of the location that counts, and its prefix, ending in `/` or empty.
    pub bucket: Option<(BucketRef, String)>,
    pub listing: Asked<Vec<String>>,
    pub key: Asked<KeySeen>,
    pub backups: Answer<Vec<Object>>,
    pub rancher: RancherSeen,
}

impl Seen {
    /// Whether EKS Auto Mode makes nodes of the cluster.
    pub fn is_auto(&self) -> bool {
        matches!(&self.cluster, Some(Ok(Some(cluster))) if cluster.auto_mode)
    }
}

/// What encrypts in the bucket.
pub(super) enum KeySeen {
    /// S3's own keys.
    S3,
    /// A KMS key as it is named, and it.
    Kms(String, Option<Key>),
}

pub(super) async fn look(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    tool: Tool,
    namespace: &str,
) -> Seen {
    let aws = world.aws.as_ref();
    let cluster: OptionFuture<_> = is_named(access).then(|| aws.cluster(&access.region, &access.name)).into();
    let (caller, cluster, deployment, pods, (locations, backups, secret)) = join!(
        aws.caller(),
        cluster,
        kube.get(Kind::Deployment, namespace, tool.deployment()),
        kube.list(Kind::Pod, namespace, ""),
        evidence(kube, tool, namespace),
    );
    let provider_arn = provider_arn(&caller, cluster.as_ref());
    let account_name = deployment.as_ref().ok().and_then(Option::as_ref).map(account_of);
    let all = locations.as_deref().unwrap_or_default();
    let region = region_of(all, access);
    let bucket = main_location(all).and_then(|location| bucket_of(location, &region, caller.as_ref().ok()));
    let key_id = main_location(all).and_then(|there| there["spec"]["config"]["kmsKeyId"].as_str()).map(str::to_owned);
    let provider: OptionFuture<_> = provider_arn.as_ref().map(|arn| aws.provider(arn)).into();
    let key: OptionFuture<_> = bucket.as_ref().map(|(bucket, _)| key(aws, bucket, key_id)).into();
    let of = Of { world, kube, access, namespace, pods: pods.as_deref().unwrap_or_default(), region: &region };
    let identity = identity(&of, account_name.as_deref(), bucket.as_ref());
    let keys = rancher::keys(world, access, secret.as_ref());
    let (provider, key, identity, keys) = join!(provider, key, identity, keys);
    Seen {
        tool,
        namespace: namespace.to_owned(),
        caller,
        cluster,
        provider_arn,
        provider,
        deployment,
        account_name: account_name.unwrap_or_default(),
        account: identity.account,
        identity: identity.identity,
        association: identity.association,
        agent: identity.agent,
        role_arn: identity.role_arn,
        role: identity.role,
        permissions: identity.permissions,
        pods,
        session: identity.session,
        locations,
        bucket,
        listing: identity.listing,
        key,
        backups,
        rancher: RancherSeen { secret, keys },
    }
}

/// The locations and the Backups in Velero's form; of Rancher Backup also the Secret of its location.
async fn evidence(
    kube: &Arc<dyn Kube>,
    tool: Tool,
    namespace: &str,
) -> (Answer<Vec<Object>>, Answer<Vec<Object>>, Option<Object>) {
    if tool == Tool::UpboundSpaces {
        return super::space::evidence(kube, namespace).await;
    }
    if tool == Tool::RancherBackup {
        return rancher::evidence(kube, namespace).await;
    }
    let locations = kube.list(Kind::BackupStorageLocation, namespace, "");
    let (locations, backups) = join!(locations, kube.list(Kind::Backup, namespace, ""));
    (locations, backups, None)
}

fn provider_arn(caller: &Answer<Caller>, cluster: Option<&Answer<Option<Cluster>>>) -> Option<String> {
    let (caller, cluster) = (caller.as_ref().ok()?, cluster?.as_ref().ok()?.as_ref()?);
    cluster.provider_arn(&caller.partition, &caller.account)
}

fn bucket_of(location: &Object, region: &str, caller: Option<&Caller>) -> Option<(BucketRef, String)> {
    let spec = &location["spec"];
    let name = spec["objectStorage"]["bucket"].as_str().filter(|name| !name.is_empty())?;
    let own = spec["config"]["region"].as_str().filter(|region| !region.is_empty());
    let region = own.unwrap_or(region);
    let account = &caller?.account;
    let prefix = spec["objectStorage"]["prefix"].as_str().unwrap_or_default().trim_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Some((BucketRef { name: name.to_owned(), region: region.to_owned(), account: account.clone() }, prefix))
}

/// What hangs on the service account.
struct IdentitySeen {
    account: Asked<Option<Object>>,
    identity: Identity,
    association: Asked<Option<Association>>,
    agent: Asked<Option<Addon>>,
    role_arn: Option<String>,
    role: Asked<Option<Role>>,
    permissions: Asked<Permissions>,
    session: Asked<Session>,
    listing: Asked<Vec<String>>,
}

impl IdentitySeen {
    /// Nothing was asked.
    fn none() -> Self {
        Self {
            account: None,
            identity: Identity::Irsa,
            association: None,
            agent: None,
            role_arn: None,
            role: None,
            permissions: None,
            session: None,
            listing: None,
        }
    }
}

/// Where it is looked.
struct Of<'a> {
    world: &'a World,
    kube: &'a Arc<dyn Kube>,
    access: &'a ClusterAccess,
    namespace: &'a str,
    pods: &'a [Object],
    region: &'a str,
}

async fn identity(of: &Of<'_>, name: Option<&str>, bucket: Option<&(BucketRef, String)>) -> IdentitySeen {
    let Some(name) = name else { return IdentitySeen::none() };
    let aws = of.world.aws.as_ref();
    let (account, association) =
        join!(of.kube.get(Kind::ServiceAccount, of.namespace, name), association(aws, of.access, of.namespace, name));
    let annotated = account.as_ref().ok().and_then(Option::as_ref).and_then(role_of);
    let associated = association.as_ref().and_then(|there| there.as_ref().ok()).and_then(Option::as_ref);
    let by_association = associated.is_some() || (annotated.is_none() && uses_pod_identity(of.pods, name));
    let role_arn = associated.map(|there| there.role_arn.clone()).or(annotated);
    let identity = if by_association { Identity::PodIdentity } else { Identity::Irsa };
    let seen = IdentitySeen { account: Some(account), identity, association, role_arn, ..IdentitySeen::none() };
    let named = seen.role_arn.clone();
    let in_iam = in_iam(aws, named.as_deref());
    if by_association {
        let agent: OptionFuture<_> =
            is_named(of.access).then(|| aws.addon(&of.access.region, &of.access.name, AGENT)).into();
        let (in_iam, agent) = join!(in_iam, agent);
        let (role, permissions) = in_iam.map_or((None, None), |(role, permissions)| (Some(role), permissions));
        return IdentitySeen { agent, role, permissions, ..seen };
    }
    let Some(arn) = named.clone() else { return seen };
    let used = async {
        let session = exchange(of.world, of.kube, of.namespace, name, &arn, of.region).await;
        let listing = match (&session, bucket) {
            (Ok(session), Some((bucket, prefix))) => Some(aws.list_as(session, bucket, prefix).await),
            _ => None,
        };
        (session, listing)
    };
    let (in_iam, (session, listing)) = join!(in_iam, used);
    let (role, permissions) = in_iam.map_or((None, None), |(role, permissions)| (Some(role), permissions));
    IdentitySeen { role, permissions, session: Some(session), listing, ..seen }
}

/// The role as IAM has it, and what it may do.
async fn in_iam(aws: &dyn Aws, arn: Option<&str>) -> Option<(Answer<Option<Role>>, Asked<Permissions>)> {
    let name = RoleArn::parse(arn?).map(|arn| arn.name().to_string()).ok()?;
    let role = aws.role(&name).await;
    let permissions = match &role {
        Ok(Some(role)) => Some(permissions(aws, role).await),
        _ => None,
    };
    Some((role, permissions))
}

/// With a kubeconfig context the EKS name may be unknown.
fn is_named(access: &ClusterAccess) -> bool {
    !access.name.is_empty() && !access.region.is_empty()
}

/// The Pod Identity association of a service account, where EKS can be asked for it.
pub async fn association(
    aws: &dyn Aws,
    access: &ClusterAccess,
    namespace: &str,
    account: &str,
) -> Asked<Option<Association>> {
    if !is_named(access) {
        return None;
    }
    let accounts = [(namespace.to_owned(), account.to_owned())];
    let found = aws.associations(&access.region, &access.name, &accounts).await;
    Some(found.map(|found| found.into_iter().next()))
}

/// Exchanges a freshly minted token of a service account for the role's credentials.
pub async fn exchange(
    world: &World,
    kube: &Arc<dyn Kube>,
    namespace: &str,
    account: &str,
    role: &str,
    region: &str,
) -> Answer<Session> {
    let token = kube.token(namespace, account, "sts.amazonaws.com", TOKEN_SECONDS).await?;
    let identity = WebIdentity {
        region: region.to_owned(),
        role_arn: role.to_owned(),
        token,
        session_name: "lifeboat-status".to_owned(),
    };
    world.aws.exchange(&identity).await
}

async fn key(aws: &dyn Aws, bucket: &BucketRef, of_location: Option<String>) -> Answer<KeySeen> {
    let id = match of_location.filter(|id| !id.is_empty()) {
        Some(id) => id,
        None => match aws.setting(bucket, Setting::Encryption).await?.as_deref().and_then(default_key) {
            Some(id) => id,
            None => return Ok(KeySeen::S3),
        },
    };
    let key = aws.key(&bucket.region, &id).await?;
    Ok(KeySeen::Kms(id, key))
}

/// The KMS key of a bucket's default encryption; S3's own in KMS where it names none.
fn default_key(document: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let default = &document["Rules"][0]["ApplyServerSideEncryptionByDefault"];
    let kms = default["SSEAlgorithm"].as_str()?.starts_with("aws:kms");
    kms.then(|| default["KMSMasterKeyID"].as_str().unwrap_or("alias/aws/s3").to_owned())
}

//! Reads what the chain is told from; reads that do not depend on each other run side by side.

use super::RancherSeen;
use crate::domain::status::{account_of, main_location, role_of};
use crate::domain::{RoleArn, Tool};
use crate::engine::status::{rancher, region_of};
use crate::ports::{
    Answer, Aws, BucketRef, Caller, Cluster, ClusterAccess, Key, Kind, Kube, Object, Provider, Role, Session, Setting,
    WebIdentity, World,
};
use futures::future::{OptionFuture, try_join_all};
use futures::{join, try_join};
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
    /// The role that it is annotated with.
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

/// What a role may do: the texts of its inline and attached policies, and of its boundary.
pub(super) struct Permissions {
    pub policies: Vec<String>,
    pub boundary: Option<String>,
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
    // With a kubeconfig context the EKS name may be unknown.
    let named = !access.name.is_empty() && !access.region.is_empty();
    let cluster: OptionFuture<_> = named.then(|| aws.cluster(&access.region, &access.name)).into();
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
    let identity = identity(world, kube, namespace, account_name.as_deref(), &region, bucket.as_ref());
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
#[derive(Default)]
struct IdentitySeen {
    account: Asked<Option<Object>>,
    role_arn: Option<String>,
    role: Asked<Option<Role>>,
    permissions: Asked<Permissions>,
    session: Asked<Session>,
    listing: Asked<Vec<String>>,
}

async fn identity(
    world: &World,
    kube: &Arc<dyn Kube>,
    namespace: &str,
    name: Option<&str>,
    region: &str,
    bucket: Option<&(BucketRef, String)>,
) -> IdentitySeen {
    let Some(name) = name else { return IdentitySeen::default() };
    let aws = world.aws.as_ref();
    let account = kube.get(Kind::ServiceAccount, namespace, name).await;
    let role_arn = account.as_ref().ok().and_then(Option::as_ref).and_then(role_of);
    let Some(arn) = role_arn.clone() else { return IdentitySeen { account: Some(account), ..IdentitySeen::default() } };
    let in_iam = async {
        let name = RoleArn::parse(&arn).map(|arn| arn.name().to_string()).ok()?;
        let role = aws.role(&name).await;
        let permissions = match &role {
            Ok(Some(role)) => Some(permissions(aws, role).await),
            _ => None,
        };
        Some((role, permissions))
    };
    let used = async {
        let session = exchange(world, kube, namespace, name, &arn, region).await;
        let listing = match (&session, bucket) {
            (Ok(session), Some((bucket, prefix))) => Some(aws.list_as(session, bucket, prefix).await),
            _ => None,
        };
        (session, listing)
    };
    let (in_iam, (session, listing)) = join!(in_iam, used);
    let (role, permissions) = in_iam.map_or((None, None), |(role, permissions)| (Some(role), permissions));
    IdentitySeen { account: Some(account), role_arn, role, permissions, session: Some(session), listing }
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

async fn permissions(aws: &dyn Aws, role: &Role) -> Answer<Permissions> {
    let inline = async {
        let names = aws.role_policies(&role.name).await?;
        try_join_all(names.iter().map(|name| aws.role_policy(&role.name, name))).await
    };
    let attached = async {
        let arns = aws.attached_policies(&role.name).await?;
        try_join_all(arns.iter().map(|arn| aws.managed_policy(arn))).await
    };
    let boundary = async {
        if role.boundary.is_empty() {
            return Ok(None);
        }
        // One that is gone allows nothing.
        Ok(Some(aws.managed_policy(&role.boundary).await?.unwrap_or_else(|| "{}".to_owned())))
    };
    let (inline, attached, boundary) = try_join!(inline, attached, boundary)?;
    Ok(Permissions { policies: inline.into_iter().chain(attached).flatten().collect(), boundary })
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

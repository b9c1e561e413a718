//! The AWS account, by the AWS SDK.
//!
//! [`Account`] is one thin delegation; each subject has its file. Nothing is read, resolved or connected before the
//! first call, so that making an account costs nothing.

mod addon;
mod call;
mod codes;
mod config;
mod credentials;
mod denied;
mod eks;
mod error;
mod http;
mod iam;
mod kms;
mod objects;
mod options;
mod pod_identity;
mod policies;
mod profile;
mod provider;
mod retry;
mod s3;
mod session;
mod settings;
mod simulate;
mod sts;
mod token;

pub use options::AwsOptions;

use crate::domain::discovery::{FoundBucket, FoundKey};
use crate::ports::{
    Addon, AddonVersion, Answer, Asked, AssociatedAccount, Association, Aws, BucketHead, BucketRef, Caller, Cluster,
    Key, NewAssociation, NewBucket, NewKey, NewRole, ObjectVersion, Provider, RegionState, Role, Session, Setting,
    Simulated, Tags, TroubleKind, WebIdentity,
};
use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use config::Clients;
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

/// The account that the options lead to.
///
/// When AWS refuses the credentials they are forgotten with the files that gave them, so that the next call after
/// `aws sso login` sees the new ones (security.md E10, E11).
pub struct Account {
    options: AwsOptions,
    http: OnceCell<SharedHttpClient>,
    clients: Mutex<Option<Arc<Clients>>>,
}

impl Account {
    /// An account. Nothing is read or called yet.
    pub fn new(options: AwsOptions) -> Self {
        Self { options, http: OnceCell::new(), clients: Mutex::new(None) }
    }

    /// The clients, without the caller's credentials.
    async fn clients(&self) -> Answer<Arc<Clients>> {
        let mut held = self.clients.lock().await;
        if let Some(clients) = held.as_ref() {
            return Ok(Arc::clone(clients));
        }
        let http = self.http.get_or_try_init(|| async { http::client(&self.options) }).await?;
        let made = Arc::new(Clients::load(&self.options, http.clone()).await?);
        *held = Some(Arc::clone(&made));
        Ok(made)
    }

    /// The clients, with the caller's credentials loaded: their failure is told as what it is, and their loading
    /// is not counted against the first call's time.
    async fn signed(&self) -> Answer<Arc<Clients>> {
        let clients = self.clients().await?;
        let loaded = clients.credentials().await.map(drop);
        self.seen(loaded).await?;
        Ok(clients)
    }

    /// Forgets what credentials were made from when they turn out to be refused.
    async fn seen<T>(&self, answer: Answer<T>) -> Answer<T> {
        if answer.as_ref().is_err_and(|trouble| trouble.kind == TroubleKind::Credentials) {
            *self.clients.lock().await = None;
        }
        answer
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("options", &self.options).finish_non_exhaustive()
    }
}

/// One call with the caller's credentials.
macro_rules! signed {
    ($self:ident, $($function:ident)::+ $(, $argument:expr)*) => {{
        let clients = $self.signed().await?;
        $self.seen($($function)::+(&clients $(, $argument)*).await).await
    }};
}

/// One call that brings its own credentials, or none.
macro_rules! unsigned {
    ($self:ident, $($function:ident)::+ $(, $argument:expr)*) => {{
        let clients = $self.clients().await?;
        $($function)::+(&clients $(, $argument)*).await
    }};
}

#[async_trait]
impl Aws for Account {
    async fn caller(&self) -> Answer<Caller> {
        signed!(self, sts::caller)
    }

    async fn home(&self) -> Answer<String> {
        Ok(self.clients().await?.home().to_owned())
    }

    async fn regions(&self) -> Answer<Vec<RegionState>> {
        signed!(self, eks::regions)
    }

    async fn clusters(&self, region: &str) -> Answer<Vec<String>> {
        signed!(self, eks::clusters, region)
    }

    async fn cluster(&self, region: &str, name: &str) -> Answer<Option<Cluster>> {
        signed!(self, eks::cluster, region, name)
    }

    async fn addon(&self, region: &str, cluster: &str, name: &str) -> Answer<Option<Addon>> {
        signed!(self, addon::addon, region, cluster, name)
    }

    async fn create_addon(&self, region: &str, cluster: &str, name: &str, version: &str, tags: &Tags) -> Answer<()> {
        signed!(self, addon::create_addon, region, cluster, name, version, tags)
    }

    async fn delete_addon(&self, region: &str, cluster: &str, name: &str) -> Answer<()> {
        signed!(self, addon::delete_addon, region, cluster, name)
    }

    async fn addon_versions(&self, region: &str, name: &str, kubernetes: &str) -> Answer<Vec<AddonVersion>> {
        signed!(self, addon::versions, region, name, kubernetes)
    }

    async fn associated(&self, region: &str, cluster: &str) -> Answer<Vec<AssociatedAccount>> {
        signed!(self, pod_identity::associated, region, cluster)
    }

    async fn associations(
        &self,
        region: &str,
        cluster: &str,
        accounts: &[(String, String)],
    ) -> Answer<Vec<Association>> {
        signed!(self, pod_identity::associations, region, cluster, accounts)
    }

    async fn create_association(&self, new: &NewAssociation) -> Answer<Association> {
        signed!(self, pod_identity::create_association, new)
    }

    async fn update_association(
        &self,
        region: &str,
        cluster: &str,
        id: &str,
        role_arn: &str,
        token: &str,
    ) -> Answer<()> {
        signed!(self, pod_identity::update_association, region, [cluster, id, role_arn, token])
    }

    async fn delete_association(&self, region: &str, cluster: &str, id: &str) -> Answer<()> {
        signed!(self, pod_identity::delete_association, region, cluster, id)
    }

    async fn cluster_token(&self, region: &str, name: &str) -> Answer<(SecretString, jiff::Timestamp)> {
        signed!(self, token::token, region, name)
    }

    async fn providers(&self) -> Answer<Vec<String>> {
        signed!(self, provider::providers)
    }

    async fn provider(&self, arn: &str) -> Answer<Option<Provider>> {
        signed!(self, provider::provider, arn)
    }

    async fn create_provider(&self, issuer: &str, audiences: &[String], tags: &Tags) -> Answer<String> {
        signed!(self, provider::create_provider, issuer, audiences, tags)
    }

    async fn add_audience(&self, arn: &str, audience: &str) -> Answer<()> {
        signed!(self, provider::add_audience, arn, audience)
    }

    async fn remove_audience(&self, arn: &str, audience: &str) -> Answer<()> {
        signed!(self, provider::remove_audience, arn, audience)
    }

    async fn delete_provider(&self, arn: &str) -> Answer<()> {
        signed!(self, provider::delete_provider, arn)
    }

    async fn roles_trusting(&self, provider: &str) -> Answer<Vec<String>> {
        signed!(self, provider::roles_trusting, provider)
    }

    async fn role(&self, name: &str) -> Answer<Option<Role>> {
        signed!(self, iam::role, name)
    }

    async fn create_role(&self, role: &NewRole) -> Answer<Role> {
        signed!(self, iam::create_role, role)
    }

    async fn delete_role(&self, name: &str) -> Answer<()> {
        signed!(self, iam::delete_role, name)
    }

    async fn put_trust(&self, role: &str, document: &str) -> Answer<()> {
        signed!(self, iam::put_trust, role, document)
    }

    async fn describe_role(&self, role: &str, description: &str) -> Answer<()> {
        signed!(self, iam::describe_role, role, description)
    }

    async fn put_boundary(&self, role: &str, boundary: &str) -> Answer<()> {
        signed!(self, iam::put_boundary, role, boundary)
    }

    async fn tag_role(&self, role: &str, tags: &Tags) -> Answer<()> {
        signed!(self, iam::tag_role, role, tags)
    }

    async fn untag_role(&self, role: &str, keys: &[String]) -> Answer<()> {
        signed!(self, iam::untag_role, role, keys)
    }

    async fn role_policies(&self, role: &str) -> Answer<Vec<String>> {
        signed!(self, policies::role_policies, role)
    }

    async fn role_policy(&self, role: &str, policy: &str) -> Answer<Option<String>> {
        signed!(self, policies::role_policy, role, policy)
    }

    async fn put_role_policy(&self, role: &str, policy: &str, document: &str) -> Answer<()> {
        signed!(self, policies::put_role_policy, role, policy, document)
    }

    async fn delete_role_policy(&self, role: &str, policy: &str) -> Answer<()> {
        signed!(self, policies::delete_role_policy, role, policy)
    }

    async fn attached_policies(&self, role: &str) -> Answer<Vec<String>> {
        signed!(self, policies::attached_policies, role)
    }

    async fn attach_policy(&self, role: &str, policy_arn: &str) -> Answer<()> {
        signed!(self, policies::attach_policy, role, policy_arn)
    }

    async fn detach_policy(&self, role: &str, policy_arn: &str) -> Answer<()> {
        signed!(self, policies::detach_policy, role, policy_arn)
    }

    async fn managed_policy(&self, arn: &str) -> Answer<Option<String>> {
        signed!(self, policies::managed_policy, arn)
    }

    async fn simulate(&self, principal: &str, asked: &[Asked]) -> Answer<Vec<Simulated>> {
        signed!(self, simulate::simulate, principal, asked)
    }

    async fn buckets(&self) -> Answer<Vec<FoundBucket>> {
        signed!(self, s3::buckets)
    }

    async fn bucket(&self, bucket: &BucketRef) -> Answer<BucketHead> {
        signed!(self, s3::bucket, bucket)
    }

    async fn create_bucket(&self, bucket: &NewBucket) -> Answer<()> {
        signed!(self, s3::create_bucket, bucket)
    }

    async fn delete_bucket(&self, bucket: &BucketRef) -> Answer<()> {
        signed!(self, s3::delete_bucket, bucket)
    }

    async fn setting(&self, bucket: &BucketRef, setting: Setting) -> Answer<Option<String>> {
        signed!(self, settings::read, bucket, setting)
    }

    async fn requester_pays(&self, bucket: &BucketRef) -> Answer<Option<bool>> {
        signed!(self, settings::requester_pays, bucket)
    }

    async fn put_setting(&self, bucket: &BucketRef, setting: Setting, document: &str) -> Answer<()> {
        signed!(self, settings::put, bucket, setting, document)
    }

    async fn delete_setting(&self, bucket: &BucketRef, setting: Setting) -> Answer<()> {
        signed!(self, settings::delete, bucket, setting)
    }

    async fn versions(&self, bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<ObjectVersion>> {
        signed!(self, objects::versions, bucket, prefix, limit)
    }

    async fn top_level(&self, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>> {
        signed!(self, objects::top_level, bucket, prefix)
    }

    async fn object(&self, bucket: &BucketRef, key: &str) -> Answer<Option<u64>> {
        signed!(self, objects::object, bucket, key)
    }

    async fn keys(&self, bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<(String, u64)>> {
        signed!(self, objects::keys, bucket, prefix, limit)
    }

    async fn delete_versions(&self, bucket: &BucketRef, versions: &[ObjectVersion]) -> Answer<()> {
        signed!(self, objects::delete_versions, bucket, versions)
    }

    async fn key(&self, region: &str, id: &str) -> Answer<Option<Key>> {
        signed!(self, kms::key, region, id)
    }

    async fn key_policy(&self, region: &str, id: &str) -> Answer<Option<String>> {
        signed!(self, kms::key_policy, region, id)
    }

    async fn alias(&self, region: &str, alias: &str) -> Answer<Option<String>> {
        signed!(self, kms::alias, region, alias)
    }

    async fn aliases(&self, region: &str) -> Answer<Vec<FoundKey>> {
        signed!(self, kms::aliases, region)
    }

    async fn create_key(&self, key: &NewKey) -> Answer<Key> {
        signed!(self, kms::create_key, key)
    }

    async fn create_alias(&self, region: &str, alias: &str, key: &str) -> Answer<()> {
        signed!(self, kms::create_alias, region, alias, key)
    }

    async fn delete_alias(&self, region: &str, alias: &str) -> Answer<()> {
        signed!(self, kms::delete_alias, region, alias)
    }

    async fn rotation(&self, region: &str, key: &str) -> Answer<Option<i32>> {
        signed!(self, kms::rotation, region, key)
    }

    async fn rotate(&self, region: &str, key: &str, days: i32) -> Answer<()> {
        signed!(self, kms::rotate, region, key, days)
    }

    async fn stop_rotation(&self, region: &str, key: &str) -> Answer<()> {
        signed!(self, kms::stop_rotation, region, key)
    }

    async fn exchange(&self, identity: &WebIdentity) -> Answer<Session> {
        unsigned!(self, sts::exchange, identity)
    }

    async fn list_as(&self, session: &Session, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>> {
        unsigned!(self, session::list, session, bucket, prefix)
    }

    async fn put_as(&self, session: &Session, bucket: &BucketRef, key: &str, body: &[u8]) -> Answer<String> {
        unsigned!(self, session::put, session, bucket, key, body)
    }

    async fn get_as(&self, session: &Session, bucket: &BucketRef, key: &str) -> Answer<Vec<u8>> {
        unsigned!(self, session::get, session, bucket, key)
    }

    async fn delete_as(&self, session: &Session, bucket: &BucketRef, key: &str) -> Answer<()> {
        unsigned!(self, session::delete, session, bucket, key)
    }
}

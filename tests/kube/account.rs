//! An account that can only make cluster tokens.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use lifeboat::domain::discovery::{FoundBucket, FoundKey};
use lifeboat::ports::{
    Addon, AddonVersion, Answer, Asked, AssociatedAccount, Association, Aws, BucketHead, BucketRef, Caller, Cluster,
    Key, NewAssociation, NewBucket, NewKey, NewRole, ObjectVersion, Provider, RegionState, Role, Session, Setting,
    Simulated, Tags, Trouble, TroubleKind, WebIdentity,
};
use secrecy::SecretString;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Makes `token-1`, `token-2`, ... that live for a time.
pub struct Tokens {
    pub made: AtomicUsize,
    pub life: SignedDuration,
}

impl Tokens {
    pub fn new() -> Self {
        Self { made: AtomicUsize::new(0), life: SignedDuration::from_mins(14) }
    }
}

fn none<T>() -> Answer<T> {
    Err(Trouble::new(TroubleKind::Refused, "this account only makes tokens"))
}

#[async_trait]
impl Aws for Tokens {
    async fn cluster_token(&self, _region: &str, _name: &str) -> Answer<(SecretString, Timestamp)> {
        let number = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        Ok((format!("token-{number}").into(), Timestamp::now() + self.life))
    }

    async fn caller(&self) -> Answer<Caller> {
        none()
    }

    async fn home(&self) -> Answer<String> {
        none()
    }

    async fn regions(&self) -> Answer<Vec<RegionState>> {
        none()
    }

    async fn clusters(&self, _region: &str) -> Answer<Vec<String>> {
        none()
    }

    async fn cluster(&self, _region: &str, _name: &str) -> Answer<Option<Cluster>> {
        none()
    }

    async fn addon(&self, _region: &str, _cluster: &str, _name: &str) -> Answer<Option<Addon>> {
        none()
    }

    async fn create_addon(&self, _: &str, _: &str, _: &str, _: &str, _: &Tags) -> Answer<()> {
        none()
    }

    async fn delete_addon(&self, _: &str, _: &str, _: &str) -> Answer<()> {
        none()
    }

    async fn addon_versions(&self, _: &str, _: &str, _: &str) -> Answer<Vec<AddonVersion>> {
        none()
    }

    async fn associated(&self, _: &str, _: &str) -> Answer<Vec<AssociatedAccount>> {
        none()
    }

    async fn associations(&self, _: &str, _: &str, _: &[(String, String)]) -> Answer<Vec<Association>> {
        none()
    }

    async fn create_association(&self, _: &NewAssociation) -> Answer<Association> {
        none()
    }

    async fn update_association(&self, _: &str, _: &str, _: &str, _: &str, _: &str) -> Answer<()> {
        none()
    }

    async fn delete_association(&self, _: &str, _: &str, _: &str) -> Answer<()> {
        none()
    }

    async fn simulate(&self, _: &str, _: &[Asked]) -> Answer<Vec<Simulated>> {
        none()
    }

    async fn object(&self, _: &BucketRef, _: &str) -> Answer<Option<u64>> {
        none()
    }

    async fn keys(&self, _: &BucketRef, _: &str, _: usize) -> Answer<Vec<(String, u64)>> {
        none()
    }

    async fn providers(&self) -> Answer<Vec<String>> {
        none()
    }

    async fn provider(&self, _arn: &str) -> Answer<Option<Provider>> {
        none()
    }

    async fn create_provider(&self, _issuer: &str, _audiences: &[String], _tags: &Tags) -> Answer<String> {
        none()
    }

    async fn add_audience(&self, _arn: &str, _audience: &str) -> Answer<()> {
        none()
    }

    async fn remove_audience(&self, _arn: &str, _audience: &str) -> Answer<()> {
        none()
    }

    async fn delete_provider(&self, _arn: &str) -> Answer<()> {
        none()
    }

    async fn roles_trusting(&self, _provider: &str) -> Answer<Vec<String>> {
        none()
    }

    async fn role(&self, _name: &str) -> Answer<Option<Role>> {
        none()
    }

    async fn create_role(&self, _role: &NewRole) -> Answer<Role> {
        none()
    }

    async fn delete_role(&self, _name: &str) -> Answer<()> {
        none()
    }

    async fn put_trust(&self, _role: &str, _document: &str) -> Answer<()> {
        none()
    }

    async fn describe_role(&self, _role: &str, _description: &str) -> Answer<()> {
        none()
    }

    async fn put_boundary(&self, _role: &str, _boundary: &str) -> Answer<()> {
        none()
    }

    async fn tag_role(&self, _role: &str, _tags: &Tags) -> Answer<()> {
        none()
    }

    async fn untag_role(&self, _role: &str, _keys: &[String]) -> Answer<()> {
        none()
    }

    async fn role_policies(&self, _role: &str) -> Answer<Vec<String>> {
        none()
    }

    async fn role_policy(&self, _role: &str, _policy: &str) -> Answer<Option<String>> {
        none()
    }

    async fn put_role_policy(&self, _role: &str, _policy: &str, _document: &str) -> Answer<()> {
        none()
    }

    async fn delete_role_policy(&self, _role: &str, _policy: &str) -> Answer<()> {
        none()
    }

    async fn attached_policies(&self, _role: &str) -> Answer<Vec<String>> {
        none()
    }

    async fn attach_policy(&self, _role: &str, _policy_arn: &str) -> Answer<()> {
        none()
    }

    async fn detach_policy(&self, _role: &str, _policy_arn: &str) -> Answer<()> {
        none()
    }

    async fn managed_policy(&self, _arn: &str) -> Answer<Option<String>> {
        none()
    }

    async fn buckets(&self) -> Answer<Vec<FoundBucket>> {
        none()
    }

    async fn bucket(&self, _bucket: &BucketRef) -> Answer<BucketHead> {
        none()
    }

    async fn create_bucket(&self, _bucket: &NewBucket) -> Answer<()> {
        none()
    }

    async fn delete_bucket(&self, _bucket: &BucketRef) -> Answer<()> {
        none()
    }

    async fn setting(&self, _bucket: &BucketRef, _setting: Setting) -> Answer<Option<String>> {
        none()
    }

    async fn put_setting(&self, _bucket: &BucketRef, _setting: Setting, _document: &str) -> Answer<()> {
        none()
    }

    async fn delete_setting(&self, _bucket: &BucketRef, _setting: Setting) -> Answer<()> {
        none()
    }

    async fn versions(&self, _bucket: &BucketRef, _prefix: &str, _limit: usize) -> Answer<Vec<ObjectVersion>> {
        none()
    }

    async fn top_level(&self, _bucket: &BucketRef, _prefix: &str) -> Answer<Vec<String>> {
        none()
    }

    async fn delete_versions(&self, _bucket: &BucketRef, _versions: &[ObjectVersion]) -> Answer<()> {
        none()
    }

    async fn key(&self, _region: &str, _id: &str) -> Answer<Option<Key>> {
        none()
    }

    async fn key_policy(&self, _region: &str, _id: &str) -> Answer<Option<String>> {
        none()
    }

    async fn alias(&self, _region: &str, _alias: &str) -> Answer<Option<String>> {
        none()
    }

    async fn aliases(&self, _region: &str) -> Answer<Vec<FoundKey>> {
        none()
    }

    async fn create_key(&self, _key: &NewKey) -> Answer<Key> {
        none()
    }

    async fn create_alias(&self, _region: &str, _alias: &str, _key: &str) -> Answer<()> {
        none()
    }

    async fn delete_alias(&self, _region: &str, _alias: &str) -> Answer<()> {
        none()
    }

    async fn rotation(&self, _region: &str, _key: &str) -> Answer<Option<i32>> {
        none()
    }

    async fn rotate(&self, _region: &str, _key: &str, _days: i32) -> Answer<()> {
        none()
    }

    async fn stop_rotation(&self, _region: &str, _key: &str) -> Answer<()> {
        none()
    }

    async fn exchange(&self, _identity: &WebIdentity) -> Answer<Session> {
        none()
    }

    async fn list_as(&self, _session: &Session, _bucket: &BucketRef, _prefix: &str) -> Answer<Vec<String>> {
        none()
    }

    async fn put_as(&self, _session: &Session, _bucket: &BucketRef, _key: &str, _body: &[u8]) -> Answer<String> {
        none()
    }

    async fn get_as(&self, _session: &Session, _bucket: &BucketRef, _key: &str) -> Answer<Vec<u8>> {
        none()
    }

    async fn delete_as(&self, _session: &Session, _bucket: &BucketRef, _key: &str) -> Answer<()> {
        none()
    }
}

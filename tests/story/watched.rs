//! An account that is watched: what it is asked is counted, and the answers of its regions are scripted.

use async_trait::async_trait;
use lifeboat::demo;
use lifeboat::domain::discovery::{FoundBucket, FoundKey};
use lifeboat::ports::{
    Addon, AddonVersion, Answer, Asked, AssociatedAccount, Association, Aws, BucketHead, BucketRef, Caller, Cluster,
    Key, NewAssociation, NewBucket, NewKey, NewRole, ObjectVersion, Provider, RegionState, Role, Session, Setting,
    Simulated, Tags, Trouble, WebIdentity, World,
};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What a region answers to eks:ListClusters.
#[derive(Clone)]
pub enum Reply {
    /// So many clusters.
    Clusters(usize),
    /// A cluster of this name.
    Named(&'static str),
    /// A trouble.
    Refused(Box<Trouble>),
    /// Nothing, ever.
    Never,
    /// One cluster, once it is told to.
    When(Arc<Notify>),
}

/// An account over the demo's.
pub struct Watched {
    inner: Arc<dyn Aws>,
    /// What account:ListRegions answers.
    pub regions: Answer<Vec<String>>,
    /// The partition of the caller.
    pub partition: &'static str,
    /// Answers that differ from `usual`.
    pub special: BTreeMap<String, Reply>,
    pub usual: Reply,
    /// Whether the clusters' endpoints are private.
    pub private: bool,
    /// What was called, in order.
    pub calls: Mutex<Vec<String>>,
    /// How many regions are being asked now.
    pub open: AtomicUsize,
    /// How many were at most.
    pub most: AtomicUsize,
}

impl Watched {
    /// An account of so many regions, `r-test-1`, ..., each with no clusters.
    pub fn of(regions: usize) -> Self {
        let demo = demo::World::open("default", None).expect("the default world opens");
        Self {
            inner: demo.ports().aws,
            regions: Ok((1..=regions).map(|number| format!("r-test-{number}")).collect()),
            partition: "aws",
            special: BTreeMap::new(),
            usual: Reply::Clusters(0),
            private: false,
            calls: Mutex::default(),
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }

    /// The demo's other ports with this account.
    pub fn world(self) -> (World, Arc<Self>) {
        let demo = demo::World::open("default", None).expect("the default world opens").ports();
        let watched = Arc::new(self);
        (World { aws: watched.clone(), ..demo }, watched)
    }

    fn called(&self, name: &str) {
        self.calls.lock().unwrap().push(name.to_owned());
    }
}

/// Counts a region as being asked for as long as it lives.
struct Open<'a>(&'a Watched);

impl<'a> Open<'a> {
    fn new(watched: &'a Watched) -> Self {
        let now = watched.open.fetch_add(1, Ordering::SeqCst) + 1;
        watched.most.fetch_max(now, Ordering::SeqCst);
        Self(watched)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The methods that only count and pass on.
macro_rules! watched {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Aws for Watched {
            async fn home(&self) -> Answer<String> {
                Ok("r-test-3".to_owned())
            }

            async fn caller(&self) -> Answer<Caller> {
                self.called("caller");
                Ok(Caller { partition: self.partition.to_owned(), ..self.inner.caller().await? })
            }

            async fn regions(&self) -> Answer<Vec<RegionState>> {
                self.called("regions");
                let state = |name: String| RegionState { name, enabled: true };
                let mut all: Vec<_> = self.regions.clone()?.into_iter().map(state).collect();
                all.push(RegionState { name: "r-off-1".to_owned(), enabled: false });
                Ok(all)
            }

            async fn clusters(&self, region: &str) -> Answer<Vec<String>> {
                self.called(&format!("clusters {region}"));
                let _open = Open::new(self);
                tokio::task::yield_now().await;
                match self.special.get(region).unwrap_or(&self.usual).clone() {
                    Reply::Clusters(count) => Ok((1..=count).map(|number| format!("c{number}")).collect()),
                    Reply::Named(name) => Ok(vec![name.to_owned()]),
                    Reply::Refused(trouble) => Err(*trouble),
                    Reply::Never => std::future::pending().await,
                    Reply::When(told) => {
                        told.notified().await;
                        Ok(vec!["late".to_owned()])
                    }
                }
            }

            async fn cluster(&self, region: &str, name: &str) -> Answer<Option<Cluster>> {
                self.called("cluster");
                let found = self.inner.cluster(region, name).await?;
                Ok(found.map(|cluster| Cluster { public: !self.private, ..cluster }))
            }

            $(async fn $name(&self, $($argument: $type),*) -> $answer {
                self.called(stringify!($name));
                self.inner.$name($($argument),*).await
            })*
        }
    };
}

watched! {
    addon(region: &str, cluster: &str, name: &str) -> Answer<Option<Addon>>;
    create_addon(region: &str, cluster: &str, name: &str, version: &str, tags: &Tags) -> Answer<()>;
    delete_addon(region: &str, cluster: &str, name: &str) -> Answer<()>;
    addon_versions(region: &str, name: &str, kubernetes: &str) -> Answer<Vec<AddonVersion>>;
    associated(region: &str, cluster: &str) -> Answer<Vec<AssociatedAccount>>;
    associations(region: &str, cluster: &str, accounts: &[(String, String)]) -> Answer<Vec<Association>>;
    create_association(new: &NewAssociation) -> Answer<Association>;
    update_association(region: &str, cluster: &str, id: &str, role_arn: &str, token: &str) -> Answer<()>;
    delete_association(region: &str, cluster: &str, id: &str) -> Answer<()>;
    simulate(principal: &str, asked: &[Asked]) -> Answer<Vec<Simulated>>;
    object(bucket: &BucketRef, key: &str) -> Answer<Option<u64>>;
    keys(bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<(String, u64)>>;
    cluster_token(region: &str, name: &str) -> Answer<(SecretString, jiff::Timestamp)>;
    providers() -> Answer<Vec<String>>;
    provider(arn: &str) -> Answer<Option<Provider>>;
    create_provider(issuer: &str, audiences: &[String], tags: &Tags) -> Answer<String>;
    add_audience(arn: &str, audience: &str) -> Answer<()>;
    remove_audience(arn: &str, audience: &str) -> Answer<()>;
    delete_provider(arn: &str) -> Answer<()>;
    roles_trusting(provider: &str) -> Answer<Vec<String>>;
    role(name: &str) -> Answer<Option<Role>>;
    create_role(role: &NewRole) -> Answer<Role>;
    delete_role(name: &str) -> Answer<()>;
    put_trust(role: &str, document: &str) -> Answer<()>;
    describe_role(role: &str, description: &str) -> Answer<()>;
    put_boundary(role: &str, boundary: &str) -> Answer<()>;
    tag_role(role: &str, tags: &Tags) -> Answer<()>;
    untag_role(role: &str, keys: &[String]) -> Answer<()>;
    role_policies(role: &str) -> Answer<Vec<String>>;
    role_policy(role: &str, policy: &str) -> Answer<Option<String>>;
    put_role_policy(role: &str, policy: &str, document: &str) -> Answer<()>;
    delete_role_policy(role: &str, policy: &str) -> Answer<()>;
    attached_policies(role: &str) -> Answer<Vec<String>>;
    attach_policy(role: &str, policy_arn: &str) -> Answer<()>;
    detach_policy(role: &str, policy_arn: &str) -> Answer<()>;
    managed_policy(arn: &str) -> Answer<Option<String>>;
    buckets() -> Answer<Vec<FoundBucket>>;
    bucket(bucket: &BucketRef) -> Answer<BucketHead>;
    create_bucket(bucket: &NewBucket) -> Answer<()>;
    delete_bucket(bucket: &BucketRef) -> Answer<()>;
    setting(bucket: &BucketRef, setting: Setting) -> Answer<Option<String>>;
    put_setting(bucket: &BucketRef, setting: Setting, document: &str) -> Answer<()>;
    delete_setting(bucket: &BucketRef, setting: Setting) -> Answer<()>;
    versions(bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<ObjectVersion>>;
    top_level(bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>>;
    delete_versions(bucket: &BucketRef, versions: &[ObjectVersion]) -> Answer<()>;
    key(region: &str, id: &str) -> Answer<Option<Key>>;
    key_policy(region: &str, id: &str) -> Answer<Option<String>>;
    alias(region: &str, alias: &str) -> Answer<Option<String>>;
    aliases(region: &str) -> Answer<Vec<FoundKey>>;
    create_key(key: &NewKey) -> Answer<Key>;
    create_alias(region: &str, alias: &str, key: &str) -> Answer<()>;
    delete_alias(region: &str, alias: &str) -> Answer<()>;
    rotation(region: &str, key: &str) -> Answer<Option<i32>>;
    rotate(region: &str, key: &str, days: i32) -> Answer<()>;
    stop_rotation(region: &str, key: &str) -> Answer<()>;
    exchange(identity: &WebIdentity) -> Answer<Session>;
    list_as(session: &Session, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>>;
    put_as(session: &Session, bucket: &BucketRef, key: &str, body: &[u8]) -> Answer<String>;
    get_as(session: &Session, bucket: &BucketRef, key: &str) -> Answer<Vec<u8>>;
    delete_as(session: &Session, bucket: &BucketRef, key: &str) -> Answer<()>;
}

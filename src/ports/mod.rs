//! What lifeboat needs of the world, in its own words.
//!
//! Adapters (`crate::adapters`) fulfil these traits with the AWS SDK, the Kubernetes API and the
//! helm binary; the demo world (`crate::demo`) fulfils them in memory. Contract tests hold both to
//! the same answers.

mod aws;
mod helm;
mod host;
mod kube;
mod pod_identity;
mod simulate;
mod trouble;

pub use aws::{
    Aws, BucketHead, BucketRef, Caller, Cluster, Key, NewBucket, NewKey, NewRole, ObjectVersion, Provider, RegionState,
    Role, Session, Setting, Tags, WebIdentity,
};
pub use helm::{ChartSource, Helm, HelmVersion, Release, Upgrade};
pub use host::Host;
pub use kube::{ClusterAccess, Clusters, Kind, Kube, LOG_LINE, Lines, Object, WATCHED, Watch};
pub use pod_identity::{Addon, AddonVersion, AssociatedAccount, Association, NewAssociation};
pub use simulate::{Asked, Simulated, Verdict};
pub use trouble::{Trouble, TroubleKind};

use std::sync::Arc;

/// The result of every port call.
pub type Answer<T> = Result<T, Trouble>;

/// The four ports together: an account, its clusters, helm and the machine lifeboat runs on.
#[derive(Clone)]
pub struct World {
    /// The AWS account.
    pub aws: Arc<dyn Aws>,
    /// The Kubernetes API servers.
    pub clusters: Arc<dyn Clusters>,
    /// Helm releases.
    pub helm: Arc<dyn Helm>,
    /// Clock and random numbers.
    pub host: Arc<dyn Host>,
}

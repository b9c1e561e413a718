//! What the account and the cluster said, read once before planning.

use super::{Found, VolumeFacts};
use crate::domain::Shown;
use crate::domain::status::{Host, RancherPlace};
use crate::ports::{
    Addon, AddonVersion, Association, BucketHead, Caller, Cluster, Key, Object, Provider, Release, Role, Setting,
};
use std::collections::BTreeMap;

/// Everything that `plan` decides on.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Who lifeboat is.
    pub caller: Caller,
    /// The managed policy that the answers name: its document.
    pub existing_policy: Option<String>,
    /// The bucket.
    pub bucket: BucketFacts,
    /// The key, where one is asked for or the bucket's default names one.
    pub key: Option<KeyFacts>,
    /// The cluster that is backed up.
    pub site: SiteFacts,
    /// The clusters that only restore, in the order of the answers.
    pub restores: Vec<SiteFacts>,
}

/// One cluster and what it has of its own.
#[derive(Debug, Clone)]
pub struct SiteFacts {
    /// The cluster.
    pub cluster: Cluster,
    /// Its OIDC provider in IAM.
    pub provider: Option<Provider>,
    /// The role that the answers name for it.
    pub role: Option<RoleFacts>,
    /// What is in it.
    pub kube: KubeFacts,
    /// The release of the answers' name, or the one release of the tool that was found.
    pub release: Option<Release>,
    /// Every install of the tool in it, in all namespaces.
    pub found: Found,
    /// What EKS Pod Identity has in it.
    pub pod_identity: PodIdentityFacts,
    /// The Space in it; read for Upbound Spaces alone.
    pub space: Option<SpaceFacts>,
}

/// A Space as it is.
#[derive(Debug, Clone, Default)]
pub struct SpaceFacts {
    /// The control planes of all groups.
    pub planes: Vec<Object>,
    /// What stands on the host for those that have a namespace.
    pub hosts: Vec<Host>,
    /// The namespaces of the host that carry a control plane's name.
    pub labelled: Vec<Object>,
    /// The namespaces that are groups.
    pub groups: Vec<String>,
    /// The `SharedBackupConfig`s of all groups.
    pub configs: Vec<Object>,
    /// The `SharedBackupSchedule`s of all groups.
    pub schedules: Vec<Object>,
    /// Whether the pull secret is in the release's namespace.
    pub pull_secret: bool,
    /// Whether helm is logged in at the chart's registry; `None` where only the registry could say.
    pub login: Option<bool>,
}

impl SiteFacts {
    /// A cluster of which nothing is known but its name.
    pub fn unseen(name: &str) -> Self {
        Self::bare(Cluster {
            name: name.to_owned(),
            arn: String::new(),
            status: String::new(),
            version: String::new(),
            endpoint: String::new(),
            ca: String::new(),
            issuer: None,
            public: true,
            auto_mode: false,
            issues: Vec::new(),
        })
    }

    /// A cluster with nothing in it and nothing of it in IAM.
    pub fn bare(cluster: Cluster) -> Self {
        let kube = KubeFacts::empty(&cluster.version);
        let pod_identity = PodIdentityFacts::default();
        let found = Found::default();
        Self { cluster, provider: None, role: None, kube, release: None, found, pod_identity, space: None }
    }
}

/// What EKS Pod Identity has in a cluster. With IRSA only the associations are read: one would win over the
/// annotation.
#[derive(Debug, Clone, Default)]
pub struct PodIdentityFacts {
    /// The agent's add-on.
    pub agent: Option<Addon>,
    /// Whether the agent runs without being an add-on: a daemon set that somebody else installed.
    pub own_agent: bool,
    /// The agent's versions that EKS offers for the cluster's Kubernetes; `None` where that is not known.
    pub offered: Option<Vec<AddonVersion>>,
    /// The associations of the tool's service accounts.
    pub associations: Vec<Association>,
    /// Why the associations could not be read, with IRSA.
    pub unread: Option<Shown>,
    /// Where the agent does not run.
    pub nodes: AgentlessNodes,
    /// Where it is built in.
    pub auto: AutoMode,
}

impl PodIdentityFacts {
    /// The association of a service account.
    pub fn association(&self, namespace: &str, service_account: &str) -> Option<&Association> {
        self.associations.iter().find(|one| one.namespace == namespace && one.service_account == service_account)
    }
}

/// EKS Auto Mode's nodes, which have the agent built in: nothing is installed for them (EKS user guide,
/// pod-id-agent-setup).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AutoMode {
    /// The cluster has none.
    #[default]
    Off,
    /// All nodes that could run an agent are its own.
    Alone,
    /// So many nodes beside them are not.
    Beside(usize),
    /// Which nodes there are could not be read.
    Unknown,
}

/// Nodes on which no Pod Identity agent runs (A27).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AgentlessNodes {
    /// Nodes of Fargate.
    pub fargate: usize,
    /// Nodes that run Windows.
    pub windows: usize,
    /// Whether there is no other node, and none will be made by EKS Auto Mode.
    pub alone: bool,
}

/// A role as it is.
#[derive(Debug, Clone)]
pub struct RoleFacts {
    /// The role.
    pub role: Role,
    /// Its inline policy of our name.
    pub permissions: Option<String>,
    /// The managed policies attached to it.
    pub attached: Vec<String>,
}

/// A bucket as it is.
#[derive(Debug, Clone)]
pub struct BucketFacts {
    /// Whether it is there and whose.
    pub head: BucketHead,
    /// Its documents; empty when it is not there.
    pub settings: BTreeMap<Setting, String>,
    /// The documents that could not be read, and why: nothing is known of them, absence neither (A26).
    pub unread: BTreeMap<Setting, String>,
    /// The names directly under the prefix.
    pub top_level: Vec<String>,
    /// The backups that Velero finds under the prefix (`PREFIX/backups/NAME/`), their names.
    pub backups: Vec<String>,
    /// Whether who reads pays; `None` when it could not be read.
    pub requester_pays: Option<bool>,
}

impl BucketFacts {
    /// A bucket of which no more is known than whose it is.
    pub fn bare(head: BucketHead) -> Self {
        Self {
            head,
            settings: BTreeMap::new(),
            unread: BTreeMap::new(),
            top_level: Vec::new(),
            backups: Vec::new(),
            requester_pays: None,
        }
    }
}

/// A key as it is.
#[derive(Debug, Clone)]
pub struct KeyFacts {
    /// The key.
    pub key: Key,
    /// Its policy.
    pub policy: Option<String>,
    /// Whether the alias of the answers names it.
    pub by_alias: bool,
    /// Its rotation period in days.
    pub rotation: Option<i32>,
}

/// Velero's repository password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// No Secret.
    Absent,
    /// A password that only this cluster knows; in a restore cluster: the one of the cluster that is backed up.
    Private,
    /// In a restore cluster: a password of its own, so that it cannot read the other's volume data.
    Other,
    /// The public default, `static-passw0rd`.
    Public,
}

/// What is in the cluster.
#[derive(Debug, Clone)]
pub struct KubeFacts {
    /// `v1.34.4`.
    pub version: String,
    /// The tool's namespace.
    pub namespace: Option<Object>,
    /// The service account.
    pub service_account: Option<Object>,
    /// The repository password.
    pub password: Password,
    /// How many `BackupRepository` objects there are.
    pub repositories: usize,
    /// The Deployment `velero`.
    pub deployment: Option<Object>,
    /// The pods of the tool's namespace.
    pub pods: Vec<Object>,
    /// The location of the answers' name.
    pub location: Option<Object>,
    /// All locations of the tool's namespace.
    pub locations: Vec<Object>,
    /// All volume snapshot locations of the tool's namespace.
    pub snapshot_locations: Vec<Object>,
    /// The `DaemonSet` `node-agent`.
    pub node_agent: Option<Object>,
    /// Our Schedule.
    pub schedule: Option<Object>,
    /// The `ConfigMap` that records what was proven.
    pub record: Option<Object>,
    /// Whether the identity webhook is there.
    pub webhook: bool,
    /// What a volume can be made with.
    pub volumes: VolumeFacts,
    /// What Rancher Backup's plan decides on besides.
    pub rancher: RancherFacts,
}

/// What Rancher Backup's plan decides on besides; nothing for another tool.
#[derive(Debug, Clone, Default)]
pub struct RancherFacts {
    /// The version of the Rancher in the cluster, by its image's tag (`v2.13.1`); `None` without one.
    pub rancher: Option<String>,
    /// The release of the chart with the types.
    pub crds: Option<Release>,
    /// The Secret that the answers encrypt with.
    pub encryption: EncryptionSecret,
    /// The operator's default location.
    pub location: Option<RancherPlace>,
    /// The fields of its Secret, base64: names and places, no key.
    pub fields: BTreeMap<String, String>,
    /// Our recurring Backup.
    pub backup: Option<Object>,
    /// The Backups that are not lifeboat's.
    pub others: Vec<Object>,
    /// The Restores.
    pub restores: Vec<Object>,
    /// When the operator's release became what it is, as Helm's own record of it tells.
    pub deployed: Option<String>,
}

impl RancherFacts {
    /// Whether the operator stores by default in this bucket under this prefix (`PREFIX/`, or empty), without keys.
    pub fn is_at(&self, bucket: &str, prefix: &str) -> bool {
        self.location
            .as_ref()
            .is_some_and(|place| place.bucket == bucket && place.prefix == prefix && place.secret.is_empty())
    }
}

/// A Secret to encrypt Rancher's backups with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EncryptionSecret {
    /// No Secret of the name.
    #[default]
    Absent,
    /// One without the key that the operator reads.
    WithoutKey,
    /// In a restore cluster: one with another key than that of the cluster that is backed up.
    Other,
    /// One with it; in a restore cluster: with that of the cluster that is backed up.
    There,
}

impl KubeFacts {
    /// Nothing in the cluster.
    pub fn empty(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            namespace: None,
            service_account: None,
            password: Password::Absent,
            repositories: 0,
            deployment: None,
            pods: Vec::new(),
            location: None,
            locations: Vec::new(),
            snapshot_locations: Vec::new(),
            node_agent: None,
            schedule: None,
            record: None,
            webhook: true,
            volumes: VolumeFacts::default(),
            rancher: RancherFacts::default(),
        }
    }
}

//! The tables of an answers file and their defaults.

use super::kinds::{
    AccessMode, DeletionPolicy, EncryptionKind, Feature, LockMode, ResourceSet, SecretChoice, SpacesTrust,
};
use crate::domain::{
    BucketName, ClusterName, GoDuration, KeyAlias, KmsKeyRef, LocationName, Namespace, PolicyArn, Prefix, Reason,
    Region, ReleaseName, RoleName, RolePath, Schedule, ServiceAccount, Tool,
};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// `[cluster]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterAnswer {
    /// Its EKS name.
    pub name: ClusterName,
    /// Its region.
    pub region: Region,
    /// A kubeconfig context; empty: an EKS token made by lifeboat.
    pub context: String,
}

/// `[[restore_cluster]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreClusterAnswer {
    /// Its EKS name.
    pub name: ClusterName,
    /// Its region.
    pub region: Region,
    /// A kubeconfig context; empty: an EKS token made by lifeboat.
    pub context: String,
    /// `None`: as `[install]`.
    pub namespace: Option<Namespace>,
    /// `None`: as `[install]`.
    pub service_account: Option<ServiceAccount>,
}

/// `[bucket]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketAnswer {
    /// Its name; with `account_regional` the first part of it.
    pub name: BucketName,
    /// Whether it is to be made.
    pub create: bool,
    /// The region of a new bucket; `None`: the cluster's.
    pub region: Option<Region>,
    /// `None`: `TOOL/REGION/CLUSTER`.
    pub prefix: Option<Prefix>,
    /// Whether the real name is `NAME-ACCOUNT-REGION-an`.
    pub account_regional: bool,
    /// Days that noncurrent versions are kept, from 1.
    pub noncurrent_days: u32,
    /// Days of Object Lock's default retention; 0: none.
    pub object_lock_days: u32,
    /// How it holds.
    pub object_lock_mode: LockMode,
}

impl BucketAnswer {
    /// A new bucket with the defaults.
    pub fn new(name: BucketName) -> Self {
        Self {
            name,
            create: true,
            region: None,
            prefix: None,
            account_regional: false,
            noncurrent_days: 30,
            object_lock_days: 0,
            object_lock_mode: LockMode::Governance,
        }
    }
}

/// `[encryption]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionAnswer {
    /// How.
    pub kind: EncryptionKind,
    /// With `kms`: the key.
    pub key: Option<KmsKeyRef>,
    /// Of a new key; `None`: `alias/lifeboat-BUCKET`.
    pub alias: Option<KeyAlias>,
    /// Of a new key, 90 to 2560.
    pub rotation_days: u32,
}

impl Default for EncryptionAnswer {
    fn default() -> Self {
        Self { kind: EncryptionKind::BucketDefault, key: None, alias: None, rotation_days: 365 }
    }
}

/// `[role]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleAnswer {
    /// `None`: `lifeboat-TOOL-REGION-CLUSTER`.
    pub name: Option<RoleName>,
    /// Its path.
    pub path: RolePath,
    /// Its description, or empty.
    pub description: String,
    /// Its permissions boundary.
    pub boundary: Option<PolicyArn>,
    /// A managed policy instead of our inline one; checked, never edited.
    pub existing_policy: Option<PolicyArn>,
    /// Whether restore clusters share it instead of having a read role each.
    pub shared: bool,
}

/// `[install]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstallAnswer {
    /// `None`: the tool's own.
    pub namespace: Option<Namespace>,
    /// `None`: the tool's own.
    pub service_account: Option<ServiceAccount>,
    /// `None`: the tool's own.
    pub release: Option<ReleaseName>,
    /// A chart folder, `.tgz`, `oci://`, or a folder of charts; empty: the tool's repository.
    pub chart: String,
    /// The chart's version; empty: the tested one, or the installed one.
    pub version: String,
    /// The path of the user's own values file, or empty.
    pub values: String,
    /// A mirror for all images, or empty.
    pub image_registry: String,
}

/// `[velero]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VeleroAnswer {
    /// What it covers beside Kubernetes objects.
    pub features: BTreeSet<Feature>,
    /// The name of our backup storage location.
    pub location: LocationName,
    /// Whether it is the default one.
    pub default_location: bool,
    /// What Velero may do there.
    pub access_mode: AccessMode,
    /// How often it validates the location.
    pub validation_frequency: GoDuration,
    /// Another S3 endpoint, or empty.
    pub s3_url: String,
    /// `None`: no schedule.
    pub schedule: Option<Schedule>,
    /// How long backups are kept.
    pub ttl: GoDuration,
}

/// `[rancher]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RancherAnswer {
    /// What is backed up.
    pub resource_set: ResourceSet,
    /// What encrypts it.
    pub encryption_secret: SecretChoice,
    /// The S3 endpoint's host; empty: `s3.REGION.DNS-SUFFIX`.
    pub endpoint: String,
    /// `None`: no schedule.
    pub schedule: Option<Schedule>,
    /// How many backups are kept, from 1.
    pub retention: u32,
}

/// A control plane, `GROUP/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlPlane {
    /// Its group, a namespace of the Space.
    pub group: Namespace,
    /// Its name.
    pub name: LocationName,
}

impl FromStr for ControlPlane {
    type Err = Reason;
    fn from_str(text: &str) -> Result<Self, Reason> {
        let Some((group, name)) = text.split_once('/') else {
            return Err(Reason::not(text, "a control plane", "it is written GROUP/NAME").example("team-a/one"));
        };
        let whole = |reason: Reason| reason.within(text, "a control plane").example("team-a/one");
        Ok(Self { group: Namespace::parse(group).map_err(whole)?, name: LocationName::parse(name).map_err(whole)? })
    }
}

impl fmt::Display for ControlPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)
    }
}

/// `[spaces]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpacesAnswer {
    /// Groups; empty: all.
    pub groups: Vec<Namespace>,
    /// Control planes; empty: all.
    pub control_planes: Vec<ControlPlane>,
    /// How the role trusts host namespaces.
    pub trust: SpacesTrust,
    /// The name of the `SharedBackupConfig`.
    pub config_name: LocationName,
    /// What happens to files of expired backups.
    pub deletion_policy: DeletionPolicy,
    /// `None`: no schedule.
    pub schedule: Option<Schedule>,
    /// How long backups are kept.
    pub ttl: GoDuration,
}

/// `[consent]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent {
    /// Ids of changes that may take over what exists.
    pub adopt: BTreeSet<String>,
    /// Ids of changes not to make.
    pub leave: BTreeSet<String>,
    /// Whether another cluster may use the same prefix.
    pub shared_prefix: bool,
    /// Commands that a kubeconfig may run.
    pub exec_plugins: Vec<String>,
    /// Ids of changes whose secret the user has saved elsewhere.
    pub saved: BTreeSet<String>,
}

/// The schedule of all tools unless the user wants another: daily at three.
fn nightly() -> Schedule {
    Schedule::known("0 3 * * *")
}

impl Default for VeleroAnswer {
    fn default() -> Self {
        Self {
            features: BTreeSet::new(),
            location: LocationName::known("default"),
            default_location: true,
            access_mode: AccessMode::ReadWrite,
            validation_frequency: GoDuration::of_minutes(1),
            s3_url: String::new(),
            schedule: Some(nightly()),
            ttl: GoDuration::of_hours(720),
        }
    }
}

impl Default for RancherAnswer {
    fn default() -> Self {
        Self {
            resource_set: ResourceSet::Basic,
            encryption_secret: SecretChoice::None,
            endpoint: String::new(),
            schedule: Some(nightly()),
            retention: 30,
        }
    }
}

impl Default for SpacesAnswer {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            control_planes: Vec::new(),
            trust: SpacesTrust::Enumerated,
            config_name: LocationName::known("lifeboat"),
            deletion_policy: DeletionPolicy::Delete,
            schedule: Some(nightly()),
            ttl: GoDuration::of_hours(720),
        }
    }
}

/// The namespace of a tool's release.
pub fn namespace(tool: Tool) -> Namespace {
    Namespace::known(match tool {
        Tool::Velero => "velero",
        Tool::RancherBackup => "cattle-resources-system",
        Tool::UpboundSpaces => "upbound-system",
    })
}

/// The service account that a tool calls AWS with.
pub fn service_account(tool: Tool) -> ServiceAccount {
    ServiceAccount::known(match tool {
        Tool::Velero => "velero-server",
        Tool::RancherBackup => "rancher-backup",
        Tool::UpboundSpaces => "mxp-controller",
    })
}

/// The name of a tool's release.
pub fn release(tool: Tool) -> ReleaseName {
    ReleaseName::known(match tool {
        Tool::Velero => "velero",
        Tool::RancherBackup => "rancher-backup",
        Tool::UpboundSpaces => "spaces",
    })
}

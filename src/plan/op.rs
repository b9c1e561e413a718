//! The calls that make a change, as data: planned purely, journalled as intents, run by the engine.
//!
//! An op holds what undo needs of what was there before (`previous`). No op holds a secret: passwords are
//! made when the op runs, values stay out of the journal.

use crate::ports::{ChartSource, Setting, Tags};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The ARN or id that stands for what only AWS can give, until it is known (contract, Plan).
pub const KNOWN_AFTER_APPLY: &str = "KNOWN-AFTER-APPLY";

/// One call, or one wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Op {
    /// iam:CreateOpenIDConnectProvider.
    CreateProvider { arn: String, issuer: String, audience: String, tags: Tags },
    /// iam:AddClientIDToOpenIDConnectProvider.
    AddAudience { arn: String, audience: String },
    /// s3:CreateBucket.
    CreateBucket { name: String, region: String, tags: Tags, account_regional: bool, object_lock: bool },
    /// s3:PutBucket...: the whole document; `previous` is what stood there.
    PutSetting { name: String, region: String, setting: SettingName, document: String, previous: Option<String> },
    /// kms:CreateKey.
    CreateKey { region: String, policy: String, description: String, tags: Tags },
    /// kms:CreateAlias, for the key of this plan.
    CreateAlias { region: String, alias: String, key: String },
    /// kms:EnableKeyRotation.
    Rotate { region: String, key: String, days: i32, previous: Option<i32> },
    /// iam:CreateRole.
    CreateRole { name: String, path: String, trust: String, description: String, boundary: String, tags: Tags },
    /// iam:UpdateAssumeRolePolicy.
    PutTrust { role: String, document: String, previous: String },
    /// iam:UpdateRole.
    DescribeRole { role: String, description: String, previous: String },
    /// iam:PutRolePermissionsBoundary.
    PutBoundary { role: String, boundary: String, previous: String },
    /// iam:TagRole; `previous` holds the old values of keys that were there.
    TagRole { role: String, tags: Tags, previous: Tags },
    /// iam:PutRolePolicy.
    PutRolePolicy { role: String, policy: String, document: String, previous: Option<String> },
    /// iam:AttachRolePolicy.
    AttachPolicy { role: String, arn: String },
    /// eks:CreateAddon; an empty version is EKS's default.
    CreateAddon { region: String, cluster: String, name: String, version: String, tags: Tags },
    /// Waits until an add-on is `ACTIVE`.
    AwaitAddon { region: String, cluster: String, name: String },
    /// eks:CreatePodIdentityAssociation; its client token is made of the run and the change.
    CreateAssociation {
        region: String,
        cluster: String,
        namespace: String,
        service_account: String,
        role_arn: String,
        tags: Tags,
    },
    /// eks:UpdatePodIdentityAssociation, the role; `previous` is the one that it had.
    UpdateAssociation { region: String, cluster: String, id: String, role_arn: String, previous: String },
    /// Creates a Kubernetes object.
    CreateObject { kind: ObjectKind, namespace: String, name: String, object: Value },
    /// A merge patch, and the one that takes it back.
    PatchObject { kind: ObjectKind, namespace: String, name: String, merge: Value, back: Value },
    /// A strategic merge patch, and the one that takes it back: single variables and volumes of a workload, so that
    /// nothing else of it is sent or journalled.
    EditWorkload { kind: ObjectKind, namespace: String, name: String, patch: Value, back: Value },
    /// Makes the repository password Secret with a random password, or replaces a public one.
    Password { namespace: String, name: String, replace: bool },
    /// Copies the repository password of the cluster that is backed up into a restore cluster.
    CopyPassword { namespace: String, name: String, replace: bool },
    /// Mints, exchanges and uses a token (contract, `token-proof`).
    ProveToken(TokenProof),
    /// `helm upgrade --install`.
    Upgrade(ReleaseOp),
    /// Waits until the types of a group are served.
    AwaitTypes { group: String },
    /// Makes the Secret that Rancher's backups are encrypted with, with a random key.
    EncryptionSecret { namespace: String, name: String },
    /// Copies that Secret's key from the cluster that is backed up into a restore cluster.
    CopyEncryptionSecret { namespace: String, name: String, replace: bool },
    /// Waits until Rancher's operator runs with its identity and its location, and its Backup has run.
    AwaitRancher(RancherHealth),
    /// Makes a one-time Backup of Rancher's, finds it in the bucket and removes it (contract, `canary`).
    RancherCanary(RancherCanaryOp),
    /// Waits until a location is `Available`.
    AwaitLocation { namespace: String, name: String },
    /// Waits until a Schedule is accepted.
    AwaitSchedule { namespace: String, name: String },
    /// Restarts the workloads whose pods do not carry the identity.
    Restart { namespace: String, service_account: String, role_arn: String },
    /// Waits until the deployment is rolled out and its pods carry the identity.
    AwaitHealthy { namespace: String, service_account: String, role_arn: String, location: String },
    /// Waits until the Space has annotated a controller's service account with the role.
    AwaitAccount { namespace: String, name: String, role_arn: String },
    /// Restarts a control plane's controller whose pods do not carry the identity.
    RestartController { namespace: String, role_arn: String },
    /// Waits until the controllers in these namespaces are rolled out and carry the identity.
    AwaitSpace { namespaces: Vec<String>, role_arn: String },
    /// Backs up a control plane, finds its objects, and removes them (contract, `canary:GROUP`).
    SpaceCanary(SpaceCanaryOp),
    /// Backs up, deletes, restores and compares a namespace of its own (contract, `canary`).
    Canary(CanaryOp),
    /// Backs up, deletes and restores a pod with a small volume, by one feature.
    ProveVolume(VolumeOp),
    /// Backs up in the first cluster and restores in this one (contract, `canary:CLUSTER`).
    RestoreElsewhere(ElsewhereOp),
    /// Writes the `ConfigMap` that records what was proven.
    Record { namespace: String, name: String, data: Value },
}

/// What the token is proven with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TokenProof {
    pub namespace: String,
    pub service_account: String,
    pub audience: String,
    pub role_arn: String,
    pub bucket: String,
    /// The bucket's region, whose STS Velero will ask (velero.md 5).
    pub region: String,
    /// `PREFIX/`, or empty for the bucket's root.
    pub prefix: String,
    /// Whether the tool writes (a read-only location does not).
    pub writes: bool,
    /// Whether the tool deletes what it wrote.
    #[serde(default = "yes")]
    pub deletes: bool,
}

fn yes() -> bool {
    true
}

/// A release to be installed or upgraded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReleaseOp {
    pub name: String,
    pub namespace: String,
    pub version: String,
    #[serde(skip, default = "no_chart")]
    pub chart: ChartSource,
    /// YAML. Not journalled: a user's own values may hold a secret.
    #[serde(skip)]
    pub values: String,
    /// The revision before, 0 when there was no release.
    pub previous_revision: i64,
    /// Whether it stays when the run is taken back: what goes with types is not to be had again.
    #[serde(default)]
    pub stays: bool,
}

fn no_chart() -> ChartSource {
    ChartSource::Reference(String::new())
}

/// What the canary is made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CanaryOp {
    /// Velero's namespace.
    pub namespace: String,
    pub location: String,
    pub bucket: String,
    pub region: String,
    /// `PREFIX/`, or empty for the bucket's root.
    pub prefix: String,
    /// The words that it shows beside those of its change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shows: Vec<String>,
}

/// What a feature that covers volumes is proven with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VolumeOp {
    pub cover: Cover,
    pub at: CanaryOp,
    pub storage_class: String,
    /// A pause image that a node has.
    pub image: String,
}

/// How a volume is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Cover {
    FileSystemBackup,
    EbsSnapshots,
    Csi,
    DataMover,
}

impl Cover {
    /// All, in the contract's order.
    pub const ALL: [Self; 4] = [Self::FileSystemBackup, Self::EbsSnapshots, Self::Csi, Self::DataMover];

    /// The feature's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::FileSystemBackup => "file-system-backup",
            Self::EbsSnapshots => "ebs-snapshots",
            Self::Csi => "csi",
            Self::DataMover => "data-mover",
        }
    }

    /// Whether kopia carries the data into the bucket.
    pub fn is_moved(self) -> bool {
        matches!(self, Self::FileSystemBackup | Self::DataMover)
    }
}

/// What a control plane's backup is proven with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SpaceCanaryOp {
    /// The control plane's group.
    pub group: String,
    pub plane: String,
    /// Its namespace on the host.
    pub host: String,
    /// The group's `SharedBackupConfig`.
    pub config: String,
    /// `Delete` or `Orphan`.
    pub policy: String,
    /// `PREFIX/`, or empty for the bucket's root.
    pub prefix: String,
}

/// What a restore in another cluster is proven with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ElsewhereOp {
    /// Where the backup is made.
    pub from: CanaryOp,
    /// Velero's namespace in the restore cluster.
    pub namespace: String,
    /// The location's name there.
    pub location: String,
}

/// What Rancher's operator is looked at for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RancherHealth {
    pub namespace: String,
    pub service_account: String,
    pub role_arn: String,
    pub bucket: String,
    /// `PREFIX/`, or empty for the bucket's root.
    pub prefix: String,
    /// The recurring Backup, or empty.
    pub backup: String,
}

/// What a one-time Backup of Rancher's is made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RancherCanaryOp {
    pub bucket: String,
    pub region: String,
    /// `PREFIX/`, or empty for the bucket's root.
    pub prefix: String,
    /// The Backup's spec: the set, and what encrypts it.
    pub spec: Value,
}

/// A bucket document's name in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum SettingName {
    Policy,
    Lifecycle,
    Encryption,
    PublicAccess,
    Ownership,
    Versioning,
    Tagging,
    ObjectLock,
}

impl From<SettingName> for Setting {
    fn from(name: SettingName) -> Self {
        match name {
            SettingName::Policy => Self::Policy,
            SettingName::Lifecycle => Self::Lifecycle,
            SettingName::Encryption => Self::Encryption,
            SettingName::PublicAccess => Self::PublicAccess,
            SettingName::Ownership => Self::Ownership,
            SettingName::Versioning => Self::Versioning,
            SettingName::Tagging => Self::Tagging,
            SettingName::ObjectLock => Self::ObjectLock,
        }
    }
}

/// The kinds of object that a plan creates or patches itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ObjectKind {
    Namespace,
    ServiceAccount,
    /// Its metadata, or the names and places in that of Rancher's location: never a secret.
    Secret,
    Deployment,
    DaemonSet,
    BackupStorageLocation,
    VolumeSnapshotLocation,
    Schedule,
    SharedBackupConfig,
    SharedBackupSchedule,
    RancherBackup,
}

impl From<ObjectKind> for crate::ports::Kind {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::Namespace => Self::Namespace,
            ObjectKind::ServiceAccount => Self::ServiceAccount,
            ObjectKind::Secret => Self::Secret,
            ObjectKind::Deployment => Self::Deployment,
            ObjectKind::DaemonSet => Self::DaemonSet,
            ObjectKind::BackupStorageLocation => Self::BackupStorageLocation,
            ObjectKind::VolumeSnapshotLocation => Self::VolumeSnapshotLocation,
            ObjectKind::Schedule => Self::Schedule,
            ObjectKind::SharedBackupConfig => Self::SharedBackupConfig,
            ObjectKind::SharedBackupSchedule => Self::SharedBackupSchedule,
            ObjectKind::RancherBackup => Self::RancherBackup,
        }
    }
}

//! A Kubernetes API server.

use super::{Answer, Cluster};
use crate::domain::Shown;
use async_trait::async_trait;
use futures::stream::BoxStream;
use secrecy::SecretString;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A Kubernetes object as the API server gives it.
pub type Object = Value;

/// A list as it changes: the whole of it at first, then the whole of it again after each change (changes
/// within 100 ms are one), by namespace and name. An `Err` says that the list is not up to date; it is
/// tried again, and the next `Ok` is. It never ends by itself and stops when it is dropped.
pub type Watch = BoxStream<'static, Answer<Vec<Object>>>;

/// The lines of a container's log, made safe, each at most [`LOG_LINE`] bytes of what was written. An `Err`
/// is the last item.
pub type Lines = BoxStream<'static, Answer<Shown>>;

/// The longest line of a log, bytes; the rest of a longer one is left out (A30).
pub const LOG_LINE: usize = 8 * 1024;

/// The most objects that a [`Watch`] keeps (A24). Of more, the newest are kept and an `Err` of
/// [`TroubleKind::Quota`](super::TroubleKind::Quota) says so once.
pub const WATCHED: usize = 10_000;

/// How a cluster is reached: by a kubeconfig context, or by what EKS says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterAccess {
    /// The EKS name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// A kubeconfig context; empty: an EKS token made by lifeboat.
    pub context: String,
    /// The API server's URL, of EKS; unused with a context.
    pub endpoint: String,
    /// The API server's CA, base64 of PEM; unused with a context.
    pub ca: String,
}

impl ClusterAccess {
    /// How a cluster of a region is reached, as EKS describes it; `context` is a kubeconfig's context, or empty.
    pub fn of(cluster: &Cluster, region: &str, context: &str) -> Self {
        Self {
            name: cluster.name.clone(),
            region: region.to_owned(),
            context: context.to_owned(),
            endpoint: cluster.endpoint.clone(),
            ca: cluster.ca.clone(),
        }
    }
}

/// The kinds of object that lifeboat touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Namespace,
    Node,
    Pod,
    Event,
    Secret,
    ConfigMap,
    ServiceAccount,
    PersistentVolumeClaim,
    PersistentVolume,
    Deployment,
    DaemonSet,
    MutatingWebhookConfiguration,
    CustomResourceDefinition,
    Backup,
    Restore,
    DeleteBackupRequest,
    BackupStorageLocation,
    VolumeSnapshotLocation,
    BackupRepository,
    Schedule,
    ServerStatusRequest,
    PodVolumeBackup,
    DataUpload,
    StorageClass,
    VolumeSnapshotClass,
    /// Rancher Backup's, of the whole cluster (rancher.md 3).
    RancherBackup,
    RancherRestore,
    ResourceSet,
    ControlPlane,
    SharedBackupConfig,
    SharedBackupSchedule,
    /// Upbound Spaces', in a group's namespace (upbound.md 2).
    SpacesBackup,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 32] = [
        Self::Namespace,
        Self::Node,
        Self::Pod,
        Self::Event,
        Self::Secret,
        Self::ConfigMap,
        Self::ServiceAccount,
        Self::PersistentVolumeClaim,
        Self::PersistentVolume,
        Self::Deployment,
        Self::DaemonSet,
        Self::MutatingWebhookConfiguration,
        Self::CustomResourceDefinition,
        Self::Backup,
        Self::Restore,
        Self::DeleteBackupRequest,
        Self::BackupStorageLocation,
        Self::VolumeSnapshotLocation,
        Self::BackupRepository,
        Self::Schedule,
        Self::ServerStatusRequest,
        Self::PodVolumeBackup,
        Self::DataUpload,
        Self::StorageClass,
        Self::VolumeSnapshotClass,
        Self::RancherBackup,
        Self::RancherRestore,
        Self::ResourceSet,
        Self::ControlPlane,
        Self::SharedBackupConfig,
        Self::SharedBackupSchedule,
        Self::SpacesBackup,
    ];

    /// `(group, version, kind, plural, namespaced)`; the group of core kinds is empty.
    pub fn address(self) -> (&'static str, &'static str, &'static str, &'static str, bool) {
        const VELERO: &str = "velero.io";
        const RANCHER: &str = "resources.cattle.io";
        const SPACES: &str = "spaces.upbound.io";
        const SNAPSHOT: &str = "snapshot.storage.k8s.io";
        match self {
            Self::Namespace => ("", "v1", "Namespace", "namespaces", false),
            Self::Node => ("", "v1", "Node", "nodes", false),
            Self::Pod => ("", "v1", "Pod", "pods", true),
            Self::Event => ("", "v1", "Event", "events", true),
            Self::Secret => ("", "v1", "Secret", "secrets", true),
            Self::ConfigMap => ("", "v1", "ConfigMap", "configmaps", true),
            Self::ServiceAccount => ("", "v1", "ServiceAccount", "serviceaccounts", true),
            Self::PersistentVolumeClaim => ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true),
            Self::PersistentVolume => ("", "v1", "PersistentVolume", "persistentvolumes", false),
            Self::Deployment => ("apps", "v1", "Deployment", "deployments", true),
            Self::DaemonSet => ("apps", "v1", "DaemonSet", "daemonsets", true),
            Self::MutatingWebhookConfiguration => (
                "admissionregistration.k8s.io",
                "v1",
                "MutatingWebhookConfiguration",
                "mutatingwebhookconfigurations",
                false,
            ),
            Self::CustomResourceDefinition => {
                ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false)
            }
            Self::Backup => (VELERO, "v1", "Backup", "backups", true),
            Self::Restore => (VELERO, "v1", "Restore", "restores", true),
            Self::DeleteBackupRequest => (VELERO, "v1", "DeleteBackupRequest", "deletebackuprequests", true),
            Self::BackupStorageLocation => (VELERO, "v1", "BackupStorageLocation", "backupstoragelocations", true),
            Self::VolumeSnapshotLocation => (VELERO, "v1", "VolumeSnapshotLocation", "volumesnapshotlocations", true),
            Self::BackupRepository => (VELERO, "v1", "BackupRepository", "backuprepositories", true),
            Self::Schedule => (VELERO, "v1", "Schedule", "schedules", true),
            Self::ServerStatusRequest => (VELERO, "v1", "ServerStatusRequest", "serverstatusrequests", true),
            Self::PodVolumeBackup => (VELERO, "v1", "PodVolumeBackup", "podvolumebackups", true),
            Self::DataUpload => (VELERO, "v2alpha1", "DataUpload", "datauploads", true),
            Self::StorageClass => ("storage.k8s.io", "v1", "StorageClass", "storageclasses", false),
            Self::VolumeSnapshotClass => (SNAPSHOT, "v1", "VolumeSnapshotClass", "volumesnapshotclasses", false),
            Self::RancherBackup => (RANCHER, "v1", "Backup", "backups", false),
            Self::RancherRestore => (RANCHER, "v1", "Restore", "restores", false),
            Self::ResourceSet => (RANCHER, "v1", "ResourceSet", "resourcesets", false),
            Self::ControlPlane => (SPACES, "v1beta1", "ControlPlane", "controlplanes", true),
            Self::SharedBackupConfig => (SPACES, "v1beta1", "SharedBackupConfig", "sharedbackupconfigs", true),
            Self::SharedBackupSchedule => (SPACES, "v1beta1", "SharedBackupSchedule", "sharedbackupschedules", true),
            Self::SpacesBackup => (SPACES, "v1beta1", "Backup", "backups", true),
        }
    }

    /// `backups.velero.io`: what no other kind has, as a CRD is named; core kinds have no group in it.
    pub fn resource(self) -> String {
        let (group, _, _, plural, _) = self.address();
        if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") }
    }

    /// Whether its type comes with a CRD, so that it may be absent.
    pub fn is_custom(self) -> bool {
        let group = self.address().0;
        group.contains('.') && (!group.ends_with(".k8s.io") || group.starts_with("snapshot."))
    }

    /// The kind of an object, by its `apiVersion` and `kind`; a served version other than ours counts as ours.
    pub fn of(object: &Value) -> Option<Self> {
        let group = object["apiVersion"].as_str()?.rsplit_once('/').map_or("", |(group, _)| group);
        Self::ALL.into_iter().find(|kind| kind.address().0 == group && object["kind"] == kind.name())
    }

    /// `v1`, `apps/v1`, `velero.io/v1`, ...
    pub fn api_version(self) -> String {
        let (group, version, ..) = self.address();
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
    }

    /// The kind's name, `ServiceAccount`.
    pub fn name(self) -> &'static str {
        self.address().2
    }
}

/// Reaching API servers.
#[async_trait]
pub trait Clusters: Send + Sync {
    /// A client of one cluster. It is made once and shared; no call is made to the API server yet.
    async fn connect(&self, access: &ClusterAccess) -> Answer<Arc<dyn Kube>>;
}

/// One API server. Namespaces are empty for kinds that have none.
#[async_trait]
pub trait Kube: Send + Sync {
    /// The server's version, `v1.34.4`.
    async fn version(&self) -> Answer<String>;
    /// Whether the server serves a kind (a CRD's type may be absent).
    async fn serves(&self, kind: Kind) -> Answer<bool>;
    /// One object, or `None` (also when its type is not served).
    async fn get(&self, kind: Kind, namespace: &str, name: &str) -> Answer<Option<Object>>;
    /// All objects of a kind in a namespace (empty: in all), by a label selector (empty: all). Empty when
    /// the type is not served.
    async fn list(&self, kind: Kind, namespace: &str, labels: &str) -> Answer<Vec<Object>>;
    /// Creates; `Exists` when it is there.
    async fn create(&self, kind: Kind, object: &Object) -> Answer<Object>;
    /// Server-side apply as field manager `lifeboat`; fields of others stay theirs (`Busy` on a conflict).
    async fn apply(&self, kind: Kind, object: &Object) -> Answer<Object>;
    /// A JSON merge patch.
    async fn patch(&self, kind: Kind, namespace: &str, name: &str, merge: &Value) -> Answer<Object>;
    /// A strategic merge patch ([`strategic`](crate::domain::strategic)), for kinds that Kubernetes itself has.
    async fn strategic(&self, kind: Kind, namespace: &str, name: &str, patch: &Value) -> Answer<Object>;
    /// Deletes, only the object with that uid unless it is empty. `Ok` when it was not there.
    async fn delete(&self, kind: Kind, namespace: &str, name: &str, uid: &str) -> Answer<()>;
    /// Waits until the object's resourceVersion is no longer `seen` (empty: until it exists), at most
    /// `time`; answers the object as it then is, `None` when it is not there.
    async fn changed(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        seen: &str,
        time: Duration,
    ) -> Answer<Option<Object>>;
    /// All objects of a kind in a namespace (empty: in all) as they change. Empty while the type is not
    /// served. `Invalid` for what cannot be a namespace's name; all other troubles come as items.
    async fn watch(&self, kind: Kind, namespace: &str) -> Answer<Watch>;
    /// The last `tail` lines of a container's log and those that follow. It ends with the container.
    /// `NotFound` without the pod, `Invalid` for a container that is not its own or has not started.
    async fn logs(&self, namespace: &str, pod: &str, container: &str, tail: i64) -> Answer<Lines>;
    /// Whether the caller may do something (`SelfSubjectAccessReview`): a verb (`get`, `create`, ...) on a kind in a
    /// namespace (empty: in all, or of the whole cluster).
    async fn may(&self, verb: &str, kind: Kind, namespace: &str) -> Answer<bool>;
    /// Mints a token of a service account (`TokenRequest`).
    async fn token(&self, namespace: &str, account: &str, audience: &str, seconds: i64) -> Answer<SecretString>;
}

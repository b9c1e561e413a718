//! Helm releases.

use super::{Answer, ClusterAccess};
use async_trait::async_trait;
use serde_json::Value;
use std::time::Duration;

/// The helm that would be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelmVersion {
    /// Without the leading `v`.
    pub version: semver::Version,
    /// The program's path, or `demo`.
    pub path: String,
}

/// Where a chart comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartSource {
    /// A chart of an HTTP chart repository.
    Repository {
        /// The repository's URL.
        url: String,
        /// The chart's name in it.
        name: String,
    },
    /// A chart folder, a `.tgz`, or an `oci://` reference, as `helm upgrade` takes it.
    Reference(String),
}

/// An installed release, read from Helm's own record of its newest revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The newest revision.
    pub revision: i64,
    /// `deployed`, `failed`, `pending-install`, `pending-upgrade`, ...
    pub status: String,
    /// The chart's name.
    pub chart: String,
    /// The chart's version.
    pub version: String,
    /// The version of the program in the chart.
    pub app_version: String,
    /// The values that were given (not the chart's defaults), an object.
    pub values: Value,
}

/// One `helm upgrade --install`.
#[derive(Debug, Clone, PartialEq)]
pub struct Upgrade {
    /// The cluster.
    pub access: ClusterAccess,
    /// The release's name.
    pub release: String,
    /// Its namespace, which exists.
    pub namespace: String,
    /// Where the chart comes from.
    pub chart: ChartSource,
    /// The chart's version; empty when the source holds one version.
    pub version: String,
    /// The whole values, YAML.
    pub values: String,
    /// How long helm may take (hooks included).
    pub timeout: Duration,
}

/// Reading and changing releases.
#[async_trait]
pub trait Helm: Send + Sync {
    /// The helm that would be run. `Missing` when there is none, or one older than 3.18.4 (CVE-2025-53547).
    async fn version(&self) -> Answer<HelmVersion>;
    /// The newest revision of a release, or `None`.
    async fn release(&self, access: &ClusterAccess, namespace: &str, name: &str) -> Answer<Option<Release>>;
    /// The newest revisions of all releases of a chart by that name, in all namespaces.
    async fn releases_of(&self, access: &ClusterAccess, chart: &str) -> Answer<Vec<Release>>;
    /// Installs or upgrades, and answers the release as it then is. It does not wait for pods.
    async fn upgrade(&self, upgrade: &Upgrade) -> Answer<Release>;
    /// Goes back to a revision; answers the release as it then is.
    async fn rollback(&self, access: &ClusterAccess, namespace: &str, name: &str, revision: i64) -> Answer<Release>;
    /// Whether helm has a login at a registry (a host, `xpkg.upbound.io`): `None` where a program keeps it, which is
    /// not asked. What the login is is never read; whether the registry takes it only a pull says.
    async fn logged_in(&self, registry: &str) -> Answer<Option<bool>>;
    /// Uninstalls. `Ok` when it was not there.
    async fn uninstall(&self, access: &ClusterAccess, namespace: &str, name: &str) -> Answer<()>;
}

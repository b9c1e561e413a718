//! Helm releases: read from Helm's own records, changed by the helm program.

mod argv;
mod child;
mod classify;
mod environment;
mod login;
mod record;
mod registry;
mod version;

use crate::adapters::kube::EksClusters;
use crate::ports::{Answer, ClusterAccess, Clusters, Helm, HelmVersion, Release, Trouble, TroubleKind, Upgrade};
use async_trait::async_trait;
use record::Driver;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a rollback or an uninstall may take; upgrades say it themselves.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Which helm is run and what it inherits.
#[derive(Clone, Default)]
pub struct HelmOptions {
    /// The program's path; `None`: the first `helm` of PATH.
    pub program: Option<PathBuf>,
    /// The environment that the child's is chosen from.
    pub env: Vec<(OsString, OsString)>,
}

impl std::fmt::Debug for HelmOptions {
    /// The environment may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HelmOptions").field("program", &self.program).finish_non_exhaustive()
    }
}

impl HelmOptions {
    /// The helm of PATH with the environment of this process.
    pub fn from_env() -> Self {
        Self { program: None, env: std::env::vars_os().collect() }
    }

    fn text(&self, name: &str) -> &str {
        let found = self.env.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.to_str()).unwrap_or_default()
    }
}

/// The helm program.
pub struct HelmBinary {
    clusters: Arc<EksClusters>,
    options: HelmOptions,
    version: Mutex<Option<HelmVersion>>,
}

impl HelmBinary {
    /// Over the clusters, which say how each is reached. Nothing is looked for or run yet.
    pub fn new(clusters: Arc<EksClusters>, options: HelmOptions) -> Self {
        Self { clusters, options, version: Mutex::new(None) }
    }

    async fn run(&self, access: &ClusterAccess, job: argv::Job<'_>, timeout: Duration) -> Answer<()> {
        // What lifeboat could not read back it does not write.
        self.driver()?;
        let program = self.version().await?.path;
        let login = login::Login::prepare(&self.clusters, access).await?;
        let env = environment::allowed(&self.options.env);
        child::run(&program, &env, login, &job, timeout).await
    }

    fn driver(&self) -> Answer<Driver> {
        Driver::parse(self.options.text("HELM_DRIVER"))
    }

    async fn read_back(&self, access: &ClusterAccess, namespace: &str, name: &str) -> Answer<Release> {
        self.release(access, namespace, name).await?.ok_or_else(|| {
            Trouble::new(TroubleKind::Unreadable, "helm ended well, but the release cannot be found")
                .at("helm", format!("{namespace}/{name}"))
        })
    }
}

#[async_trait]
impl Helm for HelmBinary {
    async fn version(&self) -> Answer<HelmVersion> {
        let mut known = self.version.lock().await;
        if let Some(known) = known.as_ref() {
            return Ok(known.clone());
        }
        // Only a good answer is kept: helm may be installed while lifeboat runs.
        let found = version::find(&self.options).await?;
        *known = Some(found.clone());
        Ok(found)
    }

    async fn release(&self, access: &ClusterAccess, namespace: &str, name: &str) -> Answer<Option<Release>> {
        let driver = self.driver()?;
        let kube = self.clusters.connect(access).await?;
        record::newest(&*kube, driver, namespace, name).await
    }

    async fn releases_of(&self, access: &ClusterAccess, chart: &str) -> Answer<Vec<Release>> {
        let driver = self.driver()?;
        let kube = self.clusters.connect(access).await?;
        record::all_of(&*kube, driver, chart).await
    }

    async fn upgrade(&self, upgrade: &Upgrade) -> Answer<Release> {
        let job = argv::Job::Upgrade(upgrade);
        self.run(&upgrade.access, job, upgrade.timeout).await?;
        self.read_back(&upgrade.access, &upgrade.namespace, &upgrade.release).await
    }

    async fn rollback(&self, access: &ClusterAccess, namespace: &str, name: &str, revision: i64) -> Answer<Release> {
        self.run(access, argv::Job::Rollback { namespace, name, revision }, TIMEOUT).await?;
        self.read_back(access, namespace, name).await
    }

    async fn logged_in(&self, registry: &str) -> Answer<Option<bool>> {
        Ok(registry::logged_in(&self.options, registry))
    }

    async fn uninstall(&self, access: &ClusterAccess, namespace: &str, name: &str) -> Answer<()> {
        self.run(access, argv::Job::Uninstall { namespace, name }, TIMEOUT).await
    }
}

//! Reaching API servers.

use super::credentials::Credentials;
use super::kubeconfig;
use super::proxy::Proxies;
use super::server::Server;
use super::target::{self, Login, Target};
use super::transport::Transport;
use crate::ports::{Answer, Aws, ClusterAccess, Clusters, Kube, Trouble, TroubleKind};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Where kubeconfigs are, what they may run and which proxies there are. Nothing of it is read before a
/// context is connected to.
#[derive(Debug, Clone, Default)]
pub struct KubeOptions {
    /// `KUBECONFIG`: one or several paths; `None` or empty: `~/.kube/config`.
    pub kubeconfig: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// The commands, as they stand in the kubeconfig, that it may run (`consent.exec_plugins`).
    pub exec_plugins: Vec<String>,
    /// The proxy variables.
    pub proxies: Proxies,
}

impl KubeOptions {
    /// Out of the environment, with the plugins that the user consented to.
    pub fn from_env(exec_plugins: Vec<String>) -> Self {
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from),
            exec_plugins,
            proxies: Proxies::from_env(),
        }
    }
}

/// A connected server, and until when its client certificate is good.
struct Connected {
    access: ClusterAccess,
    server: Arc<Server>,
    until: Option<Timestamp>,
}

/// API servers, by EKS tokens or by kubeconfig contexts.
pub struct EksClusters {
    aws: Arc<dyn Aws>,
    options: KubeOptions,
    connected: Mutex<Vec<Connected>>,
}

impl EksClusters {
    /// Over an account, which makes the tokens of EKS clusters.
    pub fn new(aws: Arc<dyn Aws>, options: KubeOptions) -> Self {
        Self { aws, options, connected: Mutex::new(Vec::new()) }
    }

    /// Where a cluster is and how it is logged in to, with credentials that are ready to be asked.
    pub(crate) async fn resolve(&self, access: &ClusterAccess) -> Answer<(Target, Credentials, Option<Timestamp>)> {
        let mut target = self.target(access).await?;
        let allowed = &self.options.exec_plugins;
        let Login::Plugin(plugin) = &target.login else {
            let credentials = Credentials::new(&target, self.aws.clone(), allowed.clone());
            return Ok((target, credentials, None));
        };
        // Run before connecting: a certificate is part of the connection.
        let mut printed = plugin.run(allowed).await?;
        let mut until = None;
        if let Some(certificate) = printed.certificate.take() {
            target.certificate = Some(certificate);
            until = printed.expires;
        }
        if printed.token.is_none() {
            target.login = Login::Nobody;
        }
        let credentials = Credentials::new(&target, self.aws.clone(), allowed.clone());
        credentials.keep(printed).await;
        Ok((target, credentials, until))
    }

    async fn known(&self, access: &ClusterAccess) -> Option<Arc<Server>> {
        let mut connected = self.connected.lock().await;
        let soon = Timestamp::now() + SignedDuration::from_secs(60);
        connected.retain(|known| known.until.is_none_or(|until| until > soon));
        connected.iter().find(|known| known.access == *access).map(|known| known.server.clone())
    }

    async fn target(&self, access: &ClusterAccess) -> Answer<Target> {
        if access.context.is_empty() {
            return target::of_eks(access);
        }
        let (options, access) = (self.options.clone(), access.clone());
        let read = tokio::task::spawn_blocking(move || {
            let merged = kubeconfig::read(&options);
            target::of_context(&access, &merged.select(&access.context)?)
        });
        read.await.map_err(|_| Trouble::new(TroubleKind::Unreadable, "reading the kubeconfig was interrupted"))?
    }
}

#[async_trait]
impl Clusters for EksClusters {
    async fn connect(&self, access: &ClusterAccess) -> Answer<Arc<dyn Kube>> {
        if let Some(server) = self.known(access).await {
            return Ok(server);
        }
        let (target, credentials, until) = self.resolve(access).await?;
        let transport = Transport::new(&target, credentials, &self.options.proxies)?;
        // Another call may have connected meanwhile; all share the first.
        if let Some(server) = self.known(access).await {
            return Ok(server);
        }
        let server = Arc::new(Server::new(transport));
        self.connected.lock().await.push(Connected { access: access.clone(), server: server.clone(), until });
        Ok(server)
    }
}

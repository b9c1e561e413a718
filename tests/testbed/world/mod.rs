//! A world: AWS and one or more EKS clusters on loopback, ended when dropped.

mod aws;
mod cluster;
mod options;
mod start;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::agent::Agent;
use super::certs::Files;
use super::connect::Connect;
use super::fault::Fault;
use super::node::Node;
use super::parts::{Missing, Parts};
use super::process::Process;
use super::webhook::Webhook;
use aws::sdk;
use cluster::Cluster;
pub use options::Options;
use start::{Inside, Servers, assemble};

/// The account.
pub const ACCOUNT: &str = "111122223333";
/// The account's root, who has made everything.
pub const ROOT_KEY: &str = "AKIAROOTROOTROOTROOT";
/// Its secret.
pub const ROOT_SECRET: &str = "root-secret-of-the-test-bed";
/// The token of every cluster's admin.
pub const ADMIN_TOKEN: &str = "admin-token";

const DEADLINE: Duration = Duration::from_mins(1);

/// AWS and its clusters; everything ends when it is dropped.
pub struct World {
    inside: Inside,
    parts: Parts,
    servers: Servers,
    took: Duration,
}

impl World {
    /// Starts everything and waits until it is ready. Panics when something real does not start.
    pub async fn start(options: Options) -> Result<Self, Missing> {
        let parts = Parts::find()?;
        let began = Instant::now();
        let servers = Servers::start();
        let task = servers.handle().spawn(assemble(parts.clone(), options));
        let inside = match task.await {
            Ok(inside) => inside,
            Err(problem) => match problem.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(problem) => panic!("the world does not start: {problem}"),
            },
        };
        Ok(Self { inside, parts, servers, took: began.elapsed() })
    }

    /// How long the start took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The world's folder; it goes with the world, unless `LIFEBOAT_KEEP` is set.
    pub fn dir(&self) -> &Path {
        self.inside.dir.path()
    }

    /// What goes wrong with AWS, and what was asked of it.
    pub fn fault(&self) -> &Fault {
        &self.inside.fault
    }

    /// The CONNECT proxy.
    pub fn connect(&self) -> &Connect {
        &self.inside.connect
    }

    /// The authority's certificate, and the other keys.
    pub fn files(&self) -> &Files {
        &self.inside.files
    }

    /// The built programs.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The `helm` program.
    pub fn helm(&self) -> PathBuf {
        self.parts.bin().join("helm")
    }

    /// Our own Velero chart.
    pub fn chart(&self) -> PathBuf {
        self.parts.chart()
    }

    /// One of our own charts: `velero`, `rancher-backup-crd`, `rancher-backup`, `spaces`.
    pub fn chart_of(&self, name: &str) -> PathBuf {
        self.parts.chart_of(name)
    }

    /// The access key of the account's admin, whom [`World::env`] makes lifeboat.
    pub fn admin_key(&self) -> &str {
        &self.inside.admin.id
    }

    /// The environment for lifeboat, with AWS's own hosts: as the account's admin, without any kubeconfig.
    pub fn env(&self) -> Vec<(String, String)> {
        let dir = self.dir();
        let home = dir.join("home");
        let mut path = vec![self.parts.bin()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(path).expect("PATH without a separator inside");
        [
            ("AWS_ACCESS_KEY_ID", self.inside.admin.id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.inside.admin.secret.clone()),
            ("AWS_REGION", self.region().to_owned()),
            ("HTTPS_PROXY", self.inside.connect.url()),
            ("NO_PROXY", "localhost,127.0.0.1".to_owned()),
            ("AWS_CA_BUNDLE", text(&self.inside.files.ca)),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", text(&home.join("no-aws-config"))),
            ("AWS_SHARED_CREDENTIALS_FILE", text(&home.join("no-aws-credentials"))),
            ("PATH", path.to_string_lossy().into_owned()),
            ("HOME", text(&home)),
            ("XDG_STATE_HOME", text(&home.join("state"))),
            ("XDG_CONFIG_HOME", text(&home.join("config"))),
            ("XDG_CACHE_HOME", text(&home.join("cache"))),
            ("TMPDIR", text(&dir.join("tmp"))),
            ("KUBECONFIG", text(&home.join("no-kubeconfig"))),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn region(&self) -> &str {
        self.inside.clusters.first().map_or("us-east-1", |cluster| &cluster.plan.region)
    }

    /// AWS's SDK as root, straight to AWS: neither recorded nor failed.
    pub fn sdk(&self) -> aws_config::SdkConfig {
        self.sdk_in(self.region())
    }

    /// The same in a region.
    pub fn sdk_in(&self, region: &str) -> aws_config::SdkConfig {
        self.sdk_as(region, Credentials::new(ROOT_KEY, ROOT_SECRET, None, None, "test-bed"))
    }

    /// The same as somebody else.
    pub fn sdk_as(&self, region: &str, credentials: Credentials) -> aws_config::SdkConfig {
        sdk(self.inside.aws, region, credentials)
    }

    /// The same by way of [`World::fault`]: recorded, and failed when a test says so.
    pub fn sdk_through_faults(&self, region: &str) -> aws_config::SdkConfig {
        let root = Credentials::new(ROOT_KEY, ROOT_SECRET, None, None, "test-bed");
        sdk(self.inside.fault.address(), region, root)
    }

    /// S3 as root, straight to AWS.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        self.s3_in(self.region())
    }

    /// The same in a region.
    pub fn s3_in(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.sdk_in(region)).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    fn cluster(&self, name: &str) -> &Cluster {
        self.inside
            .clusters
            .iter()
            .find(|cluster| cluster.plan.name == name)
            .unwrap_or_else(|| panic!("the world has no cluster {name}"))
    }

    /// The cluster's API, as its admin.
    pub async fn kube(&self, cluster: &str) -> Client {
        let path = self.kubeconfig(cluster);
        // Its worker belongs to the world, not to the test's runtime.
        self.servers.handle().spawn(async move { client(&path).await }).await.expect("a client")
    }

    /// An admin's kubeconfig whose context is named as the cluster.
    pub fn kubeconfig(&self, cluster: &str) -> PathBuf {
        self.cluster(cluster).plan.kubeconfig()
    }

    /// One kubeconfig of an admin with a context a cluster, named as it.
    pub fn kubeconfig_of_all(&self) -> PathBuf {
        let mut all = Kubeconfig::default();
        for cluster in &self.inside.clusters {
            let mut one = Kubeconfig::read_from(cluster.plan.kubeconfig()).expect("a kubeconfig");
            let user = format!("admin-{}", cluster.plan.name);
            one.auth_infos.iter_mut().for_each(|info| info.name.clone_from(&user));
            one.contexts.iter_mut().filter_map(|it| it.context.as_mut()).for_each(|it| it.user = Some(user.clone()));
            all = all.merge(one).expect("kubeconfigs of one kind");
        }
        let path = self.dir().join("kubeconfig");
        std::fs::write(&path, serde_json::to_string(&all).expect("a kubeconfig")).expect("a file is written");
        path
    }

    /// The cluster's region.
    pub fn region_of(&self, cluster: &str) -> &str {
        &self.cluster(cluster).plan.region
    }

    /// The cluster's ARN.
    pub fn arn_of(&self, cluster: &str) -> String {
        format!("arn:aws:eks:{}:{ACCOUNT}:cluster/{cluster}", self.region_of(cluster))
    }

    /// The cluster's OIDC issuer.
    pub fn issuer(&self, cluster: &str) -> &str {
        &self.cluster(cluster).plan.issuer
    }

    /// The API server's address.
    pub fn endpoint(&self, cluster: &str) -> String {
        self.cluster(cluster).plan.endpoint()
    }

    /// The cluster's identity webhook.
    pub fn webhook(&self, cluster: &str) -> &Webhook {
        self.cluster(cluster).webhook.as_ref().expect("the options ask for a webhook")
    }

    /// The cluster's Pod Identity agent.
    pub fn agent(&self, cluster: &str) -> &Agent {
        &self.cluster(cluster).agent
    }

    /// The cluster's node.
    pub fn node(&self, cluster: &str) -> &Node {
        self.cluster(cluster).node.as_ref().expect("the options ask for a node")
    }

    /// What the newest program of the cluster's node has written; nothing without a node.
    pub fn node_logs(&self, cluster: &str) -> String {
        self.cluster(cluster).node.as_ref().map(Node::logs).unwrap_or_default()
    }

    /// The process id of the cluster's API server.
    pub fn api_id(&self, cluster: &str) -> u32 {
        self.cluster(cluster).api.id()
    }

    /// The process ids of everything that runs.
    pub fn ids(&self) -> Vec<u32> {
        let mut ids = vec![self.inside.ministack.id()];
        for cluster in &self.inside.clusters {
            ids.extend([&cluster.controllers, &cluster.api, &cluster.etcd].map(Process::id));
            ids.extend(cluster.node.iter().flat_map(Node::pids));
        }
        ids
    }

    /// The last output of everything, for a failed test's message.
    pub fn logs(&self) -> String {
        let clusters = self.inside.clusters.iter();
        let mut tails = vec![self.inside.ministack.tail()];
        tails.extend(clusters.flat_map(|cluster| [&cluster.api, &cluster.controllers].map(Process::tail)));
        tails.join("\n\n")
    }

    /// Stops everything; dropping does too.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::env::var_os("LIFEBOAT_KEEP").is_some() {
            self.inside.dir.disable_cleanup(true);
            eprintln!("kept: {}", self.inside.dir.path().display());
        }
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path of the test-bed").to_owned()
}

/// A client from a kubeconfig; it works while the runtime that made it does.
pub async fn client(kubeconfig: &Path) -> Client {
    let file = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let mut config =
        Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.expect("a configuration");
    config.proxy_url = None;
    Client::try_from(config).expect("a client")
}

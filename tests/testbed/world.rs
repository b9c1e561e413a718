//! A world: AWS and one or more EKS clusters on loopback, ended when dropped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls;
use futures::future::OptionFuture;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use tempfile::TempDir;

use super::agent::Agent;
use super::certs::{Authority, Files, Pair};
use super::connect::Connect;
use super::eventually::eventually;
use super::fault::Fault;
use super::node::{self, Node};
use super::parts::{Missing, Parts};
use super::process::{Process, Program, free_port};
use super::webhook::{Sources, Webhook};

/// The account.
pub const ACCOUNT: &str = "111122223333";
/// The account's root, whom [`World::env`] makes lifeboat.
pub const ROOT_KEY: &str = "AKIAROOTROOTROOTROOT";
/// Its secret.
pub const ROOT_SECRET: &str = "root-secret-of-the-test-bed";
/// The token of every cluster's admin.
pub const ADMIN_TOKEN: &str = "admin-token";

const DEADLINE: Duration = Duration::from_mins(1);

/// What a world has.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its clusters: name and region. The first one's region is lifeboat's default.
    pub clusters: Vec<(String, String)>,
    /// Whether its clusters give pods their role, as EKS does.
    pub webhook: bool,
    /// Whether its clusters have a node that runs pods.
    pub node: bool,
    /// The names of buckets that another account owns.
    pub foreign_buckets: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clusters: vec![("prod".to_owned(), "us-east-1".to_owned())],
            webhook: true,
            node: true,
            foreign_buckets: Vec::new(),
        }
    }
}

impl Options {
    /// Clusters whose pods only wait.
    pub fn without_node(mut self) -> Self {
        self.node = false;
        self
    }

    /// Clusters that hand no role to a pod.
    pub fn without_webhook(mut self) -> Self {
        self.webhook = false;
        self
    }

    /// A bucket that another account owns.
    pub fn foreign_bucket(mut self, name: &str) -> Self {
        self.foreign_buckets.push(name.to_owned());
        self
    }

    /// One more cluster.
    pub fn cluster(mut self, name: &str, region: &str) -> Self {
        self.clusters.push((name.to_owned(), region.to_owned()));
        self
    }
}

/// One cluster: a real API server, its controllers, and what EKS adds.
struct Cluster {
    node: Option<Node>,
    agent: Agent,
    webhook: Option<Webhook>,
    controllers: Process,
    api: Process,
    etcd: Process,
    plan: Plan,
}

/// What is known of a cluster before it runs.
#[derive(Clone, Debug)]
struct Plan {
    name: String,
    region: String,
    issuer: String,
    auth_token: String,
    api_port: u16,
    dir: PathBuf,
}

impl Plan {
    fn new(name: &str, region: &str, dir: &Path) -> Self {
        let mut id = [0; 16];
        getrandom::fill(&mut id).expect("the system has random numbers");
        let id = hex::encode_upper(id);
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            issuer: format!("https://oidc.eks.{region}.amazonaws.com/id/{id}"),
            auth_token: format!("auth-{id}"),
            api_port: free_port(),
            dir: dir.join(format!("{region}-{name}")),
        }
    }

    fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.api_port)
    }

    fn kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }
}

/// The runtime of the proxies and servers: they go on while a test's own runtime is busy.
struct Servers(Option<tokio::runtime::Runtime>);

impl Servers {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("testbed")
            .enable_all()
            .build()
            .expect("a runtime");
        Self(Some(runtime))
    }

    fn handle(&self) -> tokio::runtime::Handle {
        self.0.as_ref().expect("it runs until it is dropped").handle().clone()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

struct Inside {
    clusters: Vec<Cluster>,
    ministack: Process,
    connect: Connect,
    fault: Fault,
    aws: SocketAddr,
    files: Files,
    dir: TempDir,
}

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

    /// The environment for lifeboat, with AWS's own hosts: as the account's root, without any kubeconfig.
    pub fn env(&self) -> Vec<(String, String)> {
        let dir = self.dir();
        let home = dir.join("home");
        let mut path = vec![self.parts.bin()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(path).expect("PATH without a separator inside");
        [
            ("AWS_ACCESS_KEY_ID", ROOT_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", ROOT_SECRET.to_owned()),
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

async fn assemble(parts: Parts, options: Options) -> Inside {
    let dir = tempfile::Builder::new().prefix("lifeboat-world-").tempdir().expect("a folder");
    for folder in ["home", "tmp", "aws", "keys"] {
        std::fs::create_dir(dir.path().join(folder)).expect("a folder");
    }
    let authority = tokio::task::spawn_blocking(Authority::get).await.expect("the authority");
    let files = authority.write(&dir.path().join("keys"));
    let plans: Vec<Plan> = options.clusters.iter().map(|(name, region)| Plan::new(name, region, dir.path())).collect();
    let configuration = dir.path().join("aws/clusters.json");
    std::fs::write(&configuration, describe(&plans, authority, &options.foreign_buckets)).expect("clusters.json");

    let port = free_port();
    let aws = SocketAddr::from(([127, 0, 0, 1], port));
    let mut ministack = Program::new("ministack", parts.python(), &dir.path().join("aws"))
        .arg(parts.peers.join("ministack.py"))
        .arg(&configuration)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", dir.path().join("aws"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GATEWAY_PORT", port.to_string())
        .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
        .env("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
        .env("USE_SSL", "1")
        .env("MINISTACK_SSL_CERT", &files.aws_cert)
        .env("MINISTACK_SSL_KEY", &files.aws_key)
        .with_stdin()
        .start();
    let fault = Fault::start(aws, authority).await;
    let connect = Connect::start(fault.address()).await;
    let around = Around { parts: &parts, files: &files, aws_port: port, proxy: connect.url(), options: &options };
    let clusters = futures::future::join_all(plans.iter().map(|plan| start(plan.clone(), &around)));
    let registered = async {
        ready(&mut ministack, || async move {
            tokio::net::TcpStream::connect(aws).await.map(drop).map_err(|problem| problem.to_string())
        })
        .await;
        register(aws, &plans).await;
    };
    let (clusters, ()) = futures::future::join(clusters, registered).await;
    Inside { clusters, ministack, connect, fault, aws, files, dir }
}

/// `clusters.json`, as `ministack.py` reads it.
fn describe(plans: &[Plan], authority: &Authority, foreign_buckets: &[String]) -> String {
    use base64::Engine as _;
    let ca = base64::engine::general_purpose::STANDARD.encode(&authority.pem);
    let clusters: BTreeMap<String, serde_json::Value> = plans
        .iter()
        .map(|plan| {
            let cluster = serde_json::json!({
                "endpoint": plan.endpoint(), "ca": ca, "issuer": plan.issuer, "auth_token": plan.auth_token,
            });
            (format!("{}/{}", plan.region, plan.name), cluster)
        })
        .collect();
    serde_json::json!({ "clusters": clusters, "foreign_buckets": foreign_buckets }).to_string()
}

/// Waits for a program; panics with its output when it ends or takes too long.
async fn ready<F, A>(program: &mut Process, mut ask: F)
where
    F: FnMut() -> A,
    A: Future<Output = Result<(), String>>,
{
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = program.ended() {
            panic!("it ended with {status}: {}", program.tail());
        }
        let seen = match tokio::time::timeout(Duration::from_secs(5), ask()).await {
            Ok(Ok(())) => return,
            Ok(Err(seen)) => seen,
            Err(_) => "no answer within 5 s".to_owned(),
        };
        assert!(Instant::now() < until, "not ready ({seen}): {}", program.tail());
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// What a cluster needs of its world.
struct Around<'w> {
    parts: &'w Parts,
    files: &'w Files,
    aws_port: u16,
    proxy: String,
    options: &'w Options,
}

/// Writes the admin's kubeconfig, and what the API server reads: who has a token, and who judges EKS tokens.
fn configure(plan: &Plan, ca: &str, aws_port: u16) -> (PathBuf, PathBuf) {
    let write = |name: &str, text: String| {
        let path = plan.dir.join(name);
        std::fs::write(&path, text).expect("a file is written");
        path
    };
    let contexts = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": plan.name,
        "clusters": [{"name": plan.name, "cluster": {"server": plan.endpoint(), "certificate-authority": ca}}],
        "users": [{"name": "admin", "user": {"token": ADMIN_TOKEN}}],
        "contexts": [{"name": plan.name, "context": {"cluster": plan.name, "user": "admin"}}],
    });
    write("kubeconfig", contexts.to_string());
    let tokens = write("tokens.csv", format!("{ADMIN_TOKEN},admin,admin,\"system:masters\"\n"));
    let judge = format!(
        "https://127.0.0.1:{aws_port}/_ministack/eks-auth/{ACCOUNT}/{}/{}/{}",
        plan.region, plan.name, plan.auth_token
    );
    let webhook = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "aws",
        "clusters": [{"name": "aws", "cluster": {"server": judge, "certificate-authority": ca}}],
        "users": [{"name": "apiserver", "user": {}}],
        "contexts": [{"name": "aws", "context": {"cluster": "aws", "user": "apiserver"}}],
    });
    (tokens, write("webhook.kubeconfig", webhook.to_string()))
}

async fn start(plan: Plan, around: &Around<'_>) -> Cluster {
    let Around { parts, files, aws_port, .. } = around;
    let dir = plan.dir.clone();
    std::fs::create_dir_all(&dir).expect("a folder");
    let (etcd_port, peer_port) = (free_port(), free_port());
    let etcd_url = format!("http://127.0.0.1:{etcd_port}");
    let peer_url = format!("http://127.0.0.1:{peer_port}");
    let mut etcd = Program::new("etcd", parts.bin().join("etcd"), &dir)
        .args(["--name=test", "--unsafe-no-fsync", "--log-level=warn"])
        .arg(format!("--data-dir={}", text(&dir.join("etcd"))))
        .arg(format!("--listen-client-urls={etcd_url}"))
        .arg(format!("--advertise-client-urls={etcd_url}"))
        .arg(format!("--listen-peer-urls={peer_url}"))
        .arg(format!("--initial-advertise-peer-urls={peer_url}"))
        .arg(format!("--initial-cluster=test={peer_url}"))
        .start();

    let ca = text(&files.ca);
    let kubeconfig = plan.kubeconfig();
    let (tokens, webhook) = configure(&plan, &ca, *aws_port);
    ready(&mut etcd, || healthy(etcd_port)).await;
    let mut api = Program::new("kube-apiserver", parts.bin().join("kube-apiserver"), &dir)
        .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
        .arg(format!("--secure-port={}", plan.api_port))
        .arg(format!("--etcd-servers={etcd_url}"))
        .arg(format!("--tls-cert-file={}", text(&files.server_cert)))
        .arg(format!("--tls-private-key-file={}", text(&files.server_key)))
        .arg(format!("--client-ca-file={ca}"))
        .arg(format!("--service-account-issuer={}", plan.issuer))
        .arg(format!("--service-account-key-file={}", text(&files.accounts_public)))
        .arg(format!("--service-account-signing-key-file={}", text(&files.accounts_key)))
        .arg(format!("--api-audiences=https://kubernetes.default.svc,{}", plan.issuer))
        .arg(format!("--token-auth-file={}", text(&tokens)))
        .args(["--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/16", "--allow-privileged=true"])
        .arg(format!("--authentication-token-webhook-config-file={}", text(&webhook)))
        .arg("--authentication-token-webhook-version=v1")
        .start();
    let admin = client(&kubeconfig).await;
    ready(&mut api, || async {
        let request = http::Request::get("/readyz").body(vec![]).expect("a request");
        admin.request_text(request).await.map(drop).map_err(|problem| problem.to_string())
    })
    .await;
    let mut controllers = Program::new("kube-controller-manager", parts.bin().join("kube-controller-manager"), &dir)
        .arg(format!("--kubeconfig={}", text(&kubeconfig)))
        .arg(format!("--service-account-private-key-file={}", text(&files.accounts_key)))
        .arg(format!("--root-ca-file={ca}"))
        .args(["--use-service-account-credentials=true", "--leader-elect=false", "--bind-address=127.0.0.1"])
        .arg(format!("--secure-port={}", free_port()))
        .arg("--controllers=*,-nodeipam,-cloud-node-lifecycle")
        .args(["--kube-api-qps=1000", "--kube-api-burst=2000"])
        .start();
    let accounts: Api<ServiceAccount> = Api::namespaced(admin.clone(), "default");
    ready(&mut controllers, || async {
        accounts.get("default").await.map(drop).map_err(|problem| problem.to_string())
    })
    .await;
    let aws = SocketAddr::from(([127, 0, 0, 1], *aws_port));
    let webhook = async {
        let authority = Authority::get();
        let Pair { cert, key } = authority.server.clone();
        let root = Credentials::new(ROOT_KEY, ROOT_SECRET, None, None, "test-bed");
        let config = sdk(aws, &plan.region, root).into_builder();
        let config = config.retry_config(aws_config::retry::RetryConfig::disabled()).build();
        let sources = Sources {
            admin: admin.clone(),
            eks: aws_sdk_eks::Client::new(&config),
            cluster: plan.name.clone(),
            region: plan.region.clone(),
        };
        Webhook::start(sources, authority.pem.clone(), cert, key).await
    };
    let agent = Agent::start(admin.clone(), aws, &plan.name, &plan.region).await;
    let node = Node::start(node::Settings {
        admin: admin.clone(),
        kubeconfig,
        server: plan.endpoint(),
        ca: files.ca.clone(),
        bin: parts.bin(),
        plugins: parts.plugins(),
        dir: dir.join("node"),
        proxy: around.proxy.clone(),
        agent: agent.url(),
    });
    let (webhook, node) = futures::future::join(
        OptionFuture::from(around.options.webhook.then_some(webhook)),
        OptionFuture::from(around.options.node.then_some(node)),
    )
    .await;
    Cluster { node, agent, webhook, controllers, api, etcd, plan }
}

/// Whether etcd says that it is healthy.
async fn healthy(port: u16) -> Result<(), String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = ask.await.map_err(|problem| problem.to_string())?;
    if answer.contains("\"health\":\"true\"") { Ok(()) } else { Err(answer) }
}

/// A client from a kubeconfig; it works while the runtime that made it does.
pub async fn client(kubeconfig: &Path) -> Client {
    let file = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let mut config =
        Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.expect("a configuration");
    config.proxy_url = None;
    Client::try_from(config).expect("a client")
}

fn sdk(aws: SocketAddr, region: &str, credentials: Credentials) -> aws_config::SdkConfig {
    let trust = tls::TrustStore::empty().with_pem_certificate(Authority::get().pem.as_bytes());
    let context = tls::TlsContext::builder().with_trust_store(trust).build().expect("a TLS context");
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .tls_context(context)
        .build_https();
    aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .endpoint_url(format!("https://localhost:{}", aws.port()))
        .build()
}

/// Creates the clusters in AWS, as root.
async fn register(aws: SocketAddr, plans: &[Plan]) {
    let root = || Credentials::new(ROOT_KEY, ROOT_SECRET, None, None, "test-bed");
    if plans.is_empty() {
        return;
    }
    let role = aws_sdk_iam::Client::new(&sdk(aws, "us-east-1", root()))
        .create_role()
        .role_name("eks-cluster")
        .assume_role_policy_document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#,
        )
        .send()
        .await
        .expect("the clusters' role")
        .role
        .expect("a role");
    for plan in plans {
        let eks = aws_sdk_eks::Client::new(&sdk(aws, &plan.region, root()));
        let network = aws_sdk_eks::types::VpcConfigRequest::builder()
            .subnet_ids("subnet-0a1b2c3d4e5f60001")
            .subnet_ids("subnet-0a1b2c3d4e5f60002")
            .build();
        eks.create_cluster()
            .name(&plan.name)
            .version("1.34")
            .role_arn(&role.arn)
            .resources_vpc_config(network)
            .send()
            .await
            .unwrap_or_else(|problem| panic!("{} is not created: {problem:?}", plan.name));
        eventually(&format!("{} is active", plan.name), DEADLINE, || async {
            let cluster =
                eks.describe_cluster().name(&plan.name).send().await.map_err(|problem| format!("{problem:?}"))?;
            let cluster = cluster.cluster.ok_or("no cluster")?;
            match cluster.status {
                Some(aws_sdk_eks::types::ClusterStatus::Active) if cluster.endpoint == Some(plan.endpoint()) => Ok(()),
                status => Err(format!("{status:?} {:?}", cluster.endpoint)),
            }
        })
        .await;
    }
}

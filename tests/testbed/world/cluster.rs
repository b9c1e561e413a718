//! One cluster: a real API server, its controllers, and what EKS adds.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use futures::future::OptionFuture;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;

use super::super::agent::Agent;
use super::super::certs::{Authority, Files, Pair};
use super::super::node::{self, Node};
use super::super::parts::Parts;
use super::super::process::{Process, Program, free_port};
use super::super::webhook::{Sources, Webhook};
use super::aws::sdk;
use super::options::Options;
use super::{ACCOUNT, ADMIN_TOKEN, DEADLINE, ROOT_KEY, ROOT_SECRET, client, text};

/// One cluster: a real API server, its controllers, and what EKS adds.
pub struct Cluster {
    pub node: Option<Node>,
    pub agent: Agent,
    pub webhook: Option<Webhook>,
    pub controllers: Process,
    pub api: Process,
    pub etcd: Process,
    pub plan: Plan,
}

/// What is known of a cluster before it runs.
#[derive(Clone, Debug)]
pub struct Plan {
    pub name: String,
    pub region: String,
    pub issuer: String,
    pub auth_token: String,
    pub api_port: u16,
    pub dir: PathBuf,
}

impl Plan {
    pub fn new(name: &str, region: &str, dir: &Path) -> Self {
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

    pub fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.api_port)
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }
}

/// Waits for a program; panics with its output when it ends or takes too long.
pub async fn ready<F, A>(program: &mut Process, mut ask: F)
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
pub struct Around<'w> {
    pub parts: &'w Parts,
    pub files: &'w Files,
    pub aws_port: u16,
    pub proxy: String,
    pub options: &'w Options,
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

pub async fn start(plan: Plan, around: &Around<'_>) -> Cluster {
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

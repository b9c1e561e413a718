//! How a world starts: AWS first, its clusters beside one another.

use std::net::SocketAddr;

use tempfile::TempDir;

use super::super::certs::{Authority, Files};
use super::super::connect::Connect;
use super::super::fault::Fault;
use super::super::parts::Parts;
use super::super::process::{Process, Program, free_port};
use super::aws::{Admin, admin, describe, register};
use super::cluster::{Around, Cluster, Plan, ready, start};
use super::options::Options;
use super::{ROOT_KEY, ROOT_SECRET};

/// The runtime of the proxies and servers: they go on while a test's own runtime is busy.
pub struct Servers(Option<tokio::runtime::Runtime>);

impl Servers {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("testbed")
            .enable_all()
            .build()
            .expect("a runtime");
        Self(Some(runtime))
    }

    pub fn handle(&self) -> tokio::runtime::Handle {
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

pub struct Inside {
    pub clusters: Vec<Cluster>,
    pub ministack: Process,
    pub connect: Connect,
    pub fault: Fault,
    pub aws: SocketAddr,
    pub admin: Admin,
    pub files: Files,
    pub dir: TempDir,
}

pub async fn assemble(parts: Parts, options: Options) -> Inside {
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
        admin(aws, &plans).await
    };
    let (clusters, admin) = futures::future::join(clusters, registered).await;
    Inside { clusters, ministack, connect, fault, aws, admin, files, dir }
}

//! The real adapters over a world of the test-bed.

use crate::fixture::Fixture;
use crate::testbed::world::ACCOUNT;
use crate::testbed::{Missing, Options, World};
use lifeboat::adapters::aws::{Account, AwsOptions};
use lifeboat::adapters::helm::{HelmBinary, HelmOptions};
use lifeboat::adapters::host::Machine;
use lifeboat::adapters::kube::{EksClusters, KubeOptions, Proxies};
use lifeboat::ports::{self, Aws, ChartSource};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

const FOREIGN: &str = "backups";

/// Starts a world that has what the cases need.
pub async fn start(options: Options) -> Result<World, Missing> {
    World::start(options.foreign_bucket(FOREIGN)).await
}

/// The real ports, told by the world's environment alone: this process's own is not looked at.
fn ports(world: &World) -> ports::World {
    let env: BTreeMap<String, String> = world.env().into_iter().collect();
    let text = |name: &str| env.get(name).cloned().unwrap_or_default();
    let kube = KubeOptions {
        kubeconfig: Some(text("KUBECONFIG").into()),
        home: Some(PathBuf::from(text("HOME"))),
        exec_plugins: Vec::new(),
        proxies: Proxies { https: text("HTTPS_PROXY"), http: String::new(), none: text("NO_PROXY") },
    };
    let helm =
        HelmOptions { program: None, env: env.iter().map(|(name, value)| (name.into(), value.into())).collect() };
    let aws: Arc<dyn Aws> = Arc::new(Account::new(AwsOptions { env, ..AwsOptions::default() }));
    let clusters = Arc::new(EksClusters::new(aws.clone(), kube));
    let helm = Arc::new(HelmBinary::new(clusters.clone(), helm));
    ports::World { aws, clusters, helm, host: Arc::new(Machine) }
}

/// Makes a managed policy that allows actions; answers its ARN.
async fn managed_policy(world: &World, name: &str, actions: &[&str]) -> String {
    let document = crate::fixture::policy(&[crate::fixture::allow(actions, &["*".to_owned()])]);
    let made = aws_sdk_iam::Client::new(&world.sdk()).create_policy().policy_name(name).policy_document(document);
    let policy = made.send().await.expect("a managed policy is made").policy;
    policy.and_then(|policy| policy.arn).expect("it has an ARN")
}

/// Installs the Pod Identity agent's add-on on a cluster.
async fn agent(world: &World, cluster: &str) {
    let eks = aws_sdk_eks::Client::new(&world.sdk());
    let made = eks.create_addon().cluster_name(cluster).addon_name("eks-pod-identity-agent");
    made.send().await.expect("an add-on is made");
}

/// Where the cases are run; each gives it its own name.
pub async fn fixture(world: &World) -> Fixture {
    let chart = world.chart();
    agent(world, "prod").await;
    Fixture {
        world: ports(world),
        account: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        cluster: "prod".to_owned(),
        foreign_bucket: Some(FOREIGN.to_owned()),
        managed_policy: managed_policy(world, "acme-boundary", &["s3:*", "kms:*"]).await,
        read_boundary: managed_policy(world, "acme-read-boundary", &["s3:Get*", "s3:List*"]).await,
        chart: ChartSource::Reference(chart.to_str().expect("a path that is text").to_owned()),
        chart_version: "12.1.0".to_owned(),
        case: String::new(),
    }
}

//! The account's side of a world: root's SDK, and the clusters registered in EKS.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls;

use super::super::certs::Authority;
use super::super::eventually::eventually;
use super::cluster::Plan;
use super::{DEADLINE, ROOT_KEY, ROOT_SECRET};

/// `clusters.json`, as `ministack.py` reads it.
pub fn describe(plans: &[Plan], authority: &Authority, foreign_buckets: &[String]) -> String {
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

pub fn sdk(aws: SocketAddr, region: &str, credentials: Credentials) -> aws_config::SdkConfig {
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
pub async fn register(aws: SocketAddr, plans: &[Plan]) {
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

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

/// The access key of an admin.
#[derive(Clone, Debug)]
pub struct Admin {
    pub id: String,
    pub secret: String,
}

fn root() -> Credentials {
    Credentials::new(ROOT_KEY, ROOT_SECRET, None, None, "test-bed")
}

/// Makes the account's admin: a user who may do all in AWS and, by an access entry, in its clusters.
pub async fn admin(aws: SocketAddr, plans: &[Plan]) -> Admin {
    let iam = aws_sdk_iam::Client::new(&sdk(aws, "us-east-1", root()));
    let user = iam.create_user().user_name("admin").send().await.expect("the admin").user.expect("a user");
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let put = iam.put_user_policy().user_name("admin").policy_name("all").policy_document(all);
    put.send().await.expect("the admin's permissions");
    let key = iam.create_access_key().user_name("admin").send().await.expect("a key").access_key.expect("a key");
    for plan in plans {
        let eks = aws_sdk_eks::Client::new(&sdk(aws, &plan.region, root()));
        let entry = eks.create_access_entry().cluster_name(&plan.name).principal_arn(&user.arn);
        entry.send().await.expect("an access entry");
        let scope = aws_sdk_eks::types::AccessScope::builder().r#type(aws_sdk_eks::types::AccessScopeType::Cluster);
        let policy = eks.associate_access_policy().cluster_name(&plan.name).principal_arn(&user.arn);
        let policy = policy.policy_arn("arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy");
        policy.access_scope(scope.build()).send().await.expect("an access policy");
    }
    Admin { id: key.access_key_id, secret: key.secret_access_key }
}

/// Creates the clusters in AWS, as root.
pub async fn register(aws: SocketAddr, plans: &[Plan]) {
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

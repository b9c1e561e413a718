//! EKS and the account's regions: what is found.

use super::call::{Call, absent};
use super::config::Clients;
use super::retry::Mode;
use crate::ports::{Answer, Cluster, RegionState};
use aws_sdk_eks::types;

/// account:ListRegions.
pub(super) async fn regions(clients: &Clients) -> Answer<Vec<RegionState>> {
    let call = &Call::read("account:ListRegions", "");
    let client = &clients.account();
    let found = call
        .pages(|token| async move {
            let page = client.list_regions().max_results(50).set_next_token(token).send().await;
            let page = page.map_err(|error| call.failed(error))?;
            let items = page.regions().iter().filter_map(|region| {
                let status = region.region_opt_status().map(aws_sdk_account::types::RegionOptStatus::as_str);
                let enabled = matches!(status, Some("ENABLED" | "ENABLED_BY_DEFAULT"));
                Some((region.region_name()?.to_owned(), enabled))
            });
            Ok((items.collect(), page.next_token().map(str::to_owned)))
        })
        .await?;
    Ok(found.into_iter().map(|(name, enabled)| RegionState { name, enabled }).collect())
}

/// eks:ListClusters.
pub(super) async fn clusters(clients: &Clients, region: &str) -> Answer<Vec<String>> {
    let call = &Call::read("eks:ListClusters", region);
    let client = &clients.eks(region, Mode::Read);
    call.pages(|token| async move {
        let page = client.list_clusters().max_results(100).set_next_token(token).send().await;
        let page = page.map_err(|error| call.failed(error))?;
        Ok((page.clusters().to_vec(), page.next_token().map(str::to_owned)))
    })
    .await
}

/// eks:DescribeCluster.
pub(super) async fn cluster(clients: &Clients, region: &str, name: &str) -> Answer<Option<Cluster>> {
    let call = Call::read("eks:DescribeCluster", name);
    let said = clients.eks(region, Mode::Read).describe_cluster().name(name).send().await;
    let Some(said) = absent(said.map_err(|error| call.failed(error)))? else { return Ok(None) };
    let found = said.cluster().ok_or_else(|| call.unreadable("the field cluster is missing"))?;
    read(&call, found).map(Some)
}

/// A17: an unknown status is its word, a missing part is empty; only name and ARN are always there.
fn read(call: &Call, found: &types::Cluster) -> Answer<Cluster> {
    let issuer = found.identity().and_then(types::Identity::oidc).and_then(types::Oidc::issuer);
    Ok(Cluster {
        name: call.need("name", found.name())?,
        arn: call.need("arn", found.arn())?,
        status: found.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        version: found.version().unwrap_or_default().to_owned(),
        endpoint: found.endpoint().unwrap_or_default().to_owned(),
        ca: found.certificate_authority().and_then(types::Certificate::data).unwrap_or_default().to_owned(),
        issuer: issuer.filter(|issuer| !issuer.is_empty()).map(str::to_owned),
        public: found.resources_vpc_config().is_some_and(types::VpcConfigResponse::endpoint_public_access),
        auto_mode: found.compute_config().and_then(types::ComputeConfigResponse::enabled).unwrap_or_default(),
        issues: found.health().map(|health| health.issues().iter().map(issue).collect()).unwrap_or_default(),
    })
}

fn issue(found: &types::ClusterIssue) -> String {
    let code = found.code().map_or("", types::ClusterIssueCode::as_str);
    format!("{code}: {}", found.message().unwrap_or_default())
}

//! EKS add-ons of a cluster.

use super::call::{Call, absent, gone};
use super::config::Clients;
use super::retry::Mode;
use crate::ports::{Addon, AddonVersion, Answer, Tags};
use aws_sdk_eks::types;

/// eks:DescribeAddon.
pub(super) async fn addon(clients: &Clients, region: &str, cluster: &str, name: &str) -> Answer<Option<Addon>> {
    let call = Call::read("eks:DescribeAddon", format!("{cluster}/{name}"));
    let said = clients.eks(region, call.mode).describe_addon().cluster_name(cluster).addon_name(name).send().await;
    let Some(said) = absent(said.map_err(|error| call.failed(error)))? else { return Ok(None) };
    let found = said.addon().ok_or_else(|| call.unreadable("the field addon is missing"))?;
    Ok(Some(Addon {
        status: call.need("status", found.status().map(types::AddonStatus::as_str))?,
        version: found.addon_version().unwrap_or_default().to_owned(),
        issues: found.health().map(|health| health.issues().iter().map(issue).collect()).unwrap_or_default(),
        tags: found.tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect(),
    }))
}

fn issue(found: &types::AddonIssue) -> String {
    let code = found.code().map_or("", types::AddonIssueCode::as_str);
    format!("{code}: {}", found.message().unwrap_or_default())
}

/// eks:CreateAddon. What others own in the cluster under the same names stays as it is: the add-on then fails, and
/// says so, instead of overwriting it.
pub(super) async fn create_addon(
    clients: &Clients,
    region: &str,
    cluster: &str,
    name: &str,
    version: &str,
    tags: &Tags,
) -> Answer<()> {
    let call = Call::create("eks:CreateAddon", format!("{cluster}/{name}"));
    let request = clients.eks(region, call.mode).create_addon().cluster_name(cluster).addon_name(name);
    let version = Some(version.to_owned()).filter(|version| !version.is_empty());
    let request = request.set_addon_version(version).resolve_conflicts(types::ResolveConflicts::None);
    let tags = tags.clone().into_iter().collect();
    request.set_tags(Some(tags)).send().await.map(drop).map_err(|error| call.failed(error))
}

/// eks:DeleteAddon.
pub(super) async fn delete_addon(clients: &Clients, region: &str, cluster: &str, name: &str) -> Answer<()> {
    let call = Call::put("eks:DeleteAddon", format!("{cluster}/{name}"));
    let said = clients.eks(region, call.mode).delete_addon().cluster_name(cluster).addon_name(name).send().await;
    gone(said.map(drop).map_err(|error| call.failed(error)))
}

/// eks:DescribeAddonVersions.
pub(super) async fn versions(
    clients: &Clients,
    region: &str,
    name: &str,
    kubernetes: &str,
) -> Answer<Vec<AddonVersion>> {
    let call = &Call::read("eks:DescribeAddonVersions", name);
    let client = &clients.eks(region, Mode::Read);
    let mut all = call
        .pages(|token| async move {
            let request = client.describe_addon_versions().addon_name(name).kubernetes_version(kubernetes);
            let page = request.max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| call.failed(error))?;
            let named = page.addons().iter().filter(|addon| addon.addon_name() == Some(name));
            let versions = named.flat_map(types::AddonInfo::addon_versions);
            let items = versions.filter_map(|found| version(found, kubernetes)).collect();
            Ok((items, page.next_token().map(str::to_owned)))
        })
        .await?;
    all.sort_by_key(|found| std::cmp::Reverse(numbers(&found.version)));
    Ok(all)
}

/// A version, and whether it is the Kubernetes version's default.
fn version(found: &types::AddonVersionInfo, kubernetes: &str) -> Option<AddonVersion> {
    let fits = found.compatibilities().iter().filter(|one| one.cluster_version() == Some(kubernetes));
    let default = fits.clone().any(types::Compatibility::default_version);
    // EKS has filtered already; one that says nothing of clusters is believed to fit.
    (found.compatibilities().is_empty() || fits.count() > 0)
        .then(|| Some(AddonVersion { version: found.addon_version()?.to_owned(), default }))?
}

/// The numbers in a version, in order: `v1.3.10-eksbuild.2` is newer than `v1.3.9-eksbuild.3`.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

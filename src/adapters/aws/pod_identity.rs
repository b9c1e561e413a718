//! EKS Pod Identity associations.

use super::call::{Call, absent, gone};
use super::config::Clients;
use super::retry::Mode;
use crate::ports::{Answer, AssociatedAccount, Association, NewAssociation};
use aws_sdk_eks::types;
use futures::{StreamExt as _, TryStreamExt as _};

/// How many associations are described at a time.
const SIDE_BY_SIDE: usize = 10;

/// eks:ListPodIdentityAssociations, of the whole cluster.
pub(super) async fn associated(clients: &Clients, region: &str, cluster: &str) -> Answer<Vec<AssociatedAccount>> {
    list(clients, region, cluster, None).await
}

/// All pages, of one service account (namespace and name) where it is given.
async fn list(
    clients: &Clients,
    region: &str,
    cluster: &str,
    of: Option<&(String, String)>,
) -> Answer<Vec<AssociatedAccount>> {
    let call = &Call::read("eks:ListPodIdentityAssociations", cluster);
    let client = &clients.eks(region, Mode::Read);
    let (namespace, account) = (of.map(|of| of.0.clone()), of.map(|of| of.1.clone()));
    let (namespace, account) = (&namespace, &account);
    let pages = call.pages(|token| async move {
        let request = client.list_pod_identity_associations().cluster_name(cluster).max_results(100);
        let request = request.set_namespace(namespace.clone()).set_service_account(account.clone());
        let page = request.set_next_token(token).send().await.map_err(|error| call.failed(error))?;
        let items = page.associations().iter().map(|found| summary(call, found)).collect::<Answer<_>>()?;
        Ok((items, page.next_token().map(str::to_owned)))
    });
    // Where there is no cluster there is no association.
    Ok(absent(pages.await)?.unwrap_or_default())
}

fn summary(call: &Call, found: &types::PodIdentityAssociationSummary) -> Answer<AssociatedAccount> {
    Ok(AssociatedAccount {
        namespace: call.need("namespace", found.namespace())?,
        service_account: call.need("serviceAccount", found.service_account())?,
        id: call.need("associationId", found.association_id())?,
    })
}

/// The associations of some service accounts: one list, then each of those found.
pub(super) async fn associations(
    clients: &Clients,
    region: &str,
    cluster: &str,
    accounts: &[(String, String)],
) -> Answer<Vec<Association>> {
    let listed = match accounts {
        [] => return Ok(Vec::new()),
        // EKS itself looks for one; for several the whole list is one page in all but huge clusters.
        [one] => list(clients, region, cluster, Some(one)).await?,
        _ => list(clients, region, cluster, None).await?,
    };
    let of = |account: &(String, String)| {
        let same = |found: &&AssociatedAccount| found.namespace == account.0 && found.service_account == account.1;
        listed.iter().find(same)
    };
    let calls: Vec<_> =
        accounts.iter().filter_map(of).map(|found| describe(clients, region, cluster, found.id.clone())).collect();
    let described = futures::stream::iter(calls).buffered(SIDE_BY_SIDE);
    let found: Vec<Option<Association>> = described.try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// eks:DescribePodIdentityAssociation; `None` for one that was deleted since it was listed.
async fn describe(clients: &Clients, region: &str, cluster: &str, id: String) -> Answer<Option<Association>> {
    let call = Call::read("eks:DescribePodIdentityAssociation", format!("{cluster}/{id}"));
    let request = clients.eks(region, call.mode).describe_pod_identity_association().cluster_name(cluster);
    let said = request.association_id(id).send().await;
    let Some(said) = absent(said.map_err(|error| call.failed(error)))? else { return Ok(None) };
    read(&call, said.association()).map(Some)
}

fn read(call: &Call, found: Option<&types::PodIdentityAssociation>) -> Answer<Association> {
    let found = found.ok_or_else(|| call.unreadable("the field association is missing"))?;
    Ok(Association {
        id: call.need("associationId", found.association_id())?,
        arn: call.need("associationArn", found.association_arn())?,
        namespace: call.need("namespace", found.namespace())?,
        service_account: call.need("serviceAccount", found.service_account())?,
        role_arn: call.need("roleArn", found.role_arn())?,
        target_role_arn: found.target_role_arn().unwrap_or_default().to_owned(),
        disable_session_tags: found.disable_session_tags() == Some(true),
        owner: found.owner_arn().unwrap_or_default().to_owned(),
        tags: found.tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect(),
    })
}

/// eks:CreatePodIdentityAssociation.
pub(super) async fn create_association(clients: &Clients, new: &NewAssociation) -> Answer<Association> {
    let on = format!("{}/{}/{}", new.cluster, new.namespace, new.service_account);
    let call = Call::create("eks:CreatePodIdentityAssociation", on);
    let said = clients
        .eks(&new.region, call.mode)
        .create_pod_identity_association()
        .cluster_name(&new.cluster)
        .namespace(&new.namespace)
        .service_account(&new.service_account)
        .role_arn(&new.role_arn)
        .client_request_token(&new.token)
        .set_tags(Some(new.tags.clone().into_iter().collect()))
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    read(&call, said.association())
}

/// eks:UpdatePodIdentityAssociation: cluster, id, role and token.
pub(super) async fn update_association(clients: &Clients, region: &str, what: [&str; 4]) -> Answer<()> {
    let [cluster, id, role_arn, token] = what;
    let call = Call::put("eks:UpdatePodIdentityAssociation", format!("{cluster}/{id}"));
    let request = clients.eks(region, call.mode).update_pod_identity_association().cluster_name(cluster);
    let request = request.association_id(id).role_arn(role_arn).client_request_token(token);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// eks:DeletePodIdentityAssociation.
pub(super) async fn delete_association(clients: &Clients, region: &str, cluster: &str, id: &str) -> Answer<()> {
    let call = Call::put("eks:DeletePodIdentityAssociation", format!("{cluster}/{id}"));
    let request = clients.eks(region, call.mode).delete_pod_identity_association().cluster_name(cluster);
    let said = request.association_id(id).send().await;
    gone(said.map(drop).map_err(|error| call.failed(error)))
}

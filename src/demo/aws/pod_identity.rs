//! EKS Pod Identity: associations, and what a pod's token is exchanged for.

use super::sts::{Principal, of_role};
use super::wrong::wrong;
use crate::demo::state::{self, Account, Cluster, Role, State};
use crate::domain::policy::{Document, PodSession, trusts_pod};
use crate::ports::{Answer, AssociatedAccount, Association, NewAssociation, TroubleKind};

/// A cluster, or EKS's 404.
pub(super) fn cluster<'a>(state: &'a mut State, call: &str, region: &str, name: &str) -> Answer<&'a mut Cluster> {
    let text = format!("No cluster found for name: {name}.");
    let none = || wrong(TroubleKind::NotFound, "ResourceNotFoundException", call, name, &text);
    state.clusters.get_mut(&State::key(region, name)).ok_or_else(none)
}

fn key(namespace: &str, account: &str) -> String {
    format!("{namespace}/{account}")
}

pub(super) fn list(state: &State, region: &str, cluster: &str) -> Vec<AssociatedAccount> {
    let found = state.clusters.get(&State::key(region, cluster));
    let one = |(key, association): (&String, &state::Association)| {
        let (namespace, account) = key.split_once('/').unwrap_or_default();
        let (namespace, service_account) = (namespace.to_owned(), account.to_owned());
        AssociatedAccount { namespace, service_account, id: association.id.clone() }
    };
    found.into_iter().flat_map(|cluster| cluster.associations.iter().map(one)).collect()
}

pub(super) fn describe(state: &State, region: &str, cluster: &str, id: &str) -> Option<Association> {
    let found = state.clusters.get(&State::key(region, cluster))?;
    let (key, association) = found.associations.iter().find(|(_, one)| one.id == id)?;
    Some(shown(&state.account, found, key, association))
}

fn shown(account: &Account, cluster: &Cluster, key: &str, one: &state::Association) -> Association {
    let (namespace, service_account) = key.split_once('/').unwrap_or_default();
    let resource = format!("podidentityassociation/{}/{}", cluster.name, one.id);
    Association {
        id: one.id.clone(),
        arn: account.arn("eks", &cluster.region, &resource),
        namespace: namespace.to_owned(),
        service_account: service_account.to_owned(),
        role_arn: one.role_arn.clone(),
        target_role_arn: String::new(),
        disable_session_tags: one.disable_session_tags,
        owner: String::new(),
        tags: one.tags.clone(),
    }
}

/// EKS sees a new role a little later than IAM (security.md 1.9).
fn check_role(account: &Account, call: &str, arn: &str) -> Answer<()> {
    let role = account.roles.values().find(|role| role.arn == arn);
    if role.is_some_and(|role| role.trust.seen(account.now).is_some()) {
        return Ok(());
    }
    let text = "Role provided in the request does not exist.";
    Err(wrong(TroubleKind::Invalid, "InvalidParameterException", call, arn, text))
}

/// eks:CreatePodIdentityAssociation: the same again with the same token.
pub(super) fn create(state: &mut State, new: &NewAssociation) -> Answer<Association> {
    const CALL: &str = "eks:CreatePodIdentityAssociation";
    let key = key(&new.namespace, &new.service_account);
    let id = format!("a-{}", state.account.fresh_id("", 17).to_lowercase());
    cluster(state, CALL, &new.region, &new.cluster)?;
    check_role(&state.account, CALL, &new.role_arn)?;
    let found = cluster(state, CALL, &new.region, &new.cluster)?;
    if found.associations.get(&key).is_some_and(|have| have.token != new.token) {
        let text = format!("Association already exists: {}", found.associations[&key].id);
        return Err(wrong(TroubleKind::Exists, "ResourceInUseException", CALL, &key, &text));
    }
    let made = found.associations.entry(key.clone()).or_insert_with(|| state::Association {
        id,
        role_arn: new.role_arn.clone(),
        disable_session_tags: false,
        tags: new.tags.clone(),
        token: new.token.clone(),
    });
    let made = made.clone();
    let found = cluster(state, CALL, &new.region, &new.cluster)?.clone();
    Ok(shown(&state.account, &found, &key, &made))
}

/// eks:UpdatePodIdentityAssociation, the role.
pub(super) fn update(state: &mut State, region: &str, name: &str, id: &str, role_arn: &str) -> Answer<()> {
    const CALL: &str = "eks:UpdatePodIdentityAssociation";
    check_role(&state.account, CALL, role_arn)?;
    let found = cluster(state, CALL, region, name)?;
    let Some(one) = found.associations.values_mut().find(|one| one.id == id) else {
        let text = format!("No pod identity association found for ID: {id}.");
        return Err(wrong(TroubleKind::NotFound, "ResourceNotFoundException", CALL, id, &text));
    };
    role_arn.clone_into(&mut one.role_arn);
    state.account.touch();
    Ok(())
}

/// eks:DeletePodIdentityAssociation.
pub(super) fn delete(state: &mut State, region: &str, cluster: &str, id: &str) {
    if let Some(found) = state.clusters.get_mut(&State::key(region, cluster)) {
        found.associations.retain(|_, one| one.id != id);
        state.account.touch();
    }
}

/// Whose pod asks the agent for credentials.
#[derive(Debug, Clone, Copy)]
pub(in crate::demo) struct Asking<'a> {
    pub namespace: &'a str,
    pub account: &'a str,
    pub pod: &'a str,
    pub uid: &'a str,
}

/// eks-auth:AssumeRoleForPodIdentity: the role of the service account's association, when its trust policy lets EKS
/// assume it with the pod's session tags.
pub(in crate::demo) fn assume(account: &Account, cluster: &Cluster, pod: Asking<'_>) -> Answer<Principal> {
    const CALL: &str = "eks-auth:AssumeRoleForPodIdentity";
    let Some(association) = cluster.associations.get(&key(pod.namespace, pod.account)) else {
        let text = "no association found for service account";
        return Err(wrong(TroubleKind::NotFound, "ResourceNotFoundException", CALL, pod.account, text));
    };
    let session = PodSession {
        account: &account.id,
        cluster_arn: &cluster.arn,
        cluster: &cluster.name,
        namespace: pod.namespace,
        service_account: pod.account,
        pod: pod.pod,
        uid: pod.uid,
        tagged: !association.disable_session_tags,
    };
    let arn = &association.role_arn;
    let trusts = |role: &&Role| {
        let document = role.trust.seen(account.now).and_then(|text| Document::parse(text).ok());
        role.arn == *arn && document.is_some_and(|document| trusts_pod(&document, arn, &session).is_allowed())
    };
    let Some(role) = account.roles.values().find(trusts) else { return Err(unauthorized(CALL, arn)) };
    let session = account.arn("sts", "", &format!("assumed-role/{}/eks-{}-{}", role.name, cluster.name, pod.pod));
    Ok(of_role(account, role, &session))
}

/// F13, in the agent's words.
fn unauthorized(call: &str, arn: &str) -> crate::ports::Trouble {
    let text = "Unauthorized Exception! EKS does not have permissions to assume the associated role.";
    wrong(TroubleKind::Denied, "AccessDeniedException", call, arn, text)
}

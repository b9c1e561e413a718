//! IAM: providers, roles, policies.

use super::wrong::{exists, malformed, no_entity, wrong};
use crate::demo::state::{Account, Lagged, Provider, Role};
use crate::domain::policy::{Document, Principal, Principals};
use crate::ports::{self, Answer, NewRole, Tags, TroubleKind};
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of a trust policy, white space not counted (`ACLSizePerRole`).
const TRUST_SIZE: usize = 2048;
/// Characters of all inline policies of a role, white space not counted.
const INLINE_SIZE: usize = 10_240;

pub(super) fn provider(account: &Account, arn: &str) -> Option<ports::Provider> {
    account.providers.get(arn).map(|p| ports::Provider {
        arn: arn.to_owned(),
        audiences: p.audiences.value.clone(),
        tags: p.tags.clone(),
    })
}

pub(super) fn create_provider(
    account: &mut Account,
    issuer: &str,
    audiences: &[String],
    tags: &Tags,
) -> Answer<String> {
    const CALL: &str = "iam:CreateOpenIDConnectProvider";
    let Some(host) = issuer.strip_prefix("https://").filter(|host| !host.is_empty()) else {
        let text = "Invalid Open ID Connect Provider URL";
        return Err(wrong(TroubleKind::Invalid, "ValidationError", CALL, issuer, text));
    };
    let arn = account.arn("iam", "", &format!("oidc-provider/{host}"));
    if account.providers.contains_key(&arn) {
        return Err(exists(CALL, "Provider", issuer));
    }
    let provider = Provider { audiences: Lagged::new(audiences.to_vec(), account.now), tags: tags.clone() };
    account.providers.insert(arn.clone(), provider);
    account.touch();
    Ok(arn)
}

pub(super) fn change_audience(account: &mut Account, call: &str, arn: &str, audience: &str, add: bool) -> Answer<()> {
    let now = account.now;
    let provider = account.providers.get_mut(arn).ok_or_else(|| no_entity(call, "OpenIDConnect Provider", arn))?;
    let mut audiences = provider.audiences.value.clone();
    audiences.retain(|have| have != audience);
    if add {
        audiences.push(audience.to_owned());
    }
    provider.audiences.put(audiences, now);
    account.touch();
    Ok(())
}

/// IAM answers the same whether it was there or not.
pub(super) fn delete_provider(account: &mut Account, arn: &str) {
    account.providers.remove(arn);
    account.touch();
}

pub(super) fn roles_trusting(account: &Account, provider: &str) -> Vec<String> {
    let wanted = Principal::Federated(provider.to_owned());
    let names = |whom: &Principals| matches!(whom, Principals::These(list) if list.contains(&wanted));
    let trusts = |role: &&Role| {
        let document = Document::parse(&role.trust.value).unwrap_or_default();
        document.statements.iter().any(|statement| statement.principals.as_ref().is_some_and(names))
    };
    account.roles.values().filter(trusts).map(|role| role.name.clone()).collect()
}

/// The role, or IAM's `NoSuchEntity`.
pub(super) fn of<'a>(account: &'a mut Account, call: &str, name: &str) -> Answer<&'a mut Role> {
    account.touch();
    account.roles.get_mut(&name.to_lowercase()).ok_or_else(|| no_entity(call, "role", name))
}

/// As [`of`], only to read.
pub(super) fn read<'a>(account: &'a Account, call: &str, name: &str) -> Answer<&'a Role> {
    account.roles.get(&name.to_lowercase()).ok_or_else(|| no_entity(call, "role", name))
}

pub(super) fn role(account: &Account, name: &str) -> Option<ports::Role> {
    account.roles.get(&name.to_lowercase()).map(shown)
}

fn shown(role: &Role) -> ports::Role {
    ports::Role {
        name: role.name.clone(),
        arn: role.arn.clone(),
        id: role.id.clone(),
        path: role.path.clone(),
        trust: role.trust.value.clone(),
        description: role.description.clone(),
        boundary: role.boundary.clone(),
        tags: role.tags.clone(),
    }
}

pub(super) fn create_role(account: &mut Account, new: &NewRole) -> Answer<ports::Role> {
    const CALL: &str = "iam:CreateRole";
    if account.roles.contains_key(&new.name.to_lowercase()) {
        return Err(exists(CALL, "Role", &new.name));
    }
    check_name(CALL, &new.name)?;
    check_trust(CALL, &new.name, &new.trust)?;
    check_boundary(account, CALL, &new.boundary)?;
    let now = account.now;
    let role = Role {
        name: new.name.clone(),
        arn: account.arn("iam", "", &format!("role{}{}", new.path, new.name)),
        id: account.fresh_id("AROA", 21),
        path: new.path.clone(),
        trust: Lagged::new(new.trust.clone(), now),
        description: new.description.clone(),
        boundary: new.boundary.clone(),
        tags: new.tags.clone(),
        inline: Lagged::new(BTreeMap::new(), now),
        attached: Vec::new(),
    };
    let answer = shown(&role);
    account.roles.insert(new.name.to_lowercase(), role);
    Ok(answer)
}

pub(super) fn delete_role(account: &mut Account, name: &str) -> Answer<()> {
    const CALL: &str = "iam:DeleteRole";
    let role = of(account, CALL, name)?;
    if !role.inline.value.is_empty() || !role.attached.is_empty() {
        let text = "Cannot delete entity, must delete policies first.";
        return Err(wrong(TroubleKind::Busy, "DeleteConflict", CALL, name, text));
    }
    account.roles.remove(&name.to_lowercase());
    Ok(())
}

pub(super) fn put_trust(account: &mut Account, name: &str, document: &str) -> Answer<()> {
    const CALL: &str = "iam:UpdateAssumeRolePolicy";
    let now = account.now;
    let role = of(account, CALL, name)?;
    check_trust(CALL, name, document)?;
    role.trust.put(document.to_owned(), now);
    Ok(())
}

pub(super) fn put_boundary(account: &mut Account, name: &str, boundary: &str) -> Answer<()> {
    let call = if boundary.is_empty() { "iam:DeleteRolePermissionsBoundary" } else { "iam:PutRolePermissionsBoundary" };
    check_boundary(account, call, boundary)?;
    boundary.clone_into(&mut of(account, call, name)?.boundary);
    Ok(())
}

pub(super) fn put_policy(account: &mut Account, name: &str, policy: &str, document: &str) -> Answer<()> {
    const CALL: &str = "iam:PutRolePolicy";
    let now = account.now;
    let role = of(account, CALL, name)?;
    check_document(CALL, name, document)?;
    let mut inline = role.inline.value.clone();
    inline.insert(policy.to_owned(), document.to_owned());
    if inline.values().map(|text| size(text)).sum::<usize>() > INLINE_SIZE {
        let text = format!("Maximum policy size of {INLINE_SIZE} bytes exceeded for role {name}");
        return Err(wrong(TroubleKind::Quota, "LimitExceeded", CALL, name, &text));
    }
    role.inline.put(inline, now);
    Ok(())
}

pub(super) fn delete_policy(account: &mut Account, name: &str, policy: &str) {
    let now = account.now;
    if let Ok(role) = of(account, "iam:DeleteRolePolicy", name) {
        let mut inline = role.inline.value.clone();
        inline.remove(policy);
        role.inline.put(inline, now);
    }
}

pub(super) fn detach(account: &mut Account, name: &str, arn: &str) {
    if let Ok(role) = of(account, "iam:DetachRolePolicy", name) {
        role.attached.retain(|have| have != arn);
    }
}

pub(super) fn attach(account: &mut Account, name: &str, arn: &str) -> Answer<()> {
    const CALL: &str = "iam:AttachRolePolicy";
    if !account.policies.contains_key(arn) {
        let text = format!("Policy {arn} does not exist or is not attachable.");
        return Err(wrong(TroubleKind::NotFound, "NoSuchEntity", CALL, arn, &text));
    }
    let role = of(account, CALL, name)?;
    if !role.attached.iter().any(|have| have == arn) {
        role.attached.push(arn.to_owned());
    }
    Ok(())
}

fn check_name(call: &str, name: &str) -> Answer<()> {
    let good = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c);
    if (1..=64).contains(&name.chars().count()) && name.chars().all(good) {
        return Ok(());
    }
    let text = "1 validation error detected: Value at 'roleName' failed to satisfy constraint";
    Err(wrong(TroubleKind::Invalid, "ValidationError", call, name, text))
}

fn check_document(call: &str, name: &str, document: &str) -> Answer<()> {
    let parsed: Value = serde_json::from_str(document).map_err(|_| malformed(call, name))?;
    if parsed["Statement"].is_null() { Err(malformed(call, name)) } else { Ok(()) }
}

fn check_trust(call: &str, name: &str, document: &str) -> Answer<()> {
    check_document(call, name, document)?;
    if size(document) > TRUST_SIZE {
        let text = format!("Cannot exceed quota for ACLSizePerRole: {TRUST_SIZE}");
        return Err(wrong(TroubleKind::Quota, "LimitExceeded", call, name, &text));
    }
    Ok(())
}

fn check_boundary(account: &Account, call: &str, boundary: &str) -> Answer<()> {
    if boundary.is_empty() || account.policies.contains_key(boundary) {
        return Ok(());
    }
    let text = format!("Scope ARN: {boundary} does not exist or is not attachable.");
    Err(wrong(TroubleKind::NotFound, "NoSuchEntity", call, boundary, &text))
}

fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

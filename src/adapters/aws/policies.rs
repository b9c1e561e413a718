//! The policies of a role: inline, attached, managed.

use super::call::{Call, absent, gone};
use super::config::Clients;
use super::iam::decoded;
use super::retry::Mode;
use crate::ports::Answer;

/// iam:ListRolePolicies.
pub(super) async fn role_policies(clients: &Clients, role: &str) -> Answer<Vec<String>> {
    let call = &Call::read("iam:ListRolePolicies", role);
    let client = &clients.iam(Mode::Read);
    call.pages(|marker| async move {
        let page = client.list_role_policies().role_name(role).set_marker(marker).send().await;
        let page = page.map_err(|error| call.failed(error))?;
        Ok((page.policy_names().to_vec(), call.marker(page.is_truncated(), page.marker())?))
    })
    .await
}

/// iam:GetRolePolicy.
pub(super) async fn role_policy(clients: &Clients, role: &str, policy: &str) -> Answer<Option<String>> {
    let call = Call::read("iam:GetRolePolicy", format!("{role}/{policy}"));
    let said = clients.iam(Mode::Read).get_role_policy().role_name(role).policy_name(policy).send().await;
    match absent(said.map_err(|error| call.failed(error)))? {
        Some(said) => {
            let text = call.need("PolicyDocument", Some(said.policy_document()))?;
            decoded(&call, &text).map(Some)
        }
        None => Ok(None),
    }
}

/// iam:PutRolePolicy.
pub(super) async fn put_role_policy(clients: &Clients, role: &str, policy: &str, document: &str) -> Answer<()> {
    let call = Call::put("iam:PutRolePolicy", role);
    let request = clients.iam(call.mode).put_role_policy().role_name(role);
    let said = request.policy_name(policy).policy_document(document).send().await;
    said.map(drop).map_err(|error| call.failed(error))
}

/// iam:DeleteRolePolicy.
pub(super) async fn delete_role_policy(clients: &Clients, role: &str, policy: &str) -> Answer<()> {
    let call = Call::put("iam:DeleteRolePolicy", role);
    let said = clients.iam(call.mode).delete_role_policy().role_name(role).policy_name(policy).send().await;
    gone(said.map(drop).map_err(|error| call.failed(error)))
}

/// iam:ListAttachedRolePolicies.
pub(super) async fn attached_policies(clients: &Clients, role: &str) -> Answer<Vec<String>> {
    let call = &Call::read("iam:ListAttachedRolePolicies", role);
    let client = &clients.iam(Mode::Read);
    call.pages(|marker| async move {
        let page = client.list_attached_role_policies().role_name(role).set_marker(marker).send().await;
        let page = page.map_err(|error| call.failed(error))?;
        let arns = page.attached_policies().iter().filter_map(|policy| policy.policy_arn().map(str::to_owned));
        Ok((arns.collect(), call.marker(page.is_truncated(), page.marker())?))
    })
    .await
}

/// iam:AttachRolePolicy.
pub(super) async fn attach_policy(clients: &Clients, role: &str, arn: &str) -> Answer<()> {
    let call = Call::put("iam:AttachRolePolicy", role);
    let said = clients.iam(call.mode).attach_role_policy().role_name(role).policy_arn(arn).send().await;
    said.map(drop).map_err(|error| call.failed(error))
}

/// iam:DetachRolePolicy.
pub(super) async fn detach_policy(clients: &Clients, role: &str, arn: &str) -> Answer<()> {
    let call = Call::put("iam:DetachRolePolicy", role);
    let said = clients.iam(call.mode).detach_role_policy().role_name(role).policy_arn(arn).send().await;
    gone(said.map(drop).map_err(|error| call.failed(error)))
}

/// iam:GetPolicy, then iam:GetPolicyVersion of the default version.
pub(super) async fn managed_policy(clients: &Clients, arn: &str) -> Answer<Option<String>> {
    let client = clients.iam(Mode::Read);
    let call = Call::read("iam:GetPolicy", arn);
    let said = client.get_policy().policy_arn(arn).send().await;
    let Some(said) = absent(said.map_err(|error| call.failed(error)))? else { return Ok(None) };
    let version = said.policy().and_then(aws_sdk_iam::types::Policy::default_version_id);
    let version = call.need("DefaultVersionId", version)?;
    let call = Call::read("iam:GetPolicyVersion", arn);
    let said = client.get_policy_version().policy_arn(arn).version_id(version).send().await;
    let Some(said) = absent(said.map_err(|error| call.failed(error)))? else { return Ok(None) };
    let text = said.policy_version().and_then(aws_sdk_iam::types::PolicyVersion::document);
    decoded(&call, &call.need("Document", text)?).map(Some)
}

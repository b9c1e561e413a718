//! IAM roles and what is attached to them.

use super::call::{Call, absent};
use super::config::{Clients, incomplete};
use super::retry::Mode;
use crate::ports::{Answer, NewRole, Role, Tags};
use aws_sdk_iam::types::{self, Tag};
use percent_encoding::percent_decode_str;

/// A document as IAM gives it: percent-encoded (RFC 3986), `+` standing for itself.
pub(super) fn decoded(call: &Call, text: &str) -> Answer<String> {
    let bytes = percent_decode_str(text).decode_utf8();
    bytes.map(std::borrow::Cow::into_owned).map_err(|_| call.unreadable("the document is not UTF-8"))
}

/// Tags as the SDK takes them.
pub(super) fn tags(tags: &Tags) -> Answer<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build().map_err(|error| incomplete(&error));
    tags.iter().map(tag).collect()
}

/// Tags as the SDK gives them.
pub(super) fn read_tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn read(call: &Call, found: Option<&types::Role>) -> Answer<Role> {
    let found = found.ok_or_else(|| call.unreadable("the field Role is missing"))?;
    let boundary = found.permissions_boundary().and_then(types::AttachedPermissionsBoundary::permissions_boundary_arn);
    Ok(Role {
        name: call.need("RoleName", Some(found.role_name()))?,
        arn: call.need("Arn", Some(found.arn()))?,
        id: call.need("RoleId", Some(found.role_id()))?,
        path: call.need("Path", Some(found.path()))?,
        trust: decoded(call, found.assume_role_policy_document().unwrap_or_default())?,
        description: found.description().unwrap_or_default().to_owned(),
        boundary: boundary.unwrap_or_default().to_owned(),
        tags: read_tags(found.tags()),
    })
}

/// iam:GetRole.
pub(super) async fn role(clients: &Clients, name: &str) -> Answer<Option<Role>> {
    let call = Call::read("iam:GetRole", name);
    let said = clients.iam(Mode::Read).get_role().role_name(name).send().await;
    match absent(said.map_err(|error| call.failed(error)))? {
        Some(said) => {
            let role = read(&call, said.role())?;
            if role.trust.is_empty() { Err(call.unreadable("the trust policy is missing")) } else { Ok(Some(role)) }
        }
        None => Ok(None),
    }
}

/// iam:CreateRole: path, boundary, description and tags in the one call.
pub(super) async fn create_role(clients: &Clients, role: &NewRole) -> Answer<Role> {
    let call = Call::create("iam:CreateRole", &role.name);
    let said = clients
        .iam(call.mode)
        .create_role()
        .role_name(&role.name)
        .path(&role.path)
        .assume_role_policy_document(&role.trust)
        .set_description(some(&role.description))
        .set_permissions_boundary(some(&role.boundary))
        .set_tags(Some(tags(&role.tags)?))
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    // CreateRole answers neither tags nor boundary in full everywhere: what was sent is what was made.
    let mut made = read(&call, said.role())?;
    made.trust.clone_from(&role.trust);
    made.tags.clone_from(&role.tags);
    made.boundary.clone_from(&role.boundary);
    Ok(made)
}

/// iam:DeleteRole.
pub(super) async fn delete_role(clients: &Clients, name: &str) -> Answer<()> {
    let call = Call::put("iam:DeleteRole", name);
    let said = clients.iam(call.mode).delete_role().role_name(name).send().await;
    said.map(drop).map_err(|error| call.failed(error))
}

/// iam:UpdateAssumeRolePolicy.
pub(super) async fn put_trust(clients: &Clients, role: &str, document: &str) -> Answer<()> {
    let call = Call::put("iam:UpdateAssumeRolePolicy", role);
    let request = clients.iam(call.mode).update_assume_role_policy().role_name(role).policy_document(document);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// iam:UpdateRole.
pub(super) async fn describe_role(clients: &Clients, role: &str, description: &str) -> Answer<()> {
    let call = Call::put("iam:UpdateRole", role);
    let request = clients.iam(call.mode).update_role().role_name(role).description(description);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// iam:PutRolePermissionsBoundary, or iam:DeleteRolePermissionsBoundary.
pub(super) async fn put_boundary(clients: &Clients, role: &str, boundary: &str) -> Answer<()> {
    if boundary.is_empty() {
        let call = Call::put("iam:DeleteRolePermissionsBoundary", role);
        let said = clients.iam(call.mode).delete_role_permissions_boundary().role_name(role).send().await;
        return said.map(drop).map_err(|error| call.failed(error));
    }
    let call = Call::put("iam:PutRolePermissionsBoundary", role);
    let request = clients.iam(call.mode).put_role_permissions_boundary().role_name(role).permissions_boundary(boundary);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// iam:TagRole.
pub(super) async fn tag_role(clients: &Clients, role: &str, new: &Tags) -> Answer<()> {
    let call = Call::put("iam:TagRole", role);
    let request = clients.iam(call.mode).tag_role().role_name(role).set_tags(Some(tags(new)?));
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// iam:UntagRole.
pub(super) async fn untag_role(clients: &Clients, role: &str, keys: &[String]) -> Answer<()> {
    let call = Call::put("iam:UntagRole", role);
    let request = clients.iam(call.mode).untag_role().role_name(role).set_tag_keys(Some(keys.to_vec()));
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

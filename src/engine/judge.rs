//! What a role may do by what IAM says back of it: its policies, its boundary, judged here.

use crate::domain::policy::{Caller, Context, Decision, Document, Evidence, Request, evaluate};
use crate::ports::{Answer, Aws, BucketRef, Role};
use futures::future::try_join_all;
use futures::try_join;

/// What a role may do: the texts of its inline and attached policies, and of its boundary.
pub(super) struct Permissions {
    /// Inline and attached policies.
    pub policies: Vec<String>,
    /// The permissions boundary, if there is one.
    pub boundary: Option<String>,
}

/// Reads a role's policies.
pub(super) async fn permissions(aws: &dyn Aws, role: &Role) -> Answer<Permissions> {
    let inline = async {
        let names = aws.role_policies(&role.name).await?;
        try_join_all(names.iter().map(|name| aws.role_policy(&role.name, name))).await
    };
    let attached = async {
        let arns = aws.attached_policies(&role.name).await?;
        try_join_all(arns.iter().map(|arn| aws.managed_policy(arn))).await
    };
    let boundary = async {
        if role.boundary.is_empty() {
            return Ok(None);
        }
        // One that is gone allows nothing.
        Ok(Some(aws.managed_policy(&role.boundary).await?.unwrap_or_else(|| "{}".to_owned())))
    };
    let (inline, attached, boundary) = try_join!(inline, attached, boundary)?;
    Ok(Permissions { policies: inline.into_iter().chain(attached).flatten().collect(), boundary })
}

/// Something that a role is asked for in a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The role's ARN.
    pub role_arn: &'a str,
    /// The session's ARN, or empty.
    pub session: &'a str,
    /// The bucket.
    pub bucket: &'a BucketRef,
    /// `s3:ListBucket`, or an action on objects.
    pub action: &'a str,
    /// The prefix that is listed, or the object's key.
    pub key: &'a str,
}

/// Whether the role's own policies allow it; `None` where one of them cannot be read.
pub(super) fn may(permissions: &Permissions, wanted: Wanted<'_>) -> Option<Decision> {
    let identity = permissions.policies.iter().map(|text| Document::parse(text).ok()).collect::<Option<Vec<_>>>()?;
    let boundary = permissions.boundary.as_ref().map(|text| Document::parse(text).unwrap_or_default());
    let account = &wanted.bucket.account;
    let partition = wanted.role_arn.split(':').nth(1).unwrap_or("aws");
    let of_bucket = format!("arn:{partition}:s3:::{}", wanted.bucket.name);
    let mut context = Context::new()
        .with("s3:ResourceAccount", account)
        .with("aws:ResourceAccount", account)
        .with("aws:SecureTransport", "true")
        .with("aws:PrincipalArn", wanted.role_arn)
        .with("aws:PrincipalAccount", account);
    let resource = if wanted.action == "s3:ListBucket" {
        context = context.with("s3:prefix", wanted.key).with("s3:delimiter", "/");
        of_bucket
    } else {
        format!("{of_bucket}/{}", wanted.key)
    };
    let (arn, session, account) = (wanted.role_arn.to_owned(), wanted.session.to_owned(), account.clone());
    let caller = Caller::Identity { arn, session, account };
    let request = Request { caller, action: wanted.action.to_owned(), resource, context };
    Some(evaluate(&request, &Evidence { identity, boundary, resource: None }))
}

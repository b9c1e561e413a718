//! What trust and permissions say by themselves, before AWS is asked.

use super::links::Found;
use super::look::Seen;
use crate::domain::RoleArn;
use crate::domain::policy::{
    Caller, Context, Decision, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate,
};

/// The audience of IRSA's tokens.
pub(super) const AUDIENCE: &str = "sts.amazonaws.com";

/// Whether the role of the annotation is there and trusts the service account.
pub(super) fn trust(seen: &Seen) -> Found {
    let Some(arn) = &seen.role_arn else { return Found::unknown("the service account names no role") };
    let Ok(parsed) = RoleArn::parse(arn) else { return Found::broken(format!("{arn} is not the ARN of a role")) };
    let Ok(caller) = &seen.caller else { return Found::unknown("the account is not known") };
    if parsed.account().as_str() != caller.account {
        return Found::unknown(format!("{arn} is a role of another account, whose trust cannot be read"));
    }
    let role = match &seen.role {
        None => return Found::unknown("the role could not be asked for"),
        Some(Err(trouble)) => return Found::unknown(trouble),
        Some(Ok(None)) => return Found::broken(format!("there is no role {arn}")),
        Some(Ok(Some(role))) => role,
    };
    if role.arn != *arn {
        return Found::broken(format!("the role is {}, the service account names {arn}", role.arn));
    }
    let Some(provider) = &seen.provider_arn else { return Found::unknown("the issuer is not known") };
    let Ok(document) = Document::parse(&role.trust) else {
        return Found::unknown(format!("the trust policy of {arn} cannot be read"));
    };
    let issuer = provider.split_once("oidc-provider/").map_or("", |(_, issuer)| issuer);
    let subject = format!("system:serviceaccount:{}:{}", seen.namespace, seen.account_name);
    let context = Context::new().with(&format!("{issuer}:sub"), &subject).with(&format!("{issuer}:aud"), AUDIENCE);
    let request = Request {
        caller: Caller::Federated(provider.clone()),
        action: "sts:AssumeRoleWithWebIdentity".to_owned(),
        resource: arn.clone(),
        context,
    };
    let trust = ResourcePolicy { kind: ResourceKind::Trust, account: caller.account.clone(), document };
    let decision = evaluate(&request, &Evidence { resource: Some(trust), ..Evidence::default() });
    decided(&decision, &format!("{arn} trusts {subject}"), &format!("{arn} does not trust {subject} of {issuer}"))
}

/// Whether the role's own policies let it list in the location's bucket.
pub(super) fn permissions(seen: &Seen) -> Found {
    let (Some(arn), Some((bucket, prefix))) = (&seen.role_arn, &seen.bucket) else {
        return Found::unknown("there is no role or no bucket to ask for");
    };
    let permissions = match &seen.permissions {
        None => return Found::unknown("the role's policies could not be asked for"),
        Some(Err(trouble)) => return Found::unknown(trouble),
        Some(Ok(permissions)) => permissions,
    };
    let read = |text: &String| Document::parse(text).ok();
    let identity: Option<Vec<Document>> = permissions.policies.iter().map(read).collect();
    let Some(identity) = identity else { return Found::unknown("a policy of the role cannot be read") };
    let boundary = permissions.boundary.as_ref().map(|text| read(text).unwrap_or_default());
    let account = bucket.account.clone();
    let partition = arn.split(':').nth(1).unwrap_or("aws");
    let session = seen.session.as_ref().and_then(|session| session.as_ref().ok());
    let context = Context::new()
        .with("s3:prefix", prefix)
        .with("s3:delimiter", "/")
        .with("s3:ResourceAccount", &account)
        .with("aws:ResourceAccount", &account)
        .with("aws:SecureTransport", "true")
        .with("aws:PrincipalArn", arn)
        .with("aws:PrincipalAccount", &account);
    let request = Request {
        caller: Caller::Identity {
            arn: arn.clone(),
            session: session.map(|session| session.arn.clone()).unwrap_or_default(),
            account,
        },
        action: "s3:ListBucket".to_owned(),
        resource: format!("arn:{partition}:s3:::{}", bucket.name),
        context,
    };
    let decision = evaluate(&request, &Evidence { identity, boundary, resource: None });
    let place = format!("s3:ListBucket on {}", bucket.name);
    decided(&decision, &format!("{arn} may {place}"), &format!("{arn} may not {place}"))
}

/// What the evaluator does not know decides nothing: AWS is asked besides.
fn decided(decision: &Decision, yes: &str, no: &str) -> Found {
    match decision {
        Decision::Allowed => Found::ok(yes),
        Decision::Denied { because, .. } if because.contains("not known to this evaluator") => {
            Found::unknown(format!("lifeboat cannot tell: {because}"))
        }
        Decision::Denied { because, .. } => Found::broken(format!("{no}: {because}")),
    }
}

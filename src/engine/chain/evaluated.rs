//! What trust and permissions say by themselves, before AWS is asked.

use super::links::Found;
use super::look::Seen;
use crate::domain::policy::{
    Caller, Context, Decision, Document, Evidence, PodSession, Request, ResourceKind, ResourcePolicy, evaluate,
    trusts_pod,
};
use crate::domain::{Identity, RoleArn};
use crate::engine::judge::{self, Wanted};
use crate::ports::Role;

/// The audience of IRSA's tokens.
pub(super) const AUDIENCE: &str = "sts.amazonaws.com";

/// Whether the role of the annotation or the association is there and trusts the service account.
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
    let Ok(document) = Document::parse(&role.trust) else {
        return Found::unknown(format!("the trust policy of {arn} cannot be read"));
    };
    if seen.identity == Identity::PodIdentity {
        return pod_trust(seen, role, &document, &caller.account);
    }
    let Some(provider) = &seen.provider_arn else { return Found::unknown("the issuer is not known") };
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

/// Whether the association's role trusts EKS for the service account's pods.
fn pod_trust(seen: &Seen, role: &Role, document: &Document, account: &str) -> Found {
    let Some(Ok(Some(cluster))) = &seen.cluster else { return Found::unknown("the cluster is not known") };
    let tagged = !matches!(&seen.association, Some(Ok(Some(there))) if there.disable_session_tags);
    let pod = PodSession {
        account,
        cluster_arn: &cluster.arn,
        cluster: &cluster.name,
        namespace: &seen.namespace,
        service_account: &seen.account_name,
        pod: "any",
        uid: "any",
        tagged,
    };
    let decision = trusts_pod(document, &role.arn, &pod);
    let who = format!("the pods of {}/{} in {}", seen.namespace, seen.account_name, cluster.name);
    let tags = if tagged { "" } else { " (its association's sessions carry no tags)" };
    let (arn, yes) = (&role.arn, format!("{} trusts EKS for {who}", role.arn));
    decided(&decision, &yes, &format!("{arn} does not trust EKS for {who}{tags}"))
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
    let session = seen.session.as_ref().and_then(|session| session.as_ref().ok());
    let session = session.map_or("", |session| session.arn.as_str());
    let wanted = Wanted { role_arn: arn, session, bucket, action: "s3:ListBucket", key: prefix };
    let Some(decision) = judge::may(permissions, wanted) else {
        return Found::unknown("a policy of the role cannot be read");
    };
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

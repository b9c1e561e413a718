//! The cluster's OIDC provider in IAM (security.md 1.8): shared by every IRSA role of the cluster.

use crate::domain::Identity;
use crate::plan::scope::Scope;
use crate::plan::{ChangeKind, Draft, Op};
use serde_json::json;

/// The audience of the tokens that the identity webhook asks for, in every partition (security.md 1.8).
pub const AUDIENCE: &str = "sts.amazonaws.com";

/// Plans `oidc-provider`, which Pod Identity does without: made without a thumbprint and without a connection to the issuer; an existing
/// one is taken as it is, and only a missing audience is added.
pub fn provider(scope: &Scope<'_>, draft: &mut Draft) {
    let (Identity::Irsa, Some(issuer)) = (scope.names.identity, &scope.issuer) else { return };
    let arn = &scope.names.provider_arn;
    let change = scope
        .change("oidc-provider", ChangeKind::Iam, format!("OIDC provider {}", issuer.host_path()))
        .why("IAM has to know the cluster's issuer before it accepts a service account's token")
        .undo("deleted, unless a role other than ours trusts it; an added audience is taken back")
        .desired(json!({"issuer": issuer.as_str(), "audience": AUDIENCE}));
    let change = match &scope.site.provider {
        None => change.create(vec![Op::CreateProvider {
            arn: arn.clone(),
            issuer: issuer.as_str().to_owned(),
            audience: AUDIENCE.to_owned(),
            tags: scope.tags.clone(),
        }]),
        Some(provider) if provider.audiences.iter().any(|audience| audience == AUDIENCE) => change,
        Some(_) => change.update(
            vec![Op::AddAudience { arn: arn.clone(), audience: AUDIENCE.to_owned() }],
            vec![format!("+audience {AUDIENCE}")],
        ),
    };
    draft.push(change);
}

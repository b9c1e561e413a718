//! Our statements in trust policies, and how long such a policy may get.

use super::provider::AUDIENCE;
use crate::domain::policy::{POD_ACTIONS, PODS, TRUST_QUOTA, compact_len};
use crate::domain::{Identity, Tool};
use crate::plan::Draft;
use crate::plan::answers::SpacesTrust;
use crate::plan::scope::{Scope, problem};
use crate::plan::spaces::Trusted;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// From how many of the quota's hundredths on the size is mentioned.
const NEAR: usize = 80;

/// `Lifeboat` and 16 hex of the SHA-256 of `IDENTITY/CLUSTER-ARN/NAMESPACE/SERVICE-ACCOUNT` (contract, Answers).
pub fn sid(scope: &Scope<'_>) -> String {
    let names = &scope.names;
    // A Space's controllers run in many namespaces: one statement names them all.
    let namespace = if names.tool == Tool::UpboundSpaces { "*" } else { &names.namespace };
    let text = format!("{}/{}/{namespace}/{}", names.identity.as_str(), scope.cluster_arn, names.service_account);
    format!("Lifeboat{}", &hex::encode(Sha256::digest(text))[..16])
}

/// The statement by which one cluster's service account may take the role.
pub fn statement(scope: &Scope<'_>) -> Value {
    match scope.names.identity {
        Identity::Irsa => irsa(scope, &sid(scope)),
        Identity::PodIdentity => pod_identity(scope, &sid(scope)),
    }
}

/// The form of security.md 1.2: audience and subject, both `StringEquals`.
fn irsa(scope: &Scope<'_>, sid: &str) -> Value {
    let issuer = scope.issuer_path();
    if scope.names.tool == Tool::UpboundSpaces {
        return space(scope, sid);
    }
    let subject = format!("system:serviceaccount:{}:{}", scope.names.namespace, scope.names.service_account);
    json!({
        "Sid": sid, "Effect": "Allow",
        "Principal": {"Federated": scope.names.provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{issuer}:aud"): AUDIENCE, format!("{issuer}:sub"): subject}}
    })
}

/// The form of security.md 1.3: EKS may assume the role, for pods of this account, cluster, namespace and service
/// account alone.
fn pod_identity(scope: &Scope<'_>, sid: &str) -> Value {
    const NAMESPACE: &str = "aws:RequestTag/kubernetes-namespace";
    let names = &scope.names;
    let mut condition = json!({"StringEquals": {
        "aws:SourceAccount": names.account,
        "aws:RequestTag/eks-cluster-arn": scope.cluster_arn,
        NAMESPACE: names.namespace,
        "aws:RequestTag/kubernetes-service-account": names.service_account,
    }});
    if names.tool == Tool::UpboundSpaces {
        let trusted = Trusted::of(scope);
        if let Some(equals) = condition["StringEquals"].as_object_mut() {
            equals.shift_remove(NAMESPACE);
        }
        condition[trusted.operator][NAMESPACE] = json!(trusted.namespaces);
    }
    json!({
        "Sid": sid, "Effect": "Allow",
        "Principal": {"Service": PODS},
        "Action": POD_ACTIONS,
        "Condition": condition
    })
}

/// The controllers of a Space: the audience always `StringEquals`; the subjects a list, or the pattern of their
/// namespaces.
fn space(scope: &Scope<'_>, sid: &str) -> Value {
    let issuer = scope.issuer_path();
    let trusted = Trusted::of(scope);
    let (audience, subject) = (format!("{issuer}:aud"), format!("{issuer}:sub"));
    let mut condition = json!({"StringEquals": {audience: AUDIENCE}});
    condition[trusted.operator][subject] = trusted.subjects();
    json!({
        "Sid": sid, "Effect": "Allow",
        "Principal": {"Federated": scope.names.provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition
    })
}

/// The size meter: warns before the quota is reached and refuses before sending (security.md 1.1).
pub fn fits(scope: &Scope<'_>, draft: &mut Draft, trust: &str) -> bool {
    let length = compact_len(trust);
    let role = &scope.names.role;
    if length <= TRUST_QUOTA {
        if length * 100 >= TRUST_QUOTA * NEAR {
            draft.note(format!(
                "the trust policy of {role} has {length} of IAM's {TRUST_QUOTA} characters: {}",
                offer(scope)
            ));
        }
        return true;
    }
    draft.problems.0.push(problem(
        "role.name",
        &format!("the trust policy of {role} would have {length} characters"),
        &format!("IAM takes {TRUST_QUOTA} by default (quota L-C07B4B0D)"),
        &format!("{}, or raise the quota", capital(offer(scope))),
    ));
    false
}

/// What to do instead of a longer trust policy.
fn offer(scope: &Scope<'_>) -> &'static str {
    let named = scope.names.tool == Tool::UpboundSpaces && scope.answers.spaces.trust == SpacesTrust::Enumerated;
    if scope.names.identity == Identity::PodIdentity && named {
        "use spaces.trust = \"pattern\", which is as long however many control planes there are"
    } else if scope.names.identity == Identity::PodIdentity {
        "use a role for each cluster (role.shared = false, or another role.name)"
    } else if named {
        "use spaces.trust = \"pattern\", which is as long however many control planes there are, or EKS Pod Identity"
    } else if scope.answers.role.shared && !scope.answers.restore_clusters.is_empty() {
        "use a role for each cluster (role.shared = false), or EKS Pod Identity"
    } else {
        "use a role of its own for this cluster (role.name), or EKS Pod Identity"
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

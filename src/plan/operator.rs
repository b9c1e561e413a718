//! The smallest policy with which an operator can apply a plan: the calls of its ops, on their resources.

use super::pod_identity::rights as pod_identity;
use super::{Op, Plan, SettingName};
use crate::domain::Identity;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The policy of the changes that are to be made, and of the reads that precede them.
pub fn policy(plan: &Plan) -> Value {
    let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let ops = || plan.changes.iter().flat_map(|change| &change.ops);
    let reads = reads(plan).into_iter().chain(pod_identity::reads(plan));
    let writes = ops().map(|op| call(plan, op)).chain(ops().flat_map(|op| pod_identity::calls(plan, op)));
    for (resource, actions) in reads.chain(writes) {
        let list = needs.entry(resource).or_default();
        for action in actions {
            if !list.iter().any(|there| there == action) {
                list.push((*action).to_owned());
            }
        }
    }
    needs.retain(|_, actions| !actions.is_empty());
    let statements: Vec<Value> = needs
        .into_iter()
        .enumerate()
        .map(|(at, (resource, actions))| json!({"Sid": format!("Lifeboat{at}"), "Effect": "Allow", "Action": actions, "Resource": resource}))
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn bucket(plan: &Plan) -> String {
    format!("arn:{}:s3:::{}", plan.names.partition, plan.names.bucket)
}

/// What is read before anything is decided.
fn reads(plan: &Plan) -> Vec<(String, &'static [&'static str])> {
    let names = &plan.names;
    let mut out = Vec::new();
    for site in &plan.sites {
        let cluster = format!("arn:{}:eks:{}:{}:cluster/{}", site.partition, site.region, site.account, site.cluster);
        out.push((cluster, &["eks:DescribeCluster"][..]));
        if site.identity == Identity::Irsa {
            out.push((site.provider_arn.clone(), &["iam:GetOpenIDConnectProvider"]));
        }
        out.push((site.role_arn.clone(), &["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"]));
    }
    if plan.parts.iter().any(|document| document.text.contains("\"kms:")) {
        let keys = format!("arn:{}:kms:{}:{}:key/*", names.partition, names.bucket_region, names.account);
        out.push((keys, &["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"]));
        out.push(("*".to_owned(), &["kms:ListAliases"]));
    }
    out.push((
        bucket(plan),
        &[
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:GetBucketPolicy",
            "s3:GetLifecycleConfiguration",
            "s3:GetEncryptionConfiguration",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketVersioning",
            "s3:GetBucketTagging",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketRequestPayment",
        ],
    ));
    out.retain(|(resource, _)| !resource.is_empty());
    out
}

/// The ARN of the role of a name, whichever cluster it is of.
fn role_arn(plan: &Plan, role: &str) -> String {
    plan.sites
        .iter()
        .find(|site| site.role == role)
        .map_or_else(|| plan.names.role_arn.clone(), |site| site.role_arn.clone())
}

/// The IAM actions of an op and what they are on.
fn call(plan: &Plan, op: &Op) -> (String, &'static [&'static str]) {
    let names = &plan.names;
    let key = |region: &str, id: &str| format!("arn:{}:kms:{region}:{}:key/{id}", names.partition, names.account);
    match op {
        Op::CreateProvider { arn, .. } => {
            (arn.clone(), &["iam:CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider"])
        }
        Op::AddAudience { arn, .. } => (arn.clone(), &["iam:AddClientIDToOpenIDConnectProvider"]),
        Op::CreateBucket { .. } => {
            (bucket(plan), &["s3:CreateBucket", "s3:TagResource", "s3:PutBucketOwnershipControls"])
        }
        Op::PutSetting { setting, .. } => (bucket(plan), setting_action(*setting)),
        Op::CreateKey { .. } => ("*".to_owned(), &["kms:CreateKey", "kms:TagResource"]),
        Op::CreateAlias { region, key: id, .. } => {
            (key(region, if id == super::KNOWN_AFTER_APPLY { "*" } else { id }), &["kms:CreateAlias"])
        }
        Op::Rotate { region, key: id, .. } => (
            key(region, if id == super::KNOWN_AFTER_APPLY { "*" } else { id }),
            &["kms:EnableKeyRotation", "kms:GetKeyRotationStatus"],
        ),
        Op::CreateRole { name, .. } => (role_arn(plan, name), &["iam:CreateRole", "iam:TagRole"]),
        Op::PutTrust { role, .. } => (role_arn(plan, role), &["iam:UpdateAssumeRolePolicy"]),
        Op::DescribeRole { role, .. } => (role_arn(plan, role), &["iam:UpdateRole"]),
        Op::PutBoundary { role, .. } => (role_arn(plan, role), &["iam:PutRolePermissionsBoundary"]),
        Op::TagRole { role, .. } => (role_arn(plan, role), &["iam:TagRole"]),
        Op::PutRolePolicy { role, .. } => (role_arn(plan, role), &["iam:PutRolePolicy"]),
        Op::AttachPolicy { role, .. } => (role_arn(plan, role), &["iam:AttachRolePolicy"]),
        Op::Canary(_)
        | Op::ProveVolume(_)
        | Op::RestoreElsewhere(_)
        | Op::RancherCanary(_)
        | Op::ProveToken(_)
        | Op::SpaceCanary(_) => (format!("{}/{}*", bucket(plan), names.prefix), &["s3:DeleteObjectVersion"]),
        _ => (String::new(), &[]),
    }
}

fn setting_action(setting: SettingName) -> &'static [&'static str] {
    match setting {
        SettingName::Policy => &["s3:PutBucketPolicy"],
        SettingName::Lifecycle => &["s3:PutLifecycleConfiguration"],
        SettingName::Encryption => &["s3:PutEncryptionConfiguration"],
        SettingName::PublicAccess => &["s3:PutBucketPublicAccessBlock"],
        SettingName::Ownership => &["s3:PutBucketOwnershipControls"],
        SettingName::Versioning => &["s3:PutBucketVersioning"],
        SettingName::Tagging => &["s3:PutBucketTagging"],
        SettingName::ObjectLock => &["s3:PutBucketObjectLockConfiguration"],
    }
}

//! What an operator needs for Pod Identity, and the same by hand.

use super::AGENT;
use crate::domain::Identity;
use crate::plan::commands::{quoted, tag_map};
use crate::plan::{Names, Op, Plan};

/// Actions on a resource.
pub type Right = (String, &'static [&'static str]);

fn eks(names: &Names, region: &str, resource: &str) -> String {
    format!("arn:{}:eks:{region}:{}:{resource}", names.partition, names.account)
}

/// What is read of every cluster before anything is decided.
pub fn reads(plan: &Plan) -> Vec<Right> {
    let of = |names: &Names| -> Vec<Right> {
        let on = |resource: String| eks(names, &names.region, &resource);
        vec![
            (on(format!("cluster/{}", names.cluster)), &["eks:ListPodIdentityAssociations"]),
            (on(format!("addon/{}/{AGENT}/*", names.cluster)), &["eks:DescribeAddon"]),
            (on(format!("podidentityassociation/{}/*", names.cluster)), &["eks:DescribePodIdentityAssociation"]),
            // It names no resource.
            ("*".to_owned(), &["eks:DescribeAddonVersions"]),
        ]
    };
    plan.sites.iter().filter(|names| names.identity == Identity::PodIdentity).flat_map(of).collect()
}

/// What an op calls. An association passes the role to EKS (security.md 1.7).
pub fn calls(plan: &Plan, op: &Op) -> Vec<Right> {
    let names = &plan.names;
    match op {
        Op::CreateAddon { region, cluster, name, .. } => vec![
            (eks(names, region, &format!("cluster/{cluster}")), &["eks:CreateAddon"]),
            (eks(names, region, &format!("addon/{cluster}/{name}/*")), &["eks:TagResource"]),
        ],
        Op::CreateAssociation { region, cluster, role_arn, .. } => vec![
            (eks(names, region, &format!("cluster/{cluster}")), &["eks:CreatePodIdentityAssociation"]),
            (eks(names, region, &format!("podidentityassociation/{cluster}/*")), &["eks:TagResource"]),
            (role_arn.clone(), &["iam:PassRole", "iam:GetRole"]),
        ],
        Op::UpdateAssociation { region, cluster, id, role_arn, .. } => vec![
            (
                eks(names, region, &format!("podidentityassociation/{cluster}/{id}")),
                &["eks:UpdatePodIdentityAssociation"],
            ),
            (role_arn.clone(), &["iam:PassRole", "iam:GetRole"]),
        ],
        _ => Vec::new(),
    }
}

/// The aws commands of an op; `None` for another's.
pub fn commands(names: &Names, op: &Op) -> Option<Vec<String>> {
    let line = match op {
        Op::CreateAddon { region, cluster, name, tags, .. } => format!(
            "aws eks create-addon --region {} --cluster-name {} --addon-name {} --resolve-conflicts NONE --tags {}",
            quoted(region),
            quoted(cluster),
            quoted(name),
            tag_map(tags)
        ),
        Op::AwaitAddon { region, cluster, name } => format!(
            "aws eks wait addon-active --region {} --cluster-name {} --addon-name {}",
            quoted(region),
            quoted(cluster),
            quoted(name)
        ),
        Op::CreateAssociation { region, namespace, service_account, .. } => format!(
            "aws eks create-pod-identity-association --region {} --cli-input-json {}",
            quoted(region),
            quoted(&format!("file://eks/{}/association-{namespace}-{service_account}.json", names.folder))
        ),
        Op::UpdateAssociation { region, cluster, id, role_arn, .. } => format!(
            "aws eks update-pod-identity-association --region {} --cluster-name {} --association-id {} --role-arn {}",
            quoted(region),
            quoted(cluster),
            quoted(id),
            quoted(role_arn)
        ),
        _ => return None,
    };
    Some(vec![line])
}

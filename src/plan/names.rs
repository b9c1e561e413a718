//! The names that a plan works with in one cluster.

use super::answers::{AccessMode, Answers, SiteAnswer};
use super::{Facts, Place, SiteFacts, Way, velero};
use crate::domain::{AccountId, Identity, Issuer, Tool};
use crate::ports::BucketHead;

/// The names that a plan works with in one cluster, for those who apply, show and watch it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Names {
    pub tool: Tool,
    pub identity: Identity,
    /// Empty for the cluster that is backed up, else `:CLUSTER` (`:CLUSTER.REGION` where the name repeats).
    pub suffix: String,
    /// The cluster in the paths of documents: its name, or `CLUSTER.REGION` where the name repeats.
    pub folder: String,
    pub account: String,
    pub partition: String,
    pub region: String,
    pub cluster: String,
    pub bucket: String,
    pub bucket_region: String,
    /// `PREFIX/`, or empty for the bucket's root.
    pub prefix: String,
    pub role: String,
    pub role_arn: String,
    pub provider_arn: String,
    pub namespace: String,
    pub service_account: String,
    pub release: String,
    /// The tool's Deployment.
    pub deployment: String,
    pub location: String,
    /// The Schedule's object name, or empty.
    pub schedule: String,
    /// Whether the location is written to.
    pub writes: bool,
}

/// The names in one cluster, which is in the folder of that name in the documents; 0 is the one that is backed up.
#[allow(clippy::too_many_arguments)]
pub fn names(
    answers: &Answers,
    facts: &Facts,
    site: &SiteFacts,
    place: &SiteAnswer<'_>,
    at: usize,
    folder: String,
    issuer: Option<&Issuer>,
    installed: Place,
) -> Names {
    let part = facts.caller.partition.clone();
    let account = facts.caller.account.clone();
    let bucket_region = match &facts.bucket.head {
        BucketHead::Ours(region) => region.clone(),
        _ => answers.bucket_region().to_string(),
    };
    let path = site.role.as_ref().map_or(answers.role.path.as_str(), |role| role.role.path.as_str());
    let bucket = bucket_name(answers, &account);
    let prefix = answers.prefix().slashed();
    Names {
        tool: answers.tool,
        identity: answers.identity,
        suffix: if at == 0 { String::new() } else { format!(":{folder}") },
        folder,
        role_arn: format!("arn:{part}:iam::{account}:role{path}{}", place.role),
        provider_arn: issuer.map_or_else(String::new, |issuer| {
            format!("arn:{part}:iam::{account}:oidc-provider/{}", issuer.host_path())
        }),
        region: place.region.to_string(),
        cluster: place.name.to_string(),
        role: place.role.to_string(),
        location: match answers.tool {
            Tool::UpboundSpaces => answers.spaces.config_name.to_string(),
            _ => velero::location_name(answers, site, at, &bucket, &prefix),
        },
        schedule: if at == 0 { schedule_name(answers, site, &installed.release) } else { String::new() },
        deployment: deployment_name(answers, site, &installed),
        namespace: installed.namespace,
        service_account: installed.service_account,
        release: installed.release,
        // The mode is Velero's: the others know none.
        writes: at == 0 && (answers.tool != Tool::Velero || answers.velero.access_mode == AccessMode::ReadWrite),
        bucket,
        prefix,
        partition: part,
        account,
        bucket_region,
    }
}

fn bucket_name(answers: &Answers, account: &str) -> String {
    if !answers.bucket.account_regional {
        return answers.bucket.name.to_string();
    }
    AccountId::parse(account)
        .ok()
        .and_then(|account| answers.bucket.name.account_regional(&account, &answers.bucket_region()).ok())
        .map_or_else(|| answers.bucket.name.to_string(), |name| name.to_string())
}

/// What the tool's Deployment is called once the plan is made.
fn deployment_name(answers: &Answers, site: &SiteFacts, installed: &Place) -> String {
    let running = || site.kube.deployment.as_ref().and_then(|it| it["metadata"]["name"].as_str()).map(str::to_owned);
    match (answers.tool, &installed.way) {
        (Tool::Velero, Way::Release) => velero::deployment_of(answers, site, &installed.release),
        (Tool::Velero, _) => running().unwrap_or_else(|| velero::deployment_name().to_owned()),
        (tool, _) => tool.deployment().to_owned(),
    }
}

/// The chart names a Schedule `<fullname>-<key>`; the key of ours is `lifeboat`.
fn schedule_name(answers: &Answers, site: &SiteFacts, release: &str) -> String {
    if answers.tool != Tool::Velero || answers.velero.schedule.is_none() {
        return String::new();
    }
    format!("{}-lifeboat", velero::fullname(answers, site, release))
}

//! The names and references that all parts of one plan share.

use super::answers::{Answers, EncryptionKind, Problem, Problems};
use super::{Change, Consent, Facts, KNOWN_AFTER_APPLY, Target};
use crate::domain::{AccountId, Issuer, Partition, Shown};
use crate::ports::{BucketHead, Setting, Tags};
use serde_json::Value;

/// The names that a plan works with, for those who apply, show and watch it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Names {
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
    pub location: String,
    /// The Schedule's object name, or empty.
    pub schedule: String,
    /// Whether the location is written to.
    pub writes: bool,
}

/// Answers and facts with what follows from both.
pub struct Scope<'a> {
    pub answers: &'a Answers,
    pub facts: &'a Facts,
    pub names: Names,
    pub issuer: Issuer,
    pub partition: Partition,
    pub cluster_arn: String,
    /// `managed-by` and the user's tags.
    pub tags: Tags,
    /// The key that encrypts the bucket, if it is not S3's own.
    pub key: Option<KeyUse>,
}

/// The key of the bucket's default encryption.
pub struct KeyUse {
    /// Its ARN, with `KNOWN-AFTER-APPLY` as id while it is to be made.
    pub arn: String,
    /// What stands for it in the digest: never what AWS gave.
    pub reference: String,
}

impl<'a> Scope<'a> {
    /// Resolves the names.
    ///
    /// # Errors
    /// What the account or the cluster refutes.
    pub fn new(answers: &'a Answers, facts: &'a Facts) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let partition = check_partition(answers, facts, &mut problems);
        let issuer = check_cluster(facts, &mut problems);
        let (Some(partition), Some(issuer)) = (partition, issuer) else { return Err(problems) };
        let bucket_region = match &facts.bucket.head {
            BucketHead::Ours(region) => region.clone(),
            _ => answers.bucket_region().to_string(),
        };
        let role_name = answers.role_name();
        let path = facts.role.as_ref().map_or(answers.role.path.as_str(), |role| role.role.path.as_str());
        let account = facts.caller.account.clone();
        let part = partition.as_str().to_owned();
        let names = Names {
            role_arn: format!("arn:{part}:iam::{account}:role{path}{role_name}"),
            provider_arn: format!("arn:{part}:iam::{account}:oidc-provider/{}", issuer.host_path()),
            region: answers.cluster.region.to_string(),
            cluster: answers.cluster.name.to_string(),
            bucket: bucket_name(answers, &account),
            prefix: answers.prefix().slashed(),
            role: role_name.to_string(),
            namespace: answers.namespace().to_string(),
            service_account: answers.service_account().to_string(),
            release: answers.release().to_string(),
            location: answers.velero.location.to_string(),
            schedule: schedule_name(answers, facts),
            writes: answers.velero.access_mode == super::answers::AccessMode::ReadWrite,
            partition: part,
            account,
            bucket_region,
        };
        let mut tags = answers.tags.clone();
        tags.insert("managed-by".to_owned(), "lifeboat".to_owned());
        let mut scope =
            Self { answers, facts, cluster_arn: facts.cluster.arn.clone(), issuer, partition, tags, key: None, names };
        scope.key = scope.key_use();
        if problems.0.is_empty() { Ok(scope) } else { Err(problems) }
    }

    fn key_use(&self) -> Option<KeyUse> {
        let names = &self.names;
        let found = self.facts.key.as_ref().map(|key| key.key.arn.clone());
        match self.answers.encryption.kind {
            EncryptionKind::Kms => {
                let reference = self.answers.encryption.key.as_ref().map(ToString::to_string).unwrap_or_default();
                let unknown = format!(
                    "arn:{}:kms:{}:{}:key/{KNOWN_AFTER_APPLY}",
                    names.partition, names.bucket_region, names.account
                );
                Some(KeyUse { arn: found.unwrap_or(unknown), reference })
            }
            EncryptionKind::BucketDefault => found.map(|arn| KeyUse { arn, reference: "bucket-default".to_owned() }),
            EncryptionKind::SseS3 => None,
        }
    }

    /// Where the plan applies.
    pub fn target(&self) -> Target {
        Target {
            partition: self.names.partition.clone(),
            account: self.names.account.clone(),
            region: self.names.region.clone(),
            cluster: self.names.cluster.clone(),
        }
    }

    /// What the answers say of a change of something that is not ours.
    pub fn consent(&self, change: &Change) -> Consent {
        let consent = &self.answers.consent;
        if consent.adopt.contains(&change.id) {
            Consent::Adopt
        } else if consent.leave.contains(&change.id) {
            Consent::Leave
        } else {
            Consent::None
        }
    }

    /// A bucket document as it is.
    pub fn setting(&self, setting: Setting) -> Option<&str> {
        self.facts.bucket.settings.get(&setting).map(String::as_str)
    }

    /// Whether the bucket is there.
    pub fn bucket_exists(&self) -> bool {
        matches!(self.facts.bucket.head, BucketHead::Ours(_))
    }

    /// Whether lifeboat made the bucket: it says so by its tag.
    pub fn bucket_is_ours(&self) -> bool {
        bucket_tags(self.setting(Setting::Tagging)).get("managed-by").is_some_and(|by| by == "lifeboat")
    }
}

/// The tags in a bucket's tagging document.
pub fn bucket_tags(document: Option<&str>) -> Tags {
    let Some(Ok(value)) = document.map(serde_json::from_str::<Value>) else { return Tags::new() };
    let pair = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
    value["TagSet"].as_array().map(|set| set.iter().filter_map(pair).collect()).unwrap_or_default()
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

/// The chart names a Schedule `<fullname>-<key>`; the key of ours is `lifeboat`.
fn schedule_name(answers: &Answers, facts: &Facts) -> String {
    if answers.velero.schedule.is_none() {
        return String::new();
    }
    format!("{}-lifeboat", super::velero::fullname(answers, facts))
}

/// N29: the region must be of the caller's own partition.
fn check_partition(answers: &Answers, facts: &Facts, problems: &mut Problems) -> Option<Partition> {
    let partition = match Partition::of_arn(&facts.caller.arn) {
        Ok(partition) => partition,
        Err(reason) => {
            problems.0.push(problem(
                "cluster.region",
                reason.what.as_str(),
                "the caller's ARN names no known partition",
                "",
            ));
            return None;
        }
    };
    for (field, region) in [("cluster.region", &answers.cluster.region), ("bucket.region", &answers.bucket_region())] {
        if Partition::of_region(region).is_some_and(|of| of != partition) {
            problems.0.push(problem(
                field,
                &format!("{region} is not in the partition {}", partition.as_str()),
                &format!("your credentials are of {}", facts.caller.arn),
                "Use credentials of that partition (--profile), or a region of this one",
            ));
        }
    }
    problems.0.is_empty().then_some(partition)
}

/// A17: a cluster that can be worked with is ACTIVE or UPDATING and has an issuer.
fn check_cluster(facts: &Facts, problems: &mut Problems) -> Option<Issuer> {
    let cluster = &facts.cluster;
    if !matches!(cluster.status.as_str(), "ACTIVE" | "UPDATING") {
        problems.0.push(problem(
            "cluster.name",
            &format!("the cluster {} is {}", cluster.name, cluster.status),
            &cluster.issues.join("; "),
            "Wait until it is ACTIVE, or choose another cluster",
        ));
        return None;
    }
    let Some(issuer) = &cluster.issuer else {
        problems.0.push(problem(
            "identity",
            &format!("the cluster {} has no OIDC issuer", cluster.name),
            "EKS names none for it, so IAM cannot know its service accounts (IRSA)",
            "",
        ));
        return None;
    };
    match Issuer::parse(issuer) {
        Ok(issuer) => Some(issuer),
        Err(reason) => {
            problems.0.push(problem("cluster.name", reason.what.as_str(), reason.why.as_str(), ""));
            None
        }
    }
}

/// A problem of a field.
pub fn problem(field: &str, what: &str, why: &str, todo: &str) -> Problem {
    Problem {
        field: field.to_owned(),
        line: None,
        what: Shown::new(what),
        why: Shown::new(why),
        todo: Shown::new(todo),
    }
}

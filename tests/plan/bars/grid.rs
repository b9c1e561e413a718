//! The grid of answers, and the documents that each gives.

use crate::world::{ACCOUNT, ISSUER, answers, cluster, document, facts, key, plan};
use lifeboat::domain::{ClusterName, KmsKeyRef, Prefix, Region, Tool};
use lifeboat::plan::answers::{AccessMode, Answers, EncryptionKind, Feature, RestoreClusterAnswer};
use lifeboat::plan::{Facts, Plan, SiteFacts};
use std::sync::LazyLock;

/// Where the bucket and the cluster are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Both in us-east-1.
    Here,
    /// The bucket in eu-central-1.
    BucketElsewhere,
    /// Both in cn-north-1.
    China,
}

/// One point of the grid.
#[derive(Debug, Clone)]
pub struct Case {
    pub tool: Tool,
    pub features: Vec<Feature>,
    pub writes: bool,
    pub key: bool,
    pub root: bool,
    pub place: Place,
}

/// What a point of the grid gives.
pub struct Made {
    pub case: Case,
    pub plan: Plan,
}

const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

/// 4 sets of features x 2 access modes x key or none x default or root prefix x 3 places; planned once.
pub fn grid() -> &'static [Made] {
    static GRID: LazyLock<Vec<Made>> = LazyLock::new(|| cases().into_iter().map(Made::new).collect());
    &GRID
}

fn cases() -> Vec<Case> {
    let every =
        vec![Feature::FileSystemBackup, Feature::EbsSnapshots, Feature::Csi, Feature::DataMover, Feature::Tagging];
    let sets = [vec![], vec![Feature::Tagging], vec![Feature::EbsSnapshots], every];
    let mut out = Vec::new();
    for features in sets {
        for bits in 0..8_u8 {
            for place in [Place::Here, Place::BucketElsewhere, Place::China] {
                let (writes, key, root) = (bits & 1 == 0, bits & 2 != 0, bits & 4 != 0);
                out.push(Case { tool: Tool::Velero, features: features.clone(), writes, key, root, place });
            }
        }
    }
    out
}

/// For Rancher Backup: the role of the cluster that is backed up or of one that only restores x key or none x default or
/// root prefix x 3 places.
pub fn rancher_grid() -> &'static [Made] {
    static GRID: LazyLock<Vec<Made>> = LazyLock::new(|| {
        let of = cases().into_iter().filter(|case| case.features.is_empty());
        of.map(|case| Made::new(Case { tool: Tool::RancherBackup, ..case })).collect()
    });
    &GRID
}

/// The first point of the grid that is meant.
pub fn point(is_meant: impl Fn(&Case) -> bool) -> &'static Made {
    grid().iter().find(|made| is_meant(&made.case)).unwrap()
}

impl Case {
    /// For file names and messages.
    pub fn name(&self) -> String {
        let features = match self.features.as_slice() {
            [] => "none".to_owned(),
            [one] => one.as_str().to_owned(),
            _ => "all".to_owned(),
        };
        let access = if self.writes { "read-write" } else { "read-only" };
        let key = if self.key { "key" } else { "no-key" };
        let prefix = if self.root { "root" } else { "prefix" };
        format!("{features}.{access}.{key}.{prefix}.{:?}", self.place).to_lowercase()
    }

    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|chosen| chosen.as_str() == feature)
    }

    /// The region of the cluster and its volumes.
    pub fn volume_region(&self) -> &'static str {
        if self.place == Place::China { "cn-north-1" } else { "us-east-1" }
    }

    pub fn bucket_region(&self) -> &'static str {
        if self.place == Place::BucketElsewhere { "eu-central-1" } else { self.volume_region() }
    }

    /// Rancher Backup writes wherever it backs up.
    pub fn only_restores(&self) -> bool {
        self.tool == Tool::RancherBackup && !self.writes
    }

    fn partition(&self) -> &'static str {
        if self.place == Place::China { "aws-cn" } else { "aws" }
    }

    pub fn suffix(&self) -> &'static str {
        if self.place == Place::China { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    pub fn answers(&self) -> Answers {
        let mut answers = Answers { tool: self.tool, ..answers() };
        if self.only_restores() {
            answers.restore_clusters = vec![RestoreClusterAnswer {
                name: ClusterName::parse("dr").unwrap(),
                region: Region::parse(self.volume_region()).unwrap(),
                context: String::new(),
                namespace: None,
                service_account: None,
            }];
        }
        answers.velero.features = self.features.iter().copied().collect();
        answers.velero.access_mode =
            if self.writes || self.only_restores() { AccessMode::ReadWrite } else { AccessMode::ReadOnly };
        answers.cluster.region = Region::parse(self.volume_region()).unwrap();
        answers.bucket.region = Some(Region::parse(self.bucket_region()).unwrap());
        if self.root {
            answers.bucket.prefix = Some(Prefix::parse("/").unwrap());
        }
        if self.key {
            answers.encryption.kind = EncryptionKind::Kms;
            answers.encryption.key = Some(KmsKeyRef::parse("alias/backups").unwrap());
        }
        answers
    }

    fn role(&self) -> String {
        let cluster = if self.only_restores() { "dr-read" } else { "prod" };
        format!("lifeboat-{}-{}-{cluster}", self.tool, self.volume_region())
    }

    pub fn facts(&self) -> Facts {
        let mut facts = facts();
        let (part, region) = (self.partition(), self.volume_region());
        facts.caller.arn = format!("arn:{part}:iam::{ACCOUNT}:user/ada");
        part.clone_into(&mut facts.caller.partition);
        facts.site.cluster.arn = format!("arn:{part}:eks:{region}:{ACCOUNT}:cluster/prod");
        if self.only_restores() {
            let mut other = cluster("dr", region);
            other.arn = format!("arn:{part}:eks:{region}:{ACCOUNT}:cluster/dr");
            facts.restores = vec![SiteFacts::bare(other)];
        }
        if self.key {
            let mut found = key("Enabled");
            found.key.arn = self.fill("{key}");
            facts.key = Some(found);
        }
        facts
    }

    /// The names of the tables, filled in by hand: not from the plan that is judged.
    pub fn fill(&self, text: &str) -> String {
        let (part, region, volume) = (self.partition(), self.bucket_region(), self.volume_region());
        let prefix = if self.root { String::new() } else { format!("{}/{volume}/prod/", self.tool) };
        text.replace("{objects}", &format!("{{bucket}}/{prefix}"))
            .replace("{bucket}", &format!("arn:{part}:s3:::acme-backups"))
            .replace("{volumes}", &format!("arn:{part}:ec2:{volume}:{ACCOUNT}:volume/"))
            .replace("{snapshots}", &format!("arn:{part}:ec2:{volume}::snapshot/"))
            .replace("{key}", &format!("arn:{part}:kms:{region}:{ACCOUNT}:key/{KEY}"))
            .replace("{other-key}", &format!("arn:{part}:kms:{region}:{ACCOUNT}:key/0000{}", &KEY[4..]))
            .replace("{role}", &format!("arn:{part}:iam::{ACCOUNT}:role/{}", self.role()))
            .replace("{partition}", part)
            .replace("{account}", ACCOUNT)
            .replace("{bucket-region}", region)
            .replace("{volume-region}", volume)
            .replace("{suffix}", self.suffix())
    }
}

impl Made {
    pub fn new(case: Case) -> Self {
        let plan = plan(&case.answers(), &case.facts());
        Self { case, plan }
    }

    pub fn permissions(&self) -> &str {
        document(&self.plan, &format!("{}/permissions.json", self.case.role()))
    }

    /// The bucket's policy.
    pub fn bucket_policy(&self) -> &str {
        document(&self.plan, "s3/acme-backups/policy.json")
    }
}

/// The issuer without a scheme, of another cluster.
pub fn other_issuer() -> String {
    ISSUER.replace("0123456789", "9876543210")
}

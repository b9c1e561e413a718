//! What is found when lifeboat looks around: who it is, which clusters there are, what runs in them.
//!
//! Names that calls are made with stay as they came; whoever shows them goes through `Shown`.

use super::Shown;

/// A fact that may not be known, with the reason when it is not (A26: unknown is not absent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// It was read.
    Is(T),
    /// It could not be read, and why.
    Unknown(Shown),
}

impl<T> Known<T> {
    /// The fact, where it is known.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Is(fact) => Some(fact),
            Self::Unknown(_) => None,
        }
    }
}

/// A cluster by its two names; nothing is known of it yet but that eks:ListClusters gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoundCluster {
    /// `us-east-1`.
    pub region: String,
    /// The EKS name.
    pub name: String,
}

/// One step of the look at many regions. A region ends with exactly one `Region`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// The regions that are looked at, in the order in which they are asked.
    Regions(Vec<String>),
    /// The clusters of one region; may be none.
    Clusters(String, Vec<String>),
    /// A region that takes long; it is still being tried.
    Slow(String),
    /// A region that could not be asked, and why (A01, A18).
    Refused(String, Shown),
}

/// What eks:DescribeCluster, IAM and the API server say of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDetail {
    /// `ACTIVE`, `CREATING`, ..., also words that are newer than lifeboat.
    pub status: String,
    /// `1.34`.
    pub version: String,
    /// Whether the endpoint answers outside the VPC.
    pub public: bool,
    /// Whether the cluster has an OIDC issuer at all.
    pub issuer: bool,
    /// Whether that issuer is registered in IAM.
    pub provider: Known<bool>,
    /// Whether EKS Auto Mode makes nodes; they have the Pod Identity agent built in.
    pub auto_mode: bool,
    /// The `eks-pod-identity-agent` add-on: its status (`ACTIVE`, `DEGRADED`, ...), or `None` without one.
    pub agent: Known<Option<String>>,
    /// The API server's version (`v1.34.4`): it answers, and to us.
    pub api: Known<String>,
    /// The backup tools that run there.
    pub tools: Known<Vec<InstalledTool>>,
    /// Health issues that EKS reports.
    pub issues: Vec<Shown>,
}

/// A backup tool found in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledTool {
    /// Which.
    pub tool: super::Tool,
    /// Where.
    pub namespace: String,
    /// Its version by its image's tag or chart, or empty.
    pub version: String,
    /// Who installed it.
    pub by: InstalledBy,
}

/// Who installed a tool (design 3, Existing installs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstalledBy {
    /// A Helm release that carries lifeboat's annotation.
    Lifeboat,
    /// Another Helm release.
    Helm,
    /// The `velero install` command: labels without a release.
    VeleroCli,
    /// Argo CD or Flux.
    GitOps,
    /// It cannot be told.
    Unknown,
}

/// Who and where lifeboat is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// sts:GetCallerIdentity: account, ARN, partition.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
}

/// A bucket of the account (s3:ListBuckets).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBucket {
    /// Its name.
    pub name: String,
    /// Its region; empty where S3 does not say.
    pub region: String,
}

/// How a key is, for the list that it is chosen from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// It can encrypt a bucket.
    Good,
    /// It cannot, and why in a word or two (`Disabled`).
    Bad(Shown),
    /// It could not be read, and why.
    Unknown(Shown),
}

/// A control plane of a Space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaneSeen {
    /// `GROUP/NAME`.
    pub name: String,
    /// Its namespace on the host, once it is provisioned.
    pub host: Option<String>,
}

/// What a Space has, for the questions about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpaceSeen {
    /// Its control planes.
    pub planes: Vec<PlaneSeen>,
    /// The namespaces on the host that the pattern of trust matches.
    pub matched: Vec<String>,
}

impl SpaceSeen {
    /// The groups that hold control planes, each once.
    pub fn groups(&self) -> Vec<String> {
        let groups = self.planes.iter().filter_map(|plane| plane.name.split_once('/'));
        let groups: std::collections::BTreeSet<&str> = groups.map(|(group, _)| group).collect();
        groups.into_iter().map(str::to_owned).collect()
    }
}

/// A key that has an alias (kms:ListAliases).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKey {
    /// `alias/backups`.
    pub alias: String,
    /// The key's id.
    pub id: String,
}

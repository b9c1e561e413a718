//! The answers file: what the user wants, as the contract's TOML.
//!
//! `Answers::parse` reports all problems of a file at once; `to_toml` writes the one form that parses
//! back to the same answers.

mod change_ids;
mod check;
mod depth;
mod kinds;
mod problem;
mod read;
mod sections;
mod table;
mod warn;
mod write;

#[cfg(test)]
mod tests;

pub use change_ids::CHANGE_IDS;
pub use kinds::{
    AccessMode, DeletionPolicy, EncryptionKind, Feature, LockMode, ResourceSet, SecretChoice, SpacesTrust,
};
pub use problem::{Problem, Problems};
pub use sections::{
    BucketAnswer, ClusterAnswer, Consent, ControlPlane, EncryptionAnswer, InstallAnswer, RancherAnswer,
    RestoreClusterAnswer, RoleAnswer, SpacesAnswer, VeleroAnswer,
};
pub use sections::{
    namespace as default_namespace, release as default_release, service_account as default_service_account,
};

use crate::domain::{
    BucketName, ClusterName, Identity, Namespace, Prefix, Region, ReleaseName, RoleName, ServiceAccount, Tool,
};
use std::collections::BTreeMap;

/// All answers of a set-up.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// The backup tool.
    pub tool: Tool,
    /// How its pods get their AWS identity.
    pub identity: Identity,
    /// The cluster that is backed up.
    pub cluster: ClusterAnswer,
    /// Clusters that only restore.
    pub restore_clusters: Vec<RestoreClusterAnswer>,
    /// Where backups lie.
    pub bucket: BucketAnswer,
    /// How the bucket encrypts.
    pub encryption: EncryptionAnswer,
    /// The IAM role.
    pub role: RoleAnswer,
    /// Tags on everything that takes tags.
    pub tags: BTreeMap<String, String>,
    /// The Helm release.
    pub install: InstallAnswer,
    /// Velero's own; defaults for another tool.
    pub velero: VeleroAnswer,
    /// Rancher Backup's own; defaults for another tool.
    pub rancher: RancherAnswer,
    /// Upbound Spaces' own; defaults for another tool.
    pub spaces: SpacesAnswer,
    /// What the user agreed to.
    pub consent: Consent,
    /// The content of `install.values`; loaded by the shell, neither parsed nor written here.
    pub user_values: Option<serde_json::Value>,
}

/// One cluster of the answers, with what it has of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAnswer<'a> {
    /// Its EKS name.
    pub name: &'a ClusterName,
    /// Its region.
    pub region: &'a Region,
    /// A kubeconfig context, or empty.
    pub context: &'a str,
    /// The tool's namespace in it.
    pub namespace: Namespace,
    /// The tool's service account in it.
    pub service_account: ServiceAccount,
    /// The role that its pods get: the first cluster's, a read role, or the shared one.
    pub role: RoleName,
}

impl Answers {
    /// Answers with a default for all that has one.
    pub fn new(tool: Tool, identity: Identity, cluster: ClusterName, region: Region, bucket: BucketName) -> Self {
        Self {
            tool,
            identity,
            cluster: ClusterAnswer { name: cluster, region, context: String::new() },
            restore_clusters: Vec::new(),
            bucket: BucketAnswer::new(bucket),
            encryption: EncryptionAnswer::default(),
            role: RoleAnswer::default(),
            tags: BTreeMap::new(),
            install: InstallAnswer::default(),
            velero: VeleroAnswer::default(),
            rancher: RancherAnswer::default(),
            spaces: SpacesAnswer::default(),
            consent: Consent::default(),
            user_values: None,
        }
    }

    /// Reads an answers file; all its problems together.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        read::answers(text)
    }

    /// The file that parses back to these answers: every field of the tool, none of another's.
    pub fn to_toml(&self) -> String {
        write::toml(self)
    }

    /// What the parser would say of these answers; empty when nothing is wrong.
    pub fn problems(&self) -> Vec<Problem> {
        check::across(self)
    }

    /// What is allowed and people stumble on, in the same shape as problems.
    pub fn warnings(&self) -> Vec<Problem> {
        warn::warnings(self)
    }

    /// The prefix; by default `TOOL/REGION/CLUSTER`.
    pub fn prefix(&self) -> Prefix {
        self.bucket.prefix.clone().unwrap_or_else(|| self.default_prefix())
    }

    /// The prefix that is the cluster's own by its name, `TOOL/REGION/CLUSTER`.
    pub fn default_prefix(&self) -> Prefix {
        Prefix::default_for(self.tool, &self.cluster.region, &self.cluster.name)
    }

    /// The region of a new bucket; by default the cluster's. An existing bucket's is a fact, not this.
    pub fn bucket_region(&self) -> Region {
        self.bucket.region.clone().unwrap_or_else(|| self.cluster.region.clone())
    }

    /// The namespace of the release; by default the tool's own.
    pub fn namespace(&self) -> Namespace {
        self.install.namespace.clone().unwrap_or_else(|| sections::namespace(self.tool))
    }

    /// The service account; by default the tool's own.
    pub fn service_account(&self) -> ServiceAccount {
        self.install.service_account.clone().unwrap_or_else(|| sections::service_account(self.tool))
    }

    /// The Helm release; by default the tool's own.
    pub fn release(&self) -> ReleaseName {
        self.install.release.clone().unwrap_or_else(|| sections::release(self.tool))
    }

    /// The role's name; by default `lifeboat-TOOL-REGION-CLUSTER`, shortened over 64 characters.
    pub fn role_name(&self) -> RoleName {
        let default = || RoleName::default_for(self.tool, &self.cluster.region, &self.cluster.name);
        self.role.name.clone().unwrap_or_else(default)
    }

    /// The clusters, the one that is backed up first, then those that only restore.
    pub fn sites(&self) -> Vec<SiteAnswer<'_>> {
        let first = SiteAnswer {
            name: &self.cluster.name,
            region: &self.cluster.region,
            context: &self.cluster.context,
            namespace: self.namespace(),
            service_account: self.service_account(),
            role: self.role_name(),
        };
        let restores = self.restore_clusters.iter().map(|cluster| SiteAnswer {
            name: &cluster.name,
            region: &cluster.region,
            context: &cluster.context,
            namespace: cluster.namespace.clone().unwrap_or_else(|| self.namespace()),
            service_account: cluster.service_account.clone().unwrap_or_else(|| self.service_account()),
            role: if self.role.shared { self.role_name() } else { self.read_role_name(cluster) },
        });
        std::iter::once(first).chain(restores).collect()
    }

    /// The read role of a restore cluster: beside an explicit name, else the default's.
    pub fn read_role_name(&self, cluster: &RestoreClusterAnswer) -> RoleName {
        match &self.role.name {
            Some(name) => name.read_beside(&cluster.region, &cluster.name),
            None => RoleName::read_default_for(self.tool, &cluster.region, &cluster.name),
        }
    }
}

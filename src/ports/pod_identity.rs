//! EKS Pod Identity: associations, and the add-on that brings the agent.

use super::Tags;

/// An association of a service account with a role (eks:DescribePodIdentityAssociation). A cluster has at most one
/// for a service account, whose namespace need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// `a-...`, by which it is changed and deleted.
    pub id: String,
    /// `arn:aws:eks:REGION:ACCOUNT:podidentityassociation/CLUSTER/ID`.
    pub arn: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role that pods get.
    pub role_arn: String,
    /// A role of another account that is assumed with the first one's session, or empty.
    pub target_role_arn: String,
    /// Whether sessions carry no tags: trust conditions on `aws:RequestTag/...` are then never met (security.md 1.3).
    pub disable_session_tags: bool,
    /// What made it for itself, an add-on's ARN, or empty.
    pub owner: String,
    /// Its tags.
    pub tags: Tags,
}

/// Whose association it is, as eks:ListPodIdentityAssociations names it: without its role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssociatedAccount {
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The association's id.
    pub id: String,
}

/// An association to be made (eks:CreatePodIdentityAssociation), with session tags and without a target role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssociation {
    /// The cluster's region.
    pub region: String,
    /// The cluster's name.
    pub cluster: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role, of the cluster's account.
    pub role_arn: String,
    /// `clientRequestToken`, 1 to 64 characters: repeated with the same one, the call makes nothing anew.
    pub token: String,
    /// Tags, in the create call itself.
    pub tags: Tags,
}

/// An EKS add-on of a cluster (eks:DescribeAddon).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addon {
    /// `ACTIVE`, `CREATING`, `DEGRADED`, `CREATE_FAILED`, ..., also words that are newer than lifeboat.
    pub status: String,
    /// `v1.3.8-eksbuild.2`, or empty where EKS does not say.
    pub version: String,
    /// Health issues, `code: message`.
    pub issues: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A version of an add-on (eks:DescribeAddonVersions).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddonVersion {
    /// `v1.3.8-eksbuild.2`.
    pub version: String,
    /// Whether EKS takes it when none is named.
    pub default: bool,
}

//! An AWS account.
//!
//! Documents travel as JSON text in the form that the aws CLI's `file://` option of the matching
//! call takes, so that what is previewed, sent, journalled and restored is one and the same text.

use super::{Addon, AddonVersion, Answer, Asked, AssociatedAccount, Association, NewAssociation, Simulated};
use crate::domain::discovery::{FoundBucket, FoundKey};
use async_trait::async_trait;
use secrecy::SecretString;
use std::collections::BTreeMap;

/// Tags, key to value.
pub type Tags = BTreeMap<String, String>;

/// Who lifeboat is (sts:GetCallerIdentity).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// `arn:aws:iam::111122223333:user/ada`, or an assumed role's session.
    pub arn: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, ..., out of the ARN.
    pub partition: String,
}

/// A region of the account (account:ListRegions).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionState {
    /// `us-east-1`.
    pub name: String,
    /// Whether it can be used; an opt-in region may be disabled.
    pub enabled: bool,
}

/// A cluster (eks:DescribeCluster).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `ACTIVE`, `CREATING`, ..., also words that are newer than lifeboat.
    pub status: String,
    /// `1.34`.
    pub version: String,
    /// The API server's URL; empty while it is being made.
    pub endpoint: String,
    /// The API server's CA, base64 of PEM.
    pub ca: String,
    /// The OIDC issuer, as EKS gives it; `None` on clusters without one.
    pub issuer: Option<String>,
    /// Whether the endpoint answers outside the VPC.
    pub public: bool,
    /// Whether EKS Auto Mode makes nodes (`computeConfig.enabled`).
    pub auto_mode: bool,
    /// Health issues, `code: message`.
    pub issues: Vec<String>,
}

impl Cluster {
    /// The ARN that the issuer's OIDC provider has in an account, whether it is registered there or not; `None`
    /// without an issuer.
    pub fn provider_arn(&self, partition: &str, account: &str) -> Option<String> {
        let host = self.issuer.as_deref()?.trim_start_matches("https://").trim_end_matches('/');
        Some(format!("arn:{partition}:iam::{account}:oidc-provider/{host}"))
    }
}

/// An IAM OIDC provider (iam:GetOpenIDConnectProvider).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its ARN.
    pub arn: String,
    /// The audiences it accepts (`ClientIDList`).
    pub audiences: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// An IAM role (iam:GetRole).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name in the case it was made with.
    pub name: String,
    /// Its ARN, path included.
    pub arn: String,
    /// `AROA...`; a role made anew under the same name has another.
    pub id: String,
    /// `/` or `/.../`.
    pub path: String,
    /// The trust policy's text, URL-decoded, byte for byte as IAM holds it.
    pub trust: String,
    /// The description, or empty.
    pub description: String,
    /// The permissions boundary's ARN, or empty.
    pub boundary: String,
    /// Its tags.
    pub tags: Tags,
}

/// A role to be made, all in one call (iam:CreateRole).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRole {
    /// 1 to 64 characters.
    pub name: String,
    /// `/` or `/.../`.
    pub path: String,
    /// The trust policy's text.
    pub trust: String,
    /// The description, or empty.
    pub description: String,
    /// The permissions boundary's ARN, or empty.
    pub boundary: String,
    /// Tags.
    pub tags: Tags,
}

/// A bucket, with what makes sure that it is the one that is meant: every call sends the account as
/// `ExpectedBucketOwner`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRef {
    /// Its name.
    pub name: String,
    /// Its region; the call is sent there.
    pub region: String,
    /// The account that must own it.
    pub account: String,
}

/// What s3:HeadBucket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketHead {
    /// Nobody has the name.
    Absent,
    /// The account owns it; its region.
    Ours(String),
    /// It exists and belongs to another account, or the caller may not look (403).
    Foreign,
}

/// A bucket to be made (s3:CreateBucket).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBucket {
    /// Name (complete), region, account.
    pub bucket: BucketRef,
    /// Tags, in the create call itself.
    pub tags: Tags,
    /// In the account's regional namespace (`...-ACCOUNT-REGION-an`).
    pub account_regional: bool,
    /// With Object Lock.
    pub object_lock: bool,
}

/// A document that belongs to a bucket. Its text is what the aws CLI's `put-bucket-...` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Setting {
    /// put-bucket-policy `--policy`: the policy document.
    Policy,
    /// put-bucket-lifecycle-configuration `--lifecycle-configuration`: `{"Rules":[...]}`.
    Lifecycle,
    /// put-bucket-encryption `--server-side-encryption-configuration`: `{"Rules":[...]}`.
    Encryption,
    /// put-public-access-block `--public-access-block-configuration`: the four switches.
    PublicAccess,
    /// put-bucket-ownership-controls `--ownership-controls`: `{"Rules":[{"ObjectOwnership":...}]}`.
    Ownership,
    /// put-bucket-versioning `--versioning-configuration`: `{"Status":...}`.
    Versioning,
    /// put-bucket-tagging `--tagging`: `{"TagSet":[{"Key","Value"}]}`.
    Tagging,
    /// put-object-lock-configuration `--object-lock-configuration`.
    ObjectLock,
}

impl Setting {
    /// All settings.
    pub const ALL: [Self; 8] = [
        Self::Policy,
        Self::Lifecycle,
        Self::Encryption,
        Self::PublicAccess,
        Self::Ownership,
        Self::Versioning,
        Self::Tagging,
        Self::ObjectLock,
    ];
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// The version's id (`null` in a bucket that never had versioning).
    pub version: String,
    /// Whether it is a delete marker.
    pub marker: bool,
    /// Whether it is the newest of its key.
    pub latest: bool,
}

/// A KMS key (kms:DescribeKey).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key's ARN (never an alias).
    pub arn: String,
    /// The key's id.
    pub id: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, ...
    pub state: String,
    /// `SYMMETRIC_DEFAULT`, ...
    pub spec: String,
    /// `ENCRYPT_DECRYPT`, ...
    pub usage: String,
    /// `AWS` or `CUSTOMER`.
    pub manager: String,
    /// `AWS_KMS`, `EXTERNAL`, ...
    pub origin: String,
    /// When it was made, seconds since 1970.
    pub created: i64,
}

impl Key {
    /// Whether it is one for symmetric encryption, the only kind that S3 encrypts with (N23).
    pub fn is_symmetric(&self) -> bool {
        self.spec == "SYMMETRIC_DEFAULT" && self.usage == "ENCRYPT_DECRYPT"
    }
}

/// A key to be made (kms:CreateKey).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its region.
    pub region: String,
    /// The key policy's text.
    pub policy: String,
    /// The description.
    pub description: String,
    /// Tags.
    pub tags: Tags,
}

/// A web identity to be exchanged (sts:AssumeRoleWithWebIdentity).
#[derive(Debug, Clone)]
pub struct WebIdentity {
    /// The region whose STS is asked.
    pub region: String,
    /// The role.
    pub role_arn: String,
    /// The service account's token.
    pub token: SecretString,
    /// 2 to 64 characters.
    pub session_name: String,
}

/// Credentials that a token was exchanged for.
#[derive(Debug, Clone)]
pub struct Session {
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// Access key id.
    pub id: String,
    /// Secret access key.
    pub secret: SecretString,
    /// Session token.
    pub token: SecretString,
}

/// The account, by calls that are named as IAM names them.
///
/// Reads answer `None` for what is not there. Writes answer when AWS has taken them, which says
/// nothing about when the rest of AWS sees them.
#[async_trait]
pub trait Aws: Send + Sync {
    /// sts:GetCallerIdentity.
    async fn caller(&self) -> Answer<Caller>;
    /// The region that the account's own calls go to: option, environment, profile, `us-east-1`. No call is made.
    async fn home(&self) -> Answer<String>;
    /// account:ListRegions, all pages.
    async fn regions(&self) -> Answer<Vec<RegionState>>;
    /// eks:ListClusters, all pages.
    async fn clusters(&self, region: &str) -> Answer<Vec<String>>;
    /// eks:DescribeCluster.
    async fn cluster(&self, region: &str, name: &str) -> Answer<Option<Cluster>>;
    /// eks:DescribeAddon, or `None` where it is not installed as an add-on.
    async fn addon(&self, region: &str, cluster: &str, name: &str) -> Answer<Option<Addon>>;
    /// eks:CreateAddon; an empty version is the one that EKS takes by itself. It is `CREATING` when this answers;
    /// `Exists` when it is there.
    async fn create_addon(&self, region: &str, cluster: &str, name: &str, version: &str, tags: &Tags) -> Answer<()>;
    /// eks:DeleteAddon, with what it runs in the cluster. `Ok` when it was not there.
    async fn delete_addon(&self, region: &str, cluster: &str, name: &str) -> Answer<()>;
    /// eks:DescribeAddonVersions, all pages: the versions that fit a Kubernetes version (`1.34`), the newest first.
    /// Empty where there is none.
    async fn addon_versions(&self, region: &str, name: &str, kubernetes: &str) -> Answer<Vec<AddonVersion>>;
    /// eks:ListPodIdentityAssociations, all pages: of which service accounts there are associations.
    async fn associated(&self, region: &str, cluster: &str) -> Answer<Vec<AssociatedAccount>>;
    /// The associations of these service accounts (namespace, name), in this order, without those that there are not:
    /// eks:ListPodIdentityAssociations once, then eks:DescribePodIdentityAssociation of each found, at most ten at a
    /// time. Empty without the cluster.
    async fn associations(
        &self,
        region: &str,
        cluster: &str,
        accounts: &[(String, String)],
    ) -> Answer<Vec<Association>>;
    /// eks:CreatePodIdentityAssociation. `Exists` when the service account has one that another token made.
    async fn create_association(&self, new: &NewAssociation) -> Answer<Association>;
    /// eks:UpdatePodIdentityAssociation, the role alone; the token is as in [`NewAssociation`].
    async fn update_association(
        &self,
        region: &str,
        cluster: &str,
        id: &str,
        role_arn: &str,
        token: &str,
    ) -> Answer<()>;
    /// eks:DeletePodIdentityAssociation. `Ok` when it was not there.
    async fn delete_association(&self, region: &str, cluster: &str, id: &str) -> Answer<()>;
    /// A token for the cluster's API server: a presigned sts:GetCallerIdentity; no call is made. With it,
    /// when it expires.
    async fn cluster_token(&self, region: &str, name: &str) -> Answer<(SecretString, jiff::Timestamp)>;

    /// iam:ListOpenIDConnectProviders: their ARNs.
    async fn providers(&self) -> Answer<Vec<String>>;
    /// iam:GetOpenIDConnectProvider.
    async fn provider(&self, arn: &str) -> Answer<Option<Provider>>;
    /// iam:CreateOpenIDConnectProvider, without thumbprints; answers the ARN.
    async fn create_provider(&self, issuer: &str, audiences: &[String], tags: &Tags) -> Answer<String>;
    /// iam:AddClientIDToOpenIDConnectProvider.
    async fn add_audience(&self, arn: &str, audience: &str) -> Answer<()>;
    /// iam:RemoveClientIDFromOpenIDConnectProvider.
    async fn remove_audience(&self, arn: &str, audience: &str) -> Answer<()>;
    /// iam:DeleteOpenIDConnectProvider.
    async fn delete_provider(&self, arn: &str) -> Answer<()>;
    /// The names of the roles whose trust policy names a provider (iam:ListRoles, all pages).
    async fn roles_trusting(&self, provider: &str) -> Answer<Vec<String>>;

    /// iam:GetRole.
    async fn role(&self, name: &str) -> Answer<Option<Role>>;
    /// iam:CreateRole.
    async fn create_role(&self, role: &NewRole) -> Answer<Role>;
    /// iam:DeleteRole.
    async fn delete_role(&self, name: &str) -> Answer<()>;
    /// iam:UpdateAssumeRolePolicy.
    async fn put_trust(&self, role: &str, document: &str) -> Answer<()>;
    /// iam:UpdateRole, the description.
    async fn describe_role(&self, role: &str, description: &str) -> Answer<()>;
    /// iam:PutRolePermissionsBoundary, or iam:DeleteRolePermissionsBoundary when `boundary` is empty.
    async fn put_boundary(&self, role: &str, boundary: &str) -> Answer<()>;
    /// iam:TagRole.
    async fn tag_role(&self, role: &str, tags: &Tags) -> Answer<()>;
    /// iam:UntagRole.
    async fn untag_role(&self, role: &str, keys: &[String]) -> Answer<()>;
    /// iam:ListRolePolicies, all pages.
    async fn role_policies(&self, role: &str) -> Answer<Vec<String>>;
    /// iam:GetRolePolicy: the inline policy's text, URL-decoded.
    async fn role_policy(&self, role: &str, policy: &str) -> Answer<Option<String>>;
    /// iam:PutRolePolicy.
    async fn put_role_policy(&self, role: &str, policy: &str, document: &str) -> Answer<()>;
    /// iam:DeleteRolePolicy. `Ok` when it was not there.
    async fn delete_role_policy(&self, role: &str, policy: &str) -> Answer<()>;
    /// iam:ListAttachedRolePolicies, all pages: ARNs.
    async fn attached_policies(&self, role: &str) -> Answer<Vec<String>>;
    /// iam:AttachRolePolicy.
    async fn attach_policy(&self, role: &str, policy_arn: &str) -> Answer<()>;
    /// iam:DetachRolePolicy. `Ok` when it was not attached.
    async fn detach_policy(&self, role: &str, policy_arn: &str) -> Answer<()>;
    /// iam:GetPolicy and iam:GetPolicyVersion: the default version's text, URL-decoded.
    async fn managed_policy(&self, arn: &str) -> Answer<Option<String>>;
    /// iam:SimulatePrincipalPolicy, once with all actions and resources, all pages: what a user or role may do, in the
    /// order asked. The principal is an ARN as [`Caller`] has it; an assumed role's session stands for its role
    /// (iam:GetRole). `Invalid` for the account's root, of whom the simulator knows nothing.
    async fn simulate(&self, principal: &str, asked: &[Asked]) -> Answer<Vec<Simulated>>;

    /// s3:ListBuckets, all pages (A16): the account's general purpose buckets of all regions.
    async fn buckets(&self) -> Answer<Vec<FoundBucket>>;
    /// s3:HeadBucket with the owner expected. `region` is only where the question is sent.
    async fn bucket(&self, bucket: &BucketRef) -> Answer<BucketHead>;
    /// s3:CreateBucket, `BucketOwnerEnforced`, tags in the same call.
    async fn create_bucket(&self, bucket: &NewBucket) -> Answer<()>;
    /// s3:DeleteBucket.
    async fn delete_bucket(&self, bucket: &BucketRef) -> Answer<()>;
    /// A bucket's document, or `None` where none was put.
    async fn setting(&self, bucket: &BucketRef, setting: Setting) -> Answer<Option<String>>;
    /// s3:GetBucketRequestPayment: whether who reads pays; `None` when it was not found out.
    async fn requester_pays(&self, bucket: &BucketRef) -> Answer<Option<bool>> {
        let _ = bucket;
        Ok(None)
    }
    /// Puts a bucket's document, the whole of it.
    async fn put_setting(&self, bucket: &BucketRef, setting: Setting, document: &str) -> Answer<()>;
    /// Deletes a bucket's document. Versioning is suspended instead; Object Lock cannot be removed (`Refused`).
    async fn delete_setting(&self, bucket: &BucketRef, setting: Setting) -> Answer<()>;
    /// s3:ListObjectVersions under a prefix, at most `limit`.
    async fn versions(&self, bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<ObjectVersion>>;
    /// The names directly under a prefix (delimiter `/`), at most 1,000; folders end in `/`.
    async fn top_level(&self, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>>;
    /// s3:HeadObject: the size of the newest version in bytes, or `None` where there is none. Without s3:ListBucket
    /// a missing object is `Denied`.
    async fn object(&self, bucket: &BucketRef, key: &str) -> Answer<Option<u64>>;
    /// s3:ListBucket: the keys under a prefix with their sizes in bytes, by key, at most `limit`.
    async fn keys(&self, bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<(String, u64)>>;
    /// s3:DeleteObjects with version ids.
    async fn delete_versions(&self, bucket: &BucketRef, versions: &[ObjectVersion]) -> Answer<()>;

    /// kms:DescribeKey by id, ARN or alias.
    async fn key(&self, region: &str, id: &str) -> Answer<Option<Key>>;
    /// kms:GetKeyPolicy.
    async fn key_policy(&self, region: &str, id: &str) -> Answer<Option<String>>;
    /// The key that an alias (`alias/...`) names, its id, or `None` (kms:ListAliases, all pages).
    async fn alias(&self, region: &str, alias: &str) -> Answer<Option<String>>;
    /// The aliases of a region with the keys that they name (kms:ListAliases, all pages): those that name none yet
    /// and those that AWS itself made (`alias/aws/...`) are left out.
    async fn aliases(&self, region: &str) -> Answer<Vec<FoundKey>>;
    /// kms:CreateKey, symmetric.
    async fn create_key(&self, key: &NewKey) -> Answer<Key>;
    /// kms:CreateAlias.
    async fn create_alias(&self, region: &str, alias: &str, key: &str) -> Answer<()>;
    /// kms:DeleteAlias. `Ok` when it was not there.
    async fn delete_alias(&self, region: &str, alias: &str) -> Answer<()>;
    /// kms:GetKeyRotationStatus: the period in days when rotation is on.
    async fn rotation(&self, region: &str, key: &str) -> Answer<Option<i32>>;
    /// kms:EnableKeyRotation with a period of 90 to 2,560 days.
    async fn rotate(&self, region: &str, key: &str, days: i32) -> Answer<()>;
    /// kms:DisableKeyRotation.
    async fn stop_rotation(&self, region: &str, key: &str) -> Answer<()>;

    /// sts:AssumeRoleWithWebIdentity, unsigned.
    async fn exchange(&self, identity: &WebIdentity) -> Answer<Session>;
    /// s3:ListBucket with a session's credentials; keys under the prefix, at most 1,000.
    async fn list_as(&self, session: &Session, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>>;
    /// s3:PutObject with a session's credentials; answers the version's id (`null` without versioning).
    async fn put_as(&self, session: &Session, bucket: &BucketRef, key: &str, body: &[u8]) -> Answer<String>;
    /// s3:GetObject with a session's credentials.
    async fn get_as(&self, session: &Session, bucket: &BucketRef, key: &str) -> Answer<Vec<u8>>;
    /// s3:DeleteObject with a session's credentials (a delete marker where versioning is on).
    async fn delete_as(&self, session: &Session, bucket: &BucketRef, key: &str) -> Answer<()>;
}

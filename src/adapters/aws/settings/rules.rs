//! Encryption, public access, ownership, versioning and tags.

use super::super::config::incomplete;
use crate::ports::Answer;
use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::types;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    key: String,
    value: String,
}

impl From<&types::Tag> for Tag {
    fn from(found: &types::Tag) -> Self {
        Self { key: found.key().to_owned(), value: found.value().to_owned() }
    }
}

impl Tag {
    pub fn write(&self) -> Answer<types::Tag> {
        types::Tag::builder().key(&self.key).value(&self.value).build().map_err(|error| incomplete(&error))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tagging {
    tag_set: Vec<Tag>,
}

impl From<&[types::Tag]> for Tagging {
    fn from(found: &[types::Tag]) -> Self {
        Self { tag_set: found.iter().map(Tag::from).collect() }
    }
}

impl Tagging {
    pub fn write(&self) -> Answer<types::Tagging> {
        let tags = self.tag_set.iter().map(Tag::write).collect::<Answer<Vec<_>>>()?;
        types::Tagging::builder().set_tag_set(Some(tags)).build().map_err(|error| incomplete(&error))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Encryption {
    rules: Vec<EncryptionRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EncryptionRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apply_server_side_encryption_by_default: Option<ByDefault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket_key_enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blocked_encryption_types: Option<Blocked>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByDefault {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(default, rename = "KMSMasterKeyID", skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Blocked {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encryption_type: Option<Vec<String>>,
}

impl From<&types::ServerSideEncryptionConfiguration> for Encryption {
    fn from(found: &types::ServerSideEncryptionConfiguration) -> Self {
        let rule = |rule: &types::ServerSideEncryptionRule| EncryptionRule {
            apply_server_side_encryption_by_default: rule.apply_server_side_encryption_by_default().map(|found| {
                ByDefault {
                    algorithm: found.sse_algorithm().as_str().to_owned(),
                    key: found.kms_master_key_id().map(str::to_owned),
                }
            }),
            bucket_key_enabled: rule.bucket_key_enabled(),
            blocked_encryption_types: rule.blocked_encryption_types().map(|found| Blocked {
                encryption_type: found
                    .encryption_type
                    .as_ref()
                    .map(|all| all.iter().map(|kind| kind.as_str().to_owned()).collect()),
            }),
        };
        Self { rules: found.rules().iter().map(rule).collect() }
    }
}

impl EncryptionRule {
    fn write(&self) -> Answer<types::ServerSideEncryptionRule> {
        let by_default = self.apply_server_side_encryption_by_default.as_ref().map(|found| {
            types::ServerSideEncryptionByDefault::builder()
                .sse_algorithm(types::ServerSideEncryption::from(found.algorithm.as_str()))
                .set_kms_master_key_id(found.key.clone())
                .build()
                .map_err(|error| incomplete(&error))
        });
        let blocked = self.blocked_encryption_types.as_ref().map(|found| {
            let kinds = found.encryption_type.as_ref();
            let kinds = kinds.map(|all| all.iter().map(|kind| types::EncryptionType::from(kind.as_str())).collect());
            types::BlockedEncryptionTypes::builder().set_encryption_type(kinds).build()
        });
        Ok(types::ServerSideEncryptionRule::builder()
            .set_apply_server_side_encryption_by_default(by_default.transpose()?)
            .set_bucket_key_enabled(self.bucket_key_enabled)
            .set_blocked_encryption_types(blocked)
            .build())
    }
}

impl Encryption {
    pub fn write(&self) -> Answer<types::ServerSideEncryptionConfiguration> {
        let rules = self.rules.iter().map(EncryptionRule::write).collect::<Answer<Vec<_>>>()?;
        let built = types::ServerSideEncryptionConfiguration::builder().set_rules(Some(rules)).build();
        built.map_err(|error| incomplete(&error))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PublicAccess {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    block_public_acls: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ignore_public_acls: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    block_public_policy: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restrict_public_buckets: Option<bool>,
}

impl From<&types::PublicAccessBlockConfiguration> for PublicAccess {
    fn from(found: &types::PublicAccessBlockConfiguration) -> Self {
        Self {
            block_public_acls: found.block_public_acls(),
            ignore_public_acls: found.ignore_public_acls(),
            block_public_policy: found.block_public_policy(),
            restrict_public_buckets: found.restrict_public_buckets(),
        }
    }
}

impl PublicAccess {
    pub fn write(&self) -> types::PublicAccessBlockConfiguration {
        types::PublicAccessBlockConfiguration::builder()
            .set_block_public_acls(self.block_public_acls)
            .set_ignore_public_acls(self.ignore_public_acls)
            .set_block_public_policy(self.block_public_policy)
            .set_restrict_public_buckets(self.restrict_public_buckets)
            .build()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Ownership {
    rules: Vec<OwnershipRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OwnershipRule {
    object_ownership: String,
}

impl From<&types::OwnershipControls> for Ownership {
    fn from(found: &types::OwnershipControls) -> Self {
        let rule = |rule: &types::OwnershipControlsRule| OwnershipRule {
            object_ownership: rule.object_ownership().as_str().to_owned(),
        };
        Self { rules: found.rules().iter().map(rule).collect() }
    }
}

impl Ownership {
    pub fn write(&self) -> Answer<types::OwnershipControls> {
        let rule = |rule: &OwnershipRule| {
            let owner = types::ObjectOwnership::from(rule.object_ownership.as_str());
            let built = types::OwnershipControlsRule::builder().object_ownership(owner).build();
            built.map_err(|error| incomplete(&error))
        };
        let rules = self.rules.iter().map(rule).collect::<Answer<Vec<_>>>()?;
        types::OwnershipControls::builder().set_rules(Some(rules)).build().map_err(|error| incomplete(&error))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Versioning {
    #[serde(default, rename = "MFADelete", skip_serializing_if = "Option::is_none")]
    mfa_delete: Option<String>,
    #[serde(default, rename = "Status", skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

impl From<&GetBucketVersioningOutput> for Versioning {
    fn from(found: &GetBucketVersioningOutput) -> Self {
        Self {
            mfa_delete: found.mfa_delete().map(|word| word.as_str().to_owned()),
            status: found.status().map(|word| word.as_str().to_owned()),
        }
    }
}

impl Versioning {
    pub fn write(&self) -> types::VersioningConfiguration {
        types::VersioningConfiguration::builder()
            .set_mfa_delete(self.mfa_delete.as_deref().map(types::MfaDelete::from))
            .set_status(self.status.as_deref().map(types::BucketVersioningStatus::from))
            .build()
    }
}

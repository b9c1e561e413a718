//! The answers that are one of a few words.

use crate::domain::{Reason, SecretName, one_of};
use std::fmt;

/// An enum of the contract's words: `ALL`, `as_str`, `parse`, `Display`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $noun:literal, $($(#[$vdoc:meta])* $variant:ident = $word:literal),+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All values, in the contract's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The contract's word.
            pub fn as_str(&self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Takes the contract's word; else all words and the nearest.
            pub fn parse(text: &str) -> Result<Self, Reason> {
                one_of(text, $noun, &[$(($word, Self::$variant)),+])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// How a bucket encrypts.
    EncryptionKind, "a kind of encryption",
    /// As the bucket has it; a new bucket: SSE-S3.
    BucketDefault = "bucket-default",
    /// With keys that S3 holds.
    SseS3 = "sse-s3",
    /// With a KMS key.
    Kms = "kms"
);

words!(
    /// How Object Lock holds.
    LockMode, "an Object Lock mode",
    /// Whoever may bypass it can.
    Governance = "governance",
    /// Nobody can, not even root.
    Compliance = "compliance"
);

words!(
    /// What Velero is to cover beside Kubernetes objects.
    Feature, "a feature",
    /// Volumes through the node agent.
    FileSystemBackup = "file-system-backup",
    /// Volumes as EBS snapshots by Velero's own plugin.
    EbsSnapshots = "ebs-snapshots",
    /// Volumes as CSI snapshots.
    Csi = "csi",
    /// CSI snapshots moved into the bucket.
    DataMover = "data-mover",
    /// Object tags.
    Tagging = "tagging"
);

words!(
    /// What Velero may do in its location.
    AccessMode, "an access mode",
    /// Back up and restore.
    ReadWrite = "ReadWrite",
    /// Restore only.
    ReadOnly = "ReadOnly"
);

words!(
    /// Which objects Rancher Backup takes.
    ResourceSet, "a resource set",
    /// Rancher's own without secrets.
    Basic = "basic",
    /// Everything of Rancher's.
    Full = "full"
);

words!(
    /// How a role trusts the host namespaces of Spaces.
    SpacesTrust, "a kind of trust",
    /// Each by its name.
    Enumerated = "enumerated",
    /// By the pattern `mxp-*-system`.
    Pattern = "pattern"
);

words!(
    /// What happens to the files of an expired Spaces backup.
    DeletionPolicy, "a deletion policy",
    /// They are deleted.
    Delete = "Delete",
    /// They stay.
    Orphan = "Orphan"
);

/// The Secret that encrypts Rancher's backups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SecretChoice {
    /// None: backups are not encrypted by Rancher.
    #[default]
    None,
    /// One to be made.
    New,
    /// An existing one.
    Named(SecretName),
}

impl SecretChoice {
    /// Takes `""`, `new` or a Secret's name.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        match text {
            "" => Ok(Self::None),
            "new" => Ok(Self::New),
            name => SecretName::parse(name).map(Self::Named),
        }
    }
}

impl fmt::Display for SecretChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::New => f.write_str("new"),
            Self::Named(name) => write!(f, "{name}"),
        }
    }
}

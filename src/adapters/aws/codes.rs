//! AWS's error codes: their kind, and a sentence for those that need one.

use crate::ports::TroubleKind;

/// The kind of an error by its code, else by its HTTP status.
pub(super) fn kind(status: u16, code: &str, message: &str) -> TroubleKind {
    if let Some(kind) = by_code(code) {
        return kind;
    }
    if message.contains("Rate exceeded") {
        return TroubleKind::Throttled;
    }
    match status {
        401 => TroubleKind::Credentials,
        403 => TroubleKind::Denied,
        404 | 410 => TroubleKind::NotFound,
        409 => TroubleKind::Busy,
        429 => TroubleKind::Throttled,
        500.. => TroubleKind::Server,
        _ => TroubleKind::Invalid,
    }
}

fn by_code(code: &str) -> Option<TroubleKind> {
    use TroubleKind::{Busy, Credentials, Denied, Exists, Invalid, NotFound, Quota, Server, Taken, Throttled};
    let kind = match code {
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "InvalidToken"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "AuthFailure"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "TokenRefreshRequired"
        | "NotSignedUp" => Credentials,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "AllAccessDisabled"
        | "RegionDisabledException"
        | "OptInRequired"
        | "IDPRejectedClaim" => Denied,
        "NoSuchEntity"
        | "NoSuchEntityException"
        | "NoSuchBucket"
        | "NoSuchKey"
        | "NoSuchVersion"
        | "NotFound"
        | "NotFoundException"
        | "ResourceNotFoundException"
        | "NoSuchBucketPolicy"
        | "NoSuchTagSet"
        | "NoSuchLifecycleConfiguration"
        | "ServerSideEncryptionConfigurationNotFoundError"
        | "NoSuchPublicAccessBlockConfiguration"
        | "OwnershipControlsNotFoundError"
        | "ObjectLockConfigurationNotFoundError" => NotFound,
        "EntityAlreadyExists"
        | "EntityAlreadyExistsException"
        | "BucketAlreadyOwnedByYou"
        | "AlreadyExistsException"
        | "ResourceInUseException" => Exists,
        "BucketAlreadyExists" => Taken,
        "ConcurrentModification"
        | "ConcurrentModificationException"
        | "OperationAborted"
        | "DeleteConflict"
        | "DeleteConflictException"
        | "EntityTemporarilyUnmodifiable"
        | "ConflictException" => Busy,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete" => Throttled,
        "LimitExceeded"
        | "LimitExceededException"
        | "ResourceLimitExceededException"
        | "TooManyBuckets"
        | "ServiceQuotaExceededException"
        | "PackedPolicyTooLarge" => Quota,
        "ServiceFailure"
        | "ServiceFailureException"
        | "InternalError"
        | "InternalFailure"
        | "InternalServerException"
        | "ServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "KMSInternalException"
        | "DependencyTimeoutException"
        | "IDPCommunicationError"
        | "OpenIdIdpCommunicationError" => Server,
        "InvalidIdentityToken" | "BucketNotEmpty" | "RequestTimeTooSkewed" => Invalid,
        _ => return None,
    };
    Some(kind)
}

/// What happened and what to do, for a code that says too little itself.
pub(super) struct Sentence {
    pub what: &'static str,
    pub todo: &'static str,
}

/// The sentence of a code, by the call where that matters (A31, E11, E17).
pub(super) fn sentence(call: &str, code: &str) -> Option<Sentence> {
    let exchange = call == "sts:AssumeRoleWithWebIdentity";
    let (what, todo) = match code {
        "ExpiredTokenException" if exchange => ("the service account's token has expired", "mint a new one"),
        "InvalidIdentityToken" => (
            "AWS does not accept the service account's token",
            "check that the cluster's issuer has its OIDC provider in IAM, with the audience sts.amazonaws.com",
        ),
        "IDPRejectedClaim" => ("the identity provider rejected the token's claims", "check audience and issuer"),
        "IDPCommunicationError" | "OpenIdIdpCommunicationError" => {
            ("AWS could not reach the cluster's OIDC issuer", "try again in a minute; a new issuer needs some time")
        }
        "RegionDisabledException" => (
            "AWS STS is not active in this region",
            "activate it under IAM > Account settings > STS, or use another region",
        ),
        "OptInRequired" => ("the account has not enabled this region or service", "enable it in the account settings"),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => (
            "the AWS credentials have expired",
            "renew them (aws sso login --profile NAME, or a new session), then try again; nothing that was done is lost",
        ),
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => (
            "AWS does not know the access key",
            "check the profile; a key of another partition (China, GovCloud) or of an opt-in region needs --region",
        ),
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            ("AWS does not accept the signature", "check the secret key and this machine's clock")
        }
        "RequestTimeTooSkewed" => {
            ("this machine's clock differs too much from AWS's", "set the clock (timedatectl set-ntp true)")
        }
        "BucketNotEmpty" => {
            ("the bucket is not empty", "lifeboat never empties a bucket; delete its objects and versions yourself")
        }
        _ => return None,
    };
    Some(Sentence { what, todo })
}

/// How the name of a quota ends that is the same for everybody.
pub(super) const FIXED: &str = "which cannot be raised";

/// Service, quota code and name of the quota that a call runs into; the code is empty where several may be meant.
/// Codes: security.md 1.1, AWS Service Quotas.
pub(super) fn quota(call: &str) -> (&'static str, &'static str, &'static str) {
    let iam = "AWS Identity and Access Management (IAM)";
    match call {
        "iam:CreateRole" => (iam, "L-FE177D64", "roles per account"),
        "iam:CreateOpenIDConnectProvider" => (iam, "L-858F3967", "OpenID Connect providers per account"),
        "iam:UpdateAssumeRolePolicy" => (iam, "L-C07B4B0D", "role trust policy length"),
        "iam:AttachRolePolicy" => (iam, "L-0DA4ABF3", "managed policies attached to a role"),
        "iam:PutRolePolicy" => (iam, "", "10,240 characters of inline policies in a role"),
        "s3:CreateBucket" => ("Amazon Simple Storage Service (Amazon S3)", "L-DC2B2D3D", "general purpose buckets"),
        "kms:CreateKey" => ("AWS Key Management Service (AWS KMS)", "L-C2F1777E", "KMS keys"),
        "eks:CreatePodIdentityAssociation" => (
            "Amazon Elastic Kubernetes Service (Amazon EKS)",
            "",
            "5,000 Pod Identity associations per cluster, which cannot be raised",
        ),
        call if call.starts_with("iam:") => (iam, "", "a limit of IAM"),
        call if call.starts_with("kms:") => ("AWS Key Management Service (AWS KMS)", "", "a limit of KMS"),
        call if call.starts_with("eks:") => ("Amazon Elastic Kubernetes Service (Amazon EKS)", "", "a limit of EKS"),
        _ => ("the service", "", "a limit"),
    }
}

//! A bucket's documents, as the JSON text that the aws CLI takes.

use super::call::Call;
use super::config::Clients;
use super::retry::Mode;
use crate::ports::{Answer, BucketRef, Setting, Trouble, TroubleKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

mod lifecycle;
mod lock;
mod rules;

/// A bucket's document, or `None` where none was put.
pub(super) async fn read(clients: &Clients, bucket: &BucketRef, setting: Setting) -> Answer<Option<String>> {
    let call = Call::read(names(setting).0, &bucket.name);
    let client = clients.s3(&bucket.region, Mode::Read);
    let (name, owner) = (&bucket.name, &bucket.account);
    macro_rules! get {
        ($method:ident) => {{
            let said = client.$method().bucket(name).expected_bucket_owner(owner).send().await;
            match said.map_err(|error| call.failed(error)) {
                Ok(said) => said,
                Err(trouble) if is_unset(&trouble) => return Ok(None),
                Err(trouble) => return Err(trouble),
            }
        }};
    }
    let text = match setting {
        Setting::Policy => return get!(get_bucket_policy).policy().map(|text| Ok(text.to_owned())).transpose(),
        Setting::Lifecycle => {
            let said = get!(get_bucket_lifecycle_configuration);
            text(&call, &lifecycle::read(&said)?)?
        }
        Setting::Encryption => match get!(get_bucket_encryption).server_side_encryption_configuration() {
            Some(found) => text(&call, &rules::Encryption::from(found))?,
            None => return Ok(None),
        },
        Setting::PublicAccess => match get!(get_public_access_block).public_access_block_configuration() {
            Some(found) => text(&call, &rules::PublicAccess::from(found))?,
            None => return Ok(None),
        },
        Setting::Ownership => match get!(get_bucket_ownership_controls).ownership_controls() {
            Some(found) => text(&call, &rules::Ownership::from(found))?,
            None => return Ok(None),
        },
        Setting::Versioning => {
            let said = get!(get_bucket_versioning);
            if said.status().is_none() && said.mfa_delete().is_none() {
                return Ok(None);
            }
            text(&call, &rules::Versioning::from(&said))?
        }
        Setting::Tagging => text(&call, &rules::Tagging::from(get!(get_bucket_tagging).tag_set()))?,
        Setting::ObjectLock => match get!(get_object_lock_configuration).object_lock_configuration() {
            Some(found) => text(&call, &lock::ObjectLock::from(found))?,
            None => return Ok(None),
        },
    };
    Ok(Some(text))
}

/// s3:GetBucketRequestPayment: whether who reads pays.
pub(super) async fn requester_pays(clients: &Clients, bucket: &BucketRef) -> Answer<Option<bool>> {
    let call = Call::read("s3:GetBucketRequestPayment", &bucket.name);
    let request = clients.s3(&bucket.region, Mode::Read).get_bucket_request_payment().bucket(&bucket.name);
    let said = request.expected_bucket_owner(&bucket.account).send().await.map_err(|error| call.failed(error))?;
    Ok(said.payer().map(|payer| *payer == aws_sdk_s3::types::Payer::Requester))
}

/// Whether an error says that there is no such document; a bucket that is not there is another thing.
fn is_unset(trouble: &Trouble) -> bool {
    trouble.kind == TroubleKind::NotFound && trouble.code != "NoSuchBucket"
}

/// Puts a bucket's document, the whole of it.
pub(super) async fn put(clients: &Clients, bucket: &BucketRef, setting: Setting, document: &str) -> Answer<()> {
    let call = Call::put(names(setting).1, &bucket.name);
    let client = clients.s3(&bucket.region, Mode::Put);
    let (name, owner) = (&bucket.name, &bucket.account);
    macro_rules! put {
        ($method:ident, $field:ident, $value:expr) => {{
            let value = $value;
            let said = client.$method().bucket(name).expected_bucket_owner(owner).$field(value).send().await;
            said.map(drop).map_err(|error| call.failed(error))
        }};
    }
    match setting {
        Setting::Policy => put!(put_bucket_policy, policy, document),
        Setting::Lifecycle => {
            let (value, size) = lifecycle::write(parsed(&call, document)?)?;
            let request = client.put_bucket_lifecycle_configuration().bucket(name).expected_bucket_owner(owner);
            let request = request.lifecycle_configuration(value).set_transition_default_minimum_object_size(size);
            request.send().await.map(drop).map_err(|error| call.failed(error))
        }
        Setting::Encryption => put!(
            put_bucket_encryption,
            server_side_encryption_configuration,
            parsed::<rules::Encryption>(&call, document)?.write()?
        ),
        Setting::PublicAccess => put!(
            put_public_access_block,
            public_access_block_configuration,
            parsed::<rules::PublicAccess>(&call, document)?.write()
        ),
        Setting::Ownership => put!(
            put_bucket_ownership_controls,
            ownership_controls,
            parsed::<rules::Ownership>(&call, document)?.write()?
        ),
        Setting::Versioning => {
            put!(put_bucket_versioning, versioning_configuration, parsed::<rules::Versioning>(&call, document)?.write())
        }
        Setting::Tagging => {
            put!(put_bucket_tagging, tagging, parsed::<rules::Tagging>(&call, document)?.write()?)
        }
        Setting::ObjectLock => put!(
            put_object_lock_configuration,
            object_lock_configuration,
            parsed::<lock::ObjectLock>(&call, document)?.write()
        ),
    }
}

/// Deletes a bucket's document; versioning can only be suspended, Object Lock stays for ever.
pub(super) async fn delete(clients: &Clients, bucket: &BucketRef, setting: Setting) -> Answer<()> {
    let call = Call::put(names(setting).1, &bucket.name);
    let client = clients.s3(&bucket.region, Mode::Put);
    macro_rules! delete {
        ($method:ident) => {{
            let request = client.$method().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
            let said = request.send().await.map(drop).map_err(|error| call.failed(error));
            match said {
                Err(trouble) if is_unset(&trouble) => Ok(()),
                said => said,
            }
        }};
    }
    match setting {
        Setting::Policy => delete!(delete_bucket_policy),
        Setting::Lifecycle => delete!(delete_bucket_lifecycle),
        Setting::Encryption => delete!(delete_bucket_encryption),
        Setting::PublicAccess => delete!(delete_public_access_block),
        Setting::Ownership => delete!(delete_bucket_ownership_controls),
        Setting::Tagging => delete!(delete_bucket_tagging),
        Setting::Versioning => put(clients, bucket, setting, r#"{"Status":"Suspended"}"#).await,
        Setting::ObjectLock => Err(Trouble::new(TroubleKind::Refused, "Object Lock cannot be removed from a bucket")
            .why("S3 has no call for it")
            .todo("objects are kept until their retention ends")
            .at(call.name, call.resource.clone())),
    }
}

/// The IAM actions that read and write a document.
fn names(setting: Setting) -> (&'static str, &'static str) {
    match setting {
        Setting::Policy => ("s3:GetBucketPolicy", "s3:PutBucketPolicy"),
        Setting::Lifecycle => ("s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
        Setting::Encryption => ("s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"),
        Setting::PublicAccess => ("s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        Setting::Ownership => ("s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
        Setting::Versioning => ("s3:GetBucketVersioning", "s3:PutBucketVersioning"),
        Setting::Tagging => ("s3:GetBucketTagging", "s3:PutBucketTagging"),
        Setting::ObjectLock => ("s3:GetBucketObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"),
    }
}

/// A document's text.
fn text(call: &Call, document: &impl Serialize) -> Answer<String> {
    serde_json::to_string(document).map_err(|error| call.unreadable(error.to_string()))
}

/// A document out of its text. A field that is not known is refused, never dropped: the call replaces the whole.
/// A text that is no JSON at all is `Invalid`, as AWS says of the one document that it parses itself, the policy.
fn parsed<T: DeserializeOwned>(call: &Call, document: &str) -> Answer<T> {
    serde_json::from_str(document).map_err(|error| {
        let (kind, todo) = if error.is_data() {
            (TroubleKind::Refused, "put it with the aws CLI, or leave out what lifeboat does not know")
        } else {
            (TroubleKind::Invalid, "correct the JSON text")
        };
        Trouble::new(kind, format!("the document for {} is not sent", call.name))
            .why(error.to_string())
            .todo(todo)
            .at(call.name, call.resource.clone())
    })
}

#[cfg(test)]
mod tests;

//! Buckets and their documents.

use super::wrong::{denied, wrong};
use crate::demo::state::{Account, Bucket};
use crate::domain::discovery::FoundBucket;
use crate::ports::{Answer, BucketHead, BucketRef, NewBucket, Setting, TroubleKind};
use serde_json::{Value, json};

/// A setting's key in the state.
fn field(setting: Setting) -> String {
    format!("{setting:?}")
}

/// SSE-S3, which every bucket has had since January 2023.
const SSE_S3: &str =
    r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"},"BucketKeyEnabled":false}]}"#;
const PUBLIC_ACCESS: &str =
    r#"{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}"#;
const OWNERSHIP: &str = r#"{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}"#;

/// A bucket with what AWS gives to a new one.
pub(in crate::demo) fn fresh(region: &str) -> Bucket {
    let mut bucket = Bucket { region: region.to_owned(), ..Bucket::default() };
    bucket.settings.insert(field(Setting::Encryption), SSE_S3.to_owned());
    bucket.settings.insert(field(Setting::PublicAccess), PUBLIC_ACCESS.to_owned());
    bucket.settings.insert(field(Setting::Ownership), OWNERSHIP.to_owned());
    bucket
}

/// Our bucket, reached in its region, or S3's error.
pub(in crate::demo) fn of<'a>(account: &'a Account, call: &str, bucket: &BucketRef) -> Answer<&'a Bucket> {
    let Some(found) = account.buckets.get(&bucket.name) else {
        let text = "The specified bucket does not exist";
        return Err(wrong(TroubleKind::NotFound, "NoSuchBucket", call, &bucket.name, text));
    };
    if found.foreign || bucket.account != account.id {
        return Err(denied(call, &bucket.name, "Access Denied"));
    }
    if found.region != bucket.region {
        let text = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                    Please send all future requests to this endpoint.";
        return Err(wrong(TroubleKind::Invalid, "PermanentRedirect", call, &bucket.name, text));
    }
    Ok(found)
}

/// As [`of`], to change it.
pub(super) fn of_mut<'a>(account: &'a mut Account, call: &str, bucket: &BucketRef) -> Answer<&'a mut Bucket> {
    of(account, call, bucket)?;
    account.touch();
    account.buckets.get_mut(&bucket.name).ok_or_else(|| denied(call, &bucket.name, "Access Denied"))
}

pub(super) fn buckets(account: &Account) -> Vec<FoundBucket> {
    let own = account.buckets.iter().filter(|(_, bucket)| !bucket.foreign);
    own.map(|(name, bucket)| FoundBucket { name: name.clone(), region: bucket.region.clone() }).collect()
}

pub(super) fn head(account: &Account, bucket: &BucketRef) -> BucketHead {
    match account.buckets.get(&bucket.name) {
        None => BucketHead::Absent,
        Some(found) if found.foreign || bucket.account != account.id => BucketHead::Foreign,
        Some(found) => BucketHead::Ours(found.region.clone()),
    }
}

pub(super) fn create(account: &mut Account, new: &NewBucket) -> Answer<()> {
    const CALL: &str = "s3:CreateBucket";
    let (name, region) = (&new.bucket.name, &new.bucket.region);
    let refuse = |kind, code: &str, text: &str| Err(wrong(kind, code, CALL, name, text));
    if !good_name(name) {
        return refuse(TroubleKind::Invalid, "InvalidBucketName", "The specified bucket is not valid.");
    }
    let suffix = format!("-{}-{region}-an", account.id);
    if new.account_regional != name.ends_with(&suffix) {
        let text = "The bucket's name and its namespace do not fit each other.";
        return refuse(TroubleKind::Invalid, "InvalidBucketNamespace", text);
    }
    match account.buckets.get(name) {
        Some(found) if found.foreign => {
            let text = "The requested bucket name is not available. The bucket namespace is shared by all users of \
                        the system. Select a different name and try again.";
            return refuse(TroubleKind::Taken, "BucketAlreadyExists", text);
        }
        Some(_) => {
            let text = "Your previous request to create the named bucket succeeded and you already own it.";
            return refuse(TroubleKind::Exists, "BucketAlreadyOwnedByYou", text);
        }
        None => {}
    }
    let mut bucket = fresh(region);
    if !new.tags.is_empty() {
        let set: Vec<Value> = new.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        bucket.settings.insert(field(Setting::Tagging), json!({"TagSet": set}).to_string());
    }
    if new.object_lock {
        bucket.settings.insert(field(Setting::ObjectLock), json!({"ObjectLockEnabled": "Enabled"}).to_string());
        bucket.settings.insert(field(Setting::Versioning), json!({"Status": "Enabled"}).to_string());
    }
    account.buckets.insert(name.clone(), bucket);
    account.touch();
    Ok(())
}

fn good_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.chars().count())
        && name.chars().all(|c| good(c) || c == '-' || c == '.')
        && name.starts_with(good)
        && name.ends_with(good)
        && !name.contains("..")
}

pub(super) fn delete(account: &mut Account, bucket: &BucketRef) -> Answer<()> {
    const CALL: &str = "s3:DeleteBucket";
    if !of(account, CALL, bucket)?.objects.is_empty() {
        let text = "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
        return Err(wrong(TroubleKind::Invalid, "BucketNotEmpty", CALL, &bucket.name, text));
    }
    account.buckets.remove(&bucket.name);
    account.touch();
    Ok(())
}

pub(super) fn setting(account: &Account, bucket: &BucketRef, setting: Setting) -> Answer<Option<String>> {
    Ok(of(account, get_call(setting), bucket)?.settings.get(&field(setting)).cloned())
}

/// No bucket of the demo lets who reads pay.
pub(super) fn requester_pays(account: &Account, bucket: &BucketRef) -> Answer<Option<bool>> {
    of(account, "s3:GetBucketRequestPayment", bucket).map(|_| Some(false))
}

pub(super) fn put_setting(account: &mut Account, bucket: &BucketRef, setting: Setting, text: &str) -> Answer<()> {
    let call = put_call(setting);
    let found = of_mut(account, call, bucket)?;
    let refuse = |code: &str, text: &str| Err(wrong(TroubleKind::Invalid, code, call, &bucket.name, text));
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return refuse("MalformedXML", "The document you provided was not well-formed");
    };
    let locked = found.settings.contains_key(&field(Setting::ObjectLock));
    match setting {
        Setting::Policy if document["Statement"].is_null() => {
            return refuse("MalformedPolicy", "Missing required field Statement");
        }
        Setting::Lifecycle | Setting::Encryption | Setting::Ownership if !document["Rules"].is_array() => {
            return refuse("MalformedXML", "The document you provided was not well-formed: Rules is missing");
        }
        Setting::Versioning if locked && document["Status"] != "Enabled" => {
            let text =
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.";
            return refuse("InvalidBucketState", text);
        }
        Setting::ObjectLock if !versioned(found) => {
            let text = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
            return refuse("InvalidBucketState", text);
        }
        _ => {}
    }
    found.settings.insert(field(setting), text.to_owned());
    Ok(())
}

pub(super) fn delete_setting(account: &mut Account, bucket: &BucketRef, setting: Setting) -> Answer<()> {
    let call = put_call(setting);
    match setting {
        Setting::ObjectLock => {
            of(account, call, bucket)?;
            let text = "Object Lock cannot be removed from a bucket";
            return Err(wrong(TroubleKind::Refused, "", call, &bucket.name, text));
        }
        Setting::Versioning => return put_setting(account, bucket, setting, r#"{"Status":"Suspended"}"#),
        _ => {}
    }
    let found = of_mut(account, call, bucket)?;
    found.settings.remove(&field(setting));
    if setting == Setting::Encryption {
        // Without a document of its own a bucket has SSE-S3.
        found.settings.insert(field(setting), SSE_S3.to_owned());
    }
    Ok(())
}

/// Whether new versions get an id.
pub(super) fn versioned(bucket: &Bucket) -> bool {
    let text = bucket.settings.get(&field(Setting::Versioning)).map_or("", String::as_str);
    serde_json::from_str::<Value>(text).is_ok_and(|document| document["Status"] == "Enabled")
}

pub(super) fn get_call(setting: Setting) -> &'static str {
    match setting {
        Setting::Policy => "s3:GetBucketPolicy",
        Setting::Lifecycle => "s3:GetLifecycleConfiguration",
        Setting::Encryption => "s3:GetEncryptionConfiguration",
        Setting::PublicAccess => "s3:GetBucketPublicAccessBlock",
        Setting::Ownership => "s3:GetBucketOwnershipControls",
        Setting::Versioning => "s3:GetBucketVersioning",
        Setting::Tagging => "s3:GetBucketTagging",
        Setting::ObjectLock => "s3:GetBucketObjectLockConfiguration",
    }
}

pub(super) fn put_call(setting: Setting) -> &'static str {
    match setting {
        Setting::Policy => "s3:PutBucketPolicy",
        Setting::Lifecycle => "s3:PutLifecycleConfiguration",
        Setting::Encryption => "s3:PutEncryptionConfiguration",
        Setting::PublicAccess => "s3:PutBucketPublicAccessBlock",
        Setting::Ownership => "s3:PutBucketOwnershipControls",
        Setting::Versioning => "s3:PutBucketVersioning",
        Setting::Tagging => "s3:PutBucketTagging",
        Setting::ObjectLock => "s3:PutBucketObjectLockConfiguration",
    }
}

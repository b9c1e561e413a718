//! Objects and their versions, and the calls on them with a session's or a pod's own permissions.

use super::access;
use super::s3::{of, of_mut, versioned};
use super::sts::Principal;
use super::wrong::{denied, wrong};
use crate::demo::state::{Account, Bucket, Version};
use crate::ports::{Answer, BucketRef, ObjectVersion, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::BTreeSet;

/// The newest version's body, unless it is a delete marker.
fn newest(bucket: &Bucket, key: &str) -> Option<Vec<u8>> {
    let version = bucket.objects.get(key)?.last().filter(|version| !version.marker)?;
    STANDARD.decode(&version.body).ok()
}

/// The keys that are there under a prefix.
fn keys<'a>(bucket: &'a Bucket, prefix: &'a str) -> impl Iterator<Item = &'a String> {
    let there = |versions: &Vec<Version>| versions.last().is_some_and(|version| !version.marker);
    bucket.objects.iter().filter(move |(key, all)| key.starts_with(prefix) && there(all)).map(|(key, _)| key)
}

/// Adds a version, or replaces the `null` version where versioning is off.
pub(in crate::demo) fn put(account: &mut Account, bucket: &str, key: &str, body: &[u8]) -> String {
    add(account, bucket, key, Some(body))
}

fn add(account: &mut Account, bucket: &str, key: &str, body: Option<&[u8]>) -> String {
    let fresh = account.fresh_id("", 32);
    let at = account.now;
    let Some(found) = account.buckets.get_mut(bucket) else { return String::new() };
    let suspended = found.settings.contains_key("Versioning");
    let id = if versioned(found) { fresh } else { "null".to_owned() };
    let versions = found.objects.entry(key.to_owned()).or_default();
    if id == "null" {
        versions.retain(|version| version.id != "null");
    }
    match body {
        Some(body) => versions.push(Version { id: id.clone(), marker: false, body: STANDARD.encode(body), at }),
        None if id != "null" || suspended => {
            versions.push(Version { id: id.clone(), marker: true, body: String::new(), at });
        }
        None => {}
    }
    if versions.is_empty() {
        found.objects.remove(key);
    }
    id
}

pub(super) fn versions(
    account: &Account,
    bucket: &BucketRef,
    prefix: &str,
    limit: usize,
) -> Answer<Vec<ObjectVersion>> {
    let found = of(account, "s3:ListBucketVersions", bucket)?;
    let mut out = Vec::new();
    for (key, all) in found.objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        for (back, version) in all.iter().rev().enumerate() {
            let (version, marker) = (version.id.clone(), version.marker);
            out.push(ObjectVersion { key: key.clone(), version, marker, latest: back == 0 });
        }
    }
    out.truncate(limit);
    Ok(out)
}

pub(super) fn top_level(account: &Account, bucket: &BucketRef, prefix: &str) -> Answer<Vec<String>> {
    let found = of(account, "s3:ListBucket", bucket)?;
    Ok(folders(found, prefix).into_iter().take(1000).collect())
}

/// The names directly under a prefix; folders end in `/`.
fn folders(bucket: &Bucket, prefix: &str) -> BTreeSet<String> {
    keys(bucket, prefix)
        .filter_map(|key| key.strip_prefix(prefix))
        .filter(|rest| !rest.is_empty())
        .map(|rest| match rest.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => rest.to_owned(),
        })
        .collect()
}

/// The newest version's size, or `None`.
pub(super) fn size(account: &Account, bucket: &BucketRef, key: &str) -> Answer<Option<u64>> {
    Ok(newest(of(account, "s3:GetObject", bucket)?, key).map(|body| length(&body)))
}

/// The keys under a prefix with their sizes, at most `limit`.
pub(super) fn sizes(account: &Account, bucket: &BucketRef, prefix: &str, limit: usize) -> Answer<Vec<(String, u64)>> {
    let found = of(account, "s3:ListBucket", bucket)?;
    let sized = |key: &String| (key.clone(), newest(found, key).map_or(0, |body| length(&body)));
    Ok(keys(found, prefix).take(limit).map(sized).collect())
}

fn length(body: &[u8]) -> u64 {
    u64::try_from(body.len()).unwrap_or(u64::MAX)
}

/// How long Object Lock keeps a new version by the bucket's default.
fn retention(bucket: &Bucket) -> SignedDuration {
    let text = bucket.settings.get("ObjectLock").map_or("", String::as_str);
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let rule = &document["Rule"]["DefaultRetention"];
    let days = rule["Days"].as_i64().or(rule["Years"].as_i64().map(|years| years.saturating_mul(365)));
    SignedDuration::from_hours(days.unwrap_or(0).clamp(0, 36_500) * 24)
}

/// Each version goes, but for one that Object Lock keeps.
pub(super) fn delete_versions(account: &mut Account, bucket: &BucketRef, gone: &[ObjectVersion]) -> Answer<()> {
    const CALL: &str = "s3:DeleteObjectVersion";
    let now = account.now;
    let found = of_mut(account, CALL, bucket)?;
    let kept = retention(found);
    for one in gone {
        let version = found.objects.get(&one.key).and_then(|all| all.iter().find(|v| v.id == one.version && !v.marker));
        if version.is_some_and(|version| now.duration_since(version.at) < kept) {
            return Err(denied(CALL, &one.key, "Access Denied because object protected by object lock."));
        }
        if let Some(versions) = found.objects.get_mut(&one.key) {
            versions.retain(|version| version.id != one.version);
            if versions.is_empty() {
                found.objects.remove(&one.key);
            }
        }
    }
    Ok(())
}

/// s3:ListBucket by a principal, as a HEAD of the bucket needs it: without a prefix.
pub(in crate::demo) fn head_as(account: &Account, who: &Principal, bucket: &BucketRef) -> Answer<()> {
    of(account, "s3:ListBucket", bucket)?;
    access::head(account, who, &bucket.name)
}

/// s3:ListBucket by a principal.
pub(in crate::demo) fn list_as(
    account: &Account,
    who: &Principal,
    bucket: &BucketRef,
    prefix: &str,
) -> Answer<Vec<String>> {
    let found = of(account, "s3:ListBucket", bucket)?;
    access::s3(account, who, "s3:ListBucket", &bucket.name, prefix)?;
    Ok(keys(found, prefix).take(1000).cloned().collect())
}

/// s3:ListBucket by a principal, with the delimiter `/`: the names directly under the prefix.
pub(in crate::demo) fn folders_as(
    account: &Account,
    who: &Principal,
    bucket: &BucketRef,
    prefix: &str,
) -> Answer<BTreeSet<String>> {
    let found = of(account, "s3:ListBucket", bucket)?;
    access::s3(account, who, "s3:ListBucket", &bucket.name, prefix)?;
    Ok(folders(found, prefix))
}

/// s3:PutObject by a principal; answers the version's id.
pub(in crate::demo) fn put_as(
    account: &mut Account,
    who: &Principal,
    bucket: &BucketRef,
    key: &str,
    body: &[u8],
) -> Answer<String> {
    let region = of(account, "s3:PutObject", bucket)?.region.clone();
    access::s3(account, who, "s3:PutObject", &bucket.name, key)?;
    if let Some(kms) = access::key_of(account, &bucket.name) {
        access::kms(account, who, "kms:GenerateDataKey", &region, &kms)?;
    }
    Ok(put(account, &bucket.name, key, body))
}

/// s3:PutObjectTagging by a principal, as a put with tags needs it too.
pub(in crate::demo) fn tag_as(account: &Account, who: &Principal, bucket: &BucketRef, key: &str) -> Answer<()> {
    access::s3(account, who, "s3:PutObjectTagging", &bucket.name, key)
}

/// s3:GetObject by a principal.
pub(in crate::demo) fn get_as(account: &Account, who: &Principal, bucket: &BucketRef, key: &str) -> Answer<Vec<u8>> {
    let found = of(account, "s3:GetObject", bucket)?;
    access::s3(account, who, "s3:GetObject", &bucket.name, key)?;
    let Some(body) = newest(found, key) else {
        // Without s3:ListBucket S3 does not tell what is not there.
        access::s3(account, who, "s3:ListBucket", &bucket.name, key)?;
        let text = "The specified key does not exist.";
        return Err(wrong(TroubleKind::NotFound, "NoSuchKey", "s3:GetObject", key, text));
    };
    if let Some(kms) = access::key_of(account, &bucket.name) {
        access::kms(account, who, "kms:Decrypt", &found.region, &kms)?;
    }
    Ok(body)
}

/// s3:DeleteObject by a principal: a delete marker where versioning is on.
pub(in crate::demo) fn delete_as(account: &mut Account, who: &Principal, bucket: &BucketRef, key: &str) -> Answer<()> {
    of(account, "s3:DeleteObject", bucket)?;
    access::s3(account, who, "s3:DeleteObject", &bucket.name, key)?;
    add(account, &bucket.name, key, None);
    Ok(())
}

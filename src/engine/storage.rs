//! Reads a bucket and its key: what it holds, how it is set, what encrypts it.

use crate::domain::audit::AuditLine;
use crate::domain::{KmsKeyRef, Tool};
use crate::plan::answers::{Answers, EncryptionKind};
use crate::plan::{BucketFacts, KeyFacts, alias_of};
use crate::ports::{Answer, Aws, BucketHead, BucketRef, Caller, Setting, Trouble, TroubleKind, World};
use futures::future::join_all;
use futures::try_join;
use std::collections::BTreeMap;

/// The bucket of the answers line by line, as it is now; empty where there is none of ours.
///
/// # Errors
/// Who lifeboat is, or whose the bucket is, cannot be found out.
pub async fn audit(world: &World, answers: &Answers) -> Answer<Vec<AuditLine>> {
    let caller = world.aws.caller().await?;
    let (storage, site) =
        futures::join!(read(world.aws.as_ref(), answers, &caller), super::gather::first(world, answers, &caller));
    let (bucket, key) = storage?;
    // What the cluster says only tells whose backups there are: without it that stays open.
    Ok(crate::plan::audit(answers, &caller, bucket, key, site.ok()))
}

/// The bucket and its key.
///
/// # Errors
/// The first read that fails for another reason than absence, or than a refusal to read one document.
pub async fn read(aws: &dyn Aws, answers: &Answers, caller: &Caller) -> Answer<(BucketFacts, Option<KeyFacts>)> {
    let asked = answers.bucket_region().to_string();
    let name = if answers.bucket.account_regional {
        format!("{}-{}-{asked}-an", answers.bucket.name, caller.account)
    } else {
        answers.bucket.name.to_string()
    };
    let mut bucket = BucketRef { name, region: asked.clone(), account: caller.account.clone() };
    let head = aws.bucket(&bucket).await?;
    let mut facts = BucketFacts::bare(head);
    if let BucketHead::Ours(region) = &facts.head {
        bucket.region.clone_from(region);
        let prefix = answers.prefix().slashed();
        let backups = async {
            if answers.tool != Tool::Velero {
                return Ok(Vec::new());
            }
            aws.top_level(&bucket, &format!("{prefix}backups/")).await
        };
        let payer = async { Ok(aws.requester_pays(&bucket).await.unwrap_or(None)) };
        let top_level = aws.top_level(&bucket, &prefix);
        let ((settings, unread), top_level, backups, payer) =
            try_join!(settings(aws, &bucket), top_level, backups, payer)?;
        let backups = backups.iter().filter_map(|name| Some(name.strip_suffix('/')?.to_owned())).collect();
        facts = BucketFacts { settings, unread, top_level, backups, requester_pays: payer, ..facts };
    }
    let key = key(aws, answers, &bucket, &facts.settings).await?;
    Ok((facts, key))
}

/// The documents that are there, and those that may not be read with the reason (A26).
async fn settings(aws: &dyn Aws, bucket: &BucketRef) -> Answer<(BTreeMap<Setting, String>, BTreeMap<Setting, String>)> {
    let reads = Setting::ALL.into_iter().map(async |setting| (setting, aws.setting(bucket, setting).await));
    let (mut settings, mut unread) = (BTreeMap::new(), BTreeMap::new());
    for (setting, answer) in join_all(reads).await {
        match answer {
            Ok(Some(document)) => drop(settings.insert(setting, document)),
            Ok(None) => {}
            Err(trouble) if trouble.kind == TroubleKind::Denied => {
                unread.insert(setting, format!("{} is not allowed", trouble.call));
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok((settings, unread))
}

/// The key that is asked for; for a new one what its alias names already; for the bucket's default what that names.
async fn key(
    aws: &dyn Aws,
    answers: &Answers,
    bucket: &BucketRef,
    settings: &BTreeMap<Setting, String>,
) -> Answer<Option<KeyFacts>> {
    let region = bucket.region.as_str();
    let alias = alias_of(answers, &bucket.name);
    let (id, by_alias) = match (answers.encryption.kind, &answers.encryption.key) {
        (EncryptionKind::Kms, Some(key)) if key.is_new() => match aws.alias(region, &alias).await? {
            Some(id) => (id, true),
            None => return Ok(None),
        },
        // What an ARN says by itself refutes it: KMS would answer with an error of its own (N23).
        (EncryptionKind::Kms, Some(key)) if is_elsewhere(key, bucket) => return Ok(None),
        (EncryptionKind::Kms, Some(key)) => (key.to_string(), false),
        (EncryptionKind::BucketDefault, _) => match default_key(settings) {
            Some(key) => (key, false),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let Some(key) = aws.key(region, &id).await? else { return Ok(None) };
    let managed = key.manager == "AWS";
    let reads = async {
        if managed {
            return Ok::<_, Trouble>((None, None));
        }
        try_join!(aws.key_policy(region, &key.id), aws.rotation(region, &key.id))
    };
    let (policy, rotation) = reads.await.unwrap_or((None, None));
    Ok(Some(KeyFacts { key, policy, by_alias, rotation }))
}

/// Whether an ARN names another region or account than the bucket's.
fn is_elsewhere(key: &KmsKeyRef, bucket: &BucketRef) -> bool {
    key.region().is_some_and(|region| region.as_str() != bucket.region)
        || key.account().is_some_and(|account| account.as_str() != bucket.account)
}

fn default_key(settings: &BTreeMap<Setting, String>) -> Option<String> {
    let document = settings.get(&Setting::Encryption)?;
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    document["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].as_str().map(str::to_owned)
}

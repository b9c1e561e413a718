//! What only the account can say of a field: asked when the field is left, shown as "checking..." and then the
//! verdict.

use super::effect::{Effect, Task};
use super::model::{Check, Model, Owner};
use crate::domain::discovery::FoundBucket;
use crate::domain::{BucketName, KmsKeyRef, Region, Shown, understand};
use crate::ports::{Answer, BucketHead, Key};
use crate::wizard::{Draft, Field};
use std::fmt::Write as _;

/// What the account can be asked about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whose a bucket is: its real name, and the region that is asked.
    Bucket(String, String),
    /// A key, and its region.
    Key(String, String),
}

/// N07, N08: an address that was pasted into the bucket's name becomes bucket, prefix and region; answers what was
/// understood, where it was an address.
pub fn understood(draft: &mut Draft, field: &Field) -> Option<String> {
    let text = draft.text("bucket.name").to_owned();
    if field.path != "bucket.name" || !text.contains(['/', ':']) {
        return None;
    }
    let found = understand(&text)?;
    draft.set("bucket.name", found.bucket.as_str());
    let mut said = format!("understood as bucket {}", found.bucket);
    if let Some(prefix) = &found.prefix {
        draft.set("bucket.prefix", &prefix.to_string());
        let _ = write!(said, ", prefix {prefix}");
    }
    if let Some(region) = &found.region {
        if draft.value("bucket.create") == "true" {
            draft.set("bucket.region", region.as_str());
        }
        let _ = write!(said, ", region {region}");
    }
    Some(said)
}

/// What to ask the account about a field as it is now; `account` is the caller's and `buckets` those of the account,
/// where they are known.
pub fn question(draft: &Draft, field: &Field, account: Option<&str>, buckets: &[FoundBucket]) -> Option<Question> {
    let value = draft.value(&field.path);
    let region = draft.value("bucket.region");
    match field.path.as_str() {
        "bucket.name" if BucketName::parse(&value).is_ok() && Region::parse(&region).is_ok() => {
            Some(Question::Bucket(real_name(draft, &value, account), region))
        }
        "encryption.key" if value != "new" && KmsKeyRef::parse(&value).is_ok() => {
            let region = bucket_region(draft, buckets);
            Some(Question::Key(value, region))
        }
        _ => None,
    }
}

/// The bucket's region, which its key must be in: an existing bucket's is what S3 says.
pub fn bucket_region(draft: &Draft, buckets: &[FoundBucket]) -> String {
    let known = buckets.iter().find(|bucket| bucket.name == draft.text("bucket.name"));
    known
        .map(|bucket| bucket.region.clone())
        .filter(|region| !region.is_empty())
        .unwrap_or_else(|| draft.value("bucket.region"))
}

/// The name that the bucket really gets.
pub(super) fn real_name(draft: &Draft, name: &str, account: Option<&str>) -> String {
    match account {
        Some(account) if draft.value("bucket.account_regional") == "true" => {
            format!("{name}-{account}-{}-an", draft.value("bucket.region"))
        }
        _ => name.to_owned(),
    }
}

/// Asks the account about a field that was left, unless the answer is there.
pub fn ask(model: &mut Model, field: &Field, out: &mut Vec<Effect>) {
    let value = model.draft.value(&field.path);
    if value.is_empty() || model.checks.get(&field.path).is_some_and(|(of, _)| *of == value) {
        return;
    }
    let task = match question_now(model, field) {
        Some(Question::Bucket(name, region)) => Task::CheckBucket(name, region),
        Some(Question::Key(key, region)) => Task::CheckKey(key, region),
        None => return,
    };
    let ticket = model.ticket(Owner::Screen(model.step()));
    model.checks.insert(field.path.clone(), (value, Check::Checking));
    out.push(Effect::Start(ticket, Box::new(task)));
}

/// What an answer about a bucket means; `create`: it is to be made.
pub fn bucket_verdict(create: bool, asked: &str, answer: Answer<BucketHead>) -> Check {
    let name = Shown::new(asked);
    match answer {
        Err(trouble) => Check::Note(Shown::new(&format!("could not be checked: {trouble}"))),
        Ok(BucketHead::Absent) if create => Check::Good(Shown::new("the name is free")),
        Ok(BucketHead::Absent) => {
            Check::Bad(Shown::new(&format!("there is no bucket {name}. Choose New to make it, or another name")))
        }
        Ok(BucketHead::Ours(region)) if create => Check::Note(Shown::new(&format!(
            "it exists in this account, in {region}: choose Existing to use it; Review asks before anything of it changes"
        ))),
        Ok(BucketHead::Ours(region)) => Check::Good(Shown::new(&format!("yours, in {region}"))),
        Ok(BucketHead::Foreign) => Check::Bad(Shown::new(
            "it belongs to another account, or you may not look at it. Choose another name, or an account-regional one under More",
        )),
    }
}

/// What an answer about a key means (N23).
pub fn key_verdict(answer: Answer<Option<Box<Key>>>) -> Check {
    match answer {
        Err(trouble) => Check::Note(Shown::new(&format!("could not be checked: {trouble}"))),
        Ok(None) => Check::Bad(Shown::new("there is no such key in the bucket's region. Check the id, ARN or alias")),
        Ok(Some(key)) if key.state != "Enabled" => {
            Check::Bad(Shown::new(&format!("the key is {}. Only an enabled key encrypts; choose another", key.state)))
        }
        Ok(Some(key)) if !key.is_symmetric() => Check::Bad(Shown::new(&format!(
            "the key is {} for {}. S3 takes symmetric encryption keys only",
            key.spec, key.usage
        ))),
        Ok(Some(key)) if key.manager == "AWS" => Check::Note(Shown::new(
            "a key that AWS manages: it works in this account only, and its policy cannot be changed",
        )),
        Ok(Some(key)) => Check::Good(Shown::new(&key.arn)),
    }
}

/// Takes the answer about a bucket in.
pub fn bucket(model: &mut Model, asked: &str, answer: Answer<BucketHead>) {
    let create = model.draft.value("bucket.create") == "true";
    settle(model, "bucket.name", asked, bucket_verdict(create, asked, answer));
}

/// Takes the answer about a key in.
pub fn key(model: &mut Model, asked: &str, answer: Answer<Option<Box<Key>>>) {
    settle(model, "encryption.key", asked, key_verdict(answer));
}

/// What is asked about a field as it is now.
fn question_now(model: &Model, field: &Field) -> Option<Question> {
    let account = model.surroundings.here().map(|who| who.account.as_str());
    let buckets = model.buckets.here().map(Vec::as_slice).unwrap_or_default();
    question(&model.draft, field, account, buckets)
}

/// The verdict takes the place of "checking...", unless something else is asked by now: the answer about a value
/// that was typed over comes late.
fn settle(model: &mut Model, path: &str, asked: &str, check: Check) {
    let now = crate::wizard::field(path).and_then(|field| question_now(model, field));
    let same = now.is_some_and(|now| match now {
        Question::Bucket(name, _) | Question::Key(name, _) => name == asked,
    });
    if same
        && let Some((_, there)) = model.checks.get_mut(path)
        && *there == Check::Checking
    {
        *there = check;
    }
}

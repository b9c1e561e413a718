//! What only the account can say of a field: asked when the field is left, shown as "checking..." and then the
//! verdict.

use super::effect::{Effect, Task};
use super::model::{Check, Model, Owner};
use crate::domain::{BucketName, KmsKeyRef, Region, Shown, understand};
use crate::ports::{Answer, BucketHead, Key};
use crate::wizard::Field;

/// N07, N08: an address that was pasted into the bucket's name becomes bucket, prefix and region.
pub fn understood(model: &mut Model, field: &Field) {
    let text = model.draft.text("bucket.name").to_owned();
    if field.path != "bucket.name" || !text.contains(['/', ':']) {
        return;
    }
    let Some(found) = understand(&text) else { return };
    model.draft.set("bucket.name", found.bucket.as_str());
    let mut said = format!("understood as bucket {}", found.bucket);
    if let Some(prefix) = &found.prefix {
        model.draft.set("bucket.prefix", &prefix.to_string());
        said.push_str(&format!(", prefix {prefix}"));
    }
    if let Some(region) = &found.region {
        if model.draft.value("bucket.create") == "true" {
            model.draft.set("bucket.region", region.as_str());
        }
        said.push_str(&format!(", region {region}"));
    }
    model.form.input = tui_input::Input::new(found.bucket.as_str().to_owned());
    model.say(super::Level::Info, said);
}

/// Asks the account about a field that was left, unless the answer is there.
pub fn ask(model: &mut Model, field: &Field, out: &mut Vec<Effect>) {
    let value = model.draft.value(&field.path);
    if value.is_empty() || model.checks.get(&field.path).is_some_and(|(of, _)| *of == value) {
        return;
    }
    let region = model.draft.value("bucket.region");
    let task = match field.path.as_str() {
        "bucket.name" if BucketName::parse(&value).is_ok() && Region::parse(&region).is_ok() => {
            Task::CheckBucket(real_name(model, &value), region)
        }
        "encryption.key" if value != "new" && KmsKeyRef::parse(&value).is_ok() => {
            Task::CheckKey(value.clone(), key_region(model))
        }
        _ => return,
    };
    let ticket = model.ticket(Owner::Screen(model.step()));
    model.checks.insert(field.path.clone(), (value, Check::Checking));
    out.push(Effect::Start(ticket, Box::new(task)));
}

/// The bucket's region: an existing bucket's is what S3 says.
fn key_region(model: &Model) -> String {
    let name = model.draft.text("bucket.name");
    let known = model.buckets.here().and_then(|buckets| buckets.iter().find(|bucket| bucket.name == name));
    known
        .map(|bucket| bucket.region.clone())
        .filter(|region| !region.is_empty())
        .unwrap_or_else(|| model.draft.value("bucket.region"))
}

/// The name that the bucket really gets.
fn real_name(model: &Model, name: &str) -> String {
    let account = model.surroundings.here().map(|who| who.account.clone());
    match account {
        Some(account) if model.draft.value("bucket.account_regional") == "true" => {
            format!("{name}-{account}-{}-an", model.draft.value("bucket.region"))
        }
        _ => name.to_owned(),
    }
}

/// Takes the answer about a bucket in.
pub fn bucket(model: &mut Model, asked: &str, answer: Answer<BucketHead>) {
    let create = model.draft.value("bucket.create") == "true";
    let name = Shown::new(asked);
    let check = match answer {
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
    };
    settle(model, "bucket.name", check);
}

/// Takes the answer about a key in (N23).
pub fn key(model: &mut Model, answer: Answer<Option<Box<Key>>>) {
    let check = match answer {
        Err(trouble) => Check::Note(Shown::new(&format!("could not be checked: {trouble}"))),
        Ok(None) => Check::Bad(Shown::new("there is no such key in the bucket's region. Check the id, ARN or alias")),
        Ok(Some(key)) if key.state != "Enabled" => {
            Check::Bad(Shown::new(&format!("the key is {}. Only an enabled key encrypts; choose another", key.state)))
        }
        Ok(Some(key)) if key.spec != "SYMMETRIC_DEFAULT" || key.usage != "ENCRYPT_DECRYPT" => Check::Bad(Shown::new(
            &format!("the key is {} for {}. S3 takes symmetric encryption keys only", key.spec, key.usage),
        )),
        Ok(Some(key)) if key.manager == "AWS" => Check::Note(Shown::new(
            "a key that AWS manages: it works in this account only, and its policy cannot be changed",
        )),
        Ok(Some(key)) => Check::Good(Shown::new(&key.arn)),
    };
    settle(model, "encryption.key", check);
}

/// The verdict takes the place of "checking...", whose value it is about.
fn settle(model: &mut Model, path: &str, check: Check) {
    if let Some((_, there)) = model.checks.get_mut(path)
        && *there == Check::Checking
    {
        *there = check;
    }
}

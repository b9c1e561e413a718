//! KMS keys and aliases.

use super::wrong::wrong;
use crate::demo::state::{Account, Key};
use crate::domain::discovery::FoundKey;
use crate::ports::{self, Answer, NewKey, TroubleKind};
use serde_json::Value;
use std::collections::BTreeMap;

/// The id behind an id, an ARN or an alias in a region.
pub(in crate::demo) fn resolve(account: &Account, region: &str, name: &str) -> Option<String> {
    let name = match name.strip_prefix("arn:") {
        Some(rest) => rest.splitn(5, ':').nth(4)?,
        None => name,
    };
    let id = match name.strip_prefix("alias/") {
        Some(_) => account.aliases.get(&format!("{region}/{name}"))?.clone(),
        None => name.strip_prefix("key/").unwrap_or(name).to_owned(),
    };
    account.keys.get(&id).filter(|key| key.region == region).map(|_| id)
}

fn of<'a>(account: &'a mut Account, call: &str, region: &str, name: &str) -> Answer<&'a mut Key> {
    account.touch();
    resolve(account, region, name).and_then(|id| account.keys.get_mut(&id)).ok_or_else(|| {
        let text = format!("Key '{name}' does not exist");
        wrong(TroubleKind::NotFound, "NotFoundException", call, name, &text)
    })
}

fn shown(account: &Account, id: &str, key: &Key) -> ports::Key {
    ports::Key {
        arn: account.arn("kms", &key.region, &format!("key/{id}")),
        id: id.to_owned(),
        state: key.state.clone(),
        spec: "SYMMETRIC_DEFAULT".to_owned(),
        usage: "ENCRYPT_DECRYPT".to_owned(),
        manager: key.manager.clone(),
        origin: "AWS_KMS".to_owned(),
        created: key.created.as_second(),
    }
}

pub(super) fn key(account: &Account, region: &str, name: &str) -> Option<ports::Key> {
    let id = resolve(account, region, name)?;
    account.keys.get(&id).map(|key| shown(account, &id, key))
}

pub(super) fn aliases(account: &Account, region: &str) -> Vec<FoundKey> {
    let here = |(name, id): (&String, &String)| {
        let alias = name.strip_prefix(region)?.strip_prefix('/')?;
        Some(FoundKey { alias: alias.to_owned(), id: id.clone() })
    };
    account.aliases.iter().filter_map(here).collect()
}

pub(super) fn policy(account: &Account, region: &str, name: &str) -> Option<String> {
    account.keys.get(&resolve(account, region, name)?).map(|key| key.policy.clone())
}

pub(super) fn create(account: &mut Account, new: &NewKey) -> Answer<ports::Key> {
    let parsed: Value = serde_json::from_str(&new.policy).unwrap_or_default();
    if parsed["Statement"].is_null() {
        let text = "Policy contains a syntax error";
        return Err(wrong(TroubleKind::Invalid, "MalformedPolicyDocumentException", "kms:CreateKey", "", text));
    }
    let id = uuid(&account.fresh_id("", 32).to_lowercase());
    let key = Key {
        region: new.region.clone(),
        policy: new.policy.clone(),
        description: new.description.clone(),
        state: "Enabled".to_owned(),
        manager: "CUSTOMER".to_owned(),
        created: account.now,
        rotation: None,
        tags: new.tags.clone(),
    };
    let answer = shown(account, &id, &key);
    account.keys.insert(id, key);
    Ok(answer)
}

pub(super) fn create_alias(account: &mut Account, region: &str, alias: &str, key: &str) -> Answer<()> {
    const CALL: &str = "kms:CreateAlias";
    if !alias.starts_with("alias/") || alias.starts_with("alias/aws/") {
        let text = "Alias must start with the prefix \"alias/\" and not with \"alias/aws/\".";
        return Err(wrong(TroubleKind::Invalid, "InvalidAliasNameException", CALL, alias, text));
    }
    let name = format!("{region}/{alias}");
    if account.aliases.contains_key(&name) {
        let text = format!("An alias with the name {alias} already exists");
        return Err(wrong(TroubleKind::Exists, "AlreadyExistsException", CALL, alias, &text));
    }
    of(account, CALL, region, key)?;
    let id = resolve(account, region, key).unwrap_or_default();
    account.aliases.insert(name, id);
    Ok(())
}

pub(super) fn delete_alias(account: &mut Account, region: &str, alias: &str) {
    account.aliases.remove(&format!("{region}/{alias}"));
    account.touch();
}

pub(super) fn rotate(account: &mut Account, region: &str, name: &str, days: Option<i32>) -> Answer<()> {
    let call = if days.is_some() { "kms:EnableKeyRotation" } else { "kms:DisableKeyRotation" };
    let key = of(account, call, region, name)?;
    if days.is_some_and(|days| !(90..=2560).contains(&days)) {
        let text = "RotationPeriodInDays must be between 90 and 2560.";
        return Err(wrong(TroubleKind::Invalid, "ValidationException", call, name, text));
    }
    if key.state != "Enabled" {
        return Err(wrong(TroubleKind::Invalid, "DisabledException", call, name, "The key is disabled."));
    }
    key.rotation = days;
    Ok(())
}

pub(super) fn rotation(account: &Account, region: &str, name: &str) -> Answer<Option<i32>> {
    let found = resolve(account, region, name).and_then(|id| account.keys.get(&id));
    found.map(|key| key.rotation).ok_or_else(|| {
        let text = format!("Key '{name}' does not exist");
        wrong(TroubleKind::NotFound, "NotFoundException", "kms:GetKeyRotationStatus", name, &text)
    })
}

/// A seeded key.
pub(in crate::demo) fn seeded(region: &str, root: &str, state: &str, created: jiff::Timestamp) -> Key {
    let policy = serde_json::json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{
        "Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": root},
        "Action": "kms:*", "Resource": "*"}]});
    Key {
        region: region.to_owned(),
        policy: policy.to_string(),
        description: String::new(),
        state: state.to_owned(),
        manager: "CUSTOMER".to_owned(),
        created,
        rotation: Some(365),
        tags: BTreeMap::new(),
    }
}

/// 32 hex digits as a UUID.
pub(in crate::demo) fn uuid(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or("0").to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

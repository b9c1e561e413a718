//! KMS keys, aliases and their rotation.

use super::call::{Call, absent, gone};
use super::config::{Clients, incomplete};
use super::retry::Mode;
use crate::domain::discovery::FoundKey;
use crate::ports::{Answer, Key, NewKey};
use aws_sdk_kms::types::{KeyMetadata, Tag};

/// kms:DescribeKey by id, ARN or alias.
pub(super) async fn key(clients: &Clients, region: &str, id: &str) -> Answer<Option<Key>> {
    let call = Call::read("kms:DescribeKey", id);
    let said = clients.kms(region, Mode::Read).describe_key().key_id(id).send().await;
    match absent(said.map_err(|error| call.failed(error)))? {
        Some(said) => read(&call, said.key_metadata()).map(Some),
        None => Ok(None),
    }
}

fn read(call: &Call, found: Option<&KeyMetadata>) -> Answer<Key> {
    let found = found.ok_or_else(|| call.unreadable("the field KeyMetadata is missing"))?;
    let word = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Ok(Key {
        arn: call.need("Arn", found.arn())?,
        id: call.need("KeyId", Some(found.key_id()))?,
        state: word(found.key_state().map(aws_sdk_kms::types::KeyState::as_str)),
        spec: word(found.key_spec().map(aws_sdk_kms::types::KeySpec::as_str)),
        usage: word(found.key_usage().map(aws_sdk_kms::types::KeyUsageType::as_str)),
        manager: word(found.key_manager().map(aws_sdk_kms::types::KeyManagerType::as_str)),
        origin: word(found.origin().map(aws_sdk_kms::types::OriginType::as_str)),
        created: found.creation_date().map(aws_sdk_kms::primitives::DateTime::secs).unwrap_or_default(),
    })
}

/// kms:GetKeyPolicy.
pub(super) async fn key_policy(clients: &Clients, region: &str, id: &str) -> Answer<Option<String>> {
    let call = Call::read("kms:GetKeyPolicy", id);
    let said = clients.kms(region, Mode::Read).get_key_policy().key_id(id).policy_name("default").send().await;
    match absent(said.map_err(|error| call.failed(error)))? {
        Some(said) => call.need("Policy", said.policy()).map(Some),
        None => Ok(None),
    }
}

/// All aliases of a region that name a key, each with the key's id (kms:ListAliases).
async fn listed(clients: &Clients, region: &str, resource: &str) -> Answer<Vec<(String, String)>> {
    let call = &Call::read("kms:ListAliases", resource);
    let client = &clients.kms(region, Mode::Read);
    call.pages(|marker| async move {
        let page = client.list_aliases().limit(100).set_marker(marker).send().await;
        let page = page.map_err(|error| call.failed(error))?;
        let items = page.aliases().iter();
        let items = items.filter_map(|found| Some((found.alias_name()?.to_owned(), found.target_key_id()?.to_owned())));
        Ok((items.collect(), call.marker(page.truncated(), page.next_marker())?))
    })
    .await
}

/// The key that an alias names.
pub(super) async fn alias(clients: &Clients, region: &str, alias: &str) -> Answer<Option<String>> {
    let all = listed(clients, region, alias).await?;
    Ok(all.into_iter().find(|(name, _)| name == alias).map(|(_, key)| key))
}

/// The aliases that somebody of the account made.
pub(super) async fn aliases(clients: &Clients, region: &str) -> Answer<Vec<FoundKey>> {
    let all = listed(clients, region, region).await?.into_iter();
    let own = all.filter(|(alias, _)| !alias.starts_with("alias/aws/"));
    Ok(own.map(|(alias, id)| FoundKey { alias, id }).collect())
}

/// kms:CreateKey, symmetric.
pub(super) async fn create_key(clients: &Clients, key: &NewKey) -> Answer<Key> {
    let call = Call::create("kms:CreateKey", "");
    let mut request = clients
        .kms(&key.region, call.mode)
        .create_key()
        .description(&key.description)
        .set_policy(Some(key.policy.clone()).filter(|policy| !policy.is_empty()));
    for (name, value) in &key.tags {
        let tag = Tag::builder().tag_key(name).tag_value(value).build().map_err(|error| incomplete(&error))?;
        request = request.tags(tag);
    }
    let said = request.send().await.map_err(|error| call.failed(error))?;
    read(&call, said.key_metadata())
}

/// kms:CreateAlias.
pub(super) async fn create_alias(clients: &Clients, region: &str, alias: &str, key: &str) -> Answer<()> {
    let call = Call::create("kms:CreateAlias", alias);
    let request = clients.kms(region, call.mode).create_alias().alias_name(alias).target_key_id(key);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// kms:DeleteAlias.
pub(super) async fn delete_alias(clients: &Clients, region: &str, alias: &str) -> Answer<()> {
    let call = Call::put("kms:DeleteAlias", alias);
    let said = clients.kms(region, call.mode).delete_alias().alias_name(alias).send().await;
    gone(said.map(drop).map_err(|error| call.failed(error)))
}

/// kms:GetKeyRotationStatus: the period in days when rotation is on.
pub(super) async fn rotation(clients: &Clients, region: &str, key: &str) -> Answer<Option<i32>> {
    let call = Call::read("kms:GetKeyRotationStatus", key);
    let said = clients.kms(region, Mode::Read).get_key_rotation_status().key_id(key).send().await;
    let said = said.map_err(|error| call.failed(error))?;
    // KMS's own default is a year; it leaves the period out for keys that AWS manages.
    Ok(said.key_rotation_enabled().then(|| said.rotation_period_in_days().unwrap_or(365)))
}

/// kms:EnableKeyRotation.
pub(super) async fn rotate(clients: &Clients, region: &str, key: &str, days: i32) -> Answer<()> {
    let call = Call::put("kms:EnableKeyRotation", key);
    let request = clients.kms(region, call.mode).enable_key_rotation().key_id(key).rotation_period_in_days(days);
    request.send().await.map(drop).map_err(|error| call.failed(error))
}

/// kms:DisableKeyRotation.
pub(super) async fn stop_rotation(clients: &Clients, region: &str, key: &str) -> Answer<()> {
    let call = Call::put("kms:DisableKeyRotation", key);
    let said = clients.kms(region, call.mode).disable_key_rotation().key_id(key).send().await;
    said.map(drop).map_err(|error| call.failed(error))
}

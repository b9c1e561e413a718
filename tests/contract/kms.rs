//! KMS keys.

use crate::fixture::{Fixture, kind, policy};
use lifeboat::domain::discovery::FoundKey;
use lifeboat::ports::{Key, NewKey, Tags, TroubleKind};
use serde_json::{Value, json};

async fn key(at: &Fixture) -> Key {
    let root = format!("arn:{}:iam::{}:root", at.partition, at.account);
    let own = json!({"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"});
    let new = NewKey {
        region: at.region.clone(),
        policy: policy(&[own]),
        description: "of the contract".to_owned(),
        tags: Tags::from([("managed-by".to_owned(), "contract".to_owned())]),
    };
    at.world.aws.create_key(&new).await.unwrap()
}

fn alias(at: &Fixture) -> String {
    format!("alias/{}", at.name("k"))
}

pub async fn a_key_is_found_by_id_arn_and_alias(at: &Fixture) {
    let (aws, made, alias) = (&at.world.aws, key(at).await, alias(at));
    assert_eq!((made.state.as_str(), made.spec.as_str()), ("Enabled", "SYMMETRIC_DEFAULT"));
    assert_eq!((made.usage.as_str(), made.manager.as_str()), ("ENCRYPT_DECRYPT", "CUSTOMER"));
    assert_eq!(made.arn, format!("arn:{}:kms:{}:{}:key/{}", at.partition, at.region, at.account, made.id));
    assert_eq!(aws.alias(&at.region, &alias).await.unwrap(), None);
    aws.create_alias(&at.region, &alias, &made.id).await.unwrap();
    assert_eq!(aws.alias(&at.region, &alias).await.unwrap().as_ref(), Some(&made.id));
    for name in [&made.id, &made.arn, &alias] {
        assert_eq!(aws.key(&at.region, name).await.unwrap().unwrap().arn, made.arn, "{name}");
    }
    aws.delete_alias(&at.region, &alias).await.unwrap();
    aws.delete_alias(&at.region, &alias).await.unwrap();
    assert_eq!(aws.alias(&at.region, &alias).await.unwrap(), None);
}

pub async fn no_key_is_none(at: &Fixture) {
    let id = "00000000-0000-4000-8000-000000000000";
    assert_eq!(at.world.aws.key(&at.region, id).await.unwrap(), None);
    assert_eq!(at.world.aws.key(&at.region, "alias/no-such-alias").await.unwrap(), None);
    assert_eq!(at.world.aws.key_policy(&at.region, id).await.unwrap(), None);
}

pub async fn aliases_are_listed_with_the_keys_that_they_name(at: &Fixture) {
    let (aws, made, alias) = (&at.world.aws, key(at).await, alias(at));
    aws.create_alias(&at.region, &alias, &made.id).await.unwrap();
    let found = aws.aliases(&at.region).await.unwrap();
    let ours: Vec<&FoundKey> = found.iter().filter(|found| found.alias == alias).collect();
    assert_eq!(ours, [&FoundKey { alias: alias.clone(), id: made.id.clone() }], "{found:?}");
    assert!(found.iter().all(|found| !found.alias.starts_with("alias/aws/") && !found.id.is_empty()), "{found:?}");
    let elsewhere = aws.aliases("us-west-2").await.unwrap();
    assert!(elsewhere.iter().all(|found| found.alias != alias), "{elsewhere:?}");
    aws.delete_alias(&at.region, &alias).await.unwrap();
    assert!(aws.aliases(&at.region).await.unwrap().iter().all(|found| found.alias != alias));
}

pub async fn a_second_alias_exists(at: &Fixture) {
    let (aws, made, alias) = (&at.world.aws, key(at).await, alias(at));
    aws.create_alias(&at.region, &alias, &made.id).await.unwrap();
    assert_eq!(kind(aws.create_alias(&at.region, &alias, &made.id).await), TroubleKind::Exists);
    aws.delete_alias(&at.region, &alias).await.unwrap();
}

pub async fn rotation_is_turned_on_and_off(at: &Fixture) {
    let (aws, made) = (&at.world.aws, key(at).await);
    assert_eq!(aws.rotation(&at.region, &made.id).await.unwrap(), None);
    aws.rotate(&at.region, &made.id, 180).await.unwrap();
    assert_eq!(aws.rotation(&at.region, &made.id).await.unwrap(), Some(180));
    aws.stop_rotation(&at.region, &made.id).await.unwrap();
    assert_eq!(aws.rotation(&at.region, &made.id).await.unwrap(), None);
}

pub async fn a_rotation_of_ten_days_is_invalid(at: &Fixture) {
    let made = key(at).await;
    assert_eq!(kind(at.world.aws.rotate(&at.region, &made.id, 10).await), TroubleKind::Invalid);
}

pub async fn a_key_policy_is_read_back(at: &Fixture) {
    let made = key(at).await;
    let text = at.world.aws.key_policy(&at.region, &made.id).await.unwrap().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["Statement"][0]["Sid"], "Own");
}

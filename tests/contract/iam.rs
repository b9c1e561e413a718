//! The account, its clusters, providers and roles.

use crate::fixture::{Fixture, allow, kind, policy};
use lifeboat::ports::{Tags, TroubleKind};
use serde_json::Value;

pub async fn the_caller_is_the_account(at: &Fixture) {
    let caller = at.world.aws.caller().await.unwrap();
    assert_eq!((caller.account.as_str(), caller.partition.as_str()), (at.account.as_str(), at.partition.as_str()));
    assert!(caller.arn.starts_with(&format!("arn:{}:", at.partition)));
}

pub async fn the_region_and_its_cluster_are_listed(at: &Fixture) {
    let regions = at.world.aws.regions().await.unwrap();
    assert!(regions.iter().any(|region| region.name == at.region && region.enabled));
    assert!(at.world.aws.clusters(&at.region).await.unwrap().contains(&at.cluster));
    assert_eq!(at.world.aws.home().await.unwrap(), at.region);
}

pub async fn a_cluster_says_how_it_is_reached(at: &Fixture) {
    let cluster = at.world.aws.cluster(&at.region, &at.cluster).await.unwrap().unwrap();
    assert_eq!(cluster.status, "ACTIVE");
    assert!(cluster.arn.ends_with(&format!(":cluster/{}", at.cluster)));
    assert!(cluster.endpoint.starts_with("https://") && !cluster.ca.is_empty());
    assert!(cluster.issuer.unwrap().starts_with("https://"));
    assert!(!cluster.auto_mode, "nobody switched it on");
}

pub async fn no_cluster_is_none(at: &Fixture) {
    assert_eq!(at.world.aws.cluster(&at.region, "no-such-cluster").await.unwrap(), None);
}

pub async fn an_addon_says_its_status(at: &Fixture) {
    let found = at.world.aws.addon(&at.region, &at.cluster, "eks-pod-identity-agent").await.unwrap().unwrap();
    assert_eq!((found.status.as_str(), found.issues.len()), ("ACTIVE", 0));
}

pub async fn no_addon_is_none(at: &Fixture) {
    let aws = &at.world.aws;
    assert_eq!(aws.addon(&at.region, &at.cluster, "no-such-addon").await.unwrap(), None);
    assert_eq!(aws.addon(&at.region, "no-such-cluster", "eks-pod-identity-agent").await.unwrap(), None);
}

pub async fn a_cluster_token_expires_later(at: &Fixture) {
    let (_, expires) = at.world.aws.cluster_token(&at.region, &at.cluster).await.unwrap();
    assert!(expires > at.world.host.now());
}

/// An issuer of this case.
fn issuer(at: &Fixture) -> String {
    format!("https://oidc.example.com/id/{}", at.name("issuer"))
}

pub async fn a_provider_comes_and_goes(at: &Fixture) {
    let (aws, issuer) = (&at.world.aws, issuer(at));
    let tags = Tags::from([("team".to_owned(), "platform".to_owned())]);
    let arn = aws.create_provider(&issuer, &["sts.amazonaws.com".to_owned()], &tags).await.unwrap();
    assert_eq!(arn, at.provider_arn(&issuer));
    let provider = aws.provider(&arn).await.unwrap().unwrap();
    assert_eq!((provider.audiences, provider.tags), (vec!["sts.amazonaws.com".to_owned()], tags));
    aws.delete_provider(&arn).await.unwrap();
    assert_eq!(aws.provider(&arn).await.unwrap(), None);
}

pub async fn providers_are_listed_by_arn(at: &Fixture) {
    let (aws, issuer) = (&at.world.aws, issuer(at));
    assert!(!aws.providers().await.unwrap().contains(&at.provider_arn(&issuer)));
    let arn = aws.create_provider(&issuer, &["sts.amazonaws.com".to_owned()], &Tags::new()).await.unwrap();
    assert!(aws.providers().await.unwrap().contains(&arn));
    aws.delete_provider(&arn).await.unwrap();
    assert!(!aws.providers().await.unwrap().contains(&arn));
}

pub async fn a_second_provider_exists(at: &Fixture) {
    let (aws, issuer) = (&at.world.aws, issuer(at));
    let audiences = ["sts.amazonaws.com".to_owned()];
    let arn = aws.create_provider(&issuer, &audiences, &Tags::new()).await.unwrap();
    assert_eq!(kind(aws.create_provider(&issuer, &audiences, &Tags::new()).await), TroubleKind::Exists);
    aws.delete_provider(&arn).await.unwrap();
}

pub async fn a_providers_audiences_change(at: &Fixture) {
    let (aws, issuer) = (&at.world.aws, issuer(at));
    let arn = aws.create_provider(&issuer, &["one".to_owned()], &Tags::new()).await.unwrap();
    aws.add_audience(&arn, "two").await.unwrap();
    assert_eq!(aws.provider(&arn).await.unwrap().unwrap().audiences, ["one", "two"]);
    aws.remove_audience(&arn, "one").await.unwrap();
    assert_eq!(aws.provider(&arn).await.unwrap().unwrap().audiences, ["two"]);
    aws.delete_provider(&arn).await.unwrap();
    assert_eq!(kind(aws.add_audience(&arn, "three").await), TroubleKind::NotFound);
}

pub async fn a_role_is_read_as_it_was_made(at: &Fixture) {
    let aws = &at.world.aws;
    let mut new = at.new_role("r", &at.trust("ns", "sa").await);
    new.boundary.clone_from(&at.managed_policy);
    let made = aws.create_role(&new).await.unwrap();
    assert!(made.id.starts_with("AROA"), "{}", made.id);
    let role = aws.role(&new.name).await.unwrap().unwrap();
    assert_eq!(role.arn, format!("arn:{}:iam::{}:role{}{}", at.partition, at.account, new.path, new.name));
    assert_eq!((&role.id, &role.path, &role.boundary), (&made.id, &new.path, &new.boundary));
    assert_eq!((&role.description, &role.tags), (&new.description, &new.tags));
    assert_eq!(role.trust, new.trust, "byte for byte");
    aws.delete_role(&new.name).await.unwrap();
    let again = aws.create_role(&new).await.unwrap();
    assert_ne!(again.id, made.id, "a role made anew is another");
    aws.delete_role(&new.name).await.unwrap();
}

pub async fn a_second_role_exists(at: &Fixture) {
    let new = at.new_role("r", &at.trust("ns", "sa").await);
    at.world.aws.create_role(&new).await.unwrap();
    assert_eq!(kind(at.world.aws.create_role(&new).await), TroubleKind::Exists);
    at.world.aws.delete_role(&new.name).await.unwrap();
}

pub async fn no_role_is_none(at: &Fixture) {
    let aws = &at.world.aws;
    let name = at.name("none");
    assert_eq!(aws.role(&name).await.unwrap(), None);
    assert_eq!(aws.role_policy(&name, "p").await.unwrap(), None);
    assert_eq!(kind(aws.put_trust(&name, &at.trust("ns", "sa").await).await), TroubleKind::NotFound);
    assert_eq!(kind(aws.put_role_policy(&name, "p", &policy(&[])).await), TroubleKind::NotFound);
    assert_eq!(kind(aws.describe_role(&name, "x").await), TroubleKind::NotFound);
}

pub async fn a_roles_parts_change(at: &Fixture) {
    let aws = &at.world.aws;
    let new = at.new_role("r", &at.trust("ns", "sa").await);
    aws.create_role(&new).await.unwrap();
    let trust = at.trust("ns", "another").await;
    aws.put_trust(&new.name, &trust).await.unwrap();
    aws.describe_role(&new.name, "changed").await.unwrap();
    aws.put_boundary(&new.name, &at.managed_policy).await.unwrap();
    aws.tag_role(&new.name, &Tags::from([("a".to_owned(), "1".to_owned())])).await.unwrap();
    aws.untag_role(&new.name, &["managed-by".to_owned()]).await.unwrap();
    let role = aws.role(&new.name).await.unwrap().unwrap();
    assert_eq!((role.trust, role.description.as_str()), (trust, "changed"));
    assert_eq!(role.boundary, at.managed_policy);
    assert_eq!(role.tags, Tags::from([("a".to_owned(), "1".to_owned())]));
    aws.put_boundary(&new.name, "").await.unwrap();
    assert_eq!(aws.role(&new.name).await.unwrap().unwrap().boundary, "");
    aws.delete_role(&new.name).await.unwrap();
}

pub async fn inline_policies_come_and_go(at: &Fixture) {
    let aws = &at.world.aws;
    let new = at.new_role("r", &at.trust("ns", "sa").await);
    aws.create_role(&new).await.unwrap();
    let text = policy(&[allow(&["s3:ListBucket"], &["*".to_owned()])]);
    aws.put_role_policy(&new.name, "p", &text).await.unwrap();
    assert_eq!(aws.role_policies(&new.name).await.unwrap(), ["p"]);
    let read = aws.role_policy(&new.name, "p").await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&read).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
    assert_eq!(aws.role_policy(&new.name, "q").await.unwrap(), None);
    assert_eq!(kind(aws.put_role_policy(&new.name, "p", "{").await), TroubleKind::Invalid);
    aws.delete_role_policy(&new.name, "p").await.unwrap();
    aws.delete_role_policy(&new.name, "p").await.unwrap();
    assert!(aws.role_policies(&new.name).await.unwrap().is_empty());
    aws.delete_role(&new.name).await.unwrap();
}

pub async fn managed_policies_are_attached_and_detached(at: &Fixture) {
    let aws = &at.world.aws;
    let new = at.new_role("r", &at.trust("ns", "sa").await);
    aws.create_role(&new).await.unwrap();
    aws.attach_policy(&new.name, &at.managed_policy).await.unwrap();
    assert_eq!(aws.attached_policies(&new.name).await.unwrap(), std::slice::from_ref(&at.managed_policy));
    let text = aws.managed_policy(&at.managed_policy).await.unwrap().unwrap();
    assert!(serde_json::from_str::<Value>(&text).unwrap()["Statement"].is_array());
    aws.detach_policy(&new.name, &at.managed_policy).await.unwrap();
    aws.detach_policy(&new.name, &at.managed_policy).await.unwrap();
    assert!(aws.attached_policies(&new.name).await.unwrap().is_empty());
    let none = format!("arn:{}:iam::{}:policy/none", at.partition, at.account);
    assert_eq!(aws.managed_policy(&none).await.unwrap(), None);
    aws.delete_role(&new.name).await.unwrap();
}

pub async fn a_policy_that_is_not_there_is_not_attached(at: &Fixture) {
    let aws = &at.world.aws;
    let new = at.new_role("r", &at.trust("ns", "sa").await);
    aws.create_role(&new).await.unwrap();
    let none = format!("arn:{}:iam::{}:policy/none", at.partition, at.account);
    assert_eq!(kind(aws.attach_policy(&new.name, &none).await), TroubleKind::NotFound);
    aws.delete_role(&new.name).await.unwrap();
}

pub async fn a_role_with_policies_is_not_deleted(at: &Fixture) {
    let aws = &at.world.aws;
    let new = at.new_role("r", &at.trust("ns", "sa").await);
    aws.create_role(&new).await.unwrap();
    let text = policy(&[allow(&["s3:ListBucket"], &["*".to_owned()])]);
    aws.put_role_policy(&new.name, "p", &text).await.unwrap();
    let trouble = aws.delete_role(&new.name).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Busy, "DeleteConflict"));
    aws.delete_role_policy(&new.name, "p").await.unwrap();
    aws.delete_role(&new.name).await.unwrap();
    assert_eq!(aws.role(&new.name).await.unwrap(), None);
}

pub async fn a_trust_policy_that_is_no_json_is_invalid(at: &Fixture) {
    assert_eq!(kind(at.world.aws.create_role(&at.new_role("r", "{")).await), TroubleKind::Invalid);
}

pub async fn a_trust_policy_over_2048_characters_is_over_quota(at: &Fixture) {
    let trust = at.trust("ns", &"x".repeat(2048)).await;
    let trouble = at.world.aws.create_role(&at.new_role("r", &trust)).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Quota, "LimitExceeded"));
}

pub async fn roles_trusting_a_provider_are_found(at: &Fixture) {
    let aws = &at.world.aws;
    let new = at.new_role("r", &at.trust("ns", "sa").await);
    aws.create_role(&new).await.unwrap();
    let provider = at.provider_arn(&at.issuer().await);
    assert!(aws.roles_trusting(&provider).await.unwrap().contains(&new.name));
    aws.delete_role(&new.name).await.unwrap();
    assert!(!aws.roles_trusting(&provider).await.unwrap().contains(&new.name));
}

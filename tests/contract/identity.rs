//! A service account's token, the session it is exchanged for, and what that may do.

use crate::fixture::{Fixture, allow, kind, policy};
use lifeboat::ports::{BucketRef, Kind, NewKey, Session, Setting, Tags, TroubleKind, WebIdentity};
use secrecy::SecretString;
use serde_json::json;

/// A role for the service account `app` of the namespace, and the account itself.
struct Identity {
    role: String,
    role_arn: String,
    namespace: String,
}

async fn identity(at: &Fixture) -> Identity {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    for name in ["app", "other"] {
        let account = json!({"metadata": {"name": name, "namespace": namespace}});
        kube.create(Kind::ServiceAccount, &account).await.unwrap();
    }
    let new = at.new_role("r", &at.trust(&namespace, "app").await);
    let role = at.world.aws.create_role(&new).await.unwrap();
    Identity { role: role.name, role_arn: role.arn, namespace }
}

async fn web_identity(at: &Fixture, who: &Identity, account: &str, audience: &str) -> WebIdentity {
    let token = at.kube().await.token(&who.namespace, account, audience, 600).await.unwrap();
    WebIdentity {
        region: at.region.clone(),
        role_arn: who.role_arn.clone(),
        token,
        session_name: "contract".to_owned(),
    }
}

/// What passes by itself after a change of IAM (security.md 1.9).
const PASSING: [TroubleKind; 2] = [TroubleKind::Denied, TroubleKind::Invalid];

async fn session(at: &Fixture, who: &Identity) -> Session {
    let identity = web_identity(at, who, "app", "sts.amazonaws.com").await;
    let aws = at.world.aws.clone();
    at.eventually(&PASSING, async || aws.exchange(&identity).await).await.expect("the token is exchanged")
}

async fn clean(at: &Fixture, who: &Identity) {
    let aws = &at.world.aws;
    for name in aws.role_policies(&who.role).await.unwrap() {
        aws.delete_role_policy(&who.role, &name).await.unwrap();
    }
    aws.delete_role(&who.role).await.unwrap();
    at.kube().await.delete(Kind::Namespace, "", &who.namespace, "").await.unwrap();
}

pub async fn a_token_is_exchanged(at: &Fixture) {
    at.provider().await;
    let who = identity(at).await;
    let session = session(at, &who).await;
    assert!(session.arn.ends_with(&format!(":assumed-role/{}/contract", who.role)), "{}", session.arn);
    clean(at, &who).await;
}

pub async fn another_service_account_is_denied(at: &Fixture) {
    at.provider().await;
    let who = identity(at).await;
    session(at, &who).await;
    let other = web_identity(at, &who, "other", "sts.amazonaws.com").await;
    assert_eq!(kind(at.world.aws.exchange(&other).await), TroubleKind::Denied);
    clean(at, &who).await;
}

/// Real AWS asks the provider first (`InvalidIdentityToken`); a stand-in may only have the trust.
pub async fn f02_an_audience_that_the_provider_lacks_is_invalid(at: &Fixture) {
    at.provider().await;
    let who = identity(at).await;
    session(at, &who).await;
    let other = web_identity(at, &who, "app", "vault").await;
    let trouble = at.world.aws.exchange(&other).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Invalid, "InvalidIdentityToken"));
    clean(at, &who).await;
}

pub async fn f01_without_a_provider_the_token_is_invalid(at: &Fixture) {
    let arn = at.provider_arn(&at.issuer().await);
    at.world.aws.delete_provider(&arn).await.unwrap();
    let who = identity(at).await;
    let identity = web_identity(at, &who, "app", "sts.amazonaws.com").await;
    let trouble = at.world.aws.exchange(&identity).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Invalid, "InvalidIdentityToken"));
    clean(at, &who).await;
}

pub async fn a_wrong_token_is_no_token(at: &Fixture) {
    at.provider().await;
    let who = identity(at).await;
    let mut identity = web_identity(at, &who, "app", "sts.amazonaws.com").await;
    identity.token = SecretString::from("nonsense");
    assert_eq!(kind(at.world.aws.exchange(&identity).await), TroubleKind::Invalid);
    clean(at, &who).await;
}

/// The permissions of a tool under `tool/`.
async fn permit(at: &Fixture, who: &Identity, bucket: &BucketRef) {
    let arn = format!("arn:{}:s3:::{}", at.partition, bucket.name);
    let list = allow(&["s3:ListBucket"], std::slice::from_ref(&arn));
    let write = allow(&["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], &[format!("{arn}/tool/*")]);
    at.world.aws.put_role_policy(&who.role, "tool", &policy(&[list, write])).await.unwrap();
}

pub async fn a_session_may_do_what_the_role_may(at: &Fixture) {
    at.provider().await;
    let (who, bucket) = (identity(at).await, at.bucket("b", false).await);
    permit(at, &who, &bucket).await;
    let session = session(at, &who).await;
    let aws = at.world.aws.clone();
    let put = async || aws.put_as(&session, &bucket, "tool/canary", b"hello").await;
    at.eventually(&[TroubleKind::Denied], put).await.unwrap();
    assert_eq!(aws.list_as(&session, &bucket, "tool/").await.unwrap(), ["tool/canary"]);
    assert_eq!(aws.get_as(&session, &bucket, "tool/canary").await.unwrap(), b"hello");
    aws.delete_as(&session, &bucket, "tool/canary").await.unwrap();
    assert!(aws.list_as(&session, &bucket, "tool/").await.unwrap().is_empty());
    aws.delete_bucket(&bucket).await.unwrap();
    clean(at, &who).await;
}

pub async fn a_session_may_not_leave_its_prefix(at: &Fixture) {
    at.provider().await;
    let (who, bucket) = (identity(at).await, at.bucket("b", false).await);
    permit(at, &who, &bucket).await;
    let session = session(at, &who).await;
    let aws = at.world.aws.clone();
    let list = async || aws.list_as(&session, &bucket, "tool/").await;
    at.eventually(&[TroubleKind::Denied], list).await.unwrap();
    assert_eq!(kind(aws.put_as(&session, &bucket, "elsewhere", b"x").await), TroubleKind::Denied);
    assert_eq!(kind(aws.get_as(&session, &bucket, "elsewhere").await), TroubleKind::Denied);
    assert_eq!(kind(aws.delete_as(&session, &bucket, "elsewhere").await), TroubleKind::Denied);
    aws.delete_bucket(&bucket).await.unwrap();
    clean(at, &who).await;
}

pub async fn f19_a_boundary_bounds_the_session_and_is_named(at: &Fixture) {
    at.provider().await;
    let (who, bucket) = (identity(at).await, at.bucket("b", false).await);
    permit(at, &who, &bucket).await;
    let aws = at.world.aws.clone();
    aws.put_boundary(&who.role, &at.read_boundary).await.unwrap();
    let session = session(at, &who).await;
    let list = async || aws.list_as(&session, &bucket, "tool/").await;
    at.eventually(&[TroubleKind::Denied], list).await.unwrap();
    let trouble = aws.put_as(&session, &bucket, "tool/canary", b"x").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    let text = trouble.to_string();
    assert!(text.contains("no permissions boundary allows"), "{text}");
    aws.delete_bucket(&bucket).await.unwrap();
    clean(at, &who).await;
}

pub async fn f19_a_bucket_policys_deny_is_named(at: &Fixture) {
    at.provider().await;
    let (who, bucket) = (identity(at).await, at.bucket("b", false).await);
    permit(at, &who, &bucket).await;
    let aws = at.world.aws.clone();
    let session = session(at, &who).await;
    let list = async || aws.list_as(&session, &bucket, "tool/").await;
    at.eventually(&[TroubleKind::Denied], list).await.unwrap();
    let arn = format!("arn:{}:s3:::{}", at.partition, bucket.name);
    let deny =
        json!({"Effect": "Deny", "Principal": {"AWS": who.role_arn}, "Action": "s3:ListBucket", "Resource": arn});
    aws.put_setting(&bucket, Setting::Policy, &policy(&[deny])).await.unwrap();
    let trouble = aws.list_as(&session, &bucket, "tool/").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    let text = trouble.to_string();
    // IAM's own words, or lifeboat's for them.
    let words = ["explicit deny in a resource-based policy", "the policy of the resource denies it"];
    assert!(words.iter().any(|words| text.contains(words)), "{text}");
    aws.delete_setting(&bucket, Setting::Policy).await.unwrap();
    aws.list_as(&session, &bucket, "tool/").await.unwrap();
    aws.delete_bucket(&bucket).await.unwrap();
    clean(at, &who).await;
}

pub async fn f33_a_key_that_the_role_may_not_use_denies_the_put(at: &Fixture) {
    at.provider().await;
    let (who, bucket) = (identity(at).await, at.bucket("b", false).await);
    permit(at, &who, &bucket).await;
    let aws = at.world.aws.clone();
    let root = format!("arn:{}:iam::{}:root", at.partition, at.account);
    let own = json!({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"});
    let key = NewKey {
        region: at.region.clone(),
        policy: policy(&[own]),
        description: "of the contract".to_owned(),
        tags: Tags::new(),
    };
    let key = aws.create_key(&key).await.unwrap();
    let encryption = json!({"Rules": [{"ApplyServerSideEncryptionByDefault":
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.arn}, "BucketKeyEnabled": true}]});
    aws.put_setting(&bucket, Setting::Encryption, &encryption.to_string()).await.unwrap();
    let session = session(at, &who).await;
    let list = async || aws.list_as(&session, &bucket, "tool/").await;
    at.eventually(&[TroubleKind::Denied], list).await.unwrap();
    let trouble = aws.put_as(&session, &bucket, "tool/canary", b"x").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert!(trouble.to_string().contains("kms:GenerateDataKey"), "{trouble}");
    let use_key = allow(&["kms:GenerateDataKey", "kms:Decrypt"], &[key.arn]);
    aws.put_role_policy(&who.role, "key", &policy(&[use_key])).await.unwrap();
    let put = async || aws.put_as(&session, &bucket, "tool/canary", b"x").await;
    at.eventually(&[TroubleKind::Denied], put).await.unwrap();
    aws.delete_as(&session, &bucket, "tool/canary").await.unwrap();
    aws.delete_bucket(&bucket).await.unwrap();
    clean(at, &who).await;
}

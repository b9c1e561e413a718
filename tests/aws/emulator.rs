//! Every method once against the emulator of the test-bed, when `LIFEBOAT_AWS` says where it listens.

use lifeboat::adapters::aws::{Account, AwsOptions};
use lifeboat::ports::{
    Aws, BucketHead, BucketRef, NewBucket, NewKey, NewRole, Setting, Tags, Trouble, TroubleKind, WebIdentity,
};
use secrecy::{ExposeSecret, SecretString};

const REGION: &str = "us-east-1";
const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

fn account() -> Account {
    let env = [
        ("AWS_ENDPOINT_URL", std::env::var("LIFEBOAT_AWS").unwrap()),
        ("AWS_ACCESS_KEY_ID", "AKIAROOTROOTROOTROOT".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "made-up".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
    ];
    Account::new(AwsOptions { env: env.map(|(name, value)| (name.to_owned(), value)).into(), ..AwsOptions::default() })
}

fn tags() -> Tags {
    [("managed-by".to_owned(), "lifeboat".to_owned()), ("team".to_owned(), "a b/c".to_owned())].into()
}

#[tokio::test]
#[ignore = "needs the emulator's address in LIFEBOAT_AWS"]
async fn every_method_answers_against_the_emulator() {
    let account = account();
    identity(&account).await.unwrap();
    roles(&account).await.unwrap();
    buckets(&account).await.unwrap();
    keys(&account).await.unwrap();
    session(&account).await.unwrap();
}

async fn identity(aws: &dyn Aws) -> Result<(), Trouble> {
    let caller = aws.caller().await?;
    assert_eq!((caller.account.as_str(), caller.partition.as_str()), ("111122223333", "aws"));
    assert!(aws.regions().await?.iter().any(|region| region.name == REGION && region.enabled));
    let _ = aws.clusters(REGION).await?;
    assert_eq!(aws.cluster(REGION, "none").await?, None);
    if let Some(cluster) = aws.cluster(REGION, "prod").await? {
        assert_eq!((cluster.status.as_str(), cluster.issuer.as_deref()), ("ACTIVE", Some(ISSUER)));
    }
    let (token, end) = aws.cluster_token(REGION, "prod").await?;
    assert!(token.expose_secret().starts_with("k8s-aws-v1.") && end > jiff::Timestamp::now());
    assert_eq!(aws.provider(PROVIDER).await?, None);
    let audiences = ["sts.amazonaws.com".to_owned()];
    assert_eq!(aws.create_provider(ISSUER, &audiences, &tags()).await?, PROVIDER);
    let again = aws.create_provider(ISSUER, &audiences, &tags()).await.unwrap_err();
    assert_eq!(again.kind, TroubleKind::Exists, "{again}");
    aws.add_audience(PROVIDER, "another").await?;
    let found = aws.provider(PROVIDER).await?.unwrap();
    assert_eq!((found.audiences.len(), &found.tags), (2, &tags()));
    aws.remove_audience(PROVIDER, "another").await
}

async fn roles(aws: &dyn Aws) -> Result<(), Trouble> {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"a","Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{}:aud":"sts.amazonaws.com"}}}}}}]}}"#,
        ISSUER.trim_start_matches("https://")
    );
    let new = NewRole {
        name: "lifeboat".into(),
        path: "/ops/".into(),
        trust: trust.clone(),
        description: "café + 100%".into(),
        boundary: String::new(),
        tags: tags(),
    };
    assert_eq!(aws.role("lifeboat").await?, None);
    let made = aws.create_role(&new).await?;
    let read = aws.role("lifeboat").await?.unwrap();
    assert_eq!((&read.trust, &read.tags, read.path.as_str()), (&trust, &tags(), "/ops/"));
    assert_eq!((&made.arn, &made.id), (&read.arn, &read.id));
    assert_eq!(read.description, "café + 100%");
    assert_eq!(aws.create_role(&new).await.unwrap_err().kind, TroubleKind::Exists);
    assert_eq!(aws.roles_trusting(PROVIDER).await?, ["lifeboat"]);
    aws.put_trust("lifeboat", &trust).await?;
    aws.describe_role("lifeboat", "new").await?;
    aws.tag_role("lifeboat", &[("x".to_owned(), String::new())].into()).await?;
    aws.untag_role("lifeboat", &["team".to_owned()]).await?;
    aws.put_boundary("lifeboat", "arn:aws:iam::aws:policy/AdministratorAccess").await?;
    let read = aws.role("lifeboat").await?.unwrap();
    assert_eq!(read.tags.keys().collect::<Vec<_>>(), ["managed-by", "x"]);
    assert_eq!(
        (read.description.as_str(), read.boundary.as_str()),
        ("new", "arn:aws:iam::aws:policy/AdministratorAccess")
    );
    aws.put_boundary("lifeboat", "").await?;
    assert_eq!(aws.role_policy("lifeboat", "p").await?, None);
    let policy = r#"{"Version": "2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    aws.put_role_policy("lifeboat", "p", policy).await?;
    assert_eq!(aws.role_policies("lifeboat").await?, ["p"]);
    assert_eq!(aws.role_policy("lifeboat", "p").await?.as_deref(), Some(policy));
    aws.attach_policy("lifeboat", "arn:aws:iam::aws:policy/ReadOnlyAccess").await?;
    assert_eq!(aws.attached_policies("lifeboat").await?, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    assert!(aws.managed_policy("arn:aws:iam::aws:policy/ReadOnlyAccess").await?.unwrap().contains("Statement"));
    aws.detach_policy("lifeboat", "arn:aws:iam::aws:policy/ReadOnlyAccess").await?;
    aws.detach_policy("lifeboat", "arn:aws:iam::aws:policy/ReadOnlyAccess").await
}

fn bucket() -> BucketRef {
    BucketRef { name: "acme-backups".into(), region: "us-west-2".into(), account: "111122223333".into() }
}

async fn buckets(aws: &dyn Aws) -> Result<(), Trouble> {
    let here = bucket();
    assert_eq!(aws.bucket(&here).await?, BucketHead::Absent);
    for region in ["us-west-2", "us-east-1"] {
        let bucket = BucketRef { name: format!("acme-{region}"), region: region.into(), ..bucket() };
        let new = NewBucket { bucket: bucket.clone(), tags: tags(), account_regional: false, object_lock: false };
        aws.create_bucket(&new).await?;
        assert_eq!(aws.bucket(&bucket).await?, BucketHead::Ours(region.into()));
        assert!(aws.setting(&bucket, Setting::Tagging).await?.unwrap().contains("managed-by"));
        aws.delete_bucket(&bucket).await?;
    }
    let elsewhere = BucketRef { region: "eu-west-1".into(), ..bucket() };
    aws.create_bucket(&NewBucket { bucket: here.clone(), tags: tags(), account_regional: false, object_lock: true })
        .await?;
    assert_eq!(aws.bucket(&elsewhere).await?, BucketHead::Ours("us-west-2".into()));
    assert_eq!(aws.bucket(&BucketRef { name: "taken".into(), ..bucket() }).await?, BucketHead::Foreign);
    let documents = [
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::acme-backups/*"}]}"#,
        r#"{"Rules":[{"ID":"a","Filter":{"Prefix":"velero/"},"Status":"Enabled","NoncurrentVersionExpiration":{"NoncurrentDays":30},"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}}]}"#,
        r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"},"BucketKeyEnabled":true}]}"#,
        r#"{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}"#,
        r#"{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}"#,
        r#"{"Status":"Enabled"}"#,
        r#"{"TagSet":[{"Key":"a","Value":"1"}]}"#,
        r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":1}}}"#,
    ];
    for (setting, document) in Setting::ALL.into_iter().zip(documents) {
        aws.put_setting(&here, setting, document).await?;
        assert_eq!(aws.setting(&here, setting).await?.as_deref(), Some(document), "{setting:?}");
        if setting != Setting::Versioning && setting != Setting::ObjectLock {
            aws.delete_setting(&here, setting).await?;
            // S3 falls back to its own default encryption; every other document is gone.
            let left = aws.setting(&here, setting).await?;
            assert_eq!(left.is_some(), setting == Setting::Encryption, "{setting:?}: {left:?}");
        }
    }
    assert_eq!(aws.delete_setting(&here, Setting::ObjectLock).await.unwrap_err().kind, TroubleKind::Refused);
    Ok(())
}

async fn keys(aws: &dyn Aws) -> Result<(), Trouble> {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}"#;
    let new = NewKey { region: REGION.into(), policy: policy.into(), description: "backups".into(), tags: tags() };
    let made = aws.create_key(&new).await?;
    assert_eq!(made.state, "Enabled");
    assert_eq!(aws.key(REGION, "alias/none").await?, None);
    assert_eq!(aws.key_policy(REGION, &made.id).await?.as_deref(), Some(policy));
    assert_eq!(aws.alias(REGION, "alias/lifeboat").await?, None);
    aws.create_alias(REGION, "alias/lifeboat", &made.id).await?;
    assert_eq!(aws.create_alias(REGION, "alias/lifeboat", &made.id).await.unwrap_err().kind, TroubleKind::Exists);
    assert_eq!(aws.alias(REGION, "alias/lifeboat").await?.as_deref(), Some(made.id.as_str()));
    assert_eq!(aws.key(REGION, "alias/lifeboat").await?.as_ref(), Some(&made));
    assert_eq!(aws.rotation(REGION, &made.id).await?, None);
    aws.rotate(REGION, &made.id, 180).await?;
    assert_eq!(aws.rotation(REGION, &made.id).await?, Some(180));
    aws.stop_rotation(REGION, &made.id).await?;
    assert_eq!(aws.rotation(REGION, &made.id).await?, None);
    aws.delete_alias(REGION, "alias/lifeboat").await?;
    aws.delete_alias(REGION, "alias/lifeboat").await
}

/// A token as the cluster would mint it; the emulator verifies no signatures.
fn token(audience: &str) -> SecretString {
    use base64::Engine;
    let part = |value: serde_json::Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let now = jiff::Timestamp::now().as_second();
    let claims = serde_json::json!({
        "aud": [audience], "iss": ISSUER, "sub": "system:serviceaccount:velero:velero-server", "iat": now, "exp": now + 3600
    });
    SecretString::from(format!("{}.{}.c2ln", part(serde_json::json!({"alg": "RS256"})), part(claims)))
}

async fn session(aws: &dyn Aws) -> Result<(), Trouble> {
    let identity = |audience: &str| WebIdentity {
        region: REGION.into(),
        role_arn: "arn:aws:iam::111122223333:role/ops/lifeboat".into(),
        token: token(audience),
        session_name: "lifeboat".into(),
    };
    let wrong = aws.exchange(&identity("vault")).await.unwrap_err();
    assert_eq!((wrong.kind, wrong.code.as_str()), (TroubleKind::Invalid, "InvalidIdentityToken"), "{wrong}");
    let who = aws.exchange(&identity("sts.amazonaws.com")).await?;
    assert!(who.arn.contains("assumed-role/lifeboat/lifeboat"), "{}", who.arn);
    let here = bucket();
    assert_eq!(aws.list_as(&who, &here, "p/").await?, Vec::<String>::new());
    let version = aws.put_as(&who, &here, "p/canary", b"hello").await?;
    assert_ne!(version, "null");
    assert_eq!(aws.get_as(&who, &here, "p/canary").await?, b"hello");
    assert_eq!(aws.list_as(&who, &here, "p/").await?, ["p/canary"]);
    assert_eq!(aws.top_level(&here, "").await?, ["p/"]);
    aws.delete_as(&who, &here, "p/canary").await?;
    assert_eq!(aws.get_as(&who, &here, "p/canary").await.unwrap_err().kind, TroubleKind::NotFound);
    let found = aws.versions(&here, "p/", 10).await?;
    assert_eq!(found.len(), 2, "{found:?}");
    aws.put_role_policy(
        "lifeboat",
        "p",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}"#,
    )
    .await?;
    let denied = aws.list_as(&who, &here, "").await.unwrap_err();
    assert_eq!(denied.kind, TroubleKind::Denied);
    let markers: Vec<_> = found.iter().filter(|found| found.marker).cloned().collect();
    aws.delete_versions(&here, &markers).await?;
    let locked = aws.delete_versions(&here, &found).await.unwrap_err();
    assert_eq!((locked.kind, locked.todo.as_str()), (TroubleKind::Denied, ""), "{locked}");
    aws.delete_role_policy("lifeboat", "p").await?;
    aws.delete_role("lifeboat").await?;
    aws.delete_provider(PROVIDER).await
}

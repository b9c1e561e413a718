//! Answers and refusals that are well formed (security.md 7.3 A01 to A11, A17, A31).

use crate::server::{Reply, Server, always, json, json_error, query_error, s3_error, xml};
use lifeboat::ports::{Aws, BucketRef, NewBucket, NewRole, Tags, TroubleKind, WebIdentity};
use rstest::rstest;
use secrecy::SecretString;

pub const ROLE: &str = "<GetRoleResponse><GetRoleResult><Role><Path>/ops/</Path>\
    <Arn>arn:aws:iam::111122223333:role/ops/lifeboat</Arn><RoleName>lifeboat</RoleName><RoleId>AROAEXAMPLE</RoleId>\
    <AssumeRolePolicyDocument>%7B%22a%2Bb%22%3A%20%22c+d%25%22%7D</AssumeRolePolicyDocument>\
    <CreateDate>2027-01-01T00:00:00Z</CreateDate><Description>backups</Description>\
    <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
    <PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/edge</PermissionsBoundaryArn></PermissionsBoundary>\
    <Tags><member><Key>team</Key><Value>platform</Value></member></Tags></Role></GetRoleResult></GetRoleResponse>";

pub fn new_role() -> NewRole {
    NewRole {
        name: "lifeboat".into(),
        path: "/".into(),
        trust: "{}".into(),
        description: String::new(),
        boundary: String::new(),
        tags: Tags::new(),
    }
}

pub fn bucket() -> BucketRef {
    BucketRef { name: "acme-backups".into(), region: "eu-west-1".into(), account: "111122223333".into() }
}

pub fn new_bucket() -> NewBucket {
    NewBucket { bucket: bucket(), tags: Tags::new(), account_regional: false, object_lock: false }
}

#[tokio::test]
async fn a01_a_read_without_permission_names_the_action() {
    let (_server, account) = always(|| {
        json_error(
            403,
            "AccessDeniedException",
            "User: x is not authorized to perform: eks:DescribeCluster on \
            resource: arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        )
    })
    .await;
    let trouble = account.cluster("eu-west-1", "prod").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert_eq!(trouble.what.as_str(), "no permission: eks:DescribeCluster on prod");
    assert_eq!((trouble.call.as_str(), trouble.code.as_str()), ("eks:DescribeCluster", "AccessDeniedException"));
}

#[tokio::test]
async fn a02_a_write_without_permission_gives_a_policy_statement_and_is_not_repeated() {
    let (server, account) = always(|| {
        query_error(
            403,
            "AccessDenied",
            "User: arn:aws:iam::111122223333:user/ada is not authorized to perform: \
            iam:CreateRole on resource: arn:aws:iam::111122223333:role/lifeboat because no identity-based policy \
            allows the iam:CreateRole action",
        )
    })
    .await;
    let trouble = account.create_role(&new_role()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert_eq!(
        trouble.todo.as_str(),
        r#"{"Effect":"Allow","Action":"iam:CreateRole","Resource":"arn:aws:iam::111122223333:role/lifeboat"}"#
    );
    assert_eq!(trouble.request_id, "made-up-request");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a04_an_explicit_deny_offers_no_statement() {
    let (_server, account) = always(|| {
        query_error(
            403,
            "AccessDenied",
            "User: x is not authorized to perform: iam:DeleteRole on resource: y with an \
            explicit deny in a service control policy",
        )
    })
    .await;
    let trouble = account.delete_role("lifeboat").await.unwrap_err();
    assert!(trouble.why.as_str().contains("service control policy"), "{trouble}");
    assert!(trouble.todo.is_empty());
}

#[tokio::test]
async fn a05_what_is_not_there_is_none() {
    let (_server, account) = always(|| query_error(404, "NoSuchEntity", "no")).await;
    assert_eq!(account.role("lifeboat").await, Ok(None));
    assert_eq!(account.role_policy("lifeboat", "p").await, Ok(None));
    assert_eq!(account.managed_policy("arn:aws:iam::111122223333:policy/p").await, Ok(None));
    assert_eq!(account.provider("arn:aws:iam::111122223333:oidc-provider/x").await, Ok(None));
    assert_eq!(account.delete_role_policy("lifeboat", "p").await, Ok(()));
    assert_eq!(account.detach_policy("lifeboat", "arn").await, Ok(()));
    assert_eq!(account.delete_role("lifeboat").await.unwrap_err().kind, TroubleKind::NotFound);
    let (_server, account) = always(|| json_error(404, "ResourceNotFoundException", "no")).await;
    assert_eq!(account.cluster("eu-west-1", "prod").await, Ok(None));
    let (_server, account) = always(|| json_error(400, "NotFoundException", "no")).await;
    assert_eq!(account.key("eu-west-1", "alias/none").await, Ok(None));
    assert_eq!(account.key_policy("eu-west-1", "none").await, Ok(None));
    assert_eq!(account.delete_alias("eu-west-1", "alias/none").await, Ok(()));
}

#[tokio::test]
async fn a19_a_role_is_read_with_its_trust_policy_byte_for_byte() {
    let (server, account) = always(|| xml(200, ROLE)).await;
    let role = account.role("lifeboat").await.unwrap().unwrap();
    assert_eq!(role.trust, r#"{"a+b": "c+d%"}"#);
    assert_eq!((role.path.as_str(), role.id.as_str()), ("/ops/", "AROAEXAMPLE"));
    assert_eq!(role.boundary, "arn:aws:iam::111122223333:policy/edge");
    assert_eq!(role.tags.get("team").map(String::as_str), Some("platform"));
    assert!(server.requests()[0].body.contains("Action=GetRole&"));
}

#[tokio::test]
async fn a07_what_exists_already_is_told_as_that() {
    let (_server, account) = always(|| query_error(409, "EntityAlreadyExists", "there")).await;
    assert_eq!(account.create_role(&new_role()).await.unwrap_err().kind, TroubleKind::Exists);
    let (_server, account) = always(|| s3_error(409, "BucketAlreadyOwnedByYou")).await;
    assert_eq!(account.create_bucket(&new_bucket()).await.unwrap_err().kind, TroubleKind::Exists);
    let (_server, account) = always(|| json_error(400, "AlreadyExistsException", "there")).await;
    assert_eq!(account.create_alias("eu-west-1", "alias/a", "k").await.unwrap_err().kind, TroubleKind::Exists);
}

#[tokio::test]
async fn a08_a_concurrent_change_is_busy() {
    let (_server, account) = always(|| query_error(409, "ConcurrentModification", "wait")).await;
    assert_eq!(account.put_trust("lifeboat", "{}").await.unwrap_err().kind, TroubleKind::Busy);
    let (_server, account) = always(|| s3_error(409, "OperationAborted")).await;
    assert_eq!(account.delete_bucket(&bucket()).await.unwrap_err().kind, TroubleKind::Busy);
}

#[tokio::test]
async fn a09_a_name_taken_by_somebody_else_suggests_the_accounts_own_namespace() {
    let (_server, account) = always(|| s3_error(409, "BucketAlreadyExists")).await;
    let trouble = account.create_bucket(&new_bucket()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Taken);
    assert!(trouble.todo.as_str().contains("account_regional"), "{trouble}");
}

#[tokio::test]
async fn a10_a_quota_is_named_with_its_code_and_not_repeated() {
    let (server, account) = always(|| query_error(409, "LimitExceeded", "Cannot exceed quota")).await;
    let trouble = account.create_role(&new_role()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Quota);
    assert!(trouble.what.as_str().contains("L-FE177D64"), "{trouble}");
    assert!(trouble.todo.as_str().contains("Service Quotas"), "{trouble}");
    assert_eq!(server.requests().len(), 1);
}

#[rstest]
#[case(400, "Throttling")]
#[case(400, "ThrottlingException")]
#[case(429, "TooManyRequestsException")]
#[case(400, "RequestLimitExceeded")]
#[case(503, "SlowDown")]
#[tokio::test]
async fn a11_throttling_is_repeated_by_the_sdk_then_told(#[case] status: u16, #[case] code: &'static str) {
    let (server, account) = always(move || query_error(status, code, "Rate exceeded")).await;
    let trouble = account.role("lifeboat").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Throttled);
    assert_eq!(server.requests().len(), 3);
}

fn cluster(fields: &str) -> Reply {
    json(
        200,
        &format!(r#"{{"cluster":{{"name":"prod","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/prod"{fields}}}}}"#),
    )
}

#[rstest]
#[case("CREATING")]
#[case("DELETING")]
#[case("FAILED")]
#[case("UPDATING")]
#[case("PENDING")]
#[case("NEWER_THAN_LIFEBOAT")]
#[tokio::test]
async fn a17_every_status_of_a_cluster_is_its_word(#[case] status: &'static str) {
    let (_server, account) = always(move || cluster(&format!(r#","status":"{status}""#))).await;
    assert_eq!(account.cluster("eu-west-1", "prod").await.unwrap().unwrap().status, status);
}

#[tokio::test]
async fn a17_a_cluster_is_read_whole() {
    let (_server, account) = always(|| {
        cluster(concat!(
            r#","status":"ACTIVE","version":"1.34","endpoint":"https://api","certificateAuthority":{"data":"Q0E="},"#,
            r#""identity":{"oidc":{"issuer":"https://oidc.eks.eu-west-1.amazonaws.com/id/AB"}},"#,
            r#""resourcesVpcConfig":{"endpointPublicAccess":true},"computeConfig":{"enabled":true},"#,
            r#""health":{"issues":[{"code":"Ec2SubnetNotFound","message":"gone"},{"code":"NewWord"}]}"#
        ))
    })
    .await;
    let found = account.cluster("eu-west-1", "prod").await.unwrap().unwrap();
    assert_eq!(found.issuer.as_deref(), Some("https://oidc.eks.eu-west-1.amazonaws.com/id/AB"));
    assert_eq!((found.version.as_str(), found.ca.as_str(), found.public), ("1.34", "Q0E=", true));
    assert!(found.auto_mode, "EKS Auto Mode makes nodes");
    assert_eq!(found.issues, ["Ec2SubnetNotFound: gone", "NewWord: "]);
}

#[tokio::test]
async fn a17_a_private_cluster_without_identity_is_read() {
    let (_server, account) = always(|| {
        cluster(r#","identity":null,"health":null,"endpoint":null,"resourcesVpcConfig":{"endpointPublicAccess":false}"#)
    })
    .await;
    let found = account.cluster("eu-west-1", "prod").await.unwrap().unwrap();
    assert!(!found.auto_mode);
    assert_eq!((found.issuer, found.public, found.issues, found.endpoint.as_str()), (None, false, vec![], ""));
}

fn identity() -> WebIdentity {
    WebIdentity {
        region: "eu-west-1".into(),
        role_arn: "arn:aws:iam::111122223333:role/lifeboat".into(),
        token: SecretString::from("made-up-token"),
        session_name: "lifeboat".into(),
    }
}

#[rstest]
#[case(400, "InvalidIdentityToken", TroubleKind::Invalid, "does not accept the service account's token")]
#[case(400, "ExpiredTokenException", TroubleKind::Credentials, "token has expired")]
#[case(403, "IDPRejectedClaim", TroubleKind::Denied, "rejected")]
#[case(403, "RegionDisabledException", TroubleKind::Denied, "not active in this region")]
#[case(400, "IDPCommunicationError", TroubleKind::Server, "could not reach")]
#[tokio::test]
async fn a31_each_answer_of_sts_has_a_sentence(
    #[case] status: u16,
    #[case] code: &'static str,
    #[case] kind: TroubleKind,
    #[case] words: &str,
) {
    let (_server, account) = always(move || query_error(status, code, "so it is")).await;
    let trouble = account.exchange(&identity()).await.unwrap_err();
    assert_eq!(trouble.kind, kind, "{trouble}");
    assert!(trouble.what.as_str().contains(words), "{trouble}");
}

#[tokio::test]
async fn a31_a_token_is_exchanged_unsigned_and_without_credentials_of_the_caller() {
    let server = Server::start(|_| {
        xml(200, "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
            <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>hush</SecretAccessKey><SessionToken>t</SessionToken>\
            <Expiration>2027-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A</AssumedRoleId>\
            <Arn>arn:aws:sts::111122223333:assumed-role/lifeboat/lifeboat</Arn></AssumedRoleUser>\
            </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")
    })
    .await;
    let mut options = server.options();
    options.env.remove("AWS_ACCESS_KEY_ID");
    let account = lifeboat::adapters::aws::Account::new(options);
    let session = account.exchange(&identity()).await.unwrap();
    assert_eq!(session.id, "ASIAEXAMPLE");
    assert!(!format!("{session:?}").contains("hush"));
    let request = &server.requests()[0];
    assert_eq!(request.header("authorization"), None);
    assert!(request.body.contains("WebIdentityToken=made-up-token"));
}

#[tokio::test]
async fn a31_an_unknown_key_is_a_credentials_trouble_and_the_next_call_reads_the_files_again() {
    let server = Server::start(|request| match request.number {
        0 => query_error(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        _ => xml(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:iam::111122223333:user/ada</Arn>\
            <UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        ),
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let keys = |id: &str| format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = made-up\n");
    let file = home.path().join("credentials");
    std::fs::write(&file, keys("AKIDOLD")).unwrap();
    let mut options = server.options();
    options.env.remove("AWS_ACCESS_KEY_ID");
    options.env.insert("AWS_SHARED_CREDENTIALS_FILE".into(), file.display().to_string());
    let account = lifeboat::adapters::aws::Account::new(options);
    let trouble = account.caller().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Credentials);
    assert!(trouble.todo.as_str().contains("--region"), "{trouble}");
    std::fs::write(&file, keys("AKIDNEW")).unwrap();
    assert_eq!(account.caller().await.unwrap().partition, "aws-cn");
    let signed = |number: usize| server.requests()[number].header("authorization").unwrap_or_default().to_owned();
    assert!(signed(0).contains("AKIDOLD") && signed(1).contains("AKIDNEW"), "{} {}", signed(0), signed(1));
}

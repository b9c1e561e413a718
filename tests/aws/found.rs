//! What is found when lifeboat looks around: buckets, aliases, add-ons, providers.

use crate::server::{Server, always, json, json_error, query_error, s3_error, xml};
use lifeboat::ports::{Aws, TroubleKind};

fn page(buckets: &str, token: &str) -> String {
    format!("<ListAllMyBucketsResult><Buckets>{buckets}</Buckets>{token}</ListAllMyBucketsResult>")
}

fn bucket(name: &str, region: &str) -> String {
    format!("<Bucket><Name>{name}</Name><BucketRegion>{region}</BucketRegion></Bucket>")
}

#[tokio::test]
async fn a16_every_page_of_buckets_is_asked_for_with_its_size() {
    let server = Server::start(|request| match request.number {
        0 => xml(200, &page(&bucket("acme-logs", "us-west-2"), "<ContinuationToken>t1</ContinuationToken>")),
        1 => xml(200, &page("", "<ContinuationToken>t2</ContinuationToken>")),
        _ => xml(200, &page("<Bucket><Name>acme-old</Name></Bucket>", "")),
    })
    .await;
    let found = server.account().buckets().await.unwrap();
    let told: Vec<_> = found.iter().map(|bucket| (bucket.name.as_str(), bucket.region.as_str())).collect();
    assert_eq!(told, [("acme-logs", "us-west-2"), ("acme-old", "")], "a region that S3 leaves out is empty");
    let asked = server.requests();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|request| request.path.contains("max-buckets=1000")), "{asked:?}");
    assert!(asked[1].path.contains("continuation-token=t1") && asked[2].path.contains("continuation-token=t2"));
}

#[tokio::test]
async fn a15_a_token_of_buckets_or_aliases_that_comes_twice_ends_the_list() {
    let body = page(&bucket("acme-logs", "us-west-2"), "<ContinuationToken>same</ContinuationToken>");
    let (server, account) = always(move || xml(200, &body)).await;
    assert_eq!(account.buckets().await.unwrap_err().kind, TroubleKind::Unreadable);
    assert_eq!(server.requests().len(), 2);
    let (server, account) = always(|| json(200, r#"{"Aliases":[],"Truncated":true,"NextMarker":"same"}"#)).await;
    assert_eq!(account.aliases("eu-west-1").await.unwrap_err().kind, TroubleKind::Unreadable);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a01_who_may_not_list_buckets_is_told_the_permission() {
    let (_server, account) = always(|| s3_error(403, "AccessDenied")).await;
    let trouble = account.buckets().await.unwrap_err();
    assert_eq!((trouble.kind, trouble.call.as_str()), (TroubleKind::Denied, "s3:ListAllMyBuckets"));
}

#[tokio::test]
async fn aliases_without_a_key_and_those_of_aws_are_left_out() {
    let server = Server::start(|request| match request.number {
        0 => json(
            200,
            r#"{"Aliases":[{"AliasName":"alias/aws/s3","TargetKeyId":"k0"},{"AliasName":"alias/aws/ebs"},
                {"AliasName":"alias/backups","TargetKeyId":"k1"}],"Truncated":true,"NextMarker":"m"}"#,
        ),
        _ => json(
            200,
            r#"{"Aliases":[{"AliasName":"alias/later"},{"AliasName":"alias/retired","TargetKeyId":"k2"}],
                "Truncated":false}"#,
        ),
    })
    .await;
    let found = server.account().aliases("eu-west-1").await.unwrap();
    let told: Vec<_> = found.iter().map(|key| (key.alias.as_str(), key.id.as_str())).collect();
    assert_eq!(told, [("alias/backups", "k1"), ("alias/retired", "k2")]);
    assert!(server.requests()[1].body.contains(r#""Marker":"m""#));
}

#[tokio::test]
async fn a27_an_addon_is_its_status_or_none() {
    let (server, account) =
        always(|| json(200, r#"{"addon":{"addonName":"eks-pod-identity-agent","status":"DEGRADED"}}"#)).await;
    let found = account.addon("eu-west-1", "prod", "eks-pod-identity-agent").await.unwrap().unwrap();
    assert_eq!((found.status.as_str(), found.version.as_str(), found.issues.len()), ("DEGRADED", "", 0));
    assert_eq!(server.requests()[0].path, "/clusters/prod/addons/eks-pod-identity-agent");
    let (_server, account) = always(|| json_error(404, "ResourceNotFoundException", "No addon found")).await;
    assert_eq!(account.addon("eu-west-1", "prod", "eks-pod-identity-agent").await, Ok(None));
    let (_server, account) = always(|| json_error(403, "AccessDeniedException", "no")).await;
    let trouble = account.addon("eu-west-1", "prod", "eks-pod-identity-agent").await.unwrap_err();
    assert_eq!((trouble.kind, trouble.call.as_str()), (TroubleKind::Denied, "eks:DescribeAddon"));
}

#[tokio::test]
async fn providers_are_their_arns() {
    let list = "<ListOpenIDConnectProvidersResponse><ListOpenIDConnectProvidersResult><OpenIDConnectProviderList>\
                <member><Arn>arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A</Arn></member>\
                </OpenIDConnectProviderList></ListOpenIDConnectProvidersResult></ListOpenIDConnectProvidersResponse>";
    let (_server, account) = always(move || xml(200, list)).await;
    let arn = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A";
    assert_eq!(account.providers().await.unwrap(), [arn]);
    let (_server, account) = always(|| query_error(403, "AccessDenied", "no")).await;
    assert_eq!(account.providers().await.unwrap_err().kind, TroubleKind::Denied);
}

#[tokio::test]
async fn the_home_region_is_known_without_a_call() {
    let server = Server::start(|_| json(500, "")).await;
    let mut options = server.options();
    options.env.insert("AWS_DEFAULT_REGION".into(), "eu-central-1".into());
    let account = lifeboat::adapters::aws::Account::new(options);
    assert_eq!(account.home().await.unwrap(), "eu-central-1");
    assert!(server.requests().is_empty());
}

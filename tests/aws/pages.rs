//! Lists of many pages (security.md 7.3 A15).

use crate::answers::bucket;
use crate::server::{Server, always, json, xml};
use lifeboat::ports::{Aws, TroubleKind};

#[tokio::test]
async fn a15_a_thousand_pages_are_followed() {
    let server = Server::start(|request| {
        let next = request.number + 1;
        let token = if next < 1000 { format!(r#","nextToken":"{next}""#) } else { String::new() };
        json(200, &format!(r#"{{"clusters":["c{}"]{token}}}"#, request.number))
    })
    .await;
    let found = server.account().clusters("eu-west-1").await.unwrap();
    assert_eq!((found.len(), found[999].as_str()), (1000, "c999"));
}

#[tokio::test]
async fn a15_a_token_that_comes_twice_ends_the_list_with_a_trouble() {
    let (server, account) = always(|| json(200, r#"{"clusters":["a"],"nextToken":"same"}"#)).await;
    let trouble = account.clusters("eu-west-1").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable);
    assert!(trouble.why.as_str().contains("no end"), "{trouble}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a15_an_empty_page_with_a_token_is_followed_and_an_item_comes_once() {
    let server = Server::start(|request| match request.number {
        0 => json(200, r#"{"clusters":[],"nextToken":"1"}"#),
        1 => json(200, r#"{"clusters":["b","a"],"nextToken":"2"}"#),
        _ => json(200, r#"{"clusters":["a","c"],"nextToken":""}"#),
    })
    .await;
    assert_eq!(server.account().clusters("eu-west-1").await.unwrap(), ["b", "a", "c"]);
}

fn policies(names: &str, rest: &str) -> String {
    format!(
        "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames>{names}</PolicyNames>{rest}\
         </ListRolePoliciesResult></ListRolePoliciesResponse>"
    )
}

#[tokio::test]
async fn a15_a_short_page_of_iam_that_is_truncated_is_followed() {
    let server = Server::start(|request| match request.number {
        0 => xml(200, &policies("", "<IsTruncated>true</IsTruncated><Marker>m</Marker>")),
        _ => xml(200, &policies("<member>p</member>", "<IsTruncated>false</IsTruncated>")),
    })
    .await;
    assert_eq!(server.account().role_policies("lifeboat").await.unwrap(), ["p"]);
    assert!(server.requests()[1].body.contains("Marker=m"));
    let (_server, account) = always(|| xml(200, &policies("", "<IsTruncated>true</IsTruncated>"))).await;
    assert_eq!(account.role_policies("lifeboat").await.unwrap_err().kind, TroubleKind::Unreadable);
}

#[tokio::test]
async fn a15_regions_of_all_pages_are_told_with_their_state() {
    let server = Server::start(|request| match request.number {
        0 => json(200, r#"{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}],"NextToken":"n"}"#),
        _ => json(200, r#"{"Regions":[{"RegionName":"ap-east-1","RegionOptStatus":"DISABLED"},{"RegionName":"me-south-1","RegionOptStatus":"ENABLED"}]}"#),
    })
    .await;
    let found = server.account().regions().await.unwrap();
    let told: Vec<_> = found.iter().map(|region| (region.name.as_str(), region.enabled)).collect();
    assert_eq!(told, [("us-east-1", true), ("ap-east-1", false), ("me-south-1", true)]);
}

#[tokio::test]
async fn a15_versions_are_followed_by_both_markers_up_to_the_limit() {
    let page = |key: &str, more: &str| {
        format!(
            "<ListVersionsResult><Version><Key>{key}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest></Version>\
             <DeleteMarker><Key>{key}</Key><VersionId>2</VersionId><IsLatest>false</IsLatest></DeleteMarker>{more}\
             </ListVersionsResult>"
        )
    };
    let more =
        "<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>";
    let server = Server::start(move |request| {
        let first = request.number % 2 == 0;
        xml(200, &if first { page("a", more) } else { page("b", "<IsTruncated>false</IsTruncated>") })
    })
    .await;
    let account = server.account();
    let found = account.versions(&bucket(), "p/", 100).await.unwrap();
    let told: Vec<_> =
        found.iter().map(|item| (item.key.as_str(), item.version.as_str(), item.marker, item.latest)).collect();
    assert_eq!(
        told,
        [("a", "null", false, true), ("a", "2", true, false), ("b", "null", false, true), ("b", "2", true, false)]
    );
    assert!(
        server.requests()[1].path.contains("key-marker=a") && server.requests()[1].path.contains("version-id-marker=2")
    );
    assert_eq!(account.versions(&bucket(), "p/", 1).await.unwrap().len(), 1);
    let endless = page("a", more);
    let (_server, account) = always(move || xml(200, &endless)).await;
    assert_eq!(account.versions(&bucket(), "", 100).await.unwrap_err().kind, TroubleKind::Unreadable);
}

#[tokio::test]
async fn a15_the_roles_that_trust_a_provider_are_found_on_all_pages() {
    let arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB";
    let role = |name: &str, provider: &str| {
        let trust = format!(r#"{{"Statement":[{{"Principal":{{"Federated":"{provider}"}}}}]}}"#);
        let trust: String =
            trust.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).map(char::from).collect();
        format!(
            "<member><Path>/</Path><RoleName>{name}</RoleName><RoleId>A</RoleId><Arn>a</Arn>\
             <CreateDate>2027-01-01T00:00:00Z</CreateDate>\
             <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></member>"
        )
    };
    let page = |roles: String, rest: &str| {
        format!(
            "<ListRolesResponse><ListRolesResult><Roles>{roles}</Roles>{rest}</ListRolesResult></ListRolesResponse>"
        )
    };
    let first = page(role("other", "x") + &role("one", arn), "<IsTruncated>true</IsTruncated><Marker>m</Marker>");
    let second = page(role("two", arn) + &role("longer", &format!("{arn}CD")), "<IsTruncated>false</IsTruncated>");
    let server = Server::start(move |request| xml(200, if request.number == 0 { &first } else { &second })).await;
    assert_eq!(server.account().roles_trusting(arn).await.unwrap(), ["one", "two"]);
}

//! Failures and answers that are no answers (security.md 7.3 A12 to A14, E16).

use crate::answers::{ROLE, new_bucket, new_role};
use crate::server::{Reply, Server, always, json, query_error, s3_error, xml};
use lifeboat::ports::{Aws, NewKey, Setting, Tags, TroubleKind};
use rstest::rstest;

fn html() -> Reply {
    Reply::Whole(200, vec![("content-type", "text/html".into())], b"<!DOCTYPE html><html>Log in</html>".to_vec())
}

#[tokio::test]
async fn a12_a_failed_read_is_repeated() {
    let server = Server::start(|request| match request.number {
        0 | 1 => query_error(500, "ServiceFailure", "oops"),
        _ => xml(200, ROLE),
    })
    .await;
    assert!(server.account().role("lifeboat").await.unwrap().is_some());
    let (server, account) = always(|| Reply::Whole(503, vec![], b"<html>Service Unavailable</html>".to_vec())).await;
    assert_eq!(account.role("lifeboat").await.unwrap_err().kind, TroubleKind::Server);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a12_a_failed_overwrite_is_repeated_and_a_failed_create_is_not() {
    let (server, account) = always(|| query_error(500, "ServiceFailure", "oops")).await;
    assert_eq!(account.put_role_policy("lifeboat", "p", "{}").await.unwrap_err().kind, TroubleKind::Server);
    assert_eq!(server.requests().len(), 3);
    let (server, account) = always(|| query_error(500, "ServiceFailure", "oops")).await;
    assert_eq!(account.create_role(&new_role()).await.unwrap_err().kind, TroubleKind::Server);
    assert_eq!(server.requests().len(), 1);
    let (server, account) = always(|| s3_error(500, "InternalError")).await;
    assert_eq!(account.create_bucket(&new_bucket()).await.unwrap_err().kind, TroubleKind::Server);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a13_an_answer_that_never_came_is_unknown_and_never_repeated() {
    let key =
        NewKey { region: "eu-west-1".into(), policy: String::new(), description: String::new(), tags: Tags::new() };
    let (server, account) = always(|| Reply::Drop).await;
    let trouble = account.create_key(&key).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unanswered, "{trouble}");
    assert!(trouble.is_unknown());
    assert_eq!(server.requests().len(), 1, "a repeated CreateKey makes a second key");
    let (server, account) = always(|| Reply::Drop).await;
    assert_eq!(account.put_trust("lifeboat", "{}").await.unwrap_err().kind, TroubleKind::Unanswered);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a13_a_read_without_an_answer_is_repeated() {
    let server = Server::start(|request| if request.number == 0 { Reply::Drop } else { xml(200, ROLE) }).await;
    assert!(server.account().role("lifeboat").await.unwrap().is_some());
}

#[tokio::test]
async fn a14_a_connection_that_breaks_within_the_answer_is_unknown() {
    let (server, account) = always(|| Reply::Cut(b"<CreateRoleResponse>".to_vec())).await;
    let trouble = account.create_role(&new_role()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unanswered);
    assert!(trouble.why.as_str().contains("broke off after 20 bytes"), "{trouble}");
    assert_eq!(server.requests().len(), 1);
}

#[rstest]
#[case::truncated_xml(|| xml(200, "<GetRoleResponse><GetRoleResult><Role><Path>/</Pa"))]
#[case::empty(|| xml(200, ""))]
#[case::html(html)]
#[case::gzip_rubbish(|| Reply::Whole(200, vec![("content-encoding", "gzip".into())], vec![0x1f, 0x8b, 8, 0, 255, 254]))]
#[case::not_utf8(|| Reply::Whole(200, vec![], b"<GetRoleResponse><GetRoleResult>\xff\xfe".to_vec()))]
#[case::missing_field(|| xml(200, "<GetRoleResponse><GetRoleResult><Role><Path>/</Path></Role></GetRoleResult></GetRoleResponse>"))]
#[case::missing_role(|| xml(200, "<GetRoleResponse><GetRoleResult></GetRoleResult></GetRoleResponse>"))]
#[case::too_large(|| Reply::Whole(200, vec![], vec![b' '; 9 << 20]))]
#[tokio::test]
async fn a14_xml_that_is_no_answer_is_unreadable(#[case] reply: fn() -> Reply) {
    let (_server, account) = always(reply).await;
    let trouble = account.role("lifeboat").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable, "{trouble}");
    assert!(trouble.why.as_str().len() < 600, "{trouble}");
}

#[rstest]
#[case::truncated_json(|| json(200, r#"{"cluster":{"name":"prod""#))]
#[case::empty(|| json(200, ""))]
#[case::html(html)]
#[case::not_utf8(|| Reply::Whole(200, vec![], b"{\"cluster\":{\"name\":\"\xff\"}}".to_vec()))]
#[case::missing_field(|| json(200, r#"{"cluster":{"name":"prod"}}"#))]
#[case::null_cluster(|| json(200, r#"{"cluster":null}"#))]
#[case::wrong_type(|| json(200, r#"{"cluster":[1,2]}"#))]
#[case::nested(|| json(200, &"[".repeat(100_000)))]
#[tokio::test]
async fn a14_json_that_is_no_answer_is_unreadable(#[case] reply: fn() -> Reply) {
    let (_server, account) = always(reply).await;
    let trouble = account.cluster("eu-west-1", "prod").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable, "{trouble}");
}

#[tokio::test]
async fn a14_a_web_page_is_no_success_of_a_write_either() {
    let (_server, account) = always(html).await;
    let trouble = account.put_setting(&new_bucket().bucket, Setting::Policy, "{}").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable);
    assert!(trouble.why.as_str().contains("Log in"), "{trouble}");
}

#[tokio::test]
async fn a14_null_instead_of_a_list_is_an_empty_list() {
    let (_server, account) = always(|| json(200, r#"{"clusters":null}"#)).await;
    assert_eq!(account.clusters("eu-west-1").await, Ok(vec![]));
}

#[tokio::test]
async fn e16_a_host_that_cannot_be_reached_is_a_network_trouble_that_names_it() {
    let server = Server::start(|_| Reply::Drop).await;
    let mut options = server.options();
    // Nothing listens at port 1 of loopback.
    options.endpoint_url = Some("http://127.0.0.1:1".into());
    let account = lifeboat::adapters::aws::Account::new(options);
    let trouble = account.create_role(&new_role()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Network, "{trouble}");
    assert!(trouble.what.as_str().contains("127.0.0.1"), "{trouble}");
    assert!(!trouble.is_unknown());
}

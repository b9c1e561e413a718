//! Logs (security.md A30).

use crate::canned::Canned;
use crate::connected;
use futures::StreamExt as _;
use lifeboat::ports::{LOG_LINE, TroubleKind};
use pretty_assertions::assert_eq;
use std::time::Duration;

/// The lines of an answer until it is over.
async fn lines(answer: Canned) -> Vec<String> {
    let (_api, kube) = connected(vec![answer]).await;
    let log = kube.logs("ns", "a", "velero", 10).await.unwrap();
    log.map(|line| line.map_or_else(|trouble| format!("{:?}", trouble.kind), |line| line.to_string())).collect().await
}

#[tokio::test]
async fn a_log_is_asked_for_by_container_and_followed() {
    let (api, kube) = connected(vec![Canned::new(200, "one\r\ntwo\n").open()]).await;
    let mut log = kube.logs("ns", "a", "velero", 10).await.unwrap();
    assert_eq!(log.next().await.unwrap().unwrap().as_str(), "one");
    assert_eq!(log.next().await.unwrap().unwrap().as_str(), "two");
    assert!(tokio::time::timeout(Duration::from_millis(200), log.next()).await.is_err(), "more may come");
    let path = "/api/v1/namespaces/ns/pods/a/log?container=velero&follow=true&tailLines=10";
    assert_eq!(api.asked()[0].path, path);
}

#[tokio::test]
async fn a30_what_is_no_text_is_made_safe() {
    let said = lines(Canned::bytes(b"\x1b[2Jred\n\xff\xfe\x00\n\n\xe2\x80\xaeevil\nlast".to_vec())).await;
    assert_eq!(said.len(), 5, "{said:?}");
    assert_eq!(said[0], "^[[2Jred");
    assert!(said.iter().all(|line| !line.contains(['\u{1b}', '\0', '\u{202e}'])), "{said:?}");
    assert_eq!((said[2].as_str(), said[4].as_str()), ("", "last"));
}

#[tokio::test]
async fn a30_long_lines_are_cut_and_the_next_one_is_whole() {
    for length in [LOG_LINE, LOG_LINE + 1, 1024 * 1024, 10 * 1024 * 1024] {
        let said = lines(Canned::new(200, format!("{}\nnext\n", "x".repeat(length)))).await;
        assert_eq!(said.len(), 2);
        assert_eq!(said[0].starts_with("xxx"), true);
        assert_eq!(said[0].ends_with('\u{2026}'), length > LOG_LINE, "{length}");
        assert!(said[0].chars().count() <= LOG_LINE, "{}", said[0].len());
        assert_eq!(said[1], "next");
    }
}

#[tokio::test]
async fn a30_ten_megabytes_without_an_end_are_one_cut_line() {
    let said = lines(Canned::new(200, "\u{e9}".repeat(5 * 1024 * 1024))).await;
    assert_eq!(said.len(), 1);
    assert!(said[0].ends_with("\u{e9}\u{2026}"), "{}", said[0].chars().rev().take(5).collect::<String>());
    assert!(said[0].len() <= LOG_LINE + 3);
}

#[tokio::test]
async fn a_connection_that_breaks_is_the_last_word() {
    let said = lines(Canned::new(200, "one\nhalf").broken()).await;
    assert_eq!(said, ["one", "Unanswered"]);
}

#[tokio::test]
async fn a_pod_that_is_not_there_and_a_container_that_waits_are_refused() {
    let (_api, kube) = connected(vec![Canned::status(404, "NotFound", "pods \"a\" not found")]).await;
    assert_eq!(kube.logs("ns", "a", "velero", 10).await.map(|_| ()).unwrap_err().kind, TroubleKind::NotFound);
    let waits = "container \"velero\" in pod \"a\" is waiting to start: PodInitializing";
    let (_api, kube) = connected(vec![Canned::status(400, "BadRequest", waits)]).await;
    let trouble = kube.logs("ns", "a", "velero", 10).await.map(|_| ()).unwrap_err();
    assert_eq!((trouble.kind, trouble.why.as_str()), (TroubleKind::Invalid, waits));
    let (_api, kube) = connected(vec![Canned::status(403, "Forbidden", "no")]).await;
    let trouble = kube.logs("ns", "a", "velero", 10).await.map(|_| ()).unwrap_err();
    assert!(trouble.todo.as_str().contains(r#""resources":["pods/log"],"verbs":["get"]"#), "{trouble}");
}

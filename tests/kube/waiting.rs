//! Waiting for a change (security.md A24).

use crate::canned::Canned;
use crate::connected;
use lifeboat::ports::{Kind, TroubleKind};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::time::Duration;

const LONG: Duration = Duration::from_mins(1);

fn pod(version: &str) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a", "resourceVersion": version}})
}

fn listed(items: &[Value]) -> Canned {
    Canned::new(200, json!({"metadata": {"resourceVersion": "100"}, "items": items}))
}

fn events(events: &[(&str, Value)]) -> Canned {
    let lines: Vec<_> =
        events.iter().map(|(kind, object)| json!({"type": kind, "object": object}).to_string() + "\n").collect();
    Canned::new(200, lines.concat())
}

#[tokio::test]
async fn a_change_before_the_watch_is_answered_at_once() {
    let (api, kube) = connected(vec![listed(&[pod("8")])]).await;
    let found = kube.changed(Kind::Pod, "ns", "a", "7", LONG).await.unwrap().unwrap();
    assert_eq!(found["metadata"]["resourceVersion"], "8");
    assert_eq!(api.asked().len(), 1);
    assert!(api.asked()[0].path.contains("fieldSelector=metadata.name%3Da"));
}

#[tokio::test]
async fn an_event_with_another_version_is_the_answer() {
    let other = json!({"metadata": {"name": "b", "resourceVersion": "9"}});
    let bookmark = json!({"metadata": {"resourceVersion": "101"}});
    let (api, kube) = connected(vec![
        listed(&[pod("7")]),
        events(&[("ADDED", pod("7")), ("MODIFIED", other), ("BOOKMARK", bookmark), ("MODIFIED", pod("9"))]),
    ])
    .await;
    let found = kube.changed(Kind::Pod, "ns", "a", "7", LONG).await.unwrap().unwrap();
    assert_eq!(found["metadata"]["resourceVersion"], "9");
    assert!(api.asked()[1].path.contains("watch=true") && api.asked()[1].path.contains("resourceVersion=100"));
}

#[tokio::test]
async fn a_deletion_is_an_answer_and_absence_one_only_for_what_was_seen() {
    let (_api, kube) = connected(vec![listed(&[pod("7")]), events(&[("DELETED", pod("9"))])]).await;
    assert_eq!(kube.changed(Kind::Pod, "ns", "a", "7", LONG).await.unwrap(), None);
    let (_api, kube) = connected(vec![listed(&[])]).await;
    assert_eq!(kube.changed(Kind::Pod, "ns", "a", "7", LONG).await.unwrap(), None);
    let (_api, kube) = connected(vec![listed(&[]), events(&[("DELETED", pod("7")), ("ADDED", pod("8"))])]).await;
    assert_eq!(kube.changed(Kind::Pod, "ns", "a", "", LONG).await.unwrap(), Some(pod("8")));
}

#[tokio::test]
async fn a24_410_gone_lists_anew() {
    let gone = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"});
    for answer in
        [events(&[("ERROR", gone)]), Canned::status(410, "Expired", "too old"), Canned::new(200, "{\"type\":\"MODI")]
    {
        let (api, kube) = connected(vec![listed(&[pod("7")]), answer, listed(&[pod("8")])]).await;
        assert_eq!(kube.changed(Kind::Pod, "ns", "a", "7", LONG).await.unwrap(), Some(pod("8")));
        assert_eq!(api.asked().len(), 3);
    }
}

#[tokio::test]
async fn a24_watches_that_end_at_once_are_no_busy_loop_and_the_time_ends_them() {
    let mut answers = Vec::new();
    for _ in 0..200 {
        answers.extend([listed(&[pod("7")]), events(&[])]);
    }
    let (api, kube) = connected(answers).await;
    let _ = kube.changed(Kind::Pod, "ns", "a", "7", Duration::from_millis(900)).await;
    // At 0, 0, 200 and 600 ms, and the last look.
    assert!((3..=12).contains(&api.asked().len()), "{}", api.asked().len());
}

#[tokio::test]
async fn when_the_time_is_over_the_object_as_it_is_is_answered() {
    let (api, kube) = connected(vec![Canned::new(200, pod("7"))]).await;
    let found = kube.changed(Kind::Pod, "ns", "a", "7", Duration::ZERO).await.unwrap();
    assert_eq!(
        found,
        Some(json!({"kind": "Pod", "metadata": {"name": "a", "resourceVersion": "7"}, "apiVersion": "v1"}))
    );
    assert_eq!(api.asked().last().unwrap().path, "/api/v1/namespaces/ns/pods/a");
}

#[tokio::test]
async fn a_type_that_is_not_served_counts_as_absent() {
    let (_api, kube) = connected(vec![Canned::new(404, "404 page not found")]).await;
    assert_eq!(kube.changed(Kind::Backup, "ns", "a", "7", LONG).await.unwrap(), None);
}

#[tokio::test]
async fn a_refusal_is_not_waited_out() {
    let (_api, kube) = connected(vec![listed(&[pod("7")]), Canned::status(403, "Forbidden", "no")]).await;
    let trouble = kube.changed(Kind::Pod, "ns", "a", "7", LONG).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert!(trouble.todo.as_str().contains(r#""verbs":["watch"]"#), "{trouble}");
}

//! A list that is followed (security.md A24, A25).

use crate::account::Tokens;
use crate::canned::{Api, Canned};
use crate::{access, connected};
use futures::StreamExt as _;
use jiff::SignedDuration;
use lifeboat::adapters::kube::{EksClusters, KubeOptions};
use lifeboat::ports::{Answer, Clusters, Kind, Object, TroubleKind, WATCHED, Watch};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn pod(name: &str, version: u64) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "ns", "resourceVersion": version.to_string()}})
}

fn listed(version: u64, items: &[Value]) -> Canned {
    Canned::new(200, json!({"metadata": {"resourceVersion": version.to_string()}, "items": items}))
}

fn events(events: &[(&str, Value)]) -> Canned {
    let lines: Vec<_> =
        events.iter().map(|(kind, object)| json!({"type": kind, "object": object}).to_string() + "\n").collect();
    Canned::new(200, lines.concat())
}

fn gone() -> Value {
    json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"})
}

/// The next item, as `NAME@VERSION`s.
async fn next(watch: &mut Watch) -> Answer<Vec<String>> {
    let item = tokio::time::timeout(Duration::from_secs(20), watch.next()).await.expect("an item within 20 s");
    let name = |object: &Object| {
        let meta = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        format!("{}@{}", meta("name"), meta("resourceVersion"))
    };
    item.expect("a watch never ends").map(|all| all.iter().map(name).collect())
}

fn paths(api: &Api) -> Vec<String> {
    let short = |path: String| match (path.contains("watch=true"), path.rsplit_once("resourceVersion=")) {
        (true, Some((_, version))) => format!("watch {version}"),
        _ => "list".to_owned(),
    };
    api.asked().into_iter().map(|asked| short(asked.path)).collect()
}

#[tokio::test]
async fn the_list_comes_first_then_the_list_after_each_change() {
    let changes = [("MODIFIED", pod("a", 8)), ("ADDED", pod("b", 9)), ("DELETED", pod("c", 10))];
    let (api, kube) = connected(vec![listed(7, &[pod("a", 5), pod("c", 6)]), events(&changes).open()]).await;
    let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap(), ["a@5", "c@6"]);
    assert_eq!(next(&mut watch).await.unwrap(), ["a@8", "b@9"], "changes that come together are one");
    let path = &api.asked()[1].path;
    for part in ["watch=true", "allowWatchBookmarks=true", "timeoutSeconds=240", "resourceVersion=7"] {
        assert!(path.contains(part), "{path}");
    }
    assert!(path.starts_with("/api/v1/namespaces/ns/pods?"), "{path}");
}

#[tokio::test]
async fn a24_what_is_out_of_order_or_unknown_does_no_harm() {
    let bookmark = json!({"kind": "Pod", "metadata": {"resourceVersion": "50"}});
    let odd = [
        ("MODIFIED", pod("a", 3)),
        ("DELETED", pod("nobody", 8)),
        ("ADDED", pod("nobody", 7)),
        ("BOOKMARK", bookmark),
        ("ADDED", pod("b", 9)),
    ];
    let (api, kube) =
        connected(vec![listed(6, &[pod("a", 5)]), events(&odd), events(&[("ADDED", pod("c", 60))]).open()]).await;
    let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap(), ["a@5"]);
    assert_eq!(next(&mut watch).await.unwrap(), ["a@5", "b@9"]);
    assert_eq!(next(&mut watch).await.unwrap(), ["a@5", "b@9", "c@60"]);
    assert_eq!(paths(&api), ["list", "watch 6", "watch 50"], "it goes on from the bookmark, without another list");
}

#[tokio::test]
async fn a24_410_gone_lists_anew_without_a_word() {
    for answer in
        [events(&[("ERROR", gone())]), Canned::status(410, "Expired", "too old"), Canned::new(200, "{\"type\":7}\n")]
    {
        let again = [listed(7, &[pod("a", 5)]), answer, listed(9, &[pod("a", 8)]), events(&[]).open()];
        let (api, kube) = connected(again.to_vec()).await;
        let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
        assert_eq!(next(&mut watch).await.unwrap(), ["a@5"]);
        assert_eq!(next(&mut watch).await.unwrap(), ["a@8"]);
        assert_eq!(paths(&api)[..3], ["list", "watch 7", "list"]);
    }
}

#[tokio::test]
async fn a24_a_relist_that_changes_nothing_is_not_said_and_one_that_fails_is() {
    let broken = events(&[]).broken();
    let (api, kube) = connected(vec![
        listed(7, &[pod("a", 5)]),
        broken.clone(),
        listed(7, &[pod("a", 5)]),
        broken,
        Canned::status(500, "InternalError", "etcd is away"),
        listed(7, &[pod("a", 5)]),
        events(&[]).open(),
    ])
    .await;
    let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap(), ["a@5"]);
    assert_eq!(next(&mut watch).await.unwrap_err().kind, TroubleKind::Server);
    assert_eq!(paths(&api), ["list", "watch 7", "list", "watch 7", "list"]);
    assert_eq!(next(&mut watch).await.unwrap(), ["a@5"], "it stands again, which is said");
}

#[tokio::test]
async fn a24_a_watch_that_is_cut_each_time_goes_on_with_pauses() {
    let mut answers = vec![listed(7, &[])];
    for version in 8..11 {
        answers.push(events(&[("ADDED", pod("a", version))]).broken());
        answers.push(listed(version, &[pod("a", version)]));
    }
    answers.push(events(&[]));
    let (api, kube) = connected(answers).await;
    let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap(), Vec::<String>::new());
    for version in 8..11 {
        assert_eq!(next(&mut watch).await.unwrap(), [format!("a@{version}")]);
    }
    // Now each ends at once: after 0.5, 1, 2 and 4 s at most four more are asked for within 4 s.
    let (asked, begun) = (api.asked().len(), Instant::now());
    assert!(tokio::time::timeout(Duration::from_secs(4), watch.next()).await.is_err(), "nothing is new");
    let more = api.asked().len() - asked;
    assert!((1..=5).contains(&more), "{more} in {:?}", begun.elapsed());
}

#[tokio::test]
async fn a25_each_request_takes_a_token_that_is_still_good() {
    // A token of less than two minutes counts as used up: each request makes another.
    let tokens = Tokens { life: SignedDuration::from_secs(60), ..Tokens::new() };
    let api = Api::start(vec![
        listed(7, &[]),
        events(&[("ADDED", pod("a", 8))]),
        Canned::status(401, "Unauthorized", "Unauthorized"),
        events(&[("ADDED", pod("b", 9))]).open(),
    ])
    .await;
    let kube = EksClusters::new(Arc::new(tokens), KubeOptions::default()).connect(&access(&api.url)).await.unwrap();
    let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap(), Vec::<String>::new());
    assert_eq!(next(&mut watch).await.unwrap(), ["a@8"]);
    assert_eq!(next(&mut watch).await.unwrap(), ["a@8", "b@9"], "a 401 is answered with another token");
    assert_eq!(paths(&api), ["list", "watch 7", "watch 8", "watch 8"]);
    let tokens: Vec<String> = api.asked().into_iter().map(|asked| asked.token).collect();
    assert_eq!(tokens, ["token-1", "token-2", "token-3", "token-4"]);
}

#[tokio::test]
async fn a_type_that_is_not_served_is_an_empty_list() {
    let (api, kube) = connected(vec![Canned::new(404, "404 page not found")]).await;
    let mut watch = kube.watch(Kind::Backup, "ns").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap(), Vec::<String>::new());
    assert!(tokio::time::timeout(Duration::from_secs(2), watch.next()).await.is_err());
    assert_eq!(api.asked().len(), 1, "it is left alone for 10 s");
}

#[tokio::test]
async fn a26_a_refusal_is_said_with_the_rule_and_is_left_alone() {
    let (api, kube) = connected(vec![Canned::status(403, "Forbidden", "no")]).await;
    let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
    let trouble = next(&mut watch).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert!(trouble.todo.as_str().contains(r#""verbs":["list"]"#), "{trouble}");
    assert!(tokio::time::timeout(Duration::from_secs(2), watch.next()).await.is_err());
    assert_eq!(api.asked().len(), 1, "it is left alone for 30 s");
}

#[tokio::test]
async fn a24_of_50000_objects_the_newest_10000_of_those_read_are_kept_and_it_is_said() {
    let all: Vec<_> = (0..12_000).map(|n| pod(&format!("p{n:05}"), 100 + n)).collect();
    let page = json!({"metadata": {"resourceVersion": "20000", "continue": "more"}, "items": all});
    let (api, kube) = connected(vec![Canned::new(200, page), events(&[("ADDED", pod("z", 20_001))]).open()]).await;
    let mut watch = kube.watch(Kind::Pod, "ns").await.unwrap();
    let kept = next(&mut watch).await.unwrap();
    assert_eq!((kept.len(), kept[0].as_str()), (WATCHED, "p02000@2100"));
    assert_eq!(next(&mut watch).await.unwrap_err().kind, TroubleKind::Quota);
    let kept = next(&mut watch).await.unwrap();
    assert_eq!((kept.len(), kept[0].as_str(), kept[WATCHED - 1].as_str()), (WATCHED, "p02001@2101", "z@20001"));
    assert_eq!(paths(&api), ["list", "watch 20000"], "no further page is read");
}

#[tokio::test]
async fn names_that_would_change_the_path_are_refused() {
    let (api, kube) = connected(vec![listed(7, &[])]).await;
    assert_eq!(kube.watch(Kind::Pod, "a/b").await.map(|_| ()).unwrap_err().kind, TroubleKind::Invalid);
    assert!(api.asked().is_empty());
}

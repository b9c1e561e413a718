//! Live: what is said while a set-up lives, breaks and stands again.

use crate::chain::SetUp;
use lifeboat::domain::Tool;
use lifeboat::domain::live::{Link, LinkState, LiveNews};
use lifeboat::domain::status::ClusterStatus;
use lifeboat::engine::live;
use lifeboat::ports::{Kind, TroubleKind};
use pretty_assertions::assert_eq;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// Somebody who looks at Live.
struct Watcher {
    news: UnboundedReceiver<LiveNews>,
    again: Arc<Notify>,
    task: JoinHandle<()>,
    said: Vec<String>,
}

impl Watcher {
    fn at(set_up: &SetUp) -> Self {
        let (say, news) = unbounded_channel();
        let again = Arc::new(Notify::new());
        let (world, kube, access) = (set_up.user.world.clone(), set_up.kube.clone(), set_up.access.clone());
        let asked = again.clone();
        let task =
            tokio::spawn(async move { live(&world, &kube, &access, (Tool::Velero, "velero"), asked, say).await });
        Self { news, again, task, said: Vec::new() }
    }

    /// Takes news until one fits, at most 20 s; panics with all that was said.
    async fn until<T>(&mut self, what: &str, mut fits: impl FnMut(&LiveNews) -> Option<T>) -> T {
        let look = async {
            loop {
                let news = self.news.recv().await.expect("Live goes on");
                self.said.push(format!("{news:?}"));
                if let Some(found) = fits(&news) {
                    return found;
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), look).await;
        found.unwrap_or_else(|late| panic!("{what}: {late}; said:\n{}", self.said.join("\n")))
    }

    async fn status(&mut self, what: &str, fits: impl Fn(&ClusterStatus) -> bool) -> ClusterStatus {
        let is = |news: &LiveNews| match news {
            LiveNews::Status(status) if fits(status) => Some((**status).clone()),
            _ => None,
        };
        self.until(what, is).await
    }

    async fn chain(&mut self, what: &str) -> Vec<Link> {
        let is = |news: &LiveNews| match news {
            LiveNews::Chain(chain) => Some(chain.clone()),
            _ => None,
        };
        self.until(what, is).await
    }

    /// Nothing more is said.
    async fn quiet(&mut self) {
        let more = tokio::time::timeout(Duration::from_secs(3), self.news.recv()).await;
        assert!(more.is_err(), "{more:?}");
    }
}

#[tokio::test]
async fn what_changes_is_said_once_and_then_it_is_quiet() {
    let at = SetUp::made().await;
    let mut watcher = Watcher::at(&at);
    let chain = watcher.chain("the chain at the start").await;
    assert!(chain.iter().all(|link| link.state != LinkState::Broken), "{chain:#?}");
    let first = watcher.status("the first status", |_| true).await;
    assert!(first.healthy, "nothing is shown as missing that was not looked at yet: {first:#?}");
    assert_eq!(first.identity.actual.as_deref().map(|arn| arn.ends_with("/lifeboat-status")), Some(true));
    assert_eq!(first.schedules[0].next.as_deref(), Some("2026-01-06T03:00:00Z"));
    watcher.quiet().await;

    at.backup("nightly").await;
    let status = watcher.status("the backup", |status| status.backups.iter().any(|it| it.name == "nightly")).await;
    assert!(status.healthy);
    watcher.status("its end", |status| status.backups[0].phase.as_deref() == Some("Completed")).await;
    let chain = watcher.chain("the backup is a link").await;
    assert!(chain.iter().all(|link| link.state == LinkState::Ok), "{chain:#?}");

    let event = json!({"metadata": {"name": "e", "namespace": "velero"}, "type": "Warning", "reason": "FailedMount",
        "involvedObject": {"kind": "Pod", "name": "velero-1"}, "message": "\u{1b}[31mno\nway",
        "lastTimestamp": "2026-01-05T09:00:00Z", "count": 3});
    at.kube.create(Kind::Event, &event).await.unwrap();
    let events = |news: &LiveNews| match news {
        LiveNews::Events(lines) if !lines.is_empty() => Some(lines.clone()),
        _ => None,
    };
    let line = watcher.until("the event", events).await.remove(0);
    assert_eq!((line.object.as_str(), line.message.as_str(), line.count), ("Pod/velero-1", "^[[31mno\u{23ce}way", 3));
    watcher.quiet().await;
}

#[tokio::test]
async fn a_watch_that_breaks_is_said_once_and_so_is_its_return() {
    let at = SetUp::made().await;
    let mut watcher = Watcher::at(&at);
    watcher.status("the first status", |_| true).await;
    at.refuse("kubernetes: watch Pod", TroubleKind::Network, "the API server is away");
    at.refuse("kubernetes: watch Backup", TroubleKind::Network, "the API server is away");
    let stale = |news: &LiveNews| match news {
        LiveNews::Stale(why) => Some(why.to_string()),
        _ => None,
    };
    let why = watcher.until("stale", stale).await;
    assert!(why.ends_with(": the API server is away"), "{why}");
    at.user.world.host.sleep(Duration::from_secs(1)).await;
    let mut before = Vec::new();
    let fresh = |news: &LiveNews| {
        before.push(format!("{news:?}"));
        matches!(news, LiveNews::Fresh).then_some(())
    };
    watcher.until("fresh", fresh).await;
    assert!(!before.iter().any(|news| news.starts_with("Stale")), "{before:?}");
    watcher.quiet().await;
}

#[tokio::test]
async fn a_changed_annotation_is_exchanged_anew_and_a_walk_can_be_asked_for() {
    let at = SetUp::made().await;
    let mut watcher = Watcher::at(&at);
    watcher.status("the first status", |status| status.identity.actual.is_some()).await;
    watcher.quiet().await;
    watcher.again.notify_one();
    let chain = watcher.chain("it was asked for").await;
    assert!(chain.iter().all(|link| link.state != LinkState::Broken), "{chain:#?}");
    watcher.quiet().await;

    let role = "arn:aws:iam::111122223333:role/nobody";
    let patch = json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": role}}});
    at.kube.patch(Kind::ServiceAccount, "velero", "velero-server", &patch).await.unwrap();
    let status = watcher.status("the other role", |status| status.identity.expected.as_deref() == Some(role)).await;
    assert_eq!((status.identity.actual, status.healthy), (None, false));
    let chain = watcher.chain("by itself").await;
    let trust = chain.iter().find(|link| link.link == "trust").unwrap();
    assert_eq!((trust.state, trust.evidence.as_str()), (LinkState::Broken, &*format!("there is no role {role}")));
    drop(watcher.news);
    tokio::time::timeout(Duration::from_secs(20), watcher.task).await.expect("it ends when nobody listens").unwrap();
}

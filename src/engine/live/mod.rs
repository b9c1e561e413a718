//! Live: watches a set-up and says what changes.

mod board;
mod space;

use super::chain::{RancherSeen, Walk, walk};
use crate::domain::Tool;
use crate::domain::live::{Link, LiveNews};
use crate::domain::status::Identity;
use crate::ports::{Answer, ClusterAccess, Kind, Kube, Object, World};
use board::Board;
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, BoxStream, SelectAll};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep_until};

/// How long the first status waits for the first walk, so that no identity is shown as missing that was only
/// not looked at yet.
const PATIENCE: Duration = Duration::from_secs(3);
/// The least time between two walks that nobody asked for: pods that start change every second.
const SETTLE: Duration = Duration::from_secs(2);
/// How long a walk counts when nothing changes.
const AGED: Duration = Duration::from_mins(5);

/// Watches a tool in one namespace and says what changes, until nobody listens.
///
/// `again` asks for another walk along the chain now (`notify_one`).
pub async fn live(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    (tool, namespace): (Tool, &str),
    again: Arc<Notify>,
    say: UnboundedSender<LiveNews>,
) {
    let mut watches = watches(kube, tool, namespace).await;
    let mut live = Live::new(access, tool, namespace, say);
    let mut walking: Option<BoxFuture<'_, Walk>> = None;
    loop {
        if walking.is_none() && live.is_due() {
            live.begin();
            walking = Some(walk(world, kube, access, tool, namespace).boxed());
        }
        let next = live.next(walking.is_some());
        tokio::select! {
            () = live.say.closed() => return,
            Some((kind, news)) = watches.next() => live.board.take(kind, news),
            walk = running(&mut walking) => {
                walking = None;
                live.walked(walk);
            }
            () = again.notified() => live.asked = true,
            () = at(next) => {}
        }
        live.tell(world.host.now().as_second());
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

/// The walk that runs, if one does.
async fn running(walking: &mut Option<BoxFuture<'_, Walk>>) -> Walk {
    match walking {
        Some(walk) => walk.await,
        None => pending().await,
    }
}

type News = (Kind, Answer<Vec<Object>>);

async fn watches(kube: &Arc<dyn Kube>, tool: Tool, namespace: &str) -> SelectAll<BoxStream<'static, News>> {
    let mut all = SelectAll::new();
    for kind in board::kinds(tool).iter().copied() {
        // Rancher's Backups are of the whole cluster.
        let namespace = if kind.address().4 && !board::is_everywhere(tool, kind) { namespace } else { "" };
        all.push(match kube.watch(kind, namespace).await {
            Ok(watch) => watch.map(move |item| (kind, item)).boxed(),
            Err(trouble) => stream::once(async move { (kind, Err(trouble)) }).chain(stream::pending()).boxed(),
        });
    }
    all
}

/// What was said, and what is still to be.
struct Live {
    board: Board,
    say: UnboundedSender<LiveNews>,
    /// The walk was asked for by the user.
    asked: bool,
    /// The one that runs was.
    answers: bool,
    /// When the last walk began.
    begun: Option<Instant>,
    /// What the last walk was for.
    inputs: Option<board::Inputs>,
    identity: Identity,
    chain: Vec<Link>,
    rancher: RancherSeen,
    walked: bool,
    opened: Instant,
}

impl Live {
    fn new(access: &ClusterAccess, tool: Tool, namespace: &str, say: UnboundedSender<LiveNews>) -> Self {
        Self {
            board: Board::new(access, tool, namespace),
            say,
            asked: false,
            answers: false,
            begun: None,
            inputs: None,
            identity: Identity { expected: None, actual: None },
            chain: Vec::new(),
            rancher: RancherSeen::default(),
            walked: false,
            opened: Instant::now(),
        }
    }

    /// Whether to walk now: at the start, when asked, when its inputs changed, and when it has aged.
    fn is_due(&self) -> bool {
        self.asked || Instant::now() >= self.next_walk()
    }

    fn next_walk(&self) -> Instant {
        let Some(begun) = self.begun else { return self.opened };
        let changed = self.inputs.as_ref().is_some_and(|inputs| *inputs != self.board.inputs());
        begun + if changed { SETTLE } else { AGED }
    }

    fn begin(&mut self) {
        self.begun = Some(Instant::now());
        self.answers = std::mem::take(&mut self.asked);
        self.inputs = self.board.complete().then(|| self.board.inputs());
    }

    fn walked(&mut self, walk: Walk) {
        self.identity = walk.identity;
        self.rancher = walk.rancher;
        self.board.refused = walk.refused;
        let first = !std::mem::replace(&mut self.walked, true);
        if first || self.answers || walk.links != self.chain {
            self.chain = walk.links;
            self.tell_one(LiveNews::Chain(self.chain.clone()));
        }
    }

    /// When something is to be done though nothing changes. A walk that runs is waited for.
    fn next(&self, walking: bool) -> Option<Instant> {
        let patience = Some(self.opened + PATIENCE).filter(|end| !self.walked && Instant::now() < *end);
        let walk = if walking { None } else { Some(self.next_walk()) };
        patience.into_iter().chain(walk).min()
    }

    /// Says what is new.
    fn tell(&mut self, now: i64) {
        // At the start what is not known yet is no change: each watch brings its first list.
        if self.inputs.is_none() && self.board.complete() {
            self.inputs = Some(self.board.inputs());
        }
        let ready = self.walked || self.opened.elapsed() >= PATIENCE;
        for news in self.board.news(&self.identity, &self.rancher, ready, now) {
            self.tell_one(news);
        }
    }

    /// Nobody listens any more: the loop ends by itself.
    fn tell_one(&self, news: LiveNews) {
        let _ = self.say.send(news);
    }
}

//! Lists and logs as they change.

use super::store::{Store, meta};
use super::{LOOK, Server, find, rancher, velero};
use crate::demo::fault::Fault;
use crate::demo::state::Cluster;
use crate::domain::Shown;
use crate::ports::{Answer, Kind, LOG_LINE, Lines, Object, Trouble, TroubleKind, Watch};
use futures::StreamExt as _;
use futures::stream;
use std::collections::{BTreeSet, VecDeque};
use tokio::sync::watch::Receiver;

/// See [`crate::ports::Kube::watch`].
pub(super) fn watch(server: Server, kind: Kind, namespace: &str) -> Watch {
    let seen = server.world.shared.stirred.subscribe();
    let namespace = namespace.to_owned();
    let list = Listed { server, kind, namespace, seen, told: None, broken: false };
    stream::unfold(list, |mut list| async move { Some((list.item().await, list)) }).boxed()
}

/// What tells two states of a list apart.
type Marks = Vec<(String, String, String)>;

struct Listed {
    server: Server,
    kind: Kind,
    namespace: String,
    seen: Receiver<()>,
    /// What was said last; `None`: nothing, or a trouble.
    told: Option<Marks>,
    broken: bool,
}

impl Listed {
    async fn item(&mut self) -> Answer<Vec<Object>> {
        let call = format!("kubernetes: watch {}", self.kind.name());
        loop {
            if std::mem::take(&mut self.broken) {
                self.server.world.stirred(&mut self.seen, LOOK).await;
            }
            if let Some(Fault::Before(trouble) | Fault::After(trouble)) = self.server.world.fault(&call) {
                return Err(self.breaks(trouble));
            }
            let (server, told) = (&self.server, self.told.as_ref());
            let news = server.world.look(|state| {
                let store = &find(state, &server.access, &call)?.store;
                let marks = marks(store, self.kind, &self.namespace);
                if told == Some(&marks) {
                    return Ok(None);
                }
                let all = store.list(self.kind, &self.namespace).cloned().collect();
                Ok::<_, Trouble>(Some((marks, all)))
            });
            match news {
                Ok(Some((marks, all))) => {
                    self.told = Some(marks);
                    return Ok(all);
                }
                Ok(None) => self.server.world.stirred(&mut self.seen, LOOK).await,
                Err(trouble) => return Err(self.breaks(trouble)),
            }
        }
    }

    fn breaks(&mut self, trouble: Trouble) -> Trouble {
        self.told = None;
        self.broken = true;
        trouble
    }
}

fn marks(store: &Store, kind: Kind, namespace: &str) -> Marks {
    let mark = |object: &Object| {
        let text = |field: &str| meta(object, field).to_owned();
        (text("namespace"), text("name"), text("resourceVersion"))
    };
    store.list(kind, namespace).map(mark).collect()
}

/// All lines that a container has written so far.
pub(super) fn log(cluster: &Cluster, namespace: &str, pod: &str, container: &str) -> Answer<Vec<String>> {
    let refused = |kind: TroubleKind, code: &str, text: &str| {
        Trouble::new(kind, text).code(code).at("kubernetes: get Pod/log", format!("{namespace}/{pod}"))
    };
    let Some(there) = cluster.store.get(Kind::Pod, namespace, pod) else {
        return Err(refused(TroubleKind::NotFound, "NotFound", &format!("pods \"{pod}\" not found")));
    };
    let statuses = there["status"]["containerStatuses"].as_array();
    let Some(status) = statuses.and_then(|all| all.iter().find(|status| status["name"] == container)) else {
        let text = format!("container {container} is not valid for pod {pod}");
        return Err(refused(TroubleKind::Invalid, "BadRequest", &text));
    };
    if let Some(reason) = status["state"]["waiting"]["reason"].as_str() {
        let text = format!("container \"{container}\" in pod \"{pod}\" is waiting to start: {reason}");
        return Err(refused(TroubleKind::Invalid, "BadRequest", &text));
    }
    let lines = velero::log(cluster, there, container);
    Ok(if lines.is_empty() { rancher::log(cluster, there, container) } else { lines })
}

/// See [`crate::ports::Kube::logs`].
pub(super) fn logs(server: Server, place: [&str; 3], lines: Vec<String>, tail: i64) -> Lines {
    let left_out = lines.len().saturating_sub(usize::try_from(tail).unwrap_or(0));
    let seen = server.world.shared.stirred.subscribe();
    let ready = lines.iter().skip(left_out).cloned().collect();
    let written = Written { server, place: place.map(str::to_owned), seen, ready, told: lines.into_iter().collect() };
    let next = |mut written: Written| async move { written.item().await.map(|line| (Ok(line), written)) };
    stream::unfold(written, next).boxed()
}

struct Written {
    server: Server,
    place: [String; 3],
    seen: Receiver<()>,
    ready: VecDeque<String>,
    /// The lines that were there when it was looked last.
    told: BTreeSet<String>,
}

impl Written {
    async fn item(&mut self) -> Option<Shown> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(Shown::bounded(&line, LOG_LINE));
            }
            self.server.world.stirred(&mut self.seen, LOOK).await;
            let [namespace, pod, container] = &self.place;
            let server = &self.server;
            let lines = server
                .world
                .look(|state| log(find(state, &server.access, "kubernetes: get Pod/log")?, namespace, pod, container));
            // The pod is gone.
            let lines = lines.ok()?;
            self.ready.extend(lines.iter().filter(|line| !self.told.contains(*line)).cloned());
            self.told = lines.into_iter().collect();
        }
    }
}

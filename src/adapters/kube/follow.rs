//! A list that is followed over a watch (security.md A24, A25).
//!
//! It is read once and kept up to date by events. A watch that ends goes on from the last version that was
//! seen; one that breaks, or is told that its version is gone, reads the list anew. Each request takes its own
//! bearer, so that an EKS token's quarter of an hour ends nothing.

use super::kept::{Did, Kept, later};
use super::lines::Lines;
use super::path;
use super::server::{Server, absent};
use super::transport::Call;
use super::watch::version_of;
use crate::ports::{Answer, Kind, Object, Trouble, TroubleKind, WATCHED, Watch};
use futures::StreamExt as _;
use futures::stream;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long the server is asked to keep a watch open, and how much longer its end is waited for.
const OPEN: Duration = Duration::from_mins(4);
const LATE: Duration = Duration::from_secs(15);
/// Changes within this time are one.
const GATHER: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A watch that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(10);
/// How long a type that is not served, or a list that is forbidden, is left alone.
const NOT_SERVED: Duration = Duration::from_secs(10);
const DENIED: Duration = Duration::from_secs(30);

/// See [`crate::ports::Kube::watch`].
pub(super) fn watch(server: Server, kind: Kind, namespace: &str) -> Answer<Watch> {
    // Refuses what cannot be a name before anything is sent.
    path::collection(kind, namespace)?;
    let followed = Followed {
        server,
        kind,
        namespace: namespace.to_owned(),
        kept: Kept::default(),
        version: String::new(),
        open: None,
        told: false,
        short: None,
        wait: Duration::ZERO,
        pause: Duration::ZERO,
    };
    let next = |mut followed: Followed| async move { Some((followed.item().await, followed)) };
    Ok(stream::unfold(followed, next).boxed())
}

struct Followed {
    server: Server,
    kind: Kind,
    namespace: String,
    kept: Kept,
    /// Where the next watch goes on from; empty: the list has to be read.
    version: String,
    open: Option<Open>,
    /// Whether what was said last is that the list stands.
    told: bool,
    /// That objects had to be left out, until it is said.
    short: Option<Trouble>,
    /// How long nothing is asked.
    wait: Duration,
    /// The last pause after something that did not last.
    pause: Duration,
}

/// A watch that runs.
struct Open {
    lines: Lines,
    begun: Instant,
    /// When the server must have ended it.
    end: Instant,
    /// Whether it told anything new.
    useful: bool,
}

impl Followed {
    async fn item(&mut self) -> Answer<Vec<Object>> {
        if let Some(short) = self.short.take() {
            return Err(short);
        }
        loop {
            sleep(std::mem::take(&mut self.wait)).await;
            if self.version.is_empty() {
                match self.list().await {
                    Ok(true) => return Ok(self.kept.all()),
                    Ok(false) => {}
                    Err(trouble) => {
                        self.told = false;
                        self.wait = if trouble.kind == TroubleKind::Denied { DENIED } else { self.longer() };
                        return Err(trouble);
                    }
                }
            }
            if !self.version.is_empty() && self.events().await {
                return Ok(self.kept.all());
            }
        }
    }

    /// Reads the list; tells whether that is to be said.
    async fn list(&mut self) -> Answer<bool> {
        let pages = self.server.pages_until(self.kind, &self.namespace, "", WATCHED).await;
        let items = match absent(pages)? {
            Some((items, version)) => {
                self.version = version;
                items
            }
            None => Vec::new(),
        };
        if self.version.is_empty() {
            // The type is not served (yet), or the server does not say from where to go on.
            self.wait = NOT_SERVED;
        }
        let (changed, over) = self.kept.replace(items);
        if over {
            self.short = Some(self.too_many());
        }
        let stood = std::mem::replace(&mut self.told, true);
        Ok(changed || !stood)
    }

    fn too_many(&self) -> Trouble {
        let plural = self.kind.address().3;
        Trouble::new(TroubleKind::Quota, format!("there are more than {WATCHED} {plural}; the newest are followed"))
            .at(format!("kubernetes: watch {}", self.kind.name()), &self.namespace)
    }

    /// Takes events until the list is another (then `true`) or the watch is over.
    async fn events(&mut self) -> bool {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => match self.begin().await {
                Ok(open) => open,
                Err(trouble) => {
                    tracing::debug!("a watch could not be begun: {trouble}");
                    self.anew();
                    self.wait = self.longer();
                    return false;
                }
            },
        };
        let mut gathered: Option<Instant> = None;
        loop {
            match timeout_at(gathered.unwrap_or(open.end), open.lines.next()).await {
                Ok(Ok(Some(line))) => match self.event(&line) {
                    Some(Did::Nothing) => continue,
                    Some(did) => {
                        if did == Did::Dropped && self.short.is_none() {
                            self.short = Some(self.too_many());
                        }
                        open.useful = true;
                        gathered = gathered.or(Some(Instant::now() + GATHER));
                        continue;
                    }
                    None => self.anew(),
                },
                // What was gathered is said; the watch goes on.
                Err(_) if gathered.is_some() => {
                    self.open = Some(open);
                    return true;
                }
                // It ended as it should: the next one goes on from there.
                Ok(Ok(None)) => {}
                Ok(Err(_)) | Err(_) => self.anew(),
            }
            self.wait = if open.begun.elapsed() >= GOOD {
                self.pause = Duration::ZERO;
                Duration::ZERO
            } else if open.useful {
                FIRST_PAUSE
            } else {
                self.longer()
            };
            return gathered.is_some();
        }
    }

    /// The list has to be read before the next watch.
    fn anew(&mut self) {
        self.version.clear();
    }

    fn longer(&mut self) -> Duration {
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.pause
    }

    async fn begin(&mut self) -> Answer<Open> {
        let root = path::collection(self.kind, &self.namespace)?;
        let path = format!(
            "{root}?watch=true&allowWatchBookmarks=true&timeoutSeconds={}&resourceVersion={}",
            OPEN.as_secs(),
            path::encoded(&self.version)
        );
        let call = Call::read("watch", Some(self.kind), path).on(&self.namespace, "");
        let begun = Instant::now();
        let lines = Lines::new(self.server.transport.send(&call).await?.into_body());
        Ok(Open { lines, begun, end: begun + OPEN + LATE, useful: false })
    }

    /// What an event did; `None` when the list has to be read anew (410 Gone and other errors).
    fn event(&mut self, line: &[u8]) -> Option<Did> {
        let mut event = serde_json::from_slice::<Value>(line).ok()?;
        let object = event.get_mut("object").map(Value::take).filter(Value::is_object)?;
        let version = version_of(&object).to_owned();
        let did = match event.get("type").and_then(Value::as_str)? {
            "ADDED" | "MODIFIED" => self.kept.put(object),
            "DELETED" => self.kept.remove(&object),
            "BOOKMARK" => Did::Nothing,
            _ => return None,
        };
        if later(&version, &self.version) {
            self.version = version;
        }
        Some(did)
    }
}

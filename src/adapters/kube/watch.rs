//! Waiting for one object to change, over a watch.
//!
//! Each round lists the one object (by field selector), which gives a resourceVersion that is never too old
//! to watch from, and watches from there. An interrupted watch is a new round (A24).

use super::lines::{Cut, Lines};
use super::path;
use super::server::{Server, absent};
use super::transport::Call;
use crate::ports::{Answer, Kind, Kube, Object, Trouble, TroubleKind};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A watch that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(10);

/// How one round ended.
enum Round {
    /// With the answer.
    Answer(Option<Object>),
    /// Without news; the watch ended or failed.
    Over,
}

/// See [`Kube::changed`].
pub(super) async fn changed(
    server: &Server,
    kind: Kind,
    namespace: &str,
    name: &str,
    seen: &str,
    time: Duration,
) -> Answer<Option<Object>> {
    // Refuses what cannot be a name before anything is sent.
    path::object(kind, namespace, name)?;
    let end = Instant::now() + time;
    let watched = Watched { server, kind, namespace, name, seen };
    let mut pause = Duration::ZERO;
    loop {
        let begun = Instant::now();
        match tokio::time::timeout_at(end, watched.round(end)).await {
            Ok(Ok(Round::Answer(object))) => return Ok(object),
            Ok(Ok(Round::Over)) => {}
            Ok(Err(trouble)) if !passes(&trouble) => return Err(trouble),
            Ok(Err(trouble)) => tracing::debug!("a watch was interrupted: {trouble}"),
            // The time is over: how it is now.
            Err(_) => return server.get(kind, namespace, name).await,
        }
        if begun.elapsed() >= GOOD {
            pause = Duration::ZERO;
        }
        if tokio::time::timeout_at(end, tokio::time::sleep(pause)).await.is_err() {
            return server.get(kind, namespace, name).await;
        }
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

/// Whether a trouble may be gone at the next try.
fn passes(trouble: &Trouble) -> bool {
    trouble.kind.may_pass() || trouble.kind == TroubleKind::Busy
}

struct Watched<'a> {
    server: &'a Server,
    kind: Kind,
    namespace: &'a str,
    name: &'a str,
    seen: &'a str,
}

impl Watched<'_> {
    fn selector(&self) -> String {
        format!("&fieldSelector={}", path::encoded(&format!("metadata.name={}", self.name)))
    }

    async fn round(&self, end: Instant) -> Answer<Round> {
        let listed = absent(self.server.pages(self.kind, self.namespace, &self.selector()).await)?;
        let (object, version) = match listed {
            Some((items, version)) => (items.into_iter().find(|item| name_of(item) == self.name), version),
            // The type is not served (yet).
            None => (None, String::new()),
        };
        if self.is_news(object.as_ref()) {
            return Ok(Round::Answer(object));
        }
        if version.is_empty() {
            return Ok(Round::Over);
        }
        self.watch(&version, end).await
    }

    /// Gone counts as news only for what was there.
    fn is_news(&self, object: Option<&Object>) -> bool {
        match object {
            Some(object) => version_of(object) != self.seen,
            None => !self.seen.is_empty(),
        }
    }

    async fn watch(&self, version: &str, end: Instant) -> Answer<Round> {
        let root = path::collection(self.kind, self.namespace)?;
        // The server ends the watch a little after us, should we go away without a word.
        let seconds = end.saturating_duration_since(Instant::now()).as_secs() + 5;
        let path = format!(
            "{root}?watch=true&timeoutSeconds={seconds}&resourceVersion={}{}",
            path::encoded(version),
            self.selector()
        );
        let call = Call::read("watch", Some(self.kind), path).on(self.namespace, self.name);
        let mut lines = Lines::new(self.server.transport.send(&call).await?.into_body());
        loop {
            let line = match lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(Round::Over),
                Err(Cut::Long) => return Err(self.server.transport.about.too_long(&call)),
                Err(Cut::Broken(error)) => return Err(self.server.transport.about.cut(&call, &error)),
            };
            if let Some(round) = self.event(&line) {
                return Ok(round);
            }
        }
    }

    /// What an event means; `None` for one that is no news.
    fn event(&self, line: &[u8]) -> Option<Round> {
        let Ok(event) = serde_json::from_slice::<Value>(line) else { return Some(Round::Over) };
        let object = event.get("object").cloned().unwrap_or_default();
        match event.get("type").and_then(Value::as_str) {
            Some("ADDED" | "MODIFIED") if name_of(&object) == self.name => {
                self.is_news(Some(&object)).then_some(Round::Answer(Some(object)))
            }
            Some("DELETED") if name_of(&object) == self.name => self.is_news(None).then_some(Round::Answer(None)),
            // 410 Gone and other errors: a new round lists.
            Some("ERROR") => Some(Round::Over),
            _ => None,
        }
    }
}

pub(super) fn name_of(object: &Object) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn version_of(object: &Object) -> &str {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default()
}

//! The log of a container, line by line (security.md A30).

use super::path;
use super::server::Server;
use super::transport::Call;
use crate::domain::Shown;
use crate::ports::{Answer, Kind, LOG_LINE, Lines};
use futures::StreamExt as _;
use futures::stream;
use http_body_util::BodyExt as _;
use kube::client::Body;
use std::collections::VecDeque;

/// See [`crate::ports::Kube::logs`].
pub(super) async fn logs(server: &Server, namespace: &str, pod: &str, container: &str, tail: i64) -> Answer<Lines> {
    let root = path::object(Kind::Pod, namespace, pod)?;
    let path = format!("{root}/log?container={}&follow=true&tailLines={}", path::encoded(container), tail.max(0));
    let mut call = Call::read("get", Some(Kind::Pod), path).on(namespace, pod);
    call.part = "log";
    let body = server.transport.send(&call).await?.into_body();
    let log = Log { server: server.clone(), call, body: Some(body), cutter: Cutter::default(), ready: VecDeque::new() };
    let next = |mut log: Log| async move { log.item().await.map(|item| (item, log)) };
    Ok(stream::unfold(log, next).boxed())
}

struct Log {
    server: Server,
    call: Call,
    /// `None` once it is over.
    body: Option<Body>,
    cutter: Cutter,
    ready: VecDeque<Shown>,
}

impl Log {
    async fn item(&mut self) -> Option<Answer<Shown>> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(Ok(line));
            }
            match self.body.as_mut()?.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.cutter.take(&data, &mut self.ready);
                    }
                }
                Some(Err(error)) => {
                    self.body = None;
                    return Some(Err(self.server.transport.about.cut(&self.call, &error)));
                }
                None => {
                    self.body = None;
                    self.ready.extend(self.cutter.rest());
                }
            }
        }
    }
}

/// Cuts bytes into lines and holds no more than [`LOG_LINE`] of one.
#[derive(Default)]
struct Cutter {
    line: Vec<u8>,
    /// Whether the line was longer.
    longer: bool,
}

impl Cutter {
    fn take(&mut self, data: &[u8], into: &mut VecDeque<Shown>) {
        let mut parts = data.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            let room = LOG_LINE.saturating_sub(self.line.len());
            self.longer |= part.len() > room;
            self.line.extend(part.iter().take(room));
            if parts.peek().is_some() {
                into.push_back(self.shown());
            }
        }
    }

    /// A last line without its end.
    fn rest(&mut self) -> Option<Shown> {
        (!self.line.is_empty()).then(|| self.shown())
    }

    fn shown(&mut self) -> Shown {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\r').unwrap_or(&text);
        if std::mem::take(&mut self.longer) {
            // The cut may have left the beginning of a character.
            let whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
            return Shown::bounded(&format!("{whole}\u{2026}"), LOG_LINE);
        }
        Shown::bounded(text, LOG_LINE)
    }
}

//! The terminal's events, read by one task. crossterm's stream keeps only the first waker that it is polled with,
//! so that a poll with any other (`now_or_never`) would leave it asleep for ever.

use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use std::io;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// The events as they come, read from the first question on.
#[derive(Default)]
pub struct Events(Option<Reader>);

struct Reader {
    heard: UnboundedReceiver<io::Result<Event>>,
    task: JoinHandle<()>,
}

impl Events {
    /// The next one; `None` when the terminal is gone.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        self.0.get_or_insert_with(Reader::start).heard.recv().await
    }

    /// One that is there already.
    pub fn now(&mut self) -> Option<io::Result<Event>> {
        self.0.as_mut()?.heard.try_recv().ok()
    }

    /// Stops reading, until the next question: the terminal is lent to another program.
    pub async fn pause(&mut self) {
        if let Some(mut reader) = self.0.take() {
            reader.task.abort();
            // Its stream is gone only when the task is.
            let _ = (&mut reader.task).await;
        }
    }
}

impl Reader {
    fn start() -> Self {
        let (say, heard) = unbounded_channel();
        let task = tokio::spawn(async move {
            let mut stream = EventStream::new();
            while let Some(event) = stream.next().await {
                if say.send(event).is_err() {
                    break;
                }
            }
        });
        Self { heard, task }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

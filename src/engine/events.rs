//! Where what a run says goes.

use crate::domain::run::Event;
use tokio::sync::mpsc::UnboundedSender;

/// Where events go.
#[derive(Clone)]
pub struct Events(pub UnboundedSender<Event>);

impl Events {
    /// Says one; nobody listening is no trouble.
    pub fn say(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

//! From what the machine asks for to tasks that do it: each task has a ticket, its reports carry it, and it ends
//! with `Ended`. A task that breaks is said (`Broke`), and the program goes on (B13).

use super::tasks;
use super::terminal;
use super::worlds::Worlds;
use crate::app::{Msg, News, Task, Ticket};
use crate::domain::Shown;
use crate::shell::cli::Global;
use futures::FutureExt as _;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// What is about no task: copies, saved files, the draft. The machine never gives this ticket out.
pub const NOBODY: Ticket = Ticket(0);

/// What a task works with.
#[derive(Clone)]
pub struct Desk {
    /// The program's options.
    pub global: Arc<Global>,
    /// The world, opened when the first task needs it.
    pub worlds: Arc<Worlds>,
    /// Set when a run is asked to stop.
    pub stop: CancellationToken,
    /// Told when the identity chain is to be walked again.
    pub again: Arc<Notify>,
    ticket: Ticket,
    say: UnboundedSender<Msg>,
}

impl Desk {
    /// Reports; when nobody listens any more the program is about to end.
    pub fn tell(&self, news: News) {
        let _ = self.say.send(Msg::News(self.ticket, Box::new(news)));
    }
}

/// A task under way.
struct Job {
    /// Set when nothing of it is wanted any more.
    drop: CancellationToken,
    stop: CancellationToken,
    again: Arc<Notify>,
    /// Whether it changes things: it is asked to stop, never dropped.
    run: bool,
}

/// The tasks under way.
pub struct Jobs {
    global: Arc<Global>,
    worlds: Arc<Worlds>,
    say: UnboundedSender<Msg>,
    open: BTreeMap<Ticket, Job>,
}

impl Jobs {
    /// No tasks yet; their reports go to `say`.
    pub fn new(global: Arc<Global>, worlds: Arc<Worlds>, say: UnboundedSender<Msg>) -> Self {
        Self { global, worlds, say, open: BTreeMap::new() }
    }

    /// Starts a task.
    pub fn start(&mut self, ticket: Ticket, task: Task) {
        let run = matches!(task, Task::Apply { .. } | Task::Undo(_));
        self.spawn(ticket, run, |desk| tasks::perform(desk, task));
    }

    /// Each task has a thread of its own: one that computes or waits for the disk keeps nobody else waiting.
    pub(super) fn spawn<F: Future<Output = ()>>(
        &mut self,
        ticket: Ticket,
        run: bool,
        work: impl FnOnce(Desk) -> F + Send + 'static,
    ) {
        let job = Job { drop: CancellationToken::new(), stop: CancellationToken::new(), again: Arc::default(), run };
        let desk = Desk {
            global: self.global.clone(),
            worlds: self.worlds.clone(),
            stop: job.stop.clone(),
            again: job.again.clone(),
            ticket,
            say: self.say.clone(),
        };
        let (dropped, say, runtime) = (job.drop.clone(), self.say.clone(), Handle::current());
        tokio::task::spawn_blocking(move || {
            let work = async { AssertUnwindSafe(async { work(desk).await }).catch_unwind().await };
            let Some(done) = runtime.block_on(dropped.run_until_cancelled(work)) else { return };
            if done.is_err() {
                let _ = say.send(Msg::Broke(Shown::new(&terminal::broken())));
            }
            let _ = say.send(Msg::Ended(ticket));
        });
        self.open.insert(ticket, job);
    }

    /// Drops a task; a run is asked to stop instead.
    pub fn cancel(&mut self, ticket: Ticket) {
        match self.open.get(&ticket) {
            Some(job) if job.run => job.stop.cancel(),
            Some(job) => {
                job.drop.cancel();
                self.open.remove(&ticket);
            }
            None => {}
        }
    }

    /// Asks a run to stop after the calls that are running.
    pub fn stop(&self, ticket: Ticket) {
        if let Some(job) = self.open.get(&ticket) {
            job.stop.cancel();
        }
    }

    /// Asks all runs to stop.
    pub fn stop_all(&self) {
        self.open.values().filter(|job| job.run).for_each(|job| job.stop.cancel());
    }

    /// Asks a watch to walk the identity chain again.
    pub fn again(&self, ticket: Ticket) {
        if let Some(job) = self.open.get(&ticket) {
            job.again.notify_one();
        }
    }

    /// A task has ended by itself.
    pub fn ended(&mut self, ticket: Ticket) {
        self.open.remove(&ticket);
    }

    /// Whether a run is under way.
    pub fn runs(&self) -> bool {
        self.open.values().any(|job| job.run)
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.open.values().for_each(|job| job.drop.cancel());
    }
}

#[cfg(test)]
#[path = "effects_tests.rs"]
mod tests;

//! Ctrl-C and its kin. Before the first call that changes something the program ends at once with 130; from
//! then on the first signal stops after the running calls, and a second one leaves at once.

use super::output;
use std::sync::{Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The run that a signal stops, once there is one.
static RUN: Mutex<Option<CancellationToken>> = Mutex::new(None);

/// Listens from here on; without a run nothing was changed, and a signal ends the program with 130.
pub fn listen() {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    // The handlers stand before this returns, so that no signal meets the system's default.
    let listeners: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    tokio::spawn(async move {
        let mut listeners = listeners;
        next(&mut listeners).await;
        let run = RUN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(stop) = run else {
            output::warn("Stopped; nothing was changed.");
            leave(130);
        };
        output::warn("Stopping after the running calls. Press Ctrl-C again to leave at once.");
        stop.cancel();
        next(&mut listeners).await;
        output::warn("Left in the middle. What was under way is unknown; the journal knows the rest: lifeboat runs");
        leave(3);
    });
}

/// From here on a signal cancels `stop`, since something may be changed (or shown live).
pub fn watch(stop: CancellationToken) {
    *RUN.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
}

/// Waits for any of the signals; for ever when none can be listened to.
async fn next(listeners: &mut [tokio::signal::unix::Signal]) {
    if listeners.is_empty() {
        std::future::pending::<()>().await;
    }
    let each = listeners.iter_mut().map(|listener| Box::pin(listener.recv()));
    futures::future::select_all(each).await;
}

#[allow(clippy::exit)]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

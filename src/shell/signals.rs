//! Ctrl-C and its kin. Before the first call that changes something the program ends at once with 130; from
//! then on the first signal stops after the running calls, and a second one leaves at once.

use super::output;
use std::sync::{Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a signal meets.
#[derive(Clone)]
enum At {
    /// Nothing was changed yet.
    Start,
    /// A run, which a signal stops.
    Run(CancellationToken),
    /// A run has ended, and this is the program's exit code.
    Rest(u8),
}

static AT: Mutex<At> = Mutex::new(At::Start);

/// Listens from here on; without a run nothing was changed, and a signal ends the program with 130.
pub fn listen() {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    // The handlers stand before this returns, so that no signal meets the system's default.
    let listeners: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    tokio::spawn(async move {
        let mut listeners = listeners;
        loop {
            next(&mut listeners).await;
            let at = AT.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match at {
                At::Start => {
                    output::warn("Stopped; nothing was changed.");
                    leave(130);
                }
                At::Run(stop) if stop.is_cancelled() => {
                    output::warn(
                        "Left in the middle. What was under way is unknown; the journal knows the rest: lifeboat runs",
                    );
                    leave(3);
                }
                At::Run(stop) => {
                    output::warn("Stopping after the running calls. Press Ctrl-C again to leave at once.");
                    stop.cancel();
                }
                At::Rest(code) => leave(i32::from(code)),
            }
        }
    });
}

/// From here on a signal cancels `stop`, since something may be changed (or shown live).
pub fn watch(stop: CancellationToken) {
    *AT.lock().unwrap_or_else(PoisonError::into_inner) = At::Run(stop);
}

/// The run has ended and the program goes on: a signal ends it with this code.
pub fn rest(code: u8) {
    *AT.lock().unwrap_or_else(PoisonError::into_inner) = At::Rest(code);
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

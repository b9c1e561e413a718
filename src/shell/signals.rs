//! Ctrl-C and its kin: the first stops after the running call, a second one at once.

use super::output;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels `stop` at the first SIGINT, SIGTERM or SIGHUP, and ends the program at a second one: what was
/// being done then is unknown to the journal, and is probed at the next start.
pub fn watch(stop: CancellationToken) {
    tokio::spawn(async move {
        let (Ok(mut int), Ok(mut term), Ok(mut hup)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        else {
            return;
        };
        let mut next = async || {
            tokio::select! {
                _ = int.recv() => 130,
                _ = term.recv() => 143,
                _ = hup.recv() => 129,
            }
        };
        next().await;
        output::warn("Stopping after the running calls. Press Ctrl-C again to leave at once.");
        stop.cancel();
        let code: i32 = next().await;
        leave(code);
    });
}

#[allow(clippy::exit)]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

//! The signals of a terminal program: the end, the stop, the going on.

use rustix::process::Signal as Number;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// End; the signal's number.
    End(u8),
    /// Stop, as Ctrl-Z in a shell.
    Stop,
    /// The program goes on after it was stopped.
    Continued,
}

/// The signals that are listened to.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    quit: Signal,
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    /// Listens from here on.
    ///
    /// # Errors
    /// The system's own.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.interrupt.recv() => end(Number::INT),
            _ = self.quit.recv() => end(Number::QUIT),
            told = others(&mut self.terminate, &mut self.hangup, &mut self.stop) => told,
            _ = self.go_on.recv() => Told::Continued,
        }
    }

    /// The next one while another program has the terminal: Ctrl-C there is not meant for lifeboat.
    pub async fn next_beside(&mut self) -> Told {
        others(&mut self.terminate, &mut self.hangup, &mut self.stop).await
    }

    /// Forgets what was meant for a program that had the terminal, and that lifeboat itself was stopped.
    pub fn forget(&mut self) {
        use futures::FutureExt as _;
        for signal in [&mut self.interrupt, &mut self.quit, &mut self.stop, &mut self.go_on] {
            let _ = signal.recv().now_or_never();
        }
    }
}

fn end(number: Number) -> Told {
    Told::End(u8::try_from(number.as_raw()).unwrap_or(0))
}

async fn others(terminate: &mut Signal, hangup: &mut Signal, stop: &mut Signal) -> Told {
    tokio::select! {
        _ = terminate.recv() => end(Number::TERM),
        _ = hangup.recv() => end(Number::HUP),
        _ = stop.recv() => Told::Stop,
    }
}

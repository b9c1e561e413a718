//! The terminal: taken over when the wizard begins, and given back on every way out (B13, security.md 6.5).

use super::redact::redact;
use crate::shell::output;
use rustix::process::{Signal, getpgrp, getpid, getsid, kill_process};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;

/// Title kept, other screen, cursor hidden, paste bracketed.
const TAKE: &str = "\x1b[22;0t\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[2J";
/// Presses and the wheel, in cells; no motion, which would be a storm of nothing.
const MOUSE: &str = "\x1b[?1000h\x1b[?1006h";
/// The opposite of all of it, whatever was drawn half.
const GIVE: &str = "\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[0m\x1b[?1049l\x1b[?25h\x1b[23;0t";

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// What the last panic of a task said; taken when the task is found broken.
static BROKEN: Mutex<Option<String>> = Mutex::new(None);

/// Whether both ends of the program are on a terminal.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The terminal while it is ours; dropped, it is the user's again.
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal over. The panic hook stands before anything can go wrong.
    ///
    /// # Errors
    /// The terminal's own, with everything given back.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        let main = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| on_panic(main, info)));
        let guard = Self { mouse };
        guard.take()?;
        Ok(guard)
    }

    /// Takes the terminal over again, after [`restore`].
    ///
    /// # Errors
    /// The terminal's own.
    pub fn take(&self) -> io::Result<()> {
        // Colours are taken away by the theme; crossterm's own way takes the reverse of a selection too.
        crossterm::style::force_color_output(true);
        TAKEN.store(true, Ordering::SeqCst);
        crossterm::terminal::enable_raw_mode()?;
        write(if self.mouse { [TAKE, MOUSE].concat() } else { TAKE.to_owned() }.as_bytes())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
        // Not while a panic is on its way: its own hook is running.
        if !std::thread::panicking() {
            drop(std::panic::take_hook());
        }
    }
}

/// Whether there is a shell that would let the program go on: without one it would stand still for ever, and the
/// kernel ignores Ctrl-Z there too.
fn can_suspend() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Gives the terminal back and stops the program as Ctrl-Z does, until it is told to go on; whether it did.
pub fn suspend() -> bool {
    if !can_suspend() {
        return false;
    }
    restore();
    // Stops here: the signal is handled by this very thread, the process's first.
    let _ = kill_process(getpid(), Signal::STOP);
    true
}

/// Gives the terminal back, once.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = write(GIVE.as_bytes());
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Bytes of ours, at once, to the terminal.
///
/// # Errors
/// The terminal's own.
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// The terminal's title; made safe.
pub fn title(text: &str) {
    let _ = write(format!("\x1b]2;{}\x1b\\", crate::domain::Shown::bounded(text, 120)).as_bytes());
}

/// A bell.
pub fn bell() {
    let _ = write(b"\x07");
}

/// What the last panic of a task said.
pub fn broken() -> String {
    BROKEN.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| "for no known reason".to_owned())
}

/// A panic of the main thread ends the program: the terminal is given back and it is said. One of a task is
/// caught by whoever started it, and the screen stays.
fn on_panic(main: ThreadId, info: &PanicHookInfo<'_>) {
    let mut text = String::new();
    if let Some(place) = info.location() {
        let _ = write!(text, "{}:{}", place.file(), place.line());
    }
    if let Some(words) = info.payload_as_str() {
        let _ = write!(text, ": {}", redact(words));
    }
    if std::thread::current().id() == main {
        restore();
        output::warn(&format!("lifeboat broke at {text}. This is an error in lifeboat; please report it."));
        output::warn("What a run changed so far is in its journal: lifeboat runs");
    } else {
        *BROKEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;

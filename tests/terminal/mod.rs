//! A terminal of one's own: a program in a pseudo-terminal, with its screen, its bytes, its end, and a home that
//! is its alone.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long anything is waited for. Machines that run many tests at a time are slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that is to be started in a terminal.
pub struct Start {
    program: PathBuf,
    args: Vec<OsString>,
    env: BTreeMap<String, OsString>,
    size: (u16, u16),
    home: Arc<tempfile::TempDir>,
}

impl Start {
    /// A program with the words of a line, in a home of its own and with nothing else in its environment.
    pub fn new(program: impl Into<PathBuf>, line: &str) -> Self {
        let home = Arc::new(tempfile::tempdir().unwrap());
        let mut start = Self {
            program: program.into(),
            args: line.split_whitespace().map(OsString::from).collect(),
            env: BTreeMap::new(),
            size: (100, 30),
            home,
        };
        let folder = start.home.path().to_owned();
        start = start.set("HOME", &folder).set("XDG_STATE_HOME", folder.join("state")).set("TMPDIR", &folder);
        start = start.set("TERM", "xterm-256color").set("LANG", "C.UTF-8").set("AWS_EC2_METADATA_DISABLED", "true");
        start.set("PATH", std::env::var_os("PATH").unwrap_or_default())
    }

    /// Sets a variable.
    pub fn set(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a variable away.
    pub fn unset(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// The terminal's size, columns and rows.
    pub fn size(mut self, w: u16, h: u16) -> Self {
        self.size = (w, h);
        self
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Starts it.
    pub fn start(&self) -> Terminal {
        let (cols, rows) = self.size;
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(&self.program);
        command.args(&self.args);
        command.env_clear();
        self.env.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(self.home.path());
        let child = pair.slave.spawn_command(command).unwrap();
        let seen = Arc::new((Mutex::new(Seen::new(rows, cols)), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let told = seen.clone();
        // It ends with the terminal.
        std::thread::spawn(move || {
            let mut chunk = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                told.0.lock().unwrap().take(&chunk[..count]);
                told.1.notify_all();
            }
        });
        let writer = pair.master.take_writer().unwrap();
        let (master, slave) = (pair.master, pair.slave);
        Terminal { child, master, _slave: slave, writer: Some(writer), seen, ended: None, home: self.home.clone() }
    }
}

/// What came out of the program.
struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

impl Seen {
    fn new(rows: u16, cols: u16) -> Self {
        let size = |size: u16| size.max(1).try_into().unwrap();
        Self { parser: vt100::Parser::new(size(rows), size(cols), 0), bytes: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.bytes.extend_from_slice(bytes);
    }
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With this code.
    Code(u32),
    /// By a signal.
    Killed(String),
}

/// A program in a terminal; dropped, it is killed.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that nothing is lost when the program ends.
    _slave: Box<dyn SlavePty + Send>,
    writer: Option<Box<dyn Write + Send>>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    ended: Option<End>,
    home: Arc<tempfile::TempDir>,
}

impl Terminal {
    /// Types text or keys, as their bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(bytes.as_ref()).unwrap();
        writer.flush().unwrap();
    }

    /// Types from another thread: more than the terminal takes at once.
    pub fn send_much(&mut self, bytes: Vec<u8>) -> std::thread::JoinHandle<Box<dyn Write + Send>> {
        let mut writer = self.writer.take().unwrap();
        std::thread::spawn(move || {
            let _ = writer.write_all(&bytes).and_then(|()| writer.flush());
            writer
        })
    }

    /// Takes the keyboard back from [`Terminal::send_much`].
    pub fn sent(&mut self, writer: std::thread::JoinHandle<Box<dyn Write + Send>>) {
        self.writer = Some(writer.join().unwrap());
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.look(vt100::Screen::contents)
    }

    /// Looks at the screen.
    pub fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.seen.0.lock().unwrap().parser.screen())
    }

    /// All bytes so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.0.lock().unwrap().bytes.clone()
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        self.until(&format!("{text:?}"), |screen| screen.contents().contains(text))
    }

    /// Waits until the screen shows a text no more.
    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        self.until(&format!("no {text:?}"), |screen| !screen.contents().contains(text))
    }

    /// Waits until the screen is so.
    #[track_caller]
    pub fn until(&self, what: &str, so: impl Fn(&vt100::Screen) -> bool) -> &Self {
        let until = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while !so(seen.parser.screen()) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let text = seen.parser.screen().contents();
                drop(seen);
                panic!("waited for {what}; the screen was:\n{text}");
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        drop(seen);
        self
    }

    /// Waits until the bytes hold these.
    #[track_caller]
    pub fn writes(&self, bytes: &[u8]) -> &Self {
        let until = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while !seen.bytes.windows(bytes.len()).any(|part| part == bytes) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(seen);
                panic!("waited for {:?}", String::from_utf8_lossy(bytes));
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        drop(seen);
        self
    }

    /// How many bytes came so far.
    pub fn count(&self) -> usize {
        self.seen.0.lock().unwrap().bytes.len()
    }

    /// Waits until a frame is whole among the bytes from a place on.
    #[track_caller]
    pub fn frame_after(&self, from: usize) {
        const WHOLE: &[u8] = b"\x1b[?2026l";
        let until = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while !seen.bytes[from.min(seen.bytes.len())..].windows(WHOLE.len()).any(|part| part == WHOLE) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no frame came");
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// The most memory that the program held so far, KiB.
    pub fn peak_memory(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    }

    /// The bytes that come within a time.
    pub fn within(&self, time: Duration) -> Vec<u8> {
        let until = Instant::now() + time;
        let mut seen = self.seen.0.lock().unwrap();
        let from = seen.bytes.len();
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        seen.bytes[from..].to_vec()
    }

    /// Gives the terminal another size.
    pub fn resize(&self, w: u16, h: u16) {
        self.seen
            .0
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(h.max(1).try_into().unwrap(), w.max(1).try_into().unwrap());
        self.master.resize(PtySize { rows: h, cols: w, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// The program's process.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits until the program handles a signal itself.
    #[track_caller]
    pub fn listens_to(&self, signal: Signal) {
        self.process_listens_to(self.id(), signal);
    }

    /// As [`Terminal::listens_to`], of a process that the program started.
    #[track_caller]
    pub fn process_listens_to(&self, id: u32, signal: Signal) {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim();
            let bit = 1_u64 << (signal.as_raw() - 1);
            if u64::from_str_radix(caught, 16).unwrap() & bit != 0 {
                return;
            }
            assert!(Instant::now() < until, "it does not handle {signal:?}; the screen was:\n{}", self.text());
            std::thread::yield_now();
        }
    }

    /// The process that the program started last.
    pub fn last_child(&self) -> u32 {
        let id = self.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.split_whitespace().next_back().unwrap().parse().unwrap()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        send(self.id(), signal);
    }

    /// The time the processor spent on the program so far.
    pub fn cpu(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        let after = text.rsplit(") ").next().unwrap();
        let fields: Vec<u64> = after.split(' ').map(|field| field.parse().unwrap_or(0)).collect();
        // The clock that the kernel tells in ticks at 100 Hz.
        Duration::from_millis((fields[11] + fields[12]) * 10)
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn end(&mut self) -> End {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let end = match status.signal() {
                    Some(signal) => End::Killed(signal.to_owned()),
                    None => End::Code(status.exit_code()),
                };
                self.ended = Some(end.clone());
                return end;
            }
            assert!(Instant::now() < until, "it does not end; the screen was:\n{}", self.text());
            std::thread::yield_now();
        }
    }

    /// Panics unless the terminal is as it was before: cooked, echoing, on its main screen, with a cursor, without
    /// mouse and bracketed paste (B13).
    #[track_caller]
    pub fn is_restored(&self) {
        // What was written last may still be on its way.
        self.until("the terminal's own state", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        assert_eq!(self.cooked(), (true, true), "canonical and echoing");
    }

    /// Panics unless the terminal is the program's: raw, other screen, no cursor of its own, paste bracketed.
    #[track_caller]
    pub fn is_taken(&self) {
        self.until("the program's screen", |screen| screen.alternate_screen() && screen.bracketed_paste());
        assert_eq!(self.cooked(), (false, false), "canonical and echoing");
    }

    /// Whether it reads line by line, and echoes.
    pub fn cooked(&self) -> (bool, bool) {
        let flags = format!("{:?}", self.master.get_termios().unwrap().local_flags);
        let has = |name: &str| flags.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == name);
        (has("ICANON"), has("ECHO"))
    }
}

/// Sends a process a signal.
pub fn send(id: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(id).unwrap()).unwrap(), signal).unwrap();
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

//! Programs that end with the test, whatever ends it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

type Order = (Command, mpsc::Sender<std::io::Result<Child>>);

/// A parent's death signal comes when the *thread* that started the child ends, so one thread starts them all and
/// lives as long as the test's process.
static STARTER: LazyLock<Mutex<mpsc::Sender<Order>>> = LazyLock::new(|| {
    let (orders, received) = mpsc::channel::<Order>();
    std::thread::Builder::new()
        .name("starter".to_owned())
        .spawn(move || {
            for (mut command, answer) in received {
                let _ = answer.send(command.spawn());
            }
        })
        .expect("a thread starts");
    Mutex::new(orders)
});

static SETPRIV: LazyLock<Option<PathBuf>> = LazyLock::new(|| which("setpriv"));

/// Where `PATH` has the program.
pub fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A port of loopback that nobody has, never given twice by this process.
///
/// It is below the range that outgoing connections take theirs from, and begins at a random one, so that neither a
/// connection nor another test's process has it before the program that it is for.
pub fn free_port() -> u16 {
    static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..1_000 {
        let random = getrandom::u32().expect("the system has random numbers");
        let port = 12_000 + u16::try_from(random % 20_000).expect("below 20,000");
        if !given.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            given.insert(port);
            return port;
        }
    }
    panic!("no port of loopback is free");
}

/// What to start.
#[derive(Debug)]
pub struct Program {
    /// Names the log: `<name>.log`.
    pub name: String,
    /// The program's path.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// All of its environment: nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Keep its stdin open until it is stopped; else it has none.
    pub stdin: bool,
}

impl Program {
    /// A program without arguments and environment.
    pub fn new(name: &str, path: impl Into<PathBuf>, dir: &Path) -> Self {
        Self { name: name.to_owned(), path: path.into(), args: vec![], env: vec![], dir: dir.to_owned(), stdin: false }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// More arguments.
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// One variable.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Several variables.
    pub fn envs<N: Into<OsString>, V: Into<OsString>>(mut self, all: impl IntoIterator<Item = (N, V)>) -> Self {
        self.env.extend(all.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Gives it a stdin that closes when it is stopped.
    pub fn with_stdin(mut self) -> Self {
        self.stdin = true;
        self
    }

    /// Starts it; its output goes to `<dir>/<name>.log`.
    pub fn start(self) -> Process {
        let log = self.dir.join(format!("{}.log", self.name));
        let mut file = File::options().create(true).append(true).open(&log).expect("the log opens");
        let _ = writeln!(file, "--- {} {:?}", self.path.display(), self.args);
        let mut command = match SETPRIV.as_ref() {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL", "--"]).arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        command
            .args(&self.args)
            .env_clear()
            .envs(self.env)
            .current_dir(&self.dir)
            .stdin(if self.stdin { Stdio::piped() } else { Stdio::null() })
            .stdout(file.try_clone().expect("the log's handle"))
            .stderr(file);
        let (answer, answered) = mpsc::channel();
        STARTER
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send((command, answer))
            .expect("the starter lives as long as the process");
        let mut child = answered
            .recv()
            .expect("the starter answers")
            .unwrap_or_else(|problem| panic!("{} does not start: {problem}", self.path.display()));
        let stdin = child.stdin.take();
        Process { name: self.name, child, stdin, log }
    }
}

/// A running program; killed and waited for when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    log: PathBuf,
}

impl Process {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its output is.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// Its output.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines of its output, for a message.
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        format!("{} ({}):\n{}", self.name, self.log.display(), lines[lines.len().saturating_sub(25)..].join("\n"))
    }

    /// How it ended, when it has.
    pub fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }

    /// Asks it to end, then kills it after `grace`.
    pub fn stop(&mut self, grace: Duration) {
        self.stdin = None;
        if self.ended().is_some() {
            return;
        }
        let pid = i32::try_from(self.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let (Some(pid), false) = (pid, grace.is_zero()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let until = Instant::now() + grace;
            while Instant::now() < until {
                if self.ended().is_some() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

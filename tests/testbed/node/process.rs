//! The programs of pods: started by one thread that outlives them, ended as a group, never left behind.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::{oneshot, watch};

/// How many of the last lines are kept for the pod's status.
const TAIL: usize = 20;
/// What a program gets between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_millis(300);

/// What to start. The environment is exactly this one.
pub struct Run {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub dir: PathBuf,
    /// Output of both kinds is appended to it.
    pub log: PathBuf,
    /// A line with this text says that the program is ready.
    pub marker: &'static str,
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Exit {
    pub code: i32,
    pub signal: Option<i32>,
    pub tail: String,
}

/// A running program; dropping it kills it and everything it started.
pub struct Process {
    alive: Arc<Alive>,
    ready: watch::Receiver<bool>,
    exit: watch::Receiver<Option<Exit>>,
}

/// Every program of a node.
pub struct Processes {
    jobs: Option<mpsc::Sender<Job>>,
    table: Arc<Mutex<Table>>,
    starter: Option<JoinHandle<()>>,
}

type Job = (Run, oneshot::Sender<io::Result<Process>>);

#[derive(Default)]
struct Table {
    closed: bool,
    programs: Vec<(Arc<Alive>, JoinHandle<()>)>,
}

/// The id, as long as it cannot be another program's.
struct Alive(Mutex<Option<Pid>>);

impl Alive {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = *lock(&self.0) {
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Process {
    /// Ends once the marker was seen; never if the program exits without it.
    pub async fn ready(&self) {
        if self.ready.clone().wait_for(|ready| *ready).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub async fn exit(&self) -> Exit {
        match self.exit.clone().wait_for(Option::is_some).await {
            Ok(exit) => exit.clone().expect("an exit"),
            Err(_) => Exit { code: -1, signal: None, tail: String::new() },
        }
    }

    /// Asks it to end, then makes it.
    pub async fn stop(&self) {
        self.alive.signal(Signal::TERM);
        if tokio::time::timeout(GRACE, self.exit()).await.is_err() {
            self.alive.signal(Signal::KILL);
            self.exit().await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.alive.signal(Signal::KILL);
    }
}

impl Processes {
    pub fn new() -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let table = Arc::new(Mutex::new(Table::default()));
        let ours = Arc::clone(&table);
        let starter = std::thread::spawn(move || {
            let setpriv = setpriv();
            for (run, answer) in queue {
                let mut table = lock(&ours);
                let started = if table.closed { Err(io::Error::other("the node is gone")) } else { Ok(()) };
                let started = started.and_then(|()| start(&run, setpriv.as_ref(), &mut table));
                drop(table);
                let _ = answer.send(started);
            }
            // Children started under setpriv die with this thread: it stays until they have.
        });
        Self { jobs: Some(jobs), table, starter: Some(starter) }
    }

    pub async fn spawn(&self, run: Run) -> io::Result<Process> {
        let (answer, started) = oneshot::channel();
        let gone = || io::Error::other("the node is gone");
        self.jobs.as_ref().ok_or_else(gone)?.send((run, answer)).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }

    pub fn pids(&self) -> Vec<u32> {
        let table = lock(&self.table);
        let pids = table.programs.iter().filter_map(|(alive, _)| *lock(&alive.0));
        pids.map(|pid| pid.as_raw_nonzero().get().unsigned_abs()).collect()
    }

    /// Kills everything, waits for it, and starts nothing more.
    pub fn close(&self) {
        let programs = {
            let mut table = lock(&self.table);
            table.closed = true;
            std::mem::take(&mut table.programs)
        };
        for (alive, _) in &programs {
            alive.signal(Signal::KILL);
        }
        for (_, waiter) in programs {
            let _ = waiter.join();
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.close();
        self.jobs = None;
        if let Some(starter) = self.starter.take() {
            let _ = starter.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn setpriv() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("setpriv")).find(|file| file.is_file())
}

fn start(run: &Run, setpriv: Option<&PathBuf>, table: &mut Table) -> io::Result<Process> {
    let mut log = File::options().create(true).append(true).open(&run.log)?;
    let (output, input) = io::pipe()?;
    let mut command = match setpriv {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", "--"]).arg(&run.program);
            command
        }
        None => Command::new(&run.program),
    };
    command.args(&run.args).env_clear().envs(run.env.iter().cloned()).current_dir(&run.dir).process_group(0);
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
    let mut child = command.spawn()?;
    // The pipe's end is only the child's from here on: reading ends with it.
    drop(command);

    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    let alive = Arc::new(Alive(Mutex::new(Some(pid))));
    let (seen, ready) = watch::channel(false);
    let (ended, exit) = watch::channel(None);
    let marker = run.marker;
    let reader = std::thread::spawn(move || {
        let mut tail = VecDeque::new();
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let _ = log.write_all(&line);
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if !marker.is_empty() && text.contains(marker) {
                let _ = seen.send(true);
            }
            tail.push_back(text);
            if tail.len() > TAIL {
                tail.pop_front();
            }
            line.clear();
        }
        // Nobody waits for a marker that cannot come: `seen` is dropped here.
        Vec::from(tail).join("\n")
    });
    let ours = Arc::clone(&alive);
    let waiter = std::thread::spawn(move || {
        // Seen dead, not yet collected: the id is still this program's, and its group can be ended by it.
        let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), exited).is_err_and(|error| error == rustix::io::Errno::INTR) {}
        let status = {
            let mut held = lock(&ours.0);
            let _ = kill_process_group(pid, Signal::KILL);
            *held = None;
            child.wait()
        };
        let tail = reader.join().unwrap_or_default();
        let signal = status.as_ref().ok().and_then(std::process::ExitStatus::signal);
        let code = status.as_ref().ok().and_then(std::process::ExitStatus::code);
        let code = code.or(signal.map(|signal| 128 + signal)).unwrap_or(-1);
        let _ = ended.send(Some(Exit { code, signal, tail }));
    });
    table.programs.retain(|(_, waiter)| !waiter.is_finished());
    table.programs.push((Arc::clone(&alive), waiter));
    Ok(Process { alive, ready, exit })
}

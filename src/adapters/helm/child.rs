//! Running helm: files for it, an environment for it, a limit, and its end.

use super::argv::{self, Job};
use super::classify::{self, Ended};
use super::login::Login;
use crate::ports::{Answer, Trouble, TroubleKind};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// How long helm may go on after its own timeout before it is stopped.
const GRACE: Duration = Duration::from_mins(1);
/// The most that is kept of each output.
const OUTPUT: usize = 256 * 1024;

/// Runs one job to its end. Dropping the future stops helm and what it has started.
pub(super) async fn run(
    program: &str,
    env: &[(OsString, OsString)],
    login: Login,
    job: &Job<'_>,
    timeout: Duration,
) -> Answer<()> {
    let values = if let Job::Upgrade(upgrade) = job { upgrade.values.as_str() } else { "" };
    let mut files = login.write(values).await?;
    let argv = argv::arguments(job, &files.kubeconfig(), &files.values(), timeout)?;
    let mut helm = Group::spawn(program, &argv, env).map_err(|error| not_started(program, job, &error))?;
    let ended = tokio::select! {
        ended = helm.end() => ended,
        () = tokio::time::sleep(timeout + GRACE) => None,
        never = files.keep_fresh() => never,
    };
    let (name, namespace) = job.release();
    let trouble = match ended {
        Some(Ended { code: Some(0), .. }) => return Ok(()),
        Some(ended) => classify::trouble(job, &ended),
        None => Trouble::new(
            TroubleKind::Unanswered,
            format!("helm did not end within {} s and was stopped", (timeout + GRACE).as_secs()),
        )
        .why("what it had done by then is unknown")
        .todo(format!("look at it: helm status {name} --namespace {namespace}")),
    };
    Err(trouble.at(job.call(), format!("{namespace}/{name}")))
}

/// Runs a program that is asked for its version.
pub(super) async fn ask(
    program: &str,
    argv: &[OsString],
    env: &[(OsString, OsString)],
    limit: Duration,
) -> std::io::Result<Option<Ended>> {
    let mut child = Group::spawn(program, argv, env)?;
    Ok(tokio::time::timeout(limit, child.end()).await.ok().flatten())
}

fn not_started(program: &str, job: &Job<'_>, error: &std::io::Error) -> Trouble {
    let (name, namespace) = job.release();
    Trouble::new(TroubleKind::Missing, format!("{program} cannot be started"))
        .why(error.to_string())
        .at(job.call(), format!("{namespace}/{name}"))
}

/// A child with a process group of its own: Ctrl-C at the terminal is lifeboat's to handle, not helm's, and a
/// wrapper is stopped together with what it runs.
struct Group {
    child: Child,
}

impl Group {
    fn spawn(program: &str, argv: &[OsString], env: &[(OsString, OsString)]) -> std::io::Result<Self> {
        let child = Command::new(program)
            .args(argv)
            .env_clear()
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { child })
    }

    /// Waits for its end; `None` when the system cannot say how it ended.
    async fn end(&mut self) -> Option<Ended> {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let (stdout, stderr, status) = tokio::join!(collect(stdout), collect(stderr), self.child.wait());
        let status = status.ok()?;
        Some(Ended { code: status.code(), signal: status.signal(), stdout, stderr })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // `id` is `None` once it was waited for: the number may be another's by then.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// What comes out of a pipe, of much only the end; read until it closes so that the child never blocks.
async fn collect(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let (mut kept, mut chunk) = (Vec::new(), vec![0; 8192]);
    while let Ok(count) = pipe.read(&mut chunk).await {
        if count == 0 {
            break;
        }
        kept.extend_from_slice(chunk.get(..count).unwrap_or_default());
        // Helm says its error last: the start goes, the end stays.
        if kept.len() > 2 * OUTPUT {
            kept.drain(..OUTPUT);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

//! Programs and places outside: the clipboard, the user's editor and pager.

use super::signals::{Signals, Told};
use super::terminal;
use crate::domain::Shown;
use crate::ports::{Answer, Trouble, TroubleKind};
use crate::shell::output;
use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;
use rustix::process::{Signal, getpid, kill_process};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// The most that terminals take into the clipboard, bytes (as in k9s).
const CLIPBOARD: usize = 74_994;
/// The largest text that is taken back from an editor, bytes.
const EDITED: u64 = 1024 * 1024;

/// Copies through the terminal (OSC 52), which works over ssh too; nobody answers whether it took it.
///
/// # Errors
/// A text that is too long.
pub fn copy(text: &str, what: &str) -> Answer<Shown> {
    if text.len() > CLIPBOARD {
        return Err(Trouble::new(TroubleKind::Refused, format!("{what} is too long to be copied"))
            .why(format!("it has {} bytes, and terminals take {CLIPBOARD}", text.len()))
            .todo("Save it to a file"));
    }
    let mut escape = String::new();
    let written = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut escape).is_ok();
    if !written || terminal::write(escape.as_bytes()).is_err() {
        return Err(Trouble::new(TroubleKind::Missing, "the terminal did not take it").todo("Save it to a file"));
    }
    Ok(Shown::new(&format!("{what} was handed to the terminal's clipboard")))
}

/// Opens a text in the user's editor and answers it as it was left; `None` when nothing was changed. The terminal
/// is the editor's meanwhile.
///
/// # Errors
/// An editor that cannot be started or fails; a text that is no text any more.
pub async fn edit(name: &str, text: &str, signals: &mut Signals) -> Answer<Option<String>> {
    let io = |error: std::io::Error| {
        Trouble::new(TroubleKind::Missing, "the text could not be handed to an editor").why(error.to_string())
    };
    // Its folder is the owner's alone, and goes with it.
    let folder = tempfile::Builder::new().prefix("lifeboat-").tempdir().map_err(io)?;
    let path = folder.path().join(file_name(name));
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(&path);
    file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes())).map_err(io)?;
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let child = shell(&editor).arg(&path).spawn().map_err(io)?;
    let status = wait(child, signals).await.map_err(io)?;
    if !status.success() {
        return Err(Trouble::new(TroubleKind::Missing, format!("the editor {editor} failed"))
            .why(status.to_string())
            .todo("Set VISUAL or EDITOR to an editor that is here"));
    }
    let edited = read(&path).map_err(io)?;
    Ok((edited != text).then_some(edited))
}

/// Shows a text in the user's pager; the terminal is the pager's meanwhile.
///
/// # Errors
/// A pager that cannot be started.
pub async fn page(text: &str, signals: &mut Signals) -> Answer<()> {
    let pager = set("PAGER").unwrap_or_else(|| "less".to_owned());
    let failed = |why: String| {
        Trouble::new(TroubleKind::Missing, format!("the pager {pager} could not be started"))
            .why(why)
            .todo("Set PAGER to one that is here")
    };
    let mut child = shell(&pager).stdin(Stdio::piped()).spawn().map_err(|error| failed(error.to_string()))?;
    let input = child.stdin.take();
    let text = output::safe(text);
    // One who leaves the pager early closes its end: that is no failure.
    let writing = tokio::spawn(async move {
        if let Some(mut input) = input {
            let _ = input.write_all(text.as_bytes()).await;
        }
    });
    let status = wait(child, signals).await.map_err(|error| failed(error.to_string()))?;
    writing.abort();
    // 127: the shell found no such program.
    if status.code() == Some(127) { Err(failed("there is no such program".to_owned())) } else { Ok(()) }
}

/// A command line of the user's, as a shell takes it; without the credentials of AWS.
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{line} \"$@\"")).arg("sh").kill_on_drop(true);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

/// Waits for a program that has the terminal. What ends lifeboat ends it too; what stops it stops lifeboat.
async fn wait(mut child: Child, signals: &mut Signals) -> std::io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => {
                signals.forget();
                return status;
            }
            told = signals.next_beside() => match told {
                Told::Stop => drop(kill_process(getpid(), Signal::STOP)),
                Told::Continued => {}
                Told::End(number) => {
                    child.start_kill()?;
                    let _ = child.wait().await;
                    signals.forget();
                    // It was meant for lifeboat, and is told it again.
                    if let Some(signal) = Signal::from_named_raw(i32::from(number)) {
                        let _ = kill_process(getpid(), signal);
                    }
                }
            },
        }
    }
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// A file's name for an editor: the last part, of harmless letters, so that its ending says what it is.
fn file_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    let safe: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(100).collect();
    let safe = safe.trim_start_matches(['.', '-']);
    if safe.is_empty() { "text.txt".to_owned() } else { safe.to_owned() }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(EDITED).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_an_editor_keeps_its_ending_and_nothing_that_a_shell_or_terminal_obeys() {
        assert_eq!(file_name("helm/prod/velero/values.yaml"), "values.yaml");
        assert_eq!(file_name("../-rf;.x\u{1b}[2J.json"), "rf.x2J.json");
        assert_eq!(file_name("/"), "text.txt");
    }

    #[test]
    fn what_is_too_long_for_a_terminal_is_not_copied_and_it_is_said_what_to_do() {
        let trouble = copy(&"x".repeat(CLIPBOARD + 1), "values.yaml").err().map(|trouble| trouble.to_string());
        assert!(trouble.is_some_and(|text| text.contains("74994") && text.contains("Save it")), "it was copied");
    }
}

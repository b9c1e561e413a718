//! Files of the user's: the answers of a run, and all documents. A slow disk keeps no key waiting.

use super::effects::NOBODY;
use crate::app::{Msg, News, Ticket};
use crate::domain::Shown;
use crate::ports::Answer;
use crate::shell::export::{Written, expanded, export};
use std::path::Path;
use tokio::sync::mpsc::UnboundedSender;

/// Keeps the answers of a run; only a failure is said.
pub fn answers(folder: String, files: Vec<(String, String)>, say: UnboundedSender<Msg>) {
    tokio::task::spawn_blocking(move || {
        if let Err(trouble) = write(Path::new(&folder), &files, true) {
            let _ = say.send(Msg::News(NOBODY, Box::new(News::Done(Err(trouble)))));
        }
    });
}

/// Writes documents into a folder, and says where, or what differs there.
pub fn save(ticket: Ticket, folder: String, files: Vec<(String, String)>, over: bool, say: UnboundedSender<Msg>) {
    tokio::task::spawn_blocking(move || {
        let folder = expanded(&folder);
        let news = match write(&folder, &files, over) {
            Ok(Written::Differs(lines)) => News::Differs(folder, lines),
            Ok(Written::All(written, same)) => News::Done(Ok(said(&folder, written, same))),
            Err(trouble) => News::Done(Err(trouble)),
        };
        for msg in [Msg::News(ticket, Box::new(news)), Msg::Ended(ticket)] {
            let _ = say.send(msg);
        }
    });
}

fn write(folder: &Path, files: &[(String, String)], over: bool) -> Answer<Written> {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    export(folder, &files, over)
}

fn said(folder: &Path, written: usize, same: usize) -> Shown {
    let files = if written == 1 { "1 file".to_owned() } else { format!("{written} files") };
    let same = if same == 0 { String::new() } else { format!("; {same} were the same already") };
    Shown::new(&format!("{files} written to {}{same}", folder.display()))
}

//! The draft's file: kept while one types, offered at the next start. A home that cannot be written costs the
//! draft and nothing else (E18).

use super::effects::NOBODY;
use crate::app::{Msg, News};
use crate::domain::Shown;
use crate::ports::{Trouble, TroubleKind};
use crate::shell::{kept, paths};
use crate::wizard::Draft;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// How long after a change it is written, so that a word is written once.
const AFTER: Duration = Duration::from_millis(300);

/// Where the draft is kept; `None` where there is no place for it.
pub fn path(demo: Option<&str>) -> Option<PathBuf> {
    match demo {
        Some(world) => Some(paths::demo(world)?.join("draft.toml")),
        None => Some(paths::state()?.join("drafts").join("draft.toml")),
    }
}

/// The kept draft, or why it cannot be read; `None` when there is none.
pub fn read(path: &Path) -> Option<Result<Draft, Shown>> {
    let named = |why: String| Shown::new(&format!("{}: {why}", path.display()));
    kept::draft(path).map(|draft| draft.map_err(named))
}

/// What is done with the file.
enum Order {
    Keep(String),
    Forget,
}

/// Keeps the draft's file, in a task of its own: a slow disk keeps no key waiting.
pub struct Keeper {
    orders: UnboundedSender<Order>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Keeps it at a path; that it cannot be kept is said once.
    pub fn new(path: Option<PathBuf>, say: UnboundedSender<Msg>) -> Self {
        let (orders, received) = unbounded_channel();
        Self { orders, task: tokio::spawn(keep(path, received, say)) }
    }

    /// Keeps this text, soon.
    pub fn keep(&self, text: String) {
        let _ = self.orders.send(Order::Keep(text));
    }

    /// Removes the file.
    pub fn forget(&self) {
        let _ = self.orders.send(Order::Forget);
    }

    /// Writes what is to be written still, and ends.
    pub async fn finish(self) {
        drop(self.orders);
        let _ = tokio::time::timeout(Duration::from_secs(2), self.task).await;
    }
}

async fn keep(path: Option<PathBuf>, mut orders: UnboundedReceiver<Order>, say: UnboundedSender<Msg>) {
    let (mut waiting, mut due, mut said) = (None, Instant::now(), false);
    loop {
        let (order, over) = tokio::select! {
            order = orders.recv() => { let over = order.is_none(); (order, over) }
            () = sleep_until(due), if waiting.is_some() => (None, false),
        };
        match order {
            Some(order) => {
                // The wait begins with the first change, so that one who never stops typing loses little.
                if waiting.replace(order).is_none() {
                    due = Instant::now() + AFTER;
                }
                continue;
            }
            None if waiting.is_none() && over => return,
            None => {}
        }
        if let (Some(order), Some(path)) = (waiting.take(), path.clone())
            && let Err(why) = done(path, order).await
            && !std::mem::replace(&mut said, true)
        {
            let trouble = Trouble::new(TroubleKind::Missing, "the draft cannot be kept").why(why);
            let trouble = trouble.todo("All else works; save the answers file at the end");
            let _ = say.send(Msg::News(NOBODY, Box::new(News::Done(Err(trouble)))));
        }
        if over {
            return;
        }
    }
}

async fn done(path: PathBuf, order: Order) -> Result<(), String> {
    let work = move || match order {
        Order::Keep(text) => kept::write(&path, &text),
        Order::Forget => match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn draft(text: &str) -> String {
        let mut draft = Draft::default();
        draft.set("bucket.name", text);
        draft.to_file()
    }

    #[tokio::test]
    async fn what_was_typed_last_is_kept_for_its_owner_alone_and_can_be_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lifeboat/drafts/draft.toml");
        let (say, _heard) = unbounded_channel();
        assert!(read(&path).is_none());
        let keeper = Keeper::new(Some(path.clone()), say.clone());
        for text in ["a", "ac", "Acme !"] {
            keeper.keep(draft(text));
        }
        keeper.finish().await;
        assert_eq!(read(&path).unwrap().unwrap().text("bucket.name"), "Acme !", "wrong texts are kept as they are");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let keeper = Keeper::new(Some(path.clone()), say);
        keeper.keep(draft("b"));
        keeper.forget();
        keeper.finish().await;
        assert!(read(&path).is_none());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn e18_a_home_that_cannot_be_written_costs_the_draft_and_is_said_once() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("file"), "").unwrap();
        let (say, mut heard) = unbounded_channel();
        let keeper = Keeper::new(Some(home.path().join("file/draft.toml")), say);
        keeper.keep(draft("a"));
        let Some(Msg::News(_, news)) = heard.recv().await else { panic!("nothing was said") };
        assert!(matches!(*news, News::Done(Err(_))), "{news:?}");
        keeper.keep(draft("b"));
        keeper.finish().await;
        assert!(heard.recv().await.is_none(), "said once");
    }

    #[test]
    fn a_draft_that_cannot_be_read_says_why() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("draft.toml");
        for text in ["version = 9\nat = \"welcome\"\nvisited = []\n", "not toml ["] {
            std::fs::write(&path, text).unwrap();
            let why = read(&path).unwrap().unwrap_err();
            assert!(why.as_str().contains("draft.toml: "), "{why}");
        }
        let link = home.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read(&link).unwrap().is_err(), "a link is not followed");
    }
}

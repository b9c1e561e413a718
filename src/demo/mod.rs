//! The demo world: the same ports over an account and clusters in memory, with a clock that is
//! scripted. Nothing is installed, nothing is reached, no time is lost.

mod aws;
mod clock;
mod fault;
mod file;
mod helm;
mod host;
mod kube;
mod seed;
mod state;

use crate::ports::{Answer, World as Ports};
pub use fault::Fault;
use sha2::{Digest, Sha256};
use state::State;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A world that can be opened, for `--demo=help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorldInfo {
    /// Its name.
    pub name: &'static str,
    /// What is in it, one sentence.
    pub about: &'static str,
}

/// The worlds there are.
pub fn worlds() -> &'static [WorldInfo] {
    seed::WORLDS
}

/// An open demo world. Clones share it.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    file: Option<PathBuf>,
    saved: Mutex<u64>,
    faults: Mutex<Vec<(String, Fault)>>,
    pace: f64,
    /// Told whenever something may have changed.
    stirred: tokio::sync::watch::Sender<()>,
    /// Held by the one watch that lets time pass while nothing is called.
    idle: tokio::sync::Mutex<()>,
}

impl World {
    /// Opens a world by name. Its state is read from `world.json` in the folder `state`, when it is
    /// there, and kept there after each change; without a folder it lives in memory alone.
    ///
    /// `Invalid` for a name that is not one of [`worlds`], `Unreadable` for a state that cannot be read.
    pub fn open(name: &str, state: Option<PathBuf>) -> Answer<Self> {
        Self::paced(name, state, 0.0)
    }

    /// As [`World::open`], with a pace: a second of the world takes `pace` real seconds (0: none).
    pub fn paced(name: &str, state: Option<PathBuf>, pace: f64) -> Answer<Self> {
        let file = state.map(|folder| folder.join("world.json"));
        let found = match &file {
            Some(file) => file::load(file)?,
            None => None,
        };
        let state = match found {
            Some(found) => found,
            None => seed::world(name)?,
        };
        let pace = if pace.is_finite() { pace.clamp(0.0, 10.0) } else { 0.0 };
        Ok(Self::over(state, file, pace))
    }

    fn over(state: State, file: Option<PathBuf>, pace: f64) -> Self {
        let (state, saved, faults) = (Mutex::new(state), Mutex::new(u64::MAX), Mutex::default());
        let (stirred, idle) = (tokio::sync::watch::Sender::new(()), tokio::sync::Mutex::new(()));
        Self { shared: Arc::new(Shared { state, file, saved, faults, pace, stirred, idle }) }
    }

    /// Opens a world as it is at its start, and keeps that, whatever its file held (`demo --reset`).
    pub fn fresh(name: &str, state: Option<PathBuf>) -> Answer<Self> {
        let file = state.map(|folder| folder.join("world.json"));
        let world = Self::over(seed::world(name)?, file, 0.0);
        world.save()?;
        Ok(world)
    }

    /// Starts the world over, and forgets what was kept of it.
    pub fn reset(&self) -> Answer<()> {
        let name = self.look(|state| state.world.clone());
        let fresh = seed::world(&name)?;
        *self.lock() = fresh;
        self.save()
    }

    /// Writes the state to its file (0600), when there is one.
    pub fn save(&self) -> Answer<()> {
        let Some(path) = &self.shared.file else { return Ok(()) };
        let mut saved = self.shared.saved.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, changes) = {
            let state = self.lock();
            (file::text(&state)?, state.changes())
        };
        file::write(path, &text)?;
        *saved = changes;
        Ok(())
    }

    /// The four ports over this world.
    pub fn ports(&self) -> Ports {
        Ports {
            aws: Arc::new(self.clone()),
            clusters: Arc::new(self.clone()),
            helm: Arc::new(self.clone()),
            host: Arc::new(self.clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes the state, without any time passing.
    fn look<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.lock())
    }

    /// Lets time pass, step by step, with room for others between the steps.
    async fn pass(&self, time: Duration) {
        let mut left = time;
        loop {
            let gone = self.look(|state| clock::step(state, left));
            left = left.saturating_sub(gone);
            self.stir();
            self.rest(gone).await;
            if left.is_zero() || gone.is_zero() {
                break;
            }
        }
    }

    /// Takes the real time that a step takes at this world's pace.
    async fn rest(&self, gone: Duration) {
        if self.shared.pace > 0.0 {
            tokio::time::sleep(gone.mul_f64(self.shared.pace)).await;
        } else {
            tokio::task::yield_now().await;
        }
    }

    /// One call: it takes its time, then does its work, then what it changed is kept.
    async fn call<T: Send>(&self, name: &str, work: impl FnOnce(&mut State) -> Answer<T> + Send) -> Answer<T> {
        self.pass(clock::latency(name)).await;
        match self.fault(name) {
            Some(Fault::Before(trouble)) => return Err(trouble),
            Some(Fault::After(trouble)) => {
                // It is done, and the answer is lost.
                let _ = self.look(work);
                self.stir();
                self.keep();
                return Err(trouble);
            }
            None => {}
        }
        let answer = self.look(work);
        self.stir();
        self.keep();
        answer
    }

    /// Tells those who watch that something may have changed.
    fn stir(&self) {
        self.shared.stirred.send_replace(());
    }

    /// Waits until something may have changed. In a world with a pace time goes on meanwhile; in one without
    /// only calls let it pass, so that an idle world stands still.
    async fn stirred(&self, seen: &mut tokio::sync::watch::Receiver<()>, look: Duration) {
        let stirred = async {
            if seen.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        if self.shared.pace <= 0.0 {
            return stirred.await;
        }
        let idle = async {
            let _one = self.shared.idle.lock().await;
            tokio::time::sleep(look.mul_f64(self.shared.pace)).await;
            self.look(|state| clock::step(state, look));
            self.keep();
            self.stir();
        };
        tokio::select! {
            () = stirred => {}
            () = idle => {}
        }
    }

    /// Saves when something changed. A demo whose file cannot be written goes on in memory.
    fn keep(&self) {
        if self.shared.file.is_none() {
            return;
        }
        let changes = self.look(|state| state.changes());
        let saved = *self.shared.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if changes != saved
            && let Err(trouble) = self.save()
        {
            tracing::warn!(%trouble, "the demo world could not be saved");
        }
    }
}

/// SHA-256 in lower case hex: the source of all ids of the demo.
fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

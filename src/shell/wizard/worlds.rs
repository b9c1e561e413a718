//! The world, opened once, after the first frame, when the first task needs it.

use crate::ports::{Answer, World};
use crate::shell::cli::Global;
use crate::shell::world::{self, Opened};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The open world, if it is.
#[derive(Default)]
pub struct Worlds {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    world: Option<Arc<Opened>>,
    /// The plugins of the kubeconfig that the user agreed to.
    plugins: BTreeSet<String>,
    /// The caller's account, once it is known.
    account: Option<String>,
}

impl Worlds {
    /// A world still closed, with plugins that the user agreed to before.
    pub fn agreeing(plugins: Vec<String>) -> Self {
        let plugins = plugins.into_iter().collect();
        Self { open: Mutex::new(Open { plugins, ..Open::default() }) }
    }

    /// The world. It is opened anew when a plugin was agreed to that it does not know of.
    ///
    /// # Errors
    /// What [`world::open`] says; it is tried again next time.
    pub async fn with(&self, global: &Global, plugins: &[String]) -> Answer<Arc<Opened>> {
        let mut open = self.open.lock().await;
        let known = plugins.iter().all(|plugin| open.plugins.contains(plugin));
        if let Some(world) = open.world.as_ref().filter(|world| known || world.demo.is_some()) {
            return Ok(world.clone());
        }
        open.plugins.extend(plugins.iter().cloned());
        let plugins: Vec<String> = open.plugins.iter().cloned().collect();
        // Somebody watches: a demo's clock goes with the one on the wall.
        let world = Arc::new(world::paced(global, &plugins, 1.0)?);
        open.world = Some(world.clone());
        Ok(world)
    }

    /// The ports.
    ///
    /// # Errors
    /// What [`world::open`] says.
    pub async fn ports(&self, global: &Global) -> Answer<World> {
        Ok(self.with(global, &[]).await?.world.clone())
    }

    /// The caller's account; asked once.
    ///
    /// # Errors
    /// What sts:GetCallerIdentity says.
    pub async fn account(&self, world: &World) -> Answer<String> {
        if let Some(account) = self.open.lock().await.account.clone() {
            return Ok(account);
        }
        let account = world.aws.caller().await?.account;
        self.open.lock().await.account = Some(account.clone());
        Ok(account)
    }

    /// Who lifeboat is was asked anew: nothing older holds.
    pub async fn learn(&self, account: Option<String>) {
        self.open.lock().await.account = account;
    }

    /// Saves a demo world's state.
    pub async fn save(&self) {
        if let Some(world) = &self.open.lock().await.world {
            world.save();
        }
    }
}

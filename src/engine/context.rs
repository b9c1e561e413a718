//! What all parts of one run share.

use super::events::Events;
use super::journal::Journal;
use crate::domain::run::{Event, State};
use crate::plan::Names;
use crate::ports::{Answer, BucketRef, ClusterAccess, Kube, Trouble, TroubleKind, World};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// One run as one of its clusters sees it: the world, the cluster, the journal, where events go, and when to stop.
#[derive(Clone)]
pub struct Context {
    /// The world.
    pub world: World,
    /// The cluster's API server.
    pub kube: Arc<dyn Kube>,
    /// How it is reached.
    pub access: ClusterAccess,
    /// The run's id, `20260105T090000Z-1a2b3c4d`.
    pub run: String,
    /// The names of the plan in this cluster.
    pub names: Names,
    /// The plan's digest.
    pub digest: String,
    /// Intents and results on disk.
    pub journal: Arc<Journal>,
    /// Where events go.
    pub events: Events,
    /// Set when the user stops the run.
    pub stop: CancellationToken,
    /// What became known on the way.
    pub learnt: Arc<Mutex<Learnt>>,
    /// Every cluster of the run, the one that is backed up first.
    pub sites: Arc<Vec<Site>>,
}

/// One cluster of a run.
#[derive(Clone)]
pub struct Site {
    /// Its API server.
    pub kube: Arc<dyn Kube>,
    /// How it is reached.
    pub access: ClusterAccess,
    /// The names of the plan in it.
    pub names: Names,
}

/// What became known on the way.
#[derive(Debug, Default)]
pub struct Learnt {
    /// The key's ARN and id, once it is made.
    pub key: Option<(String, String)>,
    /// When IAM was last changed by this run.
    pub iam_changed: Option<jiff::Timestamp>,
    /// Whether anything at all was changed.
    pub changed: bool,
    /// When each change started.
    pub started: BTreeMap<String, jiff::Timestamp>,
    /// What was proven.
    pub proven: Vec<String>,
    /// What a proof that ended well could not show all the same.
    pub unshown: Vec<String>,
}

impl Context {
    /// The same run as its cluster at this place sees it; the first one's where there is none.
    #[must_use]
    pub fn at(&self, site: usize) -> Self {
        let mut context = self.clone();
        if let Some(site) = self.sites.get(site) {
            context.kube = site.kube.clone();
            context.access = site.access.clone();
            context.names = site.names.clone();
        }
        context
    }

    /// What became known; a panic of another task does not hide it.
    pub fn learnt(&self) -> std::sync::MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says an event of a change.
    pub fn say(&self, change: &str, state: State, message: impl AsRef<str>) {
        let now = self.world.host.now();
        let started = *self.learnt().started.entry(change.to_owned()).or_insert(now);
        let millis = now.as_millisecond().saturating_sub(started.as_millisecond()).max(0);
        #[allow(clippy::cast_precision_loss)]
        let seconds = millis as f64 / 1000.0;
        self.events.say(Event {
            at: format!("{now:.3}"),
            run: self.run.clone(),
            change: change.to_owned(),
            state,
            seconds,
            message: crate::domain::Shown::new(message.as_ref()).to_string(),
        });
    }

    /// Notes that IAM was changed just now.
    pub fn iam_changed(&self) {
        let now = self.world.host.now();
        self.learnt().iam_changed = Some(now);
    }

    /// Seconds since this run last changed IAM.
    pub fn since_iam(&self) -> Option<i64> {
        let now = self.world.host.now();
        self.learnt().iam_changed.map(|at| now.as_second().saturating_sub(at.as_second()))
    }

    /// The bucket.
    pub fn bucket(&self) -> BucketRef {
        BucketRef {
            name: self.names.bucket.clone(),
            region: self.names.bucket_region.clone(),
            account: self.names.account.clone(),
        }
    }

    /// A trouble when the user has stopped the run.
    ///
    /// # Errors
    /// `Stopped`.
    pub fn go_on(&self) -> Answer<()> {
        if self.stop.is_cancelled() { Err(Trouble::new(TroubleKind::Stopped, "stopped by you")) } else { Ok(()) }
    }

    /// Eight hex digits of this run, for names of things that live only during it.
    pub fn suffix(&self) -> String {
        self.run.rsplit('-').next().unwrap_or("run").to_owned()
    }
}

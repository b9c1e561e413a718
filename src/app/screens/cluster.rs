//! Cluster: what was found, region by region.

use crate::app::message::Ticket;
use crate::app::model::Load;
use crate::app::pick::Pick;
use crate::domain::Shown;
use crate::domain::discovery::{ClusterDetail, Discovery, FoundCluster};

/// A region's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionLine {
    /// `us-east-1`.
    pub name: String,
    /// How far it is.
    pub state: RegionState,
}

/// How far the look at a region is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionState {
    /// It is being asked.
    Asking,
    /// It takes long.
    Slow,
    /// So many clusters.
    Done(usize),
    /// It could not be asked, and why.
    Refused(Shown),
}

/// A cluster's row.
#[derive(Debug, Clone)]
pub struct ClusterRow {
    /// Its names.
    pub found: FoundCluster,
    /// What is known of it.
    pub detail: Load<Box<ClusterDetail>>,
}

/// The Cluster screen.
#[derive(Debug, Clone, Default)]
pub struct ClusterScreen {
    /// The clusters, in the order in which they came.
    pub rows: Vec<ClusterRow>,
    /// The regions.
    pub regions: Vec<RegionLine>,
    /// The filter over the rows.
    pub pick: Pick,
    /// The look that is under way.
    pub ticket: Option<Ticket>,
    /// Whether a cluster is chosen only to look at its backups.
    pub only_watch: bool,
}

impl ClusterScreen {
    /// How many regions have not answered yet.
    pub fn open_regions(&self) -> usize {
        self.regions.iter().filter(|region| matches!(region.state, RegionState::Asking | RegionState::Slow)).count()
    }

    /// Takes a step of the look in.
    pub fn take(&mut self, news: Discovery) {
        match news {
            Discovery::Regions(names) => {
                self.regions = names.into_iter().map(|name| RegionLine { name, state: RegionState::Asking }).collect();
            }
            Discovery::Clusters(region, names) => {
                self.say(&region, RegionState::Done(names.len()));
                for name in names {
                    let found = FoundCluster { region: region.clone(), name };
                    if !self.rows.iter().any(|row| row.found == found) {
                        self.rows.push(ClusterRow { found, detail: Load::Idle });
                    }
                }
                self.texts();
            }
            Discovery::Slow(region) => self.say(&region, RegionState::Slow),
            Discovery::Refused(region, why) => self.say(&region, RegionState::Refused(why)),
        }
    }

    fn say(&mut self, region: &str, state: RegionState) {
        if let Some(line) = self.regions.iter_mut().find(|line| line.name == region) {
            line.state = state;
        }
    }

    fn texts(&mut self) {
        let texts: Vec<String> = self.rows.iter().map(|row| Self::text(&row.found)).collect();
        self.pick.set(texts);
    }

    /// The text that the filter looks at and marks: name, two spaces, region.
    pub fn text(found: &FoundCluster) -> String {
        format!("{}  {}", Shown::new(&found.name), Shown::new(&found.region))
    }
}

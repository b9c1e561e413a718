//! Cluster: what was found, region by region.

use crate::app::effect::{Effect, Place, Task};
use crate::app::message::Ticket;
use crate::app::model::{Check, Load, Model, Owner};
use crate::app::overlay::{Offered, Overlay};
use crate::app::pick::Pick;
use crate::app::toast::Level;
use crate::app::walk;
use crate::domain::discovery::{ClusterDetail, Discovery, FoundCluster};
use crate::domain::{ClusterName, Region, Shown, Tool};
use crate::wizard::StepId;
use std::collections::HashSet;
use unicode_width::UnicodeWidthStr;

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
    /// The columns that the longest name and the longest region take, kept as they come: a frame looks at the rows
    /// in sight alone.
    pub longest: (usize, usize),
    /// The rows that are there.
    known: HashSet<FoundCluster>,
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
                    if self.known.insert(found.clone()) {
                        let columns = |text: &str| Shown::new(text).as_str().width();
                        self.longest.0 = self.longest.0.max(columns(&found.name));
                        self.longest.1 = self.longest.1.max(columns(&found.region));
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

    /// The row under the cursor.
    pub fn under(&self) -> Option<&ClusterRow> {
        self.pick.chosen().and_then(|item| self.rows.get(item))
    }

    /// What is known of a cluster, where it was looked at.
    pub fn detail_of(&self, region: &str, name: &str) -> Option<&ClusterDetail> {
        let row = self.rows.iter().find(|row| row.found.region == region && row.found.name == name)?;
        row.detail.here().map(Box::as_ref)
    }

    /// Forgets all that was found; the filter stays.
    pub fn forget(&mut self) {
        self.rows.clear();
        self.regions.clear();
        self.known.clear();
        self.longest = (0, 0);
        self.texts();
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

/// How many clusters are asked about at the same time (security.md 8.3).
const SIDE_BY_SIDE: usize = 10;

/// Starts the look at all regions, unless it goes on or is complete.
pub fn enter_cluster(model: &mut Model, out: &mut Vec<Effect>) {
    let screen = &model.cluster;
    let complete = !screen.regions.is_empty() && screen.open_regions() == 0;
    if screen.ticket.is_none() && !complete {
        let ticket = model.ticket(Owner::Screen(StepId::Cluster));
        model.cluster.ticket = Some(ticket);
        out.push(Effect::Start(ticket, Box::new(Task::Discover)));
    }
    describe_visible(model, out);
}

/// Asks about the clusters that are on the screen and were not asked about, a few at a time.
pub fn describe_visible(model: &mut Model, out: &mut Vec<Effect>) {
    if model.step() != StepId::Cluster {
        return;
    }
    let height = usize::from(crate::app::list_area(model).h);
    let pick = &model.cluster.pick;
    let shown = crate::app::window(pick.count(), pick.cursor(), height);
    let items: Vec<usize> = shown.filter_map(|place| pick.item(place)).collect();
    let mut going = model.cluster.rows.iter().filter(|row| row.detail.is_loading()).count();
    for item in items {
        if going >= SIDE_BY_SIDE {
            break;
        }
        let now = model.now;
        let Some(row) = model.cluster.rows.get_mut(item) else { continue };
        if !matches!(row.detail, Load::Idle) {
            continue;
        }
        row.detail = Load::Loading(now);
        going += 1;
        let task = Task::Describe(row.found.region.clone(), row.found.name.clone(), String::new());
        let ticket = model.ticket(Owner::Screen(StepId::Cluster));
        out.push(Effect::Start(ticket, Box::new(task)));
    }
}

/// The lookups were cancelled: what was under way is asked again when one comes back.
pub fn cancelled(model: &mut Model) {
    model.cluster.ticket = None;
    for row in &mut model.cluster.rows {
        if row.detail.is_loading() {
            row.detail = Load::Idle;
        }
    }
    if model.buckets.is_loading() {
        model.buckets = Load::Idle;
    }
    if model.keys.1.is_loading() {
        model.keys.1 = Load::Idle;
    }
    if model.review.gathered.is_loading() {
        model.review.gathered = Load::Idle;
        model.review.of.clear();
    }
    crate::app::lore::cancelled(model);
    if model.review.preflight.is_loading() {
        model.review.preflight = Load::Idle;
    }
    model.checks.retain(|_, (_, check)| *check != Check::Checking);
    model.live.ticket = None;
    model.live.log_ticket = None;
}

/// Takes the cluster under the cursor, unless it cannot be set up.
pub fn choose_cluster(model: &mut Model, out: &mut Vec<Effect>) {
    let Some(row) = model.cluster.under().cloned() else {
        let todo = "Wait for the regions, clear the filter, or name a cluster by hand (ctrl-t).";
        return model.say(Level::Info, format!("There is no cluster under the cursor. {todo}"));
    };
    if let Load::Here(detail) = &row.detail
        && !matches!(detail.status.as_str(), "ACTIVE" | "UPDATING")
    {
        let status = Shown::new(&detail.status);
        let name = Shown::new(&row.found.name);
        return model.say(Level::Warning, format!("{name} is {status}: only an ACTIVE cluster can be used."));
    }
    let installed = row.detail.here().map(|detail| installed_in(detail)).unwrap_or_default();
    if model.cluster.only_watch && installed.len() > 1 {
        return ask_tool(model, &installed);
    }
    take_cluster(model, &row.found, installed.into_iter().next(), out);
}

/// The tools that can be watched in a cluster, and where they run, in the order in which they are shown.
fn installed_in(detail: &ClusterDetail) -> Vec<(Tool, String)> {
    let tools = detail.tools.get().map(Vec::as_slice).unwrap_or_default();
    tools.iter().map(|it| (it.tool, it.namespace.clone())).collect()
}

/// Asks which of the tools of a cluster is looked at.
fn ask_tool(model: &mut Model, installed: &[(Tool, String)]) {
    let item = |(tool, namespace): &(Tool, String)| Offered {
        value: tool.as_str().to_owned(),
        about: Shown::new(&format!("{}, namespace {namespace}", tool.title())),
        cannot: false,
    };
    let items: Vec<Offered> = installed.iter().map(item).collect();
    let mut pick = Pick::default();
    pick.set(items.iter().map(|it| format!("{}  {}", it.value, it.about)));
    let title = Shown::new("Whose backups are looked at");
    model.overlays.push(Overlay::Picker { path: WATCHED.to_owned(), title, items, pick });
}

/// The list of tools to look at is of no field.
pub const WATCHED: &str = "watched-tool";

/// A tool of the cluster under the cursor was chosen to be looked at.
pub fn watch_tool(model: &mut Model, tool: &str, out: &mut Vec<Effect>) {
    let Some(row) = model.cluster.under().cloned() else { return };
    let installed = row.detail.here().map(|detail| installed_in(detail)).unwrap_or_default();
    let chosen = installed.into_iter().find(|(there, _)| there.as_str() == tool);
    take_cluster(model, &row.found, chosen, out);
}

fn take_cluster(model: &mut Model, found: &FoundCluster, installed: Option<(Tool, String)>, out: &mut Vec<Effect>) {
    if model.cluster.only_watch {
        let (tool, namespace) = installed.unwrap_or_else(|| (Tool::Velero, "velero".to_owned()));
        let (cluster, region) = (found.name.clone(), found.region.clone());
        model.live = super::LiveScreen::of(Place { cluster, region, context: String::new(), tool, namespace });
        return walk::go(model, StepId::Live, out);
    }
    if model.draft.restores_to(&found.region, &found.name).is_some() {
        model.draft.mark_restore(&found.region, &found.name);
        let text = format!("{} is backed up now, and no longer one to restore to.", Shown::new(&found.name));
        model.say(Level::Info, text);
    }
    let another = model.draft.text("cluster.name") != found.name || model.draft.text("cluster.region") != found.region;
    model.draft.set("cluster.name", &found.name);
    model.draft.set("cluster.region", &found.region);
    if another {
        model.checks.clear();
    }
    walk::go(model, StepId::Tool, out);
}

/// Marks the cluster under the cursor as one to restore to, or takes that back.
pub fn mark_restore(model: &mut Model) {
    let Some(row) = model.cluster.under().cloned() else { return };
    let (region, name) = (row.found.region.as_str(), row.found.name.as_str());
    let shown = Shown::new(name);
    if model.draft.text("cluster.name") == name && model.draft.text("cluster.region") == region {
        return model.say(Level::Warning, format!("{shown} is the cluster that is backed up; choose another one."));
    }
    if model.draft.restores_to(region, name).is_none() && model.draft.restores() >= crate::wizard::restore::MOST {
        return model.say(Level::Warning, format!("At most {} clusters restore.", crate::wizard::restore::MOST));
    }
    model.form.touched.clear();
    model.draft.mark_restore(region, name);
}

/// A cluster named by hand, `REGION/NAME`.
///
/// # Errors
/// What is wrong with it.
pub fn by_hand(model: &mut Model, text: &str, out: &mut Vec<Effect>) -> Result<(), String> {
    take_cluster(model, &named(text)?, None, out);
    Ok(())
}

/// The cluster that `REGION/NAME` names.
///
/// # Errors
/// What is wrong with it.
pub fn named(text: &str) -> Result<FoundCluster, String> {
    let (region, name) =
        text.split_once('/').ok_or_else(|| "write REGION/NAME, for example us-east-1/prod".to_owned())?;
    let said = |reason: crate::domain::Reason| format!("{}: {}. {}", reason.what, reason.why, reason.todo());
    let region = Region::parse(region.trim()).map_err(said)?;
    let name = ClusterName::parse(name.trim()).map_err(said)?;
    Ok(FoundCluster { region: region.to_string(), name: name.to_string() })
}

//! Cluster: what was found, as a numbered list in the order in which it came.

use super::ask::{Reply, stopped};
use super::{Go, Leave, Start, Wizard};
use crate::domain::discovery::{ClusterDetail, Discovery, FoundCluster, Known};
use crate::engine::{describe, discover};
use crate::ports::Answer;
use crate::wizard::{StepId, restore, step};
use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// How many clusters are described; the others are only named.
const DESCRIBED: usize = 20;
/// How many are described at the same time (security.md 8.3).
const SIDE_BY_SIDE: usize = 10;

/// What was found.
#[derive(Default)]
pub struct Found {
    /// Whether all regions were asked.
    complete: bool,
    /// The clusters by their numbers, with what is known of them.
    clusters: Vec<(FoundCluster, Option<ClusterDetail>)>,
}

impl Found {
    /// What is known of a cluster, where it was looked at.
    pub fn detail_of(&self, region: &str, name: &str) -> Option<&ClusterDetail> {
        let (_, detail) = self.clusters.iter().find(|(found, _)| found.region == region && found.name == name)?;
        detail.as_ref()
    }
}

impl Wizard<'_> {
    /// Finds clusters and lets one be chosen.
    pub async fn cluster(&mut self) -> Result<Go, Leave> {
        self.start = Start::First;
        self.heading(StepId::Cluster);
        if !self.found.complete {
            self.find().await;
        }
        self.say(
            "Answer again to look again, more to name a kubeconfig context, restore to name clusters to restore to.",
        );
        loop {
            let (region, name) = (self.draft.text("cluster.region"), self.draft.text("cluster.name"));
            let holds = if name.is_empty() { "nothing".to_owned() } else { format!("{region}/{name}") };
            match self.ask(&format!("Cluster, by number or as REGION/NAME [{holds}]:"))? {
                Reply::Back => return Ok(Go::Back),
                Reply::Help => self.help(
                    StepId::Cluster,
                    &[
                        ("again", "look for clusters again"),
                        ("more", "name a kubeconfig context, too"),
                        ("restore", "name further clusters, which only restore"),
                    ],
                ),
                Reply::More => {
                    self.context()?;
                }
                Reply::Keep if holds != "nothing" => return Ok(Go::Next),
                Reply::Keep => self.say("Answer the number of a cluster, or REGION/NAME, for example us-east-1/prod."),
                Reply::Text(text) if text == "again" => self.find().await,
                Reply::Text(text) if text == "restore" => self.restores()?,
                Reply::Text(text) => {
                    if self.choose(&text) {
                        return Ok(Go::Next);
                    }
                }
            }
        }
    }

    /// Further clusters, to restore to.
    fn restores(&mut self) -> Result<(), Leave> {
        loop {
            let holds: Vec<String> = (0..self.draft.restores())
                .map(|at| self.draft.restore_name(at))
                .map(|(name, region)| format!("{region}/{name}"))
                .collect();
            let holds = if holds.is_empty() { "none".to_owned() } else { holds.join(", ") };
            let question = "Clusters to restore to, by numbers or as REGION/NAME, joined by commas, or none";
            match self.ask(&format!("{question} [{holds}]:"))? {
                Reply::Keep | Reply::Back => return Ok(()),
                Reply::Help | Reply::More => self.help(
                    StepId::Cluster,
                    &[("none", "only the first cluster"), ("Enter", "keep what stands in brackets")],
                ),
                Reply::Text(text) => match self.chosen(&text) {
                    Ok(clusters) => {
                        self.restore_to(&clusters);
                        return Ok(());
                    }
                    Err(why) => self.say(format!("Problem: {}", stopped(&why))),
                },
            }
        }
    }

    /// The clusters that an answer names.
    fn chosen(&self, text: &str) -> Result<Vec<FoundCluster>, String> {
        let first = (self.draft.text("cluster.region"), self.draft.text("cluster.name"));
        let mut out: Vec<FoundCluster> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "none") {
            let found = self.named(part)?;
            if (found.region.as_str(), found.name.as_str()) == first {
                return Err(format!("{} is the cluster that is backed up", found.name));
            }
            if !out.contains(&found) {
                out.push(found);
            }
        }
        match out.len() {
            count if count > restore::MOST => Err(format!("at most {} clusters restore", restore::MOST)),
            _ => Ok(out),
        }
    }

    /// Makes these the clusters to restore to; what was typed of one that stays is kept.
    fn restore_to(&mut self, clusters: &[FoundCluster]) {
        let now: Vec<(String, String)> = (0..self.draft.restores())
            .map(|at| self.draft.restore_name(at))
            .map(|(name, region)| (region.to_owned(), name.to_owned()))
            .collect();
        for (region, name) in now {
            if !clusters.iter().any(|it| it.region == region && it.name == name) {
                self.draft.mark_restore(&region, &name);
            }
        }
        for cluster in clusters {
            if self.draft.restores_to(&cluster.region, &cluster.name).is_none() {
                self.draft.mark_restore(&cluster.region, &cluster.name);
            }
            self.say(format!("Restore to {} in {}.", cluster.name, cluster.region));
        }
        self.keep();
    }

    /// The cluster of a number or name.
    fn named(&self, text: &str) -> Result<FoundCluster, String> {
        match text.parse::<usize>() {
            Ok(number) => match number.checked_sub(1).and_then(|place| self.found.clusters.get(place)) {
                Some((found, _)) => crate::app::named(&format!("{}/{}", found.region, found.name)),
                None => Err(format!("there is no cluster {number} in the list")),
            },
            Err(_) => crate::app::named(text),
        }
    }

    /// Takes a cluster by number or name, unless it cannot be set up.
    fn choose(&mut self, text: &str) -> bool {
        let found = match self.named(text) {
            Ok(found) => found,
            Err(why) => {
                self.say(format!("Problem: {}", stopped(&why)));
                return false;
            }
        };
        let status = self.found.detail_of(&found.region, &found.name).map(|detail| detail.status.clone());
        if let Some(status) = status
            && !matches!(status.as_str(), "ACTIVE" | "UPDATING")
        {
            self.say(format!("{} is {status}: only an ACTIVE cluster can be used.", found.name));
            return false;
        }
        if self.draft.restores_to(&found.region, &found.name).is_some() {
            self.draft.mark_restore(&found.region, &found.name);
        }
        self.draft.set("cluster.region", &found.region);
        self.draft.set("cluster.name", &found.name);
        self.say(format!("Cluster {} in {}.", found.name, found.region));
        self.keep();
        true
    }

    /// The kubeconfig's context.
    fn context(&mut self) -> Result<(), Leave> {
        let Some(field) = step(StepId::Cluster).fields.iter().find(|field| field.more) else { return Ok(()) };
        self.say(format!("{}: {}", field.label, stopped(&field.hint)));
        let question = super::field::question(field, &self.draft);
        if let Reply::Text(text) = self.ask(&question)? {
            self.draft.set(&field.path, &text);
            self.keep();
        }
        Ok(())
    }

    /// Asks the regions, and says clusters as they come, in an order that stays.
    async fn find(&mut self) {
        self.found = Found::default();
        let world = self.world.clone();
        let regions = self.desk.regions();
        let (sender, mut news) = mpsc::unbounded_channel();
        let mut looking = Box::pin(discover(&world, &regions, sender));
        let (mut looked, mut over) = (false, false);
        let mut waiting: VecDeque<FoundCluster> = VecDeque::new();
        let mut described = FuturesOrdered::new();
        let mut count = 0;
        loop {
            while described.len() < SIDE_BY_SIDE
                && let Some(found) = waiting.pop_front()
            {
                count += 1;
                let (world, full) = (&world, count <= DESCRIBED);
                described.push_back(async move {
                    let detail = if full { Some(describe(world, &found.region, &found.name, "").await) } else { None };
                    (found, detail)
                });
            }
            tokio::select! {
                biased;
                one = news.recv(), if !over => match one {
                    Some(Discovery::Clusters(region, names)) => {
                        waiting.extend(names.into_iter().map(|name| FoundCluster { region: region.clone(), name }));
                    }
                    Some(other) => self.say_region(&other),
                    None => over = true,
                },
                Some((found, detail)) = described.next(), if !described.is_empty() => self.say_cluster(found, detail),
                // When it ends its sender is gone, and the news end after the last of them.
                () = &mut looking, if !looked => looked = true,
            }
            if over && described.is_empty() && waiting.is_empty() {
                break;
            }
        }
        self.found.complete = true;
        match self.found.clusters.len() {
            0 => self.say("No cluster was found. Name one as REGION/NAME, or answer again."),
            1 => self.say("1 cluster was found."),
            count => self.say(format!("{count} clusters were found.")),
        }
    }

    /// A step of the look that names no cluster.
    fn say_region(&mut self, news: &Discovery) {
        match news {
            Discovery::Regions(regions) if regions.len() == 1 => self.say("Looking for clusters in 1 region."),
            Discovery::Regions(regions) => self.say(format!("Looking for clusters in {} regions.", regions.len())),
            Discovery::Slow(region) => self.say(format!("{region} takes long; it is still being asked.")),
            Discovery::Refused(region, why) => {
                self.say(format!("{region} could not be asked: {}", stopped(why.as_str())));
            }
            Discovery::Clusters(..) => {}
        }
    }

    /// A cluster's line.
    fn say_cluster(&mut self, found: FoundCluster, detail: Option<Answer<ClusterDetail>>) {
        let number = self.found.clusters.len() + 1;
        let name = format!("{number}. {} in {}", found.name, found.region);
        let (line, detail) = match detail {
            None => (name, None),
            Some(Err(trouble)) => (format!("{name}: {}", trouble.what), None),
            Some(Ok(detail)) => (format!("{name}: {}", facts(&detail)), Some(detail)),
        };
        self.say(stopped(&line));
        self.found.clusters.push((found, detail));
    }
}

/// What is known of a cluster, in words.
fn facts(detail: &ClusterDetail) -> String {
    let mut out = vec![format!("Kubernetes {}", detail.version), detail.status.clone()];
    out.push(match &detail.provider {
        Known::Is(true) => "OIDC provider registered".to_owned(),
        Known::Is(false) if detail.issuer => "OIDC provider not registered yet".to_owned(),
        Known::Is(false) => "no OIDC issuer".to_owned(),
        Known::Unknown(why) => format!("OIDC provider unknown ({why})"),
    });
    out.push(match &detail.agent {
        Known::Is(Some(status)) => format!("Pod Identity agent {status}"),
        Known::Is(None) if detail.auto_mode => "Pod Identity agent built into EKS Auto Mode".to_owned(),
        Known::Is(None) => "no Pod Identity agent".to_owned(),
        Known::Unknown(why) => format!("Pod Identity agent unknown ({why})"),
    });
    out.push(match &detail.api {
        Known::Is(_) => "its API server answers".to_owned(),
        Known::Unknown(why) => format!("its API server does not answer ({why})"),
    });
    if let Known::Is(tools) = &detail.tools {
        let tool = |it: &crate::domain::discovery::InstalledTool| {
            format!("{} {} in namespace {}", it.tool.title(), it.version, it.namespace)
        };
        let tools: Vec<String> = tools.iter().map(tool).collect();
        out.push(if tools.is_empty() { "no backup tool".to_owned() } else { format!("runs {}", tools.join(" and ")) });
    }
    out.extend(detail.issues.iter().map(|issue| format!("EKS reports: {issue}")));
    out.join(", ")
}

//! What is known that helps with a question, said at its field: on the screen and in the conversation alike.

use super::lore::Lore;
use super::model::Load;
use crate::domain::discovery::{ClusterDetail, FoundBucket, InstalledBy, InstalledTool, Known as Fact};
use crate::domain::volumes::Volumes;
use crate::domain::{GoDuration, Schedule, Shown};
use crate::plan::answers::Feature;
use crate::wizard::{Draft, Field};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How a remark is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is so.
    Fact,
    /// It is advised.
    Advice,
    /// It costs, or may surprise.
    Care,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How it is meant.
    pub tone: Tone,
    /// One sentence without a full stop.
    pub text: Shown,
}

/// What remarks are made of.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What was typed.
    pub draft: &'a Draft,
    /// What was found out.
    pub lore: &'a Lore,
    /// The caller's account.
    pub account: Option<&'a str>,
    /// The account's buckets.
    pub buckets: &'a [FoundBucket],
    /// What is known of the cluster that is backed up.
    pub detail: Option<&'a ClusterDetail>,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The zone of who reads.
    pub zone: Option<&'a TimeZone>,
}

fn fact(text: impl AsRef<str>) -> Remark {
    Remark { tone: Tone::Fact, text: Shown::new(text.as_ref()) }
}

pub(super) fn advice(text: impl AsRef<str>) -> Remark {
    Remark { tone: Tone::Advice, text: Shown::new(text.as_ref()) }
}

pub(super) fn care(text: impl AsRef<str>) -> Remark {
    Remark { tone: Tone::Care, text: Shown::new(text.as_ref()) }
}

/// What is to be said at a field.
pub fn remarks(known: &Known<'_>, field: &Field) -> Vec<Remark> {
    match field.path.as_str() {
        "tool" => installed(known),
        "identity" => identity(known, field),
        "bucket.name" => bucket(known),
        "velero.schedule" | "rancher.schedule" | "spaces.schedule" => schedule(known, &field.path),
        "velero.ttl" | "spaces.ttl" => kept(known, &field.path),
        "rancher.retention" => count_kept(known),
        "velero.features" => features(known),
        "spaces.groups" => space(known),
        "spaces.control_planes" => missing_planes(known),
        "spaces.trust" => trusted(known),
        _ => Vec::new(),
    }
}

/// The tools that run in the cluster, and what becomes of an install that is not lifeboat's.
fn installed(known: &Known<'_>) -> Vec<Remark> {
    match known.detail.map(|detail| &detail.tools) {
        Some(Fact::Is(tools)) => tools.iter().map(of_tool).collect(),
        Some(Fact::Unknown(why)) => vec![care(format!("what is installed is unknown: {why}"))],
        None => Vec::new(),
    }
}

fn of_tool(it: &InstalledTool) -> Remark {
    let name = format!("{} {}", it.tool.title(), it.version);
    let here = format!("{} runs in {}", name.trim_end(), it.namespace);
    match it.by {
        InstalledBy::Lifeboat => fact(format!("{here}, installed by lifeboat")),
        InstalledBy::Helm => fact(format!("{here}, a Helm release: its values are kept under ours")),
        InstalledBy::VeleroCli => fact(format!("{here}, installed by its command: it is set up in place")),
        InstalledBy::GitOps => care(format!(
            "{here}, owned by Argo CD or Flux: what is of the cluster is saved for its repository, not applied"
        )),
        InstalledBy::Unknown => fact(format!("{here}, by whom cannot be told")),
    }
}

/// Which way is chosen or advised, and why; until that is known what it rests on.
fn identity(known: &Known<'_>, field: &Field) -> Vec<Remark> {
    if let Some(out) = super::advised::remarks(known.draft, known.lore, field) {
        return out;
    }
    let Some(detail) = known.detail else { return Vec::new() };
    let mut out = Vec::new();
    out.push(match &detail.provider {
        _ if !detail.issuer => care("the cluster has no OIDC issuer: IRSA cannot be used"),
        Fact::Is(true) => fact("IRSA: the OIDC provider is registered"),
        Fact::Is(false) => fact("IRSA: the OIDC provider is registered by the plan"),
        Fact::Unknown(why) => care(format!("IRSA: the OIDC provider is unknown: {why}")),
    });
    out.push(match &detail.agent {
        Fact::Is(Some(status)) if status == "ACTIVE" => fact("Pod Identity: its agent runs"),
        Fact::Is(None) if detail.auto_mode => fact("Pod Identity: EKS Auto Mode has its agent built into its nodes"),
        Fact::Is(Some(status)) => care(format!("Pod Identity: its agent is {status}")),
        Fact::Is(None) => fact("Pod Identity: its agent is installed by the plan"),
        Fact::Unknown(why) => care(format!("Pod Identity: its agent is unknown: {why}")),
    });
    out
}

/// The name that a bucket really gets, and what another region than the cluster's costs.
fn bucket(known: &Known<'_>) -> Vec<Remark> {
    let draft = known.draft;
    let (name, create) = (draft.text("bucket.name"), draft.value("bucket.create") == "true");
    let mut out = Vec::new();
    if name.is_empty() {
        return out;
    }
    if create && draft.value("bucket.account_regional") == "true" {
        let real = super::check::real_name(draft, name, known.account);
        if real != name {
            out.push(fact(format!("its real name: {real}")));
        }
    }
    let region = super::check::bucket_region(draft, known.buckets);
    let of_cluster = draft.text("cluster.region");
    let asked = create || known.buckets.iter().any(|bucket| bucket.name == name);
    if asked && !region.is_empty() && !of_cluster.is_empty() && region != of_cluster {
        out.push(care(format!("in {region}, the cluster in {of_cluster}: AWS bills each GB between regions")));
    }
    out
}

/// N35: the next three times, in UTC and in the zone of who reads.
fn schedule(known: &Known<'_>, path: &str) -> Vec<Remark> {
    let text = known.draft.value(path);
    if text == "none" {
        return vec![care("no schedule: a backup is made only when somebody asks for one")];
    }
    let Ok(schedule) = Schedule::parse(&text) else { return Vec::new() };
    let times = schedule.next(known.now.div_euclid(1_000), 3);
    if times.is_empty() {
        return vec![care("this time never comes")];
    }
    let list = |zone: &TimeZone| {
        let told = |seconds: &i64| {
            let moment = Timestamp::from_second(*seconds).ok()?.to_zoned(zone.clone());
            Some(moment.strftime("%-d %b %H:%M").to_string())
        };
        times.iter().filter_map(told).collect::<Vec<_>>().join(", ")
    };
    let (utc, here) = (list(&TimeZone::UTC), known.zone.map(list));
    let mut out = vec![fact(format!("next {utc} UTC"))];
    if let (Some(here), Some(zone)) = (here.filter(|here| *here != utc), known.zone) {
        let name = times.first().and_then(|first| Timestamp::from_second(*first).ok());
        let name = name.map(|first| first.to_zoned(zone.clone()).strftime("%Z").to_string()).unwrap_or_default();
        out.push(fact(format!("here {here} {name}")));
    }
    out
}

/// Seconds between two backups of a schedule, over its next ten times.
fn between(known: &Known<'_>, path: &str) -> Option<i64> {
    let schedule = Schedule::parse(&known.draft.value(path)).ok()?;
    let times = schedule.next(known.now.div_euclid(1_000), 11);
    let (first, last) = (times.first()?, times.last()?);
    let count = i64::try_from(times.len()).ok()?.checked_sub(1).filter(|count| *count > 0)?;
    Some((last - first) / count).filter(|seconds| *seconds > 0)
}

/// So many seconds in words: `30 days`.
fn long(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..=7_199 => (seconds / 60, "minute"),
        7_200..=172_799 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// N36: a lifetime in days, and how many backups that are by the schedule.
fn kept(known: &Known<'_>, path: &str) -> Vec<Remark> {
    let Ok(ttl) = GoDuration::parse(&known.draft.value(path)) else { return Vec::new() };
    let seconds = i64::try_from(ttl.seconds()).unwrap_or(i64::MAX);
    let schedule = if path == "velero.ttl" { "velero.schedule" } else { "spaces.schedule" };
    let Some(between) = between(known, schedule) else { return vec![fact(long(seconds))] };
    if seconds <= between {
        let why = "the one before is gone before the next is made";
        return vec![care(format!("{}, no longer than the schedule's {}: {why}", long(seconds), long(between)))];
    }
    vec![fact(format!("{}: about {} backups by the schedule", long(seconds), seconds / between))]
}

/// How long so many backups reach back.
fn count_kept(known: &Known<'_>) -> Vec<Remark> {
    let count = known.draft.value("rancher.retention").trim().parse::<i64>();
    match (count, between(known, "rancher.schedule")) {
        (Ok(count @ 1..=10_000), Some(between)) => {
            vec![fact(format!("about {} by the schedule", long(between.saturating_mul(count))))]
        }
        _ => Vec::new(),
    }
}

/// What volumes there are, and what covers them.
fn features(known: &Known<'_>) -> Vec<Remark> {
    match &known.lore.volumes.load {
        Load::Here(volumes) => {
            let far = far(known.draft, volumes);
            let mut out = vec![fact(counted(volumes))];
            let (list, why) = recommended(volumes, far);
            let title = |feature: &Feature| feature.as_str().replace('-', " ");
            let list: Vec<String> = list.iter().map(title).collect();
            let list = if list.is_empty() { "none".to_owned() } else { list.join(" and ") };
            out.push(advice(format!("recommended: {list}; {why}")));
            out.extend(uncovered(known.draft, volumes).map(care));
            out
        }
        Load::Failed(trouble) => vec![care(format!("its volumes are unknown: {}", trouble.what))],
        Load::Loading(_) => vec![fact("counting its volumes")],
        Load::Idle => Vec::new(),
    }
}

/// `14 volumes: 12 EBS by CSI, 1 EBS in-tree, 1 EFS; in us-east-1`.
fn counted(volumes: &Volumes) -> String {
    let mut parts = Vec::new();
    for (count, what) in [(volumes.ebs_csi, "EBS by CSI"), (volumes.ebs_in_tree, "EBS in-tree"), (volumes.efs, "EFS")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.extend(volumes.other.iter().map(|(name, count)| format!("{count} {name}")));
    let regions: Vec<&str> = volumes.regions.iter().map(String::as_str).collect();
    let place = if regions.is_empty() { String::new() } else { format!("; in {}", regions.join(", ")) };
    match volumes.total() {
        0 => "no volumes: there is nothing but Kubernetes objects".to_owned(),
        1 => format!("1 volume: {}{place}", parts.join(", ")),
        total => format!("{total} volumes: {}{place}", parts.join(", ")),
    }
}

/// Whether what is restored may be elsewhere than the volumes' snapshots are.
fn far(draft: &Draft, volumes: &Volumes) -> bool {
    let other = |at: usize| !volumes.regions.contains(draft.restore_name(at).1);
    !volumes.regions.is_empty() && (0..draft.restores()).any(other)
}

/// The features that cover the volumes, and why those.
pub fn recommended(volumes: &Volumes, far: bool) -> (Vec<Feature>, &'static str) {
    let files = volumes.efs + volumes.others() > 0;
    let (mut list, why) = match (volumes.ebs() > 0, volumes.snapshot_class && volumes.ebs_in_tree == 0) {
        (false, _) if files => (Vec::new(), "only files can be copied of them"),
        (false, _) => (Vec::new(), "objects alone are enough"),
        (true, _) if far && volumes.snapshot_class => {
            (vec![Feature::Csi, Feature::DataMover], "snapshots stay in their region, the bucket is read from any")
        }
        (true, true) => (vec![Feature::Csi], "the snapshot controller and its class are there"),
        (true, false) => (vec![Feature::EbsSnapshots], "there is no VolumeSnapshotClass for all of them"),
    };
    if files {
        list.push(Feature::FileSystemBackup);
    }
    (list, why)
}

/// What the chosen features leave out.
fn uncovered(draft: &Draft, volumes: &Volumes) -> Option<String> {
    let chosen = draft.list("velero.features");
    let has = |feature: Feature| chosen.contains(feature.as_str());
    let files = has(Feature::FileSystemBackup);
    let csi = files || has(Feature::Csi) || has(Feature::DataMover);
    let native = files || has(Feature::EbsSnapshots);
    let mut left = 0;
    if !(csi || native) {
        left += volumes.ebs_csi;
    }
    if !native {
        left += volumes.ebs_in_tree;
    }
    if !files {
        left += volumes.efs + volumes.others();
    }
    match left {
        0 => None,
        1 => Some("as chosen, 1 volume is not covered".to_owned()),
        left => Some(format!("as chosen, {left} volumes are not covered")),
    }
}

/// What control planes there are.
fn space(known: &Known<'_>) -> Vec<Remark> {
    match &known.lore.space.load {
        Load::Here(space) if space.planes.is_empty() => vec![care("there is no control plane in this cluster")],
        Load::Here(space) => {
            let count = space.planes.len();
            let names: Vec<&str> = space.planes.iter().take(6).map(|plane| plane.name.as_str()).collect();
            let more = if count > 6 { format!(" and {} others", count - 6) } else { String::new() };
            let planes = if count == 1 { "1 control plane".to_owned() } else { format!("{count} control planes") };
            let mut out = vec![fact(format!("{planes}: {}{more}", names.join(", ")))];
            let groups = space.groups();
            let chosen = known.draft.list("spaces.groups");
            out.extend(
                chosen.iter().filter(|it| !groups.contains(it)).map(|it| care(format!("no group {it} is there"))),
            );
            out
        }
        Load::Failed(trouble) => vec![care(format!("its control planes are unknown: {}", trouble.what))],
        Load::Loading(_) => vec![fact("looking for its control planes")],
        Load::Idle => Vec::new(),
    }
}

/// Named control planes that are not there.
fn missing_planes(known: &Known<'_>) -> Vec<Remark> {
    let Load::Here(space) = &known.lore.space.load else { return Vec::new() };
    let there = |name: &String| space.planes.iter().any(|plane| plane.name == *name);
    let chosen = known.draft.list("spaces.control_planes");
    chosen.iter().filter(|name| !there(name)).map(|name| care(format!("no control plane {name} is there"))).collect()
}

/// What each kind of trust covers now.
fn trusted(known: &Known<'_>) -> Vec<Remark> {
    let Load::Here(space) = &known.lore.space.load else { return Vec::new() };
    let hosts: Vec<&str> = space.planes.iter().filter_map(|plane| plane.host.as_deref()).collect();
    let strange: Vec<&str> =
        space.matched.iter().map(String::as_str).filter(|name| !hosts.contains(name)).take(4).collect();
    if known.draft.value("spaces.trust") == "enumerated" {
        return vec![fact(format!("namespaces on the host: {}", hosts.len()))];
    }
    let mut out = vec![fact(format!("mxp-*-system matches {} namespaces now", space.matched.len()))];
    if !strange.is_empty() {
        out.push(care(format!("of no control plane: {}", strange.join(", "))));
    }
    out
}

#[cfg(test)]
#[path = "remark_tests.rs"]
mod tests;

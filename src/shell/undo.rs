//! `lifeboat undo`.

use super::cli::Global;
use super::{apply, begin, commands, output, runs, signals, world};
use crate::domain::{Identity, Tool};
use crate::engine::context::Learnt;
use crate::engine::journal::{Entry, Header, HeaderSite, Journal};
use crate::engine::{Context, Site};
use crate::plan::Names;
use crate::ports::{Answer, ClusterAccess, Trouble, TroubleKind, World};
use std::io::IsTerminal;
use tokio::sync::mpsc;

/// Takes a run back.
pub async fn undo(global: &Global, run: Option<&str>, yes: bool, json: bool) -> u8 {
    let Some(run) = run.map(str::to_owned).or_else(|| newest(global)) else {
        let trouble = Trouble::new(TroubleKind::NotFound, "there is no run to take back").todo("See lifeboat runs");
        return commands::refuse(&trouble, json);
    };
    if !is_id(&run) {
        output::warn(NO_ID);
        return 2;
    }
    if let Err(trouble) = may_undo(global, &run) {
        return commands::refuse(&trouble, json);
    }
    if !yes {
        if json || !std::io::stdin().is_terminal() {
            output::warn("There is no terminal to ask on: give --yes.");
            return 2;
        }
        let answer = output::ask(&format!("Take the run {run} back? [y/N]")).unwrap_or_default();
        if !matches!(answer.to_lowercase().as_str(), "y" | "yes") {
            output::warn("Nothing was changed.");
            return 130;
        }
    }
    let opened = match world::open(global, &[]) {
        Ok(opened) => opened,
        Err(trouble) => return commands::refuse(&trouble, json),
    };
    let code = match context(&opened, &run).await {
        Err(trouble) => commands::refuse(&trouble, json),
        Ok((context, entries, events)) => {
            signals::watch(context.stop.clone());
            let printer = tokio::spawn(apply::print(events, json));
            let finish = crate::engine::undo(&context, &entries).await;
            let journal = context.journal.path().to_path_buf();
            drop(context);
            let _ = printer.await;
            apply::end(&finish, json, &journal, true);
            finish.exit
        }
    };
    opened.save();
    code
}

/// What is said to a text that is no run's id.
const NO_ID: &str = "A run's id looks like 20260105T090000Z-1a2b3c4d; see lifeboat runs.";

/// Whether a text may be a run's id: it is made into a path.
fn is_id(run: &str) -> bool {
    !run.contains(['/', '\\']) && !run.starts_with('.')
}

/// Whether a run may be taken back at all.
///
/// # Errors
/// `Refused` with `--read-only`, for what is no id, and while a later run stands on it.
pub fn may_undo(global: &Global, run: &str) -> Answer<()> {
    if !is_id(run) {
        return Err(Trouble::new(TroubleKind::Refused, NO_ID.trim_end_matches('.')));
    }
    if global.read_only {
        return Err(Trouble::new(TroubleKind::Refused, "--read-only is given, and undo changes things"));
    }
    if let Some(later) = later(global, run) {
        return Err(Trouble::new(TroubleKind::Refused, format!("the run {later} came after {run} and built on it"))
            .why("what it made would stand on what is taken away")
            .todo(format!("Take that one back first: lifeboat undo {later}")));
    }
    Ok(())
}

/// The newest run of which anything is left to take back: an apply that kept everything is passed over.
fn newest(global: &Global) -> Option<String> {
    let runs = runs::all(global.demo.as_deref());
    runs.into_iter().find(|run| run.left && run.header.is_some()).map(|run| run.id)
}

/// The newest later run on the same cluster of which anything is left.
fn later(global: &Global, run: &str) -> Option<String> {
    let runs = runs::all(global.demo.as_deref());
    let of = |header: &Header| (header.account.clone(), header.region.clone(), header.cluster.clone());
    let target = runs.iter().find(|there| there.id == run)?.header.as_ref().map(of)?;
    let built_on = |there: &&runs::Run| {
        there.id.as_str() > run && there.left && there.header.as_ref().map(of).as_ref() == Some(&target)
    };
    runs.iter().find(built_on).map(|there| there.id.clone())
}

type Parts = (Context, Vec<Entry>, mpsc::UnboundedReceiver<crate::engine::Event>);

/// The context of an earlier run: its journal, its account, its cluster.
pub async fn context(opened: &world::Opened, run: &str) -> Answer<Parts> {
    let (journal, entries) = Journal::reopen(opened.runs()?, run)?;
    let header = entries.iter().find_map(|entry| match entry {
        Entry::Run(header) => Some(header.clone()),
        _ => None,
    });
    let Some(header) = header else {
        return Err(Trouble::new(
            TroubleKind::Unreadable,
            format!("the journal of {run} does not say what it is about"),
        ));
    };
    let world = opened.world.clone();
    let caller = world.aws.caller().await?;
    if caller.account != header.account || caller.partition != header.partition {
        return Err(Trouble::new(TroubleKind::Refused, format!("the run is of the account {}", header.account))
            .why(format!("your credentials are of {}", caller.account))
            .todo("Use credentials of the run's account (--profile)"));
    }
    let places = std::iter::once(first(&header)).chain(header.restores.iter().cloned());
    let sites = places.map(async |place| site(&world, &header, &place).await);
    let sites = futures::future::try_join_all(sites).await?;
    let (context, receiver) =
        begin::context(world.clone(), run.to_owned(), header.digest.clone(), journal, sites, Learnt::default())?;
    Ok((context, entries, receiver))
}

/// The cluster that was backed up, as the header names it.
fn first(header: &Header) -> HeaderSite {
    HeaderSite {
        region: header.region.clone(),
        cluster: header.cluster.clone(),
        context: header.context.clone(),
        namespace: header.namespace.clone(),
        role: header.role.clone(),
        provider_arn: header.provider_arn.clone(),
    }
}

/// One cluster of the run, as it can be reached now.
async fn site(world: &World, header: &Header, place: &HeaderSite) -> Answer<Site> {
    let Some(cluster) = world.aws.cluster(&place.region, &place.cluster).await? else {
        return Err(Trouble::new(TroubleKind::NotFound, format!("the cluster {} is gone", place.cluster))
            .todo("What the run made in the account is named in its journal"));
    };
    let access = ClusterAccess::of(&cluster, &place.region, &place.context);
    let kube = world.clusters.connect(&access).await?;
    Ok(Site { kube, access, names: names(header, place) })
}

/// The names that undo needs, out of the journal.
fn names(header: &Header, place: &HeaderSite) -> Names {
    Names {
        // A journal of an older version knows Velero with IRSA alone.
        tool: Tool::parse(&header.tool).unwrap_or(Tool::Velero),
        identity: Identity::parse(&header.identity).unwrap_or(Identity::Irsa),
        suffix: String::new(),
        folder: place.cluster.clone(),
        account: header.account.clone(),
        partition: header.partition.clone(),
        region: place.region.clone(),
        cluster: place.cluster.clone(),
        bucket: header.bucket.clone(),
        bucket_region: header.bucket_region.clone(),
        prefix: String::new(),
        role: place.role.clone(),
        role_arn: String::new(),
        provider_arn: place.provider_arn.clone(),
        namespace: place.namespace.clone(),
        service_account: String::new(),
        deployment: Tool::parse(&header.tool).unwrap_or(Tool::Velero).deployment().to_owned(),
        release: String::new(),
        location: String::new(),
        schedule: String::new(),
        writes: true,
    }
}

//! `lifeboat undo`.

use super::cli::Global;
use super::{apply, commands, output, runs, signals, world};
use crate::engine::context::Learnt;
use crate::engine::journal::{Entry, Header, Journal};
use crate::engine::{Context, Events};
use crate::plan::Names;
use crate::ports::{Answer, ClusterAccess, Trouble, TroubleKind};
use std::io::IsTerminal;
use std::sync::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Takes a run back.
pub async fn undo(global: &Global, run: Option<&str>, yes: bool, json: bool) -> u8 {
    let Some(run) = run.map(str::to_owned).or_else(|| newest(global)) else {
        let trouble = Trouble::new(TroubleKind::NotFound, "there is no run to take back").todo("See lifeboat runs");
        return commands::refuse(&trouble, json);
    };
    if run.contains(['/', '\\']) || run.starts_with('.') {
        output::warn("A run's id looks like 20260105T090000Z-1a2b3c4d; see lifeboat runs.");
        return 2;
    }
    if global.read_only {
        let trouble = Trouble::new(TroubleKind::Refused, "--read-only is given, and undo changes things");
        return commands::refuse(&trouble, json);
    }
    if let Some(later) = later(global, &run) {
        let trouble = Trouble::new(TroubleKind::Refused, format!("the run {later} came after {run} and built on it"))
            .why("what it made would stand on what is taken away")
            .todo(format!("Take that one back first: lifeboat undo {later}"));
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
    let (caller, cluster) = futures::try_join!(world.aws.caller(), world.aws.cluster(&header.region, &header.cluster))?;
    if caller.account != header.account || caller.partition != header.partition {
        return Err(Trouble::new(TroubleKind::Refused, format!("the run is of the account {}", header.account))
            .why(format!("your credentials are of {}", caller.account))
            .todo("Use credentials of the run's account (--profile)"));
    }
    let Some(cluster) = cluster else {
        return Err(Trouble::new(TroubleKind::NotFound, format!("the cluster {} is gone", header.cluster))
            .todo("What the run made in the account is named in its journal"));
    };
    let access = ClusterAccess {
        name: header.cluster.clone(),
        region: header.region.clone(),
        context: header.context.clone(),
        endpoint: cluster.endpoint,
        ca: cluster.ca,
    };
    let kube = world.clusters.connect(&access).await?;
    let (sender, receiver) = mpsc::unbounded_channel();
    let context = Context {
        kube,
        access,
        run: run.to_owned(),
        names: names(&header),
        digest: header.digest.clone(),
        journal,
        events: Events(sender),
        stop: CancellationToken::new(),
        learnt: Mutex::new(Learnt::default()),
        world,
    };
    Ok((context, entries, receiver))
}

/// The names that undo needs, out of the journal.
fn names(header: &Header) -> Names {
    Names {
        account: header.account.clone(),
        partition: header.partition.clone(),
        region: header.region.clone(),
        cluster: header.cluster.clone(),
        bucket: header.bucket.clone(),
        bucket_region: header.bucket_region.clone(),
        prefix: String::new(),
        role: header.role.clone(),
        role_arn: String::new(),
        provider_arn: header.provider_arn.clone(),
        namespace: header.namespace.clone(),
        service_account: String::new(),
        release: String::new(),
        location: String::new(),
        schedule: String::new(),
        writes: true,
    }
}

//! How a run begins, whichever front end asked for it: its id, its journal, its context.

use super::cli::Global;
use super::world::Opened;
use crate::engine::context::Learnt;
use crate::engine::journal::{self, Effect, Entry, Header, HeaderSite, Journal};
use crate::engine::{Context, Event, Events, Reached, Site};
use crate::plan::answers::{Answers, SiteAnswer};
use crate::plan::{ChangeKind, Names, Plan, base};
use crate::ports::{Answer, Caller, ClusterAccess, HelmVersion, Kube, Trouble, TroubleKind, World};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long a change of IAM may take until it is known everywhere.
const LATELY: Duration = Duration::from_mins(1);

/// What a new run is made of.
pub struct Run<'a> {
    /// The answers.
    pub answers: &'a Answers,
    /// The plan made of them.
    pub plan: &'a Plan,
    /// Who the credentials are of: asked anew where somebody was asked for consent since the plan was made.
    pub caller: &'a Caller,
    /// The clusters, in the order of the plan's sites.
    pub sites: Vec<Reached>,
    /// The key's ARN and id, where it is there already.
    pub key: Option<(String, String)>,
    /// The helm that would be run, where it was asked for.
    pub helm: Option<Answer<HelmVersion>>,
}

/// Whether a plan may be applied at all.
///
/// # Errors
/// `Refused` with `--read-only`, unless there is nothing to change.
pub fn may_change(global: &Global, plan: &Plan) -> Answer<()> {
    if global.read_only && plan.changes.iter().any(|change| !change.ops.is_empty()) {
        return Err(Trouble::new(TroubleKind::Refused, "--read-only is given and the plan is not all keep")
            .todo("Leave --read-only out to apply"));
    }
    Ok(())
}

/// The context of a new run, its journal begun.
///
/// # Errors
/// The caller is of another account than the plan; no helm where one is needed; no place for the journal. Nothing was
/// changed then.
pub async fn begin(opened: &Opened, run: Run<'_>) -> Answer<(Context, mpsc::UnboundedReceiver<Event>)> {
    let world = opened.world.clone();
    same_account(run.caller, &run.plan.names.account)?;
    if run.plan.changes.iter().any(|change| change.kind == ChangeKind::Helm && !change.ops.is_empty()) {
        match &run.helm {
            Some(version) => version.clone()?,
            None => world.helm.version().await?,
        };
    }
    let now = world.host.now();
    let id = format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), hex::encode(world.host.random(4)));
    let iam_changed = iam_changed(opened.runs()?, run.plan.names.account.as_str(), now);
    let journal = Journal::create(opened.runs()?, &id)?;
    journal.write(now, Entry::Run(header(&run, &id)))?;
    let sites = run.sites.into_iter().zip(run.plan.sites.clone());
    let sites = sites.map(|(reached, names)| Site { kube: reached.kube, access: reached.access, names }).collect();
    let learnt = Learnt { key: run.key, iam_changed, ..Learnt::default() };
    context(world, id, run.plan.digest.clone(), journal, sites, learnt)
}

/// E12: the credentials may have changed since the plan was made; a run is of the account that it was planned for.
///
/// # Errors
/// `Refused` when they are of another account now.
fn same_account(caller: &Caller, planned: &str) -> Answer<()> {
    if caller.account == planned {
        return Ok(());
    }
    let what = format!("the plan is for account {planned}, your credentials are of {} now", caller.account);
    Err(Trouble::new(TroubleKind::Refused, what)
        .why(format!("you are {}", caller.arn))
        .todo("Use the credentials that the plan was made with, or plan again"))
}

/// The context of a run at its first cluster.
///
/// # Errors
/// `Refused` when it has no cluster.
pub fn context(
    world: World,
    run: String,
    digest: String,
    journal: Journal,
    sites: Vec<Site>,
    learnt: Learnt,
) -> Answer<(Context, mpsc::UnboundedReceiver<Event>)> {
    let Some(first) = sites.first().cloned() else {
        return Err(Trouble::new(TroubleKind::Refused, "a run has at least one cluster"));
    };
    let (sender, receiver) = mpsc::unbounded_channel();
    let context = Context {
        world,
        run,
        digest,
        names: first.names,
        kube: first.kube,
        access: first.access,
        journal: Arc::new(journal),
        events: Events(sender),
        stop: CancellationToken::new(),
        learnt: Arc::new(Mutex::new(learnt)),
        sites: Arc::new(sites),
    };
    Ok((context, receiver))
}

/// The clusters of answers, the one that is backed up first.
///
/// # Errors
/// As [`connect`].
pub async fn reach(world: &World, answers: &Answers) -> Answer<Vec<Reached>> {
    let all = answers.sites().into_iter().map(async |site| {
        let (kube, access) = connect(world, site.region.as_str(), site.name.as_str(), site.context).await?;
        Ok::<_, Trouble>(Reached { kube, access })
    });
    futures::future::try_join_all(all).await
}

/// When the run before this one changed IAM, if that may not be known everywhere yet (security.md 1.9: 60 s): a
/// second try right after a failure waits for it as the first one would have.
fn iam_changed(runs: &Path, account: &str, now: jiff::Timestamp) -> Option<jiff::Timestamp> {
    let (id, entries) = journal::runs(runs).into_iter().next()?;
    let entries = entries.ok()?;
    let same = entries.iter().any(|entry| matches!(entry, Entry::Run(header) if header.account == account));
    let changed = entries.iter().any(|entry| {
        matches!(entry, Entry::Result { change, result: Effect::Created | Effect::Updated, .. }
            if matches!(base(change), "oidc-provider" | "role" | "permissions" | "association"))
    });
    // The file's own time: a demo's clock is not the one on the wall.
    let written = std::fs::metadata(runs.join(id).join("journal.jsonl")).and_then(|meta| meta.modified()).ok()?;
    let age = written.elapsed().unwrap_or_default();
    (same && changed && age < LATELY).then(|| now.checked_sub(age).unwrap_or(now))
}

fn header(run: &Run<'_>, id: &str) -> Header {
    let names = &run.plan.names;
    Header {
        run: id.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        command: "apply".to_owned(),
        tool: names.tool.to_string(),
        identity: names.identity.to_string(),
        partition: names.partition.clone(),
        account: names.account.clone(),
        caller: run.caller.arn.clone(),
        region: names.region.clone(),
        cluster: names.cluster.clone(),
        context: run.answers.cluster.context.clone(),
        namespace: names.namespace.clone(),
        bucket: names.bucket.clone(),
        bucket_region: names.bucket_region.clone(),
        role: names.role.clone(),
        provider_arn: names.provider_arn.clone(),
        digest: run.plan.digest.clone(),
        restores: run.plan.sites.iter().zip(run.answers.sites()).skip(1).map(restore).collect(),
    }
}

fn restore((names, site): (&Names, SiteAnswer<'_>)) -> HeaderSite {
    HeaderSite {
        region: names.region.clone(),
        cluster: names.cluster.clone(),
        context: site.context.to_owned(),
        namespace: names.namespace.clone(),
        role: names.role.clone(),
        provider_arn: names.provider_arn.clone(),
    }
}

/// A cluster's API server, by its context, or by what EKS says of it. Without a cluster's name the context's
/// stands for it.
///
/// # Errors
/// `NotFound` when there is no such cluster; what EKS or the kubeconfig says.
pub async fn connect(
    world: &World,
    region: &str,
    cluster: &str,
    context: &str,
) -> Answer<(Arc<dyn Kube>, ClusterAccess)> {
    let mut access = ClusterAccess {
        name: cluster.to_owned(),
        region: region.to_owned(),
        context: context.to_owned(),
        ..ClusterAccess::default()
    };
    if context.is_empty() {
        let Some(cluster) = world.aws.cluster(region, cluster).await? else {
            return Err(Trouble::new(TroubleKind::NotFound, format!("there is no cluster {cluster} in {region}"))
                .todo("Check --cluster, --region and the profile"));
        };
        access.endpoint = cluster.endpoint;
        access.ca = cluster.ca;
    } else if access.name.is_empty() {
        access.name = context.to_owned();
    }
    let kube = world.clusters.connect(&access).await?;
    Ok((kube, access))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    /// A journal whose run did one thing to a change.
    fn runs(account: &str, change: &str, result: Effect) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let now = jiff::Timestamp::UNIX_EPOCH;
        let journal = Journal::create(folder.path(), "20260105T090000Z-1a2b3c4d").unwrap();
        let header = Header { account: account.to_owned(), ..Header::default() };
        journal.write(now, Entry::Run(header)).unwrap();
        let (change, message) = (change.to_owned(), String::new());
        journal.write(now, Entry::Result { change, step: 0, result, ids: BTreeMap::new(), message }).unwrap();
        folder
    }

    #[tokio::test]
    async fn e12_a_run_is_of_the_account_that_it_was_planned_for() {
        let world = crate::demo::World::open("default", None).unwrap().ports();
        let caller = world.aws.caller().await.unwrap();
        assert!(same_account(&caller, "111122223333").is_ok());
        let refused = same_account(&caller, "444455556666").unwrap_err();
        assert_eq!(refused.kind, TroubleKind::Refused);
        assert!(refused.what.as_str().contains("444455556666") && refused.what.as_str().contains("111122223333"));
    }

    #[test]
    fn a_second_try_knows_that_the_first_just_changed_iam() {
        let now: jiff::Timestamp = "2026-01-05T09:00:10Z".parse().unwrap();
        let account = "111122223333";
        let of = |folder: &tempfile::TempDir| iam_changed(folder.path(), account, now);
        assert!(of(&runs(account, "role", Effect::Created)).is_some_and(|at| at <= now));
        assert_eq!(of(&runs(account, "bucket", Effect::Created)), None, "S3 is no IAM");
        assert_eq!(of(&runs(account, "role", Effect::Failed)), None, "nothing was changed");
        assert_eq!(of(&runs("444455556666", "role", Effect::Created)), None, "another account's");
        assert_eq!(of(&tempfile::tempdir().unwrap()), None);
    }
}

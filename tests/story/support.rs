//! A user at a demo world: answers, a plan, an apply, an undo; everything said is kept.

use lifeboat::demo;
use lifeboat::domain::{BucketName, ClusterName, Identity, Region, Tool};
use lifeboat::engine::context::Learnt;
use lifeboat::engine::journal::{self, Entry, Journal};
use lifeboat::engine::{self, Context, Event, Events, Finish, Gathered, Site};
use lifeboat::plan::answers::Answers;
use lifeboat::plan::{Action, Plan, Prove};
use lifeboat::ports::{Answer, World};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A user at a world.
pub struct User {
    pub world: World,
    /// The world behind the ports, to make it fail.
    #[allow(dead_code)]
    pub demo: demo::World,
    pub runs: tempfile::TempDir,
    /// Stops what is applied.
    pub stop: CancellationToken,
    count: std::cell::Cell<u32>,
}

/// A run that ended.
pub struct Ran {
    pub finish: Finish,
    pub events: Vec<Event>,
    #[allow(dead_code)]
    pub journal: PathBuf,
}

impl Ran {
    /// Panics with all that was said unless the run ended so.
    #[track_caller]
    pub fn ended(&self, exit: u8, outcome: engine::Outcome) -> &Self {
        assert!(
            self.finish.exit == exit && self.finish.outcome == outcome,
            "ended {:?} with {}, expected {outcome:?} with {exit}; said:\n{}",
            self.finish.outcome,
            self.finish.exit,
            self.said()
        );
        self
    }

    /// Everything that was said, a line an event.
    pub fn said(&self) -> String {
        let line = |event: &Event| format!("{:?} {} {:.1} {}", event.state, event.change, event.seconds, event.message);
        self.events.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl User {
    /// A user at a fresh world.
    pub fn at(world: &str) -> Self {
        Self::of(&demo::World::open(world, None).expect("the demo world opens"))
    }

    /// A user at a world that the test keeps a hand on.
    pub fn of(world: &demo::World) -> Self {
        Self {
            world: world.ports(),
            demo: world.clone(),
            runs: tempfile::tempdir().expect("a folder"),
            stop: CancellationToken::new(),
            count: std::cell::Cell::new(0),
        }
    }

    pub async fn gather(&self, answers: &Answers) -> Answer<Gathered> {
        engine::gather(&self.world, answers).await
    }

    /// The plan of answers; panics with the problems.
    pub async fn plan(&self, answers: &Answers, prove: Prove) -> (Plan, Gathered) {
        let gathered = self.gather(answers).await.expect("the facts can be read");
        let plan = lifeboat::plan::plan(answers, &gathered.facts, prove).expect("the answers fit the world");
        (plan, gathered)
    }

    /// Applies answers.
    pub async fn apply(&self, answers: &Answers, prove: Prove) -> Ran {
        let (plan, gathered) = self.plan(answers, prove).await;
        assert!(plan.conflicts().is_empty(), "conflicts: {:?}", plan.conflicts());
        self.count.set(self.count.get() + 1);
        let run = format!("20260105T0900{:02}Z-{:08x}", self.count.get(), self.count.get());
        let journal = Journal::create(self.runs.path(), &run).expect("a journal");
        let header = journal::Header {
            run: run.clone(),
            program: "test".to_owned(),
            command: "apply".to_owned(),
            tool: plan.names.tool.to_string(),
            identity: plan.names.identity.to_string(),
            restores: Vec::new(),
            partition: plan.names.partition.clone(),
            account: plan.names.account.clone(),
            caller: gathered.facts.caller.arn.clone(),
            region: plan.names.region.clone(),
            cluster: plan.names.cluster.clone(),
            context: String::new(),
            namespace: plan.names.namespace.clone(),
            bucket: plan.names.bucket.clone(),
            bucket_region: plan.names.bucket_region.clone(),
            role: plan.names.role.clone(),
            provider_arn: plan.names.provider_arn.clone(),
            digest: plan.digest.clone(),
        };
        journal.write(self.world.host.now(), Entry::Run(header)).expect("the journal takes a line");
        let (context, events) = self.context(&plan, &gathered, journal, &run);
        let finish = engine::apply(&context, &plan, prove).await;
        ended(context, events, finish)
    }

    /// Takes a run back.
    pub async fn undo(&self, answers: &Answers, ran: &Ran) -> Ran {
        self.undo_run(answers, &ran.finish.run).await
    }

    /// Takes the run of an id back.
    pub async fn undo_run(&self, answers: &Answers, run: &str) -> Ran {
        let (plan, gathered) = self.plan(answers, Prove::Needed).await;
        let (journal, entries) = Journal::reopen(self.runs.path(), run).expect("the journal opens");
        let (context, events) = self.context(&plan, &gathered, journal, run);
        let finish = engine::undo(&context, &entries).await;
        ended(context, events, finish)
    }

    fn context(
        &self,
        plan: &Plan,
        gathered: &Gathered,
        journal: Journal,
        run: &str,
    ) -> (Context, mpsc::UnboundedReceiver<Event>) {
        let key = gathered.facts.key.as_ref().map(|key| (key.key.arn.clone(), key.key.id.clone()));
        let sites = gathered.sites.iter().cloned().zip(plan.sites.clone());
        let sites: Vec<Site> =
            sites.map(|(reached, names)| Site { kube: reached.kube, access: reached.access, names }).collect();
        let (sender, receiver) = mpsc::unbounded_channel();
        let context = Context {
            world: self.world.clone(),
            kube: sites[0].kube.clone(),
            access: sites[0].access.clone(),
            run: run.to_owned(),
            names: plan.names.clone(),
            digest: plan.digest.clone(),
            journal: Arc::new(journal),
            events: Events(sender),
            stop: self.stop.clone(),
            learnt: Arc::new(Mutex::new(Learnt { key, ..Learnt::default() })),
            sites: Arc::new(sites),
        };
        (context, receiver)
    }
}

fn ended(context: Context, mut events: mpsc::UnboundedReceiver<Event>, finish: Finish) -> Ran {
    let journal = context.journal.path().to_path_buf();
    drop(context);
    let mut said = Vec::new();
    while let Ok(event) = events.try_recv() {
        said.push(event);
    }
    Ran { finish, events: said, journal }
}

/// Answers for a cluster of the demo world.
pub fn answers(cluster: &str) -> Answers {
    Answers::new(
        Tool::Velero,
        Identity::Irsa,
        ClusterName::parse(cluster).unwrap(),
        Region::parse("us-east-1").unwrap(),
        BucketName::parse("acme-backups").unwrap(),
    )
}

/// The ids of the changes that are not kept.
pub fn to_do(plan: &Plan) -> Vec<&str> {
    plan.changes.iter().filter(|change| change.action != Action::Keep).map(|change| change.id.as_str()).collect()
}

/// The id of a run.
#[allow(dead_code)]
pub fn run_of(ran: &Ran) -> String {
    ran.finish.run.clone()
}

//! A user at the wizard: keys in, effects done on the demo world one after the other, news back.

use crate::user::{User, run_of};
use lifeboat::app::{self, Effect, Gathered, Key, Machine, Model, Msg, News, Setup, Size, Task, Ticket, Toast};
use lifeboat::domain::Shown;
use lifeboat::domain::live::LiveNews;
use lifeboat::engine;
use lifeboat::ports::ClusterAccess;
use lifeboat::wizard::{Draft, StepId};
use std::collections::VecDeque;

/// A user at the wizard.
pub struct Journey {
    pub user: User,
    pub model: Model,
    /// What is to be done.
    pub queue: VecDeque<(Ticket, Task)>,
    /// Everything that was asked for.
    pub asked: Vec<Effect>,
    /// The runs that were made, for undo.
    runs: Vec<(lifeboat::plan::answers::Answers, crate::user::Ran)>,
    /// What the editor gives back.
    pub editor: Option<String>,
}

impl Journey {
    /// At Welcome of a demo world, nothing answered yet.
    pub fn at(world: &str) -> Self {
        let setup = Setup {
            demo: Some(world.to_owned()),
            answers_folder: "/home/ada/.local/state/lifeboat/answers".to_owned(),
            ..Setup::default()
        };
        Self::with(world, setup)
    }

    /// As [`Journey::at`], started in another way.
    pub fn with(world: &str, setup: Setup) -> Self {
        let model = Model::new(setup, Size { w: 120, h: 40 }, 1_770_000_000_000);
        let mut journey = Self {
            user: User::at(world),
            model,
            queue: VecDeque::new(),
            asked: Vec::new(),
            runs: Vec::new(),
            editor: None,
        };
        let effects = app::start(&mut journey.model);
        journey.take(effects);
        journey
    }

    /// Started at the watch of a set-up, with the draft of its answers where they are known.
    pub fn watching(world: &str, place: app::Place, draft: Option<Draft>) -> Self {
        let mut journey = Self::at(world);
        let setup = journey.model.setup.clone();
        journey.model = Model::new(setup, Size { w: 120, h: 40 }, 1_770_000_000_000);
        (journey.queue, journey.asked) = (VecDeque::new(), Vec::new());
        journey.model.draft = draft.unwrap_or_default();
        let effects = app::start_live(&mut journey.model, place);
        journey.take(effects);
        journey
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match &effect {
                Effect::Start(ticket, task) => self.queue.push_back((*ticket, (**task).clone())),
                Effect::Cancel(ticket) => self.queue.retain(|(there, _)| there != ticket),
                Effect::Edit(ticket, _, text) => {
                    let given = self.editor.clone().filter(|given| given != text);
                    self.asked.push(effect.clone());
                    self.news(*ticket, News::Edited(Ok(given)));
                    continue;
                }
                _ => {}
            }
            self.asked.push(effect);
        }
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = app::update(&mut self.model, msg);
        self.take(effects);
    }

    pub fn news(&mut self, ticket: Ticket, news: News) {
        self.send(Msg::News(ticket, Box::new(news)));
    }

    /// Presses keys, written as in the key map, separated by spaces; nothing is done meanwhile.
    #[track_caller]
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().expect("a key");
            self.model.now += 10;
            self.send(Msg::Key(key));
        }
        self
    }

    /// Types a text.
    pub fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(Msg::Key(Key::char(c)));
        }
        self
    }

    /// Does all that is asked for, until nothing is.
    pub async fn settle(&mut self) -> &mut Self {
        while let Some((ticket, task)) = self.queue.pop_front() {
            if self.model.tasks.contains_key(&ticket) {
                Box::pin(self.perform(ticket, task)).await;
            }
        }
        self
    }

    async fn perform(&mut self, ticket: Ticket, task: Task) {
        let world = self.user.world.clone();
        match task {
            Task::Look => {
                let who = engine::surroundings(&world).await;
                self.news(ticket, News::Surroundings(who));
                self.news(ticket, News::Machine(Machine::default()));
            }
            Task::Discover => {
                let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
                engine::discover(&world, &[], sender).await;
                while let Ok(step) = receiver.try_recv() {
                    self.news(ticket, News::Discovery(step));
                }
            }
            Task::Describe(region, name, context) => {
                let detail = engine::describe(&world, &region, &name, &context).await.map(Box::new);
                let found = lifeboat::domain::discovery::FoundCluster { region, name };
                self.news(ticket, News::Detail(found, detail));
            }
            Task::Buckets => {
                let buckets = world.aws.buckets().await;
                self.news(ticket, News::Buckets(buckets));
            }
            Task::Keys(region) => {
                let keys = world.aws.aliases(&region).await;
                let list = keys.clone().unwrap_or_default();
                self.news(ticket, News::Keys(keys));
                self.news(ticket, News::KeyStates(engine::key_states(&world, &region, &list).await));
            }
            Task::Volumes(region, name, context) => {
                let found = engine::volumes(&world, &region, &name, &context).await;
                self.news(ticket, News::Volumes(format!("{region}/{name}"), found));
            }
            Task::CheckBucket(name, region) => {
                let account = world.aws.caller().await.unwrap().account;
                let head = engine::check_bucket(&world, &name, &region, &account).await;
                self.news(ticket, News::Bucket(name, head));
            }
            Task::CheckKey(key, region) => {
                let found = engine::check_key(&world, &region, &key).await.map(|key| key.map(Box::new));
                self.news(ticket, News::Key(key, found));
            }
            Task::Advise(of, clusters) => {
                let found = engine::identity_advice(&world, &clusters).await;
                self.news(ticket, News::Advice(of, found));
            }
            Task::Space(region, name, context) => {
                let found = engine::planes(&world, &region, &name, &context).await;
                self.news(ticket, News::Space(format!("{region}/{name}"), found));
            }
            Task::Audit(name, answers) => {
                let lines = engine::audit(&world, &answers).await;
                self.news(ticket, News::Audit(name, lines));
            }
            Task::Gather(answers) => {
                let facts = engine::gather(&world, &answers).await.map(|gathered| gathered.facts);
                let gathered = Gathered { answers: Ok(*answers), facts };
                self.news(ticket, News::Gathered(Box::new(gathered)));
            }
            Task::Preflight(answers, plan) => {
                let gathered = engine::gather(&world, &answers).await.unwrap();
                let lines = engine::preflight(&world, &plan, &gathered.facts.caller.arn, &gathered.sites).await;
                self.news(ticket, News::Preflight(Ok(lines)));
            }
            Task::Apply { answers, prove, .. } => {
                let ran = self.user.apply(&answers, prove).await;
                self.ran(ticket, &ran);
                self.runs.push((*answers, ran));
            }
            Task::Undo(_) => {
                let (answers, ran) = self.runs.pop().expect("a run to take back");
                let back = self.user.undo(&answers, &ran).await;
                self.ran(ticket, &back);
            }
            Task::Live(place) => self.watch(ticket, &place).await,
            Task::Logs(..) => self.news(ticket, News::Log(Ok(Shown::new("level=info msg=\"started\"")))),
        }
        self.send(Msg::Ended(ticket));
    }

    fn ran(&mut self, ticket: Ticket, ran: &crate::user::Ran) {
        self.news(ticket, News::Begun(run_of(ran), ran.journal.clone()));
        for event in &ran.events {
            self.news(ticket, News::Event(event.clone()));
        }
        self.news(ticket, News::Finished(ran.finish.clone()));
    }

    async fn watch(&mut self, ticket: Ticket, place: &app::Place) {
        let world = self.user.world.clone();
        let cluster = world.aws.cluster(&place.region, &place.cluster).await.unwrap().expect("the cluster");
        let access = ClusterAccess::of(&cluster, &place.region, &place.context);
        let kube = world.clusters.connect(&access).await.unwrap();
        let status = engine::status(&world, &kube, &access, place.tool, &place.namespace).await.unwrap();
        self.news(ticket, News::Live(LiveNews::Status(Box::new(status))));
    }

    /// Walks from Welcome to the step, Velero with IRSA on a cluster, a new bucket.
    pub async fn walk(&mut self, cluster: &str, bucket: &str, to: StepId) -> &mut Self {
        self.settle().await;
        // "Set up backups" is the first offer where nobody was here before.
        self.press("enter").settle().await;
        self.types(cluster).settle().await;
        self.press("enter");
        for step in [StepId::Tool, StepId::Identity, StepId::Storage, StepId::Encryption, StepId::Options] {
            self.on(step);
            if to == step {
                return self;
            }
            if step == StepId::Identity {
                // Facts choose the other one in a cluster with an agent.
                self.press("up space");
            }
            if step == StepId::Storage {
                self.press("tab").types(bucket);
            }
            self.settle().await;
            self.press("ctrl-n").settle().await;
        }
        self.on(StepId::Review);
        if to > StepId::Review {
            self.press("a tab enter");
            self.on(StepId::Apply);
            self.settle().await;
        }
        self
    }

    /// Panics with what is on the screen unless the wizard is at that step.
    #[track_caller]
    pub fn on(&self, step: StepId) -> &Self {
        assert_eq!(self.model.step(), step, "{}", self.seen());
        self
    }

    /// What a user is told now.
    pub fn seen(&self) -> String {
        let toast = |toast: &Toast| format!("{:?} {} {}", toast.level, toast.text, toast.more);
        let toasts: Vec<String> = self.model.toasts.history.iter().map(toast).collect();
        let problems: Vec<String> = self.model.draft.problems().iter().map(ToString::to_string).collect();
        let plan = self.model.review.plan.as_deref().and_then(|plan| plan.as_ref().err().map(ToString::to_string));
        format!(
            "messages: {toasts:#?}\nproblems: {problems:#?}\nchecks: {:#?}\nplan: {plan:?}\ngathered: {}\noverlay: {:?}",
            self.model.checks,
            match &self.model.review.gathered {
                app::Load::Failed(trouble) => trouble.to_string(),
                other => if other.is_loading() { "loading" } else { "idle or here" }.to_owned(),
            },
            self.model.overlays.last().map(std::mem::discriminant)
        )
    }

    /// Whether something of this was ever said.
    pub fn said(&self, part: &str) -> bool {
        self.model.toasts.history.iter().any(|toast| format!("{} {}", toast.text, toast.more).contains(part))
    }
}

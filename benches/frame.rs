//! The core's speed: a frame composed at 250x80, a key taken and its frame composed with 10,000 rows and a filter,
//! the plan made anew. `cargo bench --bench frame`; the bars are 2 ms a frame, 8 ms a key, 16 ms a plan.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../tests/wizard/journey.rs"]
#[allow(dead_code)]
mod journey;
#[path = "../tests/plan/space.rs"]
#[allow(dead_code)]
mod space;
#[path = "../tests/story/support.rs"]
#[allow(dead_code)]
mod user;
#[path = "../tests/plan/world.rs"]
#[allow(dead_code)]
mod world;

use criterion::{Criterion, criterion_group, criterion_main};
use journey::Journey;
use lifeboat::app::{self, Gathered, Key, Model, Msg, News, Size};
use lifeboat::domain::discovery::Discovery;
use lifeboat::domain::{ClusterName, Region};
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer};
use lifeboat::plan::{Facts, SiteFacts};
use lifeboat::theme::{Profile, Theme};
use lifeboat::wizard::StepId;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::hint::black_box;

const LARGE: Size = Size { w: 250, h: 80 };

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A wizard that was walked to a step.
fn at(step: StepId) -> Model {
    block(async {
        let mut journey = Journey::at("default");
        journey.walk("prod", "acme-backups", step.min(StepId::Apply)).await;
        if step == StepId::Live {
            journey.press("enter").settle().await;
        }
        journey.send(Msg::Resize(LARGE));
        journey.model
    })
}

/// A wizard at Cluster with 10,000 rows.
fn crowd() -> Model {
    block(async {
        let mut journey = Journey::at("default");
        journey.settle().await;
        journey.press("enter");
        let (ticket, _) = journey.queue.pop_front().unwrap();
        let names = (0..10_000).map(|n| format!("team-{n:05}")).collect();
        journey.news(ticket, News::Discovery(Discovery::Regions(vec!["us-east-1".to_owned()])));
        journey.news(ticket, News::Discovery(Discovery::Clusters("us-east-1".to_owned(), names)));
        journey.send(Msg::Resize(LARGE));
        journey.model
    })
}

fn frames(bench: &mut Criterion) {
    let theme = Theme::named("dark", Profile::TrueColor).unwrap();
    let mut group = bench.benchmark_group("frame at 250x80");
    for step in [StepId::Storage, StepId::Review, StepId::Apply, StepId::Live] {
        let model = at(step);
        let mut terminal = Terminal::new(TestBackend::new(LARGE.w, LARGE.h)).unwrap();
        group.bench_function(format!("{step:?}"), |bench| {
            bench.iter(|| terminal.draw(|frame| lifeboat::view::view(black_box(&model), &theme, frame)).map(drop));
        });
    }
    group.finish();
}

fn keys(bench: &mut Criterion) {
    let theme = Theme::named("dark", Profile::TrueColor).unwrap();
    let mut model = crowd();
    for c in "team-0".chars() {
        app::update(&mut model, Msg::Key(Key::char(c)));
    }
    let mut terminal = Terminal::new(TestBackend::new(LARGE.w, LARGE.h)).unwrap();
    bench.bench_function("key to frame, 10,000 rows filtered", |bench| {
        bench.iter(|| {
            app::update(&mut model, Msg::Key(Key::char('7')));
            terminal.draw(|frame| lifeboat::view::view(&model, &theme, frame)).map(drop).unwrap();
            app::update(&mut model, Msg::Key("backspace".parse().unwrap()));
            terminal.draw(|frame| lifeboat::view::view(&model, &theme, frame)).map(drop).unwrap();
        });
    });
}

fn plans(bench: &mut Criterion) {
    let mut model = at(StepId::Review);
    // A consent makes the plan anew: the cursor is on the bucket's lifecycle, which is ours and takes a "leave".
    let model = &mut model;
    let answers = model.draft.answers().unwrap();
    let facts = model.review.gathered.here().unwrap().facts.clone().unwrap();
    bench.bench_function("plan made anew", |bench| {
        bench.iter(|| lifeboat::plan::plan(black_box(&answers), &facts, lifeboat::plan::Prove::Needed));
    });
}

/// A Space with 200 control planes by the pattern: each has a proof, a wait and a restart of its own.
fn spaces(bench: &mut Criterion) {
    let mut answers = space::space_answers();
    answers.spaces.trust = lifeboat::plan::answers::SpacesTrust::Pattern;
    let facts = space::space_facts(200);
    bench.bench_function("plan of 200 host namespaces", |bench| {
        bench.iter(|| lifeboat::plan::plan(black_box(&answers), &facts, lifeboat::plan::Prove::Needed));
    });
}

/// Answers with 20 clusters to restore to, and an account that has nothing yet.
fn twenty() -> (Answers, Facts) {
    let (mut answers, mut facts) = (world::answers(), world::facts());
    for number in 0..20 {
        let name = format!("dr-{number:02}");
        answers.restore_clusters.push(RestoreClusterAnswer {
            name: ClusterName::parse(&name).unwrap(),
            region: Region::parse("us-west-2").unwrap(),
            context: String::new(),
            namespace: None,
            service_account: None,
        });
        facts.restores.push(SiteFacts::bare(world::cluster(&name, "us-west-2")));
    }
    (answers, facts)
}

/// A consent on Review: the plan is made anew and its frame composed.
fn reviews(bench: &mut Criterion) {
    let theme = Theme::named("dark", Profile::TrueColor).unwrap();
    let mut terminal = Terminal::new(TestBackend::new(LARGE.w, LARGE.h)).unwrap();
    let mut spaces = space::space_answers();
    spaces.spaces.trust = lifeboat::plan::answers::SpacesTrust::Pattern;
    let (answers, facts) = twenty();
    let cases = [("20 restore clusters", answers, facts), ("200 host namespaces", spaces, space::space_facts(200))];
    for (name, answers, mut facts) in cases {
        let mut model = at(StepId::Review);
        // A bucket of somebody else, whose hardening is asked about.
        facts.bucket = world::bucket("us-east-1", &[]);
        let wanted = lifeboat::plan::plan(&answers, &facts, lifeboat::plan::Prove::Needed).unwrap().changes.len();
        let gathered = Gathered { answers: Ok(answers), facts: Ok(facts) };
        let looks = app::update(&mut model, Msg::Key(Key::char('r')));
        let ticket = looks.into_iter().find_map(|effect| match effect {
            app::Effect::Start(ticket, _) => Some(ticket),
            _ => None,
        });
        app::update(&mut model, Msg::News(ticket.unwrap(), Box::new(News::Gathered(Box::new(gathered)))));
        // The first of it: left, taken back, left.
        let mut key = || {
            app::update(&mut model, Msg::Key(Key::char('x')));
            terminal.draw(|frame| lifeboat::view::view(&model, &theme, frame)).map(drop).unwrap();
            let kept = |plan: &lifeboat::plan::Plan| plan.conflicts().len();
            (model.review.plan().map_or(0, |plan| plan.changes.len()), model.review.plan().map_or(0, kept))
        };
        let (first, second) = (key(), key());
        assert_eq!(first.0, wanted, "the plan of {name} is what is shown");
        assert_eq!(first.1 + 1, second.1, "a consent makes it anew");
        bench.bench_function(&format!("Review recomputed and repainted, {name}"), |bench| bench.iter(&mut key));
    }
}

criterion_group!(benches, frames, keys, plans, spaces, reviews);
criterion_main!(benches);

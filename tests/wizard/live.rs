//! Live: the watch, its parts, the log, the test from here.

use crate::journey::Journey;
use lifeboat::app::{Command, Effect, LiveTab, News, Overlay, Place, Task, available};
use lifeboat::domain::live::{Link, LinkState, LiveNews};
use lifeboat::domain::run::Outcome;
use lifeboat::domain::{Shown, Tool};
use lifeboat::plan::answers::Answers;
use lifeboat::wizard::{Draft, StepId};

async fn at_live() -> Journey {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Apply).await;
    journey.press("enter");
    journey.on(StepId::Live);
    journey
}

/// The watch's ticket, still under way.
fn watch(journey: &mut Journey) -> lifeboat::app::Ticket {
    let (ticket, task) = journey.queue.pop_front().expect("the watch");
    assert!(matches!(task, Task::Live(_)));
    ticket
}

#[tokio::test]
async fn tui_row_24_stale_data_is_marked_and_fresh_news_unmark_it() {
    let mut journey = at_live().await;
    let ticket = watch(&mut journey);
    journey.news(ticket, News::Live(LiveNews::Stale(Shown::new("the API server does not answer"))));
    assert!(journey.model.live.stale.is_some());
    journey.news(ticket, News::Live(LiveNews::Fresh));
    assert!(journey.model.live.stale.is_none());
}

#[tokio::test]
async fn leaving_ends_the_watch_and_coming_back_starts_it_again() {
    let mut journey = at_live().await;
    let ticket = watch(&mut journey);
    journey.press("esc");
    assert!(journey.asked.contains(&Effect::Cancel(ticket)));
    journey.press("enter");
    assert!(journey.queue.iter().any(|(_, task)| matches!(task, Task::Live(_))));
}

#[tokio::test]
async fn the_log_is_followed_only_while_it_is_looked_at_and_can_be_filtered() {
    let mut journey = at_live().await;
    journey.settle().await;
    journey.press("left");
    assert_eq!(journey.model.live.tab, LiveTab::Log);
    let (ticket, task) = journey.queue.pop_back().expect("the log");
    assert!(matches!(task, Task::Logs(_, pod) if pod.starts_with("velero-")));
    for n in 0..6_000 {
        journey.news(ticket, News::Log(Ok(Shown::new(&format!("line {n}")))));
    }
    assert_eq!((journey.model.live.log.len(), journey.model.live.dropped), (5_000, 1_000));
    assert_eq!(journey.model.live.cursor(), 4_999, "it follows");
    journey.press("up");
    journey.news(ticket, News::Log(Ok(Shown::new("new"))));
    assert!(journey.model.live.paused && journey.model.live.cursor() < 4_999);
    journey.press("f / ").types("LINE 59").press("enter");
    assert_eq!(journey.model.live.log_lines().len(), 100, "5900 to 5999");
    journey.press("right");
    assert!(journey.asked.contains(&Effect::Cancel(ticket)));
}

#[tokio::test]
async fn a_test_backup_says_its_consequences_first_and_proves_again() {
    let mut journey = at_live().await;
    journey.settle().await;
    journey.press("t");
    let Some(Overlay::Confirm(question)) = journey.model.overlays.last() else { panic!("no question") };
    let said: Vec<String> = question.lines.iter().map(ToString::to_string).collect();
    assert!(said.join(" ").contains("cannot be brought back"), "{said:?}");
    journey.press("enter");
    journey.on(StepId::Live);
    journey.press("t tab enter").settle().await;
    journey.on(StepId::Apply);
    let ended = journey.model.run.finish.clone().expect("the end");
    assert_eq!(ended.outcome, Outcome::Verified, "{}", journey.seen());
    assert_eq!(ended.proven, ["token", "backup", "restore", "delete"]);
}

#[tokio::test]
async fn a_set_up_can_be_looked_at_without_any_answers() {
    let mut journey = Journey::at("default");
    journey.settle().await;
    journey.press("down enter").settle().await;
    journey.types("legacy").press("enter").settle().await;
    journey.on(StepId::Live);
    assert_eq!(journey.model.live.place.cluster, "legacy");
    assert!(available(&journey.model, Command::Test).is_err(), "the answers of that set-up are not known");
    assert!(journey.model.live.status.is_some());
    journey.press("esc");
    journey.on(StepId::Cluster);
}

#[tokio::test]
async fn the_chain_and_any_row_can_be_read_in_full_and_copied() {
    let mut journey = at_live().await;
    let ticket = watch(&mut journey);
    let link = Link { link: "trust", state: LinkState::Broken, evidence: Shown::new("the audience is wrong") };
    journey.news(ticket, News::Live(LiveNews::Chain(vec![link])));
    journey.press("tab tab tab");
    assert_eq!(journey.model.live.tab, LiveTab::Chain);
    journey.press("enter");
    let Some(Overlay::Reader { lines, .. }) = journey.model.overlays.last() else { panic!("nothing to read") };
    assert!(lines.iter().any(|line| line.as_str().contains("the audience is wrong")), "{lines:?}");
    journey.press("y esc");
    assert!(journey.asked.iter().any(|it| matches!(it, Effect::Copy(_, text) if text.contains("trust"))));
}

#[tokio::test]
async fn look_again_walks_the_chain_again() {
    let mut journey = at_live().await;
    let ticket = watch(&mut journey);
    journey.press("r");
    assert_eq!(journey.asked.last(), Some(&Effect::Again(ticket)));
}

fn place(cluster: &str, region: &str) -> Place {
    let namespace = "velero".to_owned();
    Place {
        cluster: cluster.to_owned(),
        region: region.to_owned(),
        context: String::new(),
        tool: Tool::Velero,
        namespace,
    }
}

/// Whether the kept draft was touched.
fn touched(journey: &Journey) -> bool {
    journey.asked.iter().any(|it| matches!(it, Effect::Keep(_) | Effect::Forget))
}

#[tokio::test]
async fn started_at_a_set_up_its_watch_is_there_at_once_and_back_is_the_list_of_clusters() {
    let mut journey = Journey::watching("default", place("legacy", "us-west-2"), None);
    journey.on(StepId::Live);
    let title =
        journey.asked.iter().find_map(|it| if let Effect::Title(title) = it { Some(title.clone()) } else { None });
    assert_eq!(title.as_deref(), Some("lifeboat (demo) - Live"));
    journey.settle().await;
    assert_eq!(journey.model.live.status.as_ref().map(|status| status.cluster.as_str()), Some("legacy"));
    assert!(journey.model.surroundings.here().is_some(), "who lifeboat is was asked too");
    assert!(available(&journey.model, Command::Test).is_err(), "the answers of that set-up are not known");
    journey.press("esc").settle().await;
    journey.on(StepId::Cluster);
    // Another one can be looked at from there.
    journey.types("staging").settle().await.press("enter");
    journey.on(StepId::Live);
    assert_eq!(journey.model.live.place.cluster, "staging");
    journey.press("q");
    assert_eq!(journey.model.quit, Some(0));
    assert!(!touched(&journey), "{:?}", journey.asked);
}

#[tokio::test]
async fn a_context_alone_is_a_set_up_too() {
    let place = Place { context: "home".to_owned(), namespace: "backup".to_owned(), ..Place::default() };
    let journey = Journey::watching("default", place.clone(), None);
    assert!(journey.queue.iter().any(|(_, task)| *task == Task::Live(place.clone())), "{:?}", journey.queue);
}

#[tokio::test]
async fn with_its_answers_it_can_be_tested_and_the_kept_draft_stays_until_something_is_typed() {
    let answers = Answers::parse(include_str!("../../assets/examples/velero-irsa.toml")).unwrap();
    let draft = Draft::of(&answers).expect("fields for all of them");
    let start = || Journey::watching("default", place("prod", "us-east-1"), Some(draft.clone()));
    let mut journey = start();
    assert_eq!(journey.model.given.answers().unwrap(), answers);
    assert!(available(&journey.model, Command::Test).is_ok());
    assert!(available(&journey.model, Command::StartAnew).is_err(), "the draft in the file is another");
    journey.press("t");
    assert!(matches!(journey.model.overlays.last(), Some(Overlay::Confirm(_))));
    journey.press("esc esc");
    journey.on(StepId::Cluster);
    journey.press("ctrl-c ctrl-c");
    assert_eq!(journey.model.quit, Some(130));
    assert!(!touched(&journey), "{:?}", journey.asked);

    let mut journey = start();
    journey.press("esc esc").settle().await;
    journey.on(StepId::Welcome);
    journey.press("enter").settle().await;
    journey.types("staging").settle().await.press("enter");
    journey.on(StepId::Tool);
    assert!(touched(&journey), "another cluster is another draft");
}

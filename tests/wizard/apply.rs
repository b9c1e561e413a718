//! Apply: the run as it goes, stopped, failed, retried, skipped, taken back.

use crate::journey::Journey;
use lifeboat::app::{Command, Effect, Level, LineState, Msg, News, Task, available};
use lifeboat::demo::Fault;
use lifeboat::domain::run::{Event, Finish, Outcome, State};
use lifeboat::ports::{Trouble, TroubleKind};
use lifeboat::wizard::StepId;

fn event(change: &str, state: State, message: &str) -> News {
    News::Event(Event {
        at: "2026-01-05T09:00:00.000Z".to_owned(),
        run: "20260105T090000Z-1a2b3c4d".to_owned(),
        change: change.to_owned(),
        state,
        seconds: 1.5,
        message: message.to_owned(),
    })
}

fn finish(outcome: Outcome, exit: u8) -> News {
    let run = "20260105T090000Z-1a2b3c4d".to_owned();
    News::Finished(Finish {
        run,
        outcome,
        exit,
        proven: vec!["token".to_owned()],
        not_proven: vec!["volumes".to_owned()],
    })
}

/// At Apply, the run begun and nothing done yet.
async fn running() -> (Journey, lifeboat::app::Ticket) {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    journey.press("a tab enter");
    journey.on(StepId::Apply);
    let (ticket, task) = journey.queue.pop_back().expect("the run");
    assert!(matches!(task, Task::Apply { .. }));
    let id = "20260105T090000Z-1a2b3c4d".to_owned();
    journey.news(ticket, News::Begun(id.clone(), format!("/runs/{id}.jsonl").into()));
    (journey, ticket)
}

fn can(journey: &Journey, command: Command) -> bool {
    available(&journey.model, command).is_ok()
}

#[tokio::test]
async fn from_welcome_to_a_verified_run_and_a_green_live() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Apply).await;
    let ended = journey.model.run.finish.clone().expect("the end");
    assert_eq!((ended.outcome, ended.exit), (Outcome::Verified, 0), "{}", journey.seen());
    assert_eq!(journey.model.run.progress().0, journey.model.run.progress().1);
    journey.press("enter").settle().await;
    journey.on(StepId::Live);
    assert!(journey.model.live.status.as_ref().is_some_and(|status| status.healthy), "{:?}", journey.model.live.status);
    journey.press("q");
    assert_eq!(journey.model.quit, Some(0));
    let said: Vec<String> = journey.model.farewell.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|line| line.contains("lifeboat apply --answers")), "{said:?}");
}

#[tokio::test]
async fn a_second_time_all_is_kept() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Apply).await;
    journey.press("b").settle().await;
    journey.on(StepId::Review);
    assert!(journey.model.review.plan().expect("a plan").all_keep(), "{}", journey.seen());
}

#[tokio::test]
async fn tui_row_17_each_change_is_a_line_and_waiting_is_said_in_words() {
    let (mut journey, ticket) = running().await;
    journey.news(ticket, event("bucket", State::Started, "Create bucket"));
    journey.news(ticket, event("bucket", State::Done, "arn:aws:s3:::acme-backups"));
    journey.news(ticket, event("token-proof", State::Waiting, "waiting for IAM (12 s)"));
    let line = |id: &str| journey.model.run.lines.iter().find(|line| line.id == id).unwrap().clone();
    assert_eq!(line("bucket").state, LineState::Is(State::Done));
    assert_eq!(line("token-proof").message.as_str(), "waiting for IAM (12 s)");
    assert_eq!(journey.model.run.progress().0, 1);
    assert!(journey.model.moves().is_some(), "the clock goes on");
    assert!(!can(&journey, Command::GoLive) && !can(&journey, Command::Back) && can(&journey, Command::Stop));
}

#[tokio::test]
async fn tui_row_18_esc_stops_after_the_running_calls_and_the_run_is_never_dropped() {
    let (mut journey, ticket) = running().await;
    journey.press("esc");
    assert_eq!(journey.asked.last(), Some(&Effect::Stop(ticket)));
    assert!(journey.model.run.stopping && journey.model.run.runs());
    journey.press("esc");
    assert!(!journey.asked.contains(&Effect::Cancel(ticket)));
    journey.news(ticket, finish(Outcome::Stopped, 3));
    assert!(journey.said("Stopped: what was made stays"), "{}", journey.seen());
    assert!(can(&journey, Command::Undo) && can(&journey, Command::Retry));
}

#[tokio::test]
async fn tui_row_19_quitting_while_a_run_goes_on_asks_and_then_waits_for_its_end() {
    let (mut journey, ticket) = running().await;
    journey.press("q enter");
    assert!(!journey.model.run.stopping, "Enter alone changes nothing");
    journey.press("q tab enter");
    assert!(journey.asked.contains(&Effect::Stop(ticket)) && journey.model.quit.is_none());
    journey.news(ticket, finish(Outcome::Stopped, 3));
    assert_eq!(journey.model.quit, Some(3));
}

#[tokio::test]
async fn e28_a_signal_stops_the_run_and_then_ends_the_program() {
    let (mut journey, ticket) = running().await;
    journey.send(Msg::Terminate);
    assert!(journey.asked.contains(&Effect::Stop(ticket)));
    journey.news(ticket, finish(Outcome::Stopped, 3));
    assert_eq!(journey.model.quit, Some(3));
    let mut idle = Journey::at("default");
    idle.send(Msg::Terminate);
    assert_eq!(idle.model.quit, Some(130));
}

#[tokio::test]
async fn a_failed_change_offers_retry_and_the_second_run_goes_on_from_there() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    let denied = Trouble::new(TroubleKind::Denied, "iam:CreateRole is denied").todo("Ask for it");
    journey.user.demo.fail("iam:CreateRole", Fault::Before(denied));
    journey.press("a tab enter").settle().await;
    assert_eq!(journey.model.run.failed().map(|line| line.id.as_str()), Some("role"), "{}", journey.seen());
    assert!(!can(&journey, Command::Skip), "the rest stands on the role");
    let (done, all) = journey.model.run.progress();
    assert!(done < all, "what failed and what was not reached is not done: {done} of {all}");
    assert!(!journey.model.toasts.shown.is_empty());
    journey.press("r").settle().await;
    let old = journey.model.toasts.shown.iter().any(|toast| toast.level == Level::Error);
    assert!(!old, "what was said of the first run is gone: {:?}", journey.model.toasts.shown);
    let ended = journey.model.run.finish.clone().expect("the end");
    assert_eq!(ended.outcome, Outcome::Verified, "{}", journey.seen());
}

#[tokio::test]
async fn a_proof_that_failed_can_be_skipped_and_then_it_is_not_proven() {
    let (mut journey, ticket) = running().await;
    journey.news(ticket, event("token-proof", State::Failed, "refused (broken link: trust)"));
    journey.news(ticket, finish(Outcome::Failed, 3));
    assert!(can(&journey, Command::Skip));
    journey.press("s").settle().await;
    let ended = journey.model.run.finish.clone().expect("the end");
    assert_eq!(ended.outcome, Outcome::Applied, "{}", journey.seen());
    assert!(ended.not_proven.contains(&"token".to_owned()));
}

#[tokio::test]
async fn a_hardening_that_failed_can_be_declined() {
    let (mut journey, ticket) = running().await;
    journey.news(ticket, event("bucket-lifecycle", State::Failed, "denied"));
    journey.news(ticket, finish(Outcome::Failed, 3));
    journey.press("s").settle().await;
    assert!(journey.model.draft.list("consent.leave").contains("bucket-lifecycle"));
    assert_eq!(journey.model.run.finish.as_ref().map(|it| it.outcome), Some(Outcome::Verified), "{}", journey.seen());
}

#[tokio::test]
async fn tui_row_20_a_run_is_taken_back_after_it_was_said_what_goes() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Apply).await;
    journey.press("u");
    journey.press("enter");
    assert!(!journey.model.run.undoing, "Enter alone changes nothing");
    journey.press("u tab enter");
    let (done, of) = journey.model.run.progress();
    assert!(done < of / 2, "the bar starts anew: {done} of {of}");
    journey.settle().await;
    let (done, of) = journey.model.run.progress();
    assert_eq!(done, of, "nothing is left to come");
    let ended = journey.model.run.finish.clone().expect("the end");
    assert_eq!(ended.outcome, Outcome::Undone, "{}", journey.seen());
    assert!(journey.model.run.lines.iter().any(|line| line.state == LineState::Is(State::Undone)));
}

#[tokio::test]
async fn a_run_that_may_not_begin_says_why_and_nothing_was_changed() {
    let (mut journey, ticket) = running().await;
    journey.model.run.id = None;
    journey.news(ticket, News::Refused(Trouble::new(TroubleKind::Missing, "there is no place for the journal")));
    assert!(journey.said("there is no place for the journal"));
    assert!(!can(&journey, Command::Undo) && can(&journey, Command::Retry) && !journey.model.run.runs());
}

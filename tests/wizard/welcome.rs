//! Welcome: what is offered, and the draft of last time.

use crate::journey::Journey;
use lifeboat::app::{Command, Effect, Load, Msg, News, Setup, Task, Welcome};
use lifeboat::domain::Shown;
use lifeboat::ports::{Trouble, TroubleKind};
use lifeboat::wizard::{Draft, StepId};

fn offers(journey: &Journey) -> Vec<Command> {
    Welcome::offers(&journey.model).iter().map(|offer| offer.command).collect()
}

#[tokio::test]
async fn tui_row_1_nothing_is_awaited_before_the_first_frame() {
    let journey = Journey::at("default");
    assert!(journey.model.surroundings.is_loading() && journey.model.machine.is_loading());
    assert_eq!(offers(&journey)[0], Command::SetUp);
    assert!(matches!(journey.asked.as_slice(), [Effect::Title(_), Effect::Start(_, task)] if **task == Task::Look));
}

#[tokio::test]
async fn tui_row_2_without_credentials_the_demo_is_the_offered_way() {
    let mut journey = Journey::with("default", Setup::default());
    let (ticket, _) = journey.queue.pop_front().unwrap();
    let trouble = Trouble::new(TroubleKind::Missing, "there are no AWS credentials");
    journey.news(ticket, News::Surroundings(Err(trouble)));
    assert!(matches!(journey.model.surroundings, Load::Failed(_)));
    assert_eq!(offers(&journey)[..2], [Command::LookAround, Command::SetUp]);
    journey.press("enter");
    assert!(journey.model.look_around && journey.model.quit == Some(0));
}

#[tokio::test]
async fn tui_row_42_a_draft_is_kept_from_the_first_field_on_and_offered_again() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Storage).await;
    journey.press("tab").types("Acme_b");
    let kept = journey.asked.iter().rev().find_map(|effect| match effect {
        Effect::Keep(text) => Some(text.clone()),
        _ => None,
    });
    let draft = Draft::from_file(&kept.expect("the draft is kept")).unwrap();
    assert_eq!(draft.text("bucket.name"), "Acme_b", "wrong text is kept too");
    let mut again =
        Journey::with("default", Setup { draft: Some(Ok(draft)), demo: Some("default".into()), ..Setup::default() });
    assert_eq!(offers(&again)[0], Command::Resume);
    again.press("enter").settle().await;
    again.on(StepId::Storage);
    assert_eq!(again.model.draft.text("bucket.name"), "Acme_b");
    assert_eq!(again.model.draft.text("cluster.name"), "prod");
}

#[test]
fn a_draft_that_cannot_be_read_is_said_and_not_offered() {
    assert!(Draft::from_file("version = 2\nat = \"cluster\"\nvisited = []").unwrap_err().contains("version 2"));
    assert!(Draft::from_file("[[[").is_err());
    let setup = Setup { draft: Some(Err(Shown::new("line 1 is wrong"))), ..Setup::default() };
    let journey = Journey::with("default", setup);
    assert!(!offers(&journey).contains(&Command::Resume));
}

#[tokio::test]
async fn quit_keeps_the_draft_and_says_goodbye() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Storage).await;
    journey.press("ctrl-c");
    assert_eq!(journey.model.quit, None, "one Ctrl-C does not quit");
    assert!(journey.said("Press Ctrl-C again"));
    journey.press("ctrl-c");
    assert_eq!(journey.model.quit, Some(130));
    assert!(matches!(journey.asked.as_slice(), [.., Effect::Keep(_), Effect::Quit(130)]));
}

#[tokio::test]
async fn start_anew_asks_first_and_enter_alone_changes_nothing() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Storage).await;
    journey.press("ctrl-p").types("forget").press("enter enter");
    assert_eq!(journey.model.draft.text("cluster.name"), "prod");
    journey.press("ctrl-p").types("forget").press("enter tab enter");
    assert!(journey.model.draft.text("cluster.name").is_empty());
    journey.on(StepId::Cluster);
    assert!(journey.asked.contains(&Effect::Forget));
}

#[tokio::test]
async fn a_new_set_up_asks_before_the_draft_of_last_time_goes() {
    let mut draft = Draft::default();
    draft.set("cluster.name", "prod");
    let mut journey = Journey::with("default", Setup { draft: Some(Ok(draft)), ..Setup::default() });
    journey.press("down enter enter");
    assert!(matches!(journey.model.setup.draft, Some(Ok(_))), "Enter alone forgets nothing");
    journey.press("enter tab enter");
    journey.on(StepId::Cluster);
    assert!(journey.model.setup.draft.is_none() && journey.asked.contains(&Effect::Forget));
}

#[test]
fn b13_a_part_that_broke_is_said_and_the_program_goes_on() {
    let mut journey = Journey::at("default");
    journey.send(Msg::Broke(Shown::new("index out of bounds")));
    assert!(journey.said("a part of lifeboat broke"));
    assert_eq!(journey.model.quit, None);
}

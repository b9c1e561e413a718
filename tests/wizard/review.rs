//! Review: the plan, its documents, consent, the editor, saving.

use crate::journey::Journey;
use lifeboat::app::{Command, Effect, Load, Msg, News, Overlay, Pane, Seen, Size, Task, hints};
use lifeboat::domain::Shown;
use lifeboat::plan::Action;
use lifeboat::ports::{Trouble, TroubleKind};
use lifeboat::wizard::StepId;

async fn at_review() -> Journey {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    journey
}

/// At Review with a bucket that exists and is not ours, which was to be made or to be used.
async fn with_conflicts(existing: bool) -> Journey {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-logs", StepId::Storage).await;
    journey.press(if existing { "down space tab" } else { "tab" }).types("acme-logs").settle().await;
    journey.press("ctrl-n").settle().await;
    journey.press("ctrl-n").settle().await;
    journey.press("ctrl-n").settle().await;
    journey.on(StepId::Review);
    journey
}

#[tokio::test]
async fn the_plan_is_of_the_answers_and_the_facts_are_read_once() {
    let mut journey = at_review().await;
    let plan = journey.model.review.plan().expect("a plan").clone();
    assert!(plan.changes.iter().any(|change| change.id == "bucket" && change.action == Action::Create));
    let gathers = |journey: &Journey| {
        let gather = |effect: &&Effect| matches!(effect, Effect::Start(_, task) if matches!(**task, Task::Gather(_)));
        journey.asked.iter().filter(gather).count()
    };
    assert_eq!(gathers(&journey), 1);
    journey.press("esc");
    journey.press("ctrl-n").settle().await;
    assert_eq!(gathers(&journey), 1, "the same answers need no new facts");
    journey.press("r").settle().await;
    assert_eq!(gathers(&journey), 2, "unless they are asked for");
}

#[tokio::test]
async fn the_answers_that_a_finished_wizard_writes_give_the_same_digest() {
    let mut journey = at_review().await;
    let digest = journey.model.review.plan().unwrap().digest.clone();
    journey.press("a tab enter");
    let files = journey.asked.iter().find_map(|effect| match effect {
        Effect::Answers(files) => Some(files.clone()),
        _ => None,
    });
    let (name, toml) = files.expect("the answers file").remove(0);
    assert_eq!(name, "velero-us-east-1-prod.toml");
    let answers = lifeboat::plan::answers::Answers::parse(&toml).unwrap();
    let facts = journey.user.gather(&answers).await.unwrap().facts;
    assert_eq!(lifeboat::plan::plan(&answers, &facts, lifeboat::plan::Prove::Needed).unwrap().digest, digest);
}

#[tokio::test]
async fn conflicts_ask_for_consent_here_and_apply_waits_for_it() {
    let mut journey = with_conflicts(false).await;
    let conflicts = journey.model.review.plan().unwrap().conflicts().len();
    assert!(conflicts >= 2, "{}", journey.seen());
    journey.press("a");
    assert!(journey.said("conflicts wait for your consent"), "{}", journey.seen());
    let put = |journey: &mut Journey, id: &str| {
        let place = journey.model.review.plan().unwrap().changes.iter().position(|change| change.id == id).unwrap();
        journey.press("home");
        for _ in 0..place {
            journey.press("down");
        }
    };
    put(&mut journey, "bucket");
    // Taking over a bucket wants its name typed; Enter alone changes nothing.
    journey.press("o enter");
    assert!(journey.model.draft.list("consent.adopt").is_empty());
    journey.press("esc o").types("acme-logs").press("enter enter");
    assert!(journey.model.draft.list("consent.adopt").contains("bucket"), "{}", journey.seen());
    let ids: Vec<String> = journey.model.review.plan().unwrap().conflicts().iter().map(|it| it.id.clone()).collect();
    for id in ids {
        put(&mut journey, &id);
        journey.press("x");
    }
    assert!(journey.model.review.plan().unwrap().conflicts().is_empty(), "{}", journey.seen());
    journey.press("a");
    assert!(matches!(journey.model.overlays.last(), Some(Overlay::Confirm(_))));
}

#[tokio::test]
async fn consent_can_be_taken_back_and_goes_from_one_list_to_the_other() {
    let mut journey = with_conflicts(true).await;
    let place =
        journey.model.review.plan().unwrap().changes.iter().position(|it| it.id == "bucket-versioning").unwrap();
    journey.press("home");
    for _ in 0..place {
        journey.press("down");
    }
    journey.press("x");
    assert!(journey.model.draft.list("consent.leave").contains("bucket-versioning"));
    journey.press("o tab enter");
    assert!(journey.model.draft.list("consent.adopt").contains("bucket-versioning"), "{}", journey.seen());
    assert!(!journey.model.draft.list("consent.leave").contains("bucket-versioning"));
    journey.press("o");
    assert!(journey.model.draft.list("consent.adopt").is_empty(), "taking it back asks nothing");
}

#[tokio::test]
async fn a_change_is_seen_by_its_reason_its_documents_and_its_difference() {
    let mut journey = at_review().await;
    let place = journey.model.review.plan().unwrap().changes.iter().position(|it| it.id == "permissions").unwrap();
    for _ in 0..place {
        journey.press("down");
    }
    assert_eq!(journey.model.review.seen, Seen::Why);
    journey.press("tab");
    assert_eq!(journey.model.review.seen, Seen::Document);
    let document = journey.model.review.open_document().unwrap();
    assert!(document.path.ends_with("permissions.json") && document.text.contains("s3:PutObject"));
    journey.press("right down down");
    assert_eq!((journey.model.review.pane, journey.model.review.scroll), (Pane::Document, 2));
    journey.press("left tab");
    assert_eq!(journey.model.review.seen, Seen::Commands, "there is no difference: it is created");
    journey.press("tab");
    assert_eq!(journey.model.review.seen, Seen::Why);
    journey.press("c");
    assert!(journey.model.review.open_document().unwrap().text.contains("aws iam"));
    journey.press("y");
    assert!(matches!(journey.asked.last(), Some(Effect::Copy(what, _)) if what == "commands.sh"));
}

#[tokio::test]
async fn values_are_edited_and_wrong_ones_are_kept_and_said() {
    let mut journey = at_review().await;
    journey.editor = Some("resources: {requests: {memory: 256Mi}}\n".to_owned());
    journey.press("e");
    let values = |journey: &Journey| {
        let plan = journey.model.review.plan().unwrap();
        plan.documents().find(|it| it.path.ends_with("values.yaml")).unwrap().text.clone()
    };
    assert!(values(&journey).contains("256Mi"), "{}", values(&journey));
    journey.editor = Some("resources: [".to_owned());
    journey.press("e");
    assert!(journey.model.review.plan().is_none());
    assert!(journey.said("the values are not YAML"), "{}", journey.seen());
    assert_eq!(journey.model.draft.text("values"), "resources: [", "nothing that was typed is lost");
    journey.editor = None;
    journey.press("ctrl-d");
    assert!(lifeboat::app::available(&journey.model, lifeboat::app::Command::Edit).is_ok(), "it can be mended");
}

#[tokio::test]
async fn e19_saving_asks_before_files_that_differ_are_replaced() {
    let mut journey = at_review().await;
    journey.press("s");
    journey.press("ctrl-u enter");
    let Some(Overlay::Prompt { problem, .. }) = journey.model.overlays.last() else { panic!("the prompt is gone") };
    assert!(!problem.is_empty());
    journey.types("out").press("enter");
    let saved = |journey: &Journey| match journey.asked.last() {
        Some(Effect::Save { ticket, folder, files, over }) => (*ticket, folder.clone(), files.clone(), *over),
        other => panic!("no save: {other:?}"),
    };
    let (ticket, folder, files, over) = saved(&journey);
    assert!(folder == "out" && !over && files.iter().any(|(path, _)| path == "answers.toml"));
    journey.news(ticket, News::Differs("out".into(), vec![Shown::new("commands.sh differs")]));
    journey.press("enter");
    assert!(!saved(&journey).3, "Enter alone replaces nothing");
    journey.news(ticket, News::Differs("out".into(), vec![Shown::new("commands.sh differs")]));
    journey.press("tab enter");
    assert!(saved(&journey).3);
    journey.news(ticket, News::Done(Ok(Shown::new("Saved 20 files to out"))));
    assert!(journey.said("Saved 20 files"));
}

#[tokio::test]
async fn facts_that_cannot_be_read_are_said_and_asked_again() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Options).await;
    journey.press("ctrl-n");
    let (ticket, _) = journey.queue.pop_back().unwrap();
    let trouble = Trouble::new(TroubleKind::Denied, "no permission").at("iam:GetRole", "lifeboat").todo("Ask for it");
    let answers = journey.model.draft.answers().unwrap();
    let gathered = lifeboat::app::Gathered { answers: Ok(answers), facts: Err(trouble) };
    journey.news(ticket, News::Gathered(Box::new(gathered)));
    assert!(matches!(journey.model.review.gathered, Load::Failed(_)));
    journey.press("r").settle().await;
    assert!(journey.model.review.plan().is_some(), "{}", journey.seen());
}

#[tokio::test]
async fn what_the_account_refutes_stands_at_its_field() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Encryption).await;
    // The verdict is outrun: Next does not wait for the account.
    journey.press("down down space tab").types("alias/retired").press("ctrl-n").settle().await;
    journey.press("ctrl-n").settle().await;
    if journey.model.step() == StepId::Review {
        assert!(journey.model.review.plan().is_none(), "{}", journey.seen());
        journey.press("esc esc");
    }
    journey.on(StepId::Encryption);
    assert!(journey.model.checks.contains_key("encryption.key"), "{}", journey.seen());
}

#[tokio::test]
async fn read_only_shows_the_plan_and_refuses_to_apply() {
    let setup = lifeboat::app::Setup { demo: Some("default".into()), read_only: true, ..Default::default() };
    let mut journey = Journey::with("default", setup);
    journey.walk("prod", "acme-backups", StepId::Review).await;
    journey.press("a");
    assert!(journey.model.overlays.is_empty() && journey.said("--read-only is given"), "{}", journey.seen());
}

/// A conflict is what the user has to answer: the cursor is on it, Enter says the keys and goes to one that waits, and
/// after the last answer nothing says that one waits.
#[tokio::test]
async fn what_waits_for_consent_is_under_the_cursor_and_enter_goes_there() {
    let mut journey = with_conflicts(true).await;
    let at = |journey: &Journey| journey.model.review.change().map(|change| change.action);
    assert_eq!(at(&journey), Some(Action::Conflict));
    journey.press("home").press("enter");
    assert_eq!(at(&journey), Some(Action::Conflict));
    let said =
        |journey: &Journey| journey.model.toasts.shown.iter().any(|toast| toast.text.as_str().contains("o adopts"));
    assert!(said(&journey), "{:?}", journey.model.toasts.shown);
    journey.press("x");
    assert!(!said(&journey), "{:?}", journey.model.toasts.shown);
    let word = hints(&journey.model, 200).into_iter().find(|hint| hint.command == Command::Leave);
    assert_eq!(word.map(|hint| hint.word), Some("take back"));
}

/// tui row 32: at 60 x 18 there is room for the list or the document, and no key is silent.
#[tokio::test]
async fn where_only_the_list_fits_tab_brings_the_document_into_sight_and_the_footer_says_how_to_go_back() {
    let mut journey = at_review().await;
    journey.send(Msg::Resize(Size { w: 60, h: 18 }));
    journey.press("tab");
    assert_eq!((journey.model.review.pane, journey.model.review.seen), (Pane::Document, Seen::Why));
    assert!(hints(&journey.model, 60).iter().any(|hint| hint.command == Command::ToChanges));
    journey.press("left");
    assert_eq!(journey.model.review.pane, Pane::Changes);
    journey.press("c");
    assert_eq!((journey.model.review.pane, journey.model.review.seen), (Pane::Document, Seen::Commands));
}

#[tokio::test]
async fn e05_what_a_kubeconfig_wants_to_run_is_shown_and_asked_about_before_it_runs() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Options).await;
    journey.press("ctrl-n");
    let (ticket, _) = journey.queue.pop_back().unwrap();
    let trouble = Trouble::new(TroubleKind::Refused, "the kubeconfig wants to run: /opt/acme/login --json")
        .at("exec plugin", "/opt/acme/login")
        .consent("/opt/acme/login")
        .todo("add \"/opt/acme/login\" to consent.exec_plugins");
    let answers = journey.model.draft.answers().unwrap();
    let gathered = lifeboat::app::Gathered { answers: Ok(answers), facts: Err(trouble) };
    journey.news(ticket, News::Gathered(Box::new(gathered)));
    let Some(Overlay::Confirm(question)) = journey.model.overlays.last() else { panic!("no question") };
    assert!(question.lines[0].as_str().contains("/opt/acme/login --json"), "the whole command is shown");
    journey.press("enter");
    assert!(journey.model.draft.list("consent.exec_plugins").is_empty(), "Enter alone lets nothing run");
    journey.types("login").press("enter enter");
    assert!(journey.model.draft.list("consent.exec_plugins").contains("/opt/acme/login"));
    let (_, task) = journey.queue.pop_back().expect("the facts are read again");
    assert!(matches!(task, Task::Gather(answers) if answers.consent.exec_plugins == ["/opt/acme/login"]));
}

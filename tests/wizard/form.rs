//! Forms: typing, choices, problems at their field, verdicts of the account, back and forth.

use crate::journey::Journey;
use lifeboat::app::{Check, Effect, Form, FormLine, Msg, News, Stop, Task, form_lines};
use lifeboat::ports::BucketHead;
use lifeboat::wizard::StepId;

async fn at(step: StepId) -> Journey {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", step).await;
    journey
}

fn stop_path(journey: &Journey) -> String {
    match Form::stop(&journey.model) {
        Some(Stop::Text(field) | Stop::Option(field, _) | Stop::Flag(field) | Stop::Offer(field)) => field.path.clone(),
        other => format!("{other:?}"),
    }
}

/// The problem or verdict that stands under a field.
fn under(journey: &Journey, path: &str) -> String {
    form_lines(&journey.model, journey.model.step())
        .into_iter()
        .find_map(|line| match line {
            FormLine::Problem(field, problem) if field.path == path => Some(problem.to_string()),
            FormLine::Verdict(field, check) if field.path == path => Some(format!("{check:?}")),
            _ => None,
        })
        .unwrap_or_default()
}

#[tokio::test]
async fn tui_row_11_a_problem_stands_at_its_field_after_it_was_left_and_not_before() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab").types("My_Backups");
    assert_eq!(stop_path(&journey), "bucket.name");
    assert_eq!(under(&journey, "bucket.name"), "", "nothing is said while one types");
    journey.press("tab");
    let said = under(&journey, "bucket.name");
    assert!(said.contains("my-backups"), "n02 offers the near good name: {said}");
    journey.press("ctrl-n");
    journey.on(StepId::Storage);
    assert_eq!(stop_path(&journey), "bucket.name", "the focus goes to what is wrong");
}

#[tokio::test]
async fn tui_row_10_back_never_validates_and_loses_nothing() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab").types("a..b").press("esc");
    journey.on(StepId::Identity);
    journey.press("ctrl-n").settle().await;
    journey.on(StepId::Storage);
    assert_eq!(journey.model.draft.text("bucket.name"), "a..b");
}

#[tokio::test]
async fn a_visited_step_can_be_jumped_to_and_one_that_was_not_says_why() {
    let mut journey = at(StepId::Encryption).await;
    journey.press("ctrl-p").types("go to tool").press("enter");
    journey.on(StepId::Tool);
    journey.press("ctrl-p").types("go to encryption").press("enter");
    journey.on(StepId::Encryption);
    journey.press("ctrl-p").types("go to review").press("enter");
    journey.on(StepId::Encryption);
    assert!(journey.said("the steps before it come first"), "{}", journey.seen());
}

#[tokio::test]
async fn n07_a_pasted_address_is_understood_as_bucket_and_prefix() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab");
    journey.send(Msg::Paste("s3://acme-backups/team/a/\n".to_owned()));
    journey.press("tab");
    assert_eq!(journey.model.draft.text("bucket.name"), "acme-backups");
    assert_eq!(journey.model.draft.text("bucket.prefix"), "team/a");
    assert!(journey.said("understood as bucket acme-backups"), "{}", journey.seen());
}

#[tokio::test]
async fn tui_row_27_e26_a_paste_is_text_and_never_keys() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab");
    journey.send(Msg::Paste("acme\u{1b}[31m-\r\nback\u{7}ups\n\n".to_owned()));
    assert_eq!(journey.model.draft.text("bucket.name"), "acme[31m- backups");
    journey.on(StepId::Storage);
    assert!(journey.said("control characters were left out"));
    journey.press("ctrl-u");
    journey.send(Msg::Paste("x".repeat(5_000_000)));
    assert_eq!(journey.model.draft.text("bucket.name").len(), 4_096);
    assert!(journey.said("cut at 4096"));
}

#[tokio::test]
async fn the_account_is_asked_about_a_bucket_and_its_verdict_stands_at_the_field() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab").types("acme-logs").press("tab");
    assert!(matches!(journey.model.checks.get("bucket.name"), Some((_, Check::Checking))));
    assert!(under(&journey, "bucket.name").contains("Checking"));
    journey.settle().await;
    assert!(under(&journey, "bucket.name").contains("choose Existing"), "{}", under(&journey, "bucket.name"));
    journey.press("shift-tab shift-tab").press("down space");
    assert_eq!(journey.model.draft.value("bucket.create"), "false");
    journey.press("tab tab").settle().await;
    assert!(under(&journey, "bucket.name").contains("yours, in us-east-1"), "{}", journey.seen());
}

#[tokio::test]
async fn an_answer_about_a_name_that_was_typed_over_says_nothing_of_the_new_one() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab").types("acme-logs").press("tab");
    let (late, _) = journey.queue.iter().find(|(_, task)| matches!(task, Task::CheckBucket(..))).cloned().unwrap();
    journey.press("shift-tab ctrl-u").types("acme-new").press("tab");
    journey.news(late, News::Bucket("acme-logs".to_owned(), Ok(BucketHead::Foreign)));
    assert!(matches!(journey.model.checks.get("bucket.name"), Some((_, Check::Checking))), "{}", journey.seen());
    journey.settle().await;
    assert!(under(&journey, "bucket.name").contains("the name is free"), "{}", under(&journey, "bucket.name"));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_stops_next_and_says_what_to_do() {
    let mut journey = at(StepId::Storage).await;
    journey.press("down space tab").types("no-such-bucket").press("tab").settle().await;
    journey.press("ctrl-n");
    journey.on(StepId::Storage);
    assert!(under(&journey, "bucket.name").contains("there is no bucket no-such-bucket"), "{}", journey.seen());
}

#[tokio::test]
async fn tui_row_12_buckets_are_offered_and_a_chosen_one_is_taken() {
    let mut journey = at(StepId::Storage).await;
    journey.settle().await;
    journey.press("down space tab down");
    assert!(matches!(Form::stop(&journey.model), Some(Stop::Offer(_))), "{:?}", Form::stop(&journey.model));
    journey.press("enter").types("archive").press("enter");
    assert_eq!(journey.model.draft.text("bucket.name"), "acme-archive");
    assert_eq!(stop_path(&journey), "bucket.name");
}

#[tokio::test]
async fn n23_a_key_that_cannot_be_used_is_refused_at_its_field() {
    let mut journey = at(StepId::Encryption).await;
    journey.press("down down space tab").types("alias/retired").press("tab").settle().await;
    assert!(under(&journey, "encryption.key").contains("Disabled"), "{}", journey.seen());
    journey.press("ctrl-n");
    journey.on(StepId::Encryption);
    journey.press("ctrl-u").types("alias/backups").press("tab").settle().await;
    assert!(under(&journey, "encryption.key").contains("Good"), "{}", under(&journey, "encryption.key"));
    journey.press("ctrl-n");
    journey.on(StepId::Options);
}

#[tokio::test]
async fn leaving_a_screen_drops_its_checks_and_they_are_asked_again() {
    let mut journey = at(StepId::Storage).await;
    journey.press("tab").types("acme-logs").press("tab");
    let (ticket, _) = journey.queue.iter().find(|(_, task)| matches!(task, Task::CheckBucket(..))).cloned().unwrap();
    journey.press("esc");
    assert!(journey.asked.contains(&Effect::Cancel(ticket)));
    assert!(journey.model.checks.is_empty());
    journey.press("ctrl-n").settle().await;
    journey.press("tab tab").settle().await;
    assert!(under(&journey, "bucket.name").contains("choose Existing"), "{}", under(&journey, "bucket.name"));
}

#[tokio::test]
async fn more_opens_the_other_fields_and_a_problem_in_them_opens_it_too() {
    let mut journey = at(StepId::Options).await;
    let closed = form_lines(&journey.model, StepId::Options).len();
    while Form::stop(&journey.model) != Some(Stop::More) {
        journey.press("tab");
    }
    journey.press("enter");
    assert!(form_lines(&journey.model, StepId::Options).len() > closed + 10);
    while stop_path(&journey) != "install.namespace" {
        journey.press("tab");
    }
    journey.types("Velero_1").press("esc");
    journey.press("ctrl-n").settle().await;
    journey.on(StepId::Options);
    assert!(!journey.model.form.more);
    journey.press("ctrl-n");
    journey.on(StepId::Options);
    assert!(journey.model.form.more && stop_path(&journey) == "install.namespace");
    assert!(under(&journey, "install.namespace").contains("namespace"), "{}", under(&journey, "install.namespace"));
}

#[tokio::test]
async fn numbers_flags_lists_and_pairs_reach_the_answers_file() {
    let mut journey = at(StepId::Options).await;
    let draft = &mut journey.model.draft;
    draft.set("bucket.noncurrent_days", "14");
    draft.set("tags", "team=platform, env=prod");
    draft.set("velero.features", "csi,data-mover");
    draft.set("velero.schedule", "none");
    draft.set("velero.default_location", "false");
    let answers = draft.answers().unwrap();
    assert_eq!(answers.bucket.noncurrent_days, 14);
    assert_eq!(answers.tags.len(), 2);
    assert_eq!(answers.velero.features.len(), 2);
    assert_eq!(answers.velero.schedule, None);
    assert!(!answers.velero.default_location);
    draft.set("bucket.noncurrent_days", "many");
    draft.set("tags", "aws:x=1");
    let problems: Vec<String> = draft.problems().iter().map(|problem| problem.field.clone()).collect();
    assert_eq!(problems, ["tags.aws:x", "bucket.noncurrent_days"], "in the order of the steps");
}

#[tokio::test]
async fn enter_goes_from_field_to_field_and_at_last_to_the_next_step() {
    let mut journey = at(StepId::Storage).await;
    journey.press("enter").types("acme-backups").press("enter");
    assert_eq!(stop_path(&journey), "bucket.prefix");
    journey.press("enter");
    assert_eq!(Form::stop(&journey.model), Some(Stop::Next), "past the closed More");
    journey.settle().await;
    journey.press("enter");
    journey.on(StepId::Encryption);
}

/// tui row 32: beside the help a form has the fewest columns, 56 for its words: nothing that is always to be seen is cut.
#[test]
fn what_a_form_says_in_a_row_fits_into_it() {
    const ROOM: usize = 54;
    let forms = StepId::ALL.into_iter().filter(|id| id.is_form());
    for field in forms.flat_map(|id| &lifeboat::wizard::step(id).fields) {
        let titles = field.options.iter().map(|option| option.title.chars().count()).max().unwrap_or(0);
        let before = if field.options.is_empty() { 2 } else { field.label.chars().count() + 2 };
        let wide = field.row().chars().count() + before;
        assert!(wide <= ROOM, "{}: {} columns of {ROOM}", field.path, wide);
        for option in &field.options {
            let words =
                if option.cannot.is_empty() { option.row().to_owned() } else { format!("not yet: {}", option.cannot) };
            let wide = titles + 4 + words.chars().count();
            assert!(wide <= ROOM, "{} {}: {} columns of {ROOM}", field.path, option.value, wide);
        }
    }
}

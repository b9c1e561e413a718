//! The steps.

use crate::journey::Journey;
use crate::models::{self, NOW};
use crate::support::seen;
use lifeboat::app::{Check, LiveTab, Load, Pane, Seen};
use lifeboat::domain::Shown;
use lifeboat::domain::run::{Finish, Outcome, State};
use lifeboat::ports::{Trouble, TroubleKind};
use lifeboat::wizard::StepId;

#[test]
fn tui_row_1_welcome_is_there_before_anything_is_known() {
    seen("welcome_fresh", &models::fresh());
}

#[test]
fn welcome_says_who_and_where() {
    let model = models::arrived();
    seen("welcome", &model);
}

#[test]
fn tui_row_2_without_credentials_the_demo_comes_first() {
    let mut model = models::arrived();
    let trouble = Trouble::new(TroubleKind::Credentials, "no AWS credentials were found")
        .why("no profile, no environment variables and no instance role gave any")
        .todo("Run aws sso login, or set AWS_PROFILE");
    model.surroundings = Load::Failed(Box::new(trouble));
    if let Load::Here(machine) = &mut model.machine {
        machine.helm_trouble = Shown::new("helm 3.12.0 is too old; install 3.18.4 or later");
    }
    model.setup.draft = Some(Err(Shown::new("it is of version 2, a newer lifeboat wrote it")));
    seen("welcome_without_credentials", &model);
}

#[test]
fn clusters_say_what_is_known_of_each_and_which_regions_are_missing() {
    let mut model = models::clusters();
    model.cluster.pick.step(3);
    seen("cluster", &model);
}

#[test]
fn tui_row_13_what_the_filter_found_is_marked_and_counted() {
    let mut model = models::clusters();
    model.cluster.pick.query = models::typed("west");
    model.cluster.pick.query_changed();
    seen("cluster_filtered", &model);
}

#[test]
fn where_no_cluster_is_found_it_says_what_to_do() {
    let mut model = models::clusters();
    model.cluster.pick.query = models::typed("zzz");
    model.cluster.pick.query_changed();
    seen("cluster_no_match", &model);
}

#[test]
fn tool_shows_what_cannot_be_chosen_with_the_reason() {
    seen("tool", &models::form(StepId::Tool));
}

#[test]
fn identity_says_what_each_way_means() {
    let mut model = models::form(StepId::Identity);
    model.form.more = true;
    model.form.at = 3;
    seen("identity", &model);
}

#[test]
fn tui_row_11_a_problem_says_what_why_and_what_to_do() {
    let model = models::wrong_bucket();
    seen("storage_problem", &model);
}

#[test]
fn what_the_account_says_of_a_name_stands_under_it() {
    seen("storage_taken", &models::taken_bucket());
}

#[test]
fn a_question_under_way_says_so() {
    let mut model = models::form(StepId::Storage);
    models::fill(&mut model, "bucket.prefix", "velero/prod");
    model.draft.set("bucket.name", "acme-backups");
    model.checks.insert("bucket.name".to_owned(), ("acme-backups".to_owned(), Check::Checking));
    seen("storage_checking", &model);
}

#[test]
fn encryption_asks_for_the_key_only_where_one_is_wanted() {
    let mut model = models::form(StepId::Encryption);
    model.draft.set("encryption.kind", "kms");
    models::fill(&mut model, "encryption.key", "");
    seen("encryption", &model);
}

#[test]
fn options_show_defaults_and_ticks() {
    let mut model = models::form(StepId::Options);
    model.draft.set("velero.features", "csi,file-system-backup");
    models::fill(&mut model, "velero.schedule", "30 2 * * *");
    seen("options", &model);
}

#[test]
fn review_says_why_for_each_change_and_for_each_permission() {
    let mut model = models::review();
    models::on_change(&mut model, "permissions");
    seen("review_why", &model);
}

#[test]
fn review_shows_the_document_with_numbers() {
    let mut model = models::review();
    models::on_change(&mut model, "role");
    model.review.seen = Seen::Document;
    model.review.pane = Pane::Document;
    seen("review_document", &model);
}

#[test]
fn review_shows_the_same_as_commands() {
    let mut model = models::review();
    model.review.seen = Seen::Commands;
    seen("review_commands", &model);
}

#[test]
fn conflicts_wait_for_consent() {
    let mut model = models::review_conflicts();
    models::on_change(&mut model, "bucket-tls");
    model.review.seen = Seen::Diff;
    seen("review_conflicts", &model);
}

#[test]
fn what_the_account_refutes_is_listed_at_its_field() {
    seen("review_refuted", &models::refuted());
}

#[test]
fn review_while_the_facts_are_read_and_when_they_cannot_be() {
    let mut model = models::form(StepId::Review);
    model.review.gathered = Load::Loading(NOW - 3_000);
    seen("review_reading", &model);
    let trouble = Trouble::new(TroubleKind::Denied, "eks:DescribeCluster is denied for prod")
        .why("an explicit deny in a service control policy")
        .todo("Ask who manages the organization for eks:DescribeCluster")
        .at("eks:DescribeCluster", "arn:aws:eks:us-east-1:111122223333:cluster/prod")
        .code("AccessDeniedException");
    model.review.gathered = Load::Failed(Box::new(trouble));
    seen("review_failed", &model);
}

#[test]
fn tui_row_17_a_run_is_a_line_a_change() {
    let model = models::running();
    seen("apply_running", &model);
}

#[test]
fn the_details_are_all_that_was_said() {
    let mut model = models::running();
    model.run.details = true;
    model.run.stopping = true;
    seen("apply_details", &model);
}

#[test]
fn a_failed_run_says_what_why_and_what_can_be_done() {
    let mut model = models::running();
    let id = model.run.lines[6].id.clone();
    let message = "iam:PutRolePolicy is denied: the permissions boundary does not allow it. Ask for iam:PutRolePolicy on the role";
    models::event(&mut model, &id, State::Failed, message, NOW);
    model.run.journal = Shown::new("/home/ada/.local/state/lifeboat/runs/20260105-090000-prod.jsonl");
    model.run.finish = Some(Finish {
        run: "20260105-090000-prod".to_owned(),
        outcome: Outcome::Failed,
        exit: 3,
        proven: Vec::new(),
        not_proven: vec!["backup".to_owned(), "restore".to_owned()],
    });
    seen("apply_failed", &model);
}

#[test]
fn a_run_that_could_not_begin_says_that_nothing_was_changed() {
    let mut model = models::running();
    for line in &mut model.run.lines {
        line.state = lifeboat::app::LineState::Open;
        line.message = Shown::default();
    }
    let trouble = Trouble::new(TroubleKind::Refused, "another lifeboat works on this cluster")
        .why("its journal is locked by process 4711")
        .todo("Wait for it, or end it");
    model.run.refused = Some(trouble);
    seen("apply_refused", &model);
}

#[test]
fn an_update_says_what_it_alters_and_the_notes_say_what_to_know() {
    let model = models::review_updates();
    seen("review_update", &model);
}

#[tokio::test]
async fn a_run_through_the_demo_ends_verified() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Apply).await;
    let mut model = journey.model.clone();
    // What differs from run to run.
    model.run.journal = Shown::new("/home/ada/.local/state/lifeboat/runs/20260105-090000-prod.jsonl");
    for line in &mut model.run.lines {
        line.seconds = 0.5;
        if line.message.as_str().len() > 12 {
            line.message = Shown::new("arn:aws:example");
        }
    }
    model.run.finish.as_mut().unwrap().run = "20260105-090000-prod".to_owned();
    seen("apply_verified", &model);
}

#[test]
fn live_overview_shows_all_that_matters() {
    let model = models::live();
    seen("live_overview", &model);
}

#[test]
fn live_says_what_is_wrong_with_a_location() {
    let mut model = models::live();
    model.live.cursors.insert(LiveTab::Overview, 1);
    if let Some(status) = &mut model.live.status {
        status.healthy = false;
        status.identity.actual = Some("arn:aws:sts::111122223333:assumed-role/node-role/i-0123456789".to_owned());
    }
    seen("live_unavailable", &model);
}

#[test]
fn tui_row_24_what_is_not_live_says_so() {
    let mut model = models::live();
    model.live.tab = LiveTab::Backups;
    model.live.stale = Some(Shown::new("the API server does not answer"));
    seen("live_stale_backups", &model);
}

#[test]
fn the_other_parts_of_live() {
    for (tab, name, cursor) in [
        (LiveTab::Pods, "live_pods", 1),
        (LiveTab::Chain, "live_chain", 2),
        (LiveTab::Events, "live_events", 0),
        (LiveTab::Log, "live_log", 0),
    ] {
        let mut model = models::live();
        model.live.tab = tab;
        model.live.cursors.insert(tab, cursor);
        seen(name, &model);
    }
}

#[test]
fn live_before_the_first_answer() {
    let mut model = models::live();
    model.live.status = None;
    seen("live_waiting", &model);
}

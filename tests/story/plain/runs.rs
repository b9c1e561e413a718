//! From Review on: consent, documents, runs that end well and badly.

use super::{Home, TO_REVIEW, told};
use lifeboat::demo::Fault;
use lifeboat::ports::{Trouble, TroubleKind};

#[tokio::test]
async fn tui_row_39_a_whole_set_up_in_sentences_to_a_restored_backup() {
    let home = Home::new();
    let told = home.talk(&["1", " /  / 1 / acme-backups /  /  /  /  / ", "apply", "1", "3"]).await.ended(0);
    let told = told.says(&[
        "lifeboat takes an EKS cluster to backups that work",
        "Account 111122223333, as arn:aws:iam::111122223333:user/ada.",
        "Step 2 of 10: Cluster.",
        "Looking for clusters in 15 regions.",
        "1. prod in us-east-1: Kubernetes 1.34, ACTIVE, OIDC provider not registered yet, Pod Identity agent ACTIVE",
        "2. staging in us-east-1",
        "4 clusters were found.",
        "Cluster, by number or as REGION/NAME [nothing]: <1>",
        "Step 3 of 10: Tool.",
        "2. Rancher Backup: what Rancher keeps of itself and its clusters.",
        "Tool [1, Velero]: <>",
        "Step 5 of 10: Storage.",
        "Name [nothing]: <acme-backups>",
        "Checked: the name is free.",
        "Prefix [velero/us-east-1/prod]: <>",
        "Step 8 of 10: Review.",
        "Plan for Velero on prod in us-east-1",
        "0 in conflict.",
        "Type apply to make the changes",
        "Step 9 of 10: Apply.",
        "done     role",
        "Verified: a backup was made, its namespace deleted, restored and compared.",
        "Step 10 of 10: Live.",
        "velero on prod, namespace velero: healthy",
        "What now, 1 to 3 [3]: <1>",
        "healthy",
        "The same again: lifeboat apply --answers ",
    ]);
    assert!(told.said.ends_with("answers/velero-us-east-1-prod.toml --demo"), "row 41: {}", told.said);
    let answers = std::fs::read_to_string(home.path("answers/velero-us-east-1-prod.toml")).unwrap();
    let answers = lifeboat::plan::answers::Answers::parse(&answers).unwrap();
    assert_eq!(answers.bucket.name.as_str(), "acme-backups");
    for file in ["answers/velero-us-east-1-prod.toml", "draft.toml"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(home.path(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn tui_row_15_conflicts_are_asked_one_by_one_and_a_bucket_is_named_by_typing() {
    let home = Home::new();
    // The three gaps are left open at Storage: Review asks.
    let to_review = ["us-east-1/prod", "", "1", "2", "acme-logs", "", "", "", "", "", "", "", ""];
    let first = home.talk(&[&to_review[..], &["leave", "quit"]].concat()).await.ended(0);
    let open: usize = first.said.matches("<leave>").count();
    assert_eq!(open, 1, "{}", first.said);
    let count: usize =
        first.said.split(" conflicts wait").next().unwrap().rsplit('\n').next().unwrap().parse().unwrap();
    // The draft kept the one that was left: the others are taken over.
    let mut answers = vec!["", "what"];
    answers.extend(vec!["adopt"; count - 1]);
    answers.extend(["", "apply", "3"]);
    let told = home.talk(&answers).await.ended(0);
    told.says(&[
        "Go on with the draft of last time (prod in us-east-1, at Review)? [Y/n] <>",
        "adopt, leave, back or quit? <what>",
        "Answer adopt or leave",
        "The plan is now: ",
        "none in conflict.",
        "<>",
        "Nothing was changed. Type apply",
        "Verified",
    ]);
}

fn denied(call: &str) -> Fault {
    Fault::Before(Trouble::new(TroubleKind::Denied, format!("no permission: {call}")).at(call, "prod"))
}

#[tokio::test]
async fn a_change_that_fails_is_tried_again_and_the_rest_is_kept() {
    let home = Home::new();
    home.world.fail("iam:CreateRole", denied("iam:CreateRole"));
    let told = home.talk(&[TO_REVIEW, "apply", "skip", "retry", "3"]).await.ended(0);
    told.says(&[
        "FAILED   role",
        "no permission: iam:CreateRole",
        "Failed. What was made stays.",
        "What now: retry, undo, back or quit? <skip>",
        "It cannot be skipped: the rest stands on this change.",
        "<retry>",
        "Step 9 of 10: Apply.",
        "kept     oidc-provider",
        "done     role",
        "Verified",
    ]);
}

#[tokio::test]
async fn a_hardening_that_fails_can_be_done_without() {
    let home = Home::new();
    home.world.fail("s3:PutBucketVersioning", denied("s3:PutBucketVersioning"));
    let told = home.talk(&[TO_REVIEW, "apply", "skip", "3"]).await.ended(0);
    told.says(&["FAILED   bucket-versioning", "What now: retry, skip, undo, back or quit? <skip>", "Verified"]);
    let answers = std::fs::read_to_string(home.path("answers/velero-us-east-1-prod.toml")).unwrap();
    assert!(answers.contains("leave = [\"bucket-versioning\"]"), "{answers}");
}

#[tokio::test]
async fn what_was_made_before_a_failure_is_taken_back_once_undo_is_typed() {
    let home = Home::new();
    home.world.fail("iam:CreateRole", denied("iam:CreateRole"));
    let told = home.talk(&[TO_REVIEW, "apply", "undo", "", "undo", "undo", "quit"]).await.ended(0);
    told.says(&[
        "Only what this run made",
        "Type undo to take it back; Enter alone changes nothing: <>",
        "Nothing was taken back.",
        "Taking back the run ",
        "undone   oidc-provider",
        "Undone.",
        "Step 8 of 10: Review.",
        "<quit>",
    ]);
}

#[tokio::test]
async fn after_a_failure_the_answers_end_with_3_and_say_what_stays() {
    let home = Home::new();
    home.world.fail("iam:CreateRole", denied("iam:CreateRole"));
    let told = home.talk(&[TO_REVIEW, "apply"]).await.ended(3);
    told.says(&["There are no more answers", "What was made stays", "The same again: lifeboat apply --answers"]);
}

#[tokio::test]
async fn tui_row_14_documents_are_read_and_saved_before_anything_is_made() {
    let home = Home::new();
    let folder = home.path("out");
    let save = format!("save {}", folder.display());
    let told = home.talk(&[TO_REVIEW, "why", "documents", "2", "99", "commands", "save", &save, "quit"]).await.ended(0);
    told.says(&[
        "Risk: low.",
        "Undo: ",
        "1. ",
        "End of ",
        "There is no document 99",
        "commands.sh:",
        "aws iam create-role",
        "Name a folder",
        "files were written to ",
        "Nothing was changed.",
    ]);
    for name in ["plan.json", "commands.sh", "answers.toml"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    std::fs::write(folder.join("commands.sh"), "mine").unwrap();
    let told = home.talk(&["", &save, "", "quit"]).await.ended(0);
    told.says(&["differ:\ncommands.sh\n", "Type replace to replace them; Enter alone writes nothing: <>"]);
    assert_eq!(std::fs::read_to_string(folder.join("commands.sh")).unwrap(), "mine");
    home.talk(&["", &save, "replace", "quit"]).await.ended(0).says(&["files were written to "]);
    assert_ne!(std::fs::read_to_string(folder.join("commands.sh")).unwrap(), "mine");
}

#[tokio::test]
async fn tui_row_16_read_only_shows_all_and_applies_nothing() {
    let home = Home::new();
    let mut desk = home.desk().read_only();
    let told = told(&mut desk, &[TO_REVIEW, "apply", "quit"]).await.ended(0);
    told.says(&["--read-only is given", "It cannot be applied: --read-only is given."]).never("Run 2");
}

#[tokio::test]
async fn a_test_is_repeated_only_when_it_is_typed_and_is_told_before() {
    let home = Home::new();
    let told = home.talk(&[TO_REVIEW, "apply", "2", "", "test", "test", "quit"]).await.ended(0);
    told.says(&[
        "Verified",
        "backs it up, deletes that namespace, restores it and compares.",
        "They cannot be brought back.",
        "Type test to do it; Enter alone changes nothing: <>",
        "Nothing was changed.",
        "<test>",
        "done     canary",
        "Verified",
        "<quit>",
    ]);
}

#[tokio::test]
async fn tui_row_15_a_bucket_that_exists_is_taken_over_only_by_its_name() {
    let home = Home::new();
    let to_review = ["us-east-1/prod", "", "", "1", "acme-logs", "", "", "", "", ""];
    let told = home.talk(&[&to_review[..], &["adopt", "yes", "adopt", "acme-logs", "quit"]].concat()).await.ended(0);
    told.says(&[
        "Note: it exists in this account, in us-east-1: choose Existing to use it",
        "Conflict bucket:",
        "Type acme-logs to take it over; Enter alone does not: <yes>",
        "It was not taken over.",
        "<acme-logs>",
        "Conflict bucket-",
    ]);
}

//! The wizard as a conversation (tui.md row 39): scripted answers over the demo world, and all that is said.

use crate::watched::{Reply, Watched};
use lifeboat::demo::{self, Fault};
use lifeboat::plain::{Talk, wizard};
use lifeboat::ports::{Trouble, TroubleKind};
use lifeboat::shell::PlainDesk;
use std::collections::VecDeque;
use std::path::PathBuf;

/// Answers that are given one after the other, and what was said, questions with their answers.
struct Script {
    answers: VecDeque<String>,
    said: Vec<String>,
}

impl Talk for Script {
    fn say(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }

    fn ask(&mut self, question: &str) -> Option<String> {
        let answer = self.answers.pop_front();
        let shown = answer.as_deref().unwrap_or("end").escape_default();
        self.said.push(format!("{question} <{shown}>"));
        answer
    }
}

/// A user with a home and a demo world.
struct Home {
    world: demo::World,
    folder: tempfile::TempDir,
}

/// What came of a conversation.
struct Told {
    code: u8,
    said: String,
    left: usize,
}

impl Home {
    fn new() -> Self {
        Self { world: demo::World::open("default", None).unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn desk(&self) -> PlainDesk {
        PlainDesk::demo(&self.world, self.folder.path().to_path_buf())
    }

    /// Answers line by line; a line may hold several, divided by ` / `.
    async fn talk(&self, answers: &[&str]) -> Told {
        told(&mut self.desk(), answers).await
    }
}

async fn told(desk: &mut PlainDesk, answers: &[&str]) -> Told {
    let answers = answers.iter().flat_map(|line| line.split(" / ")).map(|it| it.trim().to_owned()).collect();
    let mut script = Script { answers, said: Vec::new() };
    let code = wizard(&mut script, desk).await;
    let said = script.said.join("\n");
    let hostile = said.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}'));
    assert_eq!(hostile, None, "{said}");
    Told { code, said, left: script.answers.len() }
}

impl Told {
    /// Panics with all that was said unless it ended so and every answer was used.
    #[track_caller]
    fn ended(self, code: u8) -> Self {
        assert_eq!((self.code, self.left), (code, 0), "code and unused answers; said:\n{}", self.said);
        self
    }

    /// Panics unless these were said, in this order.
    #[track_caller]
    fn says(self, parts: &[&str]) -> Self {
        let mut rest = self.said.as_str();
        for part in parts {
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => panic!("{part:?} was not said (there); said:\n{}", self.said),
            }
        }
        self
    }

    #[track_caller]
    fn never(self, part: &str) -> Self {
        assert!(!self.said.contains(part), "{part:?} was said:\n{}", self.said);
        self
    }
}

/// All answers up to Review: cluster, tool, identity, bucket, name, prefix, encryption, schedule, ttl, volumes.
const TO_REVIEW: &str = "us-east-1/prod /  /  / 1 / acme-backups /  /  /  /  / ";

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
        "2. Rancher Backup: what Rancher keeps of itself and its clusters. It cannot be chosen: this version sets up Velero.",
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
    for file in ["answers/velero-us-east-1-prod.toml", "drafts/draft.toml"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(home.path(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn tui_row_10_back_and_forth_loses_nothing_and_never_validates() {
    let home = Home::new();
    // A wrong name, back over three steps and forth again: it stands there as it was.
    let told = home
        .talk(&["us-east-1/prod", "", "", "1", "Bad_Name", "back", "back", "back", "back", "", "", "", "", "quit"])
        .await
        .ended(0);
    told.says(&[
        "Name [nothing]: <Bad_Name>",
        "Problem: ",
        "What to do: ",
        "Name [Bad_Name]: <back>",
        "Bucket [1, New]: <back>",
        "Step 4 of 10: Identity.",
        "Identity [1, IRSA]: <back>",
        "Tool [1, Velero]: <back>",
        "Cluster, by number or as REGION/NAME [us-east-1/prod]: <>",
        "Name [Bad_Name]: <quit>",
        "Nothing was changed.",
        "The draft is kept",
    ]);
    let draft = std::fs::read_to_string(home.path("drafts/draft.toml")).unwrap();
    assert!(draft.contains("Bad_Name"), "{draft}");
}

#[tokio::test]
async fn tui_row_11_a_wrong_bucket_name_is_said_with_the_rule_and_asked_again() {
    let home = Home::new();
    let names = ["Bad_Name", "velero", "s3://acme-backups/clusters/prod", "", "quit"];
    let told = home.talk(&[&["us-east-1/prod", "", "", "1"], &names[..]].concat()).await.ended(0);
    told.says(&[
        "Name [nothing]: <Bad_Name>",
        "Problem: \"Bad_Name\"",
        "Why: ",
        "Name [Bad_Name]: <velero>",
        "Problem: it belongs to another account",
        "Name [velero]: <s3://acme-backups/clusters/prod>",
        "understood as bucket acme-backups, prefix clusters/prod.",
        "Checked: the name is free.",
        "Prefix [clusters/prod]: <>",
    ]);
}

#[tokio::test]
async fn tui_row_39_a_question_mark_tells_why_and_what_is_good() {
    let home = Home::new();
    let told = home.talk(&["?", "us-east-1/prod", "2", "?", "", "", "1", "?", "quit"]).await.ended(0);
    let told = told.says(&[
        "again: look for clusters again.",
        "Rancher Backup cannot be chosen: this version sets up Velero.",
        "Tool [1, Velero]: <?>",
        "The tool that makes the backups.",
        "back: to the question or step before; nothing is lost.",
        "Name [nothing]: <?>",
        "Every cluster and tool gets a prefix of its own, and the role may reach nothing outside it.",
        "For example: acme-backups",
    ]);
    told.never("column");
}

#[tokio::test]
async fn tui_row_12_buckets_and_keys_of_the_account_are_offered_by_number() {
    let home = Home::new();
    let told = home
        .talk(&["us-east-1/prod", "", "", "2", "acme-nowhere", "3", "", "3", "alias/retired", "2", "back", "back"])
        .await
        .ended(2);
    told.says(&[
        "2. acme-legacy-velero, us-west-2",
        "Problem: there is no bucket acme-nowhere",
        "Name [acme-nowhere]: <3>",
        "1. new, a key made by lifeboat",
        "Problem: the key is Disabled",
        "Checked: arn:aws:kms:us-east-1:111122223333:key/",
    ]);
}

#[tokio::test]
async fn further_settings_are_asked_for_only_when_they_are_wanted() {
    let home = Home::new();
    let told =
        home.talk(&["us-east-1/prod", "", "", "more", "1", "acme-backups", "", "us-west-2", "quit"]).await.ended(0);
    told.says(&["The further settings", "Region [us-east-1]: <us-west-2>", "Account-regional name [no]: <quit>"]);
}

#[tokio::test]
async fn tui_row_15_conflicts_are_asked_one_by_one_and_a_bucket_is_named_by_typing() {
    let home = Home::new();
    let to_review = ["us-east-1/prod", "", "", "2", "acme-logs", "", "", "", "", ""];
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
async fn e24_when_the_answers_end_nothing_is_changed_and_the_draft_goes_on() {
    let home = Home::new();
    let told = home.talk(&["us-east-1/prod", "", "", "1", "acme-backups"]).await.ended(2);
    told.says(&["Prefix [velero/us-east-1/prod]: <end>", "There are no more answers, and Storage still needs one."])
        .says(&["Nothing was changed.", "The draft is kept"]);
    let told = home.talk(&["y", "", "", "", "", "", "", "", "quit"]).await.ended(0);
    told.says(&["(prod in us-east-1, at Storage)? [Y/n] <y>", "Step 5 of 10: Storage.", "Name [acme-backups]: <>"])
        .says(&["Step 8 of 10: Review.", "0 in conflict."]);
    home.talk(&["n", "quit"]).await.ended(0).says(&["<n>", "Step 2 of 10", "as REGION/NAME [nothing]: <quit>"]);
    assert_eq!(home.talk(&[]).await.ended(2).said.matches("<end>").count(), 1);
}

#[tokio::test]
async fn a_draft_that_cannot_be_read_is_put_aside_and_said() {
    let home = Home::new();
    std::fs::create_dir(home.path("drafts")).unwrap();
    std::fs::write(home.path("drafts/draft.toml"), "version = 99\nat = \"tool\"\nvisited = []\n").unwrap();
    home.talk(&["us-east-1/prod", "quit"]).await.ended(0).says(&["put aside", "version 99", "Step 2 of 10"]);
    assert!(std::fs::read_to_string(home.path("drafts/draft.toml.aside")).unwrap().contains("99"));
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
async fn what_the_account_refutes_leads_back_to_its_field() {
    let home = Home::new();
    let told = home.talk(&["us-east-1/nowhere", "", "", "1", "acme-backups", "", "", "", "", "", "quit"]).await;
    let told = told.ended(0).says(&["there is no cluster nowhere in us-east-1", "Did you mean"]);
    told.says(&["Enter or again tries again, back changes answers, quit leaves: <quit>"]);
}

#[tokio::test]
async fn b12_hostile_names_are_said_safely() {
    let mut watched = Watched::of(2);
    watched.regions = Ok(vec!["us-\u{1b}]0;x\u{7}east-1".to_owned(), "r-2".to_owned()]);
    watched.usual = Reply::Named("pr\u{1b}[2Jod\u{202e}\n1. fake");
    let home = Home::new();
    let mut desk = PlainDesk::over(watched.world().0, home.folder.path().to_path_buf());
    // `told` refuses anything that a terminal would obey.
    let told = told(&mut desk, &["1", "us-east-1/prod", "", "", "1", "ac\u{1b}[31mme\u{202e}", "quit"]).await.ended(0);
    told.says(&["pr^[[2Jod<U+202E>\u{23ce}1. fake", "Problem: "]).never("\n1. fake");
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

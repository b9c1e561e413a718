//! Questions and answers: back and forth, wrong ones, help, the draft.

use super::{Home, told};
use crate::watched::{Reply, Watched};
use lifeboat::shell::PlainDesk;

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
        "Identity [2, EKS Pod Identity]: <back>",
        "Tool [1, Velero]: <back>",
        "Cluster, by number or as REGION/NAME [us-east-1/prod]: <>",
        "Name [Bad_Name]: <quit>",
        "Nothing was changed.",
        "The draft is kept",
    ]);
    let draft = std::fs::read_to_string(home.path("draft.toml")).unwrap();
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
    let told = home.talk(&["?", "us-east-1/prod", "9", "?", "", "", "1", "?", "quit"]).await.ended(0);
    let told = told.says(&[
        "again: look for clusters again.",
        "Upbound Spaces ",
        " runs in ",
        "9 is none of them",
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
        .talk(&[
            "us-east-1/prod",
            "",
            "",
            "2",
            "acme-nowhere",
            "3",
            "",
            "",
            "",
            "",
            "3",
            "alias/retired",
            "2",
            "back",
            "back",
        ])
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
    std::fs::write(home.path("draft.toml"), "version = 99\nat = \"tool\"\nvisited = []\n").unwrap();
    home.talk(&["us-east-1/prod", "quit"]).await.ended(0).says(&["put aside", "version 99", "Step 2 of 10"]);
    assert!(std::fs::read_to_string(home.path("draft.toml.aside")).unwrap().contains("99"));
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
async fn further_clusters_are_named_to_restore_to_and_have_settings_of_their_own() {
    let home = Home::new();
    let told = home
        .talk(&[
            "us-east-1/prod / back / restore / us-east-1/prod / us-west-2/dr / ",
            // Tool, identity, one role for all, the bucket, its prefix, encryption.
            " /  /  / 1 / acme-backups /  / ",
            // Schedule, lifetime, volumes, then the further settings in their order.
            "more /  /  /  /  /  /  /  /  /  /  /  /  /  /  / ",
            "dr-admin / Wrong_1 / backups / quit",
        ])
        .await
        .ended(0);
    told.says(&[
        "Problem: prod is the cluster that is backed up.",
        "Restore to dr in us-west-2.",
        "Restore cluster dr in us-west-2.",
        "Context [nothing]: <dr-admin>",
        "Namespace [velero]: <Wrong_1>",
        "Problem: ",
        "Service account [velero-server]: <quit>",
    ]);
}

#[tokio::test]
async fn n35_the_conversation_says_volumes_and_the_next_times() {
    let home = Home::new();
    let told = home.talk(&["us-east-1/prod /  /  / 1 / acme-backups /  /  / 0 5 * * * /  / quit"]).await.ended(0);
    told.says(&[
        "Schedule [0 3 * * *]: <0 5 * * *>",
        "Next ",
        "30 days: about 30 backups by the schedule.",
        "1 volume: 1 EBS by CSI; in us-east-1.",
        "Recommended: csi; the snapshot controller and its class are there.",
        "Note: As chosen, 1 volume is not covered.",
    ]);
}

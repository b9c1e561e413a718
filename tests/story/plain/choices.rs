//! What is chosen for the user with its reasons, what cannot be, and a bucket's gaps, each to be taken or left.

use super::Home;

#[tokio::test]
async fn facts_choose_the_identity_with_reasons_and_enter_keeps_it() {
    let home = Home::new();
    let told = home.talk(&["us-east-1/prod", "", "", "1", "acme-backups", "", "", "", "", "", "quit"]).await.ended(0);
    told.says(&[
        "Step 4 of 10: Identity.",
        "Chosen for you: EKS Pod Identity, because its agent runs on the cluster; no OIDC provider has to be",
        "Identity [2, EKS Pod Identity]: <>",
        "keep     pod-identity-agent",
        "create   association",
    ]);
    // The draft of last time says that it was not the user: another cluster is decided anew.
    let to_staging = ["y", "back", "back", "back", "back", "back", "back", "back", "back", "back", "back"];
    let told = home.talk(&[&to_staging[..], &["us-east-1/staging", "", "", "quit"]].concat()).await.ended(0);
    told.says(&[
        "Cluster staging in us-east-1.",
        "Chosen for you: IRSA, because the cluster's OIDC provider is registered in IAM already",
        "Identity [1, IRSA]: <>",
    ]);
}

#[tokio::test]
async fn another_identity_is_chosen_by_the_user_and_stays() {
    let home = Home::new();
    let told = home.talk(&["us-east-1/prod", "", "1", "back", "", "quit"]).await.ended(0);
    told.says(&[
        "Identity [2, EKS Pod Identity]: <1>",
        "Recommended: EKS Pod Identity, because its agent runs on the cluster",
        "Bucket [1, New]: <back>",
        "Identity [1, IRSA]: <>",
    ]);
    // The draft that was kept has it, though it is the default.
    let told = home.talk(&["y", "back", "quit"]).await.ended(0);
    told.says(&["Identity [1, IRSA]: <quit>"]).never("Chosen for you");
}

#[tokio::test]
async fn a27_what_cannot_work_is_said_with_its_reason_and_asked_again() {
    let home = Home::of("nodes");
    let told = home.talk(&["us-east-1/fargate", "", "2", "", "1", "quit"]).await.ended(0);
    told.says(&[
        "Chosen for you: IRSA, because EKS Pod Identity cannot be used here.",
        "Note: EKS Pod Identity cannot be used here: all nodes are of Fargate or run Windows",
        "Identity [1, IRSA]: <2>",
        "Problem: EKS Pod Identity cannot be used here.",
        "Why: all nodes are of Fargate",
        "What to do: Choose IRSA.",
        "Identity [2, EKS Pod Identity]: <>",
        "Problem: EKS Pod Identity cannot be used here.",
        "Identity [2, EKS Pod Identity]: <1>",
        "Step 5 of 10: Storage.",
    ]);
}

#[tokio::test]
async fn each_gap_of_an_existing_bucket_is_taken_or_left_at_storage_and_review_asks_no_more() {
    let home = Home::new();
    let to_gaps = ["us-east-1/prod", "", "1", "2", "acme-logs", ""];
    let gaps = ["take", "maybe", "back", "", "leave", "?", "take"];
    let told = home.talk(&[&to_gaps[..], &gaps[..], &["", "", "", "", "quit"]].concat()).await.ended(0);
    told.says(&[
        "How acme-logs is:",
        "Public access, good: blocked by all four switches.",
        "TLS, gap: no policy: plain http is answered.",
        "bucket-tls: take or leave [undecided, Review asks]: <take>",
        "Versions, gap: never on",
        "bucket-versioning: take or leave [undecided, Review asks]: <maybe>",
        "Answer take or leave",
        "<back>",
        "bucket-tls: take or leave [take]: <>",
        "bucket-versioning: take or leave [undecided, Review asks]: <leave>",
        "bucket-lifecycle: take or leave [undecided, Review asks]: <?>",
        "leave: do without the change; the bucket stays as it is.",
        "Step 8 of 10: Review.",
        "update   bucket-tls",
        "0 in conflict.",
    ])
    .never("Conflict bucket-");
    let draft = std::fs::read_to_string(home.path("draft.toml")).unwrap();
    let line = |list: &str| draft.lines().find(|line| line.contains(list)).unwrap_or_default().to_owned();
    assert!(line("consent.adopt").contains("bucket-tls") && line("consent.adopt").contains("bucket-lifecycle"));
    assert!(line("consent.leave").contains("bucket-versioning"), "{draft}");
}

#[tokio::test]
async fn back_at_the_first_gap_is_the_prefix_again() {
    let home = Home::new();
    let told =
        home.talk(&["us-east-1/prod", "", "1", "2", "acme-logs", "", "back", "clusters/prod", "quit"]).await.ended(0);
    told.says(&[
        "bucket-tls: take or leave [undecided, Review asks]: <back>",
        "Prefix [velero/us-east-1/prod]: <clusters/prod>",
        "How acme-logs is:",
        "bucket-tls: take or leave [undecided, Review asks]: <quit>",
    ]);
}

#[tokio::test]
async fn a_new_bucket_has_no_gaps_to_ask_about() {
    let home = Home::new();
    let told = home.talk(&["us-east-1/prod", "", "1", "1", "acme-backups", "", "quit"]).await.ended(0);
    told.says(&["Step 6 of 10: Encryption."]).never("bucket-tls");
}

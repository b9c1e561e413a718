//! The Identity step: facts decide with reasons, the user may choose otherwise, and what cannot work is no way on.

use crate::journey::Journey;
use lifeboat::app::{Form, FormLine, News, Stop, Task, Ticket, form_lines, is_chosen};
use lifeboat::domain::Identity;
use lifeboat::plan::Action;
use lifeboat::ports::{Trouble, TroubleKind};
use lifeboat::wizard::{Draft, StepId};

/// At the Identity step of a cluster; what facts there are is not known yet.
async fn before_facts(world: &str, cluster: &str) -> Journey {
    let mut journey = Journey::at(world);
    journey.walk(cluster, "acme-backups", StepId::Tool).await;
    journey.settle().await;
    journey.press("ctrl-n");
    journey.on(StepId::Identity);
    journey
}

async fn at(world: &str, cluster: &str) -> Journey {
    let mut journey = before_facts(world, cluster).await;
    journey.settle().await;
    journey
}

/// Back to the list, to another cluster, and at its Identity step.
async fn other(journey: &mut Journey, cluster: &str) {
    while journey.model.step() != StepId::Cluster {
        journey.press("esc");
    }
    journey.settle().await;
    journey.press("ctrl-u").types(cluster).settle().await;
    journey.press("enter ctrl-n").settle().await;
    journey.on(StepId::Identity);
    assert_eq!(journey.model.draft.text("cluster.name"), cluster);
}

/// What is said at the fields, problems too.
fn said(journey: &Journey) -> String {
    let line = |line| match line {
        FormLine::Remark(_, _, text, _) => Some(text),
        FormLine::Problem(_, problem) => Some(problem.to_string()),
        _ => None,
    };
    form_lines(&journey.model, StepId::Identity).into_iter().filter_map(line).collect::<Vec<_>>().join(" ")
}

fn identity(journey: &Journey) -> String {
    journey.model.draft.value("identity")
}

/// Whether the cursor stands on what is chosen.
fn on_the_chosen(journey: &Journey) -> bool {
    matches!(Form::stop(&journey.model), Some(Stop::Option(field, at)) if is_chosen(&journey.model, field, at))
}

#[tokio::test]
async fn facts_choose_for_who_chose_nothing_with_the_reasons_and_the_file_has_it() {
    let mut journey = before_facts("default", "prod").await;
    assert_eq!(identity(&journey), "irsa", "nothing is known yet");
    journey.settle().await;
    assert_eq!(identity(&journey), "pod-identity");
    let told = said(&journey);
    assert!(
        told.contains("chosen for you: EKS Pod Identity, because its agent runs on the cluster; no OIDC"),
        "{told}"
    );
    assert!(on_the_chosen(&journey));
    journey.press("ctrl-n").settle().await;
    journey.press("tab").types("acme-backups");
    assert_eq!(identity(&journey), "pod-identity", "going on keeps it");
    let answers = journey.model.draft.answers().unwrap();
    assert_eq!(answers.identity, Identity::PodIdentity);
    assert!(answers.to_toml().contains("identity = \"pod-identity\""), "{}", answers.to_toml());
    assert!(!journey.model.draft.says(&Draft::default()), "a draft that is kept");
    let kept = Draft::from_file(&journey.model.draft.to_file()).unwrap();
    assert_eq!(
        (kept.value("identity"), kept.text("identity")),
        ("pod-identity".to_owned(), ""),
        "still not the user's"
    );
}

#[tokio::test]
async fn the_user_may_choose_otherwise_and_that_stays_on_every_way() {
    let mut journey = at("default", "prod").await;
    journey.press("up space");
    assert_eq!(identity(&journey), "irsa");
    let told = said(&journey);
    assert!(told.contains("recommended: EKS Pod Identity, because") && !told.contains("chosen for you"), "{told}");
    journey.press("ctrl-n esc").settle().await;
    assert_eq!(identity(&journey), "irsa");
    // Another cluster, where facts would choose the same, and back to the one where they would not.
    other(&mut journey, "staging").await;
    other(&mut journey, "prod").await;
    assert_eq!(identity(&journey), "irsa");
    assert!(said(&journey).contains("recommended: EKS Pod Identity"), "{}", said(&journey));
    // A kept draft, and an answers file, say what was chosen though it is the default.
    journey.model.draft.set("bucket.name", "acme-backups");
    let answers = journey.model.draft.answers().unwrap();
    for draft in [Draft::from_file(&journey.model.draft.to_file()).unwrap(), Draft::of(&answers).unwrap()] {
        assert_eq!(draft.text("identity"), "irsa");
    }
}

#[tokio::test]
async fn a_kept_draft_with_a_choice_is_not_overruled_when_it_is_resumed() {
    let mut journey = Journey::at("default");
    let mut draft = Draft::default();
    for (path, text) in [("cluster.name", "prod"), ("cluster.region", "us-east-1"), ("identity", "irsa")] {
        draft.set(path, text);
    }
    draft.at = StepId::Identity;
    journey.settle().await;
    journey.model.setup.draft = Some(Ok(draft));
    journey.press("ctrl-p").types("go on with the draft").press("enter").settle().await;
    journey.on(StepId::Identity);
    assert!(said(&journey).contains("recommended: EKS Pod Identity"), "{}", said(&journey));
    assert_eq!(identity(&journey), "irsa");
}

#[tokio::test]
async fn facts_that_come_late_change_nothing_under_the_fingers() {
    // Chosen, though it is the default.
    let mut journey = before_facts("default", "prod").await;
    journey.press("space").settle().await;
    assert_eq!(identity(&journey), "irsa");
    // Only looked at: nothing moves, and going on takes what stood there.
    let mut journey = before_facts("default", "prod").await;
    journey.press("down up").settle().await;
    assert_eq!((identity(&journey), journey.model.form.at), ("irsa".to_owned(), 0));
    assert!(said(&journey).contains("recommended: EKS Pod Identity"), "{}", said(&journey));
    journey.press("ctrl-n").settle().await;
    journey.on(StepId::Storage);
    assert_eq!(journey.model.draft.text("identity"), "irsa", "it is chosen now");
    journey.press("esc").settle().await;
    assert_eq!(identity(&journey), "irsa");
    // Not touched and come back to: the facts choose as the step is entered.
    let mut journey = before_facts("default", "prod").await;
    journey.press("down esc").settle().await;
    journey.press("ctrl-n").settle().await;
    assert_eq!(identity(&journey), "pod-identity");
    assert!(on_the_chosen(&journey));
}

#[tokio::test]
async fn another_cluster_is_decided_anew_while_the_user_chose_nothing() {
    let mut journey = at("default", "prod").await;
    assert_eq!(identity(&journey), "pod-identity");
    journey.press("ctrl-n").settle().await;
    while journey.model.step() != StepId::Cluster {
        journey.press("esc");
    }
    journey.press("ctrl-u").types("staging").settle().await;
    journey.press("enter");
    assert_eq!(identity(&journey), "irsa", "prod's facts say nothing of staging");
    journey.press("ctrl-n").settle().await;
    assert_eq!(identity(&journey), "irsa");
    let told = said(&journey);
    assert!(told.contains("chosen for you: IRSA, because the cluster's OIDC provider is registered"), "{told}");
    other(&mut journey, "prod").await;
    assert_eq!(identity(&journey), "pod-identity");
}

#[tokio::test]
async fn a27_what_cannot_work_is_shown_with_its_reason_and_is_no_way_on() {
    let mut journey = at("nodes", "fargate").await;
    assert_eq!(identity(&journey), "irsa");
    let told = said(&journey);
    assert!(told.contains("chosen for you: IRSA, because EKS Pod Identity cannot be used here"), "{told}");
    assert!(told.contains("EKS Pod Identity cannot be used here: all nodes are of Fargate"), "{told}");
    journey.press("down space ctrl-n");
    journey.on(StepId::Identity);
    let told = said(&journey);
    assert!(told.contains("where its agent does not run. Choose IRSA"), "{told}");
    journey.press("ctrl-n enter");
    journey.on(StepId::Identity);
    journey.press("home space ctrl-n");
    journey.on(StepId::Storage);
    assert_eq!(journey.model.draft.text("identity"), "irsa");
    let old = at("nodes", "old").await;
    assert!(said(&old).contains("Kubernetes 1.23 has none"), "{}", said(&old));
}

#[tokio::test]
async fn a26_unknown_facts_warn_and_bar_nothing() {
    let mut journey = before_facts("nodes", "fargate").await;
    let asked = |(ticket, task): &(Ticket, Task)| match task {
        Task::Advise(of, _) => Some((*ticket, of.clone())),
        _ => None,
    };
    let (ticket, of) = journey.queue.iter().find_map(asked).expect("facts are asked for");
    let denied = Trouble::new(TroubleKind::Denied, "eks:DescribeCluster is not allowed");
    journey.news(ticket, News::Advice(of, Err(denied)));
    assert_eq!(identity(&journey), "irsa");
    journey.press("down space ctrl-n");
    journey.on(StepId::Storage);
    assert_eq!(identity(&journey), "pod-identity");
}

#[tokio::test]
async fn a27_a_cluster_to_restore_to_rules_an_identity_out_as_well() {
    let mut journey = Journey::at("nodes");
    journey.walk("auto", "acme-backups", StepId::Tool).await;
    for name in ["fargate", "mixed"] {
        journey.model.draft.mark_restore("us-east-1", name);
    }
    journey.model.draft.mark_restore("us-west-2", "old");
    journey.press("ctrl-n").settle().await;
    let told = said(&journey);
    assert!(told.contains("EKS Pod Identity cannot be used here: fargate: all nodes are of Fargate"), "{told}");
    assert!(told.contains("; nor in old"), "{told}");
    assert_eq!(identity(&journey), "irsa");
}

#[tokio::test]
async fn auto_mode_needs_no_agent_and_review_says_why() {
    let mut journey = at("nodes", "auto").await;
    let told = said(&journey);
    assert!(told.contains("chosen for you: EKS Pod Identity, because EKS Auto Mode has its agent built in"), "{told}");
    assert!(!told.contains("installed as an EKS add-on"), "{told}");
    journey.press("ctrl-n").settle().await;
    journey.press("tab").types("acme-backups").settle().await;
    journey.press("ctrl-n ctrl-n ctrl-n").settle().await;
    journey.on(StepId::Review);
    let plan = journey.model.review.plan.as_deref().expect("planned").as_ref().expect("a plan");
    let agent = plan.change("pod-identity-agent").unwrap();
    assert_eq!(agent.action, Action::Keep);
    assert!(agent.why.contains("EKS Auto Mode has it built into all nodes"), "{}", agent.why);
}

#[tokio::test]
async fn one_role_for_many_clusters_is_another_question_to_the_facts() {
    let mut journey = Journey::at("default");
    journey.walk("staging", "acme-backups", StepId::Tool).await;
    for number in 0..4 {
        journey.model.draft.mark_restore("us-west-2", &format!("dr-{number}"));
    }
    journey.press("ctrl-n").settle().await;
    assert_eq!(identity(&journey), "irsa");
    while !matches!(Form::stop(&journey.model), Some(Stop::Flag(field)) if field.path == "role.shared") {
        journey.press("down");
    }
    journey.press("space").settle().await;
    let told = said(&journey);
    assert!(told.contains("recommended: EKS Pod Identity, because 5 clusters need more statements"), "{told}");
    assert_eq!(identity(&journey), "irsa", "nothing changes under the fingers");
}

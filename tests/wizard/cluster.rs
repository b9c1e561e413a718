//! Cluster: what is found, filtered, chosen.

use crate::journey::Journey;
use lifeboat::app::{Effect, Load, News, RegionState, Task};
use lifeboat::domain::Shown;
use lifeboat::domain::discovery::Discovery;
use lifeboat::wizard::StepId;

async fn at_cluster() -> Journey {
    let mut journey = Journey::at("default");
    journey.settle().await;
    journey.press("enter");
    journey
}

#[tokio::test]
async fn clusters_of_all_regions_come_with_their_facts() {
    let mut journey = at_cluster().await;
    journey.settle().await;
    let names: Vec<&str> = journey.model.cluster.rows.iter().map(|row| row.found.name.as_str()).collect();
    for name in ["prod", "staging", "dr", "legacy"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(journey.model.cluster.rows.iter().all(|row| matches!(row.detail, Load::Here(_))));
    assert_eq!(journey.model.cluster.open_regions(), 0);
}

#[tokio::test]
async fn a01_a_region_that_is_slow_or_refused_is_a_line_and_the_others_go_on() {
    let mut journey = at_cluster().await;
    let (ticket, task) = journey.queue.pop_front().unwrap();
    assert_eq!(task, Task::Discover);
    let regions = vec!["us-east-1".to_owned(), "eu-west-1".to_owned(), "ap-south-1".to_owned()];
    journey.news(ticket, News::Discovery(Discovery::Regions(regions)));
    journey.news(ticket, News::Discovery(Discovery::Slow("eu-west-1".to_owned())));
    let why = Shown::new("no permission: eks:ListClusters");
    journey.news(ticket, News::Discovery(Discovery::Refused("ap-south-1".to_owned(), why.clone())));
    journey.news(ticket, News::Discovery(Discovery::Clusters("us-east-1".to_owned(), vec!["prod".to_owned()])));
    let states: Vec<&RegionState> = journey.model.cluster.regions.iter().map(|region| &region.state).collect();
    assert_eq!(states, [&RegionState::Done(1), &RegionState::Slow, &RegionState::Refused(why)]);
    journey.press("enter");
    journey.on(StepId::Tool);
}

#[tokio::test]
async fn leaving_cancels_the_look_and_what_comes_late_is_dropped() {
    let mut journey = at_cluster().await;
    let (ticket, _) = journey.queue.front().cloned().unwrap();
    journey.press("esc");
    journey.on(StepId::Welcome);
    assert!(journey.asked.contains(&Effect::Cancel(ticket)));
    journey.news(ticket, News::Discovery(Discovery::Clusters("us-east-1".to_owned(), vec!["late".to_owned()])));
    assert!(journey.model.cluster.rows.is_empty(), "late news are dropped");
    journey.press("enter").settle().await;
    assert_eq!(journey.model.cluster.rows.len(), 4, "the look starts again");
}

#[tokio::test]
async fn tui_row_13_typing_filters_at_once_and_the_best_is_under_the_cursor() {
    let mut journey = at_cluster().await;
    journey.settle().await;
    journey.types("leg");
    assert_eq!((journey.model.cluster.pick.count(), journey.model.cluster.pick.len()), (1, 4));
    journey.press("enter");
    assert_eq!(journey.model.draft.text("cluster.name"), "legacy");
    assert_eq!(journey.model.draft.text("cluster.region"), "us-west-2");
}

#[tokio::test]
async fn a17_a_cluster_that_is_being_made_cannot_be_chosen_and_says_why() {
    let mut journey = at_cluster().await;
    journey.settle().await;
    journey.types("prod");
    let row = journey.model.cluster.rows.iter_mut().find(|row| row.found.name == "prod").unwrap();
    if let Load::Here(detail) = &mut row.detail {
        detail.status = "CREATING".to_owned();
    }
    journey.press("enter");
    journey.on(StepId::Cluster);
    assert!(journey.said("prod is CREATING"), "{}", journey.seen());
}

#[tokio::test]
async fn a_cluster_can_be_named_by_hand_and_a_wrong_name_is_said_where_it_stands() {
    let mut journey = at_cluster().await;
    journey.press("ctrl-t").types("prod").press("enter");
    let Some(lifeboat::app::Overlay::Prompt { problem, .. }) = journey.model.overlays.last() else {
        panic!("the prompt is gone: {}", journey.seen());
    };
    assert!(problem.as_str().contains("REGION/NAME"), "{problem}");
    journey.press("ctrl-u").types("us-east-1/hidden").press("enter");
    journey.on(StepId::Tool);
    assert_eq!(journey.model.draft.text("cluster.name"), "hidden");
}

#[tokio::test]
async fn only_clusters_on_the_screen_are_asked_about_and_ten_at_a_time() {
    let mut journey = at_cluster().await;
    let (ticket, _) = journey.queue.pop_front().unwrap();
    let names: Vec<String> = (0..10_000).map(|n| format!("cluster-{n:05}")).collect();
    journey.news(ticket, News::Discovery(Discovery::Regions(vec!["us-east-1".to_owned()])));
    journey.news(ticket, News::Discovery(Discovery::Clusters("us-east-1".to_owned(), names)));
    assert_eq!(journey.queue.len(), 10);
    journey.types("09999");
    let asked: Vec<String> = journey
        .queue
        .iter()
        .filter_map(|(_, task)| if let Task::Describe(_, name, _) = task { Some(name.clone()) } else { None })
        .collect();
    assert_eq!(asked.len(), 10, "none is added while ten are under way");
    assert_eq!(journey.model.cluster.pick.chosen(), Some(9_999));
}

#[tokio::test]
async fn another_cluster_chosen_later_keeps_the_answers_and_their_defaults_follow() {
    let mut journey = Journey::at("default");
    journey.walk("prod", "acme-backups", StepId::Encryption).await;
    assert_eq!(journey.model.draft.value("bucket.prefix"), "velero/us-east-1/prod");
    journey.press("esc esc esc esc");
    journey.on(StepId::Cluster);
    journey.press("ctrl-u").types("dr").settle().await;
    journey.press("enter");
    assert_eq!(journey.model.draft.text("bucket.name"), "acme-backups");
    assert_eq!(journey.model.draft.value("bucket.prefix"), "velero/us-west-2/dr");
}

#[tokio::test]
async fn a_cluster_can_be_reached_by_a_kubeconfig_context() {
    let mut journey = at_cluster().await;
    journey.settle().await;
    journey.press("ctrl-o").types("prod-admin").press("enter");
    assert_eq!(journey.model.draft.text("cluster.context"), "prod-admin");
    journey.types("prod").press("enter");
    journey.on(StepId::Tool);
    assert_eq!(journey.model.place().context, "prod-admin");
}

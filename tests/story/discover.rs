//! Looking for clusters in many regions.

use crate::watched::{Reply, Watched};
use lifeboat::demo::{self, Fault};
use lifeboat::domain::discovery::Discovery;
use lifeboat::engine::discover;
use lifeboat::ports::{Trouble, TroubleKind, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Everything that is said of the regions.
async fn said(world: &World, regions: &[&str]) -> Vec<Discovery> {
    let regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
    let (say, mut hear) = mpsc::unbounded_channel();
    let looked = tokio::time::timeout(Duration::from_mins(1), discover(world, &regions, say)).await;
    let mut all = Vec::new();
    while let Ok(one) = hear.try_recv() {
        all.push(one);
    }
    assert!(looked.is_ok(), "it has no end; said: {all:?}");
    all
}

/// The regions that are looked at.
fn regions(said: &[Discovery]) -> Vec<String> {
    match said.first() {
        Some(Discovery::Regions(regions)) => regions.clone(),
        other => panic!("the regions come first, not {other:?}"),
    }
}

/// How each region ended; panics with one that ended twice.
fn ends(said: &[Discovery]) -> BTreeMap<String, Result<Vec<String>, String>> {
    let mut all = BTreeMap::new();
    for one in said {
        let (region, end) = match one {
            Discovery::Clusters(region, names) => (region, Ok(names.clone())),
            Discovery::Refused(region, why) => (region, Err(why.to_string())),
            Discovery::Regions(_) | Discovery::Slow(_) => continue,
        };
        assert!(all.insert(region.clone(), end).is_none(), "{region} ended twice: {said:?}");
    }
    all
}

fn denied() -> Trouble {
    Trouble::new(TroubleKind::Denied, "no permission: eks:ListClusters on r-test-2").at("eks:ListClusters", "r-test-2")
}

#[tokio::test]
async fn all_usable_regions_of_the_demo_are_looked_at_home_first() {
    let world = demo::World::open("default", None).unwrap().ports();
    let said = said(&world, &[]).await;
    let all = regions(&said);
    assert_eq!((all.len(), all[0].as_str()), (15, "us-east-1"));
    assert!(!all.contains(&"af-south-1".to_owned()), "it is not enabled");
    let ends = ends(&said);
    assert_eq!(ends.keys().cloned().collect::<std::collections::BTreeSet<_>>(), all.into_iter().collect());
    assert_eq!(ends["us-east-1"], Ok(vec!["prod".to_owned(), "staging".to_owned()]));
    assert_eq!(ends["us-west-2"], Ok(vec!["dr".to_owned(), "legacy".to_owned()]));
    assert_eq!(ends["eu-west-1"], Ok(vec![]), "a region without clusters ends too");
    assert!(!said.iter().any(|one| matches!(one, Discovery::Slow(_))), "{said:?}");
}

#[tokio::test]
async fn regions_that_are_asked_for_are_asked_alone_and_in_their_order() {
    let (world, watched) = Watched::of(36).world();
    let said = said(&world, &["r-test-9", "r-test-2", "r-test-9"]).await;
    assert_eq!(regions(&said), ["r-test-9", "r-test-2"]);
    assert_eq!(*watched.calls.lock().unwrap(), ["clusters r-test-9", "clusters r-test-2"]);
}

#[tokio::test]
async fn a01_a_refused_region_is_a_line_and_the_others_go_on() {
    let mut watched = Watched::of(4);
    watched.special.insert("r-test-2".to_owned(), Reply::Refused(Box::new(denied())));
    watched.usual = Reply::Clusters(1);
    let ends = ends(&said(&watched.world().0, &[]).await);
    assert_eq!(ends["r-test-2"], Err("no permission: eks:ListClusters".to_owned()));
    assert_eq!(ends.values().filter(|end| end.is_ok()).count(), 3);
}

#[tokio::test]
async fn a18_a_region_without_eks_is_one_line() {
    let mut watched = Watched::of(2);
    let unknown = Trouble::new(TroubleKind::Network, "eks.r-test-1.amazonaws.com cannot be reached").why("DNS");
    watched.special.insert("r-test-1".to_owned(), Reply::Refused(Box::new(unknown)));
    let ends = ends(&said(&watched.world().0, &[]).await);
    assert_eq!(ends["r-test-1"], Err("eks.r-test-1.amazonaws.com cannot be reached".to_owned()));
    assert_eq!(ends["r-test-2"], Ok(vec![]));
}

#[tokio::test]
async fn a01_who_may_not_list_regions_looks_at_all_known_ones_of_the_partition() {
    for (partition, some, count) in
        [("aws", "us-east-1", 34), ("aws-cn", "cn-north-1", 2), ("aws-us-gov", "us-gov-west-1", 2)]
    {
        let mut watched = Watched::of(0);
        watched.regions = Err(denied());
        watched.partition = partition;
        let said = said(&watched.world().0, &[]).await;
        let all = regions(&said);
        assert!(all.contains(&some.to_owned()), "{partition}: {all:?}");
        assert_eq!((all.len(), ends(&said).len()), (count, count), "{partition}: {all:?}");
    }
    let world = demo::World::open("default", None).unwrap();
    world.fail("account:ListRegions", Fault::Before(denied()));
    assert_eq!(regions(&said(&world.ports(), &[]).await)[0], "us-east-1", "home is first there too");
}

#[tokio::test]
async fn a_slow_region_is_said_once_and_keeps_no_other_one_waiting() {
    let mut watched = Watched::of(20);
    let told = Arc::new(Notify::new());
    watched.special.insert("r-test-1".to_owned(), Reply::When(told.clone()));
    let (world, _) = watched.world();
    let (say, mut hear) = mpsc::unbounded_channel();
    let looking = tokio::spawn(async move { discover(&world, &[], say).await });
    let mut all = Vec::new();
    while let Some(one) = hear.recv().await {
        if one == Discovery::Slow("r-test-1".to_owned()) {
            assert_eq!(ends(&all).len(), 19, "all others have ended by then: {all:?}");
            told.notify_one();
        }
        all.push(one);
    }
    looking.await.unwrap();
    assert_eq!(all.iter().filter(|one| matches!(one, Discovery::Slow(_))).count(), 1, "{all:?}");
    assert_eq!(all.last(), Some(&Discovery::Clusters("r-test-1".to_owned(), vec!["late".to_owned()])));
}

#[tokio::test]
async fn regions_that_never_answer_are_given_up_and_make_room() {
    let mut watched = Watched::of(18);
    watched.usual = Reply::Never;
    watched.special.insert("r-test-18".to_owned(), Reply::Clusters(1));
    let (world, watched) = watched.world();
    let began = world.host.now();
    let all = said(&world, &[]).await;
    let ends = ends(&all);
    assert_eq!(ends.len(), 18);
    assert_eq!(ends.values().filter(|end| **end == Err("no answer".to_owned())).count(), 17);
    assert_eq!(ends["r-test-18"], Ok(vec!["c1".to_owned()]));
    assert_eq!(all.iter().filter(|one| matches!(one, Discovery::Slow(_))).count(), 17);
    assert_eq!((watched.most.load(Ordering::SeqCst), watched.open.load(Ordering::SeqCst)), (8, 0));
    // Three rounds of eight: 30 s each.
    let took = world.host.now().duration_since(began).as_secs();
    assert!((90..100).contains(&took), "{took} s");
}

#[tokio::test]
async fn n_plus_one_36_regions_of_50_clusters_are_37_calls_8_at_a_time() {
    let mut watched = Watched::of(36);
    watched.usual = Reply::Clusters(50);
    let (world, watched) = watched.world();
    let said = said(&world, &[]).await;
    assert_eq!(regions(&said)[0], "r-test-3", "the profile's own region is first");
    let ends = ends(&said);
    assert_eq!((ends.len(), ends.values().flatten().flatten().count()), (36, 36 * 50));
    let mut calls = watched.calls.lock().unwrap().clone();
    assert_eq!((calls.len(), calls[0].as_str(), calls[1].as_str()), (37, "regions", "clusters r-test-3"));
    calls.sort();
    calls.dedup();
    assert_eq!(calls.len(), 37, "none is made twice");
    assert_eq!(watched.most.load(Ordering::SeqCst), 8);
}

#[tokio::test]
async fn dropping_the_look_ends_all_calls() {
    let mut watched = Watched::of(36);
    watched.usual = Reply::Never;
    let (world, watched) = watched.world();
    let (say, mut hear) = mpsc::unbounded_channel();
    {
        let looking = discover(&world, &[], say);
        tokio::pin!(looking);
        tokio::select! {
            () = &mut looking => panic!("it ended"),
            () = async { while !matches!(hear.recv().await, Some(Discovery::Slow(_)) | None) {} } => {}
        }
        assert_eq!(watched.open.load(Ordering::SeqCst), 8);
    }
    assert_eq!(watched.open.load(Ordering::SeqCst), 0);
    assert_eq!(watched.calls.lock().unwrap().len(), 1 + 8, "no other region was asked");
}

#[tokio::test]
async fn a_look_that_nobody_listens_to_ends() {
    let mut watched = Watched::of(36);
    watched.usual = Reply::Never;
    let (world, watched) = watched.world();
    let (say, hear) = mpsc::unbounded_channel();
    drop(hear);
    let ended = tokio::time::timeout(Duration::from_mins(1), discover(&world, &[], say)).await;
    assert!(ended.is_ok(), "{:?}", watched.calls.lock().unwrap());
    assert_eq!(watched.open.load(Ordering::SeqCst), 0);
}

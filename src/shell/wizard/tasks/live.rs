//! A set-up as it changes, and the log of a container.

use crate::app::{News, Place};
use crate::domain::Shown;
use crate::domain::live::LiveNews;
use crate::ports::{Answer, ClusterAccess, Kind, Kube, World};
use crate::shell::begin::connect;
use crate::shell::wizard::effects::Desk;
use futures::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How soon a set-up that cannot be reached is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// How many lines of a log that were written before are shown.
const TAIL: i64 = 500;

async fn reach(desk: &Desk, place: &Place) -> Answer<(World, Arc<dyn Kube>, ClusterAccess)> {
    let world = desk.worlds.ports(&desk.global).await?;
    let (kube, access) = connect(&world, &place.region, &place.cluster, &place.context).await?;
    Ok((world, kube, access))
}

/// Watches a set-up until it is dropped. While it cannot be reached at all it is tried again.
pub async fn live(desk: &Desk, place: &Place) {
    let (world, kube, access) = loop {
        match reach(desk, place).await {
            Ok(reached) => break reached,
            Err(trouble) => desk.tell(News::Live(LiveNews::Stale(Shown::new(&trouble.to_string())))),
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = desk.again.notified() => {}
        }
    };
    let (say, mut heard) = mpsc::unbounded_channel();
    let pass_on = async {
        while let Some(news) = heard.recv().await {
            desk.tell(News::Clock(world.host.now().as_millisecond()));
            desk.tell(News::Live(news));
        }
    };
    let watch = crate::engine::live(&world, &kube, &access, (place.tool, &place.namespace), desk.again.clone(), say);
    futures::join!(watch, pass_on);
}

/// Follows a container's log, `POD` or `POD/CONTAINER`; of a pod alone its first container's.
pub async fn logs(desk: &Desk, place: &Place, of: &str) {
    let open = async {
        let (_, kube, _) = reach(desk, place).await?;
        let (pod, container) = match of.split_once('/') {
            Some((pod, container)) => (pod, container.to_owned()),
            None => (of, first_container(kube.as_ref(), &place.namespace, of).await?),
        };
        kube.logs(&place.namespace, pod, &container, TAIL).await
    };
    match open.await {
        Ok(mut lines) => {
            while let Some(line) = lines.next().await {
                desk.tell(News::Log(line));
            }
        }
        Err(trouble) => desk.tell(News::Log(Err(trouble))),
    }
}

async fn first_container(kube: &dyn Kube, namespace: &str, pod: &str) -> Answer<String> {
    let pod = kube.get(Kind::Pod, namespace, pod).await?.unwrap_or_default();
    Ok(pod["spec"]["containers"][0]["name"].as_str().unwrap_or_default().to_owned())
}

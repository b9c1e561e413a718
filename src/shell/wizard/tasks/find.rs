//! What is there: clusters, buckets, keys.

use crate::app::News;
use crate::domain::discovery::{Discovery, FoundCluster};
use crate::domain::recommend::AdviceOf;
use crate::engine;
use crate::plan::answers::Answers;
use crate::shell::wizard::effects::Desk;
use tokio::sync::mpsc;

/// The clusters of the regions of the command line, or of all.
pub async fn discover(desk: &Desk) {
    let world = match desk.worlds.ports(&desk.global).await {
        Ok(world) => world,
        Err(trouble) => {
            // Every region ends with an answer: here the only one there is.
            let none = String::new();
            desk.tell(News::Discovery(Discovery::Regions(vec![none.clone()])));
            desk.tell(News::Discovery(Discovery::Refused(none, trouble.what)));
            return;
        }
    };
    let (say, mut heard) = mpsc::unbounded_channel();
    let pass_on = async {
        while let Some(found) = heard.recv().await {
            desk.tell(News::Discovery(found));
        }
    };
    futures::join!(engine::discover(&world, &desk.global.region, say), pass_on);
}

/// One cluster's facts.
pub async fn describe(desk: &Desk, region: String, name: String, context: &str) {
    let answer = match desk.worlds.ports(&desk.global).await {
        Ok(world) => engine::describe(&world, &region, &name, context).await,
        Err(trouble) => Err(trouble),
    };
    desk.tell(News::Detail(FoundCluster { region, name }, answer.map(Box::new)));
}

/// The account's buckets.
pub async fn buckets(desk: &Desk) {
    let answer = match desk.worlds.ports(&desk.global).await {
        Ok(world) => world.aws.buckets().await,
        Err(trouble) => Err(trouble),
    };
    desk.tell(News::Buckets(answer));
}

/// A region's keys that have an alias.
pub async fn keys(desk: &Desk, region: &str) {
    let answer = match desk.worlds.ports(&desk.global).await {
        Ok(world) => world.aws.aliases(region).await,
        Err(trouble) => Err(trouble),
    };
    let list = answer.clone().unwrap_or_default();
    desk.tell(News::Keys(answer));
    if let (Ok(world), false) = (desk.worlds.ports(&desk.global).await, list.is_empty()) {
        desk.tell(News::KeyStates(engine::key_states(&world, region, &list).await));
    }
}

/// The volumes of a cluster.
pub async fn volumes(desk: &Desk, region: &str, name: &str, context: &str) {
    let answer = match desk.worlds.ports(&desk.global).await {
        Ok(world) => engine::volumes(&world, region, name, context).await,
        Err(trouble) => Err(trouble),
    };
    desk.tell(News::Volumes(format!("{region}/{name}"), answer));
}

/// Which identity fits.
pub async fn advise(desk: &Desk, of: String, clusters: &[AdviceOf]) {
    let answer = match desk.worlds.ports(&desk.global).await {
        Ok(world) => engine::identity_advice(&world, clusters).await,
        Err(trouble) => Err(trouble),
    };
    desk.tell(News::Advice(of, answer));
}

/// The Space of a cluster.
pub async fn space(desk: &Desk, region: &str, name: &str, context: &str) {
    let answer = match desk.worlds.ports(&desk.global).await {
        Ok(world) => engine::planes(&world, region, name, context).await,
        Err(trouble) => Err(trouble),
    };
    desk.tell(News::Space(format!("{region}/{name}"), answer));
}

/// An existing bucket line by line.
pub async fn audit(desk: &Desk, name: String, answers: &Answers) {
    let answer = match desk.worlds.ports(&desk.global).await {
        Ok(world) => engine::audit(&world, answers).await,
        Err(trouble) => Err(trouble),
    };
    desk.tell(News::Audit(name, answer));
}

/// Whose a bucket's name is.
pub async fn bucket(desk: &Desk, name: String, region: &str) {
    let ask = async {
        let world = desk.worlds.ports(&desk.global).await?;
        let account = desk.worlds.account(&world).await?;
        engine::check_bucket(&world, &name, region, &account).await
    };
    let answer = ask.await;
    desk.tell(News::Bucket(name, answer));
}

/// A key by id, ARN or alias.
pub async fn key(desk: &Desk, key: String, region: &str) {
    let ask = async {
        let world = desk.worlds.ports(&desk.global).await?;
        engine::check_key(&world, region, &key).await
    };
    let answer = ask.await;
    desk.tell(News::Key(key, answer.map(|found| found.map(Box::new))));
}

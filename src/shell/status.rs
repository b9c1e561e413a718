//! `lifeboat status`.

use super::cli::{Global, Target};
use super::wizard::{self, Watched};
use super::{answers, begin, commands, output, signals, world};
use crate::app::Place;
use crate::domain::live::LiveNews;
use crate::domain::status::ClusterStatus;
use crate::engine;
use crate::ports::{ClusterAccess, Kube, World};
use crate::wizard::Draft;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// Once; or live until it is stopped: on a screen where there is one and nobody asked for sentences or JSON.
pub fn status(global: Global, target: &Target, once: bool, json: bool) -> u8 {
    let watched = match watched(&global, target, json) {
        Ok(watched) => watched,
        Err(code) => return code,
    };
    if !once && !json && wizard::can_open(&global) {
        return wizard::open_live(&global, watched);
    }
    commands::blocking(async move { tell(&global, &watched, once, json).await })
}

/// The set-up that is meant.
fn watched(global: &Global, target: &Target, json: bool) -> Result<Watched, u8> {
    if target.tool.as_deref().is_some_and(|tool| tool != "velero") {
        output::warn("This version shows Velero only.");
        return Err(2);
    }
    let mut place = Place {
        cluster: target.cluster.clone().unwrap_or_default(),
        region: global.region.first().cloned().unwrap_or_default(),
        context: global.context.clone().unwrap_or_default(),
        namespace: target.namespace.clone().unwrap_or_else(|| "velero".to_owned()),
    };
    let (mut draft, mut exec_plugins) = (None, Vec::new());
    if let Some(path) = &target.answers {
        let answers = answers::read(path).map_err(|problems| commands::problems(&problems, json, 2))?;
        place.cluster = answers.cluster.name.to_string();
        place.region = answers.cluster.region.to_string();
        if place.context.is_empty() {
            place.context.clone_from(&answers.cluster.context);
        }
        if target.namespace.is_none() {
            place.namespace = answers.namespace().to_string();
        }
        // Of another namespace than theirs the answers say nothing.
        draft = Draft::of(&answers).filter(|_| place.namespace == answers.namespace().to_string());
        exec_plugins.clone_from(&answers.consent.exec_plugins);
    }
    if place.context.is_empty() && (place.cluster.is_empty() || place.region.is_empty()) {
        output::warn("Say which set-up: --answers FILE, or --cluster NAME --region REGION, or --context CONTEXT.");
        return Err(2);
    }
    if place.cluster.is_empty() {
        place.cluster.clone_from(&place.context);
    }
    Ok(Watched { place, draft, exec_plugins })
}

/// Says it in lines.
async fn tell(global: &Global, watched: &Watched, once: bool, json: bool) -> u8 {
    // Live, a demo world's clock must not outrun the watch on the wall.
    let seconds = if once { 0.0 } else { 1.0 };
    let opened = match world::paced(global, &watched.exec_plugins, seconds) {
        Ok(opened) => opened,
        Err(trouble) => return commands::refuse(&trouble, json),
    };
    let place = &watched.place;
    let code = match begin::connect(&opened.world, &place.region, &place.cluster, &place.context).await {
        Err(trouble) => commands::refuse(&trouble, json),
        Ok((kube, access)) if once => look(&opened.world, &kube, &access, &place.namespace, json).await,
        Ok((kube, access)) => live(&opened.world, &kube, &access, &place.namespace, json).await,
    };
    opened.save();
    code
}

/// The status now; 4 when it is not healthy.
async fn look(world: &World, kube: &Arc<dyn Kube>, access: &ClusterAccess, namespace: &str, json: bool) -> u8 {
    match engine::status(world, kube, access, namespace).await {
        Err(trouble) => commands::refuse(&trouble, json),
        Ok(status) => {
            show(&status, json);
            if status.healthy { 0 } else { 4 }
        }
    }
}

/// The status whenever it changes, until a signal, or until nobody reads any more.
async fn live(world: &World, kube: &Arc<dyn Kube>, access: &ClusterAccess, namespace: &str, json: bool) -> u8 {
    let stop = CancellationToken::new();
    signals::watch(stop.clone());
    let (say, mut heard) = unbounded_channel();
    let watch = engine::live(world, kube, access, namespace, None, Arc::new(Notify::new()), say);
    let pass_on = async {
        while let Some(news) = heard.recv().await {
            match news {
                LiveNews::Status(status) => show(&status, json),
                LiveNews::Stale(why) => sentence(&format!("Not live at the moment, it is tried again: {why}"), json),
                LiveNews::Fresh => sentence("Live again.", json),
                // The screen's: the status says what they mean.
                LiveNews::Events(_) | LiveNews::Chain(_) => {}
            }
            if output::gone() {
                return;
            }
        }
    };
    tokio::select! {
        () = watch => {}
        () = pass_on => {}
        () = stop.cancelled() => {}
    }
    0
}

/// A sentence for a person; in JSON standard output holds statuses alone.
fn sentence(text: &str, json: bool) {
    if json {
        output::warn(text);
    } else {
        output::say(text);
    }
}

fn show(status: &ClusterStatus, json: bool) {
    if json {
        output::json(&serde_json::json!({"clusters": [status]}));
    } else {
        output::say(crate::plain::status(status).trim_end());
    }
}

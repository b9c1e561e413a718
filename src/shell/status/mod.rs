//! `lifeboat status`.

mod voice;

use super::cli::{Global, Target};
use super::wizard::{self, Watched};
use super::{answers, begin, commands, output, signals, world};
use crate::app::Place;
use crate::domain::Tool;
use crate::engine;
use crate::plan::answers::{SiteAnswer, default_namespace};
use crate::ports::{Answer, ClusterAccess, Kube, World};
use crate::wizard::Draft;
use futures::StreamExt as _;
use futures::future::{join_all, try_join_all};
use futures::stream::{self, SelectAll};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
use voice::{Said, Voice};

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
    let asked = match target.tool.as_deref().map(Tool::parse).transpose() {
        Ok(asked) => asked,
        Err(reason) => {
            output::warn(&reason.to_string());
            return Err(2);
        }
    };
    let mut place = Place {
        cluster: target.cluster.clone().unwrap_or_default(),
        region: global.region.first().cloned().unwrap_or_default(),
        context: global.context.clone().unwrap_or_default(),
        tool: asked.unwrap_or_default(),
        namespace: String::new(),
    };
    let (mut draft, mut exec_plugins, mut restores) = (None, Vec::new(), Vec::new());
    let mut named = target.namespace.is_some();
    if let Some(path) = &target.answers {
        let answers = answers::read(path).map_err(|problems| commands::problems(&problems, json, 2))?;
        place.cluster = answers.cluster.name.to_string();
        place.region = answers.cluster.region.to_string();
        if place.context.is_empty() {
            place.context.clone_from(&answers.cluster.context);
        }
        if asked.is_none() || asked == Some(answers.tool) {
            place.tool = answers.tool;
            place.namespace = answers.namespace().to_string();
        }
        // Of another tool or namespace than theirs the answers say nothing.
        let own = answers.namespace().to_string();
        let theirs = place.tool == answers.tool && target.namespace.as_ref().is_none_or(|asked| *asked == own);
        draft = Draft::of(&answers).filter(|_| theirs);
        if theirs {
            restores = answers.sites().iter().skip(1).map(|site| restore(answers.tool, site)).collect();
        }
        exec_plugins.clone_from(&answers.consent.exec_plugins);
        named |= answers.install.namespace.is_some();
    }
    if let Some(namespace) = &target.namespace {
        place.namespace.clone_from(namespace);
    }
    if place.namespace.is_empty() {
        place.namespace = default_namespace(place.tool).to_string();
    }
    if place.context.is_empty() && (place.cluster.is_empty() || place.region.is_empty()) {
        output::warn("Say which set-up: --answers FILE, or --cluster NAME --region REGION, or --context CONTEXT.");
        return Err(2);
    }
    if place.cluster.is_empty() {
        place.cluster.clone_from(&place.context);
    }
    Ok(Watched { place, named, restores, draft, exec_plugins })
}

/// Where a restore cluster of answers is.
fn restore(tool: Tool, site: &SiteAnswer<'_>) -> Place {
    Place {
        cluster: site.name.to_string(),
        region: site.region.to_string(),
        context: site.context.to_owned(),
        tool,
        namespace: site.namespace.to_string(),
    }
}

/// Says it in lines.
async fn tell(global: &Global, watched: &Watched, once: bool, json: bool) -> u8 {
    // Live, a demo world's clock must not outrun the watch on the wall.
    let seconds = if once { 0.0 } else { 1.0 };
    let opened = match world::paced(global, &watched.exec_plugins, seconds) {
        Ok(opened) => opened,
        Err(trouble) => return commands::refuse(&trouble, json),
    };
    let places: Vec<&Place> = std::iter::once(&watched.place).chain(&watched.restores).collect();
    let reached = try_join_all(places.iter().map(|place| reach(&opened.world, place, watched.named))).await;
    let code = match reached {
        Err(trouble) => commands::refuse(&trouble, json),
        Ok(reached) if once => look(&opened.world, &reached, json).await,
        Ok(reached) => live(&opened.world, &reached, json).await,
    };
    opened.save();
    code
}

/// A set-up's cluster, reached.
struct Here<'a> {
    place: &'a Place,
    namespace: String,
    kube: Arc<dyn Kube>,
    access: ClusterAccess,
}

async fn reach<'a>(world: &World, place: &'a Place, named: bool) -> Answer<Here<'a>> {
    let (kube, access) = begin::connect(world, &place.region, &place.cluster, &place.context).await?;
    let namespace = if named {
        place.namespace.clone()
    } else {
        engine::namespace_of(kube.as_ref(), place.tool, &place.namespace).await
    };
    Ok(Here { place, namespace, kube, access })
}

/// The status of all clusters now; 4 when one is not healthy.
async fn look(world: &World, all: &[Here<'_>], json: bool) -> u8 {
    let looks =
        all.iter().map(|here| engine::status(world, &here.kube, &here.access, here.place.tool, &here.namespace));
    match try_join_all(looks).await {
        Err(trouble) => commands::refuse(&trouble, json),
        Ok(statuses) => {
            if json {
                output::json(&voice::document(&statuses));
            } else {
                output::say(&voice::lines(&statuses));
            }
            if statuses.iter().all(|status| status.healthy) { 0 } else { 4 }
        }
    }
}

/// The status whenever it changes, until a signal, or until nobody reads any more.
async fn live(world: &World, all: &[Here<'_>], json: bool) -> u8 {
    let stop = CancellationToken::new();
    signals::watch(stop.clone());
    let mut voice = Voice::new(all.len(), json);
    let mut heard = SelectAll::new();
    let mut watches = Vec::new();
    for (at, here) in all.iter().enumerate() {
        let (say, news) = unbounded_channel();
        let news = stream::unfold(news, |mut news| async move { news.recv().await.map(|item| (item, news)) });
        heard.push(news.map(move |item| (at, item)).boxed());
        let place = (here.place.tool, here.namespace.as_str());
        watches.push(engine::live(world, &here.kube, &here.access, place, Arc::new(Notify::new()), say));
    }
    let pass_on = async {
        while let Some((at, news)) = heard.next().await {
            match voice.says(at, &news) {
                Some(Said::Json(status)) => output::json(&status),
                Some(Said::Lines(text)) => output::say(&text),
                Some(Said::Aside(text)) => output::warn(&text),
                None => {}
            }
            if output::gone() {
                return;
            }
        }
    };
    tokio::select! {
        _ = join_all(watches) => {}
        () = pass_on => {}
        () = stop.cancelled() => {}
    }
    0
}

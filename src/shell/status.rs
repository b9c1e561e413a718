//! `lifeboat status`.

use super::cli::{Global, Target};
use super::{answers, begin, commands, output, signals, world};
use crate::domain::status::ClusterStatus;
use crate::engine::status as read;
use crate::ports::{ClusterAccess, Kube, World};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the live form looks.
const EVERY: Duration = Duration::from_secs(5);

/// Where to look.
struct Place {
    cluster: String,
    region: String,
    context: String,
    namespace: String,
    exec_plugins: Vec<String>,
}

/// Once, or live until it is stopped.
pub async fn status(global: &Global, target: &Target, once: bool, json: bool) -> u8 {
    let place = match place(global, target, json) {
        Ok(place) => place,
        Err(code) => return code,
    };
    // Live, a demo world's clock must not outrun the watch on the wall.
    let seconds = if once { 0.0 } else { 1.0 };
    let opened = match world::paced(global, &place.exec_plugins, seconds) {
        Ok(opened) => opened,
        Err(trouble) => return commands::refuse(&trouble, json),
    };
    let code = match begin::connect(&opened.world, &place.region, &place.cluster, &place.context).await {
        Err(trouble) => commands::refuse(&trouble, json),
        Ok((kube, access)) => look(&opened.world, &kube, &access, &place.namespace, once, json).await,
    };
    opened.save();
    code
}

fn place(global: &Global, target: &Target, json: bool) -> Result<Place, u8> {
    if target.tool.as_deref().is_some_and(|tool| tool != "velero") {
        output::warn("This version shows Velero only.");
        return Err(2);
    }
    let mut place = Place {
        cluster: target.cluster.clone().unwrap_or_default(),
        region: global.region.first().cloned().unwrap_or_default(),
        context: global.context.clone().unwrap_or_default(),
        namespace: target.namespace.clone().unwrap_or_else(|| "velero".to_owned()),
        exec_plugins: Vec::new(),
    };
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
        place.exec_plugins.clone_from(&answers.consent.exec_plugins);
    }
    if place.context.is_empty() && (place.cluster.is_empty() || place.region.is_empty()) {
        output::warn("Say which set-up: --answers FILE, or --cluster NAME --region REGION, or --context CONTEXT.");
        return Err(2);
    }
    Ok(place)
}

async fn look(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    namespace: &str,
    once: bool,
    json: bool,
) -> u8 {
    let stop = CancellationToken::new();
    if !once {
        signals::watch(stop.clone());
    }
    let mut last: Option<ClusterStatus> = None;
    loop {
        match read(world, kube, access, namespace).await {
            Err(trouble) if once => return commands::refuse(&trouble, json),
            Err(trouble) => output::warn(&crate::plain::trouble(&trouble)),
            Ok(status) => {
                if last.as_ref() != Some(&status) {
                    show(&status, json);
                }
                if once {
                    return if status.healthy { 0 } else { 4 };
                }
                if output::gone() {
                    return 0;
                }
                last = Some(status);
            }
        }
        tokio::select! {
            () = world.host.sleep(EVERY) => {}
            () = stop.cancelled() => return 0,
        }
        if stop.is_cancelled() {
            return 0;
        }
    }
}

fn show(status: &ClusterStatus, json: bool) {
    if json {
        output::json(&serde_json::json!({"clusters": [status]}));
    } else {
        output::say(crate::plain::status(status).trim_end());
    }
}

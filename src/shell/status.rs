//! `lifeboat status`.

use super::cli::{Global, Target};
use super::wizard::{self, Watched};
use super::{answers, begin, commands, output, signals, world};
use crate::app::Place;
use crate::domain::Tool;
use crate::domain::live::LiveNews;
use crate::domain::status::ClusterStatus;
use crate::engine;
use crate::plan::answers::default_namespace;
use crate::ports::{ClusterAccess, Kube, World};
use crate::wizard::Draft;
use serde_json::Value;
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
    let (mut draft, mut exec_plugins) = (None, Vec::new());
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
        exec_plugins.clone_from(&answers.consent.exec_plugins);
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
        Ok((kube, access)) if once => look(&opened.world, &kube, &access, (place.tool, &place.namespace), json).await,
        Ok((kube, access)) => live(&opened.world, &kube, &access, (place.tool, &place.namespace), json).await,
    };
    opened.save();
    code
}

/// The status now; 4 when it is not healthy.
async fn look(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    (tool, namespace): (Tool, &str),
    json: bool,
) -> u8 {
    match engine::status(world, kube, access, tool, namespace).await {
        Err(trouble) => commands::refuse(&trouble, json),
        Ok(status) => {
            if json {
                output::json(&document(&status));
            } else {
                output::say(&lines(&status));
            }
            if status.healthy { 0 } else { 4 }
        }
    }
}

/// The status whenever it changes, until a signal, or until nobody reads any more.
async fn live(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    (tool, namespace): (Tool, &str),
    json: bool,
) -> u8 {
    let stop = CancellationToken::new();
    signals::watch(stop.clone());
    let (say, mut heard) = unbounded_channel();
    let watch = engine::live(world, kube, access, (tool, namespace), Arc::new(Notify::new()), say);
    let mut voice = Voice { json, last: String::new() };
    let pass_on = async {
        while let Some(news) = heard.recv().await {
            match voice.says(&news) {
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
        () = watch => {}
        () = pass_on => {}
        () = stop.cancelled() => {}
    }
    0
}

/// What is said, and where.
#[derive(Debug, PartialEq)]
enum Said {
    /// A document to standard output.
    Json(Value),
    /// Lines to standard output.
    Lines(String),
    /// A sentence to standard error.
    Aside(String),
}

/// Says news in lines or as JSON.
struct Voice {
    json: bool,
    /// The lines of the last status.
    last: String,
}

impl Voice {
    /// What is said of news, if anything. In JSON standard output holds statuses alone.
    fn says(&mut self, news: &LiveNews) -> Option<Said> {
        match news {
            LiveNews::Status(status) if self.json => Some(Said::Json(document(status))),
            LiveNews::Status(status) => {
                let text = lines(status);
                // What changed may be nothing that the lines tell.
                (std::mem::replace(&mut self.last, text.clone()) != text).then_some(Said::Lines(text))
            }
            LiveNews::Stale(why) => {
                Some(self.sentence(&format!("What is shown is from before; it is tried again: {why}")))
            }
            LiveNews::Fresh => Some(self.sentence("What is shown is live again.")),
            // The screen's: the status says what they mean.
            LiveNews::Events(_) | LiveNews::Chain(_) => None,
        }
    }

    fn sentence(&self, text: &str) -> Said {
        if self.json { Said::Aside(text.to_owned()) } else { Said::Lines(text.to_owned()) }
    }
}

fn document(status: &ClusterStatus) -> Value {
    serde_json::json!({"clusters": [status]})
}

fn lines(status: &ClusterStatus) -> String {
    crate::plain::status(status).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Shown;
    use crate::domain::status::Identity;

    fn status() -> ClusterStatus {
        ClusterStatus {
            cluster: "prod".to_owned(),
            tool: "velero".to_owned(),
            namespace: "velero".to_owned(),
            healthy: false,
            identity: Identity { expected: None, actual: None },
            locations: Vec::new(),
            pods: Vec::new(),
            backups: Vec::new(),
            schedules: Vec::new(),
        }
    }

    #[test]
    fn json_holds_statuses_alone_and_the_rest_goes_aside() {
        let mut voice = Voice { json: true, last: String::new() };
        let told = LiveNews::Status(Box::new(status()));
        for _ in 0..2 {
            assert!(matches!(voice.says(&told), Some(Said::Json(it)) if it["clusters"][0]["cluster"] == "prod"));
        }
        let stale = voice.says(&LiveNews::Stale(Shown::new("Pod: the API server is away")));
        assert!(matches!(stale, Some(Said::Aside(text)) if text.ends_with("Pod: the API server is away")));
        assert!(matches!(voice.says(&LiveNews::Fresh), Some(Said::Aside(_))));
        assert_eq!(voice.says(&LiveNews::Chain(Vec::new())), None);
    }

    #[test]
    fn lines_are_said_when_they_are_others_and_trouble_is_a_sentence_among_them() {
        let mut voice = Voice { json: false, last: String::new() };
        let told = LiveNews::Status(Box::new(status()));
        assert!(matches!(voice.says(&told), Some(Said::Lines(text)) if text.starts_with("velero on prod")));
        assert_eq!(voice.says(&told), None);
        assert!(matches!(voice.says(&LiveNews::Stale(Shown::new("why"))), Some(Said::Lines(_))));
        assert!(matches!(voice.says(&LiveNews::Fresh), Some(Said::Lines(text)) if text.ends_with("live again.")));
        let well = ClusterStatus { healthy: true, ..status() };
        assert!(matches!(voice.says(&LiveNews::Status(Box::new(well))), Some(Said::Lines(_))));
    }
}

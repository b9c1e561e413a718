//! `lifeboat plan`.

use super::cli::Global;
use super::{answers, commands, export, output, world};
use crate::engine::{Gathered, gather};
use crate::plan::answers::Answers;
use crate::plan::{Plan, Prove};
use crate::ports::{Answer, HelmVersion};
use std::path::Path;

/// Answers read, world opened, facts gathered, plan made.
pub struct Made {
    pub answers: Answers,
    pub opened: world::Opened,
    pub gathered: Gathered,
    pub plan: Plan,
    /// The helm that would be run, where it was asked for.
    pub helm: Option<Answer<HelmVersion>>,
}

/// Everything up to the plan.
///
/// # Errors
/// The exit code, after what is wrong was said.
pub async fn make(global: &Global, path: &Path, prove: Prove, json: bool, helm: bool) -> Result<Made, u8> {
    let mut answers = answers::read(path).map_err(|problems| commands::problems(&problems, json, 2))?;
    if let Some(context) = &global.context {
        answers.cluster.context.clone_from(context);
    }
    let opened =
        world::open(global, &answers.consent.exec_plugins).map_err(|trouble| commands::refuse(&trouble, json))?;
    for note in &opened.notes {
        output::warn(&format!("Note: {note}."));
    }
    for warning in answers.warnings() {
        output::warn(&format!("Warning: {warning}"));
    }
    // helm takes its time to say its version: it does so while the facts are read.
    let version = async { if helm { Some(opened.world.helm.version().await) } else { None } };
    let (gathered, helm) = futures::join!(gather(&opened.world, &answers), version);
    let gathered = gathered.map_err(|trouble| commands::refuse(&trouble, json))?;
    let plan = crate::plan::plan(&answers, &gathered.facts, prove)
        .map_err(|problems| commands::problems(&problems, json, 1))?;
    Ok(Made { answers, opened, gathered, plan, helm })
}

/// `lifeboat plan`: prints, and with `--out` writes.
pub async fn plan(global: &Global, path: &Path, out: Option<&Path>, json: bool, preflight: bool) -> u8 {
    let made = match make(global, path, Prove::Needed, json, false).await {
        Ok(made) => made,
        Err(code) => return code,
    };
    let asked = async {
        let (facts, sites) = (&made.gathered.facts, &made.gathered.sites);
        crate::engine::preflight(&made.opened.world, &made.plan, &facts.caller.arn, sites).await
    };
    let may = if preflight { Some(asked.await) } else { None };
    made.opened.save();
    if let Some(folder) = out {
        let files: Vec<_> = made.plan.documents().map(|it| (it.path.as_str(), it.text.as_str())).collect();
        if let Err(trouble) = export::export(folder, &files, true) {
            return commands::refuse(&trouble, json);
        }
    }
    if json {
        let mut whole = made.plan.to_json();
        if let Some(lines) = &may {
            whole["preflight"] = serde_json::json!(lines);
        }
        output::json(&whole);
    } else {
        output::say(crate::plain::plan(&made.plan).trim_end());
        if let Some(lines) = &may {
            output::say(crate::plain::preflight(lines).trim_end());
        }
        if let Some(folder) = out {
            output::say(&format!("Written to {}.", folder.display()));
        }
    }
    0
}

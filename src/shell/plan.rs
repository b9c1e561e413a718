//! `lifeboat plan`.

use super::cli::Global;
use super::{answers, commands, output, world};
use crate::engine::{Gathered, gather};
use crate::plan::answers::Answers;
use crate::plan::{Plan, Prove};
use crate::ports::{Answer, HelmVersion};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
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
pub async fn plan(global: &Global, path: &Path, out: Option<&Path>, json: bool) -> u8 {
    let made = match make(global, path, Prove::Needed, json, false).await {
        Ok(made) => made,
        Err(code) => return code,
    };
    made.opened.save();
    if let Some(folder) = out
        && let Err(why) = write(folder, &made.plan)
    {
        output::warn(&why);
        return 1;
    }
    if json {
        output::json(&made.plan.to_json());
    } else {
        output::say(crate::plain::plan(&made.plan).trim_end());
        if let Some(folder) = out {
            output::say(&format!("Written to {}.", folder.display()));
        }
    }
    0
}

/// Writes all documents: each to a new file first, then in its place; a link is not followed (security.md 6.4).
pub fn write(folder: &Path, plan: &Plan) -> Result<(), String> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        format!("{} cannot be written: {error}. Nothing in the account or cluster was changed.", path.display())
    };
    for document in &plan.documents {
        let path = folder.join(&document.path);
        let parent = path.parent().unwrap_or(folder);
        let mut at = folder.to_path_buf();
        for part in Path::new(&document.path).parent().into_iter().flat_map(Path::components) {
            at.push(part);
            if at.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
                return Err(failed(&at, &"it is a symbolic link"));
            }
        }
        if path.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
            return Err(failed(&path, &"it is a symbolic link"));
        }
        // Only now: through a link, folders would be made in a place that nobody named.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(|error| failed(parent, &error))?;
        let mut file = tempfile::Builder::new()
            .prefix(".lifeboat-")
            .make_in(parent, |path| {
                let mode = if document.path == "commands.sh" { 0o700 } else { 0o600 };
                std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
            })
            .map_err(|error| failed(&path, &error))?;
        std::io::Write::write_all(&mut file, document.text.as_bytes()).map_err(|error| failed(&path, &error))?;
        file.as_file().sync_all().map_err(|error| failed(&path, &error))?;
        file.persist(&path).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

//! `lifeboat runs`.

use super::cli::Global;
use super::{output, paths};
use crate::engine::journal::{self, Entry, Header};

/// A run as its journal tells.
pub struct Run {
    /// Its id.
    pub id: String,
    /// What it was about.
    pub header: Option<Header>,
    /// `verified`, `failed`, ..., or `interrupted` when no end was written.
    pub outcome: String,
    /// Whether it changed anything that was not taken back yet.
    pub left: bool,
    /// What is wrong with its journal.
    pub trouble: Option<String>,
}

/// The runs, newest first.
pub fn all(demo: Option<&str>) -> Vec<Run> {
    let Some(folder) = paths::runs(demo) else { return Vec::new() };
    journal::runs(&folder)
        .into_iter()
        .map(|(id, entries)| match entries {
            Err(trouble) => {
                Run { id, header: None, outcome: "damaged".to_owned(), left: false, trouble: Some(trouble.to_string()) }
            }
            Ok(entries) => {
                let header = entries.iter().find_map(|entry| match entry {
                    Entry::Run(header) => Some(header.clone()),
                    _ => None,
                });
                let outcome = entries.iter().rev().find_map(|entry| match entry {
                    Entry::End { outcome, .. } => Some(outcome.clone()),
                    _ => None,
                });
                let left = crate::engine::anything_to_undo(&entries);
                Run { id, header, outcome: outcome.unwrap_or_else(|| "interrupted".to_owned()), left, trouble: None }
            }
        })
        .collect()
}

/// Lists them.
pub fn runs(global: &Global, json: bool) -> u8 {
    let runs = all(global.demo.as_deref());
    if json {
        let list: Vec<_> = runs
            .iter()
            .map(|run| {
                let header = run.header.as_ref();
                serde_json::json!({
                    "run": run.id, "outcome": run.outcome, "trouble": run.trouble,
                    "tool": header.map(|header| &header.tool), "account": header.map(|header| &header.account),
                    "region": header.map(|header| &header.region), "cluster": header.map(|header| &header.cluster),
                    "digest": header.map(|header| &header.digest),
                })
            })
            .collect();
        output::json(&serde_json::json!({"runs": list}));
        return 0;
    }
    if runs.is_empty() {
        output::say("No runs yet.");
    }
    for run in runs {
        let what = run.header.as_ref().map_or_else(
            || run.trouble.clone().unwrap_or_default(),
            |header| format!("{} on {} in {} ({})", header.tool, header.cluster, header.region, header.account),
        );
        output::say(&format!("{}  {:11}  {what}", run.id, run.outcome));
    }
    0
}

//! The order of the changes: each after what it needs, ties by the contract's list.

use super::Change;
use super::answers::CHANGE_IDS;

fn rank(id: &str) -> usize {
    let bare = id.split(':').next().unwrap_or(id);
    CHANGE_IDS.iter().position(|usual| *usual == bare).unwrap_or(CHANGE_IDS.len())
}

/// Sorts, and drops needs of ids that are not in this plan.
pub fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    let ids: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
    for change in &mut changes {
        change.needs.retain(|id| ids.contains(id));
    }
    changes.sort_by_key(|change| rank(&change.id));
    let mut out: Vec<Change> = Vec::with_capacity(changes.len());
    while !changes.is_empty() {
        let ready = changes
            .iter()
            .position(|change| change.needs.iter().all(|id| out.iter().any(|done| done.id == *id)))
            .unwrap_or(0);
        out.push(changes.remove(ready));
    }
    out
}

//! The order of the changes: each after what it needs, ties by the contract's list.

use super::answers::CHANGE_IDS;
use super::{Change, base};
use std::collections::BTreeSet;

fn rank(id: &str) -> usize {
    let bare = base(id);
    CHANGE_IDS.iter().position(|usual| *usual == bare).unwrap_or(CHANGE_IDS.len())
}

/// Sorts; a need is of the change's own cluster where there is such a one, else of the whole; needs of ids that are
/// not in this plan are dropped.
pub fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    let ids: BTreeSet<String> = changes.iter().map(|change| change.id.clone()).collect();
    for change in &mut changes {
        let own = |id: &String| Some(format!("{id}{}", change.suffix)).filter(|own| ids.contains(own));
        let mut needs: Vec<String> = Vec::new();
        for need in &change.needs {
            let found = own(need).or_else(|| ids.get(need).cloned());
            needs.extend(found.filter(|found| *found != change.id && !needs.contains(found)));
        }
        change.needs = needs;
    }
    changes.sort_by_key(|change| (change.site, rank(&change.id)));
    by_needs(changes)
}

/// Each after what it needs; among those that are ready the first one is taken.
fn by_needs(changes: Vec<Change>) -> Vec<Change> {
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut out: Vec<Change> = Vec::with_capacity(changes.len());
    let mut waiting = changes;
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|change| change.needs.iter().all(|id| done.contains(id))).unwrap_or(0);
        let change = waiting.remove(ready);
        done.insert(change.id.clone());
        out.push(change);
    }
    out
}

//! The order of the changes: each after what it needs, ties by the contract's list.

use super::answers::CHANGE_IDS;
use super::{Change, base};
use std::collections::{BTreeSet, HashMap, HashSet};

fn rank(id: &str) -> usize {
    let bare = base(id);
    CHANGE_IDS.iter().position(|usual| *usual == bare).unwrap_or(CHANGE_IDS.len())
}

/// Sorts; a need is of the change's own cluster where there is such a one, else of the whole; needs of ids that are
/// not in this plan are dropped. A change that needs its own kind means the one of the whole.
pub fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    let ids: HashSet<String> = changes.iter().map(|change| change.id.clone()).collect();
    for change in &mut changes {
        let (suffix, itself) = (&change.suffix, &change.id);
        let own = |id: &str| {
            let own = (!suffix.is_empty()).then(|| format!("{id}{suffix}"));
            own.filter(|own| ids.contains(own) && own != itself)
        };
        let mut seen = HashSet::with_capacity(change.needs.len());
        change.needs = std::mem::take(&mut change.needs)
            .into_iter()
            .filter_map(|need| own(&need).or_else(|| ids.contains(&need).then_some(need)))
            .filter(|found| *found != change.id && seen.insert(found.clone()))
            .collect();
    }
    changes.sort_by_cached_key(|change| (change.site, rank(&change.id)));
    by_needs(changes)
}

/// Each after what it needs; among those that are ready the first one is taken. A Space has hundreds of changes, so
/// that each is looked at once for each of its needs and not once for each other change.
fn by_needs(changes: Vec<Change>) -> Vec<Change> {
    let place: HashMap<&str, usize> = changes.iter().enumerate().map(|(at, it)| (it.id.as_str(), at)).collect();
    let mut open: Vec<usize> = vec![0; changes.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    for (at, change) in changes.iter().enumerate() {
        for needed in change.needs.iter().filter_map(|id| place.get(id.as_str())) {
            open[at] += 1;
            followers[*needed].push(at);
        }
    }
    let mut ready: BTreeSet<usize> = (0..changes.len()).filter(|at| open[*at] == 0).collect();
    let mut waiting: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    let mut out: Vec<Change> = Vec::with_capacity(waiting.len());
    // In a circle, which no plan makes, the first that is left is taken.
    while let Some(at) = ready.pop_first().or_else(|| waiting.iter().position(Option::is_some)) {
        let Some(change) = waiting[at].take() else { continue };
        out.push(change);
        for follower in std::mem::take(&mut followers[at]) {
            open[follower] = open[follower].saturating_sub(1);
            if open[follower] == 0 {
                ready.insert(follower);
            }
        }
    }
    out
}

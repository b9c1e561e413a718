//! Rows of a long list of changes. What belongs to another cluster, and what repeats for each namespace or group, is
//! one row with a count that can be opened: 200 host namespaces stay readable.

use crate::plan::base;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// So many changes with one suffix are a cluster's; fewer are those of a namespace or group.
const CLUSTER: usize = 3;
/// So many changes that differ by their suffix alone are told as one.
const MANY: usize = 4;
/// More clusters than these are told by what is done, as namespaces are.
const CLUSTERS: usize = 24;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A change, by its place in the list.
    One {
        /// Its place.
        at: usize,
        /// Whether it stands in a group that is open.
        inside: bool,
    },
    /// Changes that belong together.
    Group(Group),
}

/// Changes that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they have in common: `:dr`, or `association:`.
    pub key: Arc<str>,
    /// The places of its changes.
    pub members: Arc<[usize]>,
    /// Whether they are shown.
    pub open: bool,
}

impl Group {
    /// What it is called: the cluster, or what is done so many times.
    pub fn title(&self) -> String {
        match self.key.strip_prefix(':') {
            Some(cluster) => format!("{cluster}: {} changes", self.members.len()),
            None => format!("{} {} times", self.key.trim_end_matches(':'), self.members.len()),
        }
    }
}

/// Which changes of a list belong together. It follows from their ids alone, so that it is made once for a list and
/// not for each of the frames and keys that ask for its rows.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    /// The place of each change's group, if it has one.
    of: Vec<Option<usize>>,
    /// The groups, closed.
    groups: Vec<Group>,
    /// How many of them are clusters.
    clusters: usize,
}

impl Fold {
    /// The groups of changes, by their ids in their order.
    pub fn new<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let ids: Vec<&str> = ids.into_iter().collect();
        let keys = keys(&ids);
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut members: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut of = Vec::with_capacity(ids.len());
        for (at, key) in keys.iter().enumerate() {
            if key.is_empty() {
                of.push(None);
                continue;
            }
            let place = *places.entry(key).or_insert_with(|| {
                members.push((key, Vec::new()));
                members.len() - 1
            });
            members[place].1.push(at);
            of.push(Some(place));
        }
        let group =
            |(key, members): (&str, Vec<usize>)| Group { key: key.into(), members: members.into(), open: false };
        let groups: Vec<Group> = members.into_iter().map(group).collect();
        let clusters = groups.iter().filter(|group| group.key.starts_with(':')).count();
        Self { of, groups, clusters }
    }

    /// The rows. `turned` names the groups that the user opened or closed, `must` whether a change has to be in
    /// sight: it is, also where its group is closed.
    pub fn rows(&self, turned: &BTreeSet<String>, must: impl Fn(usize) -> bool) -> Vec<Row> {
        let mut out = Vec::with_capacity(self.of.len());
        for (at, place) in self.of.iter().enumerate() {
            let Some(group) = place.and_then(|place| self.groups.get(place)) else {
                out.push(Row::One { at, inside: false });
                continue;
            };
            if group.members.first() != Some(&at) {
                continue;
            }
            // One other cluster is read like the first; of more, what is wanted is opened.
            let usual = group.key.starts_with(':') && self.clusters == 1;
            let open = usual != turned.contains(&*group.key);
            out.push(Row::Group(Group { open, ..group.clone() }));
            let shown = group.members.iter().filter(|at| open || must(**at));
            out.extend(shown.map(|at| Row::One { at: *at, inside: true }));
        }
        out
    }
}

/// The group of each change, empty for one that stands alone.
fn keys(ids: &[&str]) -> Vec<String> {
    let suffix = |id: &&str| id.split_once(':').map(|(_, suffix)| suffix.to_owned());
    let mut by_suffix: HashMap<String, usize> = HashMap::new();
    let mut by_kind: HashMap<&str, usize> = HashMap::new();
    for id in ids {
        if let Some(suffix) = suffix(id) {
            *by_suffix.entry(suffix).or_default() += 1;
            *by_kind.entry(base(id)).or_default() += 1;
        }
    }
    by_suffix.retain(|_, count| *count >= CLUSTER);
    let clusters = by_suffix.len() <= CLUSTERS;
    let key = |id: &&str| match suffix(id) {
        Some(suffix) if clusters && by_suffix.contains_key(&suffix) => format!(":{suffix}"),
        Some(_) if by_kind.get(base(id)).is_some_and(|count| *count >= MANY) => format!("{}:", base(id)),
        _ => String::new(),
    };
    ids.iter().map(key).collect()
}

/// The group of the row at a place: its own, or the one that it stands in.
pub fn group_at(rows: &[Row], place: usize) -> Option<(usize, &Group)> {
    if matches!(rows.get(place)?, Row::One { inside: false, .. }) {
        return None;
    }
    let mut above = rows.get(..=place)?.iter().enumerate().rev();
    above.find_map(|(at, row)| if let Row::Group(group) = row { Some((at, group)) } else { None })
}

/// Opens what is closed, and the other way round.
pub fn turn(turned: &mut BTreeSet<String>, key: &str) {
    if !turned.remove(key) {
        turned.insert(key.to_owned());
    }
}

/// Where a change is in sight: its own row, or the one that it is folded into.
pub fn row_of(rows: &[Row], at: usize) -> Option<usize> {
    let own = rows.iter().position(|row| matches!(row, Row::One { at: there, .. } if *there == at));
    own.or_else(|| rows.iter().position(|row| matches!(row, Row::Group(group) if group.members.contains(&at))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn told(ids: &[&str], turned: &[&str]) -> Vec<String> {
        let turned = turned.iter().map(|key| (*key).to_owned()).collect();
        let word = |row: &Row| match row {
            Row::One { at, inside } => format!("{}{}", if *inside { "  " } else { "" }, ids[*at]),
            Row::Group(group) => group.title(),
        };
        Fold::new(ids.iter().copied()).rows(&turned, |_| false).iter().map(word).collect()
    }

    #[test]
    fn the_first_clusters_changes_stand_as_they_are() {
        assert_eq!(told(&["role", "permissions", "helm-release"], &[]), ["role", "permissions", "helm-release"]);
    }

    #[test]
    fn one_other_cluster_is_open_and_of_more_each_is_a_row() {
        let one = ["role", "role:dr", "permissions", "permissions:dr", "location:dr"];
        let open = ["role", "dr: 3 changes", "  role:dr", "  permissions:dr", "  location:dr", "permissions"];
        assert_eq!(told(&one, &[]), open);
        assert_eq!(told(&one, &[":dr"]), ["role", "dr: 3 changes", "permissions"]);
        let two: Vec<String> = ["dr", "lab"]
            .iter()
            .flat_map(|c| ["role", "permissions", "location"].map(|id| format!("{id}:{c}")))
            .collect();
        let two: Vec<&str> = two.iter().map(String::as_str).collect();
        assert_eq!(told(&two, &[]), ["dr: 3 changes", "lab: 3 changes"]);
        assert_eq!(told(&two, &[":lab"]).len(), 5);
    }

    #[test]
    fn two_hundred_namespaces_are_one_row_for_what_is_done_in_each() {
        let ids: Vec<String> =
            (0..200).flat_map(|n| [format!("association:mxp-{n}-system"), format!("restart:mxp-{n}-system")]).collect();
        let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        ids.push("canary");
        assert_eq!(told(&ids, &[]), ["association 200 times", "restart 200 times", "canary"]);
        assert_eq!(told(&ids, &["restart:"]).len(), 203);
        let failed = Fold::new(ids.iter().copied()).rows(&BTreeSet::new(), |at| at == 7);
        assert_eq!(row_of(&failed, 7), failed.iter().position(|row| *row == Row::One { at: 7, inside: true }));
        assert_eq!(row_of(&failed, 8), Some(0), "the others stay folded");
        assert_eq!(failed.len(), 4);
        assert_eq!(group_at(&failed, 2).map(|(at, _)| at), Some(1));
    }
}

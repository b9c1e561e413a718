//! Clusters that only restore: any number of them, each with texts under `restore_cluster[N]`, one after the other
//! from 0 on.

use super::draft::Draft;
use super::field::{Field, FieldKind, When};
use std::sync::LazyLock;
use toml::{Table, Value};

/// The most that a draft holds; the trust of a role and the patience of a reader end long before.
pub const MOST: usize = 64;

/// What stands in a table of the answers file.
const KEYS: [&str; 5] = ["name", "region", "context", "namespace", "service_account"];

/// The path of a key: `restore_cluster[0].context`.
pub fn path(at: usize, key: &str) -> String {
    format!("restore_cluster[{at}].{key}")
}

/// The number of a path's cluster, and the key: the way back of [`path`].
pub fn place(path: &str) -> Option<(usize, &str)> {
    let (at, key) = path.strip_prefix("restore_cluster[")?.split_once(']')?;
    Some((at.parse().ok()?, key.strip_prefix('.').unwrap_or_default()))
}

/// What is asked of each cluster: its names are chosen from a list, the rest is typed.
static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let asked = [
        ("context", "Context", "a kubeconfig context; empty: an EKS token", "dr-admin"),
        ("namespace", "Namespace", "where the tool runs there", "velero"),
        ("service_account", "Service account", "the one that gets the role there", "velero-server"),
    ];
    let field = |at: usize, (key, label, hint, example): (&str, &str, &str, &str)| Field {
        path: path(at, key),
        kind: FieldKind::Text,
        label: label.to_owned(),
        hint: hint.to_owned(),
        brief: String::new(),
        example: example.to_owned(),
        default: String::new(),
        offers: None,
        advice: None,
        when: Some(When { path: path(at, "asked"), is: vec!["true".to_owned()] }),
        more: true,
        options: Vec::new(),
    };
    (0..MOST).flat_map(|at| asked.map(|one| field(at, one))).collect()
});

/// The fields of all clusters that a draft can hold.
pub fn fields() -> &'static [Field] {
    &FIELDS
}

impl Draft {
    /// How many clusters only restore.
    pub fn restores(&self) -> usize {
        let there = |at: &usize| KEYS.iter().any(|key| !self.text(&path(*at, key)).is_empty());
        (0..MOST).take_while(there).count()
    }

    /// Which of them a cluster is, by region and name.
    pub fn restores_to(&self, region: &str, name: &str) -> Option<usize> {
        let is = |at: &usize| self.text(&path(*at, "region")) == region && self.text(&path(*at, "name")) == name;
        (0..self.restores()).find(is)
    }

    /// The name and region of one of them, for a heading.
    pub fn restore_name(&self, at: usize) -> (&str, &str) {
        (self.text(&path(at, "name")), self.text(&path(at, "region")))
    }

    /// Adds a cluster to restore to, or takes it out with all that was typed of it; answers whether it is one now. A
    /// full draft stays as it is.
    pub fn mark_restore(&mut self, region: &str, name: &str) -> bool {
        let count = self.restores();
        match self.restores_to(region, name) {
            None if count >= MOST => false,
            None => {
                self.set(&path(count, "name"), name);
                self.set(&path(count, "region"), region);
                true
            }
            Some(gone) => {
                for at in gone..count {
                    for key in KEYS {
                        let next = self.text(&path(at + 1, key)).to_owned();
                        self.set(&path(at, key), &next);
                    }
                }
                false
            }
        }
    }
}

/// The tables of the answers file.
pub(super) fn tables(draft: &Draft) -> Vec<Value> {
    let table = |at: usize| {
        let mut table = Table::new();
        for key in KEYS {
            let text = draft.text(&path(at, key)).trim();
            if !text.is_empty() {
                table.insert(key.to_owned(), Value::String(text.to_owned()));
            }
        }
        Value::Table(table)
    };
    (0..draft.restores()).map(table).collect()
}

/// The texts of the tables: the way back of [`tables`].
pub(super) fn texts(root: &Table) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let tables = root.get("restore_cluster").and_then(Value::as_array).into_iter().flatten();
    for (at, table) in tables.enumerate().take(MOST) {
        for key in KEYS {
            match table.get(key).and_then(Value::as_str) {
                Some(text) if !text.is_empty() => out.push((path(at, key), text.to_owned())),
                _ => {}
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_taken_out_leaves_no_gap_and_nothing_of_its_own() {
        let mut draft = Draft::default();
        for name in ["dr", "lab", "far"] {
            assert!(draft.mark_restore("us-west-2", name));
        }
        draft.set(&path(1, "context"), "lab-admin");
        draft.set(&path(2, "namespace"), "Wrong_1");
        assert!(!draft.mark_restore("us-west-2", "lab"));
        assert_eq!(draft.restores(), 2);
        assert_eq!((draft.restore_name(0).0, draft.restore_name(1).0), ("dr", "far"));
        assert_eq!(draft.text(&path(1, "context")), "");
        assert_eq!(draft.text(&path(1, "namespace")), "Wrong_1", "what is wrong is kept");
    }

    #[test]
    fn a_path_says_which_cluster_and_what() {
        assert_eq!(place(&path(12, "service_account")), Some((12, "service_account")));
        assert_eq!(place("cluster.name"), None);
    }
}

//! The plan as JSON and as files: plan.json, commands.sh, operator-policy.json, operator-rbac.yaml. They tell of the
//! whole plan and are made when they are looked at: Review makes a plan with each consent and shows one document.

use super::{Document, Plan, commands, document, operator, operator_rbac};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// What a document of the whole plan tells.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Commands,
    OperatorPolicy,
    /// The rules in the cluster at this place of the sites.
    OperatorRbac(usize),
    Plan,
}

/// The documents of the whole plan, each made when it is first looked at.
#[derive(Debug, Default)]
pub struct Whole(Vec<(String, Kind, OnceLock<Document>)>);

/// A copy that is changed afterwards must not tell of what it was copied from.
impl Clone for Whole {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|(path, kind, _)| (path.clone(), *kind, OnceLock::new())).collect())
    }
}

/// They follow from the rest of the plan: two plans that are equal in it are equal.
impl PartialEq for Whole {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Whole {
    /// The documents of a plan over these clusters.
    pub(super) fn of(sites: &[super::Names]) -> Self {
        let lazy = |path: &str, kind: Kind| (path.to_owned(), kind, OnceLock::new());
        let mut out = vec![lazy("commands.sh", Kind::Commands), lazy("operator-policy.json", Kind::OperatorPolicy)];
        let rules = sites.iter().enumerate();
        out.extend(rules.map(|(place, site)| lazy(&operator_rbac::path(site), Kind::OperatorRbac(place))));
        out.push(lazy("plan.json", Kind::Plan));
        Self(out)
    }
}

impl Plan {
    /// plan.json (contract, Plan).
    pub fn to_json(&self) -> Value {
        json!({
            "version": 1,
            "digest": self.digest,
            "target": self.target,
            "changes": self.changes,
            "notes": self.notes,
        })
    }

    /// The paths of all documents: those of the changes, then those of the whole plan.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let whole = self.whole.0.iter().map(|(path, ..)| path.as_str());
        self.parts.iter().map(|document| document.path.as_str()).chain(whole)
    }

    /// The document of a path.
    pub fn document(&self, path: &str) -> Option<&Document> {
        let part = || self.parts.iter().find(|document| document.path == path);
        let Some((_, kind, made)) = self.whole.0.iter().find(|(own, ..)| own == path) else { return part() };
        Some(made.get_or_init(|| Document { path: path.to_owned(), text: self.tell(*kind) }))
    }

    /// All documents, in the order of [`Plan::paths`].
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.paths().filter_map(|path| self.document(path))
    }

    fn tell(&self, kind: Kind) -> String {
        match kind {
            Kind::Commands => commands::script(self),
            Kind::OperatorPolicy => document::json(&operator::policy(self)),
            Kind::OperatorRbac(place) => operator_rbac::manifest(self, place),
            Kind::Plan => document::json(&self.to_json()),
        }
    }
}

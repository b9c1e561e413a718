//! Whom the role trusts: each control plane's controller by its subject, or all by a pattern (upbound.md 3).

use super::planes::Planes;
use crate::domain::Identity;
use crate::domain::space::{CONTROLLER, HOST_PATTERN, is_patterned};
use crate::plan::Draft;
use crate::plan::answers::SpacesTrust;
use crate::plan::scope::Scope;
use serde_json::{Value, json};

/// The operator of the condition, and what it compares with: namespaces on the host.
pub struct Trusted {
    /// `StringEquals`, or `StringLike` with the pattern.
    pub operator: &'static str,
    /// The namespaces, and the pattern.
    pub namespaces: Vec<String>,
}

impl Trusted {
    /// What a cluster's statement trusts. The pattern is never wider than the Space's own names: a namespace that
    /// its user has named stands beside it.
    pub fn of(scope: &Scope<'_>) -> Self {
        let planes = Planes::of(scope);
        let mut namespaces: Vec<String> = planes.covered.iter().map(|plane| plane.host.namespace.clone()).collect();
        let pattern = scope.answers.spaces.trust == SpacesTrust::Pattern;
        if pattern {
            namespaces.retain(|namespace| !is_patterned(namespace));
        }
        namespaces.sort();
        namespaces.dedup();
        if pattern {
            namespaces.insert(0, HOST_PATTERN.to_owned());
        }
        Self { operator: if pattern { "StringLike" } else { "StringEquals" }, namespaces }
    }

    /// The condition of IRSA on the subject alone.
    pub fn subjects(&self) -> Value {
        json!(self.namespaces.iter().map(|it| format!("system:serviceaccount:{it}:{CONTROLLER}")).collect::<Vec<_>>())
    }
}

/// Says what the trust covers now, and what it does not.
pub fn notes(scope: &Scope<'_>, planes: &Planes<'_>, draft: &mut Draft) {
    let at = if scope.is_first() { String::new() } else { format!("{}: ", scope.names.cluster) };
    for (plane, why) in &planes.waiting {
        draft.note(format!(
            "{at}the control plane {plane} is not covered: it {why}; plan and apply again once it is ready"
        ));
    }
    let later = match (scope.names.identity, scope.answers.spaces.trust) {
        (Identity::PodIdentity, _) => Some("it then gets an association"),
        (Identity::Irsa, SpacesTrust::Enumerated) => Some("its namespace is then added to the role"),
        (Identity::Irsa, SpacesTrust::Pattern) => None,
    };
    if !scope.is_first() {
        let todo = match (scope.names.identity, later) {
            (_, None) => "the pattern trusts it as soon as it is there",
            (Identity::Irsa, _) => {
                "plan and apply again once it has its namespace, or use spaces.trust = \"pattern\", which trusts it beforehand"
            }
            (Identity::PodIdentity, _) => {
                "plan and apply again once it has its namespace, for its association and restart"
            }
        };
        draft.note(format!(
            "{at}a restore makes a new control plane there, whose namespace nobody knows before: {todo}"
        ));
    } else if let Some(then) = later {
        draft.note(format!(
            "{at}a control plane that is made later is not covered until you plan and apply again: {then}"
        ));
    }
    if scope.answers.spaces.trust == SpacesTrust::Enumerated {
        return;
    }
    let Some(space) = &scope.site.space else { return };
    let all: Vec<&str> = space.hosts.iter().map(|host| host.namespace.as_str()).collect();
    let matched: Vec<&str> = all.iter().copied().filter(|name| is_patterned(name)).collect();
    draft.note(format!(
        "{at}the pattern {HOST_PATTERN} matches {} now{}, and that of every control plane made later; it matches any other namespace of that shape too, whoever makes it",
        count(matched.len()),
        some(&matched)
    ));
    let own: Vec<&str> =
        planes.covered.iter().map(|plane| plane.host.namespace.as_str()).filter(|it| !is_patterned(it)).collect();
    if !own.is_empty() {
        draft.note(format!("{at}the pattern does not match {}: added by name", own.join(", ")));
    }
}

fn count(number: usize) -> String {
    if number == 1 { "1 namespace".to_owned() } else { format!("{number} namespaces") }
}

/// The first names of a list, in parentheses.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let first = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => String::new(),
        n if n > SHOWN => format!(" ({first} and {} more)", n - SHOWN),
        _ => format!(" ({first})"),
    }
}

//! Which control planes are meant, and where each runs on the host.

use crate::domain::space::{CONTROLLER, HOST_LABELS, host_namespace, is_patterned, plane_name};
use crate::domain::status::Host;
use crate::domain::text::nearest;
use crate::plan::scope::{Scope, problem};
use crate::plan::{Draft, SpaceFacts};
use crate::ports::Object;
use std::collections::{BTreeMap, BTreeSet};

/// A control plane that can be covered: it has a namespace on the host with its controller's service account.
pub struct Plane<'a> {
    /// Its group.
    pub group: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What stands on the host for it.
    pub host: &'a Host,
}

impl Plane<'_> {
    /// `GROUP/NAME`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}

/// The control planes of a cluster that the answers mean.
#[derive(Default)]
pub struct Planes<'a> {
    /// Those that can be covered now, by group and name.
    pub covered: Vec<Plane<'a>>,
    /// `GROUP/NAME` of the others, and what each lacks.
    pub waiting: Vec<(String, String)>,
    /// Their groups, and those without a control plane yet.
    pub groups: BTreeSet<&'a str>,
}

impl<'a> Planes<'a> {
    /// Those of a cluster; in a restore cluster all of them, as its groups are its own.
    pub fn of(scope: &Scope<'a>) -> Self {
        let Some(space) = &scope.site.space else { return Self::default() };
        let hosts: BTreeMap<&str, &Host> = space.hosts.iter().map(|host| (host.namespace.as_str(), host)).collect();
        let labels = labels(space);
        let named: BTreeSet<String> = scope.answers.spaces.control_planes.iter().map(ToString::to_string).collect();
        let mut out = Self::default();
        for plane in space.planes.iter().filter(|plane| is_meant(scope, plane, &named)) {
            let group = plane["metadata"]["namespace"].as_str().unwrap_or_default();
            out.groups.insert(group);
            match standing(plane, &hosts, &labels) {
                Ok(host) => {
                    let name = plane["metadata"]["name"].as_str().unwrap_or_default();
                    out.covered.push(Plane { group, name, host });
                }
                Err(why) => out.waiting.push((plane_name(plane), why)),
            }
        }
        if scope.answers.spaces.control_planes.is_empty() || !scope.is_first() {
            out.groups.extend(space.groups.iter().map(String::as_str).filter(|group| is_group_meant(scope, group)));
        }
        out.covered.sort_by(|a, b| (a.group, a.name).cmp(&(b.group, b.name)));
        out
    }

    /// Those of a group.
    pub fn of_group(&self, group: &str) -> impl Iterator<Item = &Plane<'a>> {
        self.covered.iter().filter(move |plane| plane.group == group)
    }
}

/// The control plane's labels of each labelled namespace: name and group.
fn labels(space: &SpaceFacts) -> BTreeMap<&str, [&str; 2]> {
    fn pair(object: &Object) -> Option<(&str, [&str; 2])> {
        let name = object["metadata"]["name"].as_str()?;
        Some((name, HOST_LABELS.map(|key| object["metadata"]["labels"][key].as_str().unwrap_or_default())))
    }
    space.labelled.iter().filter_map(pair).collect()
}

fn is_group_meant(scope: &Scope<'_>, group: &str) -> bool {
    let groups = &scope.answers.spaces.groups;
    !scope.is_first() || groups.is_empty() || groups.iter().any(|one| one.as_str() == group)
}

fn is_meant(scope: &Scope<'_>, plane: &Object, named: &BTreeSet<String>) -> bool {
    let group = plane["metadata"]["namespace"].as_str().unwrap_or_default();
    let all = !scope.is_first() || named.is_empty();
    is_group_meant(scope, group) && (all || named.contains(&plane_name(plane)))
}

/// What stands on the host for a control plane, or what is missing. A namespace that its user has named is believed
/// only when the Space says by its labels that it is the control plane's: else whoever makes control planes could
/// have any namespace trusted.
fn standing<'a>(
    plane: &Object,
    hosts: &BTreeMap<&str, &'a Host>,
    labels: &BTreeMap<&str, [&str; 2]>,
) -> Result<&'a Host, String> {
    let Some(namespace) = host_namespace(plane) else { return Err("is not provisioned yet".to_owned()) };
    let own = ["name", "namespace"].map(|field| plane["metadata"][field].as_str().unwrap_or_default());
    let said = labels.get(namespace.as_str());
    if said.is_some_and(|said| *said != own) || (said.is_none() && !is_patterned(&namespace)) {
        return Err(format!("names the namespace {namespace}, which the Space does not label as its own"));
    }
    let host = hosts.get(namespace.as_str()).copied();
    host.filter(|host| host.account.is_some())
        .ok_or_else(|| format!("has no service account {CONTROLLER} in {namespace} yet"))
}

/// Refuses groups and control planes that are not there.
pub fn check(scope: &Scope<'_>, draft: &mut Draft) -> bool {
    let Some(space) = scope.site.space.as_ref().filter(|_| scope.is_first()) else { return true };
    let before = draft.problems.0.len();
    let spaces = &scope.answers.spaces;
    let planes: Vec<String> = space.planes.iter().map(plane_name).collect();
    let of_planes = planes.iter().filter_map(|plane| plane.split('/').next());
    let groups: BTreeSet<&str> = space.groups.iter().map(String::as_str).chain(of_planes).collect();
    for group in &spaces.groups {
        if !groups.contains(group.as_str()) {
            draft.problems.0.push(absent("spaces.groups", "group", group.as_str(), groups.iter().copied()));
        }
    }
    for plane in &spaces.control_planes {
        let plane = plane.to_string();
        if !planes.contains(&plane) {
            let all = planes.iter().map(String::as_str);
            draft.problems.0.push(absent("spaces.control_planes", "control plane", &plane, all));
        }
    }
    draft.problems.0.len() == before
}

fn absent<'s>(
    field: &str,
    noun: &str,
    name: &str,
    all: impl Iterator<Item = &'s str>,
) -> crate::plan::answers::Problem {
    let all: Vec<&str> = all.collect();
    let some = all.iter().take(10).copied().collect::<Vec<_>>().join(", ");
    let todo = nearest(name, all.iter().copied()).map_or_else(String::new, |near| format!("Did you mean {near}?"));
    problem(field, &format!("there is no {noun} {name}"), &format!("there are: {some}"), &todo)
}

//! Velero's plugin for AWS: the one that fits the server and the identity (velero.md 1's table).

use super::versions::{line, line_of_chart, number, running_server, server_version, tag, versions};
use super::{chart_version, images, values};
use crate::domain::Identity;
use crate::plan::Draft;
use crate::plan::scope::{Scope, problem};
use semver::Version;
use serde_json::{Value, json};

/// What the chart's examples call it.
const NAME: &str = "velero-plugin-for-aws";

/// Whether an init container brings the plugin for AWS.
pub fn is_ours(container: &Value) -> bool {
    let image = container["image"].as_str().unwrap_or_default();
    image.split('@').next().is_some_and(|image| image.contains(NAME))
}

/// The oldest plugin that an identity works with (velero.md 5).
fn oldest(identity: Identity) -> Version {
    match identity {
        Identity::Irsa => Version::new(1, 9, 0),
        Identity::PodIdentity => Version::new(1, 10, 0),
    }
}

/// The version that fits the server; the newest for a server that is newer than the table.
fn fitting(line: &str) -> String {
    let versions = versions();
    let newest = versions["plugins"]["1.18"].as_str().unwrap_or_default();
    versions["plugins"][line].as_str().unwrap_or(newest).to_owned()
}

/// The line of the server that the plan ends with.
fn server_line(scope: &Scope<'_>) -> String {
    let server = server_version(scope);
    if server.is_empty() { line_of_chart(&chart_version(scope)) } else { line(&server) }
}

/// The init container that brings the plugin now.
pub fn installed(scope: &Scope<'_>) -> Option<Value> {
    let containers = values::init_containers(&values::installed(scope));
    containers.into_iter().find(is_ours)
}

/// The init container's name: what it is called now.
pub fn name(scope: &Scope<'_>) -> String {
    let installed = installed(scope);
    installed.and_then(|one| one["name"].as_str().map(str::to_owned)).unwrap_or_else(|| NAME.to_owned())
}

/// The image: the installed one while it fits the server's line and no mirror is asked for, else the one that fits.
pub fn image(scope: &Scope<'_>) -> String {
    let wanted = fitting(&server_line(scope));
    let ours = format!("{}:{wanted}", images::own(scope.answers, "plugin"));
    let Some(there) = installed(scope).and_then(|one| one["image"].as_str().map(str::to_owned)) else { return ours };
    if !scope.answers.install.image_registry.is_empty() {
        return ours;
    }
    match tag(&there) {
        Some(tag) if line(tag) == line(&wanted) && number(tag) >= number(&wanted) => there,
        _ => ours,
    }
}

/// The version of [`image`], as far as its tag tells.
pub fn version(scope: &Scope<'_>) -> String {
    tag(&image(scope)).unwrap_or_default().to_owned()
}

/// In place: the init container with a plugin that the identity works with, and what was there; `None` while the one
/// that is there does.
pub fn in_place(scope: &Scope<'_>, template: &Value) -> Option<(Value, Value)> {
    let all = template["spec"]["initContainers"].as_array();
    let there = all.into_iter().flatten().find(|one| is_ours(one));
    let image = format!("{}:{}", images::own(scope.answers, "plugin"), fitting(&running_line(scope)));
    let Some(there) = there else {
        let mount = json!([{"mountPath": "/target", "name": "plugins"}]);
        let new = json!({"name": NAME, "image": image, "volumeMounts": mount});
        return Some((new, crate::domain::strategic::gone("name", NAME)));
    };
    let old = there["image"].as_str().unwrap_or_default();
    let tag = tag(old).and_then(|tag| Version::parse(tag.trim_start_matches('v')).ok());
    if tag.is_none_or(|tag| tag >= oldest(scope.names.identity)) {
        return None;
    }
    Some((json!({"name": there["name"], "image": image}), json!({"name": there["name"], "image": old})))
}

fn running_line(scope: &Scope<'_>) -> String {
    line(&running_server(scope.site).unwrap_or_default())
}

/// A server in place that is too old for the identity cannot be helped by a newer plugin.
pub fn refute(scope: &Scope<'_>, draft: &mut Draft) {
    let Some(server) = running_server(scope.site) else { return };
    let Ok(server) = Version::parse(server.trim_start_matches('v')) else {
        draft.note(format!(
            "The server's image has the tag {server}, which says no version: whether it fits the plugin is not known"
        ));
        return;
    };
    let oldest = match scope.names.identity {
        Identity::Irsa => Version::new(1, 13, 0),
        Identity::PodIdentity => Version::new(1, 14, 0),
    };
    if server < oldest {
        let newest = versions()["server"].as_str().unwrap_or_default().to_owned();
        draft.problems.0.push(problem(
            "identity",
            &format!("the Velero in {} is v{server}", scope.names.namespace),
            &format!("v{oldest} is the oldest that is supported with {}", scope.names.identity),
            &format!("Upgrade it first, one minor after the other up to {newest}, as velero.io's upgrade pages say (velero install --crds-only, then kubectl set image)"),
        ));
    }
}

//! The images that a plan pulls, all of them from the registry of the answers where one is given.

use super::values::{self, Setting};
use crate::plan::answers::{Answers, Feature};
use crate::plan::scope::Scope;
use serde_json::json;

/// Every image, with its tag.
pub fn images(scope: &Scope<'_>) -> Vec<String> {
    let mut out = values::images(scope);
    if let Some(server) = server(scope).filter(|_| scope.answers.velero.features.contains(&Feature::FileSystemBackup)) {
        // Part of the server's image since 1.16 (velero pull 8574).
        if minor(&server).is_some_and(|minor| minor < 16) {
            out.push(format!("{}:v{server}", mirrored(scope.answers, "velero/velero-restore-helper")));
        }
    }
    if let Some(kubectl) = kubectl(scope) {
        out.push(format!("{}:{}", mirrored(scope.answers, kubectl), scope.site.cluster.version));
    }
    out
}

/// The values that name images which the tested set does not need.
pub fn settings(scope: &Scope<'_>) -> Vec<Setting> {
    let path = || ["kubectl", "image", "repository"].map(str::to_owned).to_vec();
    let repository = kubectl(scope).filter(|_| !scope.answers.install.image_registry.is_empty());
    repository.map(|name| (path(), json!(mirrored(scope.answers, name)))).into_iter().collect()
}

fn mirrored(answers: &Answers, name: &str) -> String {
    match answers.install.image_registry.trim_end_matches('/') {
        "" => name.to_owned(),
        registry => format!("{registry}/{name}"),
    }
}

/// The server's version without its `v`.
fn server(scope: &Scope<'_>) -> Option<String> {
    let installed = || scope.site.release.as_ref().map(|release| release.app_version.clone());
    let version = values::server_version(scope).or_else(installed)?;
    Some(version.trim_start_matches('v').to_owned())
}

fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

/// What a chart before 12 applies its CRDs with (velero-F25, velero.md 2).
fn kubectl(scope: &Scope<'_>) -> Option<&'static str> {
    let version = values::chart_version(scope);
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    match (parts.next()?, parts.next().unwrap_or(0)) {
        (12.., _) => None,
        (11, _) | (10, 1..) => Some("bitnamilegacy/kubectl"),
        _ => Some("bitnami/kubectl"),
    }
}

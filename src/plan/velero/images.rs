//! The images of a Velero, and their mirror.

use super::versions::{chart_version, number, server_version, versions};
use super::{plugin, values};
use crate::plan::answers::{Answers, Feature};
use crate::plan::scope::Scope;
use semver::Version;

/// An image's repository without its registry, or in the mirror.
pub fn mirrored(answers: &Answers, name: &str) -> String {
    match answers.install.image_registry.trim_end_matches('/') {
        "" => name.to_owned(),
        registry => format!("{registry}/{}", without_registry(name)),
    }
}

/// `velero/velero` of `docker.io/velero/velero`: a registry is a first part with a dot, a colon, or `localhost`.
fn without_registry(name: &str) -> &str {
    match name.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => name,
    }
}

/// The repository of one of Velero's own images.
pub fn own(answers: &Answers, which: &str) -> String {
    mirrored(answers, versions()["images"][which].as_str().unwrap_or_default())
}

/// The repository of the image that the chart runs kubectl of (velero.md 2).
pub fn kubectl_repository(scope: &Scope<'_>) -> &'static str {
    let chart = number(&chart_version(scope));
    if chart >= Version::new(12, 0, 0) {
        "registry.k8s.io/kubectl"
    } else if chart >= Version::new(10, 1, 0) {
        "docker.io/bitnamilegacy/kubectl"
    } else {
        "docker.io/bitnami/kubectl"
    }
}

/// The image that the chart runs kubectl of, as the values say; its tag is the API server's version by default.
pub fn kubectl(scope: &Scope<'_>) -> String {
    let values = values::installed(scope);
    let theirs = values::look_text(&values, &values::path("kubectl.image.repository"));
    let repository = mirrored(scope.answers, theirs.as_deref().unwrap_or(kubectl_repository(scope)));
    if let Some(tag) = values::look_text(&values, &values::path("kubectl.image.tag")) {
        return format!("{repository}:{tag}");
    }
    if number(&chart_version(scope)) >= Version::new(12, 0, 0) {
        // registry.k8s.io has whole versions only, without what EKS adds to its own.
        let version = scope.site.kube.version.split('-').next().unwrap_or_default();
        return format!("{repository}:{version}");
    }
    format!("{repository}:{}", scope.site.cluster.version)
}

/// Whether the chart runs kubectl: before 12.0.0 for its types, since then for cleaning up and labelling alone.
fn runs_kubectl(scope: &Scope<'_>) -> bool {
    let chart = number(&chart_version(scope));
    let base = values::installed(scope);
    let on = |path: &str| values::look_bool(&base, path);
    let before = chart < Version::new(12, 0, 0) && on("upgradeCRDs").unwrap_or(true);
    let labels = base["namespace"]["labels"].as_object().is_some_and(|labels| !labels.is_empty());
    before || on("cleanUpCRDs").unwrap_or(false) || labels
}

/// The version of the restore helper that a server pulls; part of its own image since 1.16 (velero pull 8574).
fn helper_of(server: &str) -> Option<&str> {
    let version = server.trim_start_matches('v');
    let minor: u32 = version.split('.').nth(1)?.parse().ok()?;
    (minor < 16).then_some(version)
}

/// The images that the plan pulls, for `images.txt`.
pub fn all(scope: &Scope<'_>) -> Vec<String> {
    let server = server_version(scope);
    let repository = own(scope.answers, "server");
    let mut out = vec![
        if server.is_empty() {
            // The chart's own default, which only the chart knows.
            repository
        } else {
            format!("{repository}:{server}")
        },
        plugin::image(scope),
    ];
    if let Some(server) =
        helper_of(&server).filter(|_| scope.answers.velero.features.contains(&Feature::FileSystemBackup))
    {
        out.push(format!("{}:v{server}", mirrored(scope.answers, "velero/velero-restore-helper")));
    }
    if scope.repository().is_none() && matches!(scope.way, crate::plan::Way::Release) && runs_kubectl(scope) {
        out.push(kubectl(scope));
    }
    for container in values::init_containers(&values::installed(scope)).iter().filter(|one| !plugin::is_ours(one)) {
        out.extend(container["image"].as_str().map(str::to_owned));
    }
    out.dedup();
    out
}

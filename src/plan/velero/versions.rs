//! Which versions are meant: of the chart, the server and the plugin (velero.md 1; the tested set is in
//! `assets/versions.json`).

use super::values::{look_text, path};
use crate::domain::Identity;
use crate::plan::Draft;
use crate::plan::SiteFacts;
use crate::plan::answers::Answers;
use crate::plan::scope::{Scope, problem};
use semver::Version;
use serde_json::Value;
use std::sync::LazyLock;

const VERSIONS: &str = include_str!("../../../assets/versions.json");

static TESTED: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str::<Value>(VERSIONS).map(|all| all["velero"].clone()).unwrap_or_default());

/// The tested set.
pub fn versions() -> &'static Value {
    &TESTED
}

fn tested(key: &str) -> String {
    versions()[key].as_str().unwrap_or_default().to_owned()
}

/// The chart's version: the answers', the installed one, or the tested one.
pub fn chart_version(scope: &Scope<'_>) -> String {
    meant(scope.answers, scope.site)
}

/// The chart's version in a cluster: the answers', the installed one, or the tested one.
pub fn meant(answers: &Answers, site: &SiteFacts) -> String {
    let asked = &answers.install.version;
    if !asked.is_empty() {
        return asked.trim_start_matches('v').to_owned();
    }
    installed_chart(site).unwrap_or_else(|| tested("chart"))
}

/// The installed chart's version: its release's, or what the chart's label on the Deployment says.
pub fn installed_chart(site: &SiteFacts) -> Option<String> {
    if let Some(release) = &site.release {
        return Some(release.version.clone());
    }
    let deployment = site.kube.deployment.as_ref()?;
    let label = deployment["metadata"]["labels"]["helm.sh/chart"].as_str()?;
    // Kubernetes' labels hold no plus: the chart writes an underscore.
    label.strip_prefix("velero-").map(|version| version.replace('_', "+"))
}

/// The chart's version as numbers; the newest for what is none.
pub fn number(version: &str) -> Version {
    Version::parse(version.trim_start_matches('v')).unwrap_or_else(|_| Version::new(u64::MAX, 0, 0))
}

/// The server's version, with its `v`; empty when it cannot be told.
pub fn server_version(scope: &Scope<'_>) -> String {
    let chart = chart_version(scope);
    if chart == tested("chart") {
        return tested("server");
    }
    let user = scope.answers.user_values.as_ref().and_then(|values| look_text(values, &path("image.tag")));
    let installed = scope.site.release.as_ref();
    let tag = user.or_else(|| installed.and_then(|release| look_text(&release.values, &path("image.tag"))));
    let kept = installed_chart(scope.site).is_some_and(|installed| installed == chart);
    let own = installed.filter(|_| kept).map(|release| release.app_version.clone());
    let tag = tag.or(own).or_else(|| running_server(scope.site).filter(|_| kept)).unwrap_or_default();
    if tag.is_empty() { tag } else { format!("v{}", tag.trim_start_matches('v')) }
}

/// The server's version in the running Deployment, by its image's tag.
pub fn running_server(site: &SiteFacts) -> Option<String> {
    let containers = site.kube.deployment.as_ref()?["spec"]["template"]["spec"]["containers"].as_array()?;
    let server = containers.iter().find(|container| container["name"] == "velero")?;
    tag(server["image"].as_str()?).map(str::to_owned)
}

/// The tag of an image.
pub fn tag(image: &str) -> Option<&str> {
    let image = image.split('@').next().unwrap_or_default();
    // A colon before the last slash is a registry's port.
    image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag)
}

/// `1.18` of `v1.18.3`.
pub fn line(version: &str) -> String {
    version.trim_start_matches('v').split('.').take(2).collect::<Vec<_>>().join(".")
}

/// The line of the server that a chart brings (velero.md 1's table).
pub fn line_of_chart(chart: &str) -> String {
    let major = number(chart).major.to_string();
    versions()["charts"][major].as_str().map_or_else(|| line(&tested("server")), str::to_owned)
}

/// Plans nothing, but says what stands against the chart's version: one that is too old for the identity or for our
/// values, a step back, one that nobody tested.
pub fn refute(scope: &Scope<'_>, draft: &mut Draft) {
    let chart = chart_version(scope);
    let identity = scope.names.identity.as_str();
    let oldest = versions()["oldest"][identity].as_str().unwrap_or_default().to_owned();
    let newest = tested("chart");
    let field =
        if scope.is_first() { "install.version".to_owned() } else { format!("restore_cluster[{}]", scope.at - 1) };
    let installed = installed_chart(scope.site);
    if number(&chart) < number(&oldest) {
        let what = match &installed {
            Some(installed) if *installed == chart => format!(
                "the release {}/{} in {} is of chart velero {chart}",
                scope.names.namespace, scope.names.release, scope.names.cluster
            ),
            _ => format!("the chart velero {chart} is asked for"),
        };
        let why = match scope.names.identity {
            Identity::Irsa => "older ones bring a plugin whose AWS SDK knows IRSA only in part",
            Identity::PodIdentity => "older ones bring a plugin that does not know EKS Pod Identity",
        };
        draft.problems.0.push(problem(
            &field,
            &what,
            &format!("{oldest} is the oldest that is supported with {identity}; {why}"),
            &format!("Set install.version = \"{newest}\" to upgrade it in the same step: values under names of before are moved to today's, and the plan shows each"),
        ));
        return;
    }
    if let Some(installed) = installed
        && number(&installed) > number(&chart)
        && !scope.answers.install.version.is_empty()
    {
        draft.note(format!("The release goes back from chart {installed} to {chart}: types of the newer one stay, and its objects may not be understood"));
    }
    if number(&chart) > number(&newest) && number(&chart).major != u64::MAX {
        draft.note(format!("Chart {chart} is newer than {newest}, which lifeboat was tested with"));
    }
    if number(&chart) < Version::new(12, 0, 0) {
        draft.note(format!(
            "Chart {chart} applies its types with the image {}, which its registry may no longer have: if the upgrade waits for the Job velero-upgrade-crds, set install.version = \"{newest}\" or kubectl.image in your values",
            super::images::kubectl(scope)
        ));
    }
}

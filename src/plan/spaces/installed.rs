//! The Space that is there: a release of Helm's, or what a repository has rendered of the chart; and whether a repository
//! has made its half of a plan (design 3, Existing installs).

use super::planes::Planes;
use super::{objects, trust::Trusted};
use crate::domain::Identity;
use crate::plan::cluster::ROLE_ANNOTATION;
use crate::plan::scope::Scope;
use crate::ports::{Object, Release};
use serde_json::json;
use std::borrow::Cow;

/// The release; of a Space that Argo CD renders what its objects say of it, without values, which its repository alone
/// knows.
pub fn space<'a>(scope: &Scope<'a>) -> Option<Cow<'a, Release>> {
    if let Some(release) = &scope.site.release {
        return Some(Cow::Borrowed(release));
    }
    scope.repository()?;
    let home = |it: &&Object| it["metadata"]["namespace"] == scope.names.namespace.as_str();
    let version = scope.site.found.deployments.iter().find(home).and_then(version)?;
    Some(Cow::Owned(Release {
        name: scope.names.release.clone(),
        namespace: scope.names.namespace.clone(),
        revision: 0,
        status: String::new(),
        chart: "spaces".to_owned(),
        app_version: version.clone(),
        version,
        values: json!({}),
    }))
}

/// The chart's version by the label that Helm's charts put on what they render, else by the image, which has the same.
fn version(deployment: &Object) -> Option<String> {
    let label = deployment["metadata"]["labels"]["helm.sh/chart"].as_str();
    let labelled = label.and_then(|chart| chart.strip_prefix("spaces-")).map(str::to_owned);
    labelled.or_else(|| {
        let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str()?;
        let tag = image.split('@').next()?.rsplit('/').next()?.split_once(':')?.1;
        Some(tag.trim_start_matches('v').to_owned())
    })
}

/// Whether the service account of every covered control plane carries the role.
pub fn annotated(scope: &Scope<'_>, planes: &Planes<'_>) -> bool {
    let carries =
        |account: &Object| account["metadata"]["annotations"][ROLE_ANNOTATION] == scope.names.role_arn.as_str();
    planes.covered.iter().all(|plane| plane.host.account.as_ref().is_some_and(carries))
}

/// Whether a repository has made its half: the controllers' accounts carry the role, and each group has its config and
/// schedule. The controllers' pods are the Space's own, which no repository restarts.
pub fn made(scope: &Scope<'_>) -> bool {
    let planes = Planes::of(scope);
    let told = scope.names.identity == Identity::PodIdentity || annotated(scope, &planes);
    let anything = !Trusted::of(scope).namespaces.is_empty() && !planes.groups.is_empty();
    anything && told && planes.groups.iter().all(|group| objects::stand(scope, group))
}

//! The version of the two charts: by the Rancher in the cluster, else by its Kubernetes (rancher.md 1).

use crate::domain::{RancherLine, Shown, kubernetes_minor};
use crate::plan::Draft;
use crate::plan::scope::{Scope, problem};

/// The version, with what there is to say of the choice; a problem where there is none.
pub fn choose(scope: &Scope<'_>, draft: &mut Draft) -> Option<String> {
    let kubernetes = &scope.site.cluster.version;
    let Some(version) = version(scope) else {
        let oldest = RancherLine::all().last().map_or(0, |line| line.kubernetes[0]);
        draft.problems.0.push(problem(
            "cluster.name",
            &format!("{} runs Kubernetes {kubernetes}", scope.names.cluster),
            &format!("Rancher Backup is tested from 1.{oldest} on"),
            "Upgrade the cluster, or name a chart version that fits it (install.version)",
        ));
        return None;
    };
    let line = RancherLine::of_chart(&version);
    if let Some(rancher) = &scope.site.kube.rancher.rancher {
        let wanted = RancherLine::of_rancher(rancher);
        if wanted.is_none() || wanted != line {
            let made_for = line.map_or("another Rancher", |line| line.rancher.as_str());
            draft.note(format!(
                "The cluster runs Rancher {}, and chart {version} is made for {made_for}",
                Shown::bounded(rancher, 60)
            ));
        }
    }
    let minor = kubernetes_minor(kubernetes);
    if let (Some(line), Some(minor)) = (line, minor)
        && !line.takes(minor)
    {
        let [from, to] = line.kubernetes;
        draft.note(format!(
            "Chart {version} is made for Kubernetes 1.{from} to 1.{to}, and {} runs {kubernetes}",
            scope.names.cluster
        ));
    }
    Some(version)
}

/// The answers' version, the installed one, or the tested one.
pub fn version(scope: &Scope<'_>) -> Option<String> {
    if !scope.answers.install.version.is_empty() {
        return Some(scope.answers.install.version.clone());
    }
    if let Some(release) = &scope.site.release {
        return Some(release.version.clone());
    }
    let of_rancher = scope.site.kube.rancher.rancher.as_deref().and_then(RancherLine::of_rancher);
    let line = of_rancher.or_else(|| RancherLine::of_kubernetes(kubernetes_minor(&scope.site.cluster.version)?));
    line.map(|line| line.chart.clone())
}

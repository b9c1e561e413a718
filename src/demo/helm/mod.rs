//! Helm's releases, with the chart's objects.

mod chart;
mod objects;
mod rancher;
mod release;
mod spaces;

use super::World;
use super::kube::find;
use super::state::Revision;
use crate::ports::{Answer, ClusterAccess, Helm, HelmVersion, Release, Trouble, TroubleKind, Upgrade};
use async_trait::async_trait;

pub(super) use objects::crds;
pub(super) use release::{Order, install};

/// A release as the port shows it.
fn shown(namespace: &str, name: &str, revision: &Revision) -> Release {
    Release {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        revision: revision.number,
        status: revision.status.clone(),
        chart: revision.chart.clone(),
        version: revision.version.clone(),
        app_version: revision.app_version.clone(),
        values: revision.values.clone(),
    }
}

#[async_trait]
impl Helm for World {
    async fn version(&self) -> Answer<HelmVersion> {
        Ok(HelmVersion { version: semver::Version::new(3, 22, 0), path: "demo".to_owned() })
    }

    async fn release(&self, access: &ClusterAccess, namespace: &str, name: &str) -> Answer<Option<Release>> {
        const CALL: &str = "helm get";
        self.call(CALL, |state| {
            let cluster = find(state, access, CALL)?;
            let revisions = cluster.releases.get(&format!("{namespace}/{name}"));
            Ok(revisions.and_then(|all| all.last()).map(|revision| shown(namespace, name, revision)))
        })
        .await
    }

    async fn releases_of(&self, access: &ClusterAccess, chart: &str) -> Answer<Vec<Release>> {
        const CALL: &str = "helm list";
        self.call(CALL, |state| {
            let releases = &find(state, access, CALL)?.releases;
            let newest = releases.iter().filter_map(|(key, all)| Some((key.split_once('/')?, all.last()?)));
            let of = newest.filter(|(_, revision)| revision.chart == chart);
            Ok(of.map(|((namespace, name), revision)| shown(namespace, name, revision)).collect())
        })
        .await
    }

    async fn upgrade(&self, upgrade: &Upgrade) -> Answer<Release> {
        const CALL: &str = "helm upgrade";
        // The hook that applies the CRDs runs first.
        self.pass(std::time::Duration::from_secs(2)).await;
        self.call(CALL, |state| {
            let cluster = find(state, &upgrade.access, CALL)?;
            let order = Order::of(upgrade)?;
            let revision = install(cluster, &order)?;
            Ok(shown(&upgrade.namespace, &upgrade.release, &revision))
        })
        .await
    }

    async fn rollback(&self, access: &ClusterAccess, namespace: &str, name: &str, revision: i64) -> Answer<Release> {
        const CALL: &str = "helm rollback";
        self.call(CALL, |state| {
            let cluster = find(state, access, CALL)?;
            let revision = release::rollback(cluster, namespace, name, revision)?;
            Ok(shown(namespace, name, &revision))
        })
        .await
    }

    async fn logged_in(&self, _registry: &str) -> Answer<Option<bool>> {
        Ok(Some(true))
    }

    async fn uninstall(&self, access: &ClusterAccess, namespace: &str, name: &str) -> Answer<()> {
        const CALL: &str = "helm uninstall";
        self.call(CALL, |state| {
            release::uninstall(find(state, access, CALL)?, namespace, name);
            Ok(())
        })
        .await
    }
}

/// Helm's error, with the release it is about and Helm's own words.
fn failed(kind: TroubleKind, release: &str, text: &str) -> Trouble {
    let what = match kind {
        TroubleKind::Taken => "an object of the chart exists and belongs to something else",
        TroubleKind::NotFound => "helm did not find what it needs",
        _ => "helm refused",
    };
    Trouble::new(kind, what).why(format!("Error: {text}")).code("exit 1").at("helm upgrade", release)
}

//! Looking around: what the engine makes of the ports' answers, where both worlds can promise it.

use crate::fixture::Fixture;
use lifeboat::domain::Tool;
use lifeboat::domain::discovery::{Discovery, InstalledBy, Known};
use lifeboat::engine::{describe, discover};
use lifeboat::ports::Kind;
use serde_json::json;
use tokio::sync::mpsc;

pub async fn a_cluster_is_found_in_its_region(at: &Fixture) {
    let (say, mut hear) = mpsc::unbounded_channel();
    discover(&at.world, std::slice::from_ref(&at.region), say).await;
    let mut said = Vec::new();
    while let Some(one) = hear.recv().await {
        said.push(one);
    }
    assert_eq!(said.first(), Some(&Discovery::Regions(vec![at.region.clone()])));
    match said.get(1) {
        Some(Discovery::Clusters(region, names)) => {
            assert!(*region == at.region && names.contains(&at.cluster), "{said:?}");
        }
        _ => panic!("{said:?}"),
    }
    assert_eq!(said.len(), 2, "{said:?}");
}

pub async fn a26_all_of_a_cluster_that_can_be_read_is_known(at: &Fixture) {
    at.provider().await;
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "v").await;
    let labels = json!({"component": "velero"});
    let template = json!({"metadata": {"labels": labels},
        "spec": {"containers": [{"name": "velero", "image": "velero/velero:v1.16.2"}]}});
    let deployment = json!({"metadata": {"name": "velero", "namespace": namespace, "labels": labels},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}});
    kube.create(Kind::Deployment, &deployment).await.unwrap();

    let detail = describe(&at.world, &at.region, &at.cluster, "").await.unwrap();
    assert_eq!((detail.status.as_str(), detail.issuer), ("ACTIVE", true));
    assert_eq!((&detail.provider, &detail.agent), (&Known::Is(true), &Known::Is(Some("ACTIVE".to_owned()))));
    let api = detail.api.get().unwrap_or_else(|| panic!("{detail:?}"));
    assert!(api.starts_with(&format!("v{}.", detail.version)), "{api} of {}", detail.version);
    let tools = detail.tools.get().unwrap_or_else(|| panic!("{detail:?}"));
    let found = tools.iter().find(|found| found.tool == Tool::Velero).unwrap_or_else(|| panic!("{tools:?}"));
    assert_eq!((&found.namespace, found.version.as_str(), found.by), (&namespace, "v1.16.2", InstalledBy::VeleroCli));
    kube.delete(Kind::Namespace, "", &namespace, "").await.unwrap();
}

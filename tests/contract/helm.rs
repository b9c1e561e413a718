//! Releases of Velero's chart. No pod has to start for these.

use crate::fixture::{Fixture, kind};
use lifeboat::ports::{Kind, TroubleKind};
use serde_json::{Value, json};

/// The least values that the chart can be installed with.
pub fn values(service_account: &str) -> Value {
    json!({"serviceAccount": {"server": {"create": true, "name": service_account, "annotations":
            {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/none"}}},
        "credentials": {"useSecret": false}, "snapshotsEnabled": false,
        "initContainers": [{"name": "velero-plugin-for-aws", "image": "velero/velero-plugin-for-aws:v1.14.3",
            "volumeMounts": [{"mountPath": "/target", "name": "plugins"}]}],
        "configuration": {"backupStorageLocation": [{"name": "default", "provider": "aws", "bucket": "no-such-bucket-x",
            "prefix": "velero", "default": true, "config": {"region": "us-east-1"}}]}})
}

pub async fn the_version_is_new_enough(at: &Fixture) {
    let helm = at.world.helm.version().await.unwrap();
    assert!(helm.version >= semver::Version::new(3, 18, 4) && !helm.path.is_empty());
}

pub async fn no_release_is_none(at: &Fixture) {
    let access = at.access().await;
    assert_eq!(at.world.helm.release(&access, "default", "none").await.unwrap(), None);
    assert!(at.world.helm.releases_of(&access, "no-such-chart").await.unwrap().is_empty());
    at.world.helm.uninstall(&access, "default", "none").await.unwrap();
    assert_eq!(kind(at.world.helm.rollback(&access, "default", "none", 1).await), TroubleKind::NotFound);
}

pub async fn a_release_is_installed_upgraded_rolled_back_and_removed(at: &Fixture) {
    let (kube, helm) = (at.kube().await, &at.world.helm);
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let mut given = values("velero-server");
    let order = at.upgrade(&namespace, &given).await;
    let first = helm.upgrade(&order).await.unwrap();
    assert_eq!((first.revision, first.status.as_str(), first.chart.as_str()), (1, "deployed", "velero"));
    assert_eq!((&first.version, &first.values), (&at.chart_version, &given));
    assert_eq!(helm.release(&order.access, &namespace, "velero").await.unwrap(), Some(first.clone()));
    assert!(helm.releases_of(&order.access, "velero").await.unwrap().contains(&first));
    let account = kube.get(Kind::ServiceAccount, &namespace, "velero-server").await.unwrap().unwrap();
    assert_eq!(account["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
    assert!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_string());
    assert!(kube.serves(Kind::BackupStorageLocation).await.unwrap());
    let location = kube.get(Kind::BackupStorageLocation, &namespace, "default").await.unwrap().unwrap();
    assert_eq!(location["spec"]["objectStorage"], json!({"bucket": "no-such-bucket-x", "prefix": "velero"}));

    given["schedules"] = json!({"lifeboat": {"schedule": "0 3 * * *", "template": {"ttl": "720h"}}});
    let second = helm.upgrade(&at.upgrade(&namespace, &given).await).await.unwrap();
    assert_eq!((second.revision, &second.values), (2, &given));
    assert!(kube.get(Kind::Schedule, &namespace, "velero-lifeboat").await.unwrap().is_some());

    let third = helm.rollback(&order.access, &namespace, "velero", 1).await.unwrap();
    assert_eq!((third.revision, &third.values), (3, &first.values));
    assert_eq!(kube.get(Kind::Schedule, &namespace, "velero-lifeboat").await.unwrap(), None);

    helm.uninstall(&order.access, &namespace, "velero").await.unwrap();
    assert_eq!(helm.release(&order.access, &namespace, "velero").await.unwrap(), None);
    assert_eq!(kube.get(Kind::Deployment, &namespace, "velero").await.unwrap(), None);
    assert!(kube.serves(Kind::BackupStorageLocation).await.unwrap(), "the types stay");
    assert!(kube.get(Kind::Namespace, "", &namespace).await.unwrap().is_some(), "the namespace stays");
    kube.delete(Kind::Namespace, "", &namespace, "").await.unwrap();
}

pub async fn the_chart_adopts_a_service_account_with_helms_marks(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "adopted",
        "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {
        "meta.helm.sh/release-name": "velero", "meta.helm.sh/release-namespace": namespace}}});
    let made = kube.create(Kind::ServiceAccount, &account).await.unwrap();
    let order = at.upgrade(&namespace, &values("adopted")).await;
    at.world.helm.upgrade(&order).await.unwrap();
    let now = kube.get(Kind::ServiceAccount, &namespace, "adopted").await.unwrap().unwrap();
    assert_eq!(now["metadata"]["uid"], made["metadata"]["uid"]);
    at.world.helm.uninstall(&order.access, &namespace, "velero").await.unwrap();
    kube.delete(Kind::Namespace, "", &namespace, "").await.unwrap();
}

pub async fn a_service_account_without_helms_marks_is_taken(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let account = json!({"metadata": {"name": "foreign", "namespace": namespace}});
    kube.create(Kind::ServiceAccount, &account).await.unwrap();
    let trouble = at.world.helm.upgrade(&at.upgrade(&namespace, &values("foreign")).await).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Taken);
    assert!(trouble.to_string().contains("invalid ownership metadata"), "{trouble}");
    assert_eq!(kube.get(Kind::Deployment, &namespace, "velero").await.unwrap(), None);
    kube.delete(Kind::Namespace, "", &namespace, "").await.unwrap();
}

/// Needs a chart whose schema is closed, as the demo's and the test-bed's are; the published one ignores them.
pub async fn unknown_values_are_invalid(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let mut given = values("velero-server");
    given["backupStorageLocations"] = json!([]);
    let trouble = at.world.helm.upgrade(&at.upgrade(&namespace, &given).await).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Invalid);
    assert!(trouble.to_string().contains("backupStorageLocations"), "{trouble}");
    kube.delete(Kind::Namespace, "", &namespace, "").await.unwrap();
}

pub async fn f23_untouched_locations_are_invalid(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let mut given = values("velero-server");
    given["configuration"] = json!({});
    let trouble = at.world.helm.upgrade(&at.upgrade(&namespace, &given).await).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Invalid);
    assert!(trouble.to_string().contains("spec.provider: Required value"), "{trouble}");
    at.world.helm.uninstall(&at.access().await, &namespace, "velero").await.unwrap();
    kube.delete(Kind::Namespace, "", &namespace, "").await.unwrap();
}

pub async fn a_namespace_that_is_not_there_is_not_found(at: &Fixture) {
    let order = at.upgrade("no-such-namespace", &values("velero-server")).await;
    assert_eq!(kind(at.world.helm.upgrade(&order).await), TroubleKind::NotFound);
}

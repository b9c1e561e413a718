//! The Space's chart: the values of the real one by name (upbound.md 1), and what its controller needs.

use super::failed;
use super::release::Order;
use crate::ports::{Answer, Kind, Object, TroubleKind};
use serde_json::{Value, json};

/// The values' top-level keys (chart reference of 1.17.1). `backup` is none of them, whatever guides say.
const KEYS: [&str; 26] = [
    "account",
    "api",
    "apollo",
    "authentication",
    "authorization",
    "billing",
    "certificates",
    "connect",
    "controlPlanes",
    "controller",
    "development",
    "externalTLS",
    "features",
    "fullnameOverride",
    "gatewayAPI",
    "global",
    "imagePullSecrets",
    "ingress",
    "metering",
    "nameOverride",
    "observability",
    "registry",
    "router",
    "securityContext",
    "space",
    "version",
];

/// The one pull Secret that is supported.
const PULL_SECRET: &str = "upbound-pull-secret";

/// The objects of a release, in the order in which Helm makes them.
pub(super) fn render(order: &Order) -> Answer<Vec<(String, Object)>> {
    let invalid = |text: &str| Err(failed(TroubleKind::Invalid, &order.release, text));
    for key in order.values.as_object().into_iter().flat_map(|values| values.keys()) {
        if !KEYS.contains(&key.as_str()) {
            return invalid(&format!(
                "values don't meet the specifications of the schema: at '': additional properties '{key}' not allowed"
            ));
        }
    }
    let billing = &order.values["billing"];
    if billing["enabled"] == true && billing["storage"]["provider"].as_str().is_none_or(str::is_empty) {
        return invalid("execution error: billing.storage.provider is required if billing.enabled=true");
    }
    let mut out = crds();
    out.extend(account(order));
    out.push(deployment(order));
    Ok(out)
}

/// The types that backups need.
fn crds() -> Vec<(String, Object)> {
    let kinds = [Kind::ControlPlane, Kind::SharedBackupConfig, Kind::SharedBackupSchedule, Kind::SpacesBackup];
    let one = |kind: Kind| {
        let (group, version, name, plural, _) = kind.address();
        let crd = json!({"metadata": {"name": kind.resource()}, "spec": {"group": group, "scope": "Namespaced",
            "names": {"kind": name, "plural": plural},
            "versions": [{"name": version, "served": true, "storage": true}]},
            "status": {"conditions": [{"type": "Established", "status": "True"}]}});
        (Kind::CustomResourceDefinition.name().to_owned(), crd)
    };
    kinds.into_iter().map(one).collect()
}

fn metadata(order: &Order, name: &str) -> Value {
    json!({"name": name, "namespace": order.namespace,
        "labels": {"app": "spaces-controller", "app.kubernetes.io/instance": order.release,
            "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": format!("spaces-{}", order.version)},
        "annotations": {"meta.helm.sh/release-name": order.release, "meta.helm.sh/release-namespace": order.namespace}})
}

/// `<release>-controller`, unless it is named (upbound.md 7, row 18).
fn account_name(order: &Order) -> String {
    let named = order.values["controller"]["serviceAccount"]["name"].as_str().filter(|name| !name.is_empty());
    named.map_or_else(|| format!("{}-controller", order.release), ToOwned::to_owned)
}

fn account(order: &Order) -> Option<(String, Object)> {
    let given = &order.values["controller"]["serviceAccount"];
    if given["create"] == false {
        return None;
    }
    let mut metadata = metadata(order, &account_name(order));
    if given["annotations"].is_object() {
        crate::demo::kube::overlay(&mut metadata["annotations"], &given["annotations"]);
    }
    Some((Kind::ServiceAccount.name().to_owned(), json!({"metadata": metadata})))
}

fn deployment(order: &Order) -> (String, Object) {
    let labels = json!({"app": "spaces-controller"});
    let registry = order.values["registry"].as_str().unwrap_or("xpkg.upbound.io/spaces-artifacts");
    let secrets = match &order.values["imagePullSecrets"] {
        Value::Null => json!([{"name": PULL_SECRET}]),
        given => given.clone(),
    };
    let object = json!({"metadata": metadata(order, &format!("{}-controller", order.release)), "spec": {
        "replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
            "serviceAccountName": account_name(order), "imagePullSecrets": secrets, "containers": [
                {"name": "spaces", "image": format!("{registry}/hyperspace:v{}", order.version)}]}}}});
    (Kind::Deployment.name().to_owned(), object)
}

//! Rancher Backup's two charts, as their published versions do it (rancher.md 1 and 2).

use super::failed;
use super::release::Order;
use crate::demo::state::Cluster;
use crate::domain::{RancherLine, kubernetes_minor, operator_version};
use crate::ports::{Answer, Kind, Object, TroubleKind};
use serde_json::{Value, json};

/// The chart of the types.
pub(super) const CRDS: &str = "rancher-backup-crd";
/// The chart of the operator, and the name of almost all that it makes.
pub(super) const OPERATOR: &str = "rancher-backup";
/// The newest version, which helm takes when nobody names one.
pub(super) const NEWEST: &str = "110.0.0+up11.0.0";

/// The values' top-level keys; a misspelt one is refused, where the real chart would ignore it.
const KEYS: [&str; 19] = [
    "affinity",
    "debug",
    "global",
    "image",
    "imagePullPolicy",
    "imagePullSecrets",
    "monitoring",
    "noProxy",
    "nodeSelector",
    "optionalResources",
    "persistence",
    "priorityClassName",
    "proxy",
    "resources",
    "s3",
    "securityContext",
    "serviceAccount",
    "tolerations",
    "trace",
];
/// The keys of `s3`.
const S3_KEYS: [&str; 10] = [
    "bucketName",
    "clientConfig",
    "credentialSecretName",
    "credentialSecretNamespace",
    "enabled",
    "endpoint",
    "endpointCA",
    "folder",
    "insecureTLSSkipVerify",
    "region",
];
const NO_PROXY: &str = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,.svc,.cluster.local";

type Rendered = (String, Object);

/// `v10.0.8` out of `109.0.7+up10.0.8`.
pub(super) fn app_version(version: &str) -> String {
    format!("v{}", operator_version(version))
}

/// What helm looks at before it renders: the cluster's version (F26), and the chart's own check (F25).
pub(super) fn check(cluster: &Cluster, order: &Order) -> Answer<()> {
    if order.chart != OPERATOR && order.chart != CRDS {
        return Ok(());
    }
    let refuse = |text: &str| Err(failed(TroubleKind::Invalid, &order.release, text));
    let least = RancherLine::of_chart(&order.version).map_or(0, |line| line.kubernetes[0]);
    if order.chart == OPERATOR && kubernetes_minor(&cluster.version).is_some_and(|minor| minor < least) {
        let (least, is) = (format!(">= 1.{least}.0-0"), format!("v{}.4-eks-1a2b3c4", cluster.version));
        return refuse(&format!("chart requires kubeVersion: {least} which is incompatible with Kubernetes {is}"));
    }
    if order.chart == OPERATOR && !cluster.store.serves(Kind::RancherBackup) {
        return refuse(
            "execution error at (rancher-backup/templates/validate-install-crd.yaml): Required CRDs are missing. Please \
             install the corresponding CRD chart before installing this chart.",
        );
    }
    Ok(())
}

/// The types; they are templates of their chart, so that they go with it.
pub(super) fn crds(order: &Order) -> Vec<Rendered> {
    let all = [("Backup", "backups"), ("Restore", "restores"), ("ResourceSet", "resourcesets")];
    let one = |(kind, plural): (&str, &str)| {
        let mut metadata = metadata(order, &format!("{plural}.resources.cattle.io"));
        metadata.as_object_mut().map(|fields| fields.remove("namespace"));
        let crd = json!({"metadata": metadata, "spec": {"group": "resources.cattle.io", "scope": "Cluster",
                "names": {"kind": kind, "plural": plural},
                "versions": [{"name": "v1", "served": true, "storage": true}]},
            "status": {"conditions": [{"type": "Established", "status": "True"}]}});
        (Kind::CustomResourceDefinition.name().to_owned(), crd)
    };
    all.into_iter().map(one).collect()
}

/// The operator's objects.
pub(super) fn operator(order: &Order) -> Answer<Vec<Rendered>> {
    let invalid = |text: &str| failed(TroubleKind::Invalid, &order.release, text);
    let unknown = |path: &str, key: &str| {
        invalid(&format!(
            "values don't meet the specifications of the schema: at '{path}': additional properties '{key}' not allowed"
        ))
    };
    let keys = |map: &Value| map.as_object().into_iter().flat_map(|map| map.keys()).cloned().collect::<Vec<_>>();
    let annotated = RancherLine::of_chart(&order.version).is_some_and(|line| line.annotates(&order.version));
    for key in keys(&order.values) {
        if !KEYS.contains(&key.as_str()) && (key != "extraAnnotations" || !annotated) {
            return Err(unknown("", &key));
        }
    }
    for key in keys(&order.values["s3"]) {
        if !S3_KEYS.contains(&key.as_str()) {
            return Err(unknown("/s3", &key));
        }
    }
    let secret = secret(order).map_err(|text| invalid(&text))?;
    let mut out = vec![account(order), deployment(order, secret.as_ref())];
    out.extend(secret.map(|secret| (Kind::Secret.name().to_owned(), secret)));
    out.extend(sets(order));
    Ok(out)
}

/// Metadata with Helm's ownership.
fn metadata(order: &Order, name: &str) -> Value {
    json!({"name": name, "namespace": order.namespace, "labels": {
            "app.kubernetes.io/name": OPERATOR, "app.kubernetes.io/instance": order.release,
            "app.kubernetes.io/managed-by": "Helm", "resources.cattle.io/operator": "backup-restore",
            "helm.sh/chart": format!("{}-{}", order.chart, order.version.replace('+', "_"))},
        "annotations": {"meta.helm.sh/release-name": order.release,
            "meta.helm.sh/release-namespace": order.namespace}})
}

fn account(order: &Order) -> Rendered {
    let mut metadata = metadata(order, OPERATOR);
    let given = &order.values["serviceAccount"]["annotations"];
    if given.is_object() {
        crate::demo::kube::overlay(&mut metadata["annotations"], given);
    }
    (Kind::ServiceAccount.name().to_owned(), json!({"metadata": metadata}))
}

/// The default location, when it is wanted; the chart's own words when it cannot be.
fn secret(order: &Order) -> Result<Option<Object>, String> {
    let s3 = &order.values["s3"];
    if s3["enabled"] != true {
        return Ok(None);
    }
    if order.values["persistence"]["enabled"] == true {
        return Err("Cannot configure both s3 and PV for storing backups".to_owned());
    }
    let text = |key: &str| s3[key].as_str().filter(|text| !text.is_empty());
    let mut data = json!({});
    for key in ["bucketName", "endpoint"] {
        let missing = || {
            format!(
                "A valid .Values.{key} is required for configuring S3 compatible storage as the default backup storage location"
            )
        };
        text(key).ok_or_else(missing)?;
    }
    if text("credentialSecretName").is_some() && text("credentialSecretNamespace").is_none() {
        return Err(
            "When providing a Secret containing S3 credentials, a valid .Values.credentialSecretNamespace must be \
                    provided"
                .to_owned(),
        );
    }
    let keys = [
        "credentialSecretName",
        "credentialSecretNamespace",
        "region",
        "bucketName",
        "folder",
        "endpoint",
        "endpointCA",
    ];
    for key in keys {
        if let Some(text) = text(key) {
            data[key] = json!(text);
        }
    }
    if s3["clientConfig"].is_object() {
        data["clientConfig"] = json!(s3["clientConfig"].to_string());
    }
    Ok(Some(json!({"metadata": metadata(order, "rancher-backup-s3"), "type": "Opaque", "stringData": data})))
}

fn deployment(order: &Order, secret: Option<&Object>) -> Rendered {
    let values = &order.values;
    let text = |path: &str| values.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut env = vec![
        json!({"name": "CHART_NAMESPACE", "value": order.namespace}),
        json!({"name": "ENCRYPTION_PROVIDER_LOCATION", "value": "/encryption"}),
    ];
    if secret.is_some() {
        env.push(json!({"name": "DEFAULT_S3_BACKUP_STORAGE_LOCATION", "value": "rancher-backup-s3"}));
    }
    if let Some(proxy) = text("/proxy") {
        env.push(json!({"name": "HTTP_PROXY", "value": proxy}));
        env.push(json!({"name": "HTTPS_PROXY", "value": proxy}));
        env.push(json!({"name": "NO_PROXY", "value": text("/noProxy").unwrap_or(NO_PROXY)}));
    }
    let registry = text("/global/cattle/systemDefaultRegistry").map(|host| format!("{host}/")).unwrap_or_default();
    let repository = text("/image/repository").unwrap_or("rancher/backup-restore-operator");
    let tag = text("/image/tag").map_or_else(|| app_version(&order.version), str::to_owned);
    let selector = json!({"app.kubernetes.io/name": OPERATOR, "app.kubernetes.io/instance": order.release});
    let mut labels = selector.clone();
    labels["resources.cattle.io/operator"] = json!("backup-restore");
    // Nothing for the service account: a change of its annotations restarts nobody (rancher.md 2).
    let data = secret.map(|secret| secret["stringData"].to_string()).unwrap_or_default();
    let mut annotations = json!({"checksum/s3": crate::demo::digest(&data)});
    if values["extraAnnotations"].is_object() {
        crate::demo::kube::overlay(&mut annotations, &values["extraAnnotations"]);
    }
    let spec = json!({"serviceAccountName": OPERATOR, "containers": [{"name": OPERATOR,
        "image": format!("{registry}{repository}:{tag}"), "imagePullPolicy": "Always", "env": env}]});
    let template = json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": spec});
    let spec = json!({"replicas": 1, "selector": {"matchLabels": selector}, "template": template});
    (Kind::Deployment.name().to_owned(), json!({"metadata": metadata(order, OPERATOR), "spec": spec}))
}

/// The two sets: `full` is `basic` and the Secrets.
fn sets(order: &Order) -> [Rendered; 2] {
    let basic = [
        json!({"apiVersion": "v1", "kindsRegexp": "^namespaces$", "resourceNameRegexp": "^cattle-|^p-|^c-|^user-|^u-"}),
        json!({"apiVersion": "v1", "kindsRegexp": "^serviceaccounts$|^configmaps$", "namespaceRegexp": "^cattle-"}),
        json!({"apiVersion": "apps/v1", "kindsRegexp": "^deployments$", "namespaces": ["cattle-system"],
            "resourceNames": ["rancher"]}),
    ];
    let secrets = json!({"apiVersion": "v1", "kindsRegexp": "^secrets$", "namespaceRegexp": "^cattle-"});
    let full: Vec<Value> = basic.iter().cloned().chain([secrets]).collect();
    [("rancher-resource-set-basic", basic.to_vec()), ("rancher-resource-set-full", full)].map(|(name, selectors)| {
        let mut metadata = metadata(order, name);
        metadata.as_object_mut().map(|fields| fields.remove("namespace"));
        let rancher = json!({"apiVersion": "apps/v1", "resource": "deployments", "name": "rancher",
            "namespace": "cattle-system"});
        let set = json!({"metadata": metadata, "resourceSelectors": selectors, "controllerReferences": [rancher]});
        (Kind::ResourceSet.name().to_owned(), set)
    })
}

//! The objects of Velero's chart.

use super::release::Order;
use crate::ports::{Kind, Object};
use serde_json::{Value, json};

/// What the templates see.
pub(super) struct Chart<'a> {
    pub order: &'a Order,
    pub fullname: String,
}

type Rendered = (String, Object);

/// The thirteen types, made by the chart's hook.
pub(in crate::demo) fn crds() -> Vec<Rendered> {
    let v1 = [
        ("Backup", "backups"),
        ("Restore", "restores"),
        ("Schedule", "schedules"),
        ("DownloadRequest", "downloadrequests"),
        ("DeleteBackupRequest", "deletebackuprequests"),
        ("PodVolumeBackup", "podvolumebackups"),
        ("PodVolumeRestore", "podvolumerestores"),
        ("BackupRepository", "backuprepositories"),
        ("BackupStorageLocation", "backupstoragelocations"),
        ("VolumeSnapshotLocation", "volumesnapshotlocations"),
        ("ServerStatusRequest", "serverstatusrequests"),
    ];
    let alpha = [("DataUpload", "datauploads"), ("DataDownload", "datadownloads")];
    let one = |(kind, plural): &(&str, &str), version: &str| {
        let crd = json!({"metadata": {"name": format!("{plural}.velero.io"), "labels": {"component": "velero"}},
            "spec": {"group": "velero.io", "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
                "versions": [{"name": version, "served": true, "storage": true}]},
            "status": {"conditions": [{"type": "Established", "status": "True"}]}});
        (Kind::CustomResourceDefinition.name().to_owned(), crd)
    };
    v1.iter().map(|pair| one(pair, "v1")).chain(alpha.iter().map(|pair| one(pair, "v2alpha1"))).collect()
}

impl Chart<'_> {
    fn value(&self, path: &str) -> &Value {
        self.order.values.pointer(path).unwrap_or(&Value::Null)
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.value(path).as_str().filter(|text| !text.is_empty())
    }

    fn on(&self, path: &str, default: bool) -> bool {
        self.value(path).as_bool().unwrap_or(default)
    }

    /// The chart's labels.
    fn labels(&self) -> Value {
        json!({"app.kubernetes.io/name": "velero", "app.kubernetes.io/instance": self.order.release,
            "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": format!("velero-{}", self.order.version)})
    }

    /// Metadata with Helm's ownership.
    fn metadata(&self, name: &str) -> Value {
        json!({"name": name, "namespace": self.order.namespace, "labels": self.labels(), "annotations": {
            "meta.helm.sh/release-name": self.order.release,
            "meta.helm.sh/release-namespace": self.order.namespace}})
    }

    /// The helper `velero.serverServiceAccount`.
    fn account_name(&self) -> String {
        match self.text("/serviceAccount/server/name") {
            Some(name) => name.to_owned(),
            None if self.on("/serviceAccount/server/create", true) => format!("{}-server", self.fullname),
            None => "default".to_owned(),
        }
    }

    pub fn account(&self) -> Option<Rendered> {
        if !self.on("/serviceAccount/server/create", true) {
            return None;
        }
        let mut metadata = self.metadata(&self.account_name());
        for field in ["annotations", "labels"] {
            crate::demo::kube::overlay(
                &mut metadata[field],
                &or_empty(self.value(&format!("/serviceAccount/server/{field}"))),
            );
        }
        Some((Kind::ServiceAccount.name().to_owned(), json!({"metadata": metadata})))
    }

    fn secret_name(&self) -> String {
        self.text("/credentials/existingSecret").or(self.text("/credentials/name")).unwrap_or(&self.fullname).to_owned()
    }

    /// The key Secret, when it is used and not there already.
    pub fn secret(&self) -> Option<Rendered> {
        if !self.on("/credentials/useSecret", true) || self.text("/credentials/existingSecret").is_some() {
            return None;
        }
        let data = or_empty(self.value("/credentials/secretContents"));
        let secret = json!({"metadata": self.metadata(&self.secret_name()), "type": "Opaque", "stringData": data});
        Some((Kind::Secret.name().to_owned(), secret))
    }

    /// The template that the Deployment and the `DaemonSet` share most of.
    fn template(&self, name: &str, args: &Value, image: &str) -> Value {
        let mut labels = self.labels();
        labels["name"] = json!(name);
        crate::demo::kube::overlay(&mut labels, &or_empty(self.value("/podLabels")));
        let mut annotations = or_empty(self.value("/podAnnotations"));
        if self.on("/metrics/enabled", true) {
            annotations["prometheus.io/scrape"] = json!("true");
            annotations["prometheus.io/port"] = json!("8085");
        }
        let mut env = vec![
            json!({"name": "VELERO_SCRATCH_DIR", "value": "/scratch"}),
            json!({"name": "VELERO_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}),
            json!({"name": "LD_LIBRARY_PATH", "value": "/plugins"}),
        ];
        let mut volumes = vec![json!({"name": "plugins", "emptyDir": {}}), json!({"name": "scratch", "emptyDir": {}})];
        if self.on("/credentials/useSecret", true) {
            env.push(json!({"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/credentials/cloud"}));
            volumes.push(json!({"name": "cloud-credentials", "secret": {"secretName": self.secret_name()}}));
        }
        env.extend(self.value("/configuration/extraEnvVars").as_array().cloned().unwrap_or_default());
        for key in self.value("/credentials/extraEnvVars").as_object().into_iter().flat_map(|map| map.keys()) {
            env.push(json!({"name": key, "valueFrom": {"secretKeyRef": {"name": self.secret_name(), "key": key}}}));
        }
        json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": {
            "serviceAccountName": self.account_name(), "restartPolicy": "Always", "volumes": volumes,
            "containers": [{"name": name, "image": image, "imagePullPolicy": "IfNotPresent",
                "command": ["/velero"], "args": args, "env": env,
                "volumeMounts": [{"name": "plugins", "mountPath": "/plugins"}, {"name": "scratch", "mountPath": "/scratch"}]}]}})
    }

    fn image(&self) -> String {
        let repository = self.text("/image/repository").unwrap_or("docker.io/velero/velero");
        format!("{repository}:{}", self.text("/image/tag").unwrap_or("v1.18.3"))
    }

    /// The Deployment, always named `velero` since 11.0.0.
    pub fn deployment(&self) -> Rendered {
        let mut args = vec!["server".to_owned()];
        for (key, flag) in [
            ("features", "features"),
            ("uploaderType", "uploader-type"),
            ("defaultBackupStorageLocation", "default-backup-storage-location"),
        ] {
            if let Some(value) = self.text(&format!("/configuration/{key}")) {
                args.push(format!("--{flag}={value}"));
            }
        }
        for (key, flag) in [
            ("defaultVolumesToFsBackup", "default-volumes-to-fs-backup"),
            ("defaultSnapshotMoveData", "default-snapshot-move-data"),
        ] {
            if self.on(&format!("/configuration/{key}"), false) {
                args.push(format!("--{flag}"));
            }
        }
        let mut template = self.template("velero", &json!(args), &self.image());
        template["spec"]["initContainers"] = match self.value("/initContainers") {
            Value::String(text) => serde_yaml::from_str(text).unwrap_or_default(),
            other => other.clone(),
        };
        if template["spec"]["initContainers"].is_null() {
            template["spec"]["initContainers"] = json!([]);
        }
        let name = if super::chart::major(&self.order.version) >= 11 { "velero" } else { self.fullname.as_str() };
        let mut metadata = self.metadata(name);
        metadata["labels"]["component"] = json!("velero");
        let selector = json!({"app.kubernetes.io/instance": self.order.release, "app.kubernetes.io/name": "velero", "name": "velero"});
        let spec = json!({"replicas": 1, "selector": {"matchLabels": selector}, "strategy": {"type": "RollingUpdate"},
            "template": template});
        (Kind::Deployment.name().to_owned(), json!({"metadata": metadata, "spec": spec}))
    }

    /// The `DaemonSet`, always named `node-agent`.
    pub fn node_agent(&self) -> Option<Rendered> {
        if !self.on("/deployNodeAgent", false) {
            return None;
        }
        let template = self.template("node-agent", &json!(["node-agent", "server"]), &self.image());
        let selector = json!({"name": "node-agent"});
        let spec = json!({"selector": {"matchLabels": selector}, "template": template});
        Some((Kind::DaemonSet.name().to_owned(), json!({"metadata": self.metadata("node-agent"), "spec": spec})))
    }

    /// Storage and snapshot locations.
    pub fn locations(&self) -> Vec<Rendered> {
        let list = |path: &str| {
            match self.value(path) {
                Value::Array(given) => given.clone(),
                // One map, with the provider of all, before 4.0.0.
                Value::Object(one) if super::chart::major(&self.order.version) < 4 => {
                    let mut one = Value::Object(one.clone());
                    one["provider"] = self.value("/configuration/provider").clone();
                    vec![one]
                }
                _ => vec![json!({})],
            }
        };
        let mut out = Vec::new();
        if self.on("/backupsEnabled", true) {
            for one in list("/configuration/backupStorageLocation") {
                out.push((Kind::BackupStorageLocation.name().to_owned(), self.location(&one)));
            }
        }
        if self.on("/snapshotsEnabled", true) {
            for one in list("/configuration/volumeSnapshotLocation") {
                let name = one["name"].as_str().unwrap_or("default");
                let mut spec = json!({"provider": one["provider"].as_str().unwrap_or_default()});
                if one["config"].is_object() {
                    spec["config"] = quoted(&one["config"]);
                }
                let object = json!({"metadata": self.metadata(name), "spec": spec});
                out.push((Kind::VolumeSnapshotLocation.name().to_owned(), object));
            }
        }
        out
    }

    fn location(&self, one: &Value) -> Object {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        let name = if text("name").is_empty() { "default" } else { text("name") };
        let mut spec = json!({"provider": text("provider"), "objectStorage": {"bucket": text("bucket")}});
        if !text("prefix").is_empty() {
            spec["objectStorage"]["prefix"] = json!(text("prefix"));
        }
        for key in ["default", "accessMode", "validationFrequency", "backupSyncPeriod", "credential"] {
            if !one[key].is_null() {
                spec[key] = one[key].clone();
            }
        }
        if one["config"].is_object() {
            spec["config"] = quoted(&one["config"]);
        }
        let mut metadata = self.metadata(name);
        crate::demo::kube::overlay(&mut metadata["annotations"], &or_empty(&one["annotations"]));
        json!({"metadata": metadata, "spec": spec})
    }

    /// Schedules, named `<fullname>-<key>`.
    pub fn schedules(&self) -> Vec<Rendered> {
        let all = self.value("/schedules").as_object();
        let enabled = all.into_iter().flatten().filter(|(_, one)| one["disabled"] != true);
        enabled
            .map(|(key, one)| {
                let mut metadata = self.metadata(&format!("{}-{key}", self.fullname));
                for field in ["annotations", "labels"] {
                    crate::demo::kube::overlay(&mut metadata[field], &or_empty(&one[field]));
                }
                let mut spec = json!({"schedule": one["schedule"]});
                for field in ["template", "paused", "skipImmediately", "useOwnerReferencesInBackup"] {
                    if !one[field].is_null() {
                        spec[field] = one[field].clone();
                    }
                }
                (Kind::Schedule.name().to_owned(), json!({"metadata": metadata, "spec": spec}))
            })
            .collect()
    }
}

/// A map, or an empty one.
fn or_empty(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { json!({}) }
}

/// The template quotes every value of a location's config.
fn quoted(config: &Value) -> Value {
    let mut config = config.clone();
    for value in config.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        if !value.is_string() {
            *value = json!(value.to_string());
        }
    }
    config
}

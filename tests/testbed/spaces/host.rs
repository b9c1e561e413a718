//! The host's controller: a namespace, a service account and a controller for each control plane; Backups of the
//! schedules.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::core::DynamicObject;
use lifeboat::domain::Schedule;
use serde_json::{Value, json};

use super::super::stand_in::{StandIn, condition, objects};
use super::{GROUP, NAME, NAMESPACE, hold, merge, name};

const LOOK: Duration = Duration::from_millis(200);
const FINALIZER: &str = "internal.spaces.upbound.io/host-namespace";
const PULL: &str = "upbound-pull-secret";

struct Host {
    pod: StandIn,
    /// The control planes, by UID, whose objects this process has applied.
    applied: HashSet<String>,
    /// The next time of each schedule, by UID, seconds since 1970.
    next: HashMap<String, i64>,
}

/// Runs until it crashes: its last words.
pub async fn run(pod: StandIn) -> String {
    pod.log.line("msg=\"starting spaces-controller\"");
    let mut host = Host { pod, applied: HashSet::new(), next: HashMap::new() };
    loop {
        if let Err(problem) = host.look().await {
            host.pod.log.line(&format!("level=error msg=\"{problem}\""));
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Host {
    async fn look(&mut self) -> Result<(), kube::Error> {
        let planes = objects(&self.pod.kube, GROUP, "v1beta1", "ControlPlane", "");
        let planes = planes.list(&ListParams::default()).await?.items;
        for plane in &planes {
            self.provide(plane).await?;
        }
        let backups = objects(&self.pod.kube, GROUP, "v1beta1", "Backup", "");
        for backup in backups.list(&ListParams::default()).await? {
            self.orphan(&backup, &planes).await;
        }
        let schedules = objects(&self.pod.kube, GROUP, "v1beta1", "SharedBackupSchedule", "");
        for schedule in schedules.list(&ListParams::default()).await? {
            self.scheduled(&schedule, &planes).await?;
        }
        Ok(())
    }

    /// The control plane's host namespace.
    fn namespace(&self, plane: &DynamicObject) -> Option<String> {
        let chosen = plane.data["spec"]["hostNamespace"]["name"].as_str();
        let chosen = chosen.filter(|_| self.pod.argument("--host-namespaces") == Some("true"));
        let made = plane.data["status"]["controlPlaneID"].as_str().map(|id| format!("mxp-{id}-system"));
        chosen.map(str::to_owned).or(made)
    }

    async fn provide(&mut self, plane: &DynamicObject) -> Result<(), kube::Error> {
        if plane.metadata.deletion_timestamp.is_some() {
            return self.remove(plane).await;
        }
        if plane.data["status"]["controlPlaneID"].is_null() {
            merge(&self.pod.kube, "ControlPlane", plane, json!({"status": {"controlPlaneID": uuid()}})).await;
            return Ok(());
        }
        let Some(namespace) = self.namespace(plane) else { return Ok(()) };
        let uid = plane.metadata.uid.clone().unwrap_or_default();
        if !self.applied.contains(&uid) {
            hold(&self.pod.kube, "ControlPlane", plane, FINALIZER, true).await;
            self.apply(plane, &namespace).await?;
            self.applied.insert(uid);
        }
        let deployments = objects(&self.pod.kube, "apps", "v1", "Deployment", &namespace);
        let found = deployments.get_opt("mxp-controller").await?;
        let ready = found.is_some_and(|it| it.data["status"]["availableReplicas"].as_i64() > Some(0));
        let now = plane.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
        if ready && !now.iter().any(|it| it["type"] == "Ready" && it["status"] == "True") {
            let conditions = [
                condition("ControlPlaneProvisioned", "True", "Provisioned", ""),
                condition("Healthy", "True", "HealthyControlPlane", ""),
                condition("Ready", "True", "Available", ""),
            ];
            merge(&self.pod.kube, "ControlPlane", plane, json!({"status": {"conditions": conditions}})).await;
        }
        Ok(())
    }

    /// Annotations follow the release's values; pods that run are left as they are.
    async fn apply(&self, plane: &DynamicObject, namespace: &str) -> Result<(), kube::Error> {
        let group = plane.metadata.namespace.as_deref().unwrap_or_default();
        let argument = |name: &str| -> Value {
            self.pod.argument(name).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({}))
        };
        let mut labels = argument("--mxp-labels");
        labels["app"] = json!("mxp-controller");
        let secrets = objects(&self.pod.kube, "", "v1", "Secret", &self.pod.namespace);
        if let Some(pull) = secrets.get_opt(PULL).await? {
            let copy = json!({"metadata": {"name": PULL}, "type": pull.data["type"], "data": pull.data["data"]});
            let space = json!({"metadata": {"name": namespace}});
            self.put("", "v1", "Namespace", "", space).await?;
            self.put("", "v1", "Secret", namespace, copy).await?;
        }
        let marks = json!({NAME: name(plane), NAMESPACE: group});
        self.put("", "v1", "Namespace", "", json!({"metadata": {"name": namespace, "labels": marks}})).await?;
        let annotations = argument("--mxp-annotations");
        let account = json!({"metadata": {"name": "mxp-controller", "annotations": annotations}});
        self.put("", "v1", "ServiceAccount", namespace, account).await?;
        let container = json!({
            "name": "mxp-controller", "image": self.pod.argument("--mxp-image"),
            "args": [format!("--control-plane={}", name(plane)), format!("--group={group}")],
        });
        let deployment = json!({"metadata": {"name": "mxp-controller", "labels": {"app": "mxp-controller"}}, "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "mxp-controller"}},
            "template": {"metadata": {"labels": labels}, "spec": {
                "serviceAccountName": "mxp-controller", "imagePullSecrets": [{"name": PULL}], "containers": [container],
            }},
        }});
        self.put("apps", "v1", "Deployment", namespace, deployment).await
    }

    async fn put(
        &self,
        group: &str,
        version: &str,
        kind: &str,
        namespace: &str,
        object: Value,
    ) -> Result<(), kube::Error> {
        let mut object = object;
        object["apiVersion"] = json!(if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") });
        object["kind"] = json!(kind);
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let api = objects(&self.pod.kube, group, version, kind, namespace);
        api.patch(&name, &PatchParams::apply("spaces").force(), &Patch::Apply(&object)).await.map(drop)
    }

    async fn remove(&self, plane: &DynamicObject) -> Result<(), kube::Error> {
        let orphan = plane.data["spec"]["hostNamespace"]["deletionPolicy"] == "Orphan";
        if let (Some(namespace), false) = (self.namespace(plane), orphan) {
            let namespaces = objects(&self.pod.kube, "", "v1", "Namespace", "");
            match namespaces.delete(&namespace, &DeleteParams::default()).await {
                Err(kube::Error::Api(status)) if !matches!(status.code, 404 | 409) => {
                    return Err(kube::Error::Api(status));
                }
                _ => {}
            }
        }
        hold(&self.pod.kube, "ControlPlane", plane, FINALIZER, false).await;
        Ok(())
    }

    /// A Backup of a control plane that is not there.
    async fn orphan(&self, backup: &DynamicObject, planes: &[DynamicObject]) {
        let target = backup.data["spec"]["controlPlane"].as_str().unwrap_or_default();
        let group = &backup.metadata.namespace;
        let known = planes.iter().any(|plane| name(plane) == target && plane.metadata.namespace == *group);
        if known || backup.data["status"]["phase"] == "Failed" || backup.data["status"]["phase"] == "Completed" {
            return;
        }
        let group = group.as_deref().unwrap_or_default();
        let message = format!("target control plane '{group}/{target}' not found");
        let failed = condition("Failed", "True", "TargetControlPlaneNotFound", &message);
        let status = json!({"phase": "Failed", "conditions": [failed]});
        merge(&self.pod.kube, "Backup", backup, json!({"status": status})).await;
    }

    /// A Backup for each selected control plane when the schedule's time has come.
    async fn scheduled(&mut self, schedule: &DynamicObject, planes: &[DynamicObject]) -> Result<(), kube::Error> {
        let spec = &schedule.data["spec"];
        let group = schedule.metadata.namespace.clone().unwrap_or_default();
        let of = planes.iter().filter(|it| it.metadata.namespace == schedule.metadata.namespace);
        let selected: Vec<&str> = of.filter(|it| selects(&spec["controlPlaneSelector"], it)).map(name).collect();
        if schedule.data["status"]["selectedControlPlanes"] != json!(selected) {
            let status = json!({"status": {"selectedControlPlanes": selected}});
            merge(&self.pod.kube, "SharedBackupSchedule", schedule, status).await;
        }
        let Ok(times) = Schedule::parse(spec["schedule"].as_str().unwrap_or_default()) else { return Ok(()) };
        let now = jiff::Timestamp::now().as_second();
        let uid = schedule.metadata.uid.clone().unwrap_or_default();
        let coming = times.next(now, 1).first().copied().unwrap_or(i64::MAX);
        let at = *self.next.entry(uid.clone()).or_insert(coming);
        if now < at || spec["suspend"] == true {
            return Ok(());
        }
        self.next.insert(uid, coming);
        let backups = objects(&self.pod.kube, GROUP, "v1beta1", "Backup", &group);
        for plane in selected {
            let backup = json!({
                "apiVersion": format!("{GROUP}/v1beta1"), "kind": "Backup",
                "metadata": {"name": format!("{}-{plane}-{at}", name(schedule)), "labels": {
                    "spaces.upbound.io/backupschedule": name(schedule),
                }},
                "spec": {
                    "controlPlane": plane, "configRef": spec["configRef"], "ttl": spec["ttl"],
                    "deletionPolicy": spec["deletionPolicy"],
                },
            });
            let mut backup = backup;
            if let Some(fields) = backup["spec"].as_object_mut() {
                fields.retain(|_, value| !value.is_null());
            }
            let Ok(backup) = serde_json::from_value(backup) else { continue };
            let _ = backups.create(&PostParams::default(), &backup).await;
        }
        Ok(())
    }
}

/// Whether a selector takes the control plane: all of its names and labels must fit.
fn selects(selector: &Value, plane: &DynamicObject) -> bool {
    let listed = selector["names"].as_array().filter(|list| !list.is_empty());
    let named = listed.is_none_or(|list| list.iter().any(|it| it == name(plane)));
    let labels = plane.metadata.labels.clone().unwrap_or_default();
    let fits = |one: &Value| {
        let wanted = one["matchLabels"].as_object().cloned().unwrap_or_default();
        wanted.iter().all(|(key, value)| labels.get(key).is_some_and(|it| value == it))
    };
    let labelled = selector["labelSelectors"].as_array().filter(|list| !list.is_empty());
    named && labelled.is_none_or(|list| list.iter().any(fits))
}

/// A random UUID, version 4.
fn uuid() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

//! Volumes in backups: carried into the bucket by node-agent, or as snapshots by the CSI driver or by Velero itself.

use super::Server;
use super::errors::credentials;
use super::location::Location;
use super::{backup, identity};
use crate::demo::aws::{self, Principal};
use crate::demo::kube::identity as pod_identity;
use crate::demo::kube::pods::ready;
use crate::demo::kube::store::meta;
use crate::demo::kube::volumes::claims;
use crate::demo::state::{Account, Cluster};
use crate::ports::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The driver that the demo's CSI snapshots are of.
const DRIVER: &str = "ebs.csi.aws.com";

/// How a volume is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Method {
    PodVolumeBackup,
    DataUpload,
    Csi,
    Native,
}

/// A volume of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Covered {
    method: Method,
    namespace: String,
    claim: String,
    /// The snapshot's id, or the key of the data.
    snapshot: String,
    region: String,
}

/// What a backup's volumes came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub covered: Vec<Covered>,
    pub errors: Vec<String>,
    tried: usize,
}

impl Outcome {
    /// The counts as a Backup's status has them.
    pub fn status(&self) -> Value {
        let count = |methods: &[Method]| self.covered.iter().filter(|one| methods.contains(&one.method)).count();
        let (native, csi, moved) = (count(&[Method::Native]), count(&[Method::Csi]), count(&[Method::DataUpload]));
        let mut status = json!({});
        for (field, number) in [
            ("volumeSnapshotsAttempted", native + self.tried),
            ("volumeSnapshotsCompleted", native),
            ("csiVolumeSnapshotsAttempted", csi),
            ("csiVolumeSnapshotsCompleted", csi),
            ("backupItemOperationsAttempted", moved),
            ("backupItemOperationsCompleted", moved),
        ] {
            if number > 0 {
                status[field] = json!(number);
            }
        }
        status
    }
}

/// Covers the volumes of the pods that run in a backup's namespaces.
pub(super) fn back_up(
    cluster: &mut Cluster,
    account: &mut Account,
    server: &Server,
    backup: &Object,
    at: &Location,
) -> Outcome {
    let spec = &backup["spec"];
    let mut out = Outcome::default();
    for (pod, claim) in used(cluster, spec) {
        let Some(method) = method(cluster, server, spec, &pod, &claim) else { continue };
        let done = match method {
            Ok(Method::Native) => native(cluster, account, server, backup, &pod, &claim),
            Ok(Method::Csi) => Ok((Method::Csi, format!("snapcontent-{claim}"), cluster.region.clone())),
            Ok(method) => carry(cluster, account, server, backup, at, &pod, &claim, method),
            Err(why) => Err(why),
        };
        match done {
            Ok((method, snapshot, region)) => {
                let namespace = meta(&pod, "namespace").to_owned();
                out.covered.push(Covered { method, namespace, claim, snapshot, region });
            }
            Err(why) => {
                out.tried += usize::from(why.contains("EC2"));
                out.errors.push(why);
            }
        }
    }
    out
}

/// The pods that run in the included namespaces, with the claims that they use.
fn used(cluster: &Cluster, spec: &Value) -> Vec<(Object, String)> {
    let only: Vec<&str> =
        spec["includedNamespaces"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let included = |name: &str| only.is_empty() || only.iter().any(|one| *one == "*" || *one == name);
    let pods = cluster.store.list(Kind::Pod, "").filter(|pod| ready(pod) && included(meta(pod, "namespace")));
    let mut out: Vec<(Object, String)> = Vec::new();
    for pod in pods {
        for claim in claims(&pod["spec"]) {
            let again = |(other, there): &(Object, String)| {
                there == claim && meta(other, "namespace") == meta(pod, "namespace")
            };
            if !out.iter().any(again) {
                out.push((pod.clone(), claim.to_owned()));
            }
        }
    }
    out
}

fn volume(cluster: &Cluster, namespace: &str, claim: &str) -> Option<Object> {
    let claim = cluster.store.get(Kind::PersistentVolumeClaim, namespace, claim)?;
    cluster.store.get(Kind::PersistentVolume, "", claim["spec"]["volumeName"].as_str()?).cloned()
}

/// How a claim's volume is covered, by the backup's spec over the server's flags; `None`: not at all.
fn method(
    cluster: &Cluster,
    server: &Server,
    spec: &Value,
    pod: &Object,
    claim: &str,
) -> Option<Result<Method, String>> {
    let on = |field: &str, flag: &str| spec[field].as_bool().unwrap_or_else(|| server.flag(flag).is_some());
    if on("defaultVolumesToFsBackup", "default-volumes-to-fs-backup") {
        return Some(Ok(Method::PodVolumeBackup));
    }
    if spec["snapshotVolumes"] == false {
        return None;
    }
    let volume = volume(cluster, meta(pod, "namespace"), claim)?;
    let by_csi = volume["spec"]["csi"]["driver"] == DRIVER && server.flag("features") == Some("EnableCSI");
    if !by_csi {
        let has = cluster.store.list(Kind::VolumeSnapshotLocation, &server.namespace).next().is_some();
        return has.then_some(Ok(Method::Native));
    }
    let labelled = |class: &Object| {
        class["driver"] == DRIVER && class["metadata"]["labels"]["velero.io/csi-volumesnapshot-class"] == "true"
    };
    if !cluster.store.list(Kind::VolumeSnapshotClass, "").any(labelled) {
        let text =
            format!("error getting VolumeSnapshotClass: failed to get VolumeSnapshotClass for provisioner {DRIVER}");
        return Some(Err(text));
    }
    let moves = on("snapshotMoveData", "default-snapshot-move-data");
    Some(Ok(if moves { Method::DataUpload } else { Method::Csi }))
}

type Done = Result<(Method, String, String), String>;

/// A snapshot by Velero itself, in its snapshot location's region.
fn native(
    cluster: &Cluster,
    account: &mut Account,
    server: &Server,
    backup: &Object,
    pod: &Object,
    claim: &str,
) -> Done {
    let place = cluster.store.list(Kind::VolumeSnapshotLocation, &server.namespace).next();
    let region = place.and_then(|place| place["spec"]["config"]["region"].as_str()).unwrap_or_default().to_owned();
    if region.is_empty() {
        return Err("missing region in aws configuration".to_owned());
    }
    let volume = volume(cluster, meta(pod, "namespace"), claim).unwrap_or_default();
    let handle = volume["spec"]["csi"]["volumeHandle"].as_str().unwrap_or_default();
    if region != cluster.region {
        return Err(format!("api error InvalidVolume.NotFound: The volume '{handle}' does not exist."));
    }
    let who = identity::of(cluster, account, server).map_err(|why| credentials("CreateSnapshot", &why))?;
    let id = aws::snapshot_as(account, &who, &region, handle, meta(backup, "name"))?;
    Ok((Method::Native, id, region))
}

/// The node-agent on a pod's node, as the principal that it is.
fn agent(cluster: &Cluster, account: &mut Account, server: &Server, node: &str) -> Result<Principal, String> {
    let found = cluster.store.list(Kind::Pod, &server.namespace).find(|pod| {
        ready(pod) && pod["spec"]["nodeName"] == node && pod["metadata"]["ownerReferences"][0]["name"] == "node-agent"
    });
    let Some(agent) = found.cloned() else {
        return Err(format!("daemonset pod not found in running state in node {node}"));
    };
    if server.env("AWS_SHARED_CREDENTIALS_FILE").is_some() {
        return identity::of(cluster, account, server).map_err(|why| credentials("PutObject", &why));
    }
    pod_identity::role(cluster, account, &agent, "node-agent")
        .map_err(|none| credentials("PutObject", &none.in_go(super::errors::response)))
}

/// The data of a volume, into the repository of its namespace.
#[allow(clippy::too_many_arguments)]
fn carry(
    cluster: &mut Cluster,
    account: &mut Account,
    server: &Server,
    of: &Object,
    at: &Location,
    pod: &Object,
    claim: &str,
    method: Method,
) -> Done {
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let (namespace, name) = (meta(pod, "namespace").to_owned(), meta(of, "name").to_owned());
    let who = agent(cluster, account, server, node)?;
    let id: String = crate::demo::digest(&format!("{name}/{namespace}/{claim}")).chars().take(32).collect();
    let folder = format!("kopia/{namespace}/");
    let data = format!("{folder}p{id}");
    for key in [format!("{folder}kopia.repository"), data.clone()] {
        backup::put_plain(account, &who, at, &key, b"demo")?;
    }
    let repository = format!("{namespace}-{}-kopia", at.name);
    if cluster.store.get(Kind::BackupRepository, &server.namespace, &repository).is_none() {
        let object = json!({"metadata": {"name": repository, "namespace": server.namespace}, "spec": {
            "volumeNamespace": namespace, "backupStorageLocation": at.name, "repositoryType": "kopia"},
            "status": {"phase": "Ready"}});
        // It was looked for just above.
        let _ = cluster.store.create(Kind::BackupRepository, &object);
    }
    let kind = if method == Method::DataUpload { Kind::DataUpload } else { Kind::PodVolumeBackup };
    let tail: String = id.chars().take(5).collect();
    let object = json!({"metadata": {"name": format!("{name}-{tail}"), "namespace": server.namespace,
        "labels": {"velero.io/backup-name": name}}, "spec": {"node": node, "backupStorageLocation": at.name},
        "status": {"phase": "Completed", "snapshotID": id, "node": node, "progress": {"bytesDone": 4, "totalBytes": 4}}});
    // A backup's name and a claim are one.
    let _ = cluster.store.create(kind, &object);
    Ok((method, data, String::new()))
}

/// Brings the volumes of a restored namespace back: what of it failed.
pub(super) fn restore(
    cluster: &Cluster,
    account: &mut Account,
    server: &Server,
    who: &Principal,
    at: &Location,
    covered: &[Covered],
) -> Vec<String> {
    let mut errors = Vec::new();
    for one in covered {
        let done = match one.method {
            Method::Native => aws::volume_as(account, who, &one.region, &one.snapshot),
            Method::Csi if one.region != cluster.region => {
                Err(format!("the snapshot {} is in {}", one.snapshot, one.region))
            }
            Method::Csi => Ok(()),
            Method::PodVolumeBackup | Method::DataUpload => {
                let node = cluster.store.list(Kind::Node, "").next().map(|node| meta(node, "name").to_owned());
                agent(cluster, account, server, &node.unwrap_or_default()).and_then(|agent| {
                    let key = format!("{}{}", at.prefix, one.snapshot);
                    let read = aws::get_as(account, &agent, &at.bucket, &key);
                    read.map(|_| ()).map_err(|trouble| super::errors::s3("GetObject", &trouble))
                })
            }
        };
        errors.extend(done.err());
    }
    errors
}

/// Removes what a backup's volumes left outside of the repositories, which maintenance empties later.
pub(super) fn forget(
    cluster: &mut Cluster,
    account: &mut Account,
    who: &Principal,
    server: &Server,
    backup: &str,
) -> Result<(), String> {
    aws::forget_as(account, who, backup)?;
    for kind in [Kind::PodVolumeBackup, Kind::DataUpload] {
        let its = |object: &&Object| object["metadata"]["labels"]["velero.io/backup-name"] == backup;
        let all = cluster.store.list(kind, &server.namespace).filter(its);
        let names: Vec<String> = all.map(|object| meta(object, "name").to_owned()).collect();
        for name in names {
            cluster.store.remove(kind, &server.namespace, &name);
        }
    }
    Ok(())
}

//! A small volume: a pod with one is backed up by one feature, deleted, restored and runs again; then all that it
//! left is removed. A cluster that makes no volume is no failure: the feature is then named as not proven.

use super::canary::{delete, finished, submit};
use super::leftovers::volumes_gone;
use crate::engine::journal::Effect;
use crate::engine::make::Made;
use crate::engine::wait::{Look, until, until_gone};
use crate::engine::{Context, State};
use crate::plan::{Cover, VolumeOp};
use crate::ports::{Answer, Kind, Trouble, TroubleKind};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Seconds until a volume is made and its pod runs.
const START: i64 = 300;

/// Seconds for a backup or a restore with a volume.
const WORK: i64 = 900;

/// Seconds for the deletion of a backup with its snapshots or its data.
const DELETION: i64 = 180;

/// What the pod and its claim are called.
const CANARY: &str = "canary";

/// What became of a proof that did not fail.
enum Shown {
    /// What Velero says of the volume.
    Proven(String),
    /// Why the cluster made no volume.
    NoVolume(String),
}

/// Proves one feature with a volume.
pub async fn volume(context: &Context, change: &str, op: &VolumeOp) -> Answer<Made> {
    let name = name(context, op.cover);
    let proven = prove(context, change, op, &name).await;
    context.say(change, State::Waiting, format!("removing {name}"));
    let cleaned = clean(context, change, op).await;
    if let (Err(_), Err(trouble)) = (&proven, &cleaned) {
        context.say(change, State::Waiting, format!("not all of {name} could be removed: {trouble}"));
    }
    let proven = proven?;
    let removed = cleaned?;
    let word = op.cover.word();
    Ok(match proven {
        Shown::Proven(evidence) => {
            let message = format!(
                "{word}: a volume backed up ({evidence}), deleted, restored; {removed} object versions removed"
            );
            Made::new(Effect::Unchanged, message).shown(&op.at.shows)
        }
        Shown::NoVolume(why) => {
            context.learnt().unshown.push(word.to_owned());
            Made::new(Effect::Unchanged, format!("{word} is not proven, because the cluster made no volume: {why}"))
        }
    })
}

/// The namespace, backup and restore; the same again when the run is taken back.
fn name(context: &Context, cover: Cover) -> String {
    let short = match cover {
        Cover::FileSystemBackup => "f",
        Cover::EbsSnapshots => "e",
        Cover::Csi => "c",
        Cover::DataMover => "d",
    };
    format!("lifeboat-volume-{}-{short}", context.suffix())
}

async fn prove(context: &Context, change: &str, op: &VolumeOp, name: &str) -> Answer<Shown> {
    let kube = &context.kube;
    let word = op.cover.word();
    plant(context, change, op, name).await?;
    match runs(context, change, name, &format!("{word}: waiting for a volume")).await {
        Ok(_) => {}
        Err(trouble) if trouble.kind == TroubleKind::Deadline => {
            return Ok(Shown::NoVolume(format!("{trouble}{}", events(context, name).await)));
        }
        Err(trouble) => return Err(trouble),
    }
    let backup = submit(context, change, Kind::Backup, &op.at, name, spec(op, name), WORK).await?;
    let evidence = evidence(context, op, name, &backup).await?;
    kube.delete(Kind::Namespace, "", name, "").await?;
    until_gone(context, change, (Kind::Namespace, "", name), START).await?;
    let spec = json!({"backupName": name, "includedNamespaces": [name]});
    submit(context, change, Kind::Restore, &op.at, name, spec, WORK).await?;
    let again = |mut trouble: Trouble, said: String| {
        trouble.what = crate::domain::Shown::new("the restored pod does not run with its volume");
        trouble.link("backup").why(said)
    };
    match runs(context, change, name, &format!("{word}: waiting for the restored volume")).await {
        Ok(pod) if pod["metadata"]["labels"]["velero.io/restore-name"] == name => Ok(Shown::Proven(evidence)),
        Ok(_) => {
            Err(Trouble::new(TroubleKind::Broken, "the pod with the volume is not the restored one").link("backup"))
        }
        Err(trouble) if trouble.kind == TroubleKind::Deadline => {
            let said = format!("{}{}", trouble.why, events(context, name).await);
            Err(again(trouble, said))
        }
        Err(trouble) => Err(trouble),
    }
}

/// Makes a namespace with a claim and a pod that uses it. The pod does as little as a pod can, and nothing that a
/// cluster's pod security forbids.
async fn plant(context: &Context, change: &str, op: &VolumeOp, name: &str) -> Answer<()> {
    let kube = &context.kube;
    let labels = json!({"app.kubernetes.io/managed-by": "lifeboat"});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    kube.create(Kind::Namespace, &namespace).await?;
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": CANARY, "namespace": name, "labels": labels},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": op.storage_class,
            "resources": {"requests": {"storage": "1Gi"}}
        }
    });
    kube.create(Kind::PersistentVolumeClaim, &claim).await?;
    // A pod is refused before its namespace has this.
    until(context, change, (Kind::ServiceAccount, name, "default"), 30, |there| match there {
        Some(_) => Look::Ready(()),
        None => Look::Not("waiting for the namespace's service account".to_owned()),
    })
    .await?;
    kube.create(Kind::Pod, &pod(&op.image, name, &labels)).await.map(|_| ())
}

fn pod(image: &str, namespace: &str, labels: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": CANARY, "namespace": namespace, "labels": labels},
        "spec": {
            "automountServiceAccountToken": false,
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 65535, "seccompProfile": {"type": "RuntimeDefault"}
            },
            "containers": [{
                "name": CANARY, "image": image, "imagePullPolicy": "IfNotPresent",
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "100m", "memory": "32Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}
                },
                // The folder makes the volume one that is not empty: of an empty one nothing is uploaded.
                "volumeMounts": [{"name": "data", "mountPath": "/data", "subPath": CANARY}]
            }],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": CANARY}}]
        }
    })
}

/// Waits until the pod runs, which it does only with its volume.
async fn runs(context: &Context, change: &str, namespace: &str, words: &str) -> Answer<Value> {
    until(context, change, (Kind::Pod, namespace, CANARY), START, |pod| {
        match pod.map(|pod| (pod, pod["status"]["phase"].as_str().unwrap_or("Pending"))) {
            Some((pod, "Running")) => Look::Ready(pod.clone()),
            Some((_, phase)) => Look::Not(format!("{words}: the pod is {phase}")),
            None => Look::Not(format!("{words}: there is no pod yet")),
        }
    })
    .await
}

/// What the cluster warns of in a namespace, the last three of it.
async fn events(context: &Context, namespace: &str) -> String {
    let Ok(events) = context.kube.list(Kind::Event, namespace, "").await else { return String::new() };
    let mut said: Vec<&str> = Vec::new();
    for message in events.iter().filter(|event| event["type"] == "Warning").filter_map(|it| it["message"].as_str()) {
        said.retain(|there| *there != message);
        said.push(message);
    }
    said.iter().rev().take(3).flat_map(|message| ["; ", message]).collect()
}

/// The backup's spec: the one feature, whatever the server's defaults are.
fn spec(op: &VolumeOp, name: &str) -> Value {
    let mut spec = json!({
        "includedNamespaces": [name], "storageLocation": op.at.location, "ttl": "1h0m0s",
        "defaultVolumesToFsBackup": op.cover == Cover::FileSystemBackup,
        "snapshotVolumes": op.cover != Cover::FileSystemBackup,
        "snapshotMoveData": op.cover == Cover::DataMover
    });
    if op.cover == Cover::EbsSnapshots {
        spec["volumeSnapshotLocations"] = json!(["default"]);
    }
    spec
}

/// What says that the volume itself is in a backup that is Completed: a phase alone does not.
async fn evidence(context: &Context, op: &VolumeOp, name: &str, backup: &Value) -> Answer<String> {
    let count = |field: &str| backup["status"][field].as_u64().unwrap_or(0);
    let found = match op.cover {
        Cover::EbsSnapshots => (count("volumeSnapshotsCompleted"), "EBS snapshot"),
        Cover::Csi => (count("csiVolumeSnapshotsCompleted"), "CSI snapshot"),
        Cover::FileSystemBackup => (carried(context, Kind::PodVolumeBackup, op, name).await?, "PodVolumeBackup"),
        Cover::DataMover => (carried(context, Kind::DataUpload, op, name).await?, "DataUpload"),
    };
    let missing = |why: &str| {
        let what = format!("{}: the backup is Completed, and the volume is not in it", op.cover.word());
        Trouble::new(TroubleKind::Broken, what).link("backup").why(why)
    };
    if found.0 == 0 {
        return Err(missing(&format!("it tells of no {} that is Completed", found.1)));
    }
    let mut words = format!("{} {}", found.0, found.1);
    if op.cover.is_moved() {
        let folder = format!("{}kopia/{name}/", op.at.prefix);
        let there = context.world.aws.versions(&context.bucket(), &folder, 1000).await?.len();
        if there == 0 {
            return Err(missing(&format!("there is nothing in s3://{}/{folder}", op.at.bucket)));
        }
        words.push_str(", its data in the bucket");
    }
    Ok(words)
}

/// How many objects of a kind carried data of the backup into the bucket.
async fn carried(context: &Context, kind: Kind, op: &VolumeOp, name: &str) -> Answer<u64> {
    let all = context.kube.list(kind, &op.at.namespace, &format!("velero.io/backup-name={name}")).await?;
    let has_data = |object: &&Value| {
        let status = &object["status"];
        status["phase"] == "Completed" && status["snapshotID"].as_str().is_some_and(|id| !id.is_empty())
    };
    Ok(all.iter().filter(has_data).count() as u64)
}

/// Removes all that the proof of an op made, also after a stop: a snapshot that is left costs money.
pub async fn clean(context: &Context, change: &str, op: &VolumeOp) -> Answer<usize> {
    let context = &Context { stop: CancellationToken::new(), ..context.clone() };
    let name = name(context, op.cover);
    let (kube, place) = (&context.kube, op.at.namespace.as_str());
    kube.delete(Kind::Namespace, "", &name, "").await?;
    let mut deleted = Ok(());
    if let Some(backup) = kube.get(Kind::Backup, place, &name).await?
        && backup["status"]["phase"] != "FailedValidation"
    {
        // Velero deletes no backup that is being made; how it ends is of no matter.
        let _ = finished(context, change, (Kind::Backup, place, &name), "backup", DELETION).await;
        deleted = delete(context, change, &op.at, &name, DELETION).await;
    }
    for kind in [Kind::Restore, Kind::Backup, Kind::DeleteBackupRequest] {
        kube.delete(kind, place, &name, "").await?;
    }
    for repository in kube.list(Kind::BackupRepository, place, "").await? {
        if repository["spec"]["volumeNamespace"] == name.as_str() {
            let its = repository["metadata"]["name"].as_str().unwrap_or_default();
            kube.delete(Kind::BackupRepository, place, its, "").await?;
        }
    }
    until_gone(context, change, (Kind::Namespace, "", &name), START).await?;
    let left = volumes_gone(context, change, &name).await;
    let removed = super::remove_versions(context, change, &op.at.prefix, &name).await?;
    deleted.map_err(|trouble| {
        if op.cover.is_moved() {
            return trouble;
        }
        trouble.todo(format!("Look for EBS snapshots with the tag velero.io/backup = {name} and delete them"))
    })?;
    left.map(|()| removed)
}

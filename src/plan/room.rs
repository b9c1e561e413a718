//! What a cluster can make a small volume with: read before planning, so that each feature that covers volumes is
//! proven with one, or the plan says why it is not.

use crate::domain::volumes::Volumes;
use serde_json::Value;
use std::collections::BTreeMap;

/// The CSI driver of EBS.
pub const EBS: &str = "ebs.csi.aws.com";

/// What makes Velero take a `VolumeSnapshotClass` (velero-F46).
pub const SNAPSHOT_LABEL: &str = "velero.io/csi-volumesnapshot-class";

/// Something that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Seen<T> {
    /// Not asked for, or the caller may not see it.
    #[default]
    Unknown,
    /// It is not there.
    Absent,
    /// It is there.
    There(T),
}

impl<T> Seen<T> {
    /// Of a list, `None` when it was refused.
    fn of<L>(list: Option<L>, look: impl FnOnce(L) -> Option<T>) -> Self {
        match list.map(look) {
            None => Self::Unknown,
            Some(None) => Self::Absent,
            Some(Some(there)) => Self::There(there),
        }
    }

    /// What is there.
    pub fn there(&self) -> Option<&T> {
        if let Self::There(there) = self { Some(there) } else { None }
    }
}

/// A storage class whose volumes go with their claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass {
    /// Its name.
    pub name: String,
    /// `ebs.csi.aws.com`, `kubernetes.io/aws-ebs`, ...
    pub provisioner: String,
}

/// What a cluster can make a volume with; all unknown where no feature covers volumes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VolumeFacts {
    /// The volumes that are there.
    pub volumes: Volumes,
    /// The class that a small volume is made of: one of EBS's driver, the default one first.
    pub storage_class: Seen<StorageClass>,
    /// The `VolumeSnapshotClass` of EBS's driver that Velero takes.
    pub snapshot_class: Seen<String>,
    /// One that Velero does not take, because it is not labelled.
    pub unlabelled: Option<String>,
    /// How many Linux nodes there are that are not Fargate's: node-agent runs on no other (velero-F45).
    pub workers: Seen<usize>,
    /// A pause image that such a node has, so that no registry is needed.
    pub image: Seen<String>,
}

impl VolumeFacts {
    /// Out of the cluster's `PersistentVolumes`, `StorageClasses`, `VolumeSnapshotClasses` and Nodes; `None` for what
    /// could not be listed.
    pub fn of(
        volumes: Option<&[Value]>,
        storage: Option<&[Value]>,
        snapshots: Option<&[Value]>,
        nodes: Option<&[Value]>,
    ) -> Self {
        let classes = snapshots.unwrap_or_default();
        let workers: Option<Vec<&Value>> = nodes.map(|nodes| nodes.iter().filter(|node| is_worker(node)).collect());
        Self {
            volumes: Volumes::of(volumes.unwrap_or_default(), classes),
            storage_class: Seen::of(storage, storage_class),
            snapshot_class: Seen::of(snapshots, |classes| name_of(ebs(classes).find(|class| is_taken(class)))),
            unlabelled: name_of(ebs(classes).find(|class| !is_taken(class))),
            workers: Seen::of(workers.as_ref(), |workers| Some(workers.len()).filter(|count| *count > 0)),
            image: Seen::of(workers.as_ref(), |workers| pause_image(workers)),
        }
    }
}

fn name_of(object: Option<&Value>) -> Option<String> {
    object.and_then(|object| object["metadata"]["name"].as_str().map(str::to_owned))
}

/// The default class of EBS's driver, another one of it, or the default class of another driver. A class that keeps
/// its volumes would leave one behind.
fn storage_class(classes: &[Value]) -> Option<StorageClass> {
    let deletes = |class: &&Value| class["reclaimPolicy"] != "Retain";
    let is_default =
        |class: &&Value| class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true";
    let of_ebs = |class: &&Value| class["provisioner"] == EBS;
    let all = || classes.iter().filter(deletes);
    let found = all().filter(of_ebs).find(is_default).or_else(|| all().find(of_ebs)).or_else(|| all().find(is_default));
    found.and_then(|class| {
        Some(StorageClass { name: name_of(Some(class))?, provisioner: class["provisioner"].as_str()?.to_owned() })
    })
}

fn ebs(classes: &[Value]) -> impl Iterator<Item = &Value> {
    classes.iter().filter(|class| class["driver"] == EBS)
}

/// Whether Velero takes a `VolumeSnapshotClass`: by its label, or as the default one (velero-F46).
fn is_taken(class: &Value) -> bool {
    let metadata = &class["metadata"];
    metadata["labels"][SNAPSHOT_LABEL] == "true"
        || metadata["annotations"]["snapshot.storage.kubernetes.io/is-default-class"] == "true"
}

/// Whether a node is Fargate's: for one pod, and without `DaemonSets`.
pub fn is_fargate(node: &Value) -> bool {
    node["metadata"]["labels"]["eks.amazonaws.com/compute-type"] == "fargate"
}

/// Whether a node is of EKS Auto Mode (EKS user guide, associate-workload).
pub fn is_auto(node: &Value) -> bool {
    node["metadata"]["labels"]["eks.amazonaws.com/compute-type"] == "auto"
}

/// Whether a node runs Windows.
pub fn is_windows(node: &Value) -> bool {
    node["metadata"]["labels"]["kubernetes.io/os"] == "windows"
}

fn is_worker(node: &Value) -> bool {
    !is_fargate(node) && !is_windows(node)
}

/// The pause image that most nodes have, by its tag.
fn pause_image(nodes: &[&Value]) -> Option<String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for node in nodes {
        let images = node["status"]["images"].as_array().into_iter().flatten();
        let names = images.flat_map(|image| image["names"].as_array().into_iter().flatten());
        for name in names.filter_map(Value::as_str).filter(|name| is_pause(name)) {
            *count.entry(name).or_default() += 1;
        }
    }
    // A digest is as good, but nobody can read it.
    let rank = |(name, count): &(&str, usize)| (!name.contains('@'), *count);
    count.into_iter().max_by_key(rank).map(|(name, _)| name.to_owned())
}

fn is_pause(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next().is_some_and(|image| image.ends_with("pause"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn class(name: &str, provisioner: &str, default: bool, reclaim: &str) -> Value {
        let annotations = json!({"storageclass.kubernetes.io/is-default-class": default.to_string()});
        json!({"metadata": {"name": name, "annotations": annotations}, "provisioner": provisioner, "reclaimPolicy": reclaim})
    }

    fn chosen(classes: &[Value]) -> Option<String> {
        VolumeFacts::of(None, Some(classes), None, None).storage_class.there().map(|class| class.name.clone())
    }

    #[test]
    fn the_storage_class_is_one_of_ebs_that_leaves_nothing_behind() {
        let efs = class("efs", "efs.csi.aws.com", true, "Delete");
        let gp3 = class("gp3", EBS, false, "Delete");
        let kept = class("kept", EBS, true, "Retain");
        assert_eq!(chosen(&[efs.clone(), kept.clone(), gp3]).as_deref(), Some("gp3"));
        assert_eq!(chosen(&[kept.clone(), efs]).as_deref(), Some("efs"));
        assert_eq!(chosen(&[kept]), None);
    }

    #[test]
    fn f46_a_snapshot_class_is_taken_by_its_label_or_as_the_default_one() {
        let label = json!({"driver": EBS, "metadata": {"name": "a", "labels": {SNAPSHOT_LABEL: "true"}}});
        let default = json!({"driver": EBS, "metadata": {"name": "b",
            "annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"}}});
        let plain = json!({"driver": EBS, "metadata": {"name": "c"}});
        let other = json!({"driver": "san.example.com", "metadata": {"name": "d", "labels": {SNAPSHOT_LABEL: "true"}}});
        let of = |list: &[Value]| VolumeFacts::of(None, None, Some(list), None);
        assert_eq!(of(&[plain.clone(), label]).snapshot_class, Seen::There("a".to_owned()));
        assert_eq!(of(&[plain.clone(), default]).snapshot_class, Seen::There("b".to_owned()));
        let none = of(&[plain, other]);
        assert_eq!((none.snapshot_class, none.unlabelled.as_deref()), (Seen::Absent, Some("c")));
        assert_eq!(VolumeFacts::of(None, None, None, None).snapshot_class, Seen::Unknown);
    }

    #[test]
    fn f45_the_image_is_one_that_nodes_of_node_agent_have() {
        let node = |kind: &str, names: &[&str]| {
            json!({"metadata": {"labels": {"eks.amazonaws.com/compute-type": kind}},
                "status": {"images": [{"names": names}]}})
        };
        let of = |nodes: &[Value]| VolumeFacts::of(None, None, None, Some(nodes));
        let digest = "registry.example.com/eks/pause@sha256:00";
        let found = of(&[
            node("ec2", &[digest, "registry.example.com/eks/pause:3.10", "acme/pause-and-go:1"]),
            node("ec2", &[digest]),
            node("fargate", &["elsewhere/pause:1"]),
        ]);
        assert_eq!(found.image, Seen::There("registry.example.com/eks/pause:3.10".to_owned()));
        assert_eq!(found.workers, Seen::There(2));
        let fargate = of(&[node("fargate", &["elsewhere/pause:1"])]);
        assert_eq!((fargate.workers, fargate.image), (Seen::Absent, Seen::Absent));
    }
}

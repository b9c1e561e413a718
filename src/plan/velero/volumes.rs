//! The features that cover volumes: what each is proven with, or why it is not, and what to know of them.

use crate::domain::Shown;
use crate::plan::answers::{Answers, Feature};
use crate::plan::room::{EBS, SNAPSHOT_LABEL, Seen, StorageClass};
use crate::plan::scope::Scope;
use crate::plan::{CanaryOp, Cover, Draft, Op, VolumeOp};

/// What `not_proven` and `proven` call the data of volumes.
pub const VOLUMES: &str = "volumes";

/// The chosen features that cover volumes, in the contract's order.
pub fn covers(answers: &Answers) -> Vec<Cover> {
    let all = [
        (Feature::FileSystemBackup, Cover::FileSystemBackup),
        (Feature::EbsSnapshots, Cover::EbsSnapshots),
        (Feature::Csi, Cover::Csi),
        (Feature::DataMover, Cover::DataMover),
    ];
    let chosen = |feature| answers.velero.features.contains(&feature);
    all.into_iter().filter(|(feature, _)| chosen(*feature)).map(|(_, cover)| cover).collect()
}

/// A proof for each chosen feature that the cluster has room for; of the others a note says why there is none.
pub fn proofs(scope: &Scope<'_>, draft: &mut Draft, at: &CanaryOp) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut without: Vec<(String, Vec<&str>)> = Vec::new();
    for cover in covers(scope.answers) {
        match room(scope, cover) {
            Ok((storage_class, image)) => {
                let at = CanaryOp { shows: vec![VOLUMES.to_owned(), cover.word().to_owned()], ..at.clone() };
                ops.push(Op::ProveVolume(VolumeOp { cover, at, storage_class, image }));
            }
            Err(why) => match without.iter_mut().find(|(there, _)| *there == why) {
                Some((_, words)) => words.push(cover.word()),
                None => without.push((why, vec![cover.word()])),
            },
        }
    }
    for (why, words) in without {
        draft.note(format!("Not proven with a volume: {}: {why}", words.join(", ")));
    }
    ops
}

/// The storage class and the image of a small volume that a feature covers, or why there is none.
fn room(scope: &Scope<'_>, cover: Cover) -> Result<(String, String), String> {
    let facts = &scope.site.kube.volumes;
    let cluster = &scope.names.cluster;
    let enabled_csi = covers(scope.answers).iter().any(|it| matches!(it, Cover::Csi | Cover::DataMover));
    if cover == Cover::EbsSnapshots && enabled_csi {
        return Err("with csi or data-mover Velero leaves the volumes of a CSI driver to that driver, so that only those made before it are snapshotted by Velero itself".to_owned());
    }
    match facts.workers {
        Seen::There(_) => {}
        Seen::Unknown => return Err(unseen("nodes", cluster)),
        Seen::Absent => {
            return Err(format!(
                "{cluster} has no Linux node outside of Fargate: node-agent and EBS volumes can run on no other (velero-F45)"
            ));
        }
    }
    let class = match &facts.storage_class {
        Seen::There(class) => fits(cover, class)?,
        Seen::Unknown => return Err(unseen("StorageClasses", cluster)),
        Seen::Absent => {
            return Err(format!(
                "{cluster} has no StorageClass of {EBS} that deletes its volumes with their claims, so no small volume can be made"
            ));
        }
    };
    if matches!(cover, Cover::Csi | Cover::DataMover) {
        snapshot_class(scope)?;
    }
    match &facts.image {
        Seen::There(image) => Ok((class, image.clone())),
        Seen::Unknown => Err(unseen("nodes", cluster)),
        Seen::Absent => {
            Err(format!("no node of {cluster} names a pause image among those it has, so no pod can use a volume"))
        }
    }
}

fn unseen(kind: &str, cluster: &str) -> String {
    format!("the {kind} of {cluster} could not be listed, so it is unknown whether a small volume can be made")
}

/// The class's name, where its volumes are of the kind that the feature covers.
fn fits(cover: Cover, class: &StorageClass) -> Result<String, String> {
    let good = match cover {
        Cover::FileSystemBackup => true,
        Cover::EbsSnapshots => class.provisioner == EBS || class.provisioner == "kubernetes.io/aws-ebs",
        Cover::Csi | Cover::DataMover => class.provisioner == EBS,
    };
    if good {
        return Ok(class.name.clone());
    }
    let (name, provisioner) = (Shown::new(&class.name), Shown::new(&class.provisioner));
    Err(format!("the only StorageClass to make a volume with is {name} of {provisioner}, which it does not cover"))
}

/// Velero-F46: without a class that Velero takes, CSI volumes are passed over.
fn snapshot_class(scope: &Scope<'_>) -> Result<(), String> {
    let facts = &scope.site.kube.volumes;
    let names = &scope.names;
    match (&facts.snapshot_class, &facts.unlabelled) {
        (Seen::There(_), _) => Ok(()),
        (Seen::Unknown, _) => Err(unseen("VolumeSnapshotClasses", &names.cluster)),
        (Seen::Absent, Some(name)) => Err(format!(
            "Velero takes no VolumeSnapshotClass that is not labelled, and passes CSI volumes over (velero-F46). Run: kubectl label volumesnapshotclass {} {SNAPSHOT_LABEL}=true",
            Shown::new(name)
        )),
        (Seen::Absent, None) => Err(format!(
            "{} has no VolumeSnapshotClass of {EBS}, so CSI volumes are passed over (velero-F46). Run: aws eks create-addon --cluster-name {} --region {} --addon-name snapshot-controller; then make a class with the label {SNAPSHOT_LABEL}=true",
            names.cluster, names.cluster, names.region
        )),
    }
}

/// What to know of the chosen features, whatever can be proven.
pub fn notes(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let covers = covers(scope.answers);
    let has = |cover| covers.contains(&cover);
    let regions = &scope.site.kube.volumes.volumes.regions;
    if has(Cover::EbsSnapshots) && regions.len() > 1 {
        let all: Vec<&str> = regions.iter().map(String::as_str).collect();
        draft.note(format!(
            "The volumes of {} are in {}: Velero's snapshot location has one region, {}, and the volumes of the others are not covered",
            names.cluster,
            all.join(" and "),
            scope.volume_region()
        ));
    }
    if has(Cover::EbsSnapshots) && scope.is_first() {
        draft.note("ebs-snapshots: volumes that are encrypted with a KMS key of your own are not covered. Their restore needs kms:CreateGrant and kms:ReEncrypt* on that key; without them it is Completed and the volume does not exist (velero-F38)");
    }
    // Data in the bucket can be read anywhere; a snapshot cannot.
    let moved = covers.iter().any(|cover| cover.is_moved());
    if !scope.is_first() && !covers.is_empty() && !moved {
        let first = &scope.facts.site;
        let home = scope.answers.cluster.region.as_str();
        if home != names.region {
            draft.note(format!(
                "Snapshots stay in {home}: the volumes of {} cannot be restored in {} ({}); with data-mover or file-system-backup they can",
                first.cluster.name, names.cluster, names.region
            ));
        }
    }
}

//! The features of Velero: each adds exactly its permissions and values, and has its own proof or a reason why not.

use crate::golden::whole;
use crate::world::{answers, document, facts, plan};
use lifeboat::domain::Region;
use lifeboat::plan::answers::{AccessMode, Answers, Feature, RestoreClusterAnswer};
use lifeboat::plan::{Cover, EBS, Facts, Op, Plan, Seen, SiteFacts, StorageClass, VolumeFacts};
use lifeboat::ports::Release;
use serde_json::{Value, json};

fn with(features: &[Feature]) -> Answers {
    let mut answers = answers();
    answers.velero.features = features.iter().copied().collect();
    answers
}

/// A cluster that can make a volume of every kind.
fn room() -> Facts {
    let mut facts = facts();
    facts.site.kube.volumes = VolumeFacts {
        storage_class: Seen::There(StorageClass { name: "gp3".to_owned(), provisioner: EBS.to_owned() }),
        snapshot_class: Seen::There("ebs".to_owned()),
        workers: Seen::There(3),
        image: Seen::There("registry.example.com/pause:3.10".to_owned()),
        ..VolumeFacts::default()
    };
    facts
}

/// How the canary proves, and the words that it shows besides.
fn proof(plan: &Plan) -> (Vec<Cover>, Vec<&str>) {
    let canary = plan.change("canary").unwrap();
    let cover = |op: &Op| if let Op::ProveVolume(op) = op { Some(op.cover) } else { None };
    (canary.ops.iter().filter_map(cover).collect(), canary.shows.iter().map(String::as_str).collect())
}

#[track_caller]
fn says(plan: &Plan, text: &str) {
    assert!(plan.notes.iter().any(|note| note.contains(text)), "no note says '{text}': {:#?}", plan.notes);
}

fn sids(plan: &Plan) -> Vec<String> {
    let document: Value = serde_json::from_str(document(plan, "permissions.json")).unwrap();
    let all = document["Statement"].as_array().unwrap().iter();
    all.map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect()
}

/// The paths of all leaves of the values.
fn values(plan: &Plan) -> Vec<String> {
    fn walk(value: &Value, place: &str, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, &format!("{place}.{key}"), out)),
            Value::Array(list) => list.iter().for_each(|value| walk(value, place, out)),
            leaf => out.push(format!("{}={leaf}", place.trim_start_matches('.'))),
        }
    }
    let mut out = Vec::new();
    walk(&serde_yaml::from_str(document(plan, "values.yaml")).unwrap(), "", &mut out);
    out
}

const EBS_SIDS: &[&str] = &[
    "DescribeVolumes",
    "SnapshotVolumes",
    "MakeSnapshots",
    "RestoreVolumes",
    "DeleteSnapshots",
    "TagSnapshots",
    "TagVolumes",
];

#[test]
fn each_feature_adds_exactly_its_permissions_and_values() {
    let least = plan(&answers(), &room());
    let (sids_before, values_before) = (sids(&least), values(&least));
    let table: [(Feature, &[&str], &[&str]); 5] = [
        (Feature::FileSystemBackup, &[], &["deployNodeAgent=true", "configuration.defaultVolumesToFsBackup=true"]),
        (
            Feature::EbsSnapshots,
            EBS_SIDS,
            &[
                "snapshotsEnabled=true",
                "configuration.volumeSnapshotLocation.name=\"default\"",
                "configuration.volumeSnapshotLocation.provider=\"aws\"",
                "configuration.volumeSnapshotLocation.config.region=\"us-east-1\"",
            ],
        ),
        (Feature::Csi, &[], &["configuration.features=\"EnableCSI\""]),
        (
            Feature::DataMover,
            &[],
            &[
                "deployNodeAgent=true",
                "configuration.features=\"EnableCSI\"",
                "configuration.defaultSnapshotMoveData=true",
            ],
        ),
        (
            Feature::Tagging,
            &["TagObjects"],
            &["configuration.backupStorageLocation.config.tagging=\"managed-by=lifeboat&cluster=prod\""],
        ),
    ];
    for (feature, permissions, set) in table {
        let plan = plan(&with(&[feature]), &room());
        let new = |all: Vec<String>, before: &[String]| {
            let mut new: Vec<String> = all.into_iter().filter(|one| !before.contains(one)).collect();
            new.sort();
            new
        };
        let sorted = |list: &[&str]| {
            let mut list: Vec<String> = list.iter().map(|one| (*one).to_owned()).collect();
            list.sort();
            list
        };
        assert_eq!(new(sids(&plan), &sids_before), sorted(permissions), "{feature}");
        assert_eq!(new(values(&plan), &values_before), sorted(set), "{feature}");
        assert!(sids_before.iter().all(|sid| sids(&plan).contains(sid)), "{feature} takes nothing away");
        insta::assert_snapshot!(format!("feature-{feature}"), whole(&plan));
    }
}

#[test]
fn each_feature_is_proven_with_a_volume_of_its_own() {
    for (feature, cover) in [
        (Feature::FileSystemBackup, Cover::FileSystemBackup),
        (Feature::EbsSnapshots, Cover::EbsSnapshots),
        (Feature::Csi, Cover::Csi),
        (Feature::DataMover, Cover::DataMover),
    ] {
        let plan = plan(&with(&[feature]), &room());
        assert_eq!(proof(&plan), (vec![cover], vec!["volumes", feature.as_str()]));
        assert!(plan.beyond.iter().any(|word| word == feature.as_str()), "{:?}", plan.beyond);
        assert!(!plan.must.iter().any(|word| word == feature.as_str()), "verified does not wait for it");
        assert!(!plan.notes.iter().any(|note| note.contains("Not proven")), "{:?}", plan.notes);
    }
    let tagging = plan(&with(&[Feature::Tagging]), &room());
    assert_eq!(proof(&tagging), (vec![], vec!["tagging"]));
    let none = plan(&answers(), &room());
    assert_eq!((proof(&none), none.beyond.contains(&"volumes".to_owned())), ((vec![], vec![]), true));
}

#[test]
fn a_feature_without_room_for_a_volume_is_named_with_the_reason() {
    type Take = fn(&mut VolumeFacts);
    let table: [(Feature, Take, &str); 10] = [
        (Feature::Csi, |it| *it = VolumeFacts::default(), "the nodes of prod could not be listed"),
        (Feature::DataMover, |it| it.workers = Seen::Absent, "no Linux node outside of Fargate"),
        (Feature::FileSystemBackup, |it| it.workers = Seen::Absent, "velero-F45"),
        (Feature::EbsSnapshots, |it| it.storage_class = Seen::Absent, "no StorageClass of ebs.csi.aws.com"),
        (
            Feature::EbsSnapshots,
            |it| it.storage_class = Seen::Unknown,
            "the StorageClasses of prod could not be listed",
        ),
        (
            Feature::Csi,
            |it| it.snapshot_class = Seen::Absent,
            "aws eks create-addon --cluster-name prod --region us-east-1 --addon-name snapshot-controller",
        ),
        (
            Feature::DataMover,
            |it| it.snapshot_class = Seen::Unknown,
            "the VolumeSnapshotClasses of prod could not be listed",
        ),
        (
            Feature::Csi,
            |it| {
                it.snapshot_class = Seen::Absent;
                it.unlabelled = Some("plain".to_owned());
            },
            "kubectl label volumesnapshotclass plain velero.io/csi-volumesnapshot-class=true",
        ),
        (Feature::FileSystemBackup, |it| it.image = Seen::Absent, "no node of prod names a pause image"),
        (
            Feature::DataMover,
            |it| {
                let provisioner = "efs.csi.aws.com".to_owned();
                it.storage_class = Seen::There(StorageClass { name: "efs".to_owned(), provisioner });
            },
            "efs of efs.csi.aws.com, which it does not cover",
        ),
    ];
    for (feature, take, reason) in table {
        let mut facts = room();
        take(&mut facts.site.kube.volumes);
        let plan = plan(&with(&[feature]), &facts);
        assert_eq!(proof(&plan), (vec![], vec![]), "{feature}: {reason}");
        says(&plan, &format!("Not proven with a volume: {feature}: "));
        says(&plan, reason);
        assert!(plan.beyond.iter().any(|word| word == feature.as_str()), "{:?}", plan.beyond);
    }
}

#[test]
fn what_an_operator_needs_for_a_volume_is_in_its_manifest_and_only_then() {
    let verbs = |plan: &Plan| {
        let all = lifeboat::plan::rights(plan, 0).into_iter();
        all.map(|right| format!("{} {}", right.verb, right.resource)).collect::<Vec<_>>()
    };
    let (with, without) = (verbs(&plan(&with(&[Feature::DataMover]), &room())), verbs(&plan(&answers(), &room())));
    for need in [
        "create persistentvolumeclaims",
        "create pods",
        "list datauploads",
        "delete backuprepositories",
        "list storageclasses",
        "list persistentvolumes",
    ] {
        assert!(with.iter().any(|there| there == need), "{need}: {with:?}");
        assert!(!without.iter().any(|there| there == need), "{need}: {without:?}");
    }
}

#[test]
fn files_of_any_storage_class_can_be_backed_up() {
    let mut facts = room();
    let provisioner = "efs.csi.aws.com".to_owned();
    facts.site.kube.volumes.storage_class = Seen::There(StorageClass { name: "efs".to_owned(), provisioner });
    facts.site.kube.volumes.snapshot_class = Seen::Absent;
    assert_eq!(proof(&plan(&with(&[Feature::FileSystemBackup]), &facts)).0, [Cover::FileSystemBackup]);
}

#[test]
fn with_csi_velero_snapshots_no_csi_volume_itself() {
    let plan = plan(&with(&[Feature::EbsSnapshots, Feature::Csi]), &room());
    assert_eq!(proof(&plan), (vec![Cover::Csi], vec!["volumes", "csi"]));
    says(&plan, "Not proven with a volume: ebs-snapshots: with csi or data-mover");
}

#[test]
fn nothing_is_proven_of_a_location_that_is_not_written_to() {
    let mut answers = with(&[Feature::Csi, Feature::Tagging]);
    answers.velero.access_mode = AccessMode::ReadOnly;
    let plan = plan(&answers, &room());
    assert_eq!(plan.beyond, ["volumes", "csi", "tagging", "schedules"]);
}

#[test]
fn f41_snapshots_are_made_where_the_volumes_are_and_not_where_the_bucket_is() {
    let mut answers = with(&[Feature::EbsSnapshots]);
    answers.bucket.region = Some(Region::parse("eu-central-1").unwrap());
    let mut facts = room();
    let region = |plan: &Plan| {
        let values: Value = serde_yaml::from_str(document(plan, "values.yaml")).unwrap();
        values["configuration"]["volumeSnapshotLocation"][0]["config"]["region"].as_str().unwrap().to_owned()
    };
    assert_eq!(region(&plan(&answers, &facts)), "us-east-1");
    facts.site.kube.volumes.volumes.regions.insert("us-west-2".to_owned());
    let there = plan(&answers, &facts);
    assert_eq!(region(&there), "us-west-2");
    let permissions = document(&there, "permissions.json");
    assert!(permissions.contains("arn:aws:ec2:us-west-2:111122223333:volume/*"), "{permissions}");
    assert!(!permissions.contains("arn:aws:ec2:us-east-1"), "{permissions}");
    facts.site.kube.volumes.volumes.regions.insert("us-east-1".to_owned());
    let several = plan(&answers, &facts);
    assert_eq!(region(&several), "us-east-1");
    says(&several, "are in us-east-1 and us-west-2");
}

#[test]
fn f38_what_ebs_snapshots_do_not_cover_is_said() {
    says(&plan(&with(&[Feature::EbsSnapshots]), &room()), "velero-F38");
}

#[test]
fn snapshots_that_a_restore_cluster_cannot_reach_are_named() {
    let mut answers = with(&[Feature::EbsSnapshots]);
    answers.restore_clusters.push(RestoreClusterAnswer {
        name: lifeboat::domain::ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    let mut facts = room();
    facts.restores.push(SiteFacts::bare(crate::world::cluster("dr", "us-west-2")));
    says(&plan(&answers, &facts), "Snapshots stay in us-east-1: the volumes of prod cannot be restored in dr");
    answers.velero.features.insert(Feature::DataMover);
    let moved = plan(&answers, &facts);
    assert!(!moved.notes.iter().any(|note| note.contains("Snapshots stay")), "{:?}", moved.notes);
}

#[test]
fn nested_values_and_list_entries_that_ours_overrule_are_named_and_the_others_stay() {
    let mut answers = with(&[Feature::EbsSnapshots]);
    answers.user_values = Some(json!({
        "snapshotsEnabled": false,
        "initContainers": "- {name: own, image: 'example.com/own:1'}",
        "configuration": {
            "features": "EnableAPIGroupVersions",
            "volumeSnapshotLocation": [
                {"name": "default", "provider": "aws", "config": {"region": "mars-1", "profile": "own"}},
                {"provider": "nameless"}
            ]
        }
    }));
    let plan = plan(&answers, &room());
    says(&plan, "values: snapshotsEnabled is set by lifeboat, over your false");
    says(&plan, "volumeSnapshotLocation.[name=default].config.region is set by lifeboat, over your \"mars-1\"");
    says(&plan, "an entry of your configuration.volumeSnapshotLocation has no name and is left out");
    assert!(!plan.notes.iter().any(|note| note.contains("features")), "{:?}", plan.notes);
    let values: Value = serde_yaml::from_str(document(&plan, "values.yaml")).unwrap();
    let names: Vec<&str> =
        values["initContainers"].as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["own", "velero-plugin-for-aws"], "a text that is a list is one");
    let location = &values["configuration"]["volumeSnapshotLocation"][0]["config"];
    assert_eq!(location, &json!({"region": "us-east-1", "profile": "own"}));
    assert_eq!(values["configuration"]["features"], "EnableAPIGroupVersions");
}

#[test]
fn every_image_comes_from_the_mirror_also_those_of_an_older_chart() {
    let mut answers = with(&[Feature::FileSystemBackup]);
    answers.install.image_registry = "registry.example.com/mirror/".to_owned();
    let new = plan(&answers, &room());
    assert_eq!(
        document(&new, "images.txt"),
        "registry.example.com/mirror/velero/velero:v1.18.3\n\
         registry.example.com/mirror/velero/velero-plugin-for-aws:v1.14.3\n"
    );
    let mut facts = room();
    facts.site.release = Some(Release {
        name: "velero".to_owned(),
        namespace: "velero".to_owned(),
        revision: 1,
        status: "deployed".to_owned(),
        chart: "velero".to_owned(),
        version: "8.7.2".to_owned(),
        app_version: "1.15.2".to_owned(),
        values: json!({}),
    });
    let old = plan(&answers, &facts);
    assert_eq!(
        document(&old, "images.txt"),
        "registry.example.com/mirror/velero/velero:v1.15.2\n\
         registry.example.com/mirror/velero/velero-plugin-for-aws:v1.11.0\n\
         registry.example.com/mirror/velero/velero-restore-helper:v1.15.2\n\
         registry.example.com/mirror/bitnami/kubectl:1.34\n"
    );
    let values: Value = serde_yaml::from_str(document(&old, "values.yaml")).unwrap();
    assert_eq!(values["kubectl"]["image"]["repository"], "registry.example.com/mirror/bitnami/kubectl");
}

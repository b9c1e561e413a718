//! The volumes of a cluster, by what they can be covered with.

use super::Region;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The drivers of EBS and EFS.
const EBS: &str = "ebs.csi.aws.com";
const EFS: &str = "efs.csi.aws.com";

/// Where a volume's zone or region stands in labels and node affinities.
const PLACES: [&str; 4] = [
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.ebs.csi.aws.com/zone",
    "failure-domain.beta.kubernetes.io/zone",
];

/// What volumes a cluster has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Volumes {
    /// EBS through its CSI driver.
    pub ebs_csi: usize,
    /// EBS through what was built into Kubernetes.
    pub ebs_in_tree: usize,
    /// EFS.
    pub efs: usize,
    /// All others, by driver or kind (`nfs`, `hostPath`).
    pub other: BTreeMap<String, usize>,
    /// The regions that EBS volumes are in.
    pub regions: BTreeSet<String>,
    /// Whether a `VolumeSnapshotClass` of the EBS driver is there: CSI snapshots need it.
    pub snapshot_class: bool,
}

impl Volumes {
    /// Counts `PersistentVolumes`; `classes` are the `VolumeSnapshotClasses`.
    pub fn of(volumes: &[Value], classes: &[Value]) -> Self {
        let mut out = Self { snapshot_class: classes.iter().any(|it| it["driver"] == EBS), ..Self::default() };
        for volume in volumes {
            let spec = &volume["spec"];
            match spec["csi"]["driver"].as_str() {
                Some(EBS) => out.ebs_csi += 1,
                Some(EFS) => out.efs += 1,
                Some(driver) => *out.other.entry(driver.to_owned()).or_default() += 1,
                None if spec["awsElasticBlockStore"].is_object() => out.ebs_in_tree += 1,
                None => *out.other.entry(kind(spec)).or_default() += 1,
            }
            if spec["csi"]["driver"] == EBS || spec["awsElasticBlockStore"].is_object() {
                out.regions.extend(region(volume));
            }
        }
        out
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        self.ebs() + self.efs + self.others()
    }

    /// How many are EBS.
    pub fn ebs(&self) -> usize {
        self.ebs_csi + self.ebs_in_tree
    }

    /// How many are neither EBS nor EFS.
    pub fn others(&self) -> usize {
        self.other.values().sum()
    }
}

/// The kind of a volume that has no CSI driver: the one key of its spec that is a source.
fn kind(spec: &Value) -> String {
    const SOURCES: [&str; 6] = ["nfs", "hostPath", "local", "iscsi", "fc", "cephfs"];
    SOURCES.into_iter().find(|key| spec[*key].is_object()).unwrap_or("unknown").to_owned()
}

/// The region that a volume's labels or node affinity name.
fn region(volume: &Value) -> Option<String> {
    let labels = PLACES.iter().filter_map(|key| volume["metadata"]["labels"][*key].as_str());
    let terms = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"].as_array().into_iter().flatten();
    let expressions = terms.flat_map(|term| term["matchExpressions"].as_array().into_iter().flatten());
    let values = expressions
        .filter(|it| it["key"].as_str().is_some_and(|key| PLACES.contains(&key)))
        .flat_map(|it| it["values"].as_array().into_iter().flatten())
        .filter_map(Value::as_str);
    labels.chain(values).find_map(region_of)
}

/// The region of a zone or region: `us-east-1a`, `us-west-2-lax-1a`, `us-gov-west-1`.
fn region_of(place: &str) -> Option<String> {
    let ends = place.match_indices('-').map(|(at, _)| at).chain([place.len()]);
    ends.filter_map(|end| place.get(..end)).find_map(|start| {
        let start = start.trim_end_matches(|c: char| c.is_ascii_lowercase());
        Region::parse(start).ok().map(|region| region.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ebs(zone: &str) -> Value {
        let expression = json!({"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]});
        let terms = json!([{"matchExpressions": [expression]}]);
        json!({"spec": {"csi": {"driver": EBS}, "nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}})
    }

    #[test]
    fn volumes_are_counted_by_what_covers_them() {
        let old = json!({
            "metadata": {"labels": {"topology.kubernetes.io/region": "us-west-2"}},
            "spec": {"awsElasticBlockStore": {"volumeID": "vol-1"}},
        });
        let list = [
            ebs("us-east-1a"),
            ebs("us-east-1b"),
            old,
            json!({"spec": {"csi": {"driver": EFS}}}),
            json!({"spec": {"nfs": {"server": "a"}}}),
            json!({"spec": {"csi": {"driver": "san.example.com"}}}),
        ];
        let found = Volumes::of(&list, &[json!({"driver": EBS})]);
        assert_eq!((found.ebs_csi, found.ebs_in_tree, found.efs, found.others()), (2, 1, 1, 2));
        assert_eq!(found.total(), 6);
        assert_eq!(found.regions.iter().map(String::as_str).collect::<Vec<_>>(), ["us-east-1", "us-west-2"]);
        assert!(found.snapshot_class);
        assert_eq!(found.other.keys().map(String::as_str).collect::<Vec<_>>(), ["nfs", "san.example.com"]);
    }

    #[test]
    fn a_zone_names_its_region_also_a_local_one() {
        for (zone, region) in [
            ("us-east-1a", "us-east-1"),
            ("us-gov-west-1b", "us-gov-west-1"),
            ("us-west-2-lax-1a", "us-west-2"),
            ("cn-north-1", "cn-north-1"),
        ] {
            assert_eq!(region_of(zone).as_deref(), Some(region), "{zone}");
        }
        assert_eq!(region_of("rack-7"), None);
    }
}

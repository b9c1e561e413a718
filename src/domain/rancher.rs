//! Rancher Backup's chart lines: one a Rancher minor version, each for some versions of Kubernetes (rancher.md 1).

use serde::Deserialize;
use std::sync::LazyLock;

const VERSIONS: &str = include_str!("../../assets/versions.json");

/// One line of the charts `rancher-backup` and `rancher-backup-crd`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RancherLine {
    /// Rancher's minor version, `2.13`.
    pub rancher: String,
    /// The tested chart version, `108.0.6+up9.0.6`.
    pub chart: String,
    /// The first and last minor version of Kubernetes 1 that it is made for.
    pub kubernetes: [u32; 2],
    /// The tag of the chart's hook image; empty where the chart's is not known.
    #[serde(default)]
    pub hook: String,
    /// The first version of the operator whose chart takes annotations for its pods; empty: none of the line.
    #[serde(default)]
    annotations: String,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(rename = "rancher-backup")]
    rancher_backup: Tested,
}

/// Where the charts are, and the lines, newest first.
#[derive(Deserialize)]
struct Tested {
    repository: String,
    image: String,
    lines: Vec<RancherLine>,
}

/// The regions that the S3 client of the tested operators (minio-go v7.0.87) knows; another one is taken for us-east-1
/// unless an endpoint of another form is named (rancher.md 4).
pub const MINIO_REGIONS: [&str; 37] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "ca-west-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "ap-east-1",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "af-south-1",
    "me-central-1",
    "me-south-1",
    "il-central-1",
    "sa-east-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
];

static TESTED: LazyLock<Tested> = LazyLock::new(|| {
    let read = serde_json::from_str::<Versions>(VERSIONS).map(|all| all.rancher_backup);
    read.unwrap_or_else(|_| Tested { repository: String::new(), image: String::new(), lines: Vec::new() })
});

/// The chart repository's URL.
pub fn rancher_repository() -> &'static str {
    &TESTED.repository
}

/// The operator's image, without a registry and a tag.
pub fn rancher_image() -> &'static str {
    &TESTED.image
}

/// The operator's version in a chart's: `10.0.8` out of `109.0.7+up10.0.8`; the whole of another one.
pub fn operator_version(chart: &str) -> &str {
    chart.split_once("+up").map_or(chart, |(_, operator)| operator)
}

/// `34` out of `v1.34.4-eks-1a2b3c4`.
pub fn kubernetes_minor(version: &str) -> Option<u32> {
    let mut parts = version.trim_start_matches('v').split('.').skip(1);
    let minor: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
    minor.parse().ok()
}

impl RancherLine {
    /// The lines, newest first.
    pub fn all() -> &'static [Self] {
        &TESTED.lines
    }

    /// The line of a chart's version, by its first number.
    pub fn of_chart(chart: &str) -> Option<&'static Self> {
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        Self::all().iter().find(|line| major(&line.chart) == major(chart))
    }

    /// The line of a Rancher by its version, `v2.13.1`.
    pub fn of_rancher(version: &str) -> Option<&'static Self> {
        let minor: Vec<&str> = version.trim_start_matches('v').split('.').take(2).collect();
        Self::all().iter().find(|line| line.rancher == minor.join("."))
    }

    /// The newest line for a minor version of Kubernetes; the newest of all for one that is newer than all.
    pub fn of_kubernetes(minor: u32) -> Option<&'static Self> {
        let newest = Self::all().first().filter(|line| minor > line.kubernetes[1]);
        newest.or_else(|| Self::all().iter().find(|line| line.takes(minor)))
    }

    /// Whether it is made for a minor version of Kubernetes.
    pub fn takes(&self, minor: u32) -> bool {
        (self.kubernetes[0]..=self.kubernetes[1]).contains(&minor)
    }

    /// Whether a chart version of this line takes annotations for its pods (`extraAnnotations`).
    pub fn annotates(&self, chart: &str) -> bool {
        let parse = |text: &str| semver::Version::parse(text).ok();
        match (parse(&self.annotations), parse(operator_version(chart))) {
            (Some(since), Some(version)) => version >= since,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::older_than_all(27, None)]
    #[case::only_one(28, Some("2.10"))]
    #[case::the_newest_of_three(33, Some("2.14"))]
    #[case::the_newest(34, Some("2.15"))]
    #[case::newer_than_all(40, Some("2.15"))]
    fn a_version_of_kubernetes_has_the_newest_line_made_for_it(#[case] minor: u32, #[case] line: Option<&str>) {
        assert_eq!(RancherLine::of_kubernetes(minor).map(|line| line.rancher.as_str()), line);
    }

    #[rstest]
    #[case("v2.13.1", Some("108.0.6+up9.0.6"))]
    #[case("2.11.0-rc1", Some("106.0.10+up7.0.9"))]
    #[case("v2.9.3", None)]
    #[case("head", None)]
    fn a_rancher_has_its_own_line(#[case] version: &str, #[case] chart: Option<&str>) {
        assert_eq!(RancherLine::of_rancher(version).map(|line| line.chart.as_str()), chart);
    }

    #[rstest]
    #[case("110.0.0+up11.0.0", true)]
    #[case("109.0.7+up10.0.8", true)]
    #[case("109.0.0+up10.0.3", false)]
    #[case("108.0.6+up9.0.6", false)]
    #[case("999", false)]
    fn pod_annotations_are_known_since_a_version(#[case] chart: &str, #[case] known: bool) {
        assert_eq!(RancherLine::of_chart(chart).is_some_and(|line| line.annotates(chart)), known);
    }

    #[test]
    fn versions_are_read_out_of_longer_ones() {
        assert_eq!(operator_version("109.0.7+up10.0.8"), "10.0.8");
        assert_eq!((kubernetes_minor("v1.34.4-eks-1a2b3c4"), kubernetes_minor("1.33+")), (Some(34), Some(33)));
        assert_eq!(kubernetes_minor("v1"), None);
    }
}

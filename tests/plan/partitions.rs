//! Partitions: no document of a plan names another partition's ARNs, domains or regions than the caller's.

use crate::told;
use lifeboat::domain::{Identity, Partition, Region, Tool};
use lifeboat::plan::answers::{Answers, Feature};
use lifeboat::plan::{Facts, Prove};
use rstest::rstest;

/// A partition, two of its regions, and the suffix of its endpoints.
const PARTITIONS: [(&str, &str, &str, &str); 3] = [
    ("aws", "us-east-1", "eu-central-1", "amazonaws.com"),
    ("aws-cn", "cn-north-1", "cn-northwest-1", "amazonaws.com.cn"),
    ("aws-us-gov", "us-gov-west-1", "us-gov-east-1", "amazonaws.com"),
];

/// Names that are the same in every partition (security.md 1.3, 1.8).
const EVERYWHERE: [&str; 3] = ["sts.amazonaws.com", "pods.eks.amazonaws.com", "eks.amazonaws.com/"];

/// What the demo world would say in another partition.
fn made(tool: Tool, identity: Identity, encryption: &str, partition: &(&str, &str, &str, &str)) -> (Answers, Facts) {
    let (part, region, other, suffix) = partition;
    let mut answers = told::answers(tool, identity, encryption, "acme-backups", restores(tool));
    if tool == Tool::Velero {
        answers.velero.features = Feature::ALL.iter().copied().collect();
    }
    let mut facts = told::facts(&answers).expect("the demo world answers");
    let there = |text: &str| {
        let text = text.replace("arn:aws:", &format!("arn:{part}:")).replace("us-east-1", region);
        text.replace("us-west-2", other).replace("amazonaws.com", suffix)
    };
    answers.cluster.region = Region::parse(region).unwrap();
    for cluster in &mut answers.restore_clusters {
        cluster.region = Region::parse(other).unwrap();
    }
    facts.caller.arn = there(&facts.caller.arn);
    (*part).clone_into(&mut facts.caller.partition);
    for site in std::iter::once(&mut facts.site).chain(&mut facts.restores) {
        let cluster = &mut site.cluster;
        (cluster.arn, cluster.endpoint) = (there(&cluster.arn), there(&cluster.endpoint));
        cluster.issuer = cluster.issuer.as_deref().map(there);
        // The demo's volumes stand in its own zones; without one their region is the cluster's.
        site.kube.volumes = lifeboat::plan::VolumeFacts::default();
    }
    if let Some(key) = &mut facts.key {
        key.key.arn = there(&key.key.arn);
        key.policy = key.policy.as_deref().map(there);
    }
    (answers, facts)
}

/// The demo's `dr` has no Space to restore to.
fn restores(tool: Tool) -> usize {
    usize::from(tool != Tool::UpboundSpaces)
}

/// What of a text is of another partition.
fn strange(text: &str, partition: &(&str, &str, &str, &str)) -> Vec<String> {
    let (part, _, _, suffix) = partition;
    let mut out = Vec::new();
    for (at, _) in text.match_indices("arn:aws") {
        let found = text[at..].split(':').nth(1).unwrap_or_default();
        if found != *part {
            out.push(text[at..].chars().take(60).collect());
        }
    }
    for (at, _) in text.match_indices("amazonaws.com") {
        let start = text[..at].rfind(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c))).map_or(0, |at| at + 1);
        let host: String =
            text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || ".-/".contains(*c)).collect();
        if EVERYWHERE.iter().any(|same| host.starts_with(same)) {
            continue;
        }
        let host = host.split('/').next().unwrap_or_default();
        if !host.trim_end_matches('.').ends_with(suffix) {
            out.push(host.to_owned());
        }
    }
    let others = PARTITIONS.iter().filter(|other| other.0 != *part);
    out.extend(others.flat_map(|other| [other.1, other.2]).filter(|region| text.contains(region)).map(str::to_owned));
    out
}

#[rstest]
fn no_document_names_another_partition(
    #[values(Tool::Velero, Tool::RancherBackup, Tool::UpboundSpaces)] tool: Tool,
    #[values(Identity::Irsa, Identity::PodIdentity)] identity: Identity,
    #[values("bucket-default", "new", "alias/backups")] encryption: &str,
    #[values(0, 1, 2)] at: usize,
) {
    let partition = &PARTITIONS[at];
    let (answers, facts) = made(tool, identity, encryption, partition);
    let plan = match lifeboat::plan::plan(&answers, &facts, Prove::Needed) {
        Ok(plan) => plan,
        Err(problems) => panic!("{problems}"),
    };
    for document in plan.documents() {
        let found = strange(&document.text, partition);
        assert!(found.is_empty(), "{} of {}: {found:?}", document.path, partition.0);
    }
    assert!(plan.names.role_arn.starts_with(&format!("arn:{}:iam::", partition.0)));
}

#[test]
fn the_search_finds_what_is_of_another_partition() {
    let china = &PARTITIONS[1];
    for text in ["arn:aws:s3:::x", "s3.cn-north-1.amazonaws.com", "us-east-1", "arn:aws-us-gov:iam::1:role/x"] {
        assert!(!strange(text, china).is_empty(), "{text}");
    }
    for text in
        ["arn:aws-cn:s3:::x", "s3.cn-north-1.amazonaws.com.cn", "\"sts.amazonaws.com\"", "eks.amazonaws.com/role-arn"]
    {
        assert_eq!(strange(text, china), Vec::<String>::new(), "{text}");
    }
    assert!(!strange("s3.us-east-1.amazonaws.com.cn", &PARTITIONS[0]).is_empty());
}

#[test]
fn every_partition_of_the_grid_is_one_that_is_known() {
    for (part, region, other, suffix) in PARTITIONS {
        let partition = Partition::parse(part).unwrap();
        assert_eq!(partition.dns_suffix(), suffix);
        for region in [region, other] {
            assert_eq!(Partition::of_region(&Region::parse(region).unwrap()), Some(partition));
        }
    }
}

//! AWS partitions: whose rules, domain names and ARNs a region follows (security.md 1.8).

use super::text::display;
use super::tool::one_of;
use super::{Reason, Region};

/// A partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Partition {
    /// `aws`, commercial regions.
    Aws,
    /// `aws-cn`, China.
    China,
    /// `aws-us-gov`, `GovCloud`.
    UsGov,
    /// `aws-eusc`, the European sovereign cloud.
    Eusc,
    /// `aws-iso`.
    Iso,
    /// `aws-iso-b`.
    IsoB,
    /// `aws-iso-e`.
    IsoE,
    /// `aws-iso-f`.
    IsoF,
}

impl Partition {
    /// All partitions.
    pub const ALL: [Self; 8] =
        [Self::Aws, Self::China, Self::UsGov, Self::Eusc, Self::Iso, Self::IsoB, Self::IsoE, Self::IsoF];

    /// As in the second part of an ARN.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
            Self::Eusc => "aws-eusc",
            Self::Iso => "aws-iso",
            Self::IsoB => "aws-iso-b",
            Self::IsoE => "aws-iso-e",
            Self::IsoF => "aws-iso-f",
        }
    }

    /// Takes the second part of an ARN.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        one_of(text, "an AWS partition", &Self::ALL.map(|partition| (partition.as_str(), partition)))
    }

    /// The partition of an ARN; the caller's ARN is the best source there is.
    pub fn of_arn(arn: &str) -> Result<Self, Reason> {
        let mut parts = arn.trim().split(':');
        match (parts.next(), parts.next()) {
            (Some("arn"), Some(partition)) => Self::parse(partition),
            _ => Err(Reason::not(arn, "an ARN", "an ARN starts with arn:PARTITION:")),
        }
    }

    /// The partition of a region by botocore's rules; `None` for a region of no known pattern.
    pub fn of_region(region: &Region) -> Option<Self> {
        let words: Vec<&str> = region.as_str().split('-').collect();
        match words.as_slice() {
            ["us", "gov", _, _] => Some(Self::UsGov),
            ["us", "iso", _, _] => Some(Self::Iso),
            ["us", "isob", _, _] => Some(Self::IsoB),
            ["eu", "isoe", _, _] => Some(Self::IsoE),
            ["us", "isof", _, _] => Some(Self::IsoF),
            ["eusc", "de", _, _] => Some(Self::Eusc),
            ["cn", _, _] => Some(Self::China),
            ["us" | "eu" | "ap" | "sa" | "ca" | "me" | "af" | "il" | "mx", _, _] => Some(Self::Aws),
            _ => None,
        }
    }

    /// The suffix of service endpoints, `amazonaws.com`.
    pub fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::UsGov => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
            Self::Eusc => "amazonaws.eu",
            Self::Iso => "c2s.ic.gov",
            Self::IsoB => "sc2s.sgov.gov",
            Self::IsoE => "cloud.adc-e.uk",
            Self::IsoF => "csp.hci.ic.gov",
        }
    }

    /// Refuses a region of another partition than the caller's (N29): no call can cross it.
    pub fn admits(self, region: &Region) -> Result<(), Reason> {
        match Self::of_region(region) {
            Some(other) if other != self => Err(Reason::new(
                format!("region {region} is in partition {other}, these credentials are of {self}"),
                "credentials of one partition are unknown in another",
            )),
            _ => Ok(()),
        }
    }
}

display!(Partition);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("us-gov-west-1", Partition::UsGov)]
    #[case("us-iso-east-1", Partition::Iso)]
    #[case("us-isob-east-1", Partition::IsoB)]
    #[case("eu-isoe-west-1", Partition::IsoE)]
    #[case("us-isof-south-1", Partition::IsoF)]
    #[case("eusc-de-east-1", Partition::Eusc)]
    #[case("cn-north-1", Partition::China)]
    #[case("us-east-1", Partition::Aws)]
    #[case("mx-central-1", Partition::Aws)]
    fn specific_regions_are_not_taken_for_commercial_ones(#[case] region: &str, #[case] partition: Partition) {
        assert_eq!(Partition::of_region(&Region::parse(region).unwrap()), Some(partition));
    }

    #[test]
    fn n29_a_region_of_another_partition_than_the_callers_is_refused() {
        let caller = Partition::of_arn("arn:aws:iam::111122223333:user/ada").unwrap();
        assert!(caller.admits(&Region::parse("us-gov-west-1").unwrap()).is_err());
        assert!(caller.admits(&Region::parse("us-east-1").unwrap()).is_ok());
        assert!(caller.admits(&Region::parse("nz-south-7").unwrap()).is_ok());
        let china = Partition::of_arn("arn:aws-cn:sts::111122223333:assumed-role/a/b").unwrap();
        assert_eq!(china.dns_suffix(), "amazonaws.com.cn");
        assert!(china.admits(&Region::parse("us-east-1").unwrap()).is_err());
        assert!(Partition::of_arn("aws").is_err());
    }

    #[test]
    fn every_known_region_has_a_partition() {
        for name in Region::all_known() {
            assert!(Partition::of_region(&Region::parse(name).unwrap()).is_some(), "{name}");
        }
    }
}

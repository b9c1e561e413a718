//! What was meant by a pasted bucket address (N07, N08).

use super::{BucketName, Prefix, Region};

/// The parts of a pasted address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// The bucket.
    pub bucket: BucketName,
    /// The prefix, when the address has one that may be used.
    pub prefix: Option<Prefix>,
    /// The region, when the address names one.
    pub region: Option<Region>,
}

/// Reads `s3://bucket/prefix`, a bucket's or object's ARN, an S3 URL (virtual-hosted, path-style,
/// console), `bucket/prefix`, or a bare name. `None` when no bucket can be made out.
pub fn understand(text: &str) -> Option<Understood> {
    let text = text.trim();
    let scheme = text.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    if let Some((scheme, rest)) = scheme {
        return match scheme.as_str() {
            "s3" | "s3a" | "s3n" => split(rest, None),
            "https" | "http" => url(rest),
            _ => None,
        };
    }
    if text.starts_with("arn:") {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        return match parts.as_slice() {
            ["arn", _, "s3", _, _, rest] => split(rest.trim_end_matches('*'), None),
            _ => None,
        };
    }
    split(text, None)
}

/// `bucket` or `bucket/prefix`.
fn split(text: &str, region: Option<Region>) -> Option<Understood> {
    let (bucket, rest) = text.split_once('/').unwrap_or((text, ""));
    let plain = bucket.len() >= 3 && bucket.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    // The name's own parser asks here first, so an address inside a name must not lead back to it.
    let bucket = if plain { BucketName::parse(bucket).ok()? } else { return None };
    let rest = rest.trim_matches('/');
    Some(Understood { bucket, prefix: Prefix::parse(rest).ok(), region })
}

/// An S3 URL without its scheme.
fn url(rest: &str) -> Option<Understood> {
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split(':').next()?.to_ascii_lowercase();
    if host.ends_with("console.aws.amazon.com") {
        return path.split_once("s3/buckets/").and_then(|(_, rest)| split(rest, None));
    }
    let labels: Vec<&str> = host.split('.').collect();
    // s3, s3-REGION, s3-accelerate: the first label that says S3 ends the bucket's part.
    let at = labels.iter().rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
    if !host.contains("amazonaws.") {
        return None;
    }
    let here = labels.get(at)?.strip_prefix("s3-").and_then(|name| Region::parse(name).ok());
    let region = here.or_else(|| labels.get(at + 1..)?.iter().find_map(|label| Region::parse(label).ok()));
    let bucket = labels.get(..at)?.join(".");
    if bucket.is_empty() { split(path, region) } else { split(&format!("{bucket}/{path}"), region) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("s3://acme-backups", None, None)]
    #[case("s3://acme-backups/velero/prod/", Some("velero/prod"), None)]
    #[case("arn:aws:s3:::acme-backups", None, None)]
    #[case("arn:aws:s3:::acme-backups/x", Some("x"), None)]
    #[case("arn:aws:s3:::acme-backups/x/*", Some("x"), None)]
    #[case("https://acme-backups.s3.amazonaws.com", None, None)]
    #[case("https://acme-backups.s3.eu-west-1.amazonaws.com/x/y?versionId=1", Some("x/y"), Some("eu-west-1"))]
    #[case("https://acme-backups.s3-us-west-2.amazonaws.com/", None, Some("us-west-2"))]
    #[case("https://s3.us-east-1.amazonaws.com/acme-backups/x", Some("x"), Some("us-east-1"))]
    #[case("https://s3.cn-north-1.amazonaws.com.cn/acme-backups", None, Some("cn-north-1"))]
    #[case("https://us-east-1.console.aws.amazon.com/s3/buckets/acme-backups?region=us-east-1", None, None)]
    #[case(" acme-backups ", None, None)]
    fn n07_pasted_addresses_are_understood(
        #[case] text: &str,
        #[case] prefix: Option<&str>,
        #[case] region: Option<&str>,
    ) {
        let found = understand(text).unwrap();
        assert_eq!(found.bucket.as_str(), "acme-backups");
        assert_eq!(found.prefix.as_ref().map(Prefix::as_str), prefix);
        assert_eq!(found.region.as_ref().map(Region::as_str), region);
    }

    #[test]
    fn n08_a_bucket_and_prefix_in_one_field_are_split() {
        let found = understand("acme-backups/velero").unwrap();
        assert_eq!(found.bucket.as_str(), "acme-backups");
        assert_eq!(found.prefix.unwrap().as_str(), "velero");
    }

    #[rstest]
    #[case("")]
    #[case("ftp://acme-backups")]
    #[case("https://example.com/acme-backups")]
    #[case("arn:aws:iam::111122223333:role/x")]
    #[case("https://")]
    #[case("s3:///x")]
    fn n07_what_is_no_bucket_address_is_not_understood(#[case] text: &str) {
        assert_eq!(understand(text), None);
    }
}

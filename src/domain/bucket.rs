//! Names of general purpose buckets (security.md 2).

use super::text::{lower_or_digit, offender, propose, text};
use super::{AccountId, Reason, Region, Shown};

/// The name of a general purpose bucket (N01 to N09).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(String);

text!(BucketName);

/// Reserved beginnings and ends, with whose they are.
const PREFIXES: [(&str, &str); 3] =
    [("xn--", "internationalised names"), ("sthree-", "S3 itself"), ("amzn-s3-demo-", "AWS's examples")];
const SUFFIXES: [(&str, &str); 5] = [
    ("-s3alias", "access point aliases"),
    ("--ol-s3", "Object Lambda access points"),
    ("--x-s3", "directory buckets"),
    ("--table-s3", "table buckets"),
    (".mrap", "multi-region access points"),
];

impl BucketName {
    /// Takes a bucket's name; of a pasted URL, ARN or `bucket/prefix` the bucket is proposed, and
    /// [`super::understand`] tells the rest.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a bucket name", why);
        // Only an address holds these, so that the two never call each other in circles.
        let address = text.contains(['/', ':']).then(|| super::understand(text)).flatten();
        if let Some(found) = address {
            let prefix = found.prefix.filter(|prefix| !prefix.is_root());
            let prefix = prefix.map(|prefix| format!(" and the prefix {prefix}")).unwrap_or_default();
            let why =
                format!("it is the address of the bucket {}{prefix}; the field takes the name alone", found.bucket);
            return Err(not(&why).suggest(found.bucket.as_str()));
        }
        let count = text.chars().count();
        let near = || Self::near(text);
        if !(3..=63).contains(&count) {
            let why = format!("a bucket name has 3 to 63 characters, this has {count}");
            return Err(if count > 0 { not(&why) } else { Reason::new("the bucket name is empty", why) }
                .example("acme-backups"));
        }
        if let Some(found) = offender(text, |c| lower_or_digit(c) || c == '.' || c == '-') {
            let why = format!("it holds {found}; lower-case letters, digits, . and - are allowed");
            return Err(propose(not(&why), &near()));
        }
        if !text.starts_with(lower_or_digit) || !text.ends_with(lower_or_digit) {
            return Err(propose(not("it starts and ends with a letter or digit"), &near()));
        }
        if text.contains("..") {
            return Err(propose(not("it holds two dots side by side"), &near()));
        }
        if is_ipv4(text) {
            return Err(not("it looks like an IP address").example("acme-backups"));
        }
        Self::unreserved(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Refuses reserved beginnings and ends (N05, N09).
    fn unreserved(text: &str) -> Result<(), Reason> {
        let not = |why: &str| Reason::not(text, "a bucket name", why);
        for (prefix, whose) in PREFIXES {
            if text.starts_with(prefix) {
                return Err(not(&format!("names that start with {prefix} are reserved for {whose}")));
            }
        }
        for (suffix, whose) in SUFFIXES {
            if text.ends_with(suffix) {
                return Err(not(&format!("names that end with {suffix} are reserved for {whose}")));
            }
        }
        if text.ends_with("-an") && regional_parts(text).is_none() {
            let why = "names that end with -an belong to an account's regional namespace, NAME-ACCOUNT-REGION-an; \
                       give the first part and let lifeboat build the whole";
            let base = text.strip_suffix("-an").unwrap_or(text);
            let near = if Self::parse(base).is_ok() { base } else { "" };
            return Err(propose(not(why), near));
        }
        Ok(())
    }

    /// Whether dots in it break the certificate of HTTPS virtual hosting: warn (N06).
    pub fn dotted(&self) -> bool {
        self.0.contains('.')
    }

    /// The warning of a dotted name.
    pub fn warning(&self) -> Option<Shown> {
        self.dotted().then(|| {
            Shown::new("dots in a bucket's name break HTTPS virtual hosting: its certificate covers one label only")
        })
    }

    /// Whether it is a whole name of an account's regional namespace, `NAME-ACCOUNT-REGION-an`.
    pub fn is_account_regional(&self) -> bool {
        regional_parts(&self.0).is_some()
    }

    /// The whole name in an account's regional namespace, `NAME-ACCOUNT-REGION-an`: 63 at most, so NAME
    /// has 37 in us-east-1 and 32 in ap-northeast-1. A name that is whole already stays (N09).
    pub fn account_regional(&self, account: &AccountId, region: &Region) -> Result<Self, Reason> {
        let tail = format!("-{account}-{region}-an");
        if self.0.ends_with(&tail) {
            return Ok(self.clone());
        }
        if self.is_account_regional() {
            let why = format!("in this account and region a name ends with {tail}");
            return Err(Reason::not(&self.0, "a bucket name of this account's regional namespace", why));
        }
        Self::fits_region(self, region)?;
        Ok(Self(format!("{}{tail}", self.0)))
    }

    /// Whether the name leaves room for `-ACCOUNT-REGION-an`, before the account is known.
    pub fn fits_region(&self, region: &Region) -> Result<(), Reason> {
        let most = 63_usize.saturating_sub(17 + region.as_str().len());
        if self.is_account_regional() || self.0.len() <= most {
            return Ok(());
        }
        let why = format!(
            "with account_regional the name gets -ACCOUNT-{region}-an behind it, which leaves {most} of 63 characters; \
             this has {}",
            self.0.len()
        );
        Err(Reason::not(&self.0, "short enough", why))
    }

    /// The bucket's ARN.
    pub fn arn(&self, partition: super::Partition) -> String {
        format!("arn:{partition}:s3:::{}", self.0)
    }

    /// The nearest name: lower case, `-` for what is not allowed (N02); empty when there is none.
    fn near(text: &str) -> String {
        let mut out = String::new();
        for c in text.trim().to_lowercase().chars() {
            let c = if lower_or_digit(c) || c == '.' { c } else { '-' };
            if !(c == '.' && out.ends_with('.')) {
                out.push(c);
            }
        }
        let near = out.trim_matches(['-', '.']);
        if near != text && Self::parse(near).is_ok() { near.to_owned() } else { String::new() }
    }
}

/// Four numbers with dots between.
fn is_ipv4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 4
        && parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

/// `(NAME, ACCOUNT, REGION)` of `NAME-ACCOUNT-REGION-an`.
fn regional_parts(text: &str) -> Option<(String, AccountId, Region)> {
    let words: Vec<&str> = text.strip_suffix("-an")?.split('-').collect();
    (1..words.len()).rev().find_map(|index| {
        let account = AccountId::parse(words.get(index)?).ok()?;
        let region = Region::parse(&words.get(index + 1..)?.join("-")).ok()?;
        let name = words.get(..index)?.join("-");
        (!name.is_empty()).then_some((name, account, region))
    })
}

#[cfg(test)]
#[path = "bucket_tests.rs"]
mod tests;

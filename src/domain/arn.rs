//! Amazon resource names.

use super::text::{display, offender};
use super::{AccountId, Partition, Reason, RoleName};

/// The parts of an ARN, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArnParts<'a> {
    /// The partition.
    pub partition: Partition,
    /// `iam`, `kms`, ...
    pub service: &'a str,
    /// The region, or empty.
    pub region: &'a str,
    /// The account, or empty.
    pub account: &'a str,
    /// What follows, colons included.
    pub resource: &'a str,
}

impl<'a> ArnParts<'a> {
    /// Takes an ARN of one concrete thing; white space is trimmed at the ends only, a wildcard or any
    /// invisible character inside is refused by its code point (N25).
    pub fn parse(text: &'a str) -> Result<Self, Reason> {
        let arn = text.trim_matches([' ', '\t', '\r', '\n']);
        if let Some(found) = offender(arn, |c| c.is_ascii_graphic()) {
            return Err(Reason::not(text, "an ARN", format!("it holds {found}")));
        }
        if arn.contains(['*', '?']) {
            return Err(Reason::not(text, "the ARN of one thing", "it holds a wildcard"));
        }
        let mut parts = arn.splitn(6, ':');
        let mut next = || parts.next().unwrap_or_default();
        let (head, partition, service, region, account, resource) = (next(), next(), next(), next(), next(), next());
        if head != "arn" || service.is_empty() || resource.is_empty() {
            let why = "an ARN has six parts, arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE";
            return Err(Reason::not(text, "an ARN", why).example("arn:aws:iam::111122223333:role/backup"));
        }
        let partition = Partition::parse(partition).map_err(|reason| reason.within(text, "an ARN"))?;
        Ok(Self { partition, service, region, account, resource })
    }

    /// Requires the service, a region-less ARN and an account that `account` takes.
    fn of_iam(text: &'a str, noun: &str) -> Result<Self, Reason> {
        let parts = Self::parse(text)?;
        if parts.service != "iam" || !parts.region.is_empty() {
            return Err(Reason::not(text, noun, format!("it is of service {}, not of iam", parts.service)));
        }
        Ok(parts)
    }
}

/// The ARN of a managed policy, `arn:aws:iam::111122223333:policy/boundary`; the account is `aws` for
/// AWS's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyArn(String);

super::text::text!(PolicyArn);

impl PolicyArn {
    /// Takes a managed policy's ARN (N19: its name has at most 128 characters).
    pub fn parse(text: &str) -> Result<Self, Reason> {
        const NOUN: &str = "a managed policy's ARN";
        const EXAMPLE: &str = "arn:aws:iam::111122223333:policy/boundary";
        let parts = ArnParts::of_iam(text, NOUN).map_err(|reason| reason.example(EXAMPLE))?;
        if parts.account != "aws" {
            AccountId::parse(parts.account).map_err(|reason| reason.within(text, NOUN))?;
        }
        let not = |why: &str| Reason::not(text, NOUN, why).example(EXAMPLE);
        let Some(path) = parts.resource.strip_prefix("policy/") else {
            return Err(not("its last part starts with policy/"));
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let good = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if name.is_empty() || name.len() > 128 || !name.chars().all(good) {
            return Err(not("a policy's name has 1 to 128 letters, digits and _ + = , . @ -"));
        }
        Ok(Self(text.trim().to_owned()))
    }

    /// The policy's name, its path left out.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

/// The ARN of a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleArn {
    text: String,
    partition: Partition,
    account: AccountId,
    name: RoleName,
}

display!(RoleArn);

impl RoleArn {
    /// Takes a role's ARN. A user's is refused; for an assumed role's session the role is proposed (N26).
    pub fn parse(text: &str) -> Result<Self, Reason> {
        const NOUN: &str = "a role's ARN";
        if let Some(role) = Self::of_session(text) {
            let why = "this is a session of an assumed role; the role's path is unknown, / is assumed";
            return Err(Reason::not(text, NOUN, why).suggest(role.as_str()));
        }
        let parts = ArnParts::of_iam(text, NOUN)?;
        let account = AccountId::parse(parts.account).map_err(|reason| reason.within(text, NOUN))?;
        let not = |why: &str| Reason::not(text, NOUN, why).example("arn:aws:iam::111122223333:role/backup");
        if parts.resource.starts_with("user/") {
            return Err(not("this is a user; pods can only take on a role"));
        }
        let Some(path) = parts.resource.strip_prefix("role/") else {
            return Err(not("its last part starts with role/"));
        };
        let name = RoleName::parse(path.rsplit('/').next().unwrap_or_default());
        let name = name.map_err(|reason| reason.within(text, NOUN))?;
        Ok(Self { text: text.trim().to_owned(), partition: parts.partition, account, name })
    }

    /// The role of `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, whose path AWS does not tell: `/` is
    /// assumed. `None` when it is not such an ARN.
    pub fn of_session(text: &str) -> Option<Self> {
        let parts = ArnParts::parse(text).ok()?;
        if parts.service != "sts" {
            return None;
        }
        let name = parts.resource.strip_prefix("assumed-role/")?.split('/').next()?;
        let (account, name) = (AccountId::parse(parts.account).ok()?, RoleName::parse(name).ok()?);
        let text = name.arn(parts.partition, &account, &super::RolePath::default());
        Some(Self { text, partition: parts.partition, account, name })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its partition.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// Its account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The role's name, its path left out.
    pub fn name(&self) -> &RoleName {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::four_colons("arn:aws:iam:111122223333:role/backup")]
    #[case::wrong_service("arn:aws:s3::111122223333:role/backup")]
    #[case::wrong_partition("arn:amazon:iam::111122223333:role/backup")]
    #[case::wildcard("arn:aws:iam::111122223333:role/*")]
    #[case::zero_width("arn:aws:iam::111122223333:role/back\u{200b}up")]
    #[case::inner_line_end("arn:aws:iam::111122223333:role/back\r\nup")]
    #[case::account("arn:aws:iam::1111:role/backup")]
    #[case::no_name("arn:aws:iam::111122223333:role/")]
    #[case::policy("arn:aws:iam::111122223333:policy/backup")]
    #[case::region("arn:aws:iam:us-east-1:111122223333:role/backup")]
    fn n25_arns_that_are_not_a_roles_are_refused(#[case] text: &str) {
        assert!(RoleArn::parse(text).is_err());
    }

    #[test]
    fn n25_only_the_ends_are_trimmed_and_the_code_point_inside_is_named() {
        let role = RoleArn::parse(" arn:aws:iam::111122223333:role/ops/backup\r\n").unwrap();
        assert_eq!(role.as_str(), "arn:aws:iam::111122223333:role/ops/backup");
        assert_eq!(role.name().as_str(), "backup");
        let why = RoleArn::parse("arn:aws:iam::111122223333:role/back\u{200b}up").unwrap_err();
        assert!(why.why.as_str().contains("U+200B"), "{why}");
    }

    #[test]
    fn n26_a_user_is_refused_and_a_session_proposes_its_role() {
        let user = RoleArn::parse("arn:aws:iam::111122223333:user/ada").unwrap_err();
        assert!(user.why.as_str().contains("user"), "{user}");
        let session = RoleArn::parse("arn:aws:sts::111122223333:assumed-role/backup/i-0abc").unwrap_err();
        assert!(session.why.as_str().contains("path is unknown"), "{session}");
        assert_eq!(session.suggestion.unwrap().as_str(), "arn:aws:iam::111122223333:role/backup");
    }

    #[test]
    fn n19_policy_names_have_128_characters() {
        let arn = |name: &str| format!("arn:aws:iam::111122223333:policy/{name}");
        assert!(PolicyArn::parse(&arn(&"p".repeat(128))).is_ok());
        assert!(PolicyArn::parse(&arn(&"p".repeat(129))).is_err());
        assert_eq!(PolicyArn::parse("arn:aws:iam::aws:policy/service/X").unwrap().name(), "X");
        assert!(PolicyArn::parse("arn:aws:iam::111122223333:role/x").is_err());
    }
}

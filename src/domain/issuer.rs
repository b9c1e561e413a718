//! A cluster's OIDC issuer.

use super::text::{offender, text};
use super::{AccountId, Partition, Reason, Shown};

/// An OIDC issuer's URL, exactly as EKS gives it: https, no port, query or wildcard, at most 255
/// characters. Its case is never folded: IAM compares it exactly (N32, N37).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Issuer(String);

text!(Issuer);

impl Issuer {
    /// Takes an issuer's URL; one trailing slash is taken off.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        Self::parse_noting(text).map(|(issuer, _)| issuer)
    }

    /// Like [`Self::parse`], and what was changed, to be said.
    pub fn parse_noting(text: &str) -> Result<(Self, Option<Shown>), Reason> {
        let not = |why: &str| Reason::not(text, "an OIDC issuer", why);
        let Some(rest) = text.strip_prefix("https://") else {
            return Err(not("it starts with https://").example("https://oidc.eks.us-east-1.amazonaws.com/id/0123ABCD"));
        };
        let bare = rest.strip_suffix('/').unwrap_or(rest);
        if bare.contains(':') {
            return Err(not("it has no port"));
        }
        if bare.contains(['?', '#']) {
            return Err(not("it has no query or fragment"));
        }
        // What is left goes into an ARN and into condition keys.
        if let Some(found) = offender(bare, |c| c.is_ascii_alphanumeric() || "-._~/%".contains(c)) {
            return Err(not(&format!("it holds {found}")));
        }
        let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
        if host.is_empty() || path.is_empty() || bare.ends_with('/') {
            return Err(not("it has a host and a path"));
        }
        let url = format!("https://{bare}");
        if url.len() > 255 {
            return Err(not("it has at most 255 characters"));
        }
        let note = (bare.len() < rest.len()).then(|| Shown::new("the slash at the issuer's end was taken off"));
        Ok((Self(url), note))
    }

    /// Host and path without the scheme, as in condition keys (`HOST/PATH:sub`) and provider ARNs.
    pub fn host_path(&self) -> &str {
        self.0.strip_prefix("https://").unwrap_or(&self.0)
    }

    /// The ARN of its provider in an account.
    pub fn provider_arn(&self, partition: Partition, account: &AccountId) -> String {
        format!("arn:{partition}:iam::{account}:oidc-provider/{}", self.host_path())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    const GOOD: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

    #[rstest]
    #[case::http("http://oidc.eks.us-east-1.amazonaws.com/id/AB")]
    #[case::port("https://oidc.eks.us-east-1.amazonaws.com:443/id/AB")]
    #[case::query("https://oidc.eks.us-east-1.amazonaws.com/id/AB?x=1")]
    #[case::star("https://oidc.eks.us-east-1.amazonaws.com/id/*")]
    #[case::quote("https://oidc.eks.us-east-1.amazonaws.com/id/A\"B")]
    #[case::control("https://oidc.eks.us-east-1.amazonaws.com/id/A\u{1}B")]
    #[case::user("https://ada@example.com/id/AB")]
    #[case::no_path("https://oidc.eks.us-east-1.amazonaws.com")]
    #[case::only_slash("https://oidc.eks.us-east-1.amazonaws.com/")]
    #[case::two_slashes("https://oidc.eks.us-east-1.amazonaws.com/id/AB//")]
    #[case::empty("")]
    fn n32_issuers_that_iam_would_not_take_are_refused(#[case] text: &str) {
        assert!(Issuer::parse(text).is_err());
    }

    #[test]
    fn n32_one_trailing_slash_is_taken_off_and_said() {
        let (issuer, note) = Issuer::parse_noting(&format!("{GOOD}/")).unwrap();
        assert_eq!(issuer.as_str(), GOOD);
        assert!(note.is_some());
        assert_eq!(Issuer::parse_noting(GOOD).unwrap().1, None);
        let account = AccountId::parse("111122223333").unwrap();
        assert_eq!(
            issuer.provider_arn(Partition::China, &account),
            format!("arn:aws-cn:iam::111122223333:oidc-provider/{}", issuer.host_path())
        );
        assert!(Issuer::parse(&format!("https://h/{}", "p".repeat(246))).is_err());
        assert!(Issuer::parse("https://oidc-eks.us-east-1.api.aws/id/ab").is_ok());
    }

    #[test]
    fn n37_an_issuers_case_is_never_folded() {
        let upper = Issuer::parse(GOOD).unwrap();
        let lower = Issuer::parse(&GOOD.to_lowercase()).unwrap();
        assert_ne!(upper, lower);
        assert!(upper.host_path().ends_with("ABCDEF"));
    }
}

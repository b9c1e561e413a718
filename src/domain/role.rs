//! IAM role names and paths.

use super::text::{first, hash8, offender, text};
use super::{ClusterName, Reason, Region, Tool};

/// The most characters of a role's name.
const MOST: usize = 64;

/// A role's name: 1 to 64 of `[\w+=,.@-]`, unique in the account without regard to case (N15, N16).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleName(String);

text!(RoleName);

/// What a role's name may hold.
fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

impl RoleName {
    /// Takes a role's name; for one over 64 characters the shortened form is proposed.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a role name", why);
        if text.is_empty() {
            return Err(Reason::new("the role name is empty", "it has 1 to 64 characters").example("lifeboat-velero"));
        }
        if text.trim_start().starts_with("arn:")
            && let Ok(role) = super::RoleArn::parse(text)
        {
            return Err(not("this is an ARN; the field takes the name").suggest(role.name().as_str()));
        }
        if let Some(role) = super::RoleArn::of_session(text) {
            return Err(not("this is a session of an assumed role").suggest(role.name().as_str()));
        }
        let near = || {
            let plain: String = text.trim().chars().map(|c| if allowed(c) { c } else { '-' }).collect();
            Self::shortened(&plain)
        };
        if let Some(found) = offender(text, allowed) {
            let why = format!("it holds {found}; letters, digits and _ + = , . @ - are allowed");
            return Err(super::text::propose(not(&why), near().as_str()));
        }
        let count = text.len();
        if count > MOST {
            return Err(not(&format!("it has {count} characters, at most {MOST} are allowed")).suggest(near().0));
        }
        Ok(Self(text.to_owned()))
    }

    /// The contract's default, `lifeboat-TOOL-REGION-CLUSTER`; over 64 the first 55, `-`, 8 hex.
    pub fn default_for(tool: Tool, region: &Region, cluster: &ClusterName) -> Self {
        Self::shortened(&format!("lifeboat-{tool}-{region}-{cluster}"))
    }

    /// A restore cluster's read role, `lifeboat-TOOL-REGION-CLUSTER-read`; over 64 the first 50, `-`,
    /// 8 hex, `-read`.
    pub fn read_default_for(tool: Tool, region: &Region, cluster: &ClusterName) -> Self {
        Self::read(&format!("lifeboat-{tool}-{region}-{cluster}-read"))
    }

    /// A restore cluster's read role beside a role with an explicit name, `NAME-REGION-CLUSTER-read`.
    #[must_use]
    pub fn read_beside(&self, region: &Region, cluster: &ClusterName) -> Self {
        Self::read(&format!("{self}-{region}-{cluster}-read"))
    }

    /// Whether IAM takes the two for one role: it compares without regard to case (N16).
    pub fn collides(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The role's ARN in an account.
    pub fn arn(&self, partition: super::Partition, account: &super::AccountId, path: &RolePath) -> String {
        format!("arn:{partition}:iam::{account}:role{path}{self}")
    }

    /// At most 64 characters: over it the first 55, `-`, 8 hex of the whole name's SHA-256.
    fn shortened(full: &str) -> Self {
        if full.len() <= MOST { Self(full.to_owned()) } else { Self(format!("{}-{}", first(full, 55), hash8(full))) }
    }

    fn read(full: &str) -> Self {
        if full.len() <= MOST {
            Self(full.to_owned())
        } else {
            Self(format!("{}-{}-read", first(full, 50), hash8(full)))
        }
    }
}

/// A role's path: `/` or `/.../`, 1 to 512 of U+0021 to U+007E (N18).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RolePath(String);

text!(RolePath);

impl Default for RolePath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl RolePath {
    /// Takes a path; one without its slashes is proposed with them.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a role path", why);
        if let Some(found) = offender(text, |c| c.is_ascii_graphic()) {
            return Err(not(&format!("it holds {found}; printable ASCII without spaces is allowed")).example("/eks/"));
        }
        if text.len() > 512 {
            return Err(not(&format!("it has {} characters, at most 512 are allowed", text.len())));
        }
        // IAM's own pattern takes `//`; a role under an empty folder cannot be named in the console.
        if !text.starts_with('/') || !text.ends_with('/') || text.contains("//") {
            let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
            let near = if parts.is_empty() { "/".to_owned() } else { format!("/{}/", parts.join("/")) };
            return Err(not("a path starts and ends with /, with no empty folder").suggest(near));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn name(text: &str) -> RoleName {
        RoleName::parse(text).unwrap()
    }

    #[test]
    fn n15_role_names_are_counted_and_a_shortened_one_is_proposed() {
        let long = "r".repeat(65);
        let reason = RoleName::parse(&long).unwrap_err();
        assert!(reason.why.as_str().contains("65"), "{reason}");
        let near = reason.suggestion.unwrap();
        assert_eq!(near.as_str(), format!("{}-{}", "r".repeat(55), hash8(&long)));
        assert_eq!(near.as_str().len(), 64);
        for text in ["a b", "a/b", "\u{fc}", "", " "] {
            assert!(RoleName::parse(text).is_err(), "{text}");
        }
        assert_eq!(RoleName::parse("a/b").unwrap_err().suggestion.unwrap().as_str(), "a-b");
        assert!(RoleName::parse("Ada+b=c,d.e@f-g_h").is_ok());
        assert!(RoleName::parse(&"r".repeat(64)).is_ok());
    }

    #[test]
    fn n15_default_names_are_shortened_by_the_contracts_rule() {
        let region = Region::parse("us-east-1").unwrap();
        let short = RoleName::default_for(Tool::Velero, &region, &ClusterName::parse("prod").unwrap());
        assert_eq!(short.as_str(), "lifeboat-velero-us-east-1-prod");
        let cluster = ClusterName::parse(&"c".repeat(100)).unwrap();
        let long = RoleName::default_for(Tool::Velero, &region, &cluster);
        let full = format!("lifeboat-velero-us-east-1-{}", "c".repeat(100));
        assert_eq!(long.as_str(), format!("{}-{}", &full[..55], hash8(&full)));
        let read = RoleName::read_default_for(Tool::Velero, &region, &cluster);
        let full = format!("{full}-read");
        assert_eq!(read.as_str(), format!("{}-{}-read", &full[..50], hash8(&full)));
        assert_eq!(read.as_str().len(), 64);
        let beside = name("backup").read_beside(&region, &ClusterName::parse("dr").unwrap());
        assert_eq!(beside.as_str(), "backup-us-east-1-dr-read");
    }

    #[test]
    fn n16_names_that_differ_only_in_case_collide() {
        assert!(name("velero").collides(&name("Velero")));
        assert!(!name("velero").collides(&name("velero2")));
    }

    #[test]
    fn n17_a_found_role_of_another_name_is_not_ours_to_take() {
        // Whose it is, is the plan's to say; here only that a near name is not the same name.
        assert!(!name("lifeboat-velero").collides(&name("lifeboat_velero")));
    }

    #[test]
    fn n18_paths_start_and_end_with_a_slash() {
        assert_eq!(RolePath::parse("backup").unwrap_err().suggestion.unwrap().as_str(), "/backup/");
        assert_eq!(RolePath::parse("//").unwrap_err().suggestion.unwrap().as_str(), "/");
        assert_eq!(RolePath::parse("").unwrap_err().suggestion.unwrap().as_str(), "/");
        assert!(RolePath::parse(&format!("/{}/", "p".repeat(511))).is_err());
        assert!(RolePath::parse(&format!("/{}/", "p".repeat(510))).is_ok());
        assert!(RolePath::parse("/a b/").is_err());
        assert_eq!(RolePath::default(), RolePath::parse("/").unwrap());
    }
}

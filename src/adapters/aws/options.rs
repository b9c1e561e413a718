//! What the AWS adapter is told by the command line and the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the AWS adapter. Nothing here is read or checked before the first call.
#[derive(Clone, Default)]
pub struct AwsOptions {
    /// `--profile`; without it `AWS_PROFILE`, then `default`. Given, it wins over keys in the environment, as in
    /// the aws CLI.
    pub profile: Option<String>,
    /// `--region`; without it `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, then `us-east-1`.
    pub region: Option<String>,
    /// An endpoint for all services; wins over `AWS_ENDPOINT_URL` in `env`.
    pub endpoint_url: Option<String>,
    /// The variables that are looked at: `AWS_*`, `HOME`, `HTTPS_PROXY`, `NO_PROXY`.
    pub env: BTreeMap<String, String>,
    /// The first wait between two attempts of a call; the SDK's own without it.
    pub initial_backoff: Option<Duration>,
    /// How long a profile's credentials may take to come; 30 s without it.
    pub credentials_timeout: Option<Duration>,
}

impl AwsOptions {
    /// The options of this process: its environment, `--profile` and `--region`.
    pub fn from_env(profile: Option<String>, region: Option<String>) -> Self {
        let wanted = |name: &str| {
            name.starts_with("AWS_") || matches!(name, "HOME" | "HTTPS_PROXY" | "https_proxy" | "NO_PROXY" | "no_proxy")
        };
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| wanted(name))
            .collect();
        Self { profile, region, env, ..Self::default() }
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The profile that is meant, `default` when none is named.
    pub fn profile_name(&self) -> &str {
        self.profile.as_deref().or_else(|| self.var("AWS_PROFILE")).unwrap_or("default")
    }

    /// Whether a profile was named at all.
    pub fn names_profile(&self) -> bool {
        self.profile.is_some() || self.var("AWS_PROFILE").is_some()
    }

    /// Which of two sources of credentials is used, where keys in the environment and a profile are both named (E15).
    pub fn winner(&self) -> Option<String> {
        self.var("AWS_ACCESS_KEY_ID")?;
        match (&self.profile, self.var("AWS_PROFILE")) {
            (Some(profile), _) => {
                Some(format!("the profile {profile} (--profile) is used, not the keys in AWS_ACCESS_KEY_ID"))
            }
            (None, Some(profile)) => {
                Some(format!("the keys in AWS_ACCESS_KEY_ID are used, not the profile {profile} (AWS_PROFILE)"))
            }
            (None, None) => None,
        }
    }

    /// `AWS_CA_BUNDLE`: PEM certificates that are trusted beside the system's.
    pub fn ca_bundle(&self) -> Option<PathBuf> {
        self.var("AWS_CA_BUNDLE").map(PathBuf::from)
    }

    /// `HTTPS_PROXY` (or in lower case) and the hosts of `NO_PROXY`.
    pub fn proxy(&self) -> Option<(&str, &str)> {
        let proxy = self.var("HTTPS_PROXY").or_else(|| self.var("https_proxy"))?;
        let bypass = self.var("NO_PROXY").or_else(|| self.var("no_proxy")).unwrap_or_default();
        Some((proxy, bypass))
    }

    /// The endpoint of a service (`S3`, `IAM`, ...) where one is set: by option, by `AWS_ENDPOINT_URL_S3`, by
    /// `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        if let Some(url) = self.endpoint_url.as_deref() {
            return Some(url);
        }
        let ignored = self.var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return None;
        }
        self.var(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| self.var("AWS_ENDPOINT_URL"))
    }

    /// Where the AWS config (`config`) or credentials (`credentials`) file is.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let variable = if name == "config" { "AWS_CONFIG_FILE" } else { "AWS_SHARED_CREDENTIALS_FILE" };
        if let Some(path) = self.var(variable) {
            return Some(PathBuf::from(path));
        }
        self.var("HOME").map(|home| PathBuf::from(home).join(".aws").join(name))
    }
}

impl fmt::Debug for AwsOptions {
    /// Without the environment: it may hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsOptions")
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("endpoint_url", &self.endpoint_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key_of_the_environment() {
        let env = [("AWS_SECRET_ACCESS_KEY".to_owned(), "made-up-secret".to_owned())].into();
        let shown = format!("{:?}", AwsOptions { env, ..AwsOptions::default() });
        assert!(!shown.contains("made-up-secret"), "{shown}");
    }

    #[test]
    fn e15_of_two_sources_the_one_that_is_used_is_told() {
        let mut options = AwsOptions::default();
        options.env.insert("AWS_PROFILE".into(), "ops".into());
        assert_eq!(options.winner(), None);
        options.env.insert("AWS_ACCESS_KEY_ID".into(), "AKIDEXAMPLE".into());
        let told = options.winner().unwrap_or_default();
        assert!(told.contains("AWS_ACCESS_KEY_ID are used, not the profile ops"), "{told}");
        options.profile = Some("dev".into());
        let told = options.winner().unwrap_or_default();
        assert!(told.contains("the profile dev (--profile) is used") && !told.contains("AKIDEXAMPLE"), "{told}");
        options.env.remove("AWS_ACCESS_KEY_ID");
        assert_eq!(options.winner(), None);
    }

    #[test]
    fn e14_an_endpoint_of_one_service_wins_over_the_general_one() {
        let mut options = AwsOptions::default();
        options.env.insert("AWS_ENDPOINT_URL".into(), "http://127.0.0.1:1".into());
        options.env.insert("AWS_ENDPOINT_URL_S3".into(), "http://127.0.0.1:2".into());
        assert_eq!(options.endpoint("S3"), Some("http://127.0.0.1:2"));
        assert_eq!(options.endpoint("IAM"), Some("http://127.0.0.1:1"));
        options.env.insert("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".into(), "true".into());
        assert_eq!(options.endpoint("S3"), None);
    }
}

//! The AWS config and credentials files, read for what can be said about them. The SDK reads them for use.

use super::options::AwsOptions;
use crate::ports::{Answer, Trouble, TroubleKind};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file larger than this is none of ours (security.md 7.2 E03 has the same cap for kubeconfigs).
const CAP: u64 = 4 << 20;

/// Both files: their texts, and their profiles.
#[derive(Default)]
pub(super) struct Profiles {
    /// The config file's path and text; empty where there is none.
    pub config: Option<(PathBuf, String)>,
    /// The credentials file's path and text; empty where there is none.
    pub credentials: Option<(PathBuf, String)>,
    all: BTreeMap<String, BTreeMap<String, String>>,
    /// Names of sections in the config file that lack the word `profile`.
    misnamed: Vec<String>,
}

impl Profiles {
    /// Reads the files that the options name; a file that is not there is empty.
    pub fn read(options: &AwsOptions) -> Answer<Self> {
        let config = file(options.file("config"))?;
        let credentials = file(options.file("credentials"))?;
        let mut all = Self::default();
        if let Some((_, text)) = &config {
            all.scan(text, true);
        }
        if let Some((_, text)) = &credentials {
            all.scan(text, false);
        }
        Ok(Self { config, credentials, ..all })
    }

    fn scan(&mut self, text: &str, config: bool) {
        let mut current: Option<String> = None;
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.starts_with('#') || trimmed.starts_with(';') {
                continue;
            }
            if let Some(header) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                current = self.section(header.trim(), config);
            } else if let (Some(name), Some((key, value)), false) =
                (&current, trimmed.split_once('='), line.starts_with([' ', '\t']))
            {
                let keys = self.all.entry(name.clone()).or_default();
                keys.insert(key.trim().to_lowercase(), value.trim().to_owned());
            }
        }
    }

    /// The profile that a section's header begins, if it begins one.
    fn section(&mut self, header: &str, config: bool) -> Option<String> {
        let mut words = header.split_whitespace();
        let name = match (words.next()?, words.next()) {
            ("profile", Some(name)) if config => name,
            ("default", None) => "default",
            (name, None) if !config => name,
            (name, None) => {
                self.misnamed.push(name.to_owned());
                return None;
            }
            _ => return None,
        };
        self.all.entry(name.to_owned()).or_default();
        Some(name.to_owned())
    }

    /// A key of a profile.
    pub fn get(&self, profile: &str, key: &str) -> Option<&str> {
        self.all.get(profile)?.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether there is a profile of that name.
    pub fn has(&self, profile: &str) -> bool {
        self.all.contains_key(profile)
    }

    /// The profile and those that it takes its credentials from, in order; ends at a loop.
    pub fn chain<'a>(&'a self, profile: &'a str) -> Vec<&'a str> {
        let mut seen = vec![profile];
        let mut last = profile;
        while let Some(next) = self.source(last).filter(|next| !seen.contains(next)) {
            seen.push(next);
            last = next;
        }
        seen
    }

    /// Where a profile takes its credentials from; without a role to assume the key means nothing.
    fn source(&self, profile: &str) -> Option<&str> {
        self.get(profile, "role_arn").and_then(|_| self.get(profile, "source_profile"))
    }

    /// What is wrong with a profile, as far as the files show it (security.md 7.2 E09).
    pub fn fault(&self, profile: &str) -> Option<Trouble> {
        if !self.has(profile) {
            return Some(self.missing(profile, None));
        }
        for name in self.chain(profile) {
            if !self.has(name) {
                return Some(self.missing(name, Some(profile)));
            }
            if let Some(trouble) = self.role_fault(name, profile) {
                return Some(trouble);
            }
        }
        None
    }

    fn missing(&self, name: &str, named_by: Option<&str>) -> Trouble {
        let what = match named_by {
            Some(profile) => format!("the profile {name}, source_profile of {profile}, does not exist"),
            None => format!("the profile {name} does not exist"),
        };
        let trouble = Trouble::new(TroubleKind::Credentials, what);
        if self.misnamed.iter().any(|header| header == name) {
            return trouble
                .why(format!("{} has a section [{name}], which is no profile there", self.config_path()))
                .todo(format!("write the section's name as [profile {name}]"));
        }
        trouble.why(format!("{} do not name it", self.paths())).todo(match self.offer() {
            Some(offer) => format!("choose another with --profile: {offer}"),
            None => "run: aws configure --profile NAME".to_owned(),
        })
    }

    fn role_fault(&self, name: &str, asked: &str) -> Option<Trouble> {
        self.get(name, "role_arn")?;
        let wrong = |why: String| {
            let what = format!("the profile {name} cannot give credentials");
            Trouble::new(TroubleKind::Credentials, what).why(format!("{}: {why}", self.config_path()))
        };
        if self.get(name, "mfa_serial").is_some() {
            let todo = format!(
                "run: eval \"$(aws configure export-credentials --profile {asked} --format env)\", then start lifeboat \
                 in that shell without --profile and AWS_PROFILE"
            );
            return Some(wrong("it has an mfa_serial, and lifeboat asks for no MFA code".into()).todo(todo));
        }
        let sources = ["source_profile", "credential_source", "web_identity_token_file"];
        if sources.iter().all(|key| self.get(name, key).is_none()) {
            return Some(
                wrong("it has a role_arn and nothing that may assume it".into())
                    .todo(format!("add source_profile or credential_source to [profile {name}]")),
            );
        }
        let own_keys = self.source(name) == Some(name) && self.get(name, "aws_access_key_id").is_some();
        if !own_keys && self.loops(name) {
            return Some(
                wrong(format!("source_profile goes round in a circle: {}", self.chain(name).join(" → ")))
                    .todo("point the last source_profile at a profile with keys or a login"),
            );
        }
        None
    }

    /// Whether following `source_profile` from `name` comes back to it.
    fn loops(&self, name: &str) -> bool {
        self.chain(name).last().and_then(|last| self.source(last)) == Some(name)
    }

    /// Up to ten names of profiles, or `None` when there are none.
    pub fn offer(&self) -> Option<String> {
        let mut names: Vec<&str> = self.all.keys().take(10).map(String::as_str).collect();
        if self.all.len() > names.len() {
            names.push("…");
        }
        if names.is_empty() { None } else { Some(names.join(", ")) }
    }

    /// The config file's path as it is shown.
    pub fn config_path(&self) -> String {
        self.config.as_ref().map_or_else(|| "the AWS config file".to_owned(), |(path, _)| path.display().to_string())
    }

    /// Both paths as they are shown.
    pub fn paths(&self) -> String {
        let credentials = self.credentials.as_ref();
        let credentials =
            credentials.map_or_else(|| "the AWS credentials file".to_owned(), |(path, _)| path.display().to_string());
        format!("{} and {credentials}", self.config_path())
    }
}

fn file(path: Option<PathBuf>) -> Answer<Option<(PathBuf, String)>> {
    let Some(path) = path else { return Ok(None) };
    match text(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Some((path, String::new()))),
        Err(error) => Err(Trouble::new(TroubleKind::Credentials, format!("{} cannot be read", path.display()))
            .why(error.to_string())
            .todo("repair the file, or name another with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE")),
    }
}

fn text(path: &Path) -> std::io::Result<String> {
    let invalid = |why: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, why.to_owned());
    if std::fs::metadata(path)?.len() > CAP {
        return Err(invalid("it is larger than 4 MiB"));
    }
    let text = String::from_utf8(std::fs::read(path)?).map_err(|_| invalid("it is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(config: &str, credentials: &str) -> Profiles {
        let mut all = Profiles::default();
        all.scan(config, true);
        all.scan(credentials, false);
        all
    }

    fn why(all: &Profiles, name: &str) -> String {
        all.fault(name).map(|trouble| trouble.to_string()).unwrap_or_default()
    }

    #[test]
    fn e09_a_missing_profile_is_said_with_those_that_exist() {
        let all = profiles("[profile ada]\nregion = eu-west-1\n", "[bob]\naws_access_key_id = AKIA\n");
        assert!(why(&all, "eve").contains("ada, bob"), "{}", why(&all, "eve"));
        assert_eq!(all.get("ada", "region"), Some("eu-west-1"));
        assert!(all.fault("bob").is_none());
    }

    #[test]
    fn e09_a_section_without_the_word_profile_is_recognised() {
        assert!(why(&profiles("[eve]\nregion = x\n", ""), "eve").contains("[profile eve]"));
    }

    #[test]
    fn e09_a_circle_of_source_profiles_is_named() {
        let config = "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n";
        assert!(why(&profiles(config, ""), "a").contains("a → b"), "{}", why(&profiles(config, ""), "a"));
        let itself = "[profile a]\nrole_arn = r\nsource_profile = a\n";
        assert!(why(&profiles(itself, ""), "a").contains("circle"));
        let own_keys = "[profile a]\nrole_arn = r\nsource_profile = a\naws_access_key_id = AKIA\n";
        assert!(profiles(own_keys, "").fault("a").is_none());
    }

    #[test]
    fn e09_a_role_without_a_source_and_a_source_that_is_missing_are_named() {
        assert!(why(&profiles("[profile a]\nrole_arn = r\n", ""), "a").contains("source_profile"));
        let config = "[profile a]\nrole_arn = r\nsource_profile = gone\n";
        assert!(why(&profiles(config, ""), "a").contains("gone, source_profile of a"));
    }

    #[test]
    fn e09_mfa_is_said_with_the_command_to_run() {
        let config = "[profile a]\nrole_arn = r\nsource_profile = b\nmfa_serial = m\n[profile b]\n";
        assert!(why(&profiles(config, ""), "a").contains("export-credentials --profile a"));
    }
}

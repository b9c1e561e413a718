//! Which helm there is, and whether it is new enough (E27).

use super::{HelmOptions, child, environment};
use crate::domain::Shown;
use crate::ports::{Answer, HelmVersion, Trouble, TroubleKind};
use semver::Version;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The oldest helm without CVE-2025-53547 (a chart writes outside its folder).
const OLDEST: Version = Version::new(3, 18, 4);
const LIMIT: Duration = Duration::from_secs(20);
const INSTALL: &str = "install helm 3.18.4 or later, or 4: https://helm.sh/docs/intro/install/";

/// Finds helm and asks it.
pub(super) async fn find(options: &HelmOptions) -> Answer<HelmVersion> {
    let path = match &options.program {
        Some(path) => path.clone(),
        None => in_path(options.text("PATH")).ok_or_else(|| {
            Trouble::new(TroubleKind::Missing, "helm was not found").why("no folder of PATH holds it").todo(INSTALL)
        })?,
    };
    let program = path.to_string_lossy().into_owned();
    let argv = ["version", "--template", "{{.Version}}"].map(OsString::from);
    let env = environment::allowed(&options.env);
    let wrong = |what: &str| {
        Trouble::new(TroubleKind::Missing, format!("{program} {what}")).at("helm version", &program).todo(INSTALL)
    };
    let ended = child::ask(&program, &argv, &env, LIMIT)
        .await
        .map_err(|error| wrong("cannot be started").why(error.to_string()))?;
    let ended = ended.ok_or_else(|| {
        wrong("did not say its version within 20 s").why("it may be a wrapper that waits for something")
    })?;
    if ended.code != Some(0) {
        return Err(wrong("does not say its version").why(Shown::bounded(ended.stderr.trim(), 500).as_str()));
    }
    let version = parse(&ended.stdout).ok_or_else(|| {
        wrong("says something that is no version").why(Shown::bounded(ended.stdout.trim(), 200).as_str())
    })?;
    if (version.major, version.minor, version.patch) < (OLDEST.major, OLDEST.minor, OLDEST.patch) {
        return Err(wrong(&format!("is helm {version}, which is too old"))
            .why("before 3.18.4 a chart can overwrite files of yours (CVE-2025-53547)"));
    }
    Ok(HelmVersion { version, path: program })
}

/// The first runnable `helm` of PATH.
fn in_path(path: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join("helm")).find(|file| file.is_absolute() && is_program(file))
}

fn is_program(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The version among what was printed: a wrapper may print lines of its own around it.
fn parse(printed: &str) -> Option<Version> {
    printed.split_whitespace().rev().take(1000).find_map(|word| {
        let word = word.strip_prefix('v')?;
        // A build such as v3.18.4+gd80839c is the same version.
        Version::parse(word).ok().map(|version| Version { build: semver::BuildMetadata::EMPTY, ..version })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("v3.18.4", Some("3.18.4"))]
    #[case("v4.2.4\n", Some("4.2.4"))]
    #[case("v3.19.0+g1234", Some("3.19.0"))]
    #[case("using helm wrapper 1.2.3\nv3.20.0\n", Some("3.20.0"))]
    #[case("WARNING: x v\nv3.20.0", Some("3.20.0"))]
    #[case("3.20.0", None)]
    #[case("v3.20", None)]
    #[case("", None)]
    fn e27_the_version_is_found_among_noise(#[case] printed: &str, #[case] expected: Option<&str>) {
        assert_eq!(parse(printed).map(|v| v.to_string()).as_deref(), expected);
    }
}

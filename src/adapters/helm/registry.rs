//! Whether helm has a login at a registry: that there is an entry, never what it holds.

use super::HelmOptions;
use serde_json::Value;
use std::path::PathBuf;

/// The largest file that is read, bytes.
const LIMIT: u64 = 1024 * 1024;

/// Whether helm's registry file, or docker's that helm falls back to, has an entry of the registry; `None` where a
/// credential helper would have to be asked.
pub(super) fn logged_in(options: &HelmOptions, registry: &str) -> Option<bool> {
    let found: Vec<Option<bool>> = files(options).iter().map(|file| entry(file, registry)).collect();
    if found.contains(&Some(true)) {
        return Some(true);
    }
    if found.contains(&None) { None } else { Some(false) }
}

/// Helm's own file first, then docker's.
fn files(options: &HelmOptions) -> Vec<PathBuf> {
    let text = |name: &str| Some(options.text(name)).filter(|text| !text.is_empty()).map(PathBuf::from);
    let home = text("HOME").unwrap_or_default();
    let config = text("HELM_CONFIG_HOME")
        .or_else(|| text("XDG_CONFIG_HOME").map(|folder| folder.join("helm")))
        .unwrap_or_else(|| home.join(".config/helm"));
    let own = text("HELM_REGISTRY_CONFIG").unwrap_or_else(|| config.join("registry/config.json"));
    let docker = text("DOCKER_CONFIG").unwrap_or_else(|| home.join(".docker")).join("config.json");
    vec![own, docker]
}

fn entry(file: &PathBuf, registry: &str) -> Option<bool> {
    let small = std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() <= LIMIT);
    if !small {
        return Some(false);
    }
    let text = std::fs::read_to_string(file).ok()?;
    let config: Value = serde_json::from_str(&text).ok()?;
    let filled = |entry: &Value| entry.as_object().is_some_and(|fields| !fields.is_empty());
    let named = |map: &str| config[map].as_object().is_some_and(|map| map.contains_key(registry));
    if filled(&config["auths"][registry]) {
        return Some(true);
    }
    let helper = named("credHelpers") || config["credsStore"].as_str().is_some_and(|store| !store.is_empty());
    // An empty entry says that a helper holds what is in it.
    if helper && (named("auths") || named("credHelpers")) { Some(true) } else { (!helper).then_some(false) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::login(r#"{"auths":{"xpkg.upbound.io":{"auth":"c2VjcmV0"}}}"#, Some(true))]
    #[case::another(r#"{"auths":{"ghcr.io":{"auth":"c2VjcmV0"}}}"#, Some(false))]
    #[case::logged_out(r#"{"auths":{"xpkg.upbound.io":{}}}"#, Some(false))]
    #[case::kept_by_a_helper(r#"{"auths":{"xpkg.upbound.io":{}},"credsStore":"osxkeychain"}"#, Some(true))]
    #[case::a_helper_that_may_know(r#"{"credsStore":"osxkeychain"}"#, None)]
    #[case::not_json("{", None)]
    fn a_login_is_known_by_its_entry(#[case] text: &str, #[case] is: Option<bool>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, text).unwrap();
        let env = [("HELM_REGISTRY_CONFIG", file.as_path()), ("HOME", folder.path())];
        let env = env.map(|(name, path)| (name.into(), path.as_os_str().to_owned())).to_vec();
        assert_eq!(logged_in(&HelmOptions { program: None, env }, "xpkg.upbound.io"), is);
    }

    #[test]
    fn without_a_file_there_is_no_login() {
        let folder = tempfile::tempdir().unwrap();
        let env = vec![("HOME".into(), folder.path().as_os_str().to_owned())];
        assert_eq!(logged_in(&HelmOptions { program: None, env }, "xpkg.upbound.io"), Some(false));
    }
}

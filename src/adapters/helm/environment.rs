//! What helm inherits: enough to find charts and reach servers, nothing that holds credentials of AWS.

use std::ffi::OsString;

/// Names that helm and Go read for paths, registries, proxies and CAs.
const KEPT: [&str; 19] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TMPDIR",
    "TZ",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "DOCKER_CONFIG",
    "REGISTRY_AUTH_FILE",
    "DOCKER_CERT_PATH",
    "GODEBUG",
    "LC_ALL",
];

/// Of helm's own variables those that lifeboat says on the command line, that change which cluster is meant or
/// how it is logged in to, that hold a secret, or that make helm print what it sends.
const OWN_WITHHELD: [&str; 4] = ["HELM_NAMESPACE", "HELM_DEBUG", "HELM_DRIVER_SQL_CONNECTION_STRING", "HELM_BIN"];

/// The variables that helm gets.
pub(super) fn allowed(env: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let kept = |name: &str| {
        KEPT.contains(&name)
            || name.starts_with("XDG_")
            || (name.starts_with("HELM_") && !name.starts_with("HELM_KUBE") && !OWN_WITHHELD.contains(&name))
    };
    env.iter().filter(|(name, _)| name.to_str().is_some_and(kept)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b14_credentials_are_not_inherited() {
        let names = [
            "PATH",
            "HOME",
            "HELM_CACHE_HOME",
            "HELM_KUBETOKEN",
            "HELM_KUBECONTEXT",
            "HELM_DEBUG",
            "HELM_DRIVER",
            "XDG_CACHE_HOME",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "KUBECONFIG",
            "HTTPS_PROXY",
            "NO_PROXY",
            "SSL_CERT_FILE",
            "LD_PRELOAD",
            "HELM_NAMESPACE",
            "HELM_REGISTRY_CONFIG",
            "HELM_DRIVER_SQL_CONNECTION_STRING",
        ];
        let env: Vec<_> = names.iter().map(|name| (OsString::from(name), OsString::from("x"))).collect();
        let kept: Vec<_> = allowed(&env).into_iter().filter_map(|(name, _)| name.into_string().ok()).collect();
        let expected = [
            "PATH",
            "HOME",
            "HELM_CACHE_HOME",
            "HELM_DRIVER",
            "XDG_CACHE_HOME",
            "HTTPS_PROXY",
            "NO_PROXY",
            "SSL_CERT_FILE",
            "HELM_REGISTRY_CONFIG",
        ];
        assert_eq!(kept, expected);
    }
}

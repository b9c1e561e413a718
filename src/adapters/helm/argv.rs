//! Helm's command lines. Secrets are never on them: values and credentials are files.

use crate::ports::{Answer, ChartSource, Trouble, TroubleKind, Upgrade};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// What helm is to do.
#[derive(Clone, Copy)]
pub(super) enum Job<'a> {
    /// `helm upgrade --install`.
    Upgrade(&'a Upgrade),
    /// `helm rollback`.
    Rollback { namespace: &'a str, name: &'a str, revision: i64 },
    /// `helm uninstall`.
    Uninstall { namespace: &'a str, name: &'a str },
}

impl Job<'_> {
    /// `helm upgrade`, as troubles name it.
    pub(super) fn call(&self) -> &'static str {
        match self {
            Self::Upgrade(_) => "helm upgrade",
            Self::Rollback { .. } => "helm rollback",
            Self::Uninstall { .. } => "helm uninstall",
        }
    }

    /// The release's name and namespace.
    pub(super) fn release(&self) -> (&str, &str) {
        match self {
            Self::Upgrade(upgrade) => (&upgrade.release, &upgrade.namespace),
            Self::Rollback { namespace, name, .. } | Self::Uninstall { namespace, name } => (name, namespace),
        }
    }

    /// The chart in words, empty where there is none.
    pub(super) fn chart(&self) -> String {
        match self {
            Self::Upgrade(upgrade) => match &upgrade.chart {
                ChartSource::Repository { url, name } => format!("{name} of {url}"),
                ChartSource::Reference(reference) => reference.clone(),
            },
            _ => String::new(),
        }
    }
}

/// The arguments after `helm`. `kubeconfig` and `values` are the files made for this run.
pub(super) fn arguments(job: &Job<'_>, kubeconfig: &Path, values: &Path, timeout: Duration) -> Answer<Vec<OsString>> {
    let (name, namespace) = job.release();
    let mut argv: Vec<OsString> = Vec::new();
    match job {
        Job::Upgrade(upgrade) => {
            let (chart, repository) = match &upgrade.chart {
                ChartSource::Repository { url, name } => (name, Some(url)),
                ChartSource::Reference(reference) => (reference, None),
            };
            push(&mut argv, &["upgrade", "--install", plain("release", name)?, plain("chart", chart)?]);
            if let Some(url) = repository {
                push(&mut argv, &["--repo", plain("chart repository", without_password(url)?)?]);
            }
            if !upgrade.version.is_empty() {
                push(&mut argv, &["--version", plain("chart version", &upgrade.version)?]);
            }
            push(&mut argv, &["--values"]);
            argv.push(values.into());
        }
        Job::Rollback { revision, .. } => {
            push(&mut argv, &["rollback", plain("release", name)?, &revision.to_string()]);
        }
        Job::Uninstall { .. } => push(&mut argv, &["uninstall", plain("release", name)?, "--ignore-not-found"]),
    }
    push(&mut argv, &["--namespace", plain("namespace", namespace)?, "--kubeconfig"]);
    argv.push(kubeconfig.into());
    push(&mut argv, &["--timeout", &format!("{}s", timeout.as_secs().max(1))]);
    Ok(argv)
}

fn push(argv: &mut Vec<OsString>, parts: &[&str]) {
    argv.extend(parts.iter().map(OsString::from));
}

/// A word that helm cannot take for a flag.
fn plain<'a>(what: &str, word: &'a str) -> Answer<&'a str> {
    if word.is_empty() || word.starts_with('-') || word.contains(char::is_control) {
        return Err(Trouble::new(TroubleKind::Invalid, format!("'{word}' cannot be a {what}"))
            .why("it is empty, begins with a dash or holds control characters"));
    }
    Ok(word)
}

/// A repository's URL that may stand on a command line, which every user of this machine can read.
fn without_password(url: &str) -> Answer<&str> {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Trouble::new(TroubleKind::Refused, "the chart repository's address holds a password")
            .why("it would be visible to every user of this machine")
            .todo("download the chart (helm pull) and give its path"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ports::ClusterAccess;
    use pretty_assertions::assert_eq;

    fn upgrade(chart: ChartSource, version: &str) -> Upgrade {
        Upgrade {
            access: ClusterAccess::default(),
            release: "velero".into(),
            namespace: "backups".into(),
            chart,
            version: version.into(),
            values: "password: hunter2".into(),
            timeout: Duration::from_secs(90),
        }
    }

    fn words(job: &Job<'_>) -> Answer<Vec<String>> {
        let argv = arguments(job, Path::new("/t/kubeconfig"), Path::new("/t/values.yaml"), Duration::from_secs(90))?;
        Ok(argv.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn a_repositorys_chart_is_named_with_its_repository_and_version() {
        let chart = ChartSource::Repository { url: "https://charts.example/x".into(), name: "velero".into() };
        let expected = "upgrade --install velero velero --repo https://charts.example/x --version 12.1.0 --values \
                        /t/values.yaml --namespace backups --kubeconfig /t/kubeconfig --timeout 90s";
        assert_eq!(words(&Job::Upgrade(&upgrade(chart, "12.1.0"))).unwrap().join(" "), expected);
    }

    #[test]
    fn a_reference_is_taken_as_it_is() {
        let chart = ChartSource::Reference("oci://registry.example/velero".into());
        let expected = "upgrade --install velero oci://registry.example/velero --values /t/values.yaml --namespace backups \
                        --kubeconfig /t/kubeconfig --timeout 90s";
        assert_eq!(words(&Job::Upgrade(&upgrade(chart, ""))).unwrap().join(" "), expected);
    }

    #[test]
    fn rollback_and_uninstall() {
        let job = Job::Rollback { namespace: "ns", name: "velero", revision: 3 };
        assert_eq!(
            words(&job).unwrap().join(" "),
            "rollback velero 3 --namespace ns --kubeconfig /t/kubeconfig --timeout 90s"
        );
        let job = Job::Uninstall { namespace: "ns", name: "velero" };
        assert_eq!(
            words(&job).unwrap().join(" "),
            "uninstall velero --ignore-not-found --namespace ns --kubeconfig /t/kubeconfig --timeout 90s"
        );
    }

    #[test]
    fn a_name_cannot_become_a_flag_and_a_password_no_argument() {
        let job = Job::Uninstall { namespace: "ns", name: "--kube-token=x" };
        assert_eq!(words(&job).unwrap_err().kind, TroubleKind::Invalid);
        let chart = ChartSource::Repository { url: "https://u:hunter2@charts.example".into(), name: "velero".into() };
        let trouble = words(&Job::Upgrade(&upgrade(chart, ""))).unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Refused);
        assert!(!trouble.to_string().contains("hunter2"));
    }
}

//! What helm's last words mean (A29).

use super::argv::Job;
use crate::domain::Shown;
use crate::ports::{Trouble, TroubleKind};

/// How helm ended.
pub(super) struct Ended {
    /// The exit code, `None` after a signal.
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Texts of helm (3.22 was run; helm 4 was not), the kind they mean and what happened. `*` stands for anything; the first that
/// matches wins.
const TEXTS: [(&str, TroubleKind, &str); 36] = [
    (
        "another operation (install/upgrade/rollback) is in progress",
        TroubleKind::Busy,
        "the release is locked by an operation that has not ended",
    ),
    ("invalid ownership metadata", TroubleKind::Taken, "an object of the chart exists and belongs to something else"),
    (
        "cannot be imported into the current release",
        TroubleKind::Taken,
        "an object of the chart exists and is not the release's",
    ),
    (
        "conflict occurred while applying object",
        TroubleKind::Busy,
        "fields of an object of the chart belong to another manager",
    ),
    ("don't meet the specifications of the schema", TroubleKind::Invalid, "the values do not fit the chart's schema"),
    ("chart requires kubeVersion", TroubleKind::Invalid, "the chart does not support this cluster's version"),
    ("execution error at", TroubleKind::Invalid, "the chart refuses the values"),
    ("cannot unmarshal", TroubleKind::Invalid, "a value is of the wrong type"),
    ("failed to parse", TroubleKind::Invalid, "the values or the chart cannot be read as YAML"),
    ("error converting YAML", TroubleKind::Invalid, "the values or the chart cannot be read as YAML"),
    (
        "admission webhook * denied",
        TroubleKind::Invalid,
        "an admission webhook of the cluster refuses an object of the chart",
    ),
    ("failed calling webhook", TroubleKind::Server, "an admission webhook of the cluster does not answer"),
    ("job * failed", TroubleKind::Server, "a hook Job of the chart failed"),
    ("job failed", TroubleKind::Server, "a hook Job of the chart failed"),
    ("hooks failed", TroubleKind::Server, "a hook of the chart failed"),
    ("failed post-", TroubleKind::Server, "a hook of the chart failed"),
    ("failed pre-", TroubleKind::Server, "a hook of the chart failed"),
    ("digest mismatch", TroubleKind::Refused, "the chart is not the one that was published under this digest"),
    ("chart \"* not found in ", TroubleKind::NotFound, "the chart, or this version of it, is not in the repository"),
    ("failed to fetch * 404", TroubleKind::NotFound, "there is no chart repository, or no such chart, at this address"),
    ("no chart name found", TroubleKind::NotFound, "the chart was not found"),
    ("no chart version found", TroubleKind::NotFound, "the chart has no such version"),
    ("Chart.yaml file is missing", TroubleKind::NotFound, "the folder or file is no chart"),
    ("path \"* not found", TroubleKind::NotFound, "the chart was not found"),
    ("repo * not found", TroubleKind::NotFound, "the chart was not found"),
    (
        "non-absolute URLs should be in form of repo_name/path_to_chart",
        TroubleKind::NotFound,
        "the chart was not found",
    ),
    ("namespaces \"* not found", TroubleKind::NotFound, "the namespace is not there"),
    ("no matches for kind", TroubleKind::NotFound, "the cluster lacks a type that the chart uses"),
    ("has no deployed releases", TroubleKind::Busy, "the release has no revision that was ever deployed"),
    ("release has no ", TroubleKind::NotFound, "there is no such revision"),
    ("release: not found", TroubleKind::NotFound, "there is no such release or revision"),
    (
        "the server has asked for the client to provide credentials",
        TroubleKind::Credentials,
        "the API server does not know this identity",
    ),
    ("is forbidden", TroubleKind::Denied, "the cluster does not allow it"),
    ("cluster unreachable", TroubleKind::Network, "the API server cannot be reached"),
    ("cannot be reached", TroubleKind::Network, "the chart repository cannot be reached"),
    ("is invalid:", TroubleKind::Invalid, "the API server refuses an object of the chart"),
];

/// Texts of waiting that ran out, and of connections; they occur inside others and are looked at last.
const LATE: [&str; 4] = [
    "context deadline exceeded",
    "timed out waiting for the condition",
    "timeout waiting",
    "client rate limiter Wait returned an error",
];
const UNREACHABLE: [&str; 6] = ["connection refused", "no such host", "i/o timeout", "x509:", "tls:", "proxyconnect"];

/// What went wrong.
pub(super) fn trouble(job: &Job<'_>, ended: &Ended) -> Trouble {
    let said = last_words(&ended.stderr);
    if let Some(signal) = ended.signal {
        return Trouble::new(TroubleKind::Unanswered, format!("helm was stopped by signal {signal}"))
            .why(said)
            .todo(recovery(job));
    }
    let (kind, what) = meaning(&said);
    let trouble = Trouble::new(kind, what).why(&said).code(format!("exit {}", ended.code.unwrap_or(-1)));
    let todo = advice(job, kind, &said);
    if todo.is_empty() { trouble } else { trouble.todo(todo) }
}

fn meaning(said: &str) -> (TroubleKind, &'static str) {
    let known = TEXTS.iter().find(|(text, ..)| matches(said, text));
    if LATE.iter().any(|text| said.contains(text)) && known.is_none_or(|(_, kind, _)| *kind != TroubleKind::Network) {
        return (TroubleKind::Deadline, "helm's time ran out: a hook or the API server took longer");
    }
    if let Some((_, kind, what)) = known {
        return (*kind, what);
    }
    if UNREACHABLE.iter().any(|text| said.contains(text)) {
        return (TroubleKind::Network, "helm could not reach the chart or the API server");
    }
    (TroubleKind::Invalid, "helm refused")
}

/// Whether a text holds a pattern's parts in their order.
fn matches(said: &str, pattern: &str) -> bool {
    let mut rest = said;
    pattern.split('*').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// What helm wrote at its end, without warnings and without what repeats.
fn last_words(stderr: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in stderr.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let lower = line.to_ascii_lowercase();
        let logged = lower.contains("level=warn") || lower.contains("level=info");
        let noise = lower.starts_with("warning:") || logged || is_klog_warning(line);
        if !noise && !lines.contains(&line) {
            lines.push(line);
        }
    }
    // From the error on: a chart's own list of wrong values follows it.
    let error = lines.iter().rposition(|line| line.starts_with("Error:")).unwrap_or(lines.len().saturating_sub(20));
    let tail = lines.get(error..).unwrap_or_default().join("\n");
    Shown::bounded(&tail, 2000).to_string()
}

/// `W1121 09:45:52.1 ...`, a warning of the Kubernetes client in helm.
fn is_klog_warning(line: &str) -> bool {
    line.strip_prefix('W').is_some_and(|rest| rest.chars().take(4).all(|c| c.is_ascii_digit()) && rest.contains(']'))
}

fn advice(job: &Job<'_>, kind: TroubleKind, said: &str) -> String {
    let (name, namespace) = job.release();
    match kind {
        TroubleKind::Busy if said.contains("conflict occurred") => {
            "change these fields with the tool that owns them, or let that tool keep the release".to_owned()
        }
        TroubleKind::Busy | TroubleKind::Deadline => recovery(job),
        TroubleKind::Taken => format!(
            "the object named above is made by another release or by hand: uninstall that first, or let this release adopt it by its \
             label app.kubernetes.io/managed-by=Helm and its annotations meta.helm.sh/release-name={name} and \
             meta.helm.sh/release-namespace={namespace}"
        ),
        TroubleKind::NotFound if matches!(job, Job::Upgrade(_)) => {
            format!("check the chart ({}) and its version", job.chart())
        }
        TroubleKind::Network => format!(
            "check the way to {}: proxy, firewall, CA; without one download the chart elsewhere (helm pull) and give its path",
            if job.chart().is_empty() { "the API server".to_owned() } else { job.chart() }
        ),
        TroubleKind::Server => {
            format!("see why: kubectl --namespace {namespace} get jobs,pods; then {}", recovery(job))
        }
        TroubleKind::Invalid => "correct the values named above".to_owned(),
        TroubleKind::Denied => "ask an admin of the cluster for the right named above".to_owned(),
        _ => String::new(),
    }
}

/// How a release gets out of a pending state (security.md 5.1). Nothing is deleted without the user.
fn recovery(job: &Job<'_>) -> String {
    let (name, namespace) = job.release();
    format!(
        "if no other helm is at work: helm history {name} --namespace {namespace}, then helm rollback {name} REVISION --namespace {namespace} \
         to the last one that was deployed; if there is none: kubectl --namespace {namespace} delete secret --selector \
         owner=helm,name={name},status=pending-install"
    )
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;

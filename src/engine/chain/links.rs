//! The links, told from what was seen.

use super::evaluated::{self, AUDIENCE};
use super::look::{KeySeen, Seen};
use super::pod_links;
use crate::domain::injected::role_of_pod;
use crate::domain::live::{Link, LinkState};
use crate::domain::status::main_location;
use crate::domain::{Identity, RoleArn, Shown, Tool};
use crate::engine::link;
use crate::ports::{Object, Trouble, TroubleKind};
use serde_json::Value;
use std::fmt::Display;

/// How one link was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    state: LinkState,
    evidence: String,
}

impl Found {
    pub(super) fn ok(evidence: impl Display) -> Self {
        Self { state: LinkState::Ok, evidence: evidence.to_string() }
    }

    pub(super) fn broken(evidence: impl Display) -> Self {
        Self { state: LinkState::Broken, evidence: evidence.to_string() }
    }

    pub(super) fn unknown(evidence: impl Display) -> Self {
        Self { state: LinkState::Unknown, evidence: evidence.to_string() }
    }

    pub(super) fn is_ok(&self) -> bool {
        self.state == LinkState::Ok
    }

    pub(super) fn is_broken(&self) -> bool {
        self.state == LinkState::Broken
    }
}

/// All links in order: after the first broken one none is reached.
pub(super) fn links(seen: &Seen) -> Vec<Link> {
    let all = match seen.identity {
        Identity::Irsa => irsa(seen),
        Identity::PodIdentity => pod_links::all(seen),
    };
    let mut broken = false;
    let told = all.into_iter().map(|(link, found)| {
        if broken {
            return Link { link, state: LinkState::NotReached, evidence: Shown::default() };
        }
        broken = found.is_broken();
        Link { link, state: found.state, evidence: Shown::new(&found.evidence) }
    });
    told.collect()
}

/// All links of IRSA, in order.
fn irsa(seen: &Seen) -> [(&'static str, Found); 12] {
    let (trust, provider, sts) = identity(seen);
    let (mut permissions, mut bucket, mut key) = storage(seen);
    if seen.tool == Tool::RancherBackup
        && let Some((link, why)) = blamed(seen)
    {
        let at = match link {
            "permissions" => Some(&mut permissions),
            "bucket" => Some(&mut bucket),
            "key" => Some(&mut key),
            _ => None,
        };
        if let Some(found) = at.filter(|found| found.state != LinkState::Broken) {
            *found = Found::broken(why);
        }
    }
    [
        ("cluster", cluster(seen)),
        ("issuer", issuer(seen)),
        ("oidc-provider", provider),
        ("trust", trust),
        ("permissions", permissions),
        ("service-account", service_account(seen)),
        ("injected-pod", injected_pod(seen)),
        ("sts-identity", sts),
        ("bucket", bucket),
        ("key", key),
        ("location", location(seen)),
        ("backup", backup(seen)),
    ]
}

/// The link that the operator's own error tells of: it makes calls that lifeboat does not repeat.
fn blamed(seen: &Seen) -> Option<(&'static str, &str)> {
    let location = main_location(seen.locations.as_deref().ok()?)?;
    let why = location["status"]["message"].as_str().filter(|why| !why.is_empty())?;
    Some((link::of_rancher(why), why))
}

pub(super) fn cluster(seen: &Seen) -> Found {
    match &seen.cluster {
        None => Found::unknown("the kubeconfig context does not say which EKS cluster it is"),
        Some(Err(trouble)) => Found::unknown(trouble),
        Some(Ok(None)) => Found::broken("EKS has no cluster of that name there"),
        Some(Ok(Some(cluster))) => {
            let evidence = format!("{}, {}, Kubernetes {}", cluster.arn, cluster.status, cluster.version);
            match cluster.status.as_str() {
                "ACTIVE" | "UPDATING" => Found::ok(evidence),
                _ => Found::broken(evidence),
            }
        }
    }
}

fn issuer(seen: &Seen) -> Found {
    match &seen.cluster {
        Some(Ok(Some(cluster))) => match cluster.issuer.as_deref().filter(|issuer| !issuer.is_empty()) {
            Some(issuer) => Found::ok(issuer),
            None => Found::broken("the cluster has no OIDC issuer"),
        },
        _ => Found::unknown("the cluster could not be looked at"),
    }
}

fn provider(seen: &Seen) -> Found {
    let arn = seen.provider_arn.as_deref().unwrap_or_default();
    match &seen.provider {
        None => Found::unknown("the issuer or the account is not known"),
        Some(Err(trouble)) => Found::unknown(trouble),
        Some(Ok(None)) => Found::broken(format!("{arn} is not in IAM")),
        Some(Ok(Some(provider))) if provider.audiences.iter().any(|audience| audience == AUDIENCE) => {
            Found::ok(format!("{arn} with the audience {AUDIENCE}"))
        }
        Some(Ok(Some(_))) => Found::broken(format!("{arn} does not accept the audience {AUDIENCE}")),
    }
}

/// Trust, provider and the token's exchange: STS has the last word on what could not be read.
fn identity(seen: &Seen) -> (Found, Found, Found) {
    let (mut trust, mut provider) = (evaluated::trust(seen), provider(seen));
    let sts = match &seen.session {
        None => Found::unknown("no role is named that a token could be exchanged for"),
        Some(Ok(session)) => {
            for settled in [&mut trust, &mut provider] {
                if settled.state == LinkState::Unknown {
                    *settled = Found::ok(format!("STS accepts the token as {}", session.arn));
                }
            }
            accepted(&session.arn, seen.role_arn.as_deref().unwrap_or_default())
        }
        // No token was minted, or STS was not reached: nothing is refused.
        Some(Err(trouble)) if trouble.call.starts_with("kubernetes:") || passes(trouble) => Found::unknown(trouble),
        Some(Err(trouble)) => {
            let named = link::of_exchange(trouble.clone());
            let blamed = match named.link.as_str() {
                "trust" => Some(&mut trust),
                "oidc-provider" => Some(&mut provider),
                _ => None,
            };
            if let Some(blamed) = blamed
                && blamed.state == LinkState::Unknown
            {
                *blamed = Found::broken(&named);
            }
            Found::broken(trouble)
        }
    };
    (trust, provider, sts)
}

pub(super) fn accepted(actual: &str, expected: &str) -> Found {
    let same = match (RoleArn::of_session(actual), RoleArn::parse(expected)) {
        (Some(actual), Ok(expected)) => actual.account() == expected.account() && actual.name() == expected.name(),
        _ => false,
    };
    if same {
        Found::ok(format!("{actual}, as {expected} is expected"))
    } else {
        Found::broken(format!("{actual}, but {expected} is expected"))
    }
}

/// Permissions, bucket and key: S3 has the last word.
fn storage(seen: &Seen) -> (Found, Found, Found) {
    let (mut permissions, mut key) = (evaluated::permissions(seen), key(seen));
    let bucket = match (&seen.bucket, &seen.listing) {
        (None, _) => Found::unknown("there is no location that names one"),
        (Some(_), None) => Found::unknown("there is no session to list it with"),
        (Some((bucket, prefix)), Some(Ok(keys))) => {
            Found::ok(format!("s3://{}/{prefix} is listed, {} objects at least", bucket.name, keys.len()))
        }
        (Some(_), Some(Err(trouble))) if passes(trouble) => Found::unknown(trouble),
        (Some(_), Some(Err(trouble))) => {
            let named = link::of_storage(trouble.clone());
            match named.link.as_str() {
                "permissions" if permissions.state != LinkState::Broken => permissions = Found::broken(trouble),
                "key" if key.state != LinkState::Broken => key = Found::broken(trouble),
                _ => {}
            }
            if named.link == "key" { Found::ok("it answers") } else { Found::broken(trouble) }
        }
    };
    (permissions, bucket, key)
}

/// Whether a trouble says nothing of the chain: it may be gone at the next try, or is the caller's own.
fn passes(trouble: &Trouble) -> bool {
    trouble.kind.may_pass() || matches!(trouble.kind, TroubleKind::Unreadable | TroubleKind::Stopped)
}

fn service_account(seen: &Seen) -> Found {
    of_account(seen, |place, _| match &seen.role_arn {
        Some(arn) => Found::ok(format!("{place} is annotated with {arn}")),
        None => Found::broken(format!("{place} carries no annotation eks.amazonaws.com/role-arn")),
    })
}

/// What is found of the service account, `NAMESPACE/NAME`, where there is one to look at.
pub(super) fn of_account(seen: &Seen, found: impl FnOnce(&str, &Object) -> Found) -> Found {
    let place = format!("{}/{}", seen.namespace, seen.account_name);
    match (&seen.deployment, &seen.account) {
        (Err(trouble), _) | (_, Some(Err(trouble))) => Found::unknown(trouble),
        (Ok(None), _) => {
            let tool = seen.tool.title();
            Found::broken(format!("{tool} is not installed in the namespace {}", seen.namespace))
        }
        (_, None) => Found::unknown("it could not be asked for"),
        (_, Some(Ok(None))) => Found::broken(format!("there is no service account {place}")),
        (_, Some(Ok(Some(account)))) => found(&place, account),
    }
}

fn injected_pod(seen: &Seen) -> Found {
    let pods = match &seen.pods {
        Err(trouble) => return Found::unknown(trouble),
        Ok(pods) => pods,
    };
    let running = running(pods, &seen.account_name);
    if running.is_empty() {
        return Found::broken(format!("no pod of the service account {} runs", seen.account_name));
    }
    let expected = seen.role_arn.as_deref().unwrap_or_default();
    for pod in &running {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        let restart = "restart it: only new pods are changed by the webhook";
        match role_of_pod(pod) {
            None => return Found::broken(format!("the pod {name} carries no AWS_ROLE_ARN; {restart}")),
            Some(role) if role != expected => {
                return Found::broken(format!("the pod {name} carries {role}, not {expected}; {restart}"));
            }
            Some(_) if !has_token(pod) => {
                return Found::broken(format!("the pod {name} has no volume with a token for {AUDIENCE}"));
            }
            Some(_) => {}
        }
    }
    Found::ok(format!("{} running, each with AWS_ROLE_ARN {expected} and its token", running.len()))
}

/// The pods of a service account that run.
pub(super) fn running<'a>(pods: &'a [Object], account: &str) -> Vec<&'a Object> {
    pods.iter()
        .filter(|pod| pod["spec"]["serviceAccountName"] == account)
        .filter(|pod| pod["status"]["phase"] == "Running" && pod["metadata"]["deletionTimestamp"].is_null())
        .collect()
}

fn has_token(pod: &Object) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let volumes = list(&pod["spec"]["volumes"]);
    let mut sources = volumes.iter().flat_map(|volume| list(&volume["projected"]["sources"]));
    sources.any(|source| source["serviceAccountToken"]["audience"] == AUDIENCE)
}

pub(super) fn key(seen: &Seen) -> Found {
    match &seen.key {
        None => Found::unknown("there is no bucket to ask for"),
        Some(Err(trouble)) => Found::unknown(trouble),
        Some(Ok(KeySeen::S3)) => Found::ok("SSE-S3"),
        Some(Ok(KeySeen::Kms(id, None))) if id == "alias/aws/s3" => Found::ok(id),
        Some(Ok(KeySeen::Kms(id, None))) => Found::broken(format!("there is no key {id}")),
        Some(Ok(KeySeen::Kms(_, Some(key)))) => {
            let evidence = format!("{} is {}", key.arn, key.state);
            if key.state == "Enabled" { Found::ok(evidence) } else { Found::broken(evidence) }
        }
    }
}

pub(super) fn location(seen: &Seen) -> Found {
    let locations = match &seen.locations {
        Err(trouble) => return Found::unknown(trouble),
        Ok(locations) => locations,
    };
    let Some(location) = main_location(locations) else {
        let what = match seen.tool {
            Tool::RancherBackup => "Secret rancher-backup-s3 that names a bucket",
            Tool::UpboundSpaces => "SharedBackupConfig for the control plane",
            Tool::Velero => "BackupStorageLocation",
        };
        return Found::broken(format!("there is no {what} in the namespace {}", seen.namespace));
    };
    let name = location["metadata"]["name"].as_str().unwrap_or_default();
    let message = location["status"]["message"].as_str().unwrap_or_default();
    match location["status"]["phase"].as_str().filter(|phase| !phase.is_empty()) {
        Some("Available") => Found::ok(format!("{name} is Available")),
        Some(phase) => Found::broken(format!("{name} is {phase}: {message}")),
        None => Found::unknown(format!("{name} was not validated yet")),
    }
}

pub(super) fn backup(seen: &Seen) -> Found {
    let backups = match &seen.backups {
        Err(trouble) => return Found::unknown(trouble),
        Ok(backups) => backups,
    };
    let made = |backup: &&Object| backup["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned();
    let Some(newest) = backups.iter().max_by_key(made) else { return Found::unknown("there is no backup yet") };
    let name = newest["metadata"]["name"].as_str().unwrap_or_default();
    let phase = newest["status"]["phase"].as_str().unwrap_or("New");
    let evidence = format!("{name} is {phase}");
    match phase {
        "Completed" => Found::ok(evidence),
        "Failed" | "PartiallyFailed" | "FailedValidation" => {
            let why = newest["status"]["failureReason"].as_str().unwrap_or_default();
            Found::broken(format!("{evidence} {why}").trim())
        }
        _ => Found::unknown(evidence),
    }
}

//! The links of Pod Identity: the agent and the association stand in place of issuer and provider, and what a
//! token's exchange would show is read from what the pod's own calls led to.

use super::evaluated;
use super::links::{self, Found, of_account};
use super::look::Seen;
use crate::domain::Tool;
use crate::domain::injected::{carries_pod_identity, role_of_pod};
use crate::domain::status::{main_location, session_in};
use crate::engine::link;
use crate::ports::Object;

/// All links of Pod Identity, in order.
pub(super) fn all(seen: &Seen) -> [(&'static str, Found); 12] {
    let said = Said::of(seen);
    let blamed = |link: &str, found: Found| said.blames(link, found);
    let (permissions, key) = (evaluated::permissions(seen), links::key(seen));
    [
        ("cluster", links::cluster(seen)),
        ("agent", blamed("agent", agent(seen))),
        ("association", blamed("association", association(seen))),
        ("trust", blamed("trust", evaluated::trust(seen))),
        ("permissions", blamed("permissions", permissions)),
        ("service-account", service_account(seen)),
        ("injected-pod", injected_pod(seen)),
        ("sts-identity", session(seen, &said)),
        ("bucket", bucket(seen, &said)),
        ("key", blamed("key", key)),
        ("location", links::location(seen)),
        ("backup", links::backup(seen)),
    ]
}

/// What the location that counts tells of the pod's own calls.
struct Said {
    tool: Tool,
    /// The pod's own calls are answered.
    available: bool,
    message: String,
}

impl Said {
    fn of(seen: &Seen) -> Self {
        let locations = seen.locations.as_deref().unwrap_or_default();
        let status = main_location(locations).map(|location| &location["status"]);
        let text = |field: &str| status.and_then(|status| status[field].as_str()).unwrap_or_default().to_owned();
        let available = match seen.tool {
            // A SharedBackupConfig has no status: only a Backup tells.
            Tool::UpboundSpaces => links::backup(seen).is_ok(),
            Tool::Velero | Tool::RancherBackup => text("phase") == "Available",
        };
        Self { tool: seen.tool, available, message: text("message") }
    }

    /// A link that could not be judged is broken when the pod's own error tells of it.
    fn blames(&self, link: &str, found: Found) -> Found {
        let blamed = match self.tool {
            Tool::RancherBackup => link::of_rancher(&self.message),
            Tool::Velero | Tool::UpboundSpaces => link::of_message(&self.message),
        };
        let told = !self.available && !self.message.is_empty() && blamed == link;
        if told && !found.is_broken() { Found::broken(&self.message) } else { found }
    }
}

fn agent(seen: &Seen) -> Found {
    match &seen.agent {
        None => Found::unknown("EKS could not be asked for it"),
        Some(Err(trouble)) => Found::unknown(trouble),
        // The pod's own error tells where it runs on another node.
        Some(Ok(None)) if seen.is_auto() => Found::ok("EKS Auto Mode has it built into its nodes"),
        // Somebody may run it without EKS; the pod's own error tells where nothing answers.
        Some(Ok(None)) => Found::unknown("it is not installed as an EKS add-on"),
        Some(Ok(Some(addon))) => {
            let evidence = format!("{} {} {}", addon.version, addon.status, addon.issues.join("; "));
            match addon.status.as_str() {
                "ACTIVE" | "UPDATING" | "UPDATE_FAILED" => Found::ok(evidence.trim()),
                "CREATING" => Found::unknown(evidence.trim()),
                _ => Found::broken(evidence.trim()),
            }
        }
    }
}

fn association(seen: &Seen) -> Found {
    let account = format!("{}/{}", seen.namespace, seen.account_name);
    match &seen.association {
        None => Found::unknown("EKS could not be asked for it"),
        Some(Err(trouble)) => Found::unknown(trouble),
        Some(Ok(None)) => Found::broken(format!("{account} has no association")),
        Some(Ok(Some(there))) => Found::ok(format!("{} gives {account} {}", there.id, there.role_arn)),
    }
}

fn service_account(seen: &Seen) -> Found {
    of_account(seen, |place, account| match crate::domain::status::role_of(account) {
        None => Found::ok(format!("{place}, without an annotation")),
        Some(role) => Found::ok(format!("{place}; its annotation with {role} counts for no new pod (A28)")),
    })
}

fn injected_pod(seen: &Seen) -> Found {
    let pods = match &seen.pods {
        Err(trouble) => return Found::unknown(trouble),
        Ok(pods) => pods,
    };
    let running = links::running(pods, &seen.account_name);
    if running.is_empty() {
        return Found::broken(format!("no pod of the service account {} runs", seen.account_name));
    }
    let restart = "restart it: only new pods are changed by the webhook";
    if let Some(pod) = running.iter().find(|pod| !carries_pod_identity(pod)) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        return Found::broken(match role_of_pod(pod) {
            Some(role) => format!("the pod {name} still carries {role} (IRSA); {restart}"),
            None => format!("the pod {name} carries no AWS_CONTAINER_CREDENTIALS_FULL_URI; {restart}"),
        });
    }
    Found::ok(format!("{} running, each with the agent's address and its token", running.len()))
}

/// Who the pod was: told by an error that names it, else by its calls having worked.
fn session(seen: &Seen, said: &Said) -> Found {
    let expected = seen.role_arn.as_deref().unwrap_or_default();
    if let Some(actual) = session_in(&said.message) {
        return links::accepted(actual, expected);
    }
    if said.available && carried(seen) {
        return Found::ok(format!("the pod's own calls are answered; its association names {expected}"));
    }
    said.blames("sts-identity", Found::unknown("only a pod gets credentials, and none has told yet who it is"))
}

fn carried(seen: &Seen) -> bool {
    let pods: &[Object] = seen.pods.as_deref().unwrap_or_default();
    links::running(pods, &seen.account_name).iter().any(|pod| carries_pod_identity(pod))
}

fn bucket(seen: &Seen, said: &Said) -> Found {
    let Some((bucket, prefix)) = &seen.bucket else { return Found::unknown("there is no location that names one") };
    if said.available {
        return Found::ok(format!("s3://{}/{prefix} is listed by the pod", bucket.name));
    }
    said.blames("bucket", Found::unknown("no call of the pod has reached it"))
}

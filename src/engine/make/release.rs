//! The Helm release, and the waits for what it makes.

use super::Made;
use crate::domain::{Identity, Tool};
use crate::engine::journal::Effect;
use crate::engine::wait::{IAM_GRACE, Look, until};
use crate::engine::{Context, State, link};
use crate::plan::{self, ReleaseOp, rolled_out};
use crate::ports::{Answer, Kind, Trouble, TroubleKind, Upgrade};
use serde_json::{Value, json};
use std::time::Duration;

/// Helm's own time limit, hooks included.
const HELM_TIMEOUT: Duration = Duration::from_mins(5);

/// Seconds for a rollout: an image may have to be pulled.
pub(super) const ROLLOUT: i64 = 300;

/// Seconds for a location: Velero looks again every minute.
const LOCATION: i64 = 180;

/// `helm upgrade --install`.
pub async fn upgrade(context: &Context, change: &str, op: &ReleaseOp) -> Answer<Made> {
    context.say(change, State::Waiting, format!("helm upgrade --install {}", op.name));
    let upgrade = Upgrade {
        access: context.access.clone(),
        release: op.name.clone(),
        namespace: op.namespace.clone(),
        chart: op.chart.clone(),
        version: op.version.clone(),
        values: super::known(context, &op.values)?,
        timeout: HELM_TIMEOUT,
    };
    let release = context.world.helm.upgrade(&upgrade).await?;
    let effect = if op.previous_revision == 0 { Effect::Created } else { Effect::Updated };
    let message = format!(
        "{}/{} revision {}, chart {}-{}",
        release.namespace, release.name, release.revision, release.chart, release.version
    );
    Ok(Made::new(effect, message).id("revision", release.revision.to_string()))
}

/// Reads a location back: it exists as the release made it.
pub async fn location(context: &Context, change: &str, namespace: &str, name: &str) -> Answer<Made> {
    let found = |object: Option<&Value>| match object {
        Some(object) => Look::Ready(object["spec"]["objectStorage"].clone()),
        None => Look::Not(format!("waiting for the location {name}")),
    };
    let storage = until(context, change, (Kind::BackupStorageLocation, namespace, name), 30, found).await?;
    let bucket = storage["bucket"].as_str().unwrap_or_default();
    let prefix = storage["prefix"].as_str().unwrap_or_default();
    if bucket != context.names.bucket
        || format!("{prefix}/") != format!("{}/", context.names.prefix.trim_end_matches('/'))
    {
        return Err(Trouble::new(TroubleKind::Broken, format!("the location {name} points to s3://{bucket}/{prefix}"))
            .link("location")
            .why("another release or controller may own it"));
    }
    Ok(Made::new(Effect::Unchanged, format!("{namespace}/{name} at s3://{bucket}/{prefix}")))
}

/// Waits until Velero has accepted a Schedule.
pub async fn schedule(context: &Context, change: &str, namespace: &str, name: &str) -> Answer<Made> {
    let look = |object: Option<&Value>| {
        let Some(object) = object else { return Look::Not(format!("waiting for the schedule {name}")) };
        match object["status"]["phase"].as_str() {
            Some("Enabled") => Look::Ready(()),
            Some("FailedValidation") => Look::Never(
                Trouble::new(TroubleKind::Invalid, format!("Velero refuses the schedule {name}"))
                    .why(object["status"]["validationErrors"].to_string())
                    .todo("Mend velero.schedule or velero.ttl"),
            ),
            _ => Look::Not("waiting for Velero to accept the schedule".to_owned()),
        }
    };
    until(context, change, (Kind::Schedule, namespace, name), ROLLOUT, look).await?;
    Ok(Made::new(Effect::Unchanged, format!("{namespace}/{name} is Enabled")))
}

/// Restarts the workloads whose pods do not carry the role, as `kubectl rollout restart` does; of Rancher Backup also
/// those that are older than the release, and so have read another location than its own (rancher-F24).
pub async fn restart(
    context: &Context,
    change: &str,
    namespace: &str,
    service_account: &str,
    role_arn: &str,
) -> Answer<Made> {
    let rancher = context.names.tool == Tool::RancherBackup;
    if rancher {
        // What an upgrade restarts by itself is not to be restarted twice.
        roll_out(context, change, namespace).await?;
    }
    let pods = context.kube.list(Kind::Pod, namespace, "").await?;
    let mut stale = plan::stale(&pods, context.names.identity, service_account, role_arn);
    let mut why = "do not carry the role";
    if rancher && stale.is_empty() {
        let records = context.kube.list(Kind::Secret, namespace, &plan::records(&context.names.release)).await?;
        stale = plan::older(&pods, service_account, plan::deployed(&records).as_deref());
        why = "started before the values that are deployed";
    }
    if stale.is_empty() {
        return Ok(Made::new(Effect::Unchanged, "the pods carry the role"));
    }
    context.say(change, State::Waiting, format!("restarting, because {} {why}", stale.join(", ")));
    // Not kubectl's whole seconds: a second restart within one would change nothing.
    let now = context.world.host.now().to_string();
    let merge =
        json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": now}}}}});
    for (kind, name) in [(Kind::Deployment, context.names.deployment.as_str()), (Kind::DaemonSet, "node-agent")] {
        if context.kube.get(kind, namespace, name).await?.is_some() {
            context.kube.patch(kind, namespace, name, &merge).await?;
        }
    }
    Ok(Made::new(Effect::Updated, format!("restarted {}", stale.join(", "))))
}

/// Waits for the rollout, looks at what the pods carry, and waits until the location is `Available`.
pub async fn healthy(
    context: &Context,
    change: &str,
    namespace: &str,
    service_account: &str,
    role_arn: &str,
    location: &str,
) -> Answer<Made> {
    let effect = carried(context, change, namespace, service_account, role_arn).await?;
    let agents = super::node_agent::told(context, namespace).await?;
    available(context, change, namespace, location).await?;
    Ok(Made::new(effect, format!("rolled out{agents}; location {location} is Available")))
}

/// Waits for the rollout and looks at what the pods carry; what it did about it.
pub(super) async fn carried(
    context: &Context,
    change: &str,
    namespace: &str,
    service_account: &str,
    role_arn: &str,
) -> Answer<Effect> {
    roll_out(context, change, namespace).await?;
    let mut effect = Effect::Unchanged;
    if !stale(context, namespace, service_account, role_arn).await?.is_empty() {
        // The webhook is told of service accounts with a small delay (velero-F9): a second start finds it.
        restart(context, change, namespace, service_account, role_arn).await?;
        effect = Effect::Updated;
        roll_out(context, change, namespace).await?;
        let stale = stale(context, namespace, service_account, role_arn).await?;
        if !stale.is_empty() {
            return Err(no_identity(context, &stale).await);
        }
    }
    Ok(effect)
}

async fn stale(context: &Context, namespace: &str, service_account: &str, role_arn: &str) -> Answer<Vec<String>> {
    let pods = context.kube.list(Kind::Pod, namespace, "").await?;
    // A finished hook's pod and one that is going are of no matter.
    let servers: Vec<Value> =
        pods.into_iter().filter(|pod| pod["metadata"]["ownerReferences"][0]["kind"] != "Job").collect();
    Ok(plan::stale(&servers, context.names.identity, service_account, role_arn))
}

/// Pods without the role after two starts: the identity webhook does not do its work.
async fn no_identity(context: &Context, stale: &[String]) -> Trouble {
    let webhook = context.kube.get(Kind::MutatingWebhookConfiguration, "", "pod-identity-webhook").await;
    let why = match webhook {
        Ok(None) => "the cluster has no MutatingWebhookConfiguration pod-identity-webhook",
        _ if context.names.identity == Identity::PodIdentity => {
            "the identity webhook did not add AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE to them"
        }
        _ => "the identity webhook did not add AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE to them",
    };
    Trouble::new(TroubleKind::Broken, format!("{} started without the role", stale.join(", ")))
        .link("injected-pod")
        .why(why)
        .todo("EKS runs this webhook in its control plane: look at the cluster's health in the EKS console, then run apply again")
}

/// Waits for the tool's server, and for node-agent where it is deployed.
async fn roll_out(context: &Context, change: &str, namespace: &str) -> Answer<()> {
    deployment(context, change, namespace, context.names.deployment.as_str()).await?;
    super::node_agent::roll_out(context, change, namespace).await
}

/// Waits for the rollout of a Deployment; one that does not come up is told with its pods' own words.
pub(super) async fn deployment(context: &Context, change: &str, namespace: &str, name: &str) -> Answer<()> {
    let result = until(context, change, (Kind::Deployment, namespace, name), ROLLOUT, |object| {
        let Some(object) = object else { return Look::Not(format!("waiting for the deployment {namespace}/{name}")) };
        if object["spec"]["replicas"] == 0 {
            return Look::Never(scaled_to_none(namespace, name));
        }
        if rolled_out(object) {
            Look::Ready(())
        } else {
            Look::Not(format!("waiting for the rollout of {namespace}/{name}"))
        }
    })
    .await;
    match result {
        Err(trouble) if trouble.kind == TroubleKind::Deadline => Err(trouble.why(pods_say(context, namespace).await)),
        other => other,
    }
}

fn scaled_to_none(namespace: &str, name: &str) -> Trouble {
    Trouble::new(TroubleKind::Broken, format!("the deployment {namespace}/{name} is scaled to 0 replicas"))
        .why("somebody scaled it down, and without a pod nothing backs up")
        .todo(format!("Run: kubectl -n {namespace} scale deployment {name} --replicas 1; then run apply again"))
}

/// Why the pods of a namespace are not ready, in Kubernetes' own words.
pub(super) async fn pods_say(context: &Context, namespace: &str) -> String {
    let Ok(pods) = context.kube.list(Kind::Pod, namespace, "").await else { return String::new() };
    let mut words = Vec::new();
    for pod in &pods {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        for list in ["initContainerStatuses", "containerStatuses"] {
            for status in pod["status"][list].as_array().into_iter().flatten() {
                let waiting = &status["state"]["waiting"];
                if let Some(reason) = waiting["reason"].as_str() {
                    let message = waiting["message"].as_str().unwrap_or_default();
                    words.push(format!("{namespace}/{name}: {reason} {message}"));
                }
            }
        }
    }
    words.join("; ")
}

async fn available(context: &Context, change: &str, namespace: &str, name: &str) -> Answer<()> {
    let look = |object: Option<&Value>| {
        let Some(object) = object else { return Look::Not(format!("waiting for the location {name}")) };
        let status = &object["status"];
        let message = status["message"].as_str().unwrap_or_default();
        match status["phase"].as_str() {
            Some("Available") => Look::Ready(()),
            Some("Unavailable") => {
                let validated = status["lastValidationTime"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
                // IAM may not have settled when Velero looked: what it said before that is not the last word.
                let settled = context
                    .learnt()
                    .iam_changed
                    .is_none_or(|changed| validated.is_some_and(|at| at.as_second() - changed.as_second() > IAM_GRACE));
                let seen_by_this_run = context
                    .learnt()
                    .started
                    .get(change)
                    .is_some_and(|started| validated.is_some_and(|at| at >= *started));
                if settled && seen_by_this_run {
                    return Look::Never(unavailable(name, message));
                }
                Look::Not(format!("Unavailable so far: {message}; Velero looks again every minute"))
            }
            _ => Look::Not("waiting for Velero to look at the bucket".to_owned()),
        }
    };
    let result = until(context, change, (Kind::BackupStorageLocation, namespace, name), LOCATION, look).await;
    match result {
        Err(trouble) if trouble.kind == TroubleKind::Deadline => {
            let object = context.kube.get(Kind::BackupStorageLocation, namespace, name).await?;
            let message = object.map(|object| object["status"]["message"].as_str().unwrap_or_default().to_owned());
            Err(message.filter(|text| !text.is_empty()).map_or(trouble, |text| unavailable(name, &text)))
        }
        other => other,
    }
}

fn unavailable(name: &str, message: &str) -> Trouble {
    Trouble::new(TroubleKind::Broken, format!("the location {name} is Unavailable"))
        .why(message)
        .link(link::of_message(message))
        .at("velero", name)
}

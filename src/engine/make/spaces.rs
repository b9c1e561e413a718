//! The waits and the restart in the namespaces of a Space's control planes.

use super::Made;
use super::release::deployment;
use crate::domain::space::CONTROLLER;
use crate::engine::journal::Effect;
use crate::engine::wait::{Look, until};
use crate::engine::{Context, State};
use crate::ports::{Answer, Kind, Trouble, TroubleKind};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

/// Seconds until the Space has passed an annotation on to a service account.
const ANNOTATION: i64 = 120;
/// How many namespaces are waited for at the same time.
const SIDE_BY_SIDE: usize = 16;

/// Waits until a service account is annotated with the role.
pub async fn account(context: &Context, change: &str, namespace: &str, name: &str, role_arn: &str) -> Answer<Made> {
    let annotation = |object: &Value| object["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == role_arn;
    let look = |object: Option<&Value>| match object {
        Some(object) if annotation(object) => Look::Ready(()),
        Some(_) => Look::Not(format!("waiting for the Space to annotate {namespace}/{name}")),
        None => Look::Not(format!("waiting for the service account {namespace}/{name}")),
    };
    let result = until(context, change, (Kind::ServiceAccount, namespace, name), ANNOTATION, look).await;
    result.map_err(|trouble| match trouble.kind {
        TroubleKind::Deadline => trouble
            .link("service-account")
            .why("the Space has not passed its release's annotation on")
            .todo("Look at the log of the Space's controller; then run apply again"),
        _ => trouble,
    })?;
    Ok(Made::new(Effect::Unchanged, format!("{namespace}/{name} is annotated with {role_arn}")))
}

/// The controller's pods in a namespace that do not carry the identity.
async fn stale(context: &Context, namespace: &str, role_arn: &str) -> Answer<Vec<String>> {
    let pods = context.kube.list(Kind::Pod, namespace, "").await?;
    Ok(crate::plan::stale(&pods, context.names.identity, CONTROLLER, role_arn))
}

/// Restarts a controller whose pods do not carry the identity, as `kubectl rollout restart` does.
pub async fn restart(context: &Context, change: &str, namespace: &str, role_arn: &str) -> Answer<Made> {
    let stale = stale(context, namespace, role_arn).await?;
    if stale.is_empty() {
        return Ok(Made::new(Effect::Unchanged, "its pods carry the role"));
    }
    context.say(change, State::Waiting, format!("restarting, because {} do not carry the role", stale.join(", ")));
    // Not kubectl's whole seconds: a second restart within one would change nothing.
    let now = context.world.host.now().to_string();
    let merge =
        json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": now}}}}});
    context.kube.patch(Kind::Deployment, namespace, CONTROLLER, &merge).await?;
    Ok(Made::new(Effect::Updated, format!("restarted {}", stale.join(", "))))
}

/// Waits until the controllers are rolled out and carry the identity.
pub async fn healthy(context: &Context, change: &str, namespaces: &[String], role_arn: &str) -> Answer<Made> {
    let waits = namespaces.iter().map(|namespace| one(context, change, namespace, role_arn));
    let made = futures::stream::iter(waits.collect::<Vec<_>>()).buffered(SIDE_BY_SIDE);
    let restarted = made.try_fold(false, |any, one| async move { Ok(any || one) }).await?;
    let effect = if restarted { Effect::Updated } else { Effect::Unchanged };
    Ok(Made::new(effect, format!("{} controllers run with the role", namespaces.len())))
}

/// One controller; whether it was restarted once more.
async fn one(context: &Context, change: &str, namespace: &str, role_arn: &str) -> Answer<bool> {
    deployment(context, change, namespace, CONTROLLER).await?;
    if stale(context, namespace, role_arn).await?.is_empty() {
        return Ok(false);
    }
    // The webhook and the agent are told of a service account with a small delay: a second start finds it.
    restart(context, change, namespace, role_arn).await?;
    deployment(context, change, namespace, CONTROLLER).await?;
    let left = stale(context, namespace, role_arn).await?;
    if left.is_empty() {
        return Ok(true);
    }
    Err(Trouble::new(TroubleKind::Broken, format!("{namespace}: {} started without the role", left.join(", ")))
        .link("injected-pod")
        .why("the identity webhook did not add the role's variables to it")
        .todo("EKS runs this webhook in its control plane: look at the cluster's health in the EKS console, then run apply again"))
}

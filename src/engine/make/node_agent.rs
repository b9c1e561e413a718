//! node-agent, which carries the data of volumes: whether it runs on the nodes that it is for.

use super::release::{ROLLOUT, pods_say};
use crate::engine::Context;
use crate::engine::wait::{Look, until};
use crate::ports::{Answer, Kind, Object, TroubleKind};

/// The chart's name of it.
const NAME: &str = "node-agent";

/// Seconds for a node: the pods are replaced one after the other.
const PER_NODE: i64 = 20;

/// The longest wait for all of them.
const LONGEST: i64 = 1800;

/// Waits until it is ready on every node that it is for, where it is deployed at all. A node on which it does not get
/// ready ends nothing: the volumes on the others are covered.
pub async fn roll_out(context: &Context, change: &str, namespace: &str) -> Answer<()> {
    let Some(there) = context.kube.get(Kind::DaemonSet, namespace, NAME).await? else { return Ok(()) };
    let seconds = ROLLOUT.max(wanted(&there).saturating_mul(PER_NODE)).min(LONGEST);
    let look = |object: Option<&Object>| match object {
        Some(object) if !is_ready(object) => Look::Not(words(object)),
        _ => Look::Ready(()),
    };
    match until(context, change, (Kind::DaemonSet, namespace, NAME), seconds, look).await {
        Err(trouble) if trouble.kind == TroubleKind::Deadline => {
            let now = context.kube.get(Kind::DaemonSet, namespace, NAME).await?.unwrap_or_default();
            if count(&now, "numberReady") > 0 {
                return Ok(());
            }
            let why = format!("{}; {}", words(&now), pods_say(context, namespace).await);
            Err(trouble.why(why).todo("Look at its pods: without it no data of volumes is carried (velero-F45)"))
        }
        other => other,
    }
}

/// What is to be said of it once it had its time; nothing where it is not deployed.
pub async fn told(context: &Context, namespace: &str) -> Answer<String> {
    let Some(there) = context.kube.get(Kind::DaemonSet, namespace, NAME).await? else { return Ok(String::new()) };
    if wanted(&there) == 0 {
        return Ok(format!(
            "; {NAME} is for no node, so no data of volumes is carried: Fargate, and taints that nodeAgent.tolerations does not name, keep it away (velero-F45)"
        ));
    }
    let missing = if is_ready(&there) { "" } else { ", and volumes on the other nodes are not covered (velero-F45)" };
    Ok(format!("; {}{missing}", words(&there)))
}

fn count(object: &Object, field: &str) -> i64 {
    object["status"][field].as_i64().unwrap_or(0)
}

fn wanted(object: &Object) -> i64 {
    count(object, "desiredNumberScheduled")
}

fn words(object: &Object) -> String {
    format!("{NAME} is ready on {} of {} nodes", count(object, "numberReady"), wanted(object))
}

fn is_ready(object: &Object) -> bool {
    object["status"]["observedGeneration"].as_i64() >= object["metadata"]["generation"].as_i64()
        && count(object, "updatedNumberScheduled") >= wanted(object)
        && count(object, "numberReady") >= wanted(object)
}

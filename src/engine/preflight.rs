//! "May I?", asked before anything is changed: IAM's simulator once for all calls, the clusters' own reviews side by
//! side. What cannot be found out is unknown, never a no (security.md 1.7).

use super::gather::Reached;
pub use crate::domain::preflight::{PreflightLine, Verdict};
use crate::plan::{Plan, Right, rights};
use crate::ports::{Asked, Kind, Kube, Simulated, Trouble, Verdict as Simulator, World};
use futures::StreamExt as _;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many reviews are asked for at the same time in one cluster.
const REVIEWS: usize = 8;

/// Asks for all that applying a plan needs; `sites` are the clusters in the plan's order.
pub async fn preflight(world: &World, plan: &Plan, caller: &str, sites: &[Reached]) -> Vec<PreflightLine> {
    let clusters = sites.iter().enumerate().map(async |(at, reached)| {
        let name = plan.sites.get(at).map_or("", |names| names.folder.as_str());
        in_cluster(reached.kube.as_ref(), name, rights(plan, at)).await
    });
    let (mut lines, clusters) = futures::join!(in_account(world, plan, caller), futures::future::join_all(clusters));
    lines.extend(clusters.into_iter().flatten());
    lines
}

/// One question for all calls. A resource that AWS names only later is asked for as `*`.
async fn in_account(world: &World, plan: &Plan, caller: &str) -> Vec<PreflightLine> {
    let asked = asked(plan);
    let said = world.aws.simulate(caller, &asked).await;
    let of = |action: &String, resource: &String| -> PreflightLine {
        let what = if resource == "*" { action.clone() } else { format!("{action} on {resource}") };
        let (verdict, why) = match &said {
            Ok(said) => said
                .iter()
                .find(|one| one.action == *action && one.resource == *resource)
                .map_or_else(|| (Verdict::Unknown, "the simulator says nothing of it".to_owned()), decision),
            Err(trouble) => (Verdict::Unknown, told(trouble)),
        };
        PreflightLine::new(&what, verdict, &why)
    };
    asked.iter().flat_map(|one| one.actions.iter().map(|action| of(action, &one.resources[0]))).collect()
}

/// The statements of the plan's operator policy.
fn asked(plan: &Plan) -> Vec<Asked> {
    let document = plan.document("operator-policy.json");
    let policy: Value = document.and_then(|it| serde_json::from_str(&it.text).ok()).unwrap_or_default();
    let statement = |statement: &Value| {
        let actions = statement["Action"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Asked { actions, resources: vec![statement["Resource"].as_str()?.to_owned()] })
    };
    policy["Statement"].as_array().into_iter().flatten().filter_map(statement).collect()
}

fn decision(said: &Simulated) -> (Verdict, String) {
    let missing = || format!("a policy asks for {}, which the simulator does not know", said.missing.join(", "));
    match said.verdict {
        Simulator::Allowed => (Verdict::Allowed, String::new()),
        // A condition that the simulator had no value for may well be met by the call itself.
        Simulator::Denied | Simulator::NotAllowed if !said.missing.is_empty() => (Verdict::Unknown, missing()),
        Simulator::Denied => (Verdict::Denied, "a policy denies it".to_owned()),
        Simulator::NotAllowed => (Verdict::Denied, "no policy allows it".to_owned()),
        Simulator::Unknown => (Verdict::Unknown, "the simulator does not say".to_owned()),
    }
}

/// A review for each verb on each kind; names and parts of kinds are not told apart by it.
async fn in_cluster(kube: &dyn Kube, cluster: &str, rights: Vec<Right>) -> Vec<PreflightLine> {
    let mut known: BTreeSet<(String, Kind, String)> = BTreeSet::new();
    let mut others: Vec<String> = Vec::new();
    for right in rights {
        match right.kind() {
            Some(kind) => {
                known.insert((right.namespace, kind, right.verb));
            }
            None if !others.contains(&right.resource) => others.push(right.resource),
            None => {}
        }
    }
    let reviews = known.into_iter().map(async |(namespace, kind, verb)| {
        let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
        let what = format!("{cluster}: {verb} {}{place}", kind.resource());
        match kube.may(&verb, kind, &namespace).await {
            Ok(true) => PreflightLine::new(&what, Verdict::Allowed, ""),
            Ok(false) => PreflightLine::new(&what, Verdict::Denied, "the cluster's RBAC does not allow it"),
            Err(trouble) => PreflightLine::new(&what, Verdict::Unknown, &told(&trouble)),
        }
    });
    let mut lines: Vec<PreflightLine> = futures::stream::iter(reviews).buffered(REVIEWS).collect().await;
    if !others.is_empty() {
        let what = format!("{cluster}: {}", others.join(", "));
        lines.push(PreflightLine::new(
            &what,
            Verdict::Unknown,
            "not asked: lifeboat itself does not touch these kinds",
        ));
    }
    lines
}

fn told(trouble: &Trouble) -> String {
    format!("it could not be asked: {}", trouble.what)
}

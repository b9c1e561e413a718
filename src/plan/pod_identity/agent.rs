//! The agent on every node: an EKS add-on (A27).

use crate::plan::scope::{Scope, problem};
use crate::plan::{AutoMode, Change, ChangeKind, Draft, Op};
use crate::ports::Addon;
use serde_json::json;

/// The add-on, and the daemon set that it runs.
pub const AGENT: &str = "eks-pod-identity-agent";

/// Plans `pod-identity-agent`.
pub fn agent(scope: &Scope<'_>, draft: &mut Draft) {
    let (names, facts) = (&scope.names, &scope.site.pod_identity);
    let change = scope
        .change("pod-identity-agent", ChangeKind::Eks, format!("add-on {AGENT} of {}", names.cluster))
        .why("it hands pods the credentials of their association's role, on every node")
        .undo("removed if this run installed it and no association is left")
        .desired(json!(AGENT));
    if let AutoMode::Beside(count) = facts.auto {
        let (them, need) = if count == 1 { ("1 node", "needs") } else { (&*format!("{count} nodes"), "need") };
        draft.note(format!("{them} of {} beside those of EKS Auto Mode {need} the agent's add-on", names.cluster));
    }
    let found = match &facts.agent {
        // What an add-on says that has no node to run on is nothing to wait for.
        _ if facts.auto == AutoMode::Alone => {
            draft.note(format!(
                "EKS Auto Mode has {AGENT} built into the nodes of {}: no add-on is needed",
                names.cluster
            ));
            change.why("EKS Auto Mode has it built into all nodes of this cluster: no add-on is needed")
        }
        Some(addon) => existing(scope, change, addon, draft),
        None if facts.own_agent => {
            draft.note(format!("{AGENT} runs in {} without being an EKS add-on: it is taken as it is", names.cluster));
            change
        }
        None => match offered(scope, draft) {
            Some(version) => install(scope, change, &version),
            None => return,
        },
    };
    draft.push(found);
}

/// What EKS would install: its default version where it is known. `None` where it offers none.
fn offered(scope: &Scope<'_>, draft: &mut Draft) -> Option<String> {
    let Some(offered) = &scope.site.pod_identity.offered else { return Some(String::new()) };
    let version = offered.iter().find(|version| version.default).or(offered.first());
    if version.is_none() {
        draft.problems.0.push(problem(
            "identity",
            &format!("EKS offers no {AGENT} for Kubernetes {}", scope.site.cluster.version),
            "eks:DescribeAddonVersions names no version that fits",
            "Use identity = \"irsa\"",
        ));
    }
    version.map(|version| version.version.clone())
}

fn install(scope: &Scope<'_>, change: Change, version: &str) -> Change {
    let names = &scope.names;
    let mut change = change;
    if !version.is_empty() {
        change.title = format!("{} {version}", change.title);
    }
    let create = Op::CreateAddon {
        region: names.region.clone(),
        cluster: names.cluster.clone(),
        name: AGENT.to_owned(),
        // Which version is EKS's default may change until it is installed.
        version: String::new(),
        tags: scope.tags.clone(),
    };
    change.create(vec![create, wait(scope)])
}

fn wait(scope: &Scope<'_>) -> Op {
    let (region, cluster) = (scope.names.region.clone(), scope.names.cluster.clone());
    Op::AwaitAddon { region, cluster, name: AGENT.to_owned() }
}

/// One that is there is not changed: it is waited for until it works.
fn existing(scope: &Scope<'_>, change: Change, addon: &Addon, draft: &mut Draft) -> Change {
    let status = addon.status.as_str();
    if matches!(status, "ACTIVE" | "UPDATING") {
        return change;
    }
    let issues = if addon.issues.is_empty() { String::new() } else { format!(" ({})", addon.issues.join("; ")) };
    let cluster = &scope.names.cluster;
    if status == "UPDATE_FAILED" {
        draft.note(format!("the last update of {AGENT} in {cluster} failed{issues}: it runs as it did before"));
        return change;
    }
    draft.note(format!(
        "{AGENT} in {cluster} is {status}{issues}: pods get no role until it is ACTIVE, and apply waits for that"
    ));
    change.update(vec![wait(scope)], vec![format!("-{status}"), "+ACTIVE".to_owned()])
}

//! The proofs: the token's before anything is installed, the canary's after, and what is read live.

use super::account::AUDIENCE;
use super::carried::stale_pods;
use super::scope::Scope;
use super::{Action, CanaryOp, Change, ChangeKind, Draft, Op, Risk, TokenProof};
use serde_json::json;

/// When the proofs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prove {
    /// Unless the record says that this very plan was proven and nothing changed since.
    #[default]
    Needed,
    /// In any case (`--prove`).
    Again,
    /// Not at all (`--no-prove`).
    Never,
}

/// The `ConfigMap` that records what was proven.
pub fn record_name(tool: &str) -> String {
    format!("lifeboat-{tool}")
}

/// Plans `token-proof`.
pub fn token(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let title = format!("proof with a token of {}/{}", names.namespace, names.service_account);
    let mut needs: Vec<String> = draft.changes.iter().map(|change| change.id.clone()).collect();
    needs.retain(|id| id != "repository-password" && id != "namespace");
    let mut change = Change::new("token-proof", ChangeKind::Proof, title)
        .why("a token is minted, exchanged for the role and used for the tool's own calls, before any pod starts")
        .undo("the canary object is removed by the proof itself")
        .risk(Risk::None)
        .desired(json!("token"));
    change.needs = needs;
    draft.push(change.create(vec![Op::ProveToken(TokenProof {
        namespace: names.namespace.clone(),
        service_account: names.service_account.clone(),
        audience: AUDIENCE.to_owned(),
        role_arn: names.role_arn.clone(),
        bucket: names.bucket.clone(),
        region: names.bucket_region.clone(),
        prefix: names.prefix.clone(),
        writes: names.writes,
    })]));
}

/// Plans `restart`: decided by whether the running pods carry the identity.
pub fn restart(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let change = Change::new("restart", ChangeKind::Kubernetes, format!("pods of {} carry the role", names.namespace))
        .why("the identity webhook changes pods only when they are made; running ones keep what they have")
        .undo("nothing to undo")
        .needs(&["helm-release"])
        .desired(json!("restart"));
    let op = Op::Restart {
        namespace: names.namespace.clone(),
        service_account: names.service_account.clone(),
        role_arn: names.role_arn.clone(),
    };
    let stale = stale_pods(&scope.facts.kube.pods, &names.service_account, &names.role_arn);
    draft.push(if stale.is_empty() {
        change
    } else {
        change.update(vec![op], stale.iter().map(|name| format!("-{name} without the role")).collect())
    });
}

/// Plans `healthy`: always read live.
pub fn healthy(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let change = Change::new(
        "healthy",
        ChangeKind::Proof,
        format!("{} is rolled out and its location Available", names.release),
    )
    .why("the pods run with the role, and Velero itself reaches the bucket")
    .undo("nothing to undo")
    .risk(Risk::None)
    .needs(&["location", "schedule", "restart"])
    .desired(json!("healthy"));
    let op = Op::AwaitHealthy {
        namespace: names.namespace.clone(),
        service_account: names.service_account.clone(),
        role_arn: names.role_arn.clone(),
        location: names.location.clone(),
    };
    let kube = &scope.facts.kube;
    let rolled_out = kube.deployment.as_ref().is_some_and(super::rolled_out);
    let available = kube.location.as_ref().is_some_and(|location| location["status"]["phase"] == "Available");
    // What was read before a release or a restart says nothing of what comes after it.
    let quiet = |id| draft.changes.iter().all(|change| change.id != id || change.ops.is_empty());
    let still = quiet("helm-release") && quiet("restart");
    draft.push(if rolled_out && available && still { change } else { change.create(vec![op]) });
}

/// Plans `canary`, where the location is written to.
pub fn canary(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    if !names.writes {
        draft.note("the location is ReadOnly: no backup can prove it, so the outcome will be applied, not verified");
        return;
    }
    let change = Change::new("canary", ChangeKind::Proof, "a namespace backed up, deleted, restored and compared")
        .why("a location that is Available has proven one list call; only a restore proves a backup")
        .undo("its namespace, backup, restore and object versions are removed by the proof itself")
        .risk(Risk::None)
        .needs(&["healthy", "location"])
        .desired(json!("canary"));
    draft.push(change.create(vec![Op::Canary(CanaryOp {
        namespace: names.namespace.clone(),
        location: names.location.clone(),
        bucket: names.bucket.clone(),
        region: names.bucket_region.clone(),
        prefix: names.prefix.clone(),
    })]));
}

/// Decides the proofs by the record, which the digest is compared with, and plans `record`.
pub fn settle(scope: &Scope<'_>, draft: &mut Draft, digest: &str, prove: Prove) {
    let recorded = recorded(scope, digest);
    let quiet = draft
        .changes
        .iter()
        .filter(|change| !matches!(change.id.as_str(), "token-proof" | "canary" | "healthy"))
        .all(|change| matches!(change.action, Action::Keep | Action::Conflict));
    let mut proves = false;
    for change in &mut draft.changes {
        let proof = match change.id.as_str() {
            "token-proof" => "token",
            "canary" => "restore",
            _ => continue,
        };
        let kept = quiet && recorded.iter().any(|there| there == proof);
        if prove == Prove::Never || (prove == Prove::Needed && kept) {
            change.action = Action::Keep;
            change.ops.clear();
        } else {
            proves = true;
        }
    }
    let names = &scope.names;
    let title = format!("record {}/{}", names.namespace, record_name("velero"));
    let change = Change::new("record", ChangeKind::Kubernetes, title)
        .why("the next run knows what was proven, and which values were ours")
        .undo("removed")
        .risk(Risk::None)
        .needs(&["canary", "token-proof", "healthy", "schedule"]);
    let op = Op::Record {
        namespace: names.namespace.clone(),
        name: record_name("velero"),
        data: json!({"digest": digest, "values": super::velero::recorded_values(scope)}),
    };
    let same = scope.facts.kube.record.as_ref().is_some_and(|record| record["data"]["digest"] == digest);
    draft.push(match &scope.facts.kube.record {
        None => change.create(vec![op]),
        Some(_) if same && quiet && !proves => change,
        Some(_) => change.update(vec![op], Vec::new()),
    });
}

/// What the record says was proven of this very plan.
fn recorded(scope: &Scope<'_>, digest: &str) -> Vec<String> {
    let Some(record) = &scope.facts.kube.record else { return Vec::new() };
    if record["data"]["digest"] != digest {
        return Vec::new();
    }
    record["data"]["proven"].as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

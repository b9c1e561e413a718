//! The proofs: the token's before anything is installed, the canary's after, and what is read live.

use super::account::AUDIENCE;
use super::scope::Scope;
use super::{Action, CanaryOp, Change, ChangeKind, Draft, ElsewhereOp, Op, Risk, TokenProof, base, is_proof, velero};
use crate::domain::policy::PODS;
use crate::domain::{Identity, Tool};
use serde_json::json;
use std::collections::BTreeMap;

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
    // All that the account and this cluster have before it, but what the token does not depend on.
    let before = draft.changes.iter().filter(|change| change.site == scope.at || on_account(&change.id));
    let mut needs: Vec<String> = before.map(|change| super::base(&change.id).to_owned()).collect();
    needs.retain(|id| id != "repository-password" && id != "namespace");
    let mut change = token_change(scope);
    // With Pod Identity it shows nothing by itself, and the word is the canary's.
    draft.must(&format!("token{}", names.suffix));
    change.needs = needs;
    draft.push(change.create(vec![Op::ProveToken(TokenProof {
        namespace: names.namespace.clone(),
        service_account: names.service_account.clone(),
        audience: if names.identity == Identity::Irsa { AUDIENCE } else { PODS }.to_owned(),
        role_arn: names.role_arn.clone(),
        bucket: names.bucket.clone(),
        region: names.bucket_region.clone(),
        prefix: names.prefix.clone(),
        writes: names.writes,
        deletes: true,
    })]));
}

/// The change itself: with IRSA the token is exchanged, with Pod Identity only a pod's can be, so that trust and
/// permissions are judged as IAM says them back.
fn token_change(scope: &Scope<'_>) -> Change {
    let account = format!("{}/{}", scope.names.namespace, scope.names.service_account);
    let of = |title: &str| scope.change("token-proof", ChangeKind::Proof, format!("{title} {account}"));
    let change = match scope.names.identity {
        Identity::Irsa => of("proof with a token of")
            .why("a token is minted, exchanged for the role and used for the tool's own calls, before any pod starts")
            .undo("the canary object is removed by the proof itself")
            .proves(&["token"]),
        Identity::PodIdentity => of("trust and permissions judged for")
            .why("only a running pod gets credentials by Pod Identity: before one starts, association, trust and permissions are read back and judged; the pod's own calls prove them")
            .undo("nothing to undo"),
    };
    change.risk(Risk::None).desired(json!("token"))
}

/// What a canary shows: the pod's own calls are all that proves Pod Identity.
pub(super) fn shown(scope: &Scope<'_>, words: &'static [&'static str]) -> Vec<&'static str> {
    let token = (scope.names.identity == Identity::PodIdentity).then_some("token");
    token.into_iter().chain(words.iter().copied()).collect()
}

/// Whether a change is of the account, and so of all clusters.
fn on_account(id: &str) -> bool {
    id.starts_with("bucket") || id.starts_with("kms-") || id == "role" || id == "permissions"
}

/// Plans `restart`: decided by whether the running pods carry the identity.
pub fn restart(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let (change, op) = restart_of(scope);
    let stale = crate::plan::stale(&scope.site.kube.pods, names.identity, &names.service_account, &names.role_arn);
    draft.push(if stale.is_empty() {
        change
    } else {
        change.update(vec![op], stale.iter().map(|name| format!("-{name} without the role")).collect())
    });
}

/// The change and its op, not decided.
pub fn restart_of(scope: &Scope<'_>) -> (Change, Op) {
    let names = &scope.names;
    let change = scope
        .change("restart", ChangeKind::Kubernetes, format!("pods of {} carry the role", names.namespace))
        .why("the identity webhook changes pods only when they are made; running ones keep what they have")
        .undo("nothing to undo")
        .needs(&["helm-release", "deployment"])
        .desired(json!("restart"));
    let op = Op::Restart {
        namespace: names.namespace.clone(),
        service_account: names.service_account.clone(),
        role_arn: names.role_arn.clone(),
    };
    (change, op)
}

/// Plans `healthy`: always read live.
pub fn healthy(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let change = scope
        .change("healthy", ChangeKind::Proof, format!("{} is rolled out and its location Available", names.release))
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
    let kube = &scope.site.kube;
    let rolled_out = kube.deployment.as_ref().is_some_and(super::rolled_out);
    let available = kube.location.as_ref().is_some_and(|location| location["status"]["phase"] == "Available");
    // What was read before a release or a restart says nothing of what comes after it.
    let quiet = |id: String| draft.changes.iter().all(|change| change.id != id || change.ops.is_empty());
    let still = ["helm-release", "deployment", "location", "restart"].into_iter().all(|id| quiet(scope.id(id)));
    draft.push(if rolled_out && available && still { change } else { change.create(vec![op]) });
}

/// Plans `canary`, where the location is written to.
pub fn canary(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    if !names.writes {
        draft.note("the location is ReadOnly: no backup can prove it, so the outcome will be applied, not verified");
        for word in ["backup", "restore", "delete"] {
            draft.must(word);
        }
        return;
    }
    let mut op = canary_op(scope, names);
    let mut volumes = velero::proofs(scope, draft, &op);
    // Its uploads carry the tags, and fail without s3:PutObjectTagging.
    if velero::has_feature(scope, "tagging") {
        op.shows.push("tagging".to_owned());
    }
    let mut change = scope
        .change("canary", ChangeKind::Proof, "a namespace backed up, deleted, restored and compared")
        .why("a location that is Available has proven one list call; only a restore proves a backup")
        .undo("its namespace, backup, restore and object versions are removed by the proof itself")
        .risk(Risk::None)
        .needs(&["healthy", "location"])
        .proves(&shown(scope, &["backup", "restore", "delete"]))
        .desired(json!("canary"));
    if !volumes.is_empty() {
        change.title.push_str(", and a small volume by each feature");
    }
    volumes.insert(0, Op::Canary(op));
    change.shows = shown_by(&volumes);
    draft.push(change.create(volumes));
}

/// The words that ops show beside those of their change, each once.
fn shown_by(ops: &[Op]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for op in ops {
        let words = match op {
            Op::Canary(op) => &op.shows,
            Op::ProveVolume(op) => &op.at.shows,
            _ => continue,
        };
        out.extend(words.iter().filter(|word| !out.contains(word)).cloned().collect::<Vec<_>>());
    }
    out
}

fn canary_op(scope: &Scope<'_>, names: &super::Names) -> CanaryOp {
    CanaryOp {
        namespace: scope.home.clone(),
        location: scope.answers.velero.location.to_string(),
        bucket: names.bucket.clone(),
        region: names.bucket_region.clone(),
        prefix: names.prefix.clone(),
        shows: Vec::new(),
    }
}

/// Plans `canary:CLUSTER`: a backup of the first cluster that appears in a restore cluster and is restored there.
pub fn restore(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    if scope.answers.velero.access_mode == super::answers::AccessMode::ReadOnly {
        draft.must(&format!("restore{}", names.suffix));
        return;
    }
    let first = &scope.answers.cluster.name;
    let title = format!("a backup of {first} restored in {}", names.cluster);
    let mut change = scope
        .change("canary", ChangeKind::Proof, title)
        .why("a backup that cannot be restored elsewhere is lost with its cluster")
        .undo("its namespaces, backup, restore and object versions are removed by the proof itself")
        .risk(Risk::None)
        .needs(&["healthy", "location", "repository-password"])
        .proves(&shown(scope, &["restore"]))
        .desired(json!("canary"));
    // The first cluster has to back up before anything can appear here.
    change.needs.push("canary".to_owned());
    let op = ElsewhereOp {
        from: canary_op(scope, names),
        namespace: names.namespace.clone(),
        location: names.location.clone(),
    };
    draft.push(change.create(vec![Op::RestoreElsewhere(op)]));
}

/// Decides the proofs by the records, which the digest is compared with, and plans `record`.
pub fn settle(scopes: &[Scope<'_>], draft: &mut Draft, digest: &str, prove: Prove) {
    let read = |field| scopes.iter().map(|scope| recorded(scope, digest, field)).collect::<Vec<_>>();
    let (proven, tried) = (read("proven"), read("not-proven"));
    let quiet = draft
        .changes
        .iter()
        .filter(|change| !is_proof(&change.id) && base(&change.id) != "healthy")
        .all(|change| matches!(change.action, Action::Keep | Action::Conflict));
    let needed = provers(&draft.changes);
    let mut unproven = false;
    for change in draft.changes.iter_mut().filter(|change| is_proof(&change.id)) {
        let of = |all: &[Option<Vec<String>>]| all.get(change.site).cloned().flatten();
        let (there, tried) = (of(&proven), of(&tried).unwrap_or_default());
        let is_there = |word: &String| there.as_ref().is_some_and(|there| is_shown(word, there, &needed));
        let kept = quiet
            && there.is_some()
            && change.proves.iter().all(is_there)
            // The data of volumes as such is shown by any feature.
            && change.shows.iter().all(|word| word == velero::VOLUMES || is_there(word) || tried.contains(word));
        if prove == Prove::Never || (prove == Prove::Needed && kept) {
            change.action = Action::Keep;
            change.ops.clear();
            change.shows.retain(is_there);
        } else {
            unproven = true;
        }
    }
    for scope in scopes {
        record(scope, draft, digest, quiet && !unproven);
    }
}

/// By how many changes each word is proven.
pub fn provers(changes: &[Change]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for word in changes.iter().flat_map(|change| &change.proves) {
        *count.entry(word.clone()).or_insert(0) += 1;
    }
    count
}

/// Whether a word is shown: each change that proves it has said so once.
pub fn is_shown(word: &str, said: &[String], provers: &BTreeMap<String, usize>) -> bool {
    let times = said.iter().filter(|there| *there == word).count();
    times >= provers.get(word).copied().unwrap_or(1)
}

/// Plans `record`, kept while nothing is made or proven.
fn record(scope: &Scope<'_>, draft: &mut Draft, digest: &str, quiet: bool) {
    let names = &scope.names;
    let name = record_name(scope.answers.tool.as_str());
    let mut change = scope
        .change("record", ChangeKind::Kubernetes, format!("record {}/{name}", names.namespace))
        .why("the next run knows what was proven, and which values were ours")
        .undo("removed")
        .risk(Risk::None);
    for last in ["canary", "token-proof", "healthy", "schedule"] {
        let own = draft.changes.iter().filter(|other| other.site == scope.at && base(&other.id) == last);
        change.needs.extend(own.map(|other| other.id.clone()));
    }
    if scope.repository().is_some() {
        draft.push(change.why("nothing of ours is written into a cluster that a repository owns"));
        return;
    }
    let op = Op::Record {
        namespace: names.namespace.clone(),
        name,
        data: json!({"digest": digest, "values": recorded_values(scope)}),
    };
    let record = &scope.site.kube.record;
    let same = record.as_ref().is_some_and(|record| record["data"]["digest"] == digest);
    draft.push(match record {
        None => change.create(vec![op]),
        Some(_) if same && quiet => change,
        Some(_) => change.update(vec![op], Vec::new()),
    });
}

/// Our values as the record keeps them, for the tools whose charts we lay values into.
fn recorded_values(scope: &Scope<'_>) -> String {
    match scope.answers.tool {
        Tool::Velero => super::velero::recorded_values(scope),
        Tool::UpboundSpaces => super::spaces::recorded_values(scope),
        Tool::RancherBackup => super::rancher::recorded_values(scope),
    }
}

/// What the record of a cluster says was proven of this very plan, or could not be; `None` where it tells of another,
/// or of none.
fn recorded(scope: &Scope<'_>, digest: &str, field: &str) -> Option<Vec<String>> {
    let record = scope.site.kube.record.as_ref().filter(|record| record["data"]["digest"] == digest)?;
    let words = record["data"][field].as_str().unwrap_or_default();
    Some(words.split_whitespace().map(str::to_owned).collect())
}

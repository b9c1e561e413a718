//! A cluster whose objects a repository owns (Argo CD, Flux): the account's half of the plan is made, the cluster's half
//! is written for the repository (design, Existing installs).

use super::owner::Repository;
use crate::domain::{Identity, Tool};
use crate::plan::scope::Scope;
use crate::plan::{Action, ChangeKind, Draft, base, rancher, spaces, stale, velero};

/// Turns what would change such clusters into documents. What proves and changes nothing of theirs stays, as soon as
/// the repository has made its half.
pub fn settle(scopes: &[Scope<'_>], draft: &mut Draft) {
    let home_is_ready = scopes.first().is_none_or(|first| first.repository().is_none() || made(first));
    for scope in scopes {
        let Some(repository) = scope.repository() else { continue };
        save(scope, repository, draft, home_is_ready);
    }
    if home_is_ready {
        return;
    }
    // A backup for another cluster cannot be made before the first one's repository did its part.
    for change in draft.changes.iter_mut().filter(|change| change.site > 0 && base(&change.id) == "canary") {
        change.action = Action::Keep;
        change.ops.clear();
        change.proves.clear();
        "not proven: the first cluster's repository has to make its half first".clone_into(&mut change.why);
    }
}

fn save(scope: &Scope<'_>, repository: &Repository, draft: &mut Draft, home_is_ready: bool) {
    let ready = made(scope) && (scope.is_first() || home_is_ready);
    let (mut files, mut warnings): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for change in draft.changes.iter_mut().filter(|change| change.site == scope.at) {
        let proof = change.kind == ChangeKind::Proof;
        // A token is minted for an account that is there already; nothing is written for it.
        let account = scope.answers.tool == Tool::UpboundSpaces || scope.site.kube.service_account.is_some();
        let provable = if base(&change.id) == "token-proof" { account } else { ready };
        // The controllers of a Space's control planes are the Space's own: no repository has them, nor restarts them.
        let restart = ready && scope.answers.tool == Tool::UpboundSpaces && base(&change.id) == "restart";
        let kind = matches!(change.kind, ChangeKind::Kubernetes | ChangeKind::Helm) && !restart;
        let here = kind || (proof && !provable);
        if !here {
            continue;
        }
        let to_do = change.action != Action::Keep && !ready;
        if change.action == Action::Conflict && base(&change.id) == "location" {
            warnings.push(change.whose().to_owned());
        }
        change.action = Action::Keep;
        change.ops.clear();
        change.diff.clear();
        change.proves.clear();
        if proof {
            change.why = format!("not proven: {} has to apply the documents first", repository.title());
        } else if to_do && let Some(secret) = secret_of(&change.id, scope.is_first()) {
            change.why =
                format!("left as it is: {} owns this cluster; make the Secret there {secret}", repository.title());
        } else if to_do {
            change.why = repository.saved(&change.documents);
            files.extend(
                change.documents.iter().filter(|it| !it.contains("/_/namespace-") && !it.contains("/secret-")).cloned(),
            );
        }
    }
    for warning in warnings {
        draft.note(warning);
    }
    files.sort();
    files.dedup();
    if ready {
        return;
    }
    let owner = repository.title();
    let cluster = &scope.names.cluster;
    draft.note(format!(
        "{owner} owns what runs in {cluster}: lifeboat makes the account's half and changes nothing in the cluster. Commit {} to its repository (lifeboat plan --out DIR writes them); once it has applied them, run apply again, which then proves them",
        files.join(", ")
    ));
    if scope.answers.tool == Tool::RancherBackup {
        if let Some(command) = rancher::by_hand(scope) {
            draft.note(format!(
                "What the chart's Secret of the default location held before stays in it when {owner} applies less, the name of a key too, which the operator then goes by. Take it out first: {command}"
            ));
        }
        draft.note(format!(
            "The operator in {cluster} reads its location and gets its role at its start alone. Where {owner} does not make its pod anew: kubectl rollout restart deployment/{} -n {}",
            scope.names.deployment, scope.names.namespace
        ));
    }
    if scope.answers.tool == Tool::Velero && scope.site.kube.password == crate::plan::Password::Absent {
        draft.note(format!(
            "{cluster} has no Secret {}/{}: make it before Velero starts (kubectl create secret generic), or it encrypts volume data with a public password",
            scope.names.namespace,
            velero::REPOSITORY_SECRET
        ));
    }
}

/// How a Secret that lifeboat would have made is made by hand; its document has nothing secret in it.
fn secret_of(id: &str, first: bool) -> Option<&'static str> {
    match (base(id), first) {
        ("repository-password", _) => Some("with a password of your own"),
        ("encryption-secret", true) => Some("with a key of your own"),
        ("encryption-secret", false) => Some("with the key of the cluster that is backed up"),
        _ => None,
    }
}

/// Whether the repository has made its half: the account carries the role, the pods have it, the location is ours.
fn made(scope: &Scope<'_>) -> bool {
    if scope.answers.tool == Tool::UpboundSpaces {
        return spaces::made(scope);
    }
    let (names, kube) = (&scope.names, &scope.site.kube);
    let annotated = kube.service_account.as_ref().is_some_and(|account| {
        scope.names.identity == Identity::PodIdentity
            || account["metadata"]["annotations"][super::ROLE_ANNOTATION] == names.role_arn.as_str()
    });
    let placed = match scope.answers.tool {
        Tool::Velero => scope.location().is_some_and(|location| {
            let storage = &location["spec"]["objectStorage"];
            storage["bucket"] == names.bucket.as_str()
                && storage["prefix"].as_str().unwrap_or_default().trim_matches('/') == names.prefix.trim_matches('/')
        }),
        Tool::RancherBackup => kube.rancher.is_at(&names.bucket, &names.prefix),
        Tool::UpboundSpaces => false,
    };
    let carried = stale(&kube.pods, names.identity, &names.service_account, &names.role_arn).is_empty();
    let scheduled = match scope.answers.tool {
        Tool::RancherBackup => {
            !scope.is_first() || scope.answers.rancher.schedule.is_none() || kube.rancher.backup.is_some()
        }
        _ => names.schedule.is_empty() || kube.schedule.is_some(),
    };
    annotated && placed && carried && scheduled
}

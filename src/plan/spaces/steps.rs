//! What is done in each control plane's namespace, and how it is proven.

use super::objects::policy;
use super::planes::{Plane, Planes};
use crate::domain::Identity;
use crate::domain::policy::PODS;
use crate::domain::space::CONTROLLER;
use crate::plan::account::AUDIENCE;
use crate::plan::answers::DeletionPolicy;
use crate::plan::cluster::ROLE_ANNOTATION;
use crate::plan::scope::Scope;
use crate::plan::{ChangeKind, Draft, Op, Risk, SpaceCanaryOp, TokenProof, rolled_out};
use serde_json::json;

/// What a token's proof needs of the account.
const BEFORE: [&str; 9] = [
    "oidc-provider",
    "pod-identity-agent",
    "role",
    "permissions",
    "bucket",
    "bucket-public-access",
    "bucket-encryption",
    "bucket-tls",
    "kms-key",
];

/// Up to so many control planes each has a canary of its own: an export takes its time. Of more, one in each group.
const CANARIES: usize = 20;

/// Plans `token-proof:HOST-NAMESPACE`, which needs no annotation: the service account is there, and the role trusts
/// it. With Pod Identity only a pod gets credentials: what would give them is judged, and the canary shows it.
pub fn token(scope: &Scope<'_>, plane: &Plane<'_>, draft: &mut Draft) {
    let (names, host) = (&scope.names, &plane.host.namespace);
    let of = |title: &str| {
        scope.change(&format!("token-proof:{host}"), ChangeKind::Proof, format!("{title} {host}/{CONTROLLER}"))
    };
    let irsa = names.identity == Identity::Irsa;
    let change = if irsa {
        of("proof with a token of")
            .why(format!(
                "the controller of {} gets the role and uses it for its own calls, before anything is installed",
                plane.full_name()
            ))
            .undo("the canary object is removed by the proof itself")
            .proves(&["token"])
    } else {
        of("trust and permissions judged for")
            .why(format!(
                "only a running pod of the controller of {} gets credentials: association, trust and permissions are read back and judged",
                plane.full_name()
            ))
            .undo("nothing to undo")
    };
    let mut change = change.risk(Risk::None).desired(json!("token"));
    draft.must(&format!("token{}", names.suffix));
    change.needs = BEFORE.map(str::to_owned).to_vec();
    change.needs.push(format!("association:{host}"));
    draft.push(change.create(vec![Op::ProveToken(TokenProof {
        namespace: host.clone(),
        service_account: CONTROLLER.to_owned(),
        audience: if irsa { AUDIENCE } else { PODS }.to_owned(),
        role_arn: names.role_arn.clone(),
        bucket: names.bucket.clone(),
        region: names.bucket_region.clone(),
        prefix: names.prefix.clone(),
        writes: names.writes,
        deletes: scope.answers.spaces.deletion_policy == DeletionPolicy::Delete,
    })]));
}

/// Plans `service-account:HOST-NAMESPACE`: the Space annotates it itself, a little after its release is upgraded. It
/// makes the account, too, in a namespace that it makes: there is none that eksctl or anybody else could own, and a role
/// that somebody has annotated is in the release's values, where it is asked about.
pub fn service_account(scope: &Scope<'_>, plane: &Plane<'_>, draft: &mut Draft) {
    let (names, host) = (&scope.names, &plane.host.namespace);
    let change = scope
        .change(
            &format!("service-account:{host}"),
            ChangeKind::Kubernetes,
            format!("service account {host}/{CONTROLLER}"),
        )
        .why(format!(
            "the Space writes the release's annotation on it: the controller of {} is told its role",
            plane.full_name()
        ))
        .undo("the Space takes the annotation off again, once the release is rolled back")
        .needs(&["helm-release"])
        .desired(json!({"name": CONTROLLER, "annotation": names.role_arn}));
    let there = plane.host.account.as_ref().map(|account| &account["metadata"]["annotations"][ROLE_ANNOTATION]);
    draft.push(if there.is_some_and(|arn| *arn == names.role_arn.as_str()) {
        change
    } else {
        let op =
            Op::AwaitAccount { namespace: host.clone(), name: CONTROLLER.to_owned(), role_arn: names.role_arn.clone() };
        change.update(vec![op], vec![format!("+{ROLE_ANNOTATION}: {}", names.role_arn)])
    });
}

/// Plans `restart:HOST-NAMESPACE`: decided by whether the running pods carry the identity.
pub fn restart(scope: &Scope<'_>, plane: &Plane<'_>, draft: &mut Draft) {
    let (names, host) = (&scope.names, &plane.host.namespace);
    let (service_account, association) = (format!("service-account:{host}"), format!("association:{host}"));
    let change = scope
        .change(&format!("restart:{host}"), ChangeKind::Kubernetes, format!("{host}/{CONTROLLER} carries the role"))
        .why(format!(
            "pods keep what they were made with: the controller of {} is made anew with its identity",
            plane.full_name()
        ))
        .undo("nothing to undo")
        .needs(&[&service_account, &association, "permissions"])
        .desired(json!("restart"));
    let stale = stale(scope, plane);
    draft.push(if stale.is_empty() {
        change
    } else {
        let op = Op::RestartController { namespace: host.clone(), role_arn: names.role_arn.clone() };
        change.update(vec![op], stale.iter().map(|name| format!("-{name} without the role")).collect())
    });
}

/// The controller's pods that do not carry the identity.
fn stale(scope: &Scope<'_>, plane: &Plane<'_>) -> Vec<String> {
    crate::plan::stale(&plane.host.pods, scope.names.identity, CONTROLLER, &scope.names.role_arn)
}

/// Plans `healthy`: always read live.
pub fn healthy(scope: &Scope<'_>, planes: &Planes<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let mut change = scope
        .change("healthy", ChangeKind::Proof, "the controllers run with the role".to_owned())
        .why("a backup is made by the control plane's own controller, with what its pod was given")
        .undo("nothing to undo")
        .risk(Risk::None)
        .desired(json!("healthy"));
    change.needs = planes.covered.iter().map(|plane| format!("restart:{}", plane.host.namespace)).collect();
    for word in ["location", "schedule"] {
        change.needs.extend(planes.groups.iter().map(|group| format!("{word}:{group}")));
    }
    change.needs.push("helm-release".to_owned());
    let namespaces: Vec<String> = planes.covered.iter().map(|plane| plane.host.namespace.clone()).collect();
    let well = planes.covered.iter().all(|plane| {
        plane.host.deployment.as_ref().is_some_and(rolled_out)
            && !plane.host.pods.is_empty()
            && stale(scope, plane).is_empty()
    });
    // What was read before a release says nothing of what comes after it.
    let quiet = draft
        .changes
        .iter()
        .filter(|it| it.site == scope.at && it.kind != ChangeKind::Proof)
        .all(|it| it.ops.is_empty());
    let op = Op::AwaitSpace { namespaces, role_arn: names.role_arn.clone() };
    draft.push(if well && quiet { change } else { change.create(vec![op]) });
}

/// Plans `canary:GROUP/NAME`: a Backup that reaches the bucket, then is removed with what it wrote.
pub fn canaries(scope: &Scope<'_>, planes: &Planes<'_>, draft: &mut Draft) {
    let all = planes.covered.len() <= CANARIES;
    let mut seen = std::collections::BTreeSet::new();
    for plane in planes.covered.iter().filter(|plane| seen.insert(plane.group) || all) {
        canary(scope, plane, draft);
    }
    if !all {
        let others = match scope.names.identity {
            Identity::Irsa => "the others are proven by a token of their own",
            Identity::PodIdentity => "of the others trust and permissions are judged",
        };
        draft.note(format!("of {} control planes one in each group proves a backup; {others}", planes.covered.len()));
        if scope.names.identity == Identity::PodIdentity {
            draft.beyond("other-control-planes");
        }
    }
}

fn canary(scope: &Scope<'_>, plane: &Plane<'_>, draft: &mut Draft) {
    let (names, name) = (&scope.names, plane.full_name());
    let deletes = scope.answers.spaces.deletion_policy == DeletionPolicy::Delete;
    let mut words = vec!["backup"];
    words.extend(deletes.then_some("delete"));
    // The pod's own calls are all that proves Pod Identity.
    words.extend((names.identity == Identity::PodIdentity).then_some("token"));
    let change = scope
        .change(&format!("canary:{name}"), ChangeKind::Proof, format!("a backup of {name} that reaches the bucket"))
        .why("a SharedBackupConfig has no status: only a Backup that completes, with its objects in the bucket, proves it")
        .undo("its Backup and object versions are removed by the proof itself")
        .risk(Risk::None)
        .needs(&["healthy", &format!("location:{}", plane.group)])
        .proves(&words)
        .desired(json!("canary"));
    draft.push(change.create(vec![Op::SpaceCanary(SpaceCanaryOp {
        group: plane.group.to_owned(),
        plane: plane.name.to_owned(),
        host: plane.host.namespace.clone(),
        config: names.location.clone(),
        policy: policy(scope.answers.spaces.deletion_policy).to_owned(),
        prefix: names.prefix.clone(),
    })]));
}

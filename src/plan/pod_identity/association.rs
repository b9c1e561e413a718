//! The association of a service account with its role: before the release, so that the first pods get it (design 3).

use super::beside_annotation;
use crate::plan::scope::{Scope, problem};
use crate::plan::{Change, ChangeKind, Draft, Op, Risk, document};
use crate::ports::Association;
use serde_json::json;

/// Plans `association` of the cluster's service account, where the identity is Pod Identity.
pub fn association(scope: &Scope<'_>, draft: &mut Draft) {
    if scope.names.identity != crate::domain::Identity::PodIdentity {
        return;
    }
    let (namespace, service_account) = (scope.names.namespace.clone(), scope.names.service_account.clone());
    association_of(scope, draft, "", &namespace, &service_account);
    beside_annotation(scope, draft);
}

/// Plans `association` of one service account; `suffix` follows the id's first word (`:HOST-NAMESPACE` of Spaces).
pub fn association_of(scope: &Scope<'_>, draft: &mut Draft, suffix: &str, namespace: &str, service_account: &str) {
    let names = &scope.names;
    let path = format!("eks/{}/association-{namespace}-{service_account}.json", names.folder);
    let desired = json!({
        "clusterName": names.cluster, "namespace": namespace, "serviceAccount": service_account,
        "roleArn": names.role_arn, "tags": scope.tags,
    });
    draft.document(&path, document::json(&desired));
    let title = format!("association of {namespace}/{service_account} with {}", names.role);
    let change = scope
        .change(&format!("association{suffix}"), ChangeKind::Eks, title)
        .why("EKS gives the service account's pods this role, without an annotation or a key")
        .undo("deleted if this run made it and it still names this role; a role that was changed is put back")
        .needs(&["pod-identity-agent", "role", "permissions", "namespace"])
        .document(path)
        .desired(desired);
    let change = match scope.site.pod_identity.association(namespace, service_account) {
        None => change.create(vec![Op::CreateAssociation {
            region: names.region.clone(),
            cluster: names.cluster.clone(),
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            role_arn: names.role_arn.clone(),
            tags: scope.tags.clone(),
        }]),
        Some(found) if refuted(scope, found, draft) => return,
        Some(found) if found.role_arn == names.role_arn => change,
        Some(found) => other_role(scope, change, found),
    };
    draft.push(change);
}

/// A28: another role is only replaced with consent, and its pods are others' perhaps.
fn other_role(scope: &Scope<'_>, change: Change, found: &Association) -> Change {
    let names = &scope.names;
    let op = Op::UpdateAssociation {
        region: names.region.clone(),
        cluster: names.cluster.clone(),
        id: found.id.clone(),
        role_arn: names.role_arn.clone(),
        previous: found.role_arn.clone(),
    };
    let diff = vec![format!("-role {}", found.role_arn), format!("+role {}", names.role_arn)];
    let change = change.update(vec![op], diff).risk(Risk::High);
    let consent = scope.consent(&change);
    let whose = format!(
        "{}/{} is associated with {} already: pods that start after the change get {} instead",
        found.namespace, found.service_account, found.role_arn, names.role
    );
    change.foreign(consent, &whose)
}

/// What an update of the role would not mend.
fn refuted(scope: &Scope<'_>, found: &Association, draft: &mut Draft) -> bool {
    let at =
        format!("--region {} --cluster-name {} --association-id {}", scope.names.region, scope.names.cluster, found.id);
    let (why, todo) = if !found.owner.is_empty() {
        (format!("it belongs to {}", found.owner), "Choose another install.service_account".to_owned())
    } else if found.disable_session_tags {
        (
            "its sessions carry no tags (disableSessionTags), and the role's trust is narrowed by those tags: EKS would be refused".to_owned(),
            format!("Turn them on: aws eks update-pod-identity-association {at} --no-disable-session-tags"),
        )
    } else if !found.target_role_arn.is_empty() {
        (
            format!("its pods get {}, a role of another account", found.target_role_arn),
            format!("Delete it if nothing needs it: aws eks delete-pod-identity-association {at}"),
        )
    } else {
        return false;
    };
    let what = format!("the association of {}/{} cannot be used", found.namespace, found.service_account);
    draft.problems.0.push(problem("identity", &what, &why, &todo));
    true
}

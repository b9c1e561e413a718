//! What a plan makes in the cluster before Helm: namespace, service account, repository password.

pub mod keys;
pub mod owner;
pub mod repository;

use super::scope::Scope;
use super::{Change, ChangeKind, Consent, Draft, ObjectKind, Op, Password, Risk, Way};
use crate::domain::Identity;
use crate::plan::velero::REPOSITORY_SECRET;
use owner::{Owner, owner};
use serde_json::{Value, json};

/// IRSA's annotation on a service account (velero.md 2).
pub const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// Plans `namespace`.
pub fn namespace(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let object = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": names.namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}}
    });
    let path = format!("kubernetes/{}/_/namespace-{}.yaml", names.folder, names.namespace);
    draft.document(&path, super::document::yaml(&object));
    let change = scope
        .change("namespace", ChangeKind::Kubernetes, format!("namespace {}", names.namespace))
        .why("the tool runs in it")
        .undo(match names.tool {
            crate::domain::Tool::Velero => "stays: it holds the repository password",
            _ => "stays: more than this run's may be in it",
        })
        .document(path)
        .desired(json!(names.namespace));
    draft.push(if scope.site.kube.namespace.is_some() {
        change
    } else {
        change.create(vec![Op::CreateObject {
            kind: ObjectKind::Namespace,
            namespace: String::new(),
            name: names.namespace.clone(),
            object,
        }])
    });
}

/// Plans `service-account`: made before the release with Helm's ownership, so that its token can be proven
/// before the chart adopts it.
pub fn service_account(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let helm = scope.way == Way::Release;
    let mut metadata = json!({});
    if helm {
        metadata["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"});
    }
    metadata["annotations"] = json!({});
    let (mut desired, mut why) = (json!({"name": names.service_account}), "its association names the role");
    if names.identity == Identity::Irsa {
        metadata["annotations"][ROLE_ANNOTATION] = json!(names.role_arn);
        desired["annotation"] = json!(names.role_arn);
        why = "its annotation names the role";
    }
    if helm {
        metadata["annotations"]["meta.helm.sh/release-name"] = json!(names.release);
        metadata["annotations"]["meta.helm.sh/release-namespace"] = json!(names.namespace);
    }
    let mut object = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
    object["metadata"]["name"] = json!(names.service_account);
    object["metadata"]["namespace"] = json!(names.namespace);
    let path = format!("kubernetes/{}/{}/serviceaccount-{}.yaml", names.folder, names.namespace, names.service_account);
    draft.document(&path, super::document::yaml(&object));
    let title = format!("service account {}/{}", names.namespace, names.service_account);
    let change = scope
        .change("service-account", ChangeKind::Kubernetes, title)
        .why(if helm {
            format!("{why}; it carries Helm's ownership, so that the chart takes it over")
        } else {
            why.to_owned()
        })
        .undo("removed with the release; an annotation that was there before is put back")
        .needs(&["namespace"])
        .document(path)
        .desired(desired);
    let Some(current) = &scope.site.kube.service_account else {
        draft.push(change.create(vec![Op::CreateObject {
            kind: ObjectKind::ServiceAccount,
            namespace: names.namespace.clone(),
            name: names.service_account.clone(),
            object,
        }]));
        return;
    };
    let (merge, back, diff) = difference(&current["metadata"], &metadata);
    let ops = if diff.is_empty() {
        Vec::new()
    } else {
        vec![Op::PatchObject {
            kind: ObjectKind::ServiceAccount,
            namespace: names.namespace.clone(),
            name: names.service_account.clone(),
            merge: json!({"metadata": merge}),
            back: json!({"metadata": back}),
        }]
    };
    let change = change.update(ops, diff);
    draft.push(match not_ours(scope, current) {
        None => change,
        Some(owner) => {
            let consent = scope.consent(&change);
            change.risk(Risk::High).foreign(consent, &owner)
        }
    });
}

/// Why a service account is not ours to change, if it is not.
fn not_ours(scope: &Scope<'_>, account: &Value) -> Option<String> {
    let names = &scope.names;
    let role = account["metadata"]["annotations"][ROLE_ANNOTATION].as_str();
    match owner(account) {
        Owner::Release { name, namespace } if name == names.release && namespace == names.namespace => None,
        Owner::Release { name, .. } => Some(format!("the service account belongs to the Helm release {name}")),
        Owner::Eksctl => {
            let with = role.map_or_else(String::new, |role| format!(" with the role {role}, which it loses"));
            Some(format!(
                "the service account was made by eksctl{with}; eksctl delete iamserviceaccount --cluster {} --namespace {} --name {} would still take it away",
                names.cluster, names.namespace, names.service_account
            ))
        }
        // A role that is ours is on it: it was adopted before.
        Owner::VeleroCli | Owner::Nobody if scope.way == Way::InPlace => match role {
            None => Some("the service account was not made by lifeboat".to_owned()),
            Some(role) if role == names.role_arn => None,
            Some(role) => Some(format!("the service account was not made by lifeboat and has the role {role}")),
        },
        Owner::VeleroCli | Owner::Nobody => Some("the service account exists and no Helm release owns it".to_owned()),
        // Never applied to: it is saved for its repository.
        Owner::Repository(_) => None,
    }
}

/// The merge patch that makes labels and annotations as wanted, the one that takes it back, and its lines.
fn difference(current: &Value, wanted: &Value) -> (Value, Value, Vec<String>) {
    let (mut merge, mut back, mut diff) = (json!({}), json!({}), Vec::new());
    for part in ["labels", "annotations"] {
        for (key, value) in wanted[part].as_object().into_iter().flatten() {
            let before = &current[part][key];
            if before == value {
                continue;
            }
            if let Some(before) = before.as_str() {
                diff.push(format!("-{part} {key}: {before}"));
            }
            diff.push(format!("+{part} {key}: {}", value.as_str().unwrap_or_default()));
            merge[part][key] = value.clone();
            back[part][key] = before.clone();
        }
    }
    (merge, back, diff)
}

/// Plans `repository-password`: random, before the first start, or the server makes it with a public one
/// (velero.md 5, `pkg/repository/keys`).
pub fn password(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let path = format!("kubernetes/{}/{}/secret-{REPOSITORY_SECRET}.yaml", names.folder, names.namespace);
    let shown = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": REPOSITORY_SECRET, "namespace": names.namespace},
        "stringData": {"repository-password": "GENERATED"}
    });
    draft.document(&path, super::document::yaml(&shown));
    let title = format!("repository password {}/{REPOSITORY_SECRET}", names.namespace);
    let change = scope
        .change("repository-password", ChangeKind::Kubernetes, title)
        .why(if scope.is_first() {
            "volume data is encrypted with it; without one Velero uses a public password"
        } else {
            "volume data is read with it: the same as in the cluster that is backed up"
        })
        .undo("stays: without it the data of volume backups is lost")
        // A restore cluster's is the first one's.
        .needs(&["namespace", "repository-password"])
        .document(path)
        .desired(json!("GENERATED"));
    let op = |replace| {
        let (namespace, name) = (names.namespace.clone(), REPOSITORY_SECRET.to_owned());
        vec![if scope.is_first() {
            Op::Password { namespace, name, replace }
        } else {
            Op::CopyPassword { namespace, name, replace }
        }]
    };
    let change = match scope.site.kube.password {
        Password::Private => change,
        Password::Absent => {
            if scope.is_first() {
                draft.note(save_it(names));
            }
            change.create(op(false))
        }
        Password::Public | Password::Other if scope.site.kube.repositories > 0 => {
            draft.note(kept_password(scope));
            change
        }
        Password::Public | Password::Other => replaced_password(scope, change, op(true)),
    };
    draft.push(change);
}

fn save_it(names: &super::Names) -> String {
    format!(
        "Save the repository password as soon as it is made: kubectl get secret {REPOSITORY_SECRET} -n {} -o jsonpath='{{.data.repository-password}}' | base64 -d. Without it the data of volume backups is lost",
        names.namespace
    )
}

/// A password that repositories are encrypted with already is never replaced.
fn kept_password(scope: &Scope<'_>) -> String {
    if scope.is_first() {
        "The repository password is Velero's public default, and repositories are already encrypted with it: changing it would lose them".to_owned()
    } else {
        format!(
            "{} has a repository password of its own and repositories encrypted with it: it stays, and volume data of {} cannot be restored there",
            scope.names.cluster, scope.answers.cluster.name
        )
    }
}

/// A password that nothing is encrypted with yet may be replaced: ours without a question, else with consent.
fn replaced_password(scope: &Scope<'_>, change: Change, ops: Vec<Op>) -> Change {
    let (before, after, whose) = if scope.is_first() {
        ("the public default", "a random one", "the password is Velero's public default, which everybody knows")
    } else {
        (
            "a password of its own",
            "that of the cluster that is backed up",
            "the cluster has a repository password of its own, with which the backups' volume data cannot be read",
        )
    };
    let change = change.update(ops, vec![format!("-{before}"), format!("+{after}")]);
    let consent = scope.consent(&change);
    if release_is_ours(scope) && consent == Consent::None && scope.is_first() {
        change
    } else {
        change.foreign(consent, whose)
    }
}

/// Whether lifeboat installed the release: our annotation is among its values.
pub fn release_is_ours(scope: &Scope<'_>) -> bool {
    scope
        .site
        .release
        .as_ref()
        .is_some_and(|release| release.values["podAnnotations"][super::velero::IDENTITY_ANNOTATION].is_string())
}

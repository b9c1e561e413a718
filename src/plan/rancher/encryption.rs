//! The Secret that backups are encrypted with: named or made in the cluster that is backed up, and copied to those that
//! restore, whose operators read it in their own namespaces only (rancher.md 3).

use super::{ENCRYPTION_KEY, ENCRYPTION_SECRET};
use crate::domain::Shown;
use crate::plan::answers::SecretChoice;
use crate::plan::scope::{Scope, problem};
use crate::plan::{ChangeKind, Draft, EncryptionSecret, Op, Risk, document};
use serde_json::json;

/// The name of the Secret that backups are encrypted with, or empty.
pub fn secret_name(scope: &Scope<'_>) -> String {
    match &scope.answers.rancher.encryption_secret {
        SecretChoice::None => String::new(),
        SecretChoice::New => ENCRYPTION_SECRET.to_owned(),
        SecretChoice::Named(name) => name.to_string(),
    }
}

/// Plans `encryption-secret`. It is nowhere but in the clusters: the plan is not verified before the user says that it
/// is saved elsewhere.
pub fn secret(scope: &Scope<'_>, draft: &mut Draft) {
    let choice = &scope.answers.rancher.encryption_secret;
    if *choice == SecretChoice::None {
        return;
    }
    if !scope.is_first() {
        copy(scope, draft);
        return;
    }
    let (name, namespace) = (secret_name(scope), &scope.names.namespace);
    if !scope.answers.consent.saved.contains("encryption-secret") {
        draft.must("encryption-secret");
        draft.note(format!(
            "Save the encryption Secret elsewhere: kubectl get secret {name} -n {namespace} -o yaml. Without it no backup can be read. Then say so: consent.saved = [\"encryption-secret\"]"
        ));
    }
    let found = scope.site.kube.rancher.encryption;
    match (choice, found) {
        (SecretChoice::Named(_), EncryptionSecret::Absent) => refused(
            draft,
            &format!("there is no Secret {namespace}/{name}"),
            "the operator reads it in its own namespace only",
        ),
        (_, EncryptionSecret::WithoutKey) => refused(
            draft,
            &format!("the Secret {namespace}/{name} has no data key {ENCRYPTION_KEY}"),
            "the operator reads this one key, a Kubernetes EncryptionConfiguration",
        ),
        _ => {}
    }
    if *choice != SecretChoice::New {
        return;
    }
    let path = drawn(scope, draft, &name);
    let change = scope
        .change("encryption-secret", ChangeKind::Kubernetes, format!("encryption Secret {namespace}/{name}"))
        .why("backups are encrypted with its key before they leave the cluster; it is not stored with them")
        .undo("stays: without it no backup can be read")
        .needs(&["namespace"])
        .document(path)
        .desired(json!("GENERATED"));
    draft.push(if found == EncryptionSecret::There {
        change
    } else {
        change.create(vec![Op::EncryptionSecret { namespace: namespace.clone(), name }])
    });
}

fn refused(draft: &mut Draft, what: &str, why: &str) {
    draft.problems.0.push(problem("rancher.encryption_secret", what, why, "Make it, or set \"new\""));
}

/// Writes the Secret's document, without what is in it; answers its path.
fn drawn(scope: &Scope<'_>, draft: &mut Draft, name: &str) -> String {
    let namespace = &scope.names.namespace;
    let path = format!("kubernetes/{}/{namespace}/secret-{name}.yaml", scope.names.folder);
    let shown = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "stringData": {ENCRYPTION_KEY: "GENERATED"}
    });
    draft.document(&path, document::yaml(&shown));
    path
}

/// Plans `encryption-secret` of a restore cluster: under the same name, in its operator's namespace.
fn copy(scope: &Scope<'_>, draft: &mut Draft) {
    let (name, namespace) = (secret_name(scope), &scope.names.namespace);
    let first = &scope.answers.cluster.name;
    let path = drawn(scope, draft, &name);
    let change = scope
        .change(
            "encryption-secret",
            ChangeKind::Kubernetes,
            format!("encryption Secret {namespace}/{name}, the one of {first}"),
        )
        .why(format!("what {first} backs up is decrypted with it: a restore fails without the same key"))
        .undo("stays: without it no backup can be read")
        .needs(&["namespace", "encryption-secret"])
        .document(path)
        .desired(json!("GENERATED"));
    let op = |replace| vec![Op::CopyEncryptionSecret { namespace: namespace.clone(), name: name.clone(), replace }];
    let diff = |before: &str| vec![format!("-{before}"), format!("+the key of {first}")];
    let change = match scope.site.kube.rancher.encryption {
        EncryptionSecret::There => change,
        EncryptionSecret::Absent => change.create(op(false)),
        EncryptionSecret::WithoutKey => change.update(op(true), diff(&format!("no data key {ENCRYPTION_KEY}"))),
        EncryptionSecret::Other => change.update(op(true), diff("a key of its own")),
    };
    let consent = scope.consent(&change);
    let risk = if change.diff.is_empty() { change.risk } else { Risk::High };
    let foreign = !change.diff.is_empty();
    let change = change.risk(risk);
    draft.push(if foreign { change.foreign(consent, &theirs(scope, &name)) } else { change });
}

/// Whose a Secret of the name is that is there with other data.
fn theirs(scope: &Scope<'_>, name: &str) -> String {
    let (namespace, cluster) = (&scope.names.namespace, &scope.names.cluster);
    let rancher = &scope.site.kube.rancher;
    let used =
        rancher.others.iter().chain(&rancher.backup).filter(|one| one["spec"]["encryptionConfigSecretName"] == name);
    let used: Vec<String> =
        used.take(20).map(|one| Shown::new(one["metadata"]["name"].as_str().unwrap_or_default()).to_string()).collect();
    let by = if used.is_empty() { String::new() } else { format!(" (used by the Backup {})", used.join(", ")) };
    format!(
        "the Secret {namespace}/{name} of {cluster} has other data{by}, with which backups of {} cannot be read; replaced, it no longer reads what was encrypted with it, and no copy is kept: save it first (kubectl get secret {name} -n {namespace} -o yaml)",
        scope.answers.cluster.name
    )
}

//! A Velero without a release, made by its CLI or by hand: its Deployment, location and schedule are changed as
//! objects (design, Existing installs). What the CLI makes: Deployment `velero`, the key Secret mounted at
//! `/credentials`, locations as objects (velero.md 2; the source's `pkg/install`).

use super::{plugin, values};
use crate::domain::strategic::{gone, patched};
use crate::plan::cluster::keys;
use crate::plan::scope::{Scope, problem};
use crate::plan::{ChangeKind, Draft, ObjectKind, Op, Risk, document};
use serde_json::{Value, json};

/// Where the CLI mounts the key's Secret.
const MOUNT: &str = "/credentials";
/// The volume of the key's Secret.
const VOLUME: &str = "cloud-credentials";
/// The variables that the CLI points to the Secret, AWS's first.
const FILES: [&str; 4] = [
    "AWS_SHARED_CREDENTIALS_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AZURE_CREDENTIALS_FILE",
    "ALIBABA_CLOUD_CREDENTIALS_FILE",
];

/// Plans `deployment`: the key out, the identity's mark in; the node agent's pods with it.
pub fn workloads(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let Some(deployment) = &scope.site.kube.deployment else { return };
    refute(scope, deployment, draft);
    let title = format!("Deployment {}/{} without the key, with the role", names.namespace, names.deployment);
    let mut change = scope
        .change("deployment", ChangeKind::Kubernetes, title)
        .why("Velero was not installed by Helm: it is configured where it is, and its pods start anew with the role")
        .undo("the variables and the volume that were taken out are put back")
        .risk(Risk::High)
        .needs(&["token-proof", "repository-password", "service-account"])
        .desired(json!({"identity": values::identity_hash(scope), "features": values::server_flags(scope)}));
    let agent = scope.site.kube.node_agent.as_ref().map(|agent| (ObjectKind::DaemonSet, agent, "node-agent"));
    let (mut ops, mut diff) = (Vec::new(), Vec::new());
    for (kind, object, name) in
        std::iter::once((ObjectKind::Deployment, deployment, names.deployment.as_str())).chain(agent)
    {
        let server = kind == ObjectKind::Deployment;
        let (patch, back) = edits(scope, object, if server { "velero" } else { "node-agent" }, server);
        let word = crate::ports::Kind::from(kind).name().to_lowercase();
        let file = format!("kubernetes/{}/{}/{word}-{name}.yaml", names.folder, names.namespace);
        draft.document(&file, document::yaml(&patch));
        change = change.document(file);
        let made = patched(object, &patch);
        if made != *object {
            diff.extend(document::diff(&template_text(object), &template_text(&made)));
            let (namespace, name) = (names.namespace.clone(), name.to_owned());
            ops.push(Op::EditWorkload { kind, namespace, name, patch, back });
        }
    }
    let secret = secret_of(deployment);
    if let Some(secret) = &secret {
        draft.note(keys::left(&names.namespace, secret));
        keys::others(scope, draft);
    }
    let change = change.update(ops, diff);
    if is_ours(scope) {
        draft.push(change);
        return;
    }
    let consent = scope.consent(&change);
    let whose = match secret {
        Some(secret) => format!("Velero was made by its CLI and uses the key in the Secret {secret}"),
        None => "Velero was made by its CLI".to_owned(),
    };
    draft.push(change.foreign(consent, &whose));
}

/// Whether lifeboat has configured it before: the pods carry its mark.
pub fn is_ours(scope: &Scope<'_>) -> bool {
    let mark = |it: &Value| it["spec"]["template"]["metadata"]["annotations"][values::IDENTITY_ANNOTATION].is_string();
    scope.site.kube.deployment.as_ref().is_some_and(mark)
}

/// The pod template as it is compared: what of it may hold something secret is not patched, and so not shown.
fn template_text(object: &Value) -> String {
    document::yaml(&json!({"template": object["spec"]["template"]}))
}

/// What stands against configuring it in place.
fn refute(scope: &Scope<'_>, deployment: &Value, draft: &mut Draft) {
    let namespace = &scope.names.namespace;
    if scope.answers.install.release.is_some() && scope.is_first() {
        draft.problems.0.push(problem(
            "install.release",
            &format!("the Velero in {namespace} was not installed by Helm"),
            "a release beside it would want the same Deployment and types, and Helm refuses what it does not own",
            "Leave install.release out, and it is configured in place; or remove it first: velero uninstall",
        ));
    }
    let env = container(deployment, "velero")["env"].as_array();
    if env.into_iter().flatten().any(|one| one["name"] == "AWS_SECRET_ACCESS_KEY") {
        draft.problems.0.push(problem(
            "install.namespace",
            &format!("the Deployment {namespace}/velero carries AWS_SECRET_ACCESS_KEY among its variables"),
            "a key among the variables wins over every identity, and lifeboat keeps no copy of it to put back",
            "Take it out: kubectl set env deployment/velero -n NAMESPACE AWS_ACCESS_KEY_ID- AWS_SECRET_ACCESS_KEY-",
        ));
    }
    if values::wants_node_agent(scope) && scope.site.kube.node_agent.is_none() {
        draft.problems.0.push(problem(
            "velero.features",
            &format!("the Velero in {namespace} has no node agent, which these features need"),
            "lifeboat makes it with the chart only, and this Velero was not installed by Helm",
            "Run: velero install --use-node-agent with the options of before; or leave the features out",
        ));
    }
    plugin::refute(scope, draft);
}

/// The patch of a workload and the one that takes it back.
fn edits(scope: &Scope<'_>, object: &Value, name: &str, server: bool) -> (Value, Value) {
    let template = &object["spec"]["template"];
    let own = container(object, name);
    let hash = values::identity_hash(scope);
    let before = &template["metadata"]["annotations"][values::IDENTITY_ANNOTATION];
    let mut patch =
        json!({"spec": {"template": {"metadata": {"annotations": {values::IDENTITY_ANNOTATION: hash}}, "spec": {}}}});
    let mut back =
        json!({"spec": {"template": {"metadata": {"annotations": {values::IDENTITY_ANNOTATION: before}}, "spec": {}}}});
    let (mut to, mut from) = (json!({"name": name}), json!({"name": name}));
    let shared = another_cloud(scope);
    for file in FILES.iter().filter(|file| **file == FILES[0] || !shared) {
        if let Some(there) = named(&own["env"], "name", file) {
            push(&mut to["env"], gone("name", file));
            push(&mut from["env"], there.clone());
        }
    }
    if !shared && let Some(there) = named(&own["volumeMounts"], "mountPath", MOUNT) {
        push(&mut to["volumeMounts"], gone("mountPath", MOUNT));
        push(&mut from["volumeMounts"], there.clone());
    }
    if !shared && let Some(there) = named(&template["spec"]["volumes"], "name", VOLUME) {
        push(&mut patch["spec"]["template"]["spec"]["volumes"], gone("name", VOLUME));
        push(&mut back["spec"]["template"]["spec"]["volumes"], there.clone());
    }
    if server {
        let args = values::with_flags(scope, &own["args"]);
        if args != own["args"] {
            to["args"] = args;
            from["args"] = own["args"].clone();
        }
        if let Some((new, old)) = plugin::in_place(scope, template) {
            push(&mut patch["spec"]["template"]["spec"]["initContainers"], new);
            push(&mut back["spec"]["template"]["spec"]["initContainers"], old);
        }
    }
    if to.as_object().is_some_and(|fields| fields.len() > 1) {
        push(&mut patch["spec"]["template"]["spec"]["containers"], to);
        push(&mut back["spec"]["template"]["spec"]["containers"], from);
    }
    (patch, back)
}

/// Whether another cloud's locations need the Secret too.
fn another_cloud(scope: &Scope<'_>) -> bool {
    let kube = &scope.site.kube;
    kube.locations.iter().chain(&kube.snapshot_locations).any(|location| {
        let provider = location["spec"]["provider"].as_str().unwrap_or_default();
        !matches!(provider, "" | "aws" | "velero.io/aws" | "csi" | "velero.io/csi")
    })
}

/// The key Secret that a Deployment mounts.
fn secret_of(deployment: &Value) -> Option<String> {
    let volume = named(&deployment["spec"]["template"]["spec"]["volumes"], "name", VOLUME)?;
    volume["secret"]["secretName"].as_str().map(str::to_owned)
}

fn container<'o>(object: &'o Value, name: &str) -> &'o Value {
    named(&object["spec"]["template"]["spec"]["containers"], "name", name).unwrap_or(&Value::Null)
}

fn named<'o>(list: &'o Value, key: &str, value: &str) -> Option<&'o Value> {
    list.as_array()?.iter().find(|item| item[key] == value)
}

fn push(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(items) => items.push(item),
        None => *list = json!([item]),
    }
}

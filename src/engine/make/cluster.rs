//! Ops on Kubernetes objects of ours.

use super::Made;
use crate::engine::Context;
use crate::engine::journal::Effect;
use crate::plan::Op;
use crate::ports::{Answer, Kind, Trouble, TroubleKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// The repository password's length before base64, bytes.
const PASSWORD_BYTES: usize = 32;

/// Makes an op on an object.
pub async fn make(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    let kube = &context.kube;
    match op {
        Op::CreateObject { kind, namespace, name, object } => {
            let kind = Kind::from(*kind);
            match kube.create(kind, object).await {
                Ok(there) => Ok(created(&there, &label(kind, namespace, name))),
                Err(trouble) if trouble.kind == TroubleKind::Exists && kind == Kind::Namespace => {
                    Ok(Made::new(Effect::Unchanged, format!("{name} was made meanwhile")))
                }
                Err(trouble) if trouble.kind == TroubleKind::Exists => {
                    Err(trouble.todo("It was made meanwhile by somebody else: plan again"))
                }
                Err(trouble) => Err(trouble),
            }
        }
        Op::PatchObject { kind, namespace, name, merge, .. } => {
            let kind = Kind::from(*kind);
            kube.patch(kind, namespace, name, merge).await?;
            Ok(Made::new(Effect::Updated, label(kind, namespace, name)))
        }
        Op::EditWorkload { kind, namespace, name, patch, .. } => {
            let kind = Kind::from(*kind);
            kube.strategic(kind, namespace, name, patch).await?;
            Ok(Made::new(Effect::Updated, label(kind, namespace, name)))
        }
        Op::Password { namespace, name, replace } => password(context, namespace, name, *replace).await,
        Op::CopyPassword { namespace, name, replace } => copy_password(context, namespace, name, *replace).await,
        Op::Record { namespace, name, data } => record(context, namespace, name, data).await,
        _ => Err(Trouble::new(TroubleKind::Refused, format!("{change} is not an object"))),
    }
}

fn label(kind: Kind, namespace: &str, name: &str) -> String {
    let place = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    format!("{} {place}{name}", kind.name())
}

fn created(object: &serde_json::Value, message: &str) -> Made {
    let made = Made::new(Effect::Created, message);
    match object["metadata"]["uid"].as_str() {
        Some(uid) => made.id("uid", uid),
        None => made,
    }
}

/// A random password; made here, it is in no plan, journal or message.
async fn password(context: &Context, namespace: &str, name: &str, replace: bool) -> Answer<Made> {
    let secret = STANDARD.encode(context.world.host.random(PASSWORD_BYTES));
    let message = format!("{namespace}/{name}: save it elsewhere now");
    put_password(context, namespace, name, replace, &STANDARD.encode(secret), &message).await
}

/// The password of the cluster that is backed up; it goes from one API server to the other and nowhere else.
async fn copy_password(context: &Context, namespace: &str, name: &str, replace: bool) -> Answer<Made> {
    let first = context.at(0);
    let from = &first.names.namespace;
    let secret = first.kube.get(Kind::Secret, from, name).await?;
    let password = secret.as_ref().and_then(|secret| secret["data"]["repository-password"].as_str());
    let Some(password) = password else {
        return Err(Trouble::new(
            TroubleKind::NotFound,
            format!("{} has no Secret {from}/{name}", first.names.cluster),
        )
        .todo("Run apply again: it is made there first"));
    };
    let message = format!("{namespace}/{name} copied from {}", first.names.cluster);
    put_password(context, namespace, name, replace, password, &message).await
}

/// Makes or replaces the Secret; `password` is base64, as the Secret's data is.
async fn put_password(
    context: &Context,
    namespace: &str,
    name: &str,
    replace: bool,
    password: &str,
    message: &str,
) -> Answer<Made> {
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "data": {"repository-password": password}
    });
    if replace {
        let merge = json!({"data": object["data"]});
        context.kube.patch(Kind::Secret, namespace, name, &merge).await?;
        return Ok(Made::new(Effect::Updated, message));
    }
    let there = context.kube.create(Kind::Secret, &object).await?;
    Ok(created(&there, message))
}

/// The record, with what this run has proven so far.
async fn record(context: &Context, namespace: &str, name: &str, data: &serde_json::Value) -> Answer<Made> {
    let mut data = data.clone();
    data["proven"] = {
        let learnt = context.learnt();
        let shown = learnt.proven.iter().filter(|word| !learnt.unshown.contains(word));
        json!(shown.cloned().collect::<Vec<_>>().join(" "))
    };
    data["not-proven"] = json!(context.learnt().unshown.join(" "));
    data["at"] = json!(format!("{:.0}", context.world.host.now()));
    data["run"] = json!(context.run);
    let there = context.kube.get(Kind::ConfigMap, namespace, name).await?;
    if there.is_some() {
        context.kube.patch(Kind::ConfigMap, namespace, name, &json!({"data": data})).await?;
        return Ok(Made::new(Effect::Updated, format!("{namespace}/{name}")));
    }
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "data": data
    });
    let there = context.kube.create(Kind::ConfigMap, &object).await?;
    Ok(created(&there, &format!("{namespace}/{name}")))
}

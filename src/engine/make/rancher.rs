//! Rancher Backup's own waits, and the Secret that encrypts.

use super::{Made, release};
use crate::domain::status::{
    RANCHER_LOCATION, RancherVerdict, rancher_place, rancher_ran, rancher_storage_fault, rancher_verdict,
};
use crate::engine::journal::Effect;
use crate::engine::wait::{Look, until};
use crate::engine::{Context, State, link};
use crate::plan::{ENCRYPTION_KEY, RancherHealth};
use crate::ports::{Answer, Kind, Object, Trouble, TroubleKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::time::Duration;

/// Seconds until the types of a chart are served.
const TYPES: i64 = 60;

/// Seconds for a Backup: the operator tries again within two minutes (rancher.md 3).
pub(in crate::engine) const BACKUP: i64 = 240;

/// The length of the key that backups are encrypted with, bytes (secretbox).
const KEY_BYTES: usize = 32;

/// Waits until all types of a group are served.
pub async fn types(context: &Context, change: &str, group: &str) -> Answer<Made> {
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.address().0 == group).collect();
    let started = context.world.host.now();
    loop {
        let mut missing = Vec::new();
        for kind in &kinds {
            if !context.kube.serves(*kind).await? {
                missing.push(kind.resource());
            }
        }
        if missing.is_empty() {
            return Ok(Made::new(Effect::Unchanged, format!("the types of {group} are served")));
        }
        let waited = context.world.host.now().as_second().saturating_sub(started.as_second());
        if waited >= TYPES {
            let what = format!("the API server does not serve {}", missing.join(", "));
            return Err(Trouble::new(TroubleKind::Deadline, what)
                .why(format!("waited {TYPES} s after their chart was installed"))
                .todo("Look at the release rancher-backup-crd"));
        }
        context.go_on()?;
        context.say(change, State::Waiting, format!("waiting for {} to be served ({waited} s)", missing.join(", ")));
        context.world.host.sleep(Duration::from_secs(1)).await;
    }
}

/// The Secret with a random key; made here, it is in no plan, journal or message.
pub async fn encryption_secret(context: &Context, namespace: &str, name: &str) -> Answer<Made> {
    let key = STANDARD.encode(context.world.host.random(KEY_BYTES));
    let config = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [\"*.*\"]\n  providers:\n  - secretbox:\n      keys:\n      - name: lifeboat\n        secret: {key}\n"
    );
    let message = format!("{namespace}/{name}: save it elsewhere now");
    put_secret(context, namespace, name, &STANDARD.encode(config), message).await
}

/// The Secret of the cluster that is backed up; its key goes from one API server to the other and nowhere else.
pub async fn copy_encryption_secret(context: &Context, namespace: &str, name: &str, replace: bool) -> Answer<Made> {
    let first = context.at(0);
    let from = &first.names.namespace;
    let secret = first.kube.get(Kind::Secret, from, name).await?;
    let Some(key) = secret.as_ref().and_then(|secret| secret["data"][ENCRYPTION_KEY].as_str()) else {
        let what = format!("{} has no Secret {from}/{name} with {ENCRYPTION_KEY}", first.names.cluster);
        return Err(Trouble::new(TroubleKind::NotFound, what).todo("Run apply again: it is made there first"));
    };
    let message = format!("{namespace}/{name} copied from {}", first.names.cluster);
    if replace {
        context.kube.patch(Kind::Secret, namespace, name, &json!({"data": {ENCRYPTION_KEY: key}})).await?;
        return Ok(Made::new(Effect::Updated, message));
    }
    put_secret(context, namespace, name, key, message).await
}

/// Makes the Secret; `key` is base64, as the Secret's data is.
async fn put_secret(context: &Context, namespace: &str, name: &str, key: &str, message: String) -> Answer<Made> {
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}},
        "data": {ENCRYPTION_KEY: key}
    });
    let there = context.kube.create(Kind::Secret, &object).await?;
    let made = Made::new(Effect::Created, message);
    Ok(match there["metadata"]["uid"].as_str() {
        Some(uid) => made.id("uid", uid),
        None => made,
    })
}

/// Waits for the rollout and the identity, looks at the default location, and waits until the recurring Backup has
/// run.
pub async fn healthy(context: &Context, change: &str, op: &RancherHealth) -> Answer<Made> {
    let effect = release::carried(context, change, &op.namespace, &op.service_account, &op.role_arn).await?;
    location(context, op).await?;
    if op.backup.is_empty() {
        return Ok(Made::new(effect, "rolled out, and its location is the plan's"));
    }
    let file = ran(context, change, &op.backup, rancher_ran).await?;
    Ok(Made::new(effect, format!("rolled out; Backup {} is Completed: {file}", op.backup)))
}

async fn location(context: &Context, op: &RancherHealth) -> Answer<()> {
    let secret = context.kube.get(Kind::Secret, &op.namespace, RANCHER_LOCATION).await?;
    let place = secret.as_ref().and_then(rancher_place);
    if let Some(place) = place.as_ref().filter(|place| !place.secret.is_empty()) {
        return Err(Trouble::new(
            TroubleKind::Broken,
            "the operator's default location goes by a key, not by the role",
        )
        .link("location")
        .why(format!(
            "{RANCHER_LOCATION} names the Secret {}, which wins over any identity (rancher-F23)",
            place.secret
        ))
        .todo("Look at who else writes it, then run apply again"));
    }
    let there = place.map(|place| format!("s3://{}/{}", place.bucket, place.prefix)).unwrap_or_default();
    let wanted = format!("s3://{}/{}", op.bucket, op.prefix);
    if there == wanted {
        return Ok(());
    }
    let there = if there.is_empty() { "nowhere" } else { &there };
    Err(Trouble::new(TroubleKind::Broken, format!("the operator's default location points to {there}"))
        .link("location")
        .why(format!("the plan's is {wanted}; another release or controller may own the Secret {RANCHER_LOCATION}")))
}

/// Waits until a Backup is done; answers its file. What its own spec is at fault for ends the wait at once; what S3
/// or IAM refused is tried again by the operator.
pub(in crate::engine) async fn ran(
    context: &Context,
    change: &str,
    name: &str,
    done: impl Fn(&Object) -> bool,
) -> Answer<String> {
    let look = |there: Option<&Object>| {
        let Some(there) = there else {
            return Look::Never(
                Trouble::new(TroubleKind::Broken, format!("the Backup {name} is not there")).link("backup"),
            );
        };
        if done(there) {
            return Look::Ready(there["status"]["filename"].as_str().unwrap_or_default().to_owned());
        }
        match rancher_verdict(there) {
            RancherVerdict::Failed(why) if !rancher_storage_fault(&why) => Look::Never(failed(name, &why)),
            RancherVerdict::Failed(why) => Look::Not(format!("it failed so far: {why}; the operator tries it again")),
            RancherVerdict::Unseen => Look::Not("waiting for the operator to take it up".to_owned()),
            RancherVerdict::Under(says) => Look::Not(format!("the backup is {says}")),
            RancherVerdict::Completed => Look::Not("waiting for its file".to_owned()),
        }
    };
    let object = (Kind::RancherBackup, "", name);
    match until(context, change, object, BACKUP, look).await {
        Err(trouble) if trouble.kind == TroubleKind::Deadline => {
            let there = context.kube.get(object.0, object.1, object.2).await?;
            match there.as_ref().map(rancher_verdict) {
                Some(RancherVerdict::Failed(why)) => Err(failed(name, &why)),
                _ => Err(trouble.link("backup")),
            }
        }
        other => other,
    }
}

fn failed(name: &str, why: &str) -> Trouble {
    let link = match link::of_rancher(why) {
        "location" if !rancher_storage_fault(why) => "backup",
        other => other,
    };
    Trouble::new(TroubleKind::Broken, format!("the Backup {name} failed"))
        .why(why)
        .link(link)
        .at("rancher-backup", name)
}

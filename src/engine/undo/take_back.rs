//! How each op is taken back, and when it is kept (contract, "Undo keeps").

use super::{Back, Done, pod_identity};
use crate::domain::{Tool, policy, strategic};
use crate::engine::journal::Effect;
use crate::engine::{Context, proof};
use crate::plan::{ObjectKind, Op, ReleaseOp, SettingName};
use crate::ports::{Answer, BucketHead, BucketRef, Kind, Setting, Tags};
use serde_json::{Value, json};

/// Takes one op back.
pub async fn take_back(context: &Context, done: &Done) -> Answer<Back> {
    match &done.op {
        Op::CreateProvider { arn, .. } => provider(context, arn).await,
        Op::AddAudience { arn, audience } => audience_of(context, arn, audience).await,
        Op::CreateRole { name, .. } => role(context, done, name).await,
        Op::PutTrust { role, document, previous } => trust(context, role, document, previous).await,
        Op::DescribeRole { role, description, previous } => described(context, role, description, previous).await,
        Op::PutBoundary { role, boundary, previous } => {
            let current = context.world.aws.role(role).await?;
            if current.is_none_or(|role| role.boundary != *boundary) {
                return Ok(Back::Left(format!("the boundary of {role} was changed since")));
            }
            context.world.aws.put_boundary(role, previous).await?;
            Ok(Back::Undone(format!("boundary of {role}")))
        }
        Op::TagRole { role, tags, previous } => tags_of(context, role, tags, previous).await,
        Op::PutRolePolicy { role, policy, document, previous } => {
            permissions(context, role, policy, document, previous.as_deref()).await
        }
        Op::AttachPolicy { role, arn } => {
            context.world.aws.detach_policy(role, arn).await?;
            Ok(Back::Undone(format!("{arn} detached from {role}")))
        }
        Op::CreateBucket { name, region, .. } => bucket(context, name, region).await,
        Op::PutSetting { name, region, setting, document, previous } => {
            setting_of(context, done, name, region, *setting, document, previous.as_deref()).await
        }
        Op::CreateKey { .. } => Ok(Back::Kept(format!(
            "the key {} stays enabled: it may have encrypted something. Schedule its deletion yourself if it has not",
            done.ids.get("key-id").map_or("", String::as_str)
        ))),
        Op::CreateAlias { alias, .. } => Ok(Back::Kept(format!("{alias} stays with its key"))),
        Op::Rotate { .. } => Ok(Back::Kept("rotation stays with its key".to_owned())),
        Op::CreateAddon { .. } | Op::CreateAssociation { .. } | Op::UpdateAssociation { .. } => {
            pod_identity::take_back(context, done).await
        }
        Op::CreateObject { kind: ObjectKind::Namespace, name, .. } => {
            let why = match context.names.tool {
                Tool::Velero => "it holds the repository password",
                _ => "more than this run's may be in it",
            };
            Ok(Back::Kept(format!("the namespace {name} stays: {why}")))
        }
        Op::CreateObject { kind, namespace, name, .. } => {
            object(context, done, Kind::from(*kind), namespace, name).await
        }
        Op::EditWorkload { kind, namespace, name, patch, back } => {
            workload(context, Kind::from(*kind), namespace, name, (patch, back)).await
        }
        Op::PatchObject { kind, namespace, name, merge, back } => {
            patched(context, Kind::from(*kind), namespace, name, (merge, back)).await
        }
        Op::Password { namespace, name, .. } | Op::CopyPassword { namespace, name, .. } => {
            Ok(Back::Kept(format!("{namespace}/{name} stays: without it the data of volume backups is lost")))
        }
        Op::EncryptionSecret { namespace, name } | Op::CopyEncryptionSecret { namespace, name, .. } => {
            Ok(Back::Kept(format!("{namespace}/{name} stays: without it no backup can be read")))
        }
        Op::Upgrade(release) if release.stays => Ok(Back::Kept(format!(
            "release {}/{} stays: with its types every object of them would go",
            release.namespace, release.name
        ))),
        Op::Upgrade(release) => helm(context, done, release).await,
        Op::Record { namespace, name, .. } => {
            if done.effect == Effect::Updated {
                return Ok(Back::Kept(format!("{namespace}/{name} tells of an earlier run")));
            }
            object(context, done, Kind::ConfigMap, namespace, name).await
        }
        Op::Restart { .. }
        | Op::AwaitHealthy { .. }
        | Op::AwaitRancher(_)
        | Op::RestartController { .. }
        | Op::AwaitSpace { .. } => Ok(Back::Kept("a restart has nothing to undo".to_owned())),
        // A proof removes what it made itself; one that was cut short could not.
        Op::Canary(op) => left_by(proof::clean_canary(context, &done.change, op).await),
        Op::ProveVolume(op) => left_by(proof::clean_volume(context, &done.change, op).await),
        Op::AwaitAddon { .. }
        | Op::AwaitTypes { .. }
        | Op::RancherCanary(_)
        | Op::ProveToken(_)
        | Op::RestoreElsewhere(_)
        | Op::SpaceCanary(_)
        | Op::AwaitAccount { .. }
        | Op::AwaitLocation { .. }
        | Op::AwaitSchedule { .. } => Ok(Back::Undone("it left nothing".to_owned())),
    }
}

async fn described(context: &Context, role: &str, description: &str, previous: &str) -> Answer<Back> {
    let current = context.world.aws.role(role).await?;
    if current.is_none_or(|role| role.description != *description) {
        return Ok(Back::Left(format!("the description of {role} was changed since")));
    }
    context.world.aws.describe_role(role, previous).await?;
    Ok(Back::Undone(format!("description of {role}")))
}

/// What was changed of a workload, put back while it is as the run left it.
async fn workload(
    context: &Context,
    kind: Kind,
    namespace: &str,
    name: &str,
    (patch, back): (&Value, &Value),
) -> Answer<Back> {
    let label = format!("{} {namespace}/{name}", kind.name());
    let Some(there) = context.kube.get(kind, namespace, name).await? else {
        return Ok(Back::Undone(format!("{label} is gone")));
    };
    if !strategic::holds(&there, patch) {
        return Ok(Back::Left(format!("{label} was changed since")));
    }
    context.kube.strategic(kind, namespace, name, back).await?;
    Ok(Back::Undone(format!("{label} as it was before")))
}

/// What was patched of an object, put back.
async fn patched(
    context: &Context,
    kind: Kind,
    namespace: &str,
    name: &str,
    (merge, back): (&Value, &Value),
) -> Answer<Back> {
    let label = format!("{} {namespace}/{name}", kind.name());
    let Some(there) = context.kube.get(kind, namespace, name).await? else {
        if kind == Kind::ServiceAccount {
            made_again(context, namespace, name, back).await?;
            return Ok(Back::Undone(format!("{label} made again as it was")));
        }
        return Ok(Back::Undone(format!("{label} is gone")));
    };
    // A release that was rolled back has changed what it owns; a custom object is nobody else's.
    if kind.is_custom() && !strategic::holds(&there, merge) {
        return Ok(Back::Left(format!("{label} was changed since")));
    }
    context.kube.patch(kind, namespace, name, back).await?;
    Ok(Back::Undone(label))
}

/// A service account of somebody else that a release took over goes with the release: it is made again with what it
/// carried, which is all that one is.
async fn made_again(context: &Context, namespace: &str, name: &str, back: &Value) -> Answer<()> {
    let mut metadata = json!({"name": name, "namespace": namespace});
    for part in ["labels", "annotations"] {
        for (key, value) in back["metadata"][part].as_object().into_iter().flatten().filter(|(_, it)| it.is_string()) {
            metadata[part][key] = value.clone();
        }
    }
    let object = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
    context.kube.create(Kind::ServiceAccount, &object).await?;
    Ok(())
}

/// What a proof that was cut short had left.
fn left_by(removed: Answer<usize>) -> Answer<Back> {
    let message = match removed? {
        0 => "it left nothing in the bucket".to_owned(),
        removed => format!("{removed} object versions that it left"),
    };
    Ok(Back::Undone(message))
}

/// Deleted only when no other role trusts it: the provider is shared (security.md 1.8).
async fn provider(context: &Context, arn: &str) -> Answer<Back> {
    let aws = &context.world.aws;
    let Some(there) = aws.provider(arn).await? else { return Ok(Back::Undone(format!("{arn} is gone"))) };
    if there.tags.get("lifeboat/run") != Some(&context.run) {
        return Ok(Back::Kept(format!("{arn} was made anew by somebody else")));
    }
    let others: Vec<String> =
        aws.roles_trusting(arn).await?.into_iter().filter(|role| *role != context.names.role).collect();
    if !others.is_empty() {
        return Ok(Back::Kept(format!("{arn} stays: {} trusts it", others.join(", "))));
    }
    aws.delete_provider(arn).await?;
    Ok(Back::Undone(arn.to_owned()))
}

/// Removed only when no other role may rely on it: its trust names this audience, or none at all.
async fn audience_of(context: &Context, arn: &str, audience: &str) -> Answer<Back> {
    let aws = &context.world.aws;
    let mut users = Vec::new();
    for role in aws.roles_trusting(arn).await? {
        if role == context.names.role {
            continue;
        }
        let trust = aws.role(&role).await?.map(|there| there.trust).unwrap_or_default();
        if trust.contains(audience) || !trust.contains(":aud\"") {
            users.push(role);
        }
    }
    if !users.is_empty() {
        return Ok(Back::Kept(format!("the audience {audience} stays: {} may use it", users.join(", "))));
    }
    aws.remove_audience(arn, audience).await?;
    Ok(Back::Undone(format!("audience {audience} of {arn}")))
}

/// Deleted only when it is the very role that the run made, and carries nothing that is not ours.
async fn role(context: &Context, done: &Done, name: &str) -> Answer<Back> {
    let aws = &context.world.aws;
    let Some(there) = aws.role(name).await? else { return Ok(Back::Undone(format!("{name} is gone"))) };
    let ours = done.ids.get("role-id").is_none_or(|id| *id == there.id)
        && there.tags.get("lifeboat/run") == Some(&context.run);
    if !ours {
        return Ok(Back::Kept(format!("the role {name} is not the one that this run made")));
    }
    let (policies, attached) = futures::try_join!(aws.role_policies(name), aws.attached_policies(name))?;
    if !policies.is_empty() || !attached.is_empty() {
        return Ok(Back::Left(format!(
            "the role {name} stays: it has got {} since",
            [policies, attached].concat().join(", ")
        )));
    }
    aws.delete_role(name).await?;
    Ok(Back::Undone(there.arn))
}

async fn trust(context: &Context, role: &str, document: &str, previous: &str) -> Answer<Back> {
    let aws = &context.world.aws;
    let Some(there) = aws.role(role).await? else { return Ok(Back::Undone(format!("{role} is gone"))) };
    if same(&there.trust, document) {
        aws.put_trust(role, previous).await?;
        return Ok(Back::Undone(format!("trust policy of {role}")));
    }
    // Somebody changed it since: only what this run added is taken out.
    let added = added_sids(document, previous);
    match policy::remove(&there.trust, &added) {
        Ok(Some(rest)) if rest != there.trust => aws.put_trust(role, &rest).await?,
        _ => return Ok(Back::Left(format!("the trust policy of {role} was changed since"))),
    }
    Ok(Back::Undone(format!("trust policy of {role}")))
}

/// The Sids that a document has and the one before had not.
fn added_sids(document: &str, previous: &str) -> Vec<String> {
    let sids = |text: &str| -> Vec<String> {
        let statements = policy::statements(text).map(|found| found.members).unwrap_or_default();
        statements.into_iter().map(|member| member.sid).filter(|sid| !sid.is_empty()).collect()
    };
    let before = sids(previous);
    sids(document).into_iter().filter(|sid| !before.contains(sid)).collect()
}

async fn tags_of(context: &Context, role: &str, tags: &Tags, previous: &Tags) -> Answer<Back> {
    let added: Vec<String> = tags.keys().filter(|key| !previous.contains_key(*key)).cloned().collect();
    if !added.is_empty() {
        context.world.aws.untag_role(role, &added).await?;
    }
    if !previous.is_empty() {
        context.world.aws.tag_role(role, previous).await?;
    }
    Ok(Back::Undone(format!("tags of {role}")))
}

async fn permissions(
    context: &Context,
    role: &str,
    policy: &str,
    document: &str,
    previous: Option<&str>,
) -> Answer<Back> {
    let aws = &context.world.aws;
    let Some(there) = aws.role_policy(role, policy).await? else {
        return Ok(Back::Undone(format!("{policy} is gone")));
    };
    // A key that was not known when it was planned stands in the real document.
    let unknown = document.contains(crate::plan::KNOWN_AFTER_APPLY);
    if !unknown && !same(&there, document) {
        return Ok(Back::Left(format!("the inline policy {policy} was changed since")));
    }
    match previous {
        Some(previous) => aws.put_role_policy(role, policy, previous).await?,
        None => aws.delete_role_policy(role, policy).await?,
    }
    Ok(Back::Undone(format!("inline policy {policy}")))
}

/// Deleted only when it is this run's and holds nothing, no version either.
async fn bucket(context: &Context, name: &str, region: &str) -> Answer<Back> {
    let aws = &context.world.aws;
    let bucket = at(context, name, region);
    if !matches!(aws.bucket(&bucket).await?, BucketHead::Ours(_)) {
        return Ok(Back::Undone(format!("s3://{name} is gone")));
    }
    let tags = aws.setting(&bucket, Setting::Tagging).await?.unwrap_or_default();
    if !tags.contains(&context.run) {
        return Ok(Back::Kept(format!("s3://{name} was made anew by somebody else")));
    }
    let versions = aws.versions(&bucket, "", 10).await?;
    if let Some(first) = versions.first() {
        return Ok(Back::Kept(format!("s3://{name} stays: it holds objects ({} and others)", first.key)));
    }
    aws.delete_bucket(&bucket).await?;
    Ok(Back::Undone(format!("s3://{name}")))
}

#[allow(clippy::too_many_arguments)]
async fn setting_of(
    context: &Context,
    done: &Done,
    name: &str,
    region: &str,
    setting: SettingName,
    document: &str,
    previous: Option<&str>,
) -> Answer<Back> {
    let aws = &context.world.aws;
    let bucket = at(context, name, region);
    if !matches!(aws.bucket(&bucket).await?, BucketHead::Ours(_)) {
        return Ok(Back::Undone(format!("s3://{name} is gone")));
    }
    if setting == SettingName::ObjectLock {
        return Ok(Back::Kept("Object Lock cannot be taken off a bucket".to_owned()));
    }
    let there = aws.setting(&bucket, setting.into()).await?.unwrap_or_default();
    let unknown = document.contains(crate::plan::KNOWN_AFTER_APPLY);
    if !unknown && !same(&there, document) {
        return Ok(Back::Left(format!("{} of {name} was changed since", done.change)));
    }
    match previous {
        Some(previous) => aws.put_setting(&bucket, setting.into(), previous).await?,
        None => aws.delete_setting(&bucket, setting.into()).await?,
    }
    Ok(Back::Undone(format!("{} of {name}", done.change)))
}

async fn object(context: &Context, done: &Done, kind: Kind, namespace: &str, name: &str) -> Answer<Back> {
    let label = format!("{} {namespace}/{name}", kind.name());
    let Some(there) = context.kube.get(kind, namespace, name).await? else {
        return Ok(Back::Undone(format!("{label} is gone")));
    };
    let uid = there["metadata"]["uid"].as_str().unwrap_or_default();
    if done.ids.get("uid").is_some_and(|made| made != uid) {
        return Ok(Back::Kept(format!("{label} was made anew by somebody else")));
    }
    context.kube.delete(kind, namespace, name, uid).await?;
    Ok(Back::Undone(label))
}

/// Uninstalled when the run installed it, else rolled back; only while nobody upgraded it since.
async fn helm(context: &Context, done: &Done, release: &ReleaseOp) -> Answer<Back> {
    let helm = &context.world.helm;
    let label = format!("release {}/{}", release.namespace, release.name);
    let Some(there) = helm.release(&context.access, &release.namespace, &release.name).await? else {
        return Ok(Back::Undone(format!("{label} is gone")));
    };
    if done.ids.get("revision").is_some_and(|made| *made != there.revision.to_string()) {
        return Ok(Back::Left(format!("{label} was upgraded since (revision {})", there.revision)));
    }
    if release.previous_revision == 0 {
        helm.uninstall(&context.access, &release.namespace, &release.name).await?;
        return Ok(Back::Undone(format!("{label} uninstalled; its CRDs stay")));
    }
    helm.rollback(&context.access, &release.namespace, &release.name, release.previous_revision).await?;
    Ok(Back::Undone(format!("{label} rolled back to revision {}", release.previous_revision)))
}

fn at(context: &Context, name: &str, region: &str) -> BucketRef {
    BucketRef { name: name.to_owned(), region: region.to_owned(), account: context.names.account.clone() }
}

/// Whether two JSON documents say the same.
fn same(a: &str, b: &str) -> bool {
    match (serde_json::from_str::<Value>(a), serde_json::from_str::<Value>(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

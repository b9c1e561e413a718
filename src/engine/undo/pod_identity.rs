//! How the Pod Identity agent and associations are taken back.

use super::{Back, Done};
use crate::engine::Context;
use crate::plan::Op;
use crate::ports::{Answer, Association};

/// Takes an op on EKS back.
pub(super) async fn take_back(context: &Context, done: &Done) -> Answer<Back> {
    match &done.op {
        Op::CreateAddon { region, cluster, name, .. } => addon(context, [region, cluster, name]).await,
        Op::UpdateAssociation { .. } => role_of_association(context, done).await,
        _ => association(context, done).await,
    }
}

/// Removed only when this run installed it and no association of the cluster is left that needs it.
async fn addon(context: &Context, at: [&str; 3]) -> Answer<Back> {
    let aws = &context.world.aws;
    let [region, cluster, name] = at;
    let Some(there) = aws.addon(region, cluster, name).await? else {
        return Ok(Back::Undone(format!("the add-on {name} is gone")));
    };
    if there.tags.get("lifeboat/run") != Some(&context.run) {
        return Ok(Back::Kept(format!("the add-on {name} is not the one that this run installed")));
    }
    let left = aws.associated(region, cluster).await?;
    if let Some(first) = left.first() {
        let (namespace, account) = (&first.namespace, &first.service_account);
        return Ok(Back::Kept(format!("the add-on {name} stays: {namespace}/{account} has an association")));
    }
    aws.delete_addon(region, cluster, name).await?;
    Ok(Back::Undone(format!("add-on {name} of {cluster}")))
}

/// Deleted only when it is the very one that the run made, and names the same role.
async fn association(context: &Context, done: &Done) -> Answer<Back> {
    let Op::CreateAssociation { region, cluster, namespace, service_account, role_arn, .. } = &done.op else {
        return Ok(Back::Kept("it is no association".to_owned()));
    };
    let label = format!("association of {namespace}/{service_account}");
    let account = [(namespace.clone(), service_account.clone())];
    let found = context.world.aws.associations(region, cluster, &account).await?;
    let Some(there) = found.first() else { return Ok(Back::Undone(format!("the {label} is gone"))) };
    if !is_ours(context, done, there) {
        return Ok(Back::Kept(format!("the {label} is not the one that this run made")));
    }
    if there.role_arn != *role_arn || !there.target_role_arn.is_empty() {
        return Ok(Back::Left(format!("the {label} was changed since: it names {}", there.role_arn)));
    }
    context.world.aws.delete_association(region, cluster, &there.id).await?;
    Ok(Back::Undone(label))
}

fn is_ours(context: &Context, done: &Done, there: &Association) -> bool {
    done.ids.get("association-id").is_none_or(|id| *id == there.id)
        && there.tags.get("lifeboat/run") == Some(&context.run)
}

/// Put back to the role that it had, while it still names ours.
async fn role_of_association(context: &Context, done: &Done) -> Answer<Back> {
    let Op::UpdateAssociation { region, cluster, id, role_arn, previous } = &done.op else {
        return Ok(Back::Kept("it is no association".to_owned()));
    };
    let aws = &context.world.aws;
    let listed = aws.associated(region, cluster).await?;
    let Some(one) = listed.into_iter().find(|one| one.id == *id) else {
        return Ok(Back::Undone(format!("the association {id} is gone")));
    };
    let label = format!("association of {}/{}", one.namespace, one.service_account);
    let found = aws.associations(region, cluster, &[(one.namespace, one.service_account)]).await?;
    if found.first().is_none_or(|there| there.role_arn != *role_arn) {
        return Ok(Back::Left(format!("the {label} was changed since")));
    }
    let token = format!("undo-{}-{}", context.suffix(), done.step);
    aws.update_association(region, cluster, id, previous, &token).await?;
    Ok(Back::Undone(format!("{label} names {previous} again")))
}

//! Ops on EKS: the Pod Identity agent's add-on, and associations.

use super::Made;
use crate::engine::journal::Effect;
use crate::engine::wait::patiently;
use crate::engine::{Context, State};
use crate::plan::Op;
use crate::ports::{Addon, Answer, Association, NewAssociation, Tags, Trouble, TroubleKind};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Seconds until an add-on works: its pods start on every node.
const ADDON: i64 = 300;

/// Between two looks at an add-on.
const LOOK: Duration = Duration::from_secs(3);

/// Makes an op on EKS.
pub async fn make(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    let aws = &context.world.aws;
    match op {
        Op::CreateAddon { region, cluster, name, version, tags } => {
            let tags = super::account::tagged(context, change, tags);
            match aws.create_addon(region, cluster, name, version, &tags).await {
                Ok(()) => Ok(Made::new(Effect::Created, format!("add-on {name}"))),
                Err(trouble) if trouble.kind == TroubleKind::Exists => {
                    Err(trouble.todo("It was installed meanwhile by somebody else: plan again"))
                }
                Err(trouble) => Err(trouble),
            }
        }
        Op::AwaitAddon { region, cluster, name } => wait(context, change, [region, cluster, name]).await,
        Op::CreateAssociation { region, cluster, namespace, service_account, role_arn, tags } => {
            let new = NewAssociation {
                region: region.clone(),
                cluster: cluster.clone(),
                namespace: namespace.clone(),
                service_account: service_account.clone(),
                role_arn: role_arn.clone(),
                token: token(context, change),
                tags: super::account::tagged(context, change, tags),
            };
            let made = patiently(context, change, unseen_role, async || aws.create_association(&new).await).await;
            match made {
                Ok(made) => Ok(created(context, &made)),
                Err(trouble) if trouble.kind == TroubleKind::Exists => {
                    Err(trouble.todo("It was made meanwhile by somebody else: plan again"))
                }
                Err(trouble) => Err(trouble),
            }
        }
        Op::UpdateAssociation { region, cluster, id, role_arn, .. } => {
            let token = token(context, change);
            let update = async || aws.update_association(region, cluster, id, role_arn, &token).await;
            patiently(context, change, unseen_role, update).await?;
            context.iam_changed();
            Ok(Made::new(Effect::Updated, format!("{id} names {role_arn}")))
        }
        other => Err(Trouble::new(TroubleKind::Refused, format!("this part of lifeboat does not make {other:?}"))),
    }
}

/// `clientRequestToken`: the same for the same change of the same run, so that a repeat makes nothing anew.
fn token(context: &Context, change: &str) -> String {
    hex::encode(Sha256::digest(format!("{}/{change}", context.run)))[..32].to_owned()
}

/// EKS sees a new role a little later than IAM (security.md 1.9).
fn unseen_role(trouble: &Trouble) -> bool {
    trouble.code.starts_with("InvalidParameterException") && trouble.to_string().contains("does not exist")
}

fn created(context: &Context, made: &Association) -> Made {
    // It takes some seconds to be effective, as a role does.
    context.iam_changed();
    Made::new(Effect::Created, made.arn.clone()).id("association-id", made.id.clone())
}

/// Waits until an add-on is `ACTIVE`, saying what EKS says of it meanwhile.
async fn wait(context: &Context, change: &str, at: [&str; 3]) -> Answer<Made> {
    let [region, cluster, name] = at;
    let started = context.world.host.now();
    loop {
        let found = context.world.aws.addon(region, cluster, name).await?;
        let waited = context.world.host.now().as_second().saturating_sub(started.as_second());
        let status = found.as_ref().map_or("not there", |addon| addon.status.as_str());
        let ended = matches!(status, "CREATE_FAILED" | "DELETE_FAILED" | "DELETING");
        match found {
            Some(addon) if addon.status == "ACTIVE" => {
                return Ok(Made::new(Effect::Unchanged, format!("{name} {} is ACTIVE", addon.version)));
            }
            found if ended || waited >= ADDON => return Err(no_agent(name, cluster, found.as_ref())),
            _ => {}
        }
        context.go_on()?;
        context.say(change, State::Waiting, format!("{name} is {status} ({waited} s)"));
        context.world.host.sleep(LOOK).await;
    }
}

fn no_agent(name: &str, cluster: &str, found: Option<&Addon>) -> Trouble {
    let status = found.map_or("not there", |addon| addon.status.as_str());
    let issues = found.map(|addon| addon.issues.join("; ")).unwrap_or_default();
    Trouble::new(TroubleKind::Broken, format!("the add-on {name} of {cluster} is {status}"))
        .why(issues)
        .link("agent")
        .todo(format!("Look at it: kubectl get daemonset {name} -n kube-system; pods without it get no role"))
}

/// Looks whether an op whose answer never came was done: `None` when it was not.
pub async fn probe(context: &Context, op: &Op) -> Answer<Option<Made>> {
    let aws = &context.world.aws;
    let run = |tags: &Tags| tags.get("lifeboat/run") == Some(&context.run);
    Ok(match op {
        Op::CreateAddon { region, cluster, name, .. } => {
            let there = aws.addon(region, cluster, name).await?.filter(|there| run(&there.tags));
            there.map(|_| Made::new(Effect::Created, format!("add-on {name}")))
        }
        Op::CreateAssociation { region, cluster, namespace, service_account, .. } => {
            let account = [(namespace.clone(), service_account.clone())];
            let there = aws.associations(region, cluster, &account).await?.into_iter().find(|there| run(&there.tags));
            there.map(|there| created(context, &there))
        }
        _ => None,
    })
}

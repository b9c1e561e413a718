//! Ops on the AWS account.

use super::{Made, known};
use crate::engine::Context;
use crate::engine::journal::Effect;
use crate::engine::wait::patiently;
use crate::plan::Op;
use crate::ports::{Answer, BucketHead, BucketRef, NewBucket, NewKey, NewRole, Setting, Tags, Trouble, TroubleKind};

/// Makes an op on the account.
pub async fn make(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    match op {
        Op::CreateBucket { .. } | Op::PutSetting { .. } => bucket(context, change, op).await,
        Op::CreateKey { .. } | Op::CreateAlias { .. } | Op::Rotate { .. } => key(context, change, op).await,
        Op::CreateProvider { .. } | Op::AddAudience { .. } => provider(context, change, op).await,
        _ => role(context, change, op).await,
    }
}

/// The tags of a create call: the plan's and the run's (security.md 5.3).
pub(super) fn tagged(context: &Context, change: &str, tags: &Tags) -> Tags {
    let mut tags = tags.clone();
    tags.insert("lifeboat/run".to_owned(), context.run.clone());
    tags.insert("lifeboat/step".to_owned(), change.to_owned());
    tags
}

async fn provider(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    let aws = &context.world.aws;
    match op {
        Op::CreateProvider { arn, issuer, audience, tags } => {
            let tags = tagged(context, change, tags);
            let audiences = [audience.clone()];
            // A new cluster's issuer may not answer yet (OpenIdIdpCommunicationError, security.md 1.9).
            let made = patiently(
                context,
                change,
                |trouble| trouble.code.starts_with("OpenIdIdpCommunicationError"),
                async || aws.create_provider(issuer, &audiences, &tags).await,
            )
            .await;
            match made {
                Ok(arn) => {
                    context.iam_changed();
                    Ok(Made::new(Effect::Created, arn))
                }
                Err(trouble) if trouble.kind == TroubleKind::Exists => {
                    let there = aws.provider(arn).await?;
                    if there.as_ref().is_some_and(|provider| provider.audiences.contains(audience)) {
                        Ok(Made::new(Effect::Unchanged, format!("{arn} was made meanwhile")))
                    } else {
                        Err(trouble.todo("It was made meanwhile by somebody else: plan again"))
                    }
                }
                Err(trouble) => Err(trouble),
            }
        }
        Op::AddAudience { arn, audience } => {
            aws.add_audience(arn, audience).await?;
            context.iam_changed();
            Ok(Made::new(Effect::Updated, format!("{arn} accepts {audience}")))
        }
        other => Err(stray(other)),
    }
}

async fn role(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    let aws = &context.world.aws;
    // A role just made may not be everywhere yet (NoSuchEntity), nor a principal (MalformedPolicyDocument).
    let lag = |trouble: &Trouble| {
        (trouble.kind == TroubleKind::NotFound && context.since_iam().is_some())
            || (trouble.code == "MalformedPolicyDocument" && trouble.to_string().contains("Invalid principal"))
    };
    let made = match op {
        Op::CreateRole { name, path, trust, description, boundary, tags } => {
            let role = NewRole {
                name: name.clone(),
                path: path.clone(),
                trust: trust.clone(),
                description: description.clone(),
                boundary: boundary.clone(),
                tags: tagged(context, change, tags),
            };
            match patiently(context, change, lag, async || aws.create_role(&role).await).await {
                Ok(role) => Made::new(Effect::Created, role.arn).id("role-id", role.id),
                Err(trouble) if trouble.kind == TroubleKind::Exists => {
                    return Err(trouble.todo("It was made meanwhile by somebody else: plan again"));
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Op::PutTrust { role, document, previous } => {
            // Compared again just before writing: the call replaces the whole document (security.md 1.2).
            let there = aws.role(role).await?;
            if there.is_some_and(|there| there.trust != *previous) {
                return Err(Trouble::new(
                    TroubleKind::Busy,
                    format!("the trust policy of {role} was changed meanwhile"),
                )
                .at("iam:UpdateAssumeRolePolicy", role.clone())
                .todo("Plan again: foreign statements are never overwritten"));
            }
            patiently(context, change, lag, async || aws.put_trust(role, document).await).await?;
            Made::new(Effect::Updated, format!("trust policy of {role}"))
        }
        Op::DescribeRole { role, description, .. } => {
            aws.describe_role(role, description).await?;
            Made::new(Effect::Updated, format!("description of {role}"))
        }
        Op::PutBoundary { role, boundary, .. } => {
            aws.put_boundary(role, boundary).await?;
            Made::new(Effect::Updated, format!("boundary of {role}: {boundary}"))
        }
        Op::TagRole { role, tags, .. } => {
            aws.tag_role(role, tags).await?;
            Made::new(Effect::Updated, format!("tags of {role}"))
        }
        Op::PutRolePolicy { role, policy, document, previous } => {
            let document = known(context, document)?;
            patiently(context, change, lag, async || aws.put_role_policy(role, policy, &document).await).await?;
            let effect = if previous.is_some() { Effect::Updated } else { Effect::Created };
            Made::new(effect, format!("inline policy {policy}"))
        }
        Op::AttachPolicy { role, arn } => {
            patiently(context, change, lag, async || aws.attach_policy(role, arn).await).await?;
            Made::new(Effect::Created, format!("{arn} attached to {role}"))
        }
        other => return Err(stray(other)),
    };
    context.iam_changed();
    Ok(made)
}

async fn bucket(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    let aws = &context.world.aws;
    let lag = |trouble: &Trouble| trouble.kind == TroubleKind::NotFound;
    match op {
        Op::CreateBucket { name, region, tags, account_regional, object_lock } => {
            let new = NewBucket {
                bucket: at(context, name, region),
                tags: tagged(context, change, tags),
                account_regional: *account_regional,
                object_lock: *object_lock,
            };
            match patiently(context, change, |_| false, async || aws.create_bucket(&new).await).await {
                Ok(()) => Ok(Made::new(Effect::Created, format!("s3://{name} in {region}"))),
                Err(trouble) if trouble.kind == TroubleKind::Exists => {
                    Err(trouble.todo("It was made meanwhile in this account: plan again"))
                }
                Err(trouble) if trouble.kind == TroubleKind::Taken => Err(trouble.todo(format!(
                    "Choose another name, or set bucket.account_regional = true for {name}-{}-{region}-an, which only your account can own",
                    context.names.account
                ))),
                Err(trouble) => Err(trouble),
            }
        }
        Op::PutSetting { name, region, setting, document, previous } => {
            let document = known(context, document)?;
            let bucket = at(context, name, region);
            patiently(context, change, lag, async || aws.put_setting(&bucket, (*setting).into(), &document).await)
                .await?;
            let effect = if previous.is_some() { Effect::Updated } else { Effect::Created };
            Ok(Made::new(effect, format!("{change} of {name}")))
        }
        other => Err(stray(other)),
    }
}

async fn key(context: &Context, change: &str, op: &Op) -> Answer<Made> {
    let aws = &context.world.aws;
    let lag = |trouble: &Trouble| {
        trouble.kind == TroubleKind::NotFound || trouble.code.starts_with("MalformedPolicyDocument")
    };
    match op {
        Op::CreateKey { region, policy, description, tags } => {
            let new = NewKey {
                region: region.clone(),
                policy: policy.clone(),
                description: description.clone(),
                tags: tagged(context, change, tags),
            };
            let key = aws.create_key(&new).await?;
            context.learnt().key = Some((key.arn.clone(), key.id.clone()));
            Ok(Made::new(Effect::Created, key.arn).id("key-id", key.id))
        }
        Op::CreateAlias { region, alias, key } => {
            let key = known(context, key)?;
            patiently(context, change, lag, async || aws.create_alias(region, alias, &key).await).await?;
            Ok(Made::new(Effect::Created, alias.clone()).id("key-id", key))
        }
        Op::Rotate { region, key, days, previous } => {
            let key = known(context, key)?;
            patiently(context, change, lag, async || aws.rotate(region, &key, *days).await).await?;
            let effect = if previous.is_some() { Effect::Updated } else { Effect::Created };
            Ok(Made::new(effect, format!("every {days} days")))
        }
        other => Err(stray(other)),
    }
}

fn at(context: &Context, name: &str, region: &str) -> BucketRef {
    BucketRef { name: name.to_owned(), region: region.to_owned(), account: context.names.account.clone() }
}

fn stray(op: &Op) -> Trouble {
    Trouble::new(TroubleKind::Refused, format!("this part of lifeboat does not make {op:?}"))
}

/// Looks whether an op whose answer never came was done: `None` when it was not.
pub async fn probe(context: &Context, op: &Op) -> Answer<Option<Made>> {
    let aws = &context.world.aws;
    let run = |tags: &Tags| tags.get("lifeboat/run") == Some(&context.run);
    Ok(match op {
        Op::CreateProvider { arn, .. } => aws.provider(arn).await?.filter(|there| run(&there.tags)).map(|there| {
            context.iam_changed();
            Made::new(Effect::Created, there.arn)
        }),
        Op::CreateRole { name, .. } => aws.role(name).await?.filter(|there| run(&there.tags)).map(|role| {
            context.iam_changed();
            Made::new(Effect::Created, role.arn).id("role-id", role.id)
        }),
        Op::CreateBucket { name, region, .. } => {
            let bucket = at(context, name, region);
            match aws.bucket(&bucket).await? {
                BucketHead::Ours(_) => {
                    let tags = aws.setting(&bucket, Setting::Tagging).await?;
                    tags.is_some_and(|tags| tags.contains(&context.run))
                        .then(|| Made::new(Effect::Created, format!("s3://{name} in {region}")))
                }
                _ => None,
            }
        }
        other => super::pod_identity::probe(context, other).await?,
    })
}

/// Whether an op can be made again after a probe that did not find it: all that overwrite with the same, and
/// creates whose name cannot be given twice. A key has no name (security.md 5.2): a second call, a second key.
pub fn can_repeat(op: &Op) -> bool {
    !matches!(
        op,
        Op::CreateKey { .. }
            | Op::Upgrade(_)
            | Op::Canary(_)
            | Op::RestoreElsewhere(_)
            | Op::RancherCanary(_)
            | Op::ProveToken(_)
    )
}

/// The trouble of a call that is not repeated: for a key, whose twin nobody would find, how to look for it.
pub fn unknown(context: &Context, op: &Op, trouble: Trouble) -> Trouble {
    let Op::CreateKey { region, .. } = op else { return trouble };
    let why =
        format!("{}; whether the key was made is unknown, and a second call would make a second key", trouble.why);
    let todo = format!(
        "Look for a key with the tag lifeboat/run = {} in KMS in {region}: if it is there, put its id into encryption.key; if not, run apply again",
        context.run
    );
    let why = why.trim_start_matches("; ").to_owned();
    Trouble { kind: TroubleKind::Unanswered, ..trouble.why(why).todo(todo) }
}

/// Whether an op creates something in the account.
pub fn is_create(op: &Op) -> bool {
    matches!(
        op,
        Op::CreateProvider { .. }
            | Op::CreateRole { .. }
            | Op::CreateBucket { .. }
            | Op::CreateKey { .. }
            | Op::CreateAlias { .. }
            | Op::CreateAddon { .. }
            | Op::CreateAssociation { .. }
    )
}

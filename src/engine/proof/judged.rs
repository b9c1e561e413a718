//! What can be shown of Pod Identity before a pod runs: association, trust and permissions as AWS says them back,
//! judged here. Only a running pod gets credentials, so that nothing is proven yet.

use crate::domain::policy::{Decision, Document, PodSession, trusts_pod};
use crate::engine::Context;
use crate::engine::journal::Effect;
use crate::engine::judge::{self, Wanted};
use crate::engine::make::Made;
use crate::plan::TokenProof;
use crate::ports::{Answer, Association, Role, Trouble, TroubleKind};

/// What a tool does with objects under its prefix.
const WRITES: [&str; 3] = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"];
/// The same where nothing of it is ever removed.
const KEEPS: [&str; 2] = ["s3:PutObject", "s3:GetObject"];
const READS: [&str; 1] = ["s3:GetObject"];

/// Judges whether a pod of the service account will reach the bucket.
pub async fn judged(context: &Context, op: &TokenProof) -> Answer<Made> {
    let (aws, names) = (&context.world.aws, &context.names);
    let account = [(op.namespace.clone(), op.service_account.clone())];
    let (role, associations) =
        futures::try_join!(aws.role(&names.role), aws.associations(&names.region, &names.cluster, &account))?;
    associated(op, associations.first())?;
    let Some(role) = role.filter(|role| role.arn == op.role_arn) else {
        return Err(broken("trust", format!("there is no role {}", op.role_arn)));
    };
    trusted(context, op, &role)?;
    permitted(context, op, &role).await?;
    Ok(Made::new(
        Effect::Unchanged,
        format!(
            "judged, not used: {} trusts the pods of {}/{} and may do in s3://{}/{} what they need",
            op.role_arn, op.namespace, op.service_account, op.bucket, op.prefix
        ),
    ))
}

fn broken(link: &str, what: impl AsRef<str>) -> Trouble {
    Trouble::new(TroubleKind::Broken, what).link(link)
}

fn associated(op: &TokenProof, found: Option<&Association>) -> Answer<()> {
    let account = format!("{}/{}", op.namespace, op.service_account);
    match found {
        None => Err(broken("association", format!("{account} has no association"))),
        Some(found) if found.role_arn != op.role_arn => {
            Err(broken("association", format!("{account} is associated with {}, not {}", found.role_arn, op.role_arn)))
        }
        Some(found) if found.disable_session_tags => Err(broken(
            "association",
            format!("the sessions of {account} carry no tags, by which the role's trust is narrowed"),
        )),
        Some(_) => Ok(()),
    }
}

fn trusted(context: &Context, op: &TokenProof, role: &Role) -> Answer<()> {
    let names = &context.names;
    let unreadable = |reason: crate::domain::Reason| {
        broken("trust", format!("the trust policy of {} cannot be read", role.name)).why(reason.what.as_str())
    };
    let document = Document::parse(&role.trust).map_err(unreadable)?;
    let cluster_arn =
        format!("arn:{}:eks:{}:{}:cluster/{}", names.partition, names.region, names.account, names.cluster);
    let pod = PodSession {
        account: &names.account,
        cluster_arn: &cluster_arn,
        cluster: &names.cluster,
        namespace: &op.namespace,
        service_account: &op.service_account,
        pod: "any",
        uid: "any",
        tagged: true,
    };
    settled(&trusts_pod(&document, &role.arn, &pod), || {
        broken("trust", format!("{} does not trust the pods of {}/{}", role.arn, op.namespace, op.service_account))
            .todo("Run apply again, it puts our statement back")
    })
}

async fn permitted(context: &Context, op: &TokenProof, role: &Role) -> Answer<()> {
    let permissions = judge::permissions(context.world.aws.as_ref(), role).await?;
    let bucket = context.bucket();
    let key = format!("{}lifeboat-canary-{}", op.prefix, context.suffix());
    let on_objects: &[&str] = match (op.writes, op.deletes) {
        (true, true) => &WRITES,
        (true, false) => &KEEPS,
        (false, _) => &READS,
    };
    let list = ("s3:ListBucket", op.prefix.as_str());
    for (action, key) in std::iter::once(list).chain(on_objects.iter().map(|action| (*action, key.as_str()))) {
        let wanted = Wanted { role_arn: &role.arn, session: "", bucket: &bucket, action, key };
        let what = format!("{} may not {action} in {}", role.arn, bucket.name);
        let Some(decision) = judge::may(&permissions, wanted) else {
            return Err(broken("permissions", format!("a policy of {} cannot be read", role.name)));
        };
        settled(&decision, || broken("permissions", &what))?;
    }
    Ok(())
}

/// What the evaluator does not know is no refusal: the pod's own call decides it.
fn settled(decision: &Decision, refused: impl FnOnce() -> Trouble) -> Answer<()> {
    match decision {
        Decision::Denied { because, .. } if !because.contains("not known to this evaluator") => {
            Err(refused().why(because))
        }
        _ => Ok(()),
    }
}

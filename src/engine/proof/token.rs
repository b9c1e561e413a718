//! The token's proof: minted, exchanged, used for the tool's own calls on an object at the prefix's root.

use crate::domain::Identity;
use crate::engine::journal::Effect;
use crate::engine::make::Made;
use crate::engine::wait::patiently;
use crate::engine::{Context, State, link};
use crate::plan::TokenProof;
use crate::ports::{Answer, Session, Trouble, TroubleKind, WebIdentity};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// The shortest life of a token that Kubernetes mints, seconds.
const TOKEN_SECONDS: i64 = 600;

/// Proves that the service account reaches the bucket by the role, before any pod starts. With Pod Identity no token
/// can be exchanged but a pod's own: what is there is judged instead.
pub async fn token(context: &Context, change: &str, op: &TokenProof) -> Answer<Made> {
    if context.names.identity == Identity::PodIdentity {
        return super::judged::judged(context, op).await;
    }
    let kube = &context.kube;
    let token = kube.token(&op.namespace, &op.service_account, &op.audience, TOKEN_SECONDS).await?;
    let session = exchange(context, change, op, token).await?;
    context.say(change, State::Waiting, format!("the token is accepted as {}", session.arn));
    let result = use_it(context, change, op, &session).await;
    let key = key(context, op);
    let cleaned = super::remove_versions(context, change, &key, &key).await;
    result?;
    cleaned?;
    Ok(Made::new(Effect::Unchanged, format!("{} {} s3://{}/{}", session.arn, calls(op), op.bucket, op.prefix)))
}

fn calls(op: &TokenProof) -> &'static str {
    match (op.writes, op.deletes) {
        (false, _) => "lists and may read in",
        (true, false) => "lists, writes and reads in",
        (true, true) => "lists, writes, reads and deletes in",
    }
}

/// The canary object's key: of this run and service account, as proofs of several run side by side.
fn key(context: &Context, op: &TokenProof) -> String {
    let account = hex::encode(Sha256::digest(format!("{}/{}", op.namespace, op.service_account)));
    format!("{}lifeboat-canary-{}-{}", op.prefix, context.suffix(), &account[..8])
}

async fn exchange(context: &Context, change: &str, op: &TokenProof, token: SecretString) -> Answer<Session> {
    let identity = WebIdentity {
        region: op.region.clone(),
        role_arn: op.role_arn.clone(),
        token,
        session_name: "lifeboat".to_owned(),
    };
    // Within 60 s of our own change these three mean that STS does not see it yet (security.md 1.9).
    let lag = |trouble: &Trouble| {
        let fresh = context.since_iam().is_some_and(|seconds| seconds < crate::engine::wait::IAM_GRACE);
        fresh
            && (matches!(trouble.kind, TroubleKind::Denied | TroubleKind::NotFound)
                || trouble.code.starts_with("IDPCommunicationError")
                || trouble.code.starts_with("InvalidIdentityToken"))
    };
    patiently(context, change, lag, async || context.world.aws.exchange(&identity).await)
        .await
        .map_err(link::of_exchange)
}

async fn use_it(context: &Context, change: &str, op: &TokenProof, session: &Session) -> Answer<()> {
    let aws = &context.world.aws;
    let bucket = context.bucket();
    let key = key(context, op);
    let lag = |trouble: &Trouble| matches!(trouble.kind, TroubleKind::Denied);
    let list = patiently(context, change, lag, async || aws.list_as(session, &bucket, &op.prefix).await);
    if !op.writes {
        // What is not there is answered with 404 to whoever may read it, and with 403 to whoever may not.
        let read = patiently(context, change, lag, async || match aws.get_as(session, &bucket, &key).await {
            Err(trouble) if trouble.kind == TroubleKind::NotFound => Ok(()),
            other => other.map(drop),
        });
        let (listed, read) = futures::future::join(list, read).await;
        listed.map_err(link::of_storage)?;
        return read.map_err(link::of_storage);
    }
    let body = context.run.as_bytes();
    let write = async {
        patiently(context, change, lag, async || aws.put_as(session, &bucket, &key, body).await).await?;
        let read = patiently(context, change, lag, async || aws.get_as(session, &bucket, &key).await).await?;
        if read != body {
            return Err(Trouble::new(TroubleKind::Broken, format!("s3://{}/{key} reads back otherwise", op.bucket))
                .link("bucket"));
        }
        if !op.deletes {
            return Ok(());
        }
        patiently(context, change, lag, async || aws.delete_as(session, &bucket, &key).await).await
    };
    let (listed, written) = futures::future::join(list, write).await;
    listed.map_err(link::of_storage)?;
    written.map_err(link::of_storage)
}

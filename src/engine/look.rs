//! Single looks at the account, as the wizard's pages ask for them.

use crate::domain::Shown;
use crate::domain::discovery::{FoundKey, KeyState, Surroundings};
use crate::ports::{Answer, BucketHead, BucketRef, ClusterAccess, Host, Key, Kube, Trouble, TroubleKind, World};
use futures::StreamExt as _;
use std::time::Duration;

/// How finely time is measured while answers are waited for.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// Who and where lifeboat is (sts:GetCallerIdentity).
pub async fn surroundings(world: &World) -> Answer<Surroundings> {
    let caller = world.aws.caller().await?;
    Ok(Surroundings { account: caller.account, arn: caller.arn, partition: caller.partition })
}

/// Whose a bucket's name is (s3:HeadBucket). The region is only where the question is sent; the account is the one
/// that should own it.
pub async fn check_bucket(world: &World, name: &str, region: &str, account: &str) -> Answer<BucketHead> {
    let bucket = BucketRef { name: name.to_owned(), region: region.to_owned(), account: account.to_owned() };
    world.aws.bucket(&bucket).await
}

/// A key by id, ARN or alias (kms:DescribeKey), or `None`.
pub async fn check_key(world: &World, region: &str, key: &str) -> Answer<Option<Key>> {
    world.aws.key(region, key).await
}

/// The most keys of a list that are looked at, and how many at the same time: a list is offered, not audited.
const KEYS: usize = 50;
const SIDE_BY_SIDE: usize = 10;

/// How the keys of a list are (kms:DescribeKey), by id; those that AWS manages for its services are left out.
pub async fn key_states(world: &World, region: &str, keys: &[FoundKey]) -> Vec<(String, KeyState)> {
    let own = keys.iter().filter(|key| !key.alias.starts_with("alias/aws/")).take(KEYS);
    let look = own.map(async |key| {
        let state = match world.aws.key(region, &key.id).await {
            Ok(None) => KeyState::Bad(Shown::new("gone")),
            Ok(Some(key)) => key_state(&key),
            Err(trouble) => KeyState::Unknown(sentence(&trouble)),
        };
        (key.id.clone(), state)
    });
    futures::stream::iter(look).buffered(SIDE_BY_SIDE).collect().await
}

/// Whether a key can encrypt a bucket, and if not, why in a word or two (N23).
fn key_state(key: &Key) -> KeyState {
    if key.state != "Enabled" {
        KeyState::Bad(Shown::new(&key.state))
    } else if !key.is_symmetric() {
        KeyState::Bad(Shown::new("not symmetric encryption"))
    } else {
        KeyState::Good
    }
}

/// A trouble in one short sentence: a missing permission is named without what it is missing on (A01), all else is
/// what happened.
pub(super) fn sentence(trouble: &Trouble) -> Shown {
    let missing = trouble.kind == TroubleKind::Denied && trouble.what.as_str().starts_with("no permission: ");
    if missing && !trouble.call.is_empty() {
        return Shown::new(&format!("no permission: {}", trouble.call));
    }
    trouble.what.clone()
}

/// How long an API server may take for all that a page of the wizard asks it.
pub(super) const LIMIT: Duration = Duration::from_secs(8);

/// An API server that did not answer within [`LIMIT`].
pub(super) fn late() -> Trouble {
    Trouble::new(TroubleKind::Deadline, format!("the API server did not answer within {} s", LIMIT.as_secs()))
}

/// A cluster that EKS does not know.
pub(super) fn no_cluster(region: &str, name: &str) -> Trouble {
    Trouble::new(TroubleKind::NotFound, format!("there is no cluster {name} in {region}"))
}

/// Asks a cluster's API server within its time; `context` is the kubeconfig's context that it is reached by, empty:
/// an EKS token.
///
/// # Errors
/// eks:DescribeCluster's own, `NotFound` without such a cluster, `Deadline`, and what was asked's own.
pub(super) async fn ask<T>(
    world: &World,
    (region, name, context): (&str, &str, &str),
    ask: impl AsyncFnOnce(&dyn Kube) -> Answer<T>,
) -> Answer<T> {
    let Some(cluster) = world.aws.cluster(region, name).await? else { return Err(no_cluster(region, name)) };
    let access = ClusterAccess::of(&cluster, region, context);
    let work = async { ask(world.clusters.connect(&access).await?.as_ref()).await };
    within(world.host.as_ref(), LIMIT, work).await.unwrap_or_else(|| Err(late()))
}

/// The work's answer, or `None` when it takes longer than `limit` of the host's clock. The work comes first: time is
/// only looked at while it waits.
pub(super) async fn within<T>(host: &dyn Host, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let clock = async {
        let mut gone = Duration::ZERO;
        // In small steps, so that a scripted clock does not run ahead of what is waited for.
        while gone < limit {
            host.sleep(TICK).await;
            gone += TICK;
        }
    };
    tokio::select! {
        biased;
        answer = work => Some(answer),
        () = clock => None,
    }
}

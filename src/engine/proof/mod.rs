//! The proofs: a token's before anything is installed, a restore's after.

mod canary;
mod elsewhere;
mod judged;
mod leftovers;
mod rancher;
mod spaces;
mod token;
mod volume;

pub use canary::{canary, clean as clean_canary};
pub use elsewhere::elsewhere;
pub use rancher::rancher;
pub use spaces::space_canary;
pub use token::token;
pub use volume::{clean as clean_volume, volume};

use super::Context;
use super::journal::Entry;
use crate::ports::{Answer, ObjectVersion};

/// Lists the versions under a prefix whose keys a proof made, journals them, and removes them.
async fn remove_versions(context: &Context, change: &str, prefix: &str, mark: &str) -> Answer<usize> {
    let bucket = context.bucket();
    let mut versions = context.world.aws.versions(&bucket, prefix, 10_000).await?;
    versions.retain(|version| version.key.contains(mark));
    remove(context, change, &versions).await
}

/// Journals object versions, and removes them.
async fn remove(context: &Context, change: &str, versions: &[ObjectVersion]) -> Answer<usize> {
    let bucket = context.bucket();
    if versions.is_empty() {
        return Ok(0);
    }
    let named = versions.iter().map(|version| (version.key.clone(), version.version.clone())).collect();
    context.journal.write(context.world.host.now(), Entry::Versions { change: change.to_owned(), versions: named })?;
    for part in versions.chunks(1000) {
        context.world.aws.delete_versions(&bucket, part).await?;
    }
    Ok(versions.len())
}

//! The identity chain from the cluster to a backup, link by link (contract, Status and doctor).

mod evaluated;
mod links;
mod look;
mod pod_links;
mod space;

use crate::domain::live::Link;
use crate::domain::status::{Identity, main_location, session_in};
use crate::domain::{Identity as Method, Tool};
use crate::ports::{ClusterAccess, Kube, Object, World};
pub(super) use look::{association, exchange};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A walk along the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    /// The links, in order.
    pub links: Vec<Link>,
    /// The role that is meant, and the one that a fresh token was accepted as.
    pub identity: Identity,
    /// Of Rancher Backup, what is read with it and not watched.
    pub rancher: RancherSeen,
    /// Of a Space, whose token was refused and why, by the controller's namespace.
    pub refused: BTreeMap<String, String>,
}

/// The Secret of Rancher Backup's default location, and the keys that are in its bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RancherSeen {
    pub secret: Option<Object>,
    pub keys: Option<Vec<String>>,
}

/// Walks the chain of a tool in one namespace, by the identity that its service account has: the first broken link is `Broken`, those after it
/// `NotReached`; one that could not be looked at is `Unknown` and stops nothing.
pub async fn chain(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    tool: Tool,
    namespace: &str,
) -> Vec<Link> {
    walk(world, kube, access, tool, namespace).await.links
}

/// As [`chain`], and who the token was accepted as.
pub(super) async fn walk(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    tool: Tool,
    namespace: &str,
) -> Walk {
    if tool == Tool::UpboundSpaces {
        return space::walk(world, kube, access, namespace).await;
    }
    let seen = look::look(world, kube, access, tool, namespace).await;
    let actual = seen.session.as_ref().and_then(|session| session.as_ref().ok()).map(|session| session.arn.clone());
    let actual = actual.or_else(|| told_by_the_location(&seen));
    let identity = Identity { expected: seen.role_arn.clone(), actual };
    Walk { identity, links: links::links(&seen), rancher: seen.rancher, refused: BTreeMap::new() }
}

/// With Pod Identity: whom the pod's own error names.
fn told_by_the_location(seen: &look::Seen) -> Option<String> {
    let locations = seen.locations.as_deref().ok()?;
    let message = main_location(locations)?["status"]["message"].as_str()?;
    (seen.identity == Method::PodIdentity).then(|| session_in(message).map(str::to_owned))?
}

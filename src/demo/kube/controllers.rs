//! What happens in a cluster by itself, a little with every step of the clock.

use super::{pods, rancher, spaces, velero, volumes};
use crate::demo::state::{Account, Cluster};
use crate::ports::Kind;
use jiff::SignedDuration;
use serde_json::json;

/// One round of all controllers.
pub(in crate::demo) fn run(cluster: &mut Cluster, account: &mut Account) {
    let before = cluster.store.version();
    // Nothing changed since a round that changed nothing: only the clock can bring something.
    if cluster.settled == before && cluster.timers.is_empty() && !is_due(cluster) {
        return;
    }
    pods::run(cluster);
    volumes::run(cluster);
    velero::run(cluster, account);
    rancher::run(cluster, account);
    spaces::run(cluster, account);
    // What was waited for is gone: its timer ran out and nobody came.
    let now = cluster.now;
    cluster.timers.retain(|_, at| now.duration_since(*at) < SignedDuration::from_secs(10));
    cluster.settled = before;
}

/// Whether a tool has something to do by the clock alone.
fn is_due(cluster: &Cluster) -> bool {
    velero::is_due(cluster) || rancher::is_due(cluster) || spaces::is_due(cluster)
}

/// What every namespace gets: the service account `default` and the API server's CA.
pub(in crate::demo) fn furnish(cluster: &mut Cluster, namespace: &str) {
    let account = json!({"metadata": {"name": "default", "namespace": namespace}});
    let ca = json!({"metadata": {"name": "kube-root-ca.crt", "namespace": namespace}, "data": {"ca.crt": "demo"}});
    // They may be there: the namespace was only changed.
    let _ = cluster.store.create(Kind::ServiceAccount, &account);
    let _ = cluster.store.create(Kind::ConfigMap, &ca);
}

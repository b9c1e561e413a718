//! Live of a Space: its objects of all groups, and of the host what belongs to the controllers alone.

use super::board::Board;
use crate::domain::space::{CONTROLLER, host_namespace};
use crate::domain::status::{ClusterStatus, Host, Identity};
use crate::engine::space::{Space, told};
use crate::ports::{Kind, Object};

/// What is watched.
pub(super) const KINDS: [Kind; 8] = [
    Kind::ControlPlane,
    Kind::SharedBackupConfig,
    Kind::SharedBackupSchedule,
    Kind::SpacesBackup,
    Kind::Pod,
    Kind::Deployment,
    Kind::ServiceAccount,
    Kind::Event,
];

/// What of a list is kept: of the cluster's pods, Deployments and service accounts those of controllers.
pub(super) fn kept(kind: Kind, mut list: Vec<Object>) -> Vec<Object> {
    match kind {
        Kind::Pod => list.retain(|pod| pod["spec"]["serviceAccountName"] == CONTROLLER),
        Kind::Deployment | Kind::ServiceAccount => list.retain(|object| object["metadata"]["name"] == CONTROLLER),
        _ => {}
    }
    list
}

/// The status out of the newest lists.
pub(super) fn status(board: &Board, cluster: &str, namespace: &str, identity: &Identity, now: i64) -> ClusterStatus {
    let planes = board.list(Kind::ControlPlane).to_vec();
    let hosts = planes.iter().filter_map(host_namespace).map(|namespace| host(board, namespace)).collect();
    let space = Space {
        hosts,
        planes,
        configs: board.list(Kind::SharedBackupConfig).to_vec(),
        schedules: board.list(Kind::SharedBackupSchedule).to_vec(),
        backups: board.list(Kind::SpacesBackup).to_vec(),
    };
    told(&space, cluster, namespace, identity, now)
}

fn host(board: &Board, namespace: String) -> Host {
    let of = |object: &&Object| object["metadata"]["namespace"] == namespace.as_str();
    let one = |kind| board.list(kind).iter().find(of).cloned();
    Host {
        account: one(Kind::ServiceAccount),
        deployment: one(Kind::Deployment),
        pods: board.list(Kind::Pod).iter().filter(of).cloned().collect(),
        refused: board.refused.get(&namespace).cloned(),
        namespace,
    }
}

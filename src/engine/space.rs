//! Reads a Space: its control planes, what stands on the host for them, and what backs them up.

use crate::domain::space::{CONTROLLER, GROUP_LABEL, HOST_LABELS, PULL_SECRET, host_namespace};
use crate::domain::status::{ClusterStatus, Host, Identity, SpaceObserved, role_of, spaces};
use crate::plan::answers::Answers;
use crate::plan::{Place, SpaceFacts};
use crate::ports::{Answer, AssociatedAccount, Association, ClusterAccess, Kind, Kube, Object, World};
use futures::StreamExt as _;
use futures::TryStreamExt as _;
use futures::stream;
use std::sync::Arc;

/// How many namespaces of the host are read at the same time: a Space may have hundreds.
const SIDE_BY_SIDE: usize = 16;

/// The objects of a Space, as the API server gives them.
#[derive(Debug, Clone, Default)]
pub struct Space {
    /// The control planes of all groups.
    pub planes: Vec<Object>,
    /// What stands on the host for those that have a namespace.
    pub hosts: Vec<Host>,
    /// The `SharedBackupConfig`s of all groups.
    pub configs: Vec<Object>,
    /// The `SharedBackupSchedule`s of all groups.
    pub schedules: Vec<Object>,
    /// The Backups of all groups.
    pub backups: Vec<Object>,
}

/// Reads the status of a Space whose release is in a namespace.
///
/// # Errors
/// A list that fails. The identity is `null` instead: it is a question of its own.
pub async fn status(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    namespace: &str,
) -> Answer<ClusterStatus> {
    let mut space = space(kube.as_ref()).await?;
    let identity = identity(world, kube, access, &mut space.hosts).await;
    Ok(told(&space, &access.name, namespace, &identity, world.host.now().as_second()))
}

/// The status out of what was read.
pub(super) fn told(space: &Space, cluster: &str, namespace: &str, identity: &Identity, now: i64) -> ClusterStatus {
    spaces(&SpaceObserved {
        cluster,
        namespace,
        planes: &space.planes,
        hosts: &space.hosts,
        configs: &space.configs,
        schedules: &space.schedules,
        backups: &space.backups,
        identity,
        now,
    })
}

/// Reads all of a Space.
///
/// # Errors
/// A list that fails.
pub async fn space(kube: &dyn Kube) -> Answer<Space> {
    let (planes, configs, schedules, backups) = futures::try_join!(
        kube.list(Kind::ControlPlane, "", ""),
        kube.list(Kind::SharedBackupConfig, "", ""),
        kube.list(Kind::SharedBackupSchedule, "", ""),
        kube.list(Kind::SpacesBackup, "", ""),
    )?;
    let hosts = hosts(kube, &planes).await?;
    Ok(Space { planes, hosts, configs, schedules, backups })
}

/// Reads what a plan decides on.
///
/// # Errors
/// A read that fails.
pub(super) async fn facts(
    world: &World,
    kube: &dyn Kube,
    answers: &Answers,
    (region, place): (&str, &Place),
    cluster: &str,
) -> Answer<(SpaceFacts, Answer<Vec<Association>>)> {
    let [of_plane, _] = HOST_LABELS;
    let groups = format!("{GROUP_LABEL}=true");
    let read = async {
        futures::try_join!(
            self::space(kube),
            kube.list(Kind::Namespace, "", of_plane),
            kube.list(Kind::Namespace, "", &groups),
            kube.get(Kind::Secret, place.namespace.as_str(), PULL_SECRET),
            login(world, &answers.install.chart),
        )
    };
    // EKS says meanwhile which accounts have one: seldom is that a controller, and then nothing more is asked.
    let (read, associated) = futures::join!(read, world.aws.associated(region, cluster));
    let (space, labelled, groups, secret, login) = read?;
    let name = |object: &Object| object["metadata"]["name"].as_str().map(str::to_owned);
    let associations = match associated {
        Ok(associated) => {
            let of = |host: &Host, one: &AssociatedAccount| {
                one.namespace == host.namespace && one.service_account == CONTROLLER
            };
            let hosts = space.hosts.iter().filter(|host| associated.iter().any(|one| of(host, one)));
            associations(world, (region, cluster), hosts).await
        }
        Err(trouble) => Err(trouble),
    };
    let facts = SpaceFacts {
        planes: space.planes,
        hosts: space.hosts,
        labelled,
        groups: groups.iter().filter_map(name).collect(),
        configs: space.configs,
        schedules: space.schedules,
        pull_secret: secret.is_some(),
        login,
    };
    Ok((facts, associations))
}

/// The Pod Identity associations of the controllers.
async fn associations<'a>(
    world: &World,
    (region, cluster): (&str, &str),
    hosts: impl Iterator<Item = &'a Host>,
) -> Answer<Vec<Association>> {
    let accounts: Vec<_> = hosts.map(|host| (host.namespace.clone(), CONTROLLER.to_owned())).collect();
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    world.aws.associations(region, cluster, &accounts).await
}

/// Whether helm has a login at the registry that the chart comes from; a chart of a folder or file needs none.
async fn login(world: &World, chart: &str) -> Answer<Option<bool>> {
    let chart = if chart.is_empty() { crate::plan::SPACES_CHART } else { chart };
    let Some(reference) = chart.strip_prefix("oci://") else { return Ok(Some(true)) };
    world.helm.logged_in(reference.split('/').next().unwrap_or_default()).await
}

/// What stands on the host for control planes, side by side, in their order.
///
/// # Errors
/// A read that fails.
pub async fn hosts(kube: &dyn Kube, planes: &[Object]) -> Answer<Vec<Host>> {
    let namespaces = planes.iter().filter_map(host_namespace);
    let read = namespaces.map(|namespace| host(kube, namespace));
    stream::iter(read.collect::<Vec<_>>()).buffered(SIDE_BY_SIDE).try_collect().await
}

async fn host(kube: &dyn Kube, namespace: String) -> Answer<Host> {
    let (account, deployment) = futures::try_join!(
        kube.get(Kind::ServiceAccount, &namespace, CONTROLLER),
        kube.get(Kind::Deployment, &namespace, CONTROLLER),
    )?;
    let pods = match deployment.as_ref().and_then(selector) {
        Some(labels) => kube.list(Kind::Pod, &namespace, &labels).await?,
        None => Vec::new(),
    };
    Ok(Host { namespace, account, deployment, pods, refused: None })
}

/// The label selector of a Deployment's pods; `None` without one that can be asked for.
fn selector(deployment: &Object) -> Option<String> {
    let labels = deployment["spec"]["selector"]["matchLabels"].as_object().filter(|labels| !labels.is_empty())?;
    Some(labels.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>().join(","))
}

/// The role that the controllers are annotated with, and who a fresh token of theirs is accepted as; a controller
/// whose token is not is told why. Without an annotation the associations say the role, and a controller that has
/// none is told so: what its pods get by them is theirs alone to see.
pub(super) async fn identity(
    world: &World,
    kube: &Arc<dyn Kube>,
    access: &ClusterAccess,
    hosts: &mut [Host],
) -> Identity {
    let region = access.region.as_str();
    let expected = hosts.iter().find_map(|host| host.account.as_ref().and_then(role_of));
    if expected.is_none() {
        return associated(world, access, hosts).await;
    }
    let tried = hosts.iter_mut().map(|host| async move {
        let role = host.account.as_ref().and_then(role_of)?;
        let exchanged = super::chain::exchange(world, kube, &host.namespace, CONTROLLER, &role, region).await;
        match exchanged {
            Ok(session) => Some(session.arn),
            Err(trouble) => {
                host.refused = Some(format!("{trouble}: plan and apply again, and it is covered"));
                None
            }
        }
    });
    let actual: Vec<Option<String>> = stream::iter(tried.collect::<Vec<_>>()).buffered(SIDE_BY_SIDE).collect().await;
    Identity { expected, actual: actual.into_iter().flatten().next() }
}

/// The role of the associations; a controller without one is told so, where there are some at all or nothing else
/// could give it a role.
async fn associated(world: &World, access: &ClusterAccess, hosts: &mut [Host]) -> Identity {
    let none = Identity { expected: None, actual: None };
    let Ok(found) = associations(world, (&access.region, &access.name), hosts.iter()).await else { return none };
    for host in hosts.iter_mut() {
        if !found.iter().any(|one| one.namespace == host.namespace) {
            let why = format!("{}/{CONTROLLER} has neither annotation nor association", host.namespace);
            host.refused = Some(format!("{why}: plan and apply, and it is covered"));
        }
    }
    Identity { expected: found.into_iter().next().map(|one| one.role_arn), ..none }
}

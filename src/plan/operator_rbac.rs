//! The Kubernetes half of what an operator needs to apply a plan: the verbs that its reads and calls use, on their
//! kinds, in their namespaces; one manifest a cluster.

use super::{Action, Cover, Names, Op, Plan, VolumeOp, document};
use crate::domain::Tool;
use crate::domain::space::CONTROLLER;
use crate::ports::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The group that the roles are bound to, to be mapped by an EKS access entry.
const GROUP: &str = "lifeboat-operators";
/// The name of all roles and bindings.
const NAME: &str = "lifeboat-operator";

/// One thing that an operator must be allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Empty: in the whole cluster.
    pub namespace: String,
    /// The API group, empty for core kinds.
    pub group: String,
    /// `pods`, `serviceaccounts/token`, ...
    pub resource: String,
    /// The one object it is about, or empty for all.
    pub name: String,
    /// `get`, `create`, ...
    pub verb: String,
}

impl Right {
    /// The kind that lifeboat knows it as, for an access review; parts of a kind and kinds of charts have none.
    pub fn kind(&self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.address().0 == self.group && kind.address().3 == self.resource)
    }
}

/// What a chart's own objects need of whoever installs it.
#[derive(Deserialize)]
struct ChartRule {
    group: String,
    resources: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    verbs: Vec<String>,
    /// Whether it is of the whole cluster; else in the release's namespace.
    cluster: bool,
}

/// Rights as they are collected.
#[derive(Default)]
struct Rights(BTreeSet<Right>);

impl Rights {
    /// Verbs on a kind; `name` may be empty.
    fn on(&mut self, kind: Kind, namespace: &str, name: &str, verbs: &[&str]) {
        let (group, _, _, plural, namespaced) = kind.address();
        let namespace = if namespaced { namespace } else { "" };
        for verb in verbs {
            // A create and a list cannot be narrowed to a name.
            let name = if matches!(*verb, "create" | "list" | "watch") { "" } else { name };
            self.0.insert(Right {
                namespace: namespace.to_owned(),
                group: group.to_owned(),
                resource: plural.to_owned(),
                name: name.to_owned(),
                verb: (*verb).to_owned(),
            });
        }
    }

    fn token(&mut self, namespace: &str, account: &str) {
        self.0.insert(Right {
            namespace: namespace.to_owned(),
            group: String::new(),
            resource: "serviceaccounts/token".to_owned(),
            name: account.to_owned(),
            verb: "create".to_owned(),
        });
    }

    fn chart(&mut self, tool: Tool, namespace: &str) {
        for rule in chart(tool) {
            let all = [String::new()];
            let names = if rule.names.is_empty() { &all[..] } else { &rule.names };
            for (resource, name) in rule.resources.iter().flat_map(|it| names.iter().map(move |name| (it, name))) {
                self.0.extend(rule.verbs.iter().map(|verb| Right {
                    namespace: if rule.cluster { String::new() } else { namespace.to_owned() },
                    group: rule.group.clone(),
                    resource: resource.clone(),
                    name: name.clone(),
                    verb: verb.clone(),
                }));
            }
        }
    }
}

/// By the tool's word.
static CHARTS: LazyLock<BTreeMap<String, Vec<ChartRule>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../assets/operator/charts.json")).unwrap_or_default());

fn chart(tool: Tool) -> &'static [ChartRule] {
    CHARTS.get(tool.as_str()).map_or(&[], Vec::as_slice)
}

/// What applying a plan needs in one of its clusters, by the place in [`Plan::sites`].
pub fn rights(plan: &Plan, site: usize) -> Vec<Right> {
    let mut rights = Rights::default();
    let Some(names) = plan.sites.get(site) else { return Vec::new() };
    reads(&mut rights, names);
    if Cover::ALL.iter().any(|cover| plan.beyond.iter().any(|word| word == cover.word())) {
        // What a volume can be made with.
        for kind in [Kind::PersistentVolume, Kind::StorageClass, Kind::VolumeSnapshotClass, Kind::Node] {
            rights.on(kind, "", "", &["list"]);
        }
    }
    for change in plan.changes.iter().filter(|change| change.action != Action::Keep) {
        for op in &change.ops {
            if change.site == site {
                here(&mut rights, names, op);
            }
            if site == 0 {
                first(&mut rights, op);
            }
        }
    }
    rights.0.into_iter().collect()
}

/// What is read before anything is decided (`engine::gather`).
fn reads(to: &mut Rights, names: &Names) {
    let namespace = names.namespace.as_str();
    to.on(Kind::Namespace, "", namespace, &["get"]);
    to.on(Kind::ServiceAccount, namespace, &names.service_account, &["get"]);
    // Helm keeps its releases in Secrets.
    to.on(Kind::Secret, namespace, "", &["get", "list"]);
    to.on(Kind::ConfigMap, namespace, &super::record_name(names.tool.as_str()), &["get"]);
    to.on(Kind::Pod, namespace, "", &["list"]);
    to.on(Kind::MutatingWebhookConfiguration, "", "pod-identity-webhook", &["get"]);
    if names.tool == Tool::UpboundSpaces {
        for kind in [Kind::ControlPlane, Kind::SharedBackupConfig, Kind::SharedBackupSchedule, Kind::SpacesBackup] {
            to.on(kind, "", "", &["list"]);
        }
        // Host namespaces are made by the Space, a name each that nobody knows before.
        to.on(Kind::Namespace, "", "", &["list"]);
        to.on(Kind::ServiceAccount, "", CONTROLLER, &["get"]);
        to.on(Kind::Deployment, "", CONTROLLER, &["get"]);
        to.on(Kind::Pod, "", "", &["list"]);
    }
    if names.tool == Tool::RancherBackup {
        to.on(Kind::Deployment, namespace, names.tool.deployment(), &["get"]);
        // Rancher's own, whose version the chart goes by.
        to.on(Kind::Deployment, "cattle-system", "rancher", &["get"]);
        to.on(Kind::RancherBackup, "", "", &["list"]);
        to.on(Kind::RancherRestore, "", "", &["list"]);
    }
    if names.tool == Tool::Velero {
        // Wider, in all namespaces, they would find installs elsewhere; they are asked for there and may be refused.
        to.on(Kind::Deployment, namespace, "", &["list"]);
        to.on(Kind::Deployment, namespace, super::deployment_name(), &["get"]);
        to.on(Kind::DaemonSet, namespace, "node-agent", &["get"]);
        to.on(Kind::BackupStorageLocation, namespace, "", &["list"]);
        to.on(Kind::VolumeSnapshotLocation, namespace, "", &["list"]);
        to.on(Kind::Schedule, namespace, "", &["list"]);
        to.on(Kind::BackupRepository, namespace, "", &["list"]);
    }
}

/// What an op needs in the cluster that it is of.
fn here(to: &mut Rights, names: &Names, op: &Op) {
    match op {
        Op::CreateObject { kind, namespace, name, .. } => {
            to.on(Kind::from(*kind), namespace, name, &["get", "create"]);
        }
        Op::PatchObject { kind, namespace, name, .. } | Op::EditWorkload { kind, namespace, name, .. } => {
            to.on(Kind::from(*kind), namespace, name, &["get", "patch"]);
        }
        Op::Password { namespace, name, .. }
        | Op::CopyPassword { namespace, name, .. }
        | Op::CopyEncryptionSecret { namespace, name, .. } => {
            to.on(Kind::Secret, namespace, name, &["get", "create", "patch"]);
        }
        Op::ProveToken(proof) => to.token(&proof.namespace, &proof.service_account),
        Op::Upgrade(release) => to.chart(names.tool, &release.namespace),
        Op::AwaitLocation { namespace, name } => follow(to, Kind::BackupStorageLocation, namespace, name),
        Op::AwaitSchedule { namespace, name } => follow(to, Kind::Schedule, namespace, name),
        Op::Restart { namespace, .. } => {
            if names.tool == Tool::RancherBackup {
                follow(to, Kind::Deployment, namespace, &names.deployment);
            }
            to.on(Kind::Pod, namespace, "", &["list"]);
            for kind in [Kind::Deployment, Kind::DaemonSet] {
                to.on(kind, namespace, "", &["get", "patch"]);
            }
        }
        Op::AwaitHealthy { namespace, location, .. } => {
            to.on(Kind::Pod, namespace, "", &["list"]);
            follow(to, Kind::Deployment, namespace, &names.deployment);
            follow(to, Kind::DaemonSet, namespace, "node-agent");
            follow(to, Kind::BackupStorageLocation, namespace, location);
        }
        Op::Canary(canary) => canary_here(to, &canary.namespace, &canary.location),
        Op::ProveVolume(volume) => volume_here(to, volume),
        Op::RestoreElsewhere(elsewhere) => {
            let namespace = elsewhere.namespace.as_str();
            to.on(Kind::Namespace, "", "", &["get", "delete"]);
            to.on(Kind::ConfigMap, "", "", &["get"]);
            for kind in [Kind::Backup, Kind::Restore] {
                to.on(kind, namespace, "", &["get", "list", "watch", "create", "delete"]);
            }
        }
        Op::Record { namespace, name, .. } => to.on(Kind::ConfigMap, namespace, name, &["get", "create", "patch"]),
        Op::EncryptionSecret { namespace, name } => to.on(Kind::Secret, namespace, name, &["get", "create"]),
        Op::AwaitRancher(rancher) => {
            to.on(Kind::Pod, &rancher.namespace, "", &["list"]);
            follow(to, Kind::Deployment, &rancher.namespace, &rancher.service_account);
            follow(to, Kind::RancherBackup, "", "");
        }
        Op::RancherCanary(_) => {
            to.on(Kind::RancherBackup, "", "", &["get", "list", "watch", "create", "delete"]);
        }
        Op::AwaitAccount { namespace, name, .. } => follow(to, Kind::ServiceAccount, namespace, name),
        Op::RestartController { namespace, .. } => {
            to.on(Kind::Pod, namespace, "", &["list"]);
            to.on(Kind::Deployment, namespace, CONTROLLER, &["get", "patch"]);
        }
        Op::AwaitSpace { namespaces, .. } => {
            for namespace in namespaces {
                to.on(Kind::Pod, namespace, "", &["list"]);
                follow(to, Kind::Deployment, namespace, CONTROLLER);
            }
        }
        Op::SpaceCanary(canary) => {
            to.on(Kind::SpacesBackup, &canary.group, "", &["get", "list", "watch", "create", "delete"]);
        }
        // Calls of AWS alone, and of what every caller may ask.
        Op::AwaitTypes { .. }
        | Op::CreateAddon { .. }
        | Op::AwaitAddon { .. }
        | Op::CreateAssociation { .. }
        | Op::UpdateAssociation { .. }
        | Op::CreateProvider { .. }
        | Op::AddAudience { .. }
        | Op::CreateBucket { .. }
        | Op::PutSetting { .. }
        | Op::CreateKey { .. }
        | Op::CreateAlias { .. }
        | Op::Rotate { .. }
        | Op::CreateRole { .. }
        | Op::PutTrust { .. }
        | Op::DescribeRole { .. }
        | Op::PutBoundary { .. }
        | Op::TagRole { .. }
        | Op::PutRolePolicy { .. }
        | Op::AttachPolicy { .. } => {}
    }
}

/// What an op of a restore cluster needs in the cluster that is backed up.
fn first(to: &mut Rights, op: &Op) {
    match op {
        Op::CopyPassword { namespace, name, .. } | Op::CopyEncryptionSecret { namespace, name, .. } => {
            to.on(Kind::Secret, namespace, name, &["get"]);
        }
        Op::RestoreElsewhere(elsewhere) => canary_here(to, &elsewhere.from.namespace, &elsewhere.from.location),
        _ => {}
    }
}

/// Reads one object until it is as wanted.
fn follow(to: &mut Rights, kind: Kind, namespace: &str, name: &str) {
    to.on(kind, namespace, name, &["get", "list", "watch"]);
}

/// A namespace of the canary's own, whose name is made up, backed up, deleted, restored and removed.
fn canary_here(to: &mut Rights, namespace: &str, location: &str) {
    to.on(Kind::Namespace, "", "", &["get", "list", "watch", "create", "delete"]);
    to.on(Kind::ConfigMap, "", "", &["get", "create"]);
    for kind in [Kind::Backup, Kind::Restore, Kind::DeleteBackupRequest] {
        to.on(kind, namespace, "", &["get", "list", "watch", "create", "delete"]);
    }
    to.on(Kind::BackupStorageLocation, namespace, location, &["get"]);
}

/// A namespace with a small volume, backed up, deleted, restored and removed, and the objects that tell of its data.
fn volume_here(to: &mut Rights, volume: &VolumeOp) {
    let namespace = volume.at.namespace.as_str();
    canary_here(to, namespace, &volume.at.location);
    to.on(Kind::PersistentVolumeClaim, "", "", &["get", "list", "watch", "create"]);
    to.on(Kind::Pod, "", "", &["get", "list", "watch", "create"]);
    to.on(Kind::Event, "", "", &["list"]);
    to.on(Kind::ServiceAccount, "", "default", &["get", "list", "watch"]);
    for kind in [Kind::PodVolumeBackup, Kind::DataUpload] {
        to.on(kind, namespace, "", &["list"]);
    }
    to.on(Kind::BackupRepository, namespace, "", &["list", "delete"]);
}

/// The path of a cluster's manifest in the plan's documents.
pub fn path(names: &Names) -> String {
    if names.suffix.is_empty() {
        "operator-rbac.yaml".to_owned()
    } else {
        format!("operator-rbac-{}.yaml", names.folder)
    }
}

/// The manifest: a `ClusterRole` and a Role a namespace with their bindings, for a group of its own.
pub fn manifest(plan: &Plan, site: usize) -> String {
    let mut places: BTreeMap<String, BTreeMap<(String, String), Places>> = BTreeMap::new();
    for right in rights(plan, site) {
        let place = places.entry(right.namespace).or_default();
        place.entry((right.group, right.name)).or_default().entry(right.resource).or_default().insert(right.verb);
    }
    let mut out = format!(
        "# What applying the plan needs in {}. Map the group to whoever applies it:\n# aws eks create-access-entry --cluster-name {} --principal-arn ARN --kubernetes-groups {GROUP}\n",
        plan.sites.get(site).map_or("", |names| names.cluster.as_str()),
        plan.sites.get(site).map_or("", |names| names.cluster.as_str()),
    );
    for (namespace, rules) in places {
        let rules: Vec<Value> =
            rules.into_iter().flat_map(|((group, name), places)| compact(&group, &name, places)).collect();
        for object in objects(&namespace, &rules) {
            out.push_str("---\n");
            out.push_str(&document::yaml(&object));
        }
    }
    out
}

/// Resource to verbs.
type Places = BTreeMap<String, BTreeSet<String>>;

/// Rules of a group: resources with the same verbs stand in one.
fn compact(group: &str, name: &str, places: Places) -> Vec<Value> {
    let mut by_verbs: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for (resource, verbs) in places {
        by_verbs.entry(verbs).or_default().push(resource);
    }
    let rule = |(verbs, resources): (BTreeSet<String>, Vec<String>)| {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !name.is_empty() {
            rule["resourceNames"] = json!([name]);
        }
        rule
    };
    by_verbs.into_iter().map(rule).collect()
}

fn objects(namespace: &str, rules: &[Value]) -> [Value; 2] {
    let whole = namespace.is_empty();
    let (role, binding) = if whole { ("ClusterRole", "ClusterRoleBinding") } else { ("Role", "RoleBinding") };
    let mut metadata = json!({"name": NAME});
    if !whole {
        metadata["namespace"] = json!(namespace);
    }
    [
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": role, "metadata": metadata, "rules": rules}),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": binding, "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": NAME},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": GROUP}]
        }),
    ]
}

//! The newest lists, and the news in them.

use crate::domain::injected::uses_pod_identity;
use crate::domain::live::{EventLine, LiveNews, events};
use crate::domain::status::{
    ClusterStatus, Identity, Observed, RancherObserved, account_of, newest_rancher, rancher, role_of, velero,
};
use crate::domain::{Shown, Tool};
use crate::engine::chain::RancherSeen;
use crate::ports::{Answer, ClusterAccess, Kind, Object, Trouble, TroubleKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is watched of a tool.
pub(super) fn kinds(tool: Tool) -> &'static [Kind] {
    match tool {
        // Its location is in a Secret: that one is read, the namespace's others are nobody's business.
        Tool::RancherBackup => &[Kind::Pod, Kind::RancherBackup, Kind::Deployment, Kind::Event, Kind::ServiceAccount],
        Tool::UpboundSpaces => &super::space::KINDS,
        Tool::Velero => &[
            Kind::BackupStorageLocation,
            Kind::Pod,
            Kind::Backup,
            Kind::Schedule,
            Kind::Deployment,
            Kind::Event,
            Kind::ServiceAccount,
        ],
    }
}

/// Whether a kind is watched in all namespaces: a Space's control planes have one each.
pub(super) fn is_everywhere(tool: Tool, kind: Kind) -> bool {
    tool == Tool::UpboundSpaces && kind != Kind::Event
}

/// What a walk along the chain depends on, as far as Kubernetes shows it: the role, the locations, the pods and
/// the newest backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inputs {
    role: Option<String>,
    locations: Vec<[String; 4]>,
    pods: Vec<[String; 2]>,
    backup: Option<[String; 2]>,
}

/// The lists as they were told last.
pub(super) struct Board {
    tool: Tool,
    cluster: String,
    namespace: String,
    lists: BTreeMap<Kind, Vec<Object>>,
    /// The watches that have said something, be it a trouble.
    heard: BTreeSet<Kind>,
    broken: BTreeMap<Kind, Trouble>,
    /// Whether the events are another list than the one that was told.
    events_changed: bool,
    stale: bool,
    /// Whose token was refused on the last walk, and why, by namespace: a Space's controllers.
    pub(super) refused: BTreeMap<String, String>,
    status: Option<ClusterStatus>,
    events: Option<Vec<EventLine>>,
}

impl Board {
    pub(super) fn new(access: &ClusterAccess, tool: Tool, namespace: &str) -> Self {
        Self {
            tool,
            cluster: access.name.clone(),
            namespace: namespace.to_owned(),
            lists: BTreeMap::new(),
            heard: BTreeSet::new(),
            broken: BTreeMap::new(),
            events_changed: false,
            stale: false,
            refused: BTreeMap::new(),
            status: None,
            events: None,
        }
    }

    /// Takes what a watch said. What was there before a trouble stays.
    pub(super) fn take(&mut self, kind: Kind, news: Answer<Vec<Object>>) {
        self.heard.insert(kind);
        match news {
            Ok(list) => {
                self.events_changed |= kind == Kind::Event;
                let list = if self.tool == Tool::UpboundSpaces { super::space::kept(kind, list) } else { list };
                self.lists.insert(kind, list);
                self.broken.remove(&kind);
            }
            // More objects than are kept: the newest are here, which is what the screen shows.
            Err(trouble) if trouble.kind == TroubleKind::Quota => tracing::warn!(%trouble, "a list is shortened"),
            Err(trouble) => {
                self.broken.insert(kind, trouble);
            }
        }
    }

    /// Whether every watch has said something.
    pub(super) fn complete(&self) -> bool {
        self.heard.len() == kinds(self.tool).len()
    }

    pub(super) fn list(&self, kind: Kind) -> &[Object] {
        self.lists.get(&kind).map_or(&[], Vec::as_slice)
    }

    fn named(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.list(kind).iter().find(|object| object["metadata"]["name"] == name)
    }

    fn deployment(&self) -> Option<&Object> {
        self.named(Kind::Deployment, self.tool.deployment())
    }

    fn role(&self) -> Option<String> {
        if self.tool == Tool::UpboundSpaces {
            return self.list(Kind::ServiceAccount).iter().find_map(role_of);
        }
        self.named(Kind::ServiceAccount, &account_of(self.deployment()?)).and_then(role_of)
    }

    pub(super) fn inputs(&self) -> Inputs {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = |object: &Object| text(&object["metadata"]["name"]);
        let made = |object: &&Object| text(&object["metadata"]["creationTimestamp"]);
        let location = |object: &Object| {
            let spec = &object["spec"];
            let place = format!("{} {}", spec["objectStorage"], spec["config"]);
            [name(object), place, text(&object["status"]["phase"]), text(&object["status"]["message"])]
        };
        let pod = |object: &Object| [name(object), text(&object["status"]["phase"])];
        let newest = match self.tool {
            Tool::RancherBackup => newest_rancher(self.list(Kind::RancherBackup)),
            Tool::UpboundSpaces => self.list(Kind::SpacesBackup).iter().max_by_key(made),
            Tool::Velero => self.list(Kind::Backup).iter().max_by_key(made),
        };
        // Rancher's have no phase: what their conditions say is as good.
        let state = |object: &Object| match self.tool {
            Tool::RancherBackup => object["status"].to_string(),
            _ => text(&object["status"]["phase"]),
        };
        Inputs {
            role: self.role(),
            locations: self.list(self.locations()).iter().map(location).collect(),
            pods: self.list(Kind::Pod).iter().map(pod).collect(),
            backup: newest.map(|object| [name(object), state(object)]),
        }
    }

    /// The kind of the tool's locations.
    fn locations(&self) -> Kind {
        if self.tool == Tool::UpboundSpaces { Kind::SharedBackupConfig } else { Kind::BackupStorageLocation }
    }

    /// What is new since it was asked last. The status comes once every watch was heard and `ready`.
    pub(super) fn news(&mut self, identity: &Identity, read: &RancherSeen, ready: bool, now: i64) -> Vec<LiveNews> {
        let mut news = Vec::new();
        news.extend(self.freshness());
        if self.complete() && ready {
            let status = self.build(identity, read, now);
            if self.status.as_ref() != Some(&status) {
                self.status = Some(status.clone());
                news.push(LiveNews::Status(Box::new(status)));
            }
        }
        if std::mem::take(&mut self.events_changed) {
            let lines = events(self.list(Kind::Event));
            if self.events.as_ref() != Some(&lines) {
                self.events = Some(lines.clone());
                news.push(LiveNews::Events(lines));
            }
        }
        news
    }

    /// Broken is said once, and once that all stand again.
    fn freshness(&mut self) -> Option<LiveNews> {
        let broken = self.broken.iter().next();
        match (broken, self.stale) {
            (Some((kind, trouble)), false) => {
                self.stale = true;
                Some(LiveNews::Stale(Shown::new(&format!("{}: {trouble}", kind.name()))))
            }
            (None, true) => {
                self.stale = false;
                Some(LiveNews::Fresh)
            }
            _ => None,
        }
    }

    fn build(&self, identity: &Identity, read: &RancherSeen, now: i64) -> ClusterStatus {
        // A Pod Identity association is not among the objects: the walk has asked EKS for it.
        let account = self.deployment().map(account_of).unwrap_or_default();
        let by_agent = uses_pod_identity(self.list(Kind::Pod), &account);
        let expected = if by_agent { identity.expected.clone() } else { self.role() };
        // An identity of another role than the one that is named now says nothing.
        let actual = identity.actual.clone().filter(|_| identity.expected == expected);
        let identity = Identity { expected, actual };
        if self.tool == Tool::UpboundSpaces {
            return super::space::status(self, &self.cluster, &self.namespace, &identity, now);
        }
        if self.tool == Tool::RancherBackup {
            return rancher(&RancherObserved {
                cluster: &self.cluster,
                namespace: &self.namespace,
                location: read.secret.as_ref(),
                pods: self.list(Kind::Pod),
                backups: self.list(Kind::RancherBackup),
                deployment: self.deployment(),
                keys: read.keys.as_deref(),
                identity: &identity,
                now,
            });
        }
        velero(&Observed {
            cluster: &self.cluster,
            namespace: &self.namespace,
            locations: self.list(Kind::BackupStorageLocation),
            pods: self.list(Kind::Pod),
            backups: self.list(Kind::Backup),
            schedules: self.list(Kind::Schedule),
            deployment: self.deployment(),
            identity: &identity,
            now,
        })
    }
}

//! All that a demo world is: one account, its clusters, and the time there.

use super::kube::Store;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole state, as it is written to `world.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// The world's name.
    pub world: String,
    /// The time in the world.
    pub now: Timestamp,
    /// How many random numbers were drawn.
    pub drawn: u64,
    /// The account.
    pub account: Account,
    /// The clusters, by `REGION/NAME`.
    pub clusters: BTreeMap<String, Cluster>,
    /// How many clusters more there are in the home region, by name only: their API servers answer nobody.
    #[serde(default)]
    pub crowd: u32,
}

impl State {
    /// The key of a cluster in `clusters`.
    pub fn key(region: &str, name: &str) -> String {
        format!("{region}/{name}")
    }

    /// How often anything was changed: what is saved is stale when it differs.
    pub fn changes(&self) -> u64 {
        self.clusters.values().fold(self.account.changes + self.drawn, |sum, c| sum + c.store.version())
    }
}

/// An AWS account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Account {
    /// Twelve digits.
    pub id: String,
    /// Who lifeboat is.
    pub caller: String,
    /// `aws`, `aws-cn`, ...
    pub partition: String,
    /// Same as the state's.
    pub now: Timestamp,
    /// How often it was changed; ids are made of it.
    pub changes: u64,
    /// Regions, and whether they are enabled.
    pub regions: BTreeMap<String, bool>,
    /// OIDC providers by ARN.
    pub providers: BTreeMap<String, Provider>,
    /// Roles by name in lower case.
    pub roles: BTreeMap<String, Role>,
    /// Managed policies, ARN to text.
    pub policies: BTreeMap<String, String>,
    /// Users with an access key, by access key id.
    pub users: BTreeMap<String, User>,
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// KMS keys by id.
    pub keys: BTreeMap<String, Key>,
    /// `REGION/alias/NAME` to key id.
    pub aliases: BTreeMap<String, String>,
    /// Sessions by access key id.
    pub sessions: BTreeMap<String, Session>,
    /// Snapshots of EBS volumes by id.
    #[serde(default)]
    pub snapshots: BTreeMap<String, Snapshot>,
}

impl Account {
    /// Notes a change.
    pub fn touch(&mut self) {
        self.changes += 1;
    }

    /// An ARN of this account.
    pub fn arn(&self, service: &str, region: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{region}:{}:{resource}", self.partition, self.id)
    }

    /// An id as AWS makes them: a prefix and letters and digits, `length` characters in all.
    pub fn fresh_id(&mut self, prefix: &str, length: usize) -> String {
        self.touch();
        let digest = super::digest(&format!("{}/{prefix}/{}", self.id, self.changes));
        let tail = digest.to_uppercase();
        prefix.chars().chain(tail.chars()).take(length).collect()
    }
}

/// A value that the rest of AWS sees a little later than the service that took it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Lagged<T> {
    /// What the service itself answers.
    pub value: T,
    /// What everybody else saw before.
    old: Option<T>,
    /// When the value was put.
    since: Timestamp,
}

/// How long the rest of AWS takes to see a change of IAM; 3 to 4 s were measured (security.md 1.9).
pub(super) const IAM_LAG: SignedDuration = SignedDuration::from_secs(3);

impl<T: Clone> Lagged<T> {
    /// A value that nobody else has seen yet.
    pub fn new(value: T, now: Timestamp) -> Self {
        Self { value, old: None, since: now }
    }

    /// A value that was there before the world began.
    pub fn settled(value: T) -> Self {
        Self { value, old: None, since: Timestamp::UNIX_EPOCH }
    }

    /// Puts another value.
    pub fn put(&mut self, value: T, now: Timestamp) {
        self.old = self.seen(now).cloned();
        self.value = value;
        self.since = now;
    }

    /// What the rest of AWS sees.
    pub fn seen(&self, now: Timestamp) -> Option<&T> {
        if now.duration_since(self.since) >= IAM_LAG { Some(&self.value) } else { self.old.as_ref() }
    }
}

/// An OIDC provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Provider {
    pub audiences: Lagged<Vec<String>>,
    pub tags: BTreeMap<String, String>,
}

/// A role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Role {
    pub name: String,
    pub arn: String,
    pub id: String,
    pub path: String,
    pub trust: Lagged<String>,
    pub description: String,
    pub boundary: String,
    pub tags: BTreeMap<String, String>,
    pub inline: Lagged<BTreeMap<String, String>>,
    pub attached: Vec<String>,
}

/// A user with an access key, as found in a key Secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct User {
    pub arn: String,
    pub policy: String,
}

/// A bucket.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Bucket {
    pub region: String,
    /// Owned by another account.
    pub foreign: bool,
    pub settings: BTreeMap<String, String>,
    /// Versions by key, oldest first.
    pub objects: BTreeMap<String, Vec<Version>>,
}

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub id: String,
    pub marker: bool,
    /// Base64.
    pub body: String,
    pub at: Timestamp,
}

/// A KMS key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Key {
    pub region: String,
    pub policy: String,
    pub description: String,
    pub state: String,
    pub manager: String,
    pub created: Timestamp,
    pub rotation: Option<i32>,
    pub tags: BTreeMap<String, String>,
}

/// A snapshot of an EBS volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub region: String,
    pub volume: String,
    /// The tag `velero.io/backup`.
    pub backup: String,
}

/// What a token was exchanged for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub role: String,
    pub arn: String,
    pub expires: Timestamp,
}

/// An EKS cluster and what runs in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Cluster {
    pub name: String,
    pub region: String,
    pub arn: String,
    pub version: String,
    pub endpoint: String,
    pub issuer: String,
    /// Same as the state's.
    pub now: Timestamp,
    /// The API server's objects.
    pub store: Store,
    /// The generation of an object that its controller last worked on, by uid.
    pub seen: BTreeMap<String, i64>,
    /// The store's version before the controllers' last round.
    pub settled: u64,
    /// When something that takes time is due, by what it is.
    pub timers: BTreeMap<String, Timestamp>,
    /// Helm's records by `NAMESPACE/RELEASE`, oldest first.
    pub releases: BTreeMap<String, Vec<Revision>>,
    /// Pod Identity associations by `NAMESPACE/SERVICEACCOUNT`.
    #[serde(default)]
    pub associations: BTreeMap<String, Association>,
    /// Whether EKS Auto Mode makes its nodes.
    #[serde(default)]
    pub auto_mode: bool,
    /// Add-ons that were installed by EKS, by name.
    #[serde(default)]
    pub addons: BTreeMap<String, Addon>,
    /// What programs have read once, at their start, by their pod's uid.
    #[serde(default)]
    pub started: BTreeMap<String, serde_json::Value>,
}

impl Cluster {
    /// Starts a timer unless it runs, and tells whether it is over (it is then removed).
    pub fn due(&mut self, what: &str, after: SignedDuration) -> bool {
        let now = self.now;
        match self.timers.get(what) {
            Some(at) if *at <= now => {
                self.timers.remove(what);
                true
            }
            Some(_) => false,
            None => {
                self.timers.insert(what.to_owned(), super::clock::later(now, after));
                false
            }
        }
    }
}

/// A Pod Identity association.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Association {
    pub id: String,
    pub role_arn: String,
    pub disable_session_tags: bool,
    pub tags: BTreeMap<String, String>,
    /// The token of the call that made it.
    pub token: String,
}

/// An add-on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Addon {
    pub version: String,
    pub tags: BTreeMap<String, String>,
    pub created: Timestamp,
}

/// One revision of a release.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Revision {
    pub number: i64,
    pub status: String,
    pub chart: String,
    pub version: String,
    pub app_version: String,
    pub values: serde_json::Value,
    /// What was rendered: kind's name and object.
    pub objects: Vec<(String, serde_json::Value)>,
}

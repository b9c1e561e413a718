//! Worlds as data: `assets/worlds/NAME.toml`.

use super::state::{Account, Bucket, Cluster, Lagged, Provider, Role, State, User};
use super::{WorldInfo, aws, clock, helm, kube};
use crate::ports::{Answer, Kind, Setting, Trouble, TroubleKind};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The worlds there are.
pub(super) const WORLDS: &[WorldInfo] = &[
    WorldInfo { name: "default", about: "an account with four clusters, where everything can be tried" },
    WorldInfo { name: "empty", about: "an account with a single cluster and nothing else" },
    WorldInfo { name: "crowd", about: "ten thousand clusters in one region, to try lists and filters" },
    WorldInfo { name: "installed", about: "clusters with a Velero of others: by its CLI, Helm, Argo CD, Flux, eksctl" },
    WorldInfo { name: "nodes", about: "clusters whose nodes and age decide between IRSA and EKS Pod Identity" },
    WorldInfo { name: "broken", about: "prod with a Velero whose role trusts another service account" },
];

fn text(name: &str) -> Option<&'static str> {
    match name {
        "default" => Some(include_str!("../../assets/worlds/default.toml")),
        "empty" => Some(include_str!("../../assets/worlds/empty.toml")),
        "crowd" => Some(include_str!("../../assets/worlds/crowd.toml")),
        "installed" => Some(include_str!("../../assets/worlds/installed.toml")),
        "nodes" => Some(include_str!("../../assets/worlds/nodes.toml")),
        "broken" => Some(include_str!("../../assets/worlds/broken.toml")),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    account: String,
    caller: String,
    start: Timestamp,
    regions: BTreeMap<String, bool>,
    #[serde(default)]
    crowd: u32,
    #[serde(default)]
    foreign_buckets: Vec<String>,
    #[serde(default)]
    policies: BTreeMap<String, String>,
    #[serde(default)]
    key: Vec<SeedKey>,
    #[serde(default)]
    bucket: Vec<SeedBucket>,
    #[serde(default)]
    user: Vec<SeedUser>,
    #[serde(default)]
    role: Vec<SeedRole>,
    #[serde(default)]
    cluster: Vec<SeedCluster>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedKey {
    region: String,
    alias: String,
    state: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedBucket {
    name: String,
    region: String,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    objects: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedUser {
    key: String,
    name: String,
    policy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedRole {
    name: String,
    trust: String,
    policy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedCluster {
    name: String,
    region: String,
    version: String,
    issuer: String,
    provider: bool,
    nodes: u8,
    /// What makes the nodes: `ec2`, `fargate`, or `auto` for EKS Auto Mode.
    #[serde(default = "ec2")]
    compute: String,
    /// Whether Velero's types are there before any release.
    #[serde(default)]
    velero_types: bool,
    #[serde(default)]
    objects: String,
    #[serde(default)]
    release: Vec<SeedRelease>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedRelease {
    name: String,
    namespace: String,
    chart: String,
    version: String,
    #[serde(default)]
    values: String,
    /// What applies the release and marks its objects, `flux`; empty: somebody, by hand.
    #[serde(default)]
    by: String,
}

/// A world as it is at its start: what is in it has been there for a month.
pub(super) fn world(name: &str) -> Answer<State> {
    let Some(text) = text(name) else {
        let names: Vec<&str> = WORLDS.iter().map(|world| world.name).collect();
        return Err(Trouble::new(TroubleKind::Invalid, format!("there is no demo world {name}"))
            .todo(format!("Choose one of {}", names.join(", "))));
    };
    let seed: Seed = toml::from_str(text).map_err(|error| broken(name, &error.to_string()))?;
    let past = clock::later(seed.start, SignedDuration::from_hours(-30 * 24));
    let mut state = State {
        world: name.to_owned(),
        now: past,
        drawn: 0,
        account: account(&seed, past),
        clusters: BTreeMap::new(),
        crowd: seed.crowd,
    };
    for one in &seed.cluster {
        let cluster = cluster(&state, one, past).map_err(|trouble| broken(name, &trouble.to_string()))?;
        if one.provider {
            let arn = state.account.arn(
                "iam",
                "",
                &format!("oidc-provider/{}", cluster.issuer.trim_start_matches("https://")),
            );
            let audiences = Lagged::settled(vec!["sts.amazonaws.com".to_owned()]);
            state.account.providers.insert(arn, Provider { audiences, tags: BTreeMap::new() });
        }
        state.clusters.insert(State::key(&one.region, &one.name), cluster);
    }
    settle(&mut state, Duration::from_secs(30));
    clock::set(&mut state, clock::later(seed.start, SignedDuration::from_secs(-30)));
    settle(&mut state, Duration::from_secs(30));
    Ok(state)
}

fn broken(name: &str, why: &str) -> Trouble {
    Trouble::new(TroubleKind::Unreadable, format!("the demo world {name} cannot be made")).why(why)
}

/// Lets a world run by itself.
fn settle(state: &mut State, time: Duration) {
    let mut left = time;
    while !left.is_zero() {
        let gone = clock::step(state, left);
        left = left.saturating_sub(gone);
        if gone.is_zero() {
            break;
        }
    }
}

fn account(seed: &Seed, now: Timestamp) -> Account {
    let mut account = Account {
        id: seed.account.clone(),
        caller: seed.caller.clone(),
        partition: "aws".to_owned(),
        now,
        regions: seed.regions.clone(),
        policies: seed.policies.clone(),
        ..Account::default()
    };
    let root = account.arn("iam", "", "root");
    for key in &seed.key {
        let id = aws::uuid(&super::digest(&key.alias));
        account.keys.insert(id.clone(), aws::seeded_key(&key.region, &root, &key.state, now));
        account.aliases.insert(format!("{}/{}", key.region, key.alias), id);
    }
    for name in &seed.foreign_buckets {
        let bucket = Bucket { region: "us-east-1".to_owned(), foreign: true, ..Bucket::default() };
        account.buckets.insert(name.clone(), bucket);
    }
    for one in &seed.bucket {
        let mut bucket = aws::fresh_bucket(&one.region);
        let named = Setting::ALL.map(|setting| format!("{setting:?}"));
        let known = one.settings.iter().filter(|(setting, _)| named.contains(setting));
        bucket.settings.extend(known.map(|(setting, text)| (setting.clone(), text.clone())));
        account.buckets.insert(one.name.clone(), bucket);
        for key in &one.objects {
            aws::put_object(&mut account, &one.name, key, b"demo");
        }
    }
    for user in &seed.user {
        let arn = account.arn("iam", "", &format!("user/{}", user.name));
        account.users.insert(user.key.clone(), User { arn, policy: user.policy.clone() });
    }
    for one in &seed.role {
        let role = role(&mut account, one);
        account.roles.insert(one.name.to_lowercase(), role);
    }
    account
}

fn role(account: &mut Account, seed: &SeedRole) -> Role {
    let inline = BTreeMap::from([(seed.name.clone(), seed.policy.clone())]);
    Role {
        name: seed.name.clone(),
        arn: account.arn("iam", "", &format!("role/{}", seed.name)),
        id: account.fresh_id("AROA", 21),
        path: "/".to_owned(),
        trust: Lagged::settled(seed.trust.clone()),
        description: String::new(),
        boundary: String::new(),
        tags: BTreeMap::new(),
        inline: Lagged::settled(inline),
        attached: Vec::new(),
    }
}

fn cluster(state: &State, seed: &SeedCluster, now: Timestamp) -> Answer<Cluster> {
    let mut cluster = Cluster {
        name: seed.name.clone(),
        region: seed.region.clone(),
        arn: state.account.arn("eks", &seed.region, &format!("cluster/{}", seed.name)),
        version: seed.version.clone(),
        endpoint: format!("https://{}.demo.invalid", seed.name),
        issuer: format!("https://oidc.eks.{}.amazonaws.com/id/{}", seed.region, seed.issuer),
        now,
        store: kube::Store::new(&format!("{}/{}", seed.region, seed.name), now),
        seen: BTreeMap::new(),
        settled: 0,
        timers: BTreeMap::new(),
        releases: BTreeMap::new(),
        started: BTreeMap::new(),
        associations: BTreeMap::new(),
        auto_mode: seed.compute == "auto",
        addons: BTreeMap::new(),
    };
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        cluster.store.create(Kind::Namespace, &json!({"metadata": {"name": name}, "status": {"phase": "Active"}}))?;
        kube::controllers::furnish(&mut cluster, name);
    }
    for number in 0..seed.nodes {
        cluster.store.create(Kind::Node, &node(seed, number))?;
    }
    let webhook = json!({"metadata": {"name": "pod-identity-webhook"}, "webhooks": [
        {"name": "iam-for-pods.amazonaws.com", "failurePolicy": "Ignore"}]});
    cluster.store.create(Kind::MutatingWebhookConfiguration, &webhook)?;
    let invalid = |error: &dyn std::fmt::Display| Trouble::new(TroubleKind::Invalid, error.to_string());
    if seed.velero_types {
        for (_, crd) in helm::crds() {
            cluster.store.create(Kind::CustomResourceDefinition, &crd)?;
        }
    }
    let objects: Vec<Value> = serde_yaml::from_multiple(&seed.objects).map_err(|error| invalid(&error))?;
    for object in objects {
        let kind = kube::kind_of(&object).ok_or_else(|| invalid(&format!("kind {}", object["kind"])))?;
        cluster.store.create(kind, &object)?;
        if kind == Kind::Namespace {
            kube::controllers::furnish(&mut cluster, kube::meta(&object, "name"));
        }
    }
    for release in &seed.release {
        let values: Option<Value> = serde_yaml::from_str(&release.values).map_err(|error| invalid(&error))?;
        let order = helm::Order {
            release: release.name.clone(),
            namespace: release.namespace.clone(),
            chart: release.chart.clone(),
            version: release.version.clone(),
            values: values.filter(Value::is_object).unwrap_or_else(|| json!({})),
        };
        helm::install(&mut cluster, &order)?;
        if release.by == "flux" {
            mark(&mut cluster, release);
        }
    }
    Ok(cluster)
}

/// Flux's marks on what its Helm release made.
fn mark(cluster: &mut Cluster, release: &SeedRelease) {
    for kind in [Kind::Deployment, Kind::ServiceAccount, Kind::BackupStorageLocation] {
        for (namespace, name) in cluster.store.names(kind, &release.namespace) {
            cluster.store.update(kind, &namespace, &name, |object| {
                if object["metadata"]["annotations"]["meta.helm.sh/release-name"] == release.name.as_str() {
                    object["metadata"]["labels"]["helm.toolkit.fluxcd.io/name"] = json!(release.name);
                    object["metadata"]["labels"]["helm.toolkit.fluxcd.io/namespace"] = json!("flux-system");
                }
            });
        }
    }
}

/// What makes nodes where nothing is said.
fn ec2() -> String {
    "ec2".to_owned()
}

fn node(seed: &SeedCluster, number: u8) -> Value {
    let zones = ["a", "b", "c"];
    let zone = zones.get(usize::from(number) % zones.len()).copied().unwrap_or("a");
    json!({"metadata": {"name": format!("ip-10-0-{}-{}.{}.compute.internal", number, 10 + number, seed.region), "labels": {
            "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "eks.amazonaws.com/nodegroup": "workers", "eks.amazonaws.com/compute-type": seed.compute,
            "topology.kubernetes.io/region": seed.region,
            "topology.kubernetes.io/zone": format!("{}{zone}", seed.region)}},
        "spec": {"providerID": format!("aws:///{}{zone}/i-0{number}0000000000abcd", seed.region)},
        "status": {"conditions": [{"type": "Ready", "status": "True"}],
            "images": [{"names": ["registry.k8s.io/pause:3.10"], "sizeBytes": 267_000}],
            "nodeInfo": {"kubeletVersion": format!("v{}.4-eks-1a2b3c4", seed.version), "operatingSystem": "linux"}}})
}

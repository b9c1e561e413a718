//! What an account and a cluster hold, in one canonical form: two dumps are equal when nobody could tell the
//! account and the cluster apart. Volatile fields (ids, times, statuses) are left out.

use std::collections::BTreeMap;

use aws_sdk_s3::Client as S3;
use kube::api::{DynamicObject, ListParams};
use kube::core::discovery::verbs;
use kube::discovery::Discovery;
use kube::{Api, Client};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::World;

/// Kinds that the cluster itself writes all the time, or makes out of others.
const VOLATILE: [&str; 14] = [
    "Event",
    "Lease",
    "Pod",
    "PodMetrics",
    "ReplicaSet",
    "ControllerRevision",
    "Endpoints",
    "EndpointSlice",
    "Node",
    "APIService",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "ServerStatusRequest",
    "ComponentStatus",
];

/// The fields of an object's metadata that say when and how it was made, not what it is.
const METADATA: [&str; 6] = ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink"];

/// A dump: what there is, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot(pub BTreeMap<String, String>);

impl Snapshot {
    /// The names that the other has and this has not.
    pub fn added(&self, later: &Self) -> Vec<String> {
        later.0.keys().filter(|name| !self.0.contains_key(*name)).cloned().collect()
    }

    /// What both have and what differs, and what the other lacks: `NAME: BEFORE -> AFTER`.
    pub fn changed(&self, later: &Self) -> Vec<String> {
        let differs = |(name, before): (&String, &String)| match later.0.get(name) {
            Some(after) if after == before => None,
            Some(after) => Some(format!("{name}: {before} -> {after}")),
            None => Some(format!("{name}: {before} -> gone")),
        };
        self.0.iter().filter_map(differs).collect()
    }
}

impl World {
    /// The account, and the cluster of this name.
    pub async fn snapshot(&self, cluster: &str) -> Snapshot {
        let mut all = BTreeMap::new();
        let kube = self.kube(cluster).await;
        iam(self, &mut all).await;
        buckets(&self.s3(), &mut all).await;
        keys(self, &mut all).await;
        objects(&kube, &mut all).await;
        Snapshot(all)
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().expect("a document in UTF-8").into_owned()
}

async fn iam(world: &World, all: &mut BTreeMap<String, String>) {
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let roles = iam.list_roles().send().await.expect("roles");
    for role in roles.roles() {
        let name = role.role_name();
        let there = iam.get_role().role_name(name).send().await.expect("the role").role.expect("a role");
        let mut tags: Vec<String> = there.tags().iter().map(|tag| format!("{}={}", tag.key(), tag.value())).collect();
        tags.sort();
        let boundary = there.permissions_boundary().and_then(|there| there.permissions_boundary_arn());
        let attached = iam.list_attached_role_policies().role_name(name).send().await.expect("attached policies");
        let attached: Vec<&str> = attached.attached_policies().iter().filter_map(|it| it.policy_arn()).collect();
        let trust = decoded(there.assume_role_policy_document().unwrap_or_default());
        let text = json!({
            "path": there.path(), "description": there.description().unwrap_or_default(), "boundary": boundary,
            "trust": trust, "tags": tags, "attached": attached,
        });
        all.insert(format!("role {name}"), text.to_string());
        let policies = iam.list_role_policies().role_name(name).send().await.expect("inline policies");
        for policy in policies.policy_names() {
            let there = iam.get_role_policy().role_name(name).policy_name(policy).send().await.expect("the policy");
            all.insert(format!("role {name} policy {policy}"), decoded(there.policy_document()));
        }
    }
    let providers = iam.list_open_id_connect_providers().send().await.expect("providers");
    for arn in providers.open_id_connect_provider_list().iter().filter_map(|provider| provider.arn()) {
        let request = iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let there = request.send().await.expect("the provider");
        let (mut audiences, mut tags) = (there.client_id_list().to_vec(), Vec::new());
        tags.extend(there.tags().iter().map(|tag| format!("{}={}", tag.key(), tag.value())));
        audiences.sort();
        tags.sort();
        all.insert(format!("provider {arn}"), format!("{audiences:?} {tags:?}"));
    }
}

async fn buckets(s3: &S3, all: &mut BTreeMap<String, String>) {
    let buckets = s3.list_buckets().send().await.expect("buckets");
    for bucket in buckets.buckets().iter().filter_map(|bucket| bucket.name()) {
        let mut put = |what: &str, text: Option<String>| {
            if let Some(text) = text {
                all.insert(format!("bucket {bucket} {what}").trim_end().to_owned(), text);
            }
        };
        put("", Some(String::new()));
        let answer = s3.get_bucket_policy().bucket(bucket).send().await.ok();
        put("policy", answer.and_then(|it| it.policy));
        let answer = s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await.ok();
        put("lifecycle", answer.map(|it| format!("{:?}", it.rules())));
        let answer = s3.get_bucket_encryption().bucket(bucket).send().await.ok();
        put("encryption", answer.map(|it| format!("{:?}", it.server_side_encryption_configuration())));
        let answer = s3.get_public_access_block().bucket(bucket).send().await.ok();
        put("public access", answer.map(|it| format!("{:?}", it.public_access_block_configuration())));
        let answer = s3.get_bucket_ownership_controls().bucket(bucket).send().await.ok();
        put("ownership", answer.map(|it| format!("{:?}", it.ownership_controls())));
        let answer = s3.get_bucket_versioning().bucket(bucket).send().await.expect("versioning");
        put("versioning", answer.status.map(|it| it.to_string()));
        let answer = s3.get_bucket_tagging().bucket(bucket).send().await.ok();
        put(
            "tags",
            answer.map(|it| {
                let mut tags: Vec<String> =
                    it.tag_set().iter().map(|tag| format!("{}={}", tag.key(), tag.value())).collect();
                tags.sort();
                tags.join(" ")
            }),
        );
        let list = s3.list_object_versions().bucket(bucket).send().await.expect("versions");
        for version in list.versions() {
            let (key, id) = (version.key().unwrap_or_default(), version.version_id().unwrap_or_default());
            put(&format!("object {key} {id}"), Some(version.e_tag().unwrap_or_default().to_owned()));
        }
        for marker in list.delete_markers() {
            let (key, id) = (marker.key().unwrap_or_default(), marker.version_id().unwrap_or_default());
            put(&format!("delete marker {key} {id}"), Some(String::new()));
        }
    }
}

async fn keys(world: &World, all: &mut BTreeMap<String, String>) {
    let kms = aws_sdk_kms::Client::new(&world.sdk());
    let aliases = kms.list_aliases().send().await.expect("aliases");
    let keys = kms.list_keys().send().await.expect("keys");
    for id in keys.keys().iter().filter_map(|key| key.key_id()) {
        let key = kms.describe_key().key_id(id).send().await.expect("the key").key_metadata.expect("a key");
        let policy = kms.get_key_policy().key_id(id).policy_name("default").send().await.ok().and_then(|it| it.policy);
        let rotation = kms.get_key_rotation_status().key_id(id).send().await.ok();
        let rotation = rotation.map(|it| (it.key_rotation_enabled, it.rotation_period_in_days));
        let names: Vec<&str> = aliases
            .aliases()
            .iter()
            .filter(|alias| alias.target_key_id() == Some(id))
            .filter_map(|alias| alias.alias_name())
            .collect();
        let state = key.key_state().map(|state| state.as_str().to_owned());
        all.insert(format!("key {id}"), format!("{state:?} {names:?} {rotation:?} {policy:?}"));
    }
}

async fn objects(kube: &Client, all: &mut BTreeMap<String, String>) {
    let discovery = Discovery::new(kube.clone()).run().await.expect("the cluster's kinds");
    for group in discovery.groups() {
        for (resource, can) in group.recommended_resources() {
            if !can.supports_operation(verbs::LIST) || VOLATILE.contains(&resource.kind.as_str()) {
                continue;
            }
            let api: Api<DynamicObject> = Api::all_with(kube.clone(), &resource);
            let list = api.list(&ListParams::default()).await;
            let list = list.unwrap_or_else(|problem| panic!("{} cannot be listed: {problem}", resource.kind));
            for object in list {
                let namespace = object.metadata.namespace.clone().unwrap_or_default();
                let name = object.metadata.name.clone().unwrap_or_default();
                // The cluster's own, made by its controllers whenever they get to it.
                if namespace.starts_with("kube-") || name.starts_with("system:") || name.starts_with("kube-") {
                    continue;
                }
                let mut value = serde_json::to_value(&object).expect("an object");
                if let Some(map) = value.as_object_mut() {
                    map.remove("status");
                }
                if let Some(metadata) = value["metadata"].as_object_mut() {
                    for field in METADATA {
                        metadata.remove(field);
                    }
                }
                let text = sorted(&value).to_string();
                all.insert(format!("{} {namespace}/{name}", resource.kind), text);
            }
        }
    }
}

/// With the keys of every map in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<&String, Value> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
            json!(ordered)
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

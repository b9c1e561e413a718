//! API servers.

use crate::fixture::{Fixture, kind};
use futures::StreamExt as _;
use lifeboat::domain::strategic::gone;
use lifeboat::ports::{Kind, Kube, Object, TroubleKind, Watch};
use serde_json::{Value, json};
use std::time::Duration;

fn config_map(namespace: &str, name: &str, data: &Value) -> Object {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace,
        "labels": {"app": name}}, "data": data})
}

fn version(object: &Object) -> &str {
    object["metadata"]["resourceVersion"].as_str().unwrap()
}

async fn clean(kube: &dyn Kube, namespace: &str) {
    kube.delete(Kind::Namespace, "", namespace, "").await.unwrap();
}

pub async fn the_server_says_its_version(at: &Fixture) {
    let version = at.kube().await.version().await.unwrap();
    let number = version.strip_prefix("v1.").unwrap_or_default();
    assert!(number.starts_with(|c: char| c.is_ascii_digit()), "{version}");
}

pub async fn an_object_is_created_read_listed_and_deleted(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let made = kube.create(Kind::ConfigMap, &config_map(&namespace, "a", &json!({"k": "v"}))).await.unwrap();
    assert!(!made["metadata"]["uid"].as_str().unwrap().is_empty());
    assert!(made["metadata"]["creationTimestamp"].is_string());
    let read = kube.get(Kind::ConfigMap, &namespace, "a").await.unwrap().unwrap();
    assert_eq!((&read["data"], version(&read)), (&json!({"k": "v"}), version(&made)));
    let listed = kube.list(Kind::ConfigMap, &namespace, "app=a").await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0]["kind"].as_str(), listed[0]["apiVersion"].as_str()), (Some("ConfigMap"), Some("v1")));
    kube.delete(Kind::ConfigMap, &namespace, "a", made["metadata"]["uid"].as_str().unwrap()).await.unwrap();
    assert_eq!(kube.get(Kind::ConfigMap, &namespace, "a").await.unwrap(), None);
    kube.delete(Kind::ConfigMap, &namespace, "a", "").await.unwrap();
    clean(kube.as_ref(), &namespace).await;
}

pub async fn a_second_create_exists(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let again = json!({"metadata": {"name": namespace}});
    assert_eq!(kind(kube.create(Kind::Namespace, &again).await), TroubleKind::Exists);
    clean(kube.as_ref(), &namespace).await;
}

pub async fn absent_objects_are_none(at: &Fixture) {
    let kube = at.kube().await;
    assert_eq!(kube.get(Kind::Namespace, "", "no-such-namespace").await.unwrap(), None);
    assert_eq!(kube.get(Kind::Secret, "no-such-namespace", "x").await.unwrap(), None);
    assert!(kube.list(Kind::Secret, "no-such-namespace", "").await.unwrap().is_empty());
    let patch = kube.patch(Kind::ConfigMap, "default", "no-such-map", &json!({"data": {"a": "b"}})).await;
    assert_eq!(kind(patch), TroubleKind::NotFound);
}

pub async fn a_namespace_must_be_there(at: &Fixture) {
    let object = config_map("no-such-namespace", "a", &json!({}));
    assert_eq!(kind(at.kube().await.create(Kind::ConfigMap, &object).await), TroubleKind::NotFound);
}

pub async fn labels_select(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    for name in ["a", "b", "c"] {
        kube.create(Kind::ConfigMap, &config_map(&namespace, name, &json!({}))).await.unwrap();
    }
    for (labels, count) in [("app=a", 1), ("app in (a,b)", 2), ("app", 3), ("app,app!=a", 2), ("none", 0)] {
        assert_eq!(kube.list(Kind::ConfigMap, &namespace, labels).await.unwrap().len(), count, "{labels}");
    }
    clean(kube.as_ref(), &namespace).await;
}

pub async fn a_patch_sets_and_removes(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let made = kube.create(Kind::ConfigMap, &config_map(&namespace, "a", &json!({"k": "v", "l": "w"}))).await.unwrap();
    let patch = json!({"data": {"k": null, "m": "x"}});
    let changed = kube.patch(Kind::ConfigMap, &namespace, "a", &patch).await.unwrap();
    assert_eq!(changed["data"], json!({"l": "w", "m": "x"}));
    assert_ne!(version(&changed), version(&made));
    clean(kube.as_ref(), &namespace).await;
}

pub async fn apply_owns_what_it_sets(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let map = |data: Value| config_map(&namespace, "a", &data);
    kube.apply(Kind::ConfigMap, &map(json!({"ours": "1", "gone": "1"}))).await.unwrap();
    kube.patch(Kind::ConfigMap, &namespace, "a", &json!({"data": {"theirs": "1"}})).await.unwrap();
    let applied = kube.apply(Kind::ConfigMap, &map(json!({"ours": "2"}))).await.unwrap();
    assert_eq!(applied["data"], json!({"ours": "2", "theirs": "1"}));
    let again = kube.apply(Kind::ConfigMap, &map(json!({"ours": "2"}))).await.unwrap();
    assert_eq!(version(&again), version(&applied), "the same again changes nothing");
    clean(kube.as_ref(), &namespace).await;
}

pub async fn a_strategic_patch_changes_one_variable_and_names_no_other(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let env = json!([{"name": "KEY", "value": "1"}, {"name": "OTHER", "value": "2"}]);
    let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": {
        "containers": [{"name": "a", "image": "a:1", "env": env}, {"name": "side", "image": "b:1"}],
        "volumes": [{"name": "key", "emptyDir": {}}]}});
    let deployment = json!({"metadata": {"name": "a", "namespace": namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": template}});
    kube.create(Kind::Deployment, &deployment).await.unwrap();
    let container = json!({"name": "a", "env": [gone("name", "KEY"), {"name": "NEW", "value": "3"}]});
    let spec = json!({"containers": [container], "volumes": [gone("name", "key")]});
    let patch = json!({"spec": {"template": {"spec": spec}}});
    let made = kube.strategic(Kind::Deployment, &namespace, "a", &patch).await.unwrap();
    let spec = &made["spec"]["template"]["spec"];
    let env = spec["containers"][0]["env"].as_array().unwrap();
    let mut names: Vec<&str> = env.iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["NEW", "OTHER"]);
    assert_eq!(spec["containers"][1]["name"], "side");
    assert!(spec["volumes"].as_array().is_none_or(Vec::is_empty), "{spec}");
    assert!(lifeboat::domain::strategic::holds(&made, &patch), "once made it changes nothing more");
    clean(kube.as_ref(), &namespace).await;
}

pub async fn apply_takes_over_what_was_created(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    kube.create(Kind::ConfigMap, &config_map(&namespace, "a", &json!({"k": "1"}))).await.unwrap();
    let applied = kube.apply(Kind::ConfigMap, &config_map(&namespace, "a", &json!({"k": "2"}))).await.unwrap();
    assert_eq!(applied["data"]["k"], "2");
    kube.patch(Kind::ConfigMap, &namespace, "a", &json!({"data": {"k": "3"}})).await.unwrap();
    let applied = kube.apply(Kind::ConfigMap, &config_map(&namespace, "a", &json!({"k": "4"}))).await.unwrap();
    assert_eq!(applied["data"]["k"], "4");
    clean(kube.as_ref(), &namespace).await;
}

pub async fn apply_conflicts_with_another_manager(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let order = at.upgrade(&namespace, &crate::helm::values("velero-server")).await;
    at.world.helm.upgrade(&order).await.unwrap();
    let ours = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "velero-server",
        "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "lifeboat"}}});
    assert_eq!(kind(kube.apply(Kind::ServiceAccount, &ours).await), TroubleKind::Busy);
    let read = kube.get(Kind::ServiceAccount, &namespace, "velero-server").await.unwrap().unwrap();
    assert_eq!(read["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
    at.world.helm.uninstall(&order.access, &namespace, "velero").await.unwrap();
    clean(kube.as_ref(), &namespace).await;
}

pub async fn delete_spares_an_object_with_another_uid(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    kube.create(Kind::ConfigMap, &config_map(&namespace, "a", &json!({}))).await.unwrap();
    let other = "00000000-0000-4000-8000-000000000000";
    kube.delete(Kind::ConfigMap, &namespace, "a", other).await.unwrap();
    assert!(kube.get(Kind::ConfigMap, &namespace, "a").await.unwrap().is_some());
    clean(kube.as_ref(), &namespace).await;
}

pub async fn a_namespace_takes_its_content_along(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    kube.create(Kind::ConfigMap, &config_map(&namespace, "a", &json!({}))).await.unwrap();
    clean(kube.as_ref(), &namespace).await;
    for _ in 0..60 {
        let Some(found) = kube.get(Kind::Namespace, "", &namespace).await.unwrap() else { break };
        kube.changed(Kind::Namespace, "", &namespace, version(&found), Duration::from_secs(1)).await.unwrap();
    }
    assert_eq!(kube.get(Kind::Namespace, "", &namespace).await.unwrap(), None);
    assert_eq!(kube.get(Kind::ConfigMap, &namespace, "a").await.unwrap(), None);
}

pub async fn a_change_is_waited_for(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    let time = Duration::from_secs(20);
    let create = async {
        at.world.host.sleep(Duration::from_millis(300)).await;
        kube.create(Kind::ConfigMap, &config_map(&namespace, "a", &json!({"k": "1"}))).await.unwrap()
    };
    let (made, seen) = tokio::join!(create, kube.changed(Kind::ConfigMap, &namespace, "a", "", time));
    assert_eq!(version(&seen.unwrap().unwrap()), version(&made));
    let patch = async {
        at.world.host.sleep(Duration::from_millis(300)).await;
        kube.patch(Kind::ConfigMap, &namespace, "a", &json!({"data": {"k": "2"}})).await.unwrap()
    };
    let (_, seen) = tokio::join!(patch, kube.changed(Kind::ConfigMap, &namespace, "a", version(&made), time));
    let seen = seen.unwrap().unwrap();
    assert_eq!(seen["data"]["k"], "2");
    let delete = async {
        at.world.host.sleep(Duration::from_millis(300)).await;
        kube.delete(Kind::ConfigMap, &namespace, "a", "").await.unwrap();
    };
    let ((), gone) = tokio::join!(delete, kube.changed(Kind::ConfigMap, &namespace, "a", version(&seen), time));
    assert_eq!(gone.unwrap(), None);
    clean(kube.as_ref(), &namespace).await;
}

pub async fn a_wait_ends_without_a_change(at: &Fixture) {
    let kube = at.kube().await;
    let time = Duration::from_millis(200);
    assert_eq!(kube.changed(Kind::ConfigMap, "default", "no-such-map", "", time).await.unwrap(), None);
    let seen = kube.get(Kind::ConfigMap, "default", "kube-root-ca.crt").await.unwrap().unwrap();
    let same = kube.changed(Kind::ConfigMap, "default", "kube-root-ca.crt", version(&seen), time).await.unwrap();
    assert_eq!(same, Some(seen));
}

pub async fn tokens_are_minted_for_accounts_that_are_there(at: &Fixture) {
    let kube = at.kube().await;
    kube.token("default", "default", "sts.amazonaws.com", 600).await.unwrap();
    let none = kube.token("default", "no-such-account", "sts.amazonaws.com", 600).await;
    assert_eq!(kind(none), TroubleKind::NotFound);
    assert_eq!(kind(kube.token("default", "default", "sts.amazonaws.com", 1).await), TroubleKind::Invalid);
}

/// The case needs a cluster without Velero's types.
pub async fn types_that_are_not_served_are_empty(at: &Fixture) {
    let kube = at.kube().await;
    assert!(kube.serves(Kind::ConfigMap).await.unwrap());
    assert!(!kube.serves(Kind::Backup).await.unwrap());
    assert!(kube.list(Kind::Backup, "", "").await.unwrap().is_empty());
    assert_eq!(kube.get(Kind::Backup, "default", "x").await.unwrap(), None);
    let backup = json!({"metadata": {"name": "x", "namespace": "default"}, "spec": {}});
    assert_eq!(kind(kube.create(Kind::Backup, &backup).await), TroubleKind::NotFound);
}

/// Takes items until one fits, at most 20 s.
async fn until(watch: &mut Watch, done: impl Fn(&[Object]) -> bool) -> Vec<Object> {
    let mut last = None;
    let look = async {
        loop {
            let item = watch.next().await.expect("a watch never ends");
            match &item {
                Ok(all) if done(all) => return all.clone(),
                _ => last = Some(item),
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), look).await;
    found.unwrap_or_else(|late| panic!("not seen, {late}; last: {last:#?}"))
}

pub async fn a_list_is_followed(at: &Fixture) {
    let kube = at.kube().await;
    let namespace = at.namespace(kube.as_ref(), "ns").await;
    kube.create(Kind::ConfigMap, &config_map(&namespace, "a", &json!({"k": "1"}))).await.unwrap();
    let of = |name: &'static str| move |object: &&Object| object["metadata"]["name"] == name;
    let mut watch = kube.watch(Kind::ConfigMap, &namespace).await.unwrap();
    let first = watch.next().await.unwrap().unwrap();
    let a = first.iter().find(of("a")).expect("the first item is the whole list");
    assert_eq!((a["data"]["k"].as_str(), a["kind"].as_str()), (Some("1"), Some("ConfigMap")));
    kube.create(Kind::ConfigMap, &config_map(&namespace, "b", &json!({}))).await.unwrap();
    let all = until(&mut watch, |all| all.iter().any(|object| of("b")(&object))).await;
    assert!(all.iter().any(|object| of("a")(&object)), "each item is the whole list: {all:#?}");
    kube.patch(Kind::ConfigMap, &namespace, "a", &json!({"data": {"k": "2"}})).await.unwrap();
    until(&mut watch, |all| all.iter().any(|object| of("a")(&object) && object["data"]["k"] == "2")).await;
    kube.delete(Kind::ConfigMap, &namespace, "a", "").await.unwrap();
    let all = until(&mut watch, |all| !all.iter().any(|object| of("a")(&object))).await;
    assert!(all.iter().any(|object| of("b")(&object)));
    // What lies elsewhere is not in it.
    kube.create(Kind::ConfigMap, &config_map("default", &at.name("c"), &json!({}))).await.unwrap();
    kube.create(Kind::ConfigMap, &config_map(&namespace, "d", &json!({}))).await.unwrap();
    let all = until(&mut watch, |all| all.iter().any(|object| of("d")(&object))).await;
    assert!(all.iter().all(|object| object["metadata"]["namespace"] == namespace.as_str()));
    kube.delete(Kind::ConfigMap, "default", &at.name("c"), "").await.unwrap();
    clean(kube.as_ref(), &namespace).await;
}

/// The case needs a cluster without Velero's types.
pub async fn a_type_that_is_not_served_is_followed_as_an_empty_list(at: &Fixture) {
    let mut watch = at.kube().await.watch(Kind::Backup, "default").await.unwrap();
    let first = tokio::time::timeout(Duration::from_secs(20), watch.next()).await.unwrap().unwrap();
    assert_eq!(first.unwrap(), Vec::<Object>::new());
}

pub async fn a_log_needs_its_pod(at: &Fixture) {
    let kube = at.kube().await;
    assert_eq!(kind(kube.logs("default", "no-such-pod", "velero", 10).await), TroubleKind::NotFound);
}

pub async fn what_the_caller_may_do_is_reviewed(at: &Fixture) {
    let kube = at.kube().await;
    assert!(kube.may("create", Kind::Namespace, "").await.unwrap());
    assert!(kube.may("patch", Kind::Deployment, "default").await.unwrap());
    // RBAC knows kinds that are not served.
    assert!(kube.may("create", Kind::Backup, "velero").await.unwrap());
}

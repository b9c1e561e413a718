//! Installing, rolling back and removing a release's objects, and Helm's record of it.

use super::{chart, failed, rancher};
use crate::demo::kube::{fold_string_data, meta, overlay};
use crate::demo::state::{Cluster, Revision};
use crate::ports::{Answer, ChartSource, Kind, Object, TroubleKind, Upgrade};
use serde_json::{Value, json};

/// A release to be made.
pub(in crate::demo) struct Order {
    pub release: String,
    pub namespace: String,
    pub chart: String,
    pub version: String,
    pub values: Value,
}

impl Order {
    /// What an upgrade asks for; its values must be a map.
    pub fn of(upgrade: &Upgrade) -> Answer<Self> {
        let chart = match &upgrade.chart {
            ChartSource::Repository { name, .. } => name.clone(),
            ChartSource::Reference(path) => chart_name(path),
        };
        let invalid = |why: &str| failed(TroubleKind::Invalid, &upgrade.release, why);
        let values: Option<Value> =
            serde_yaml::from_str(&upgrade.values).map_err(|error| invalid(&error.to_string()))?;
        let values = match values {
            None | Some(Value::Null) => json!({}),
            Some(map @ Value::Object(_)) => map,
            Some(_) => return Err(invalid("error: values must be a map")),
        };
        let newest = chart::newest(&chart);
        Ok(Self {
            release: upgrade.release.clone(),
            namespace: upgrade.namespace.clone(),
            chart,
            version: if upgrade.version.is_empty() { newest.to_owned() } else { upgrade.version.clone() },
            values,
        })
    }
}

/// `velero` out of `./charts/velero`, `velero-12.1.0.tgz` or `oci://host/charts/velero`.
fn chart_name(path: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = last.strip_suffix(".tgz").unwrap_or(last);
    match last.rsplit_once('-') {
        Some((name, version)) if semver::Version::parse(version).is_ok() => name.to_owned(),
        _ => last.to_owned(),
    }
}

/// Renders and applies; answers the new revision.
pub(in crate::demo) fn install(cluster: &mut Cluster, order: &Order) -> Answer<Revision> {
    let namespaced = cluster.store.get(Kind::Namespace, "", &order.namespace);
    if namespaced.is_none() {
        let text = format!("create: failed to create: namespaces \"{}\" not found", order.namespace);
        return Err(failed(TroubleKind::NotFound, &order.release, &text));
    }
    rancher::check(cluster, order)?;
    let objects = chart::render(order)?;
    let before = newest(cluster, &order.namespace, &order.release);
    let old = before.map(|revision| revision.objects.clone()).unwrap_or_default();
    apply(cluster, &order.namespace, &order.release, &objects, &old)?;
    let revision = Revision {
        number: before_number(cluster, &order.namespace, &order.release) + 1,
        status: "deployed".to_owned(),
        chart: order.chart.clone(),
        version: order.version.clone(),
        app_version: chart::app_version(&order.chart, &order.version),
        values: order.values.clone(),
        objects,
    };
    record(cluster, &order.namespace, &order.release, revision.clone());
    Ok(revision)
}

fn newest<'a>(cluster: &'a Cluster, namespace: &str, name: &str) -> Option<&'a Revision> {
    cluster.releases.get(&format!("{namespace}/{name}"))?.last()
}

fn before_number(cluster: &Cluster, namespace: &str, name: &str) -> i64 {
    newest(cluster, namespace, name).map_or(0, |revision| revision.number)
}

pub(super) fn rollback(cluster: &mut Cluster, namespace: &str, name: &str, number: i64) -> Answer<Revision> {
    let all = cluster.releases.get(&format!("{namespace}/{name}")).cloned().unwrap_or_default();
    let missing = |text: &str| failed(TroubleKind::NotFound, name, text);
    let last = all.last().ok_or_else(|| missing("release: not found"))?;
    let target = all.iter().find(|revision| revision.number == number);
    let target = target.ok_or_else(|| missing(&format!("release has no {number} version")))?;
    apply(cluster, namespace, name, &target.objects, &last.objects)?;
    let revision = Revision { number: last.number + 1, status: "deployed".to_owned(), ..target.clone() };
    record(cluster, namespace, name, revision.clone());
    Ok(revision)
}

pub(super) fn uninstall(cluster: &mut Cluster, namespace: &str, name: &str) {
    let Some(all) = cluster.releases.remove(&format!("{namespace}/{name}")) else { return };
    let objects = all.last().map(|revision| revision.objects.clone()).unwrap_or_default();
    let templates = all.last().is_some_and(|revision| revision.chart == rancher::CRDS);
    for (kind, object) in objects.iter().filter_map(known) {
        // CRDs come from a hook, so they stay, and so does what is in them; of a chart's templates both go.
        if kind != Kind::CustomResourceDefinition || templates {
            cluster.store.remove(kind, meta(object, "namespace"), meta(object, "name"));
        }
    }
    for kind in Kind::ALL.into_iter().filter(|kind| templates && !cluster.store.serves(*kind)).collect::<Vec<_>>() {
        for (namespace, name) in cluster.store.names(kind, "") {
            cluster.store.remove(kind, &namespace, &name);
        }
    }
    for revision in all {
        cluster.store.remove(Kind::Secret, namespace, &secret_name(name, revision.number));
    }
}

fn known((name, object): &(String, Object)) -> Option<(Kind, &Object)> {
    let named = || Kind::ALL.into_iter().find(|kind| kind.name() == name);
    Kind::of(object).or_else(named).map(|kind| (kind, object))
}

/// Applies the objects in order, after a look at all of them: nothing is changed when one is refused.
fn apply(
    cluster: &mut Cluster,
    namespace: &str,
    release: &str,
    objects: &[(String, Object)],
    old: &[(String, Object)],
) -> Answer<()> {
    for (kind, object) in objects.iter().filter_map(known) {
        if let Some(found) = cluster.store.get(kind, meta(object, "namespace"), meta(object, "name"))
            && kind != Kind::CustomResourceDefinition
        {
            owned(found, kind, namespace, release)?;
        }
    }
    for (kind, object) in objects.iter().filter_map(known) {
        let (space, name) = (meta(object, "namespace"), meta(object, "name"));
        if cluster.store.get(kind, space, name).is_none() {
            cluster.store.create(kind, object)?;
            continue;
        }
        let before = old
            .iter()
            .filter_map(known)
            .find(|(k, o)| *k == kind && meta(o, "name") == name && meta(o, "namespace") == space);
        let before = before.map(|(_, object)| object.clone()).unwrap_or_default();
        cluster.store.update(kind, space, name, |live| {
            three_way(live, &before, object);
            // What is no longer in `stringData` stays in `data`, as the API server has it.
            if kind == Kind::Secret {
                fold_string_data(live);
            }
        });
    }
    let gone = |kind: Kind, object: &Object| {
        !objects.iter().filter_map(known).any(|(k, o)| {
            k == kind && meta(o, "name") == meta(object, "name") && meta(o, "namespace") == meta(object, "namespace")
        })
    };
    for (kind, object) in old.iter().filter_map(known) {
        if kind != Kind::CustomResourceDefinition && gone(kind, object) && !kept(cluster, kind, object) {
            cluster.store.remove(kind, meta(object, "namespace"), meta(object, "name"));
        }
    }
    Ok(())
}

/// Whether the object that is there says that an upgrade leaves it; an uninstall goes by the chart's own words.
fn kept(cluster: &Cluster, kind: Kind, object: &Object) -> bool {
    let live = cluster.store.get(kind, meta(object, "namespace"), meta(object, "name"));
    live.is_some_and(|live| live["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep")
}

/// Helm's three-way merge: what was rendered before and is no more goes, what is rendered is set, the
/// rest of the live object stays.
fn three_way(live: &mut Value, before: &Value, wanted: &Value) {
    if let (Some(fields), Some(old)) = (live.as_object_mut(), before.as_object()) {
        for (name, old) in old {
            match (wanted.get(name), fields.get_mut(name)) {
                (None, Some(_)) => {
                    fields.remove(name);
                }
                (Some(new), Some(field)) if new.is_object() => three_way(field, old, new),
                _ => {}
            }
        }
    }
    overlay(live, wanted);
}

/// Whether Helm may take an object over; its own words when not.
fn owned(found: &Object, kind: Kind, namespace: &str, release: &str) -> Answer<()> {
    let metadata = &found["metadata"];
    let check = |what: &str, map: &Value, key: &str, wanted: &str| match map[key].as_str() {
        Some(value) if value == wanted => None,
        Some(value) => Some(format!(
            "{what} validation error: key \"{key}\" must equal \"{wanted}\": current value is \"{value}\""
        )),
        None => Some(format!("{what} validation error: missing key \"{key}\": must be set to \"{wanted}\"")),
    };
    let problems: Vec<String> = [
        check("label", &metadata["labels"], "app.kubernetes.io/managed-by", "Helm"),
        check("annotation", &metadata["annotations"], "meta.helm.sh/release-name", release),
        check("annotation", &metadata["annotations"], "meta.helm.sh/release-namespace", namespace),
    ]
    .into_iter()
    .flatten()
    .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let text = format!(
        "Unable to continue with install: {} \"{}\" in namespace \"{}\" exists and cannot be imported into the \
         current release: invalid ownership metadata; {}",
        kind.name(),
        meta(found, "name"),
        meta(found, "namespace"),
        problems.join("; ")
    );
    Err(failed(TroubleKind::Taken, release, &text))
}

fn secret_name(release: &str, number: i64) -> String {
    format!("sh.helm.release.v1.{release}.v{number}")
}

/// Keeps the revision, and the Secret in which Helm keeps it.
fn record(cluster: &mut Cluster, namespace: &str, name: &str, revision: Revision) {
    let secret = json!({"metadata": {"name": secret_name(name, revision.number), "namespace": namespace,
        "labels": {"owner": "helm", "name": name, "status": "deployed", "version": revision.number.to_string()}},
        "type": "helm.sh/release.v1", "data": {"release": ""}});
    let all = cluster.releases.entry(format!("{namespace}/{name}")).or_default();
    for old in all.iter_mut() {
        "superseded".clone_into(&mut old.status);
        let old_secret = secret_name(name, old.number);
        cluster.store.update(Kind::Secret, namespace, &old_secret, |object| {
            object["metadata"]["labels"]["status"] = json!("superseded");
        });
    }
    all.push(revision);
    // The namespace was looked for, and the number is new.
    let _ = cluster.store.create(Kind::Secret, &secret);
}

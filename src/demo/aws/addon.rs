//! EKS add-ons: the Pod Identity agent runs as a daemon set, any other is a name.

use super::wrong::wrong;
use crate::demo::state::{self, Cluster, State};
use crate::ports::{Addon, AddonVersion, Answer, Kind, Tags, TroubleKind};
use jiff::SignedDuration;
use serde_json::json;

/// The Pod Identity agent's add-on, and the daemon set that it runs.
pub(in crate::demo) const AGENT: &str = "eks-pod-identity-agent";

/// The versions of the agent that EKS offers, the newest first; the second is its default.
const VERSIONS: [&str; 3] = ["v1.3.10-eksbuild.2", "v1.3.9-eksbuild.3", "v1.3.8-eksbuild.2"];

/// How long an add-on may take until it is degraded.
const MAKING: SignedDuration = SignedDuration::from_mins(15);

/// An add-on is installed where EKS made it, or where its daemon set has run since the world began.
pub(super) fn addon(state: &State, region: &str, cluster: &str, name: &str) -> Option<Addon> {
    let found = state.clusters.get(&State::key(region, cluster))?;
    let (made, set) = (found.addons.get(name), found.store.get(Kind::DaemonSet, "kube-system", name));
    if made.is_none() && set.is_none() {
        return None;
    }
    let fresh = made.is_some_and(|made| state.now.duration_since(made.created) < MAKING);
    let (status, issues) = match set {
        Some(_) if runs(found, name) => ("ACTIVE", Vec::new()),
        None if made.is_some() && name != AGENT => ("ACTIVE", Vec::new()),
        _ if fresh => ("CREATING", Vec::new()),
        _ => ("DEGRADED", vec!["InsufficientNumberOfReplicas: the add-on's pods are not ready".to_owned()]),
    };
    let image = set.and_then(|set| set["spec"]["template"]["spec"]["containers"][0]["image"].as_str());
    let tag = image.and_then(|image| image.rsplit(':').next()).map(|tag| format!("{tag}-eksbuild.3"));
    Some(Addon {
        status: status.to_owned(),
        version: made.map(|made| made.version.clone()).or(tag).unwrap_or_default(),
        issues,
        tags: made.map(|made| made.tags.clone()).unwrap_or_default(),
    })
}

/// Whether all pods of an add-on's daemon set are ready.
fn runs(cluster: &Cluster, name: &str) -> bool {
    let Some(set) = cluster.store.get(Kind::DaemonSet, "kube-system", name) else { return false };
    let count = |field: &str| set["status"][field].as_i64();
    count("desiredNumberScheduled").is_some() && count("numberReady") == count("desiredNumberScheduled")
}

/// eks:CreateAddon of a region's cluster: name and version.
pub(super) fn create(state: &mut State, what: [&str; 4], tags: &Tags) -> Answer<()> {
    const CALL: &str = "eks:CreateAddon";
    let [region, cluster, name, version] = what;
    let created = state.now;
    let there = addon(state, region, cluster, name).is_some();
    let found = super::pod_identity::cluster(state, CALL, region, cluster)?;
    if there {
        let text = format!("Addon already exists with name: {name}");
        return Err(wrong(TroubleKind::Exists, "ResourceInUseException", CALL, name, &text));
    }
    let version = if version.is_empty() { VERSIONS[1] } else { version };
    if name == AGENT && !VERSIONS.contains(&version) {
        let text = "Addon version specified is not supported";
        return Err(wrong(TroubleKind::Invalid, "InvalidParameterException", CALL, name, text));
    }
    if name == AGENT {
        let labels = json!({"app.kubernetes.io/name": AGENT});
        let image = format!("{AGENT}:{}", version.split('-').next().unwrap_or(version));
        let set = json!({"metadata": {"name": AGENT, "namespace": "kube-system", "labels": labels}, "spec": {
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "hostNetwork": true, "containers": [{"name": AGENT, "image": image}]}}}});
        found.store.create(Kind::DaemonSet, &set)?;
    }
    let made = state::Addon { version: version.to_owned(), tags: tags.clone(), created };
    found.addons.insert(name.to_owned(), made);
    state.account.touch();
    Ok(())
}

/// eks:DeleteAddon.
pub(super) fn delete(state: &mut State, region: &str, cluster: &str, name: &str) {
    let Some(found) = state.clusters.get_mut(&State::key(region, cluster)) else { return };
    found.addons.remove(name);
    found.store.remove(Kind::DaemonSet, "kube-system", name);
    state.account.touch();
}

/// eks:DescribeAddonVersions.
pub(super) fn versions(name: &str) -> Vec<AddonVersion> {
    let all = VERSIONS.iter().filter(|_| name == AGENT).enumerate();
    all.map(|(place, version)| AddonVersion { version: (*version).to_owned(), default: place == 1 }).collect()
}

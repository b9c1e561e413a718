//! A Space by hand: control planes with their namespaces, and the release.

use crate::world::{answers, cluster, facts};
use lifeboat::domain::status::Host;
use lifeboat::domain::{ClusterName, Region, Tool};
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer};
use lifeboat::plan::{Facts, SiteFacts, SpaceFacts};
use lifeboat::ports::{Object, Release};
use serde_json::json;

/// The least answers for a Space.
pub fn space_answers() -> Answers {
    Answers { tool: Tool::UpboundSpaces, ..answers() }
}

/// The id of a control plane by its number.
pub fn id(number: usize) -> String {
    format!("7c9e6679-7425-40de-944b-{number:012}")
}

/// The namespace of a control plane by its number.
pub fn host_namespace(number: usize) -> String {
    format!("mxp-{}-system", id(number))
}

/// An account with a Space of so many control planes, ten in each group.
pub fn space_facts(planes: usize) -> Facts {
    let mut facts = facts();
    facts.site.release = Some(Release {
        name: "spaces".to_owned(),
        namespace: "upbound-system".to_owned(),
        revision: 3,
        status: "deployed".to_owned(),
        chart: "spaces".to_owned(),
        version: "1.16.0".to_owned(),
        app_version: "1.16.0".to_owned(),
        values: json!({"account": "acme", "externalTLS": {"tlsSecret": {"name": "acme-spaces-tls"}}}),
    });
    let mut space = SpaceFacts { pull_secret: true, login: Some(true), ..SpaceFacts::default() };
    for number in 0..planes {
        add(&mut space, &format!("team-{}", number / 10), &format!("plane-{number}"), number, None);
    }
    facts.site.space = Some(space);
    facts
}

/// Adds the cluster `dr` with a Space of its own, a control plane in it, to restore to.
pub fn restoring(answers: &mut Answers, facts: &mut Facts) {
    answers.restore_clusters.push(RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    let mut site = SiteFacts::bare(cluster("dr", "us-west-2"));
    site.release.clone_from(&facts.site.release);
    let mut space = SpaceFacts { pull_secret: true, login: Some(true), ..SpaceFacts::default() };
    add(&mut space, "team-b", "spare", 50, None);
    site.space = Some(space);
    facts.restores.push(site);
}

/// Adds a control plane with what stands on the host for it.
pub fn add(space: &mut SpaceFacts, group: &str, name: &str, number: usize, own: Option<&str>) {
    let namespace = own.map_or_else(|| host_namespace(number), str::to_owned);
    let mut spec = json!({});
    if let Some(own) = own {
        spec["hostNamespace"] = json!({"name": own});
    }
    space.planes.push(json!({"metadata": {"name": name, "namespace": group}, "spec": spec,
        "status": {"controlPlaneID": id(number)}}));
    space.labelled.push(labelled(&namespace, group, name));
    if !space.groups.iter().any(|there| there == group) {
        space.groups.push(group.to_owned());
    }
    let account = json!({"metadata": {"name": "mxp-controller", "namespace": namespace}});
    let pod = json!({"metadata": {"name": "mxp-controller-1", "namespace": namespace}, "status": {"phase": "Running"},
        "spec": {"serviceAccountName": "mxp-controller", "containers": [{"name": "mxp-controller"}]}});
    space.hosts.push(Host { namespace, account: Some(account), deployment: None, pods: vec![pod], refused: None });
}

/// A namespace that the Space labels as a control plane's.
pub fn labelled(namespace: &str, group: &str, name: &str) -> Object {
    json!({"metadata": {"name": namespace, "labels": {
        "internal.spaces.upbound.io/controlplane-name": name,
        "internal.spaces.upbound.io/controlplane-namespace": group}}})
}

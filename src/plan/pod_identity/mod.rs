//! EKS Pod Identity: what it needs of a cluster, its agent, and the associations of service accounts
//! (security.md 1.3, A27, A28).

mod agent;
mod association;
pub mod rights;

pub use agent::AGENT;
pub use association::{association, association_of};

use super::Draft;
use super::cluster::ROLE_ANNOTATION;
use super::scope::{Scope, problem};
use crate::domain::Identity;
use crate::domain::injected::{carries_pod_identity, role_of_pod};
use serde_json::Value;

/// Kubernetes' oldest minor version with Pod Identity (EKS user guide, pod-id-how-it-works).
const OLDEST: u32 = 24;

/// Plans `pod-identity-agent` where the identity needs it, and refuses what stands against the identity.
pub fn plan(scope: &Scope<'_>, draft: &mut Draft) {
    match scope.names.identity {
        Identity::Irsa => no_association(scope, draft),
        Identity::PodIdentity => {
            if gate(scope, draft) {
                agent::agent(scope, draft);
            }
        }
    }
}

/// What no association mends: the cluster's age, and nodes that have no agent.
fn gate(scope: &Scope<'_>, draft: &mut Draft) -> bool {
    let (cluster, nodes) = (&scope.site.cluster, scope.site.pod_identity.nodes);
    let minor = cluster.version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_some_and(|minor| minor < OLDEST) {
        draft.problems.0.push(problem(
            "identity",
            &format!("{} runs Kubernetes {}, which has no EKS Pod Identity", cluster.name, cluster.version),
            &format!("EKS has it since 1.{OLDEST}"),
            "Use identity = \"irsa\", or upgrade the cluster",
        ));
        return false;
    }
    if nodes.alone {
        draft.problems.0.push(problem(
            "identity",
            &format!("all nodes of {} are of Fargate or run Windows", cluster.name),
            "the Pod Identity agent runs on neither, so no pod would get the role",
            "Use identity = \"irsa\"",
        ));
        return false;
    }
    for (count, what) in [(nodes.fargate, "of Fargate"), (nodes.windows, "with Windows")] {
        if count > 0 {
            draft.note(format!(
                "{} has {count} {} {what}, where no Pod Identity agent runs: pods there get no role",
                cluster.name,
                if count == 1 { "node" } else { "nodes" }
            ));
        }
    }
    through_proxy(scope, draft);
    true
}

/// F15: a proxy that the agent's address is not excepted from gets the pod's token, and answers in its place.
fn through_proxy(scope: &Scope<'_>, draft: &mut Draft) {
    let values = [scope.answers.user_values.as_ref(), scope.site.release.as_ref().map(|release| &release.values)];
    let text: String = values.into_iter().flatten().map(Value::to_string).collect();
    let text = text.to_ascii_uppercase();
    if (text.contains("HTTP_PROXY") || text.contains("HTTPS_PROXY")) && !text.contains("169.254.") {
        draft.note(
            "the values set a proxy, and NO_PROXY lacks 169.254.170.23, where the Pod Identity agent answers: \
             the pod's token would go to the proxy",
        );
    }
}

/// A28: an association wins over the annotation, so with one the pods would never get the annotation's role.
fn no_association(scope: &Scope<'_>, draft: &mut Draft) {
    let facts = &scope.site.pod_identity;
    for found in &facts.associations {
        let (region, cluster) = (&scope.names.region, &scope.names.cluster);
        draft.problems.0.push(problem(
            "identity",
            &format!(
                "the service account {}/{} of {cluster} has a Pod Identity association with {}",
                found.namespace, found.service_account, found.role_arn
            ),
            "it wins over an annotation: new pods would get Pod Identity and not IRSA",
            &format!(
                "Use identity = \"pod-identity\", or delete it: aws eks delete-pod-identity-association --region {region} --cluster-name {cluster} --association-id {}",
                found.id
            ),
        ));
    }
    if let Some(why) = &facts.unread {
        draft.note(format!(
            "whether {} has a Pod Identity association, which would win over the annotation, is not known: {why}",
            scope.names.cluster
        ));
    }
}

/// A28: says which pods use which identity where an annotation stands beside the association.
fn beside_annotation(scope: &Scope<'_>, draft: &mut Draft) {
    let names = &scope.names;
    let account = scope.site.kube.service_account.as_ref();
    let annotated = account.and_then(|account| account["metadata"]["annotations"][ROLE_ANNOTATION].as_str());
    let Some(role) = annotated else { return };
    let pods_with = |pods: &dyn Fn(&&Value) -> bool| -> Vec<String> {
        let own = scope
            .site
            .kube
            .pods
            .iter()
            .filter(|pod| pod["spec"]["serviceAccountName"] == names.service_account.as_str());
        own.filter(pods).filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned)).collect()
    };
    let irsa = pods_with(&|pod| role_of_pod(pod).is_some());
    let associated = pods_with(&|pod| carries_pod_identity(pod));
    let mut told = Vec::new();
    if !irsa.is_empty() {
        told.push(format!("{} still use the annotation's until they are restarted", irsa.join(", ")));
    }
    if !associated.is_empty() {
        told.push(format!("{} use the association's", associated.join(", ")));
    }
    let told = if told.is_empty() { String::new() } else { format!("; {}", told.join(", ")) };
    draft.note(format!(
        "{}/{} is annotated with {role} (IRSA) beside the association, which wins for new pods{told}. Once nothing uses the annotation: kubectl annotate serviceaccount {} -n {} {ROLE_ANNOTATION}-",
        names.namespace, names.service_account, names.service_account, names.namespace
    ));
}

//! Which identity fits: decided by what is known of the cluster, with the reasons said.

use super::{Identity, Shown, Tool};

/// A cluster that is set up, and what of it the advice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceOf {
    /// The cluster's region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// A kubeconfig's context, or empty.
    pub context: String,
    /// The tool.
    pub tool: Tool,
    /// The tool's namespace.
    pub namespace: String,
    /// Its service account.
    pub account: String,
    /// How many clusters are set up with one role.
    pub clusters: usize,
}

/// What is known. A fact that nobody could read is `None`, and speaks for neither.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdentityFacts {
    /// The tool.
    pub tool: Option<Tool>,
    /// Kubernetes' version, `1.34`.
    pub kubernetes: Option<String>,
    /// Whether the cluster has an OIDC issuer.
    pub issuer: Option<bool>,
    /// Whether that issuer is registered in IAM.
    pub provider: Option<bool>,
    /// The agent's add-on: its status, or `Some(None)` where it is not installed.
    pub agent: Option<Option<String>>,
    /// Whether all nodes that could run an agent are of EKS Auto Mode, which has it built in.
    pub built_in: bool,
    /// Nodes of Fargate.
    pub fargate: usize,
    /// Nodes that run Windows.
    pub windows: usize,
    /// Whether there is no other node.
    pub agentless_alone: bool,
    /// Whether the API server answers inside the VPC alone: such a VPC may lack an endpoint for eks-auth, or for STS.
    pub private: Option<bool>,
    /// How many clusters are set up with one role.
    pub clusters_of_the_role: usize,
    /// The installed tool's version; `None` where it is to be installed.
    pub installed: Option<String>,
    /// Gigabytes of the largest volume whose data is to be backed up.
    pub largest_volume: Option<u64>,
    /// The role that the service account is associated with already.
    pub associated: Option<String>,
    /// The role that it is annotated with already.
    pub annotated: Option<String>,
}

/// What is recommended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recommendation {
    /// The identity.
    pub identity: Identity,
    /// Why, the weightiest first.
    pub reasons: Vec<Shown>,
    /// What speaks against it, or is to be looked at.
    pub notes: Vec<Shown>,
    /// The identities that cannot be used here, and why.
    pub cannot: Vec<(Identity, Shown)>,
}

/// From how many gigabytes on one session of an hour may be too short for a volume (velero-F35).
const BIG: u64 = 500;
/// As many statements as fit into a trust policy of 2,048 characters (security.md 1.1).
const STATEMENTS: usize = 4;

impl Recommendation {
    /// Why an identity cannot be used; `None` where it can, or where that is not known.
    pub fn barred(&self, identity: Identity) -> Option<&Shown> {
        self.cannot.iter().find(|(other, _)| *other == identity).map(|(_, why)| why)
    }

    /// The identity, unless it cannot be used: then neither can.
    pub fn choice(&self) -> Option<Identity> {
        Some(self.identity).filter(|identity| self.barred(*identity).is_none())
    }
}

/// Decides for one cluster.
#[cfg(test)]
fn recommend(facts: &IdentityFacts) -> Recommendation {
    recommend_for(facts, &[])
}

/// Decides for the cluster that is backed up and, by their names, those to restore to: all get the same identity.
/// What is there already is kept; else Pod Identity, where the agent runs or nothing but it is missing, and IRSA
/// where its provider is registered already. What cannot be in one of them cannot be at all.
pub fn recommend_for(facts: &IdentityFacts, others: &[(String, IdentityFacts)]) -> Recommendation {
    let cannot: Vec<(Identity, Shown)> = [
        (Identity::Irsa, cannot_irsa as fn(&IdentityFacts) -> Option<String>),
        (Identity::PodIdentity, cannot_pod_identity),
    ]
    .into_iter()
    .filter_map(|(identity, cannot)| Some((identity, Shown::new(&anywhere(facts, others, cannot)?))))
    .collect();
    let barred = |identity| cannot.iter().any(|(other, _)| *other == identity);
    let (identity, mut reasons) = match (barred(Identity::Irsa), barred(Identity::PodIdentity)) {
        (false, true) => (Identity::Irsa, vec!["EKS Pod Identity cannot be used here".to_owned()]),
        (true, false) => (Identity::PodIdentity, vec!["IRSA cannot be used here".to_owned()]),
        _ => weigh(facts),
    };
    reasons.truncate(4);
    let shown = |all: Vec<String>| all.iter().map(|text| Shown::new(text)).collect();
    Recommendation { identity, reasons: shown(reasons), notes: shown(notes(facts, identity)), cannot }
}

/// Why it cannot be in one of the clusters, and in which others neither.
fn anywhere(
    facts: &IdentityFacts,
    others: &[(String, IdentityFacts)],
    cannot: fn(&IdentityFacts) -> Option<String>,
) -> Option<String> {
    let mut rest = others.iter().filter_map(|(name, facts)| Some((name.as_str(), cannot(facts)?)));
    let first = match cannot(facts) {
        Some(why) => why,
        None => rest.next().map(|(name, why)| format!("{name}: {why}"))?,
    };
    let more: Vec<&str> = rest.map(|(name, _)| name).collect();
    match more.split_at_checked(3) {
        None if more.is_empty() => Some(first),
        Some((some, rest)) if !rest.is_empty() => {
            Some(format!("{first}; nor in {} and {} others", some.join(", "), rest.len()))
        }
        _ => Some(format!("{first}; nor in {}", more.join(", "))),
    }
}

fn cannot_irsa(facts: &IdentityFacts) -> Option<String> {
    if facts.issuer == Some(false) {
        return Some("the cluster has no OIDC issuer, by which IAM would know its service accounts".to_owned());
    }
    let role = facts.associated.as_ref()?;
    Some(format!("the service account has a Pod Identity association with {role}, which wins over an annotation"))
}

fn cannot_pod_identity(facts: &IdentityFacts) -> Option<String> {
    let old = facts.kubernetes.as_deref().filter(|version| minor(version).is_some_and(|minor| minor < 24));
    if let Some(version) = old {
        return Some(format!("Kubernetes {version} has none: EKS has it since 1.24"));
    }
    if facts.agentless_alone {
        return Some("all nodes are of Fargate or run Windows, where its agent does not run".to_owned());
    }
    let (tool, version) = (facts.tool?, facts.installed.as_deref()?);
    too_old(tool, version).map(|oldest| format!("{} {version} does not take it: {oldest} is the first", tool.title()))
}

/// The first version of a tool that takes container credentials, where the installed one is older: Velero's plugin
/// 1.10 came with 1.14 (velero.md 1), minio-go 7.0.69 with the operators of rancher.md 5.
fn too_old(tool: Tool, version: &str) -> Option<&'static str> {
    let numbers = numbers(version);
    let (first, next) = (numbers.first().copied()?, (numbers.get(1).copied(), numbers.get(2).copied()));
    match tool {
        Tool::Velero => ((first, next.0?) < (1, 14)).then_some("1.14"),
        Tool::RancherBackup => match (first, next.0, next.1) {
            (..=2, ..) => Some("3.1.4"),
            (3, Some(minor), Some(patch)) => ((minor, patch) < (1, 4)).then_some("3.1.4"),
            (4, Some(minor), Some(patch)) => ((minor, patch) < (0, 2)).then_some("4.0.2"),
            _ => None,
        },
        // Which client a Space holds is not known (upbound.md, 9).
        Tool::UpboundSpaces => None,
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.trim_start_matches('v').split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn minor(version: &str) -> Option<u32> {
    numbers(version).get(1).copied()
}

/// Both can be used.
fn weigh(facts: &IdentityFacts) -> (Identity, Vec<String>) {
    if let Some(role) = &facts.associated {
        return (Identity::PodIdentity, vec![format!("the service account is associated with {role} already")]);
    }
    if let Some(role) = &facts.annotated {
        return (Identity::Irsa, vec![format!("the service account is annotated with {role} already")]);
    }
    let agent = facts.agent.as_ref().and_then(|agent| agent.as_deref());
    let runs = facts.built_in || agent == Some("ACTIVE");
    let mut pods = Vec::new();
    if facts.built_in {
        pods.push("EKS Auto Mode has its agent built in".to_owned());
    } else if runs {
        pods.push("its agent runs on the cluster".to_owned());
    }
    if facts.clusters_of_the_role > STATEMENTS {
        pods.push(format!(
            "{} clusters need more statements than IAM's 2,048 characters of a trust policy hold; with an association each, no provider is needed in any of them",
            facts.clusters_of_the_role
        ));
    }
    if let Some(size) = facts.largest_volume.filter(|size| *size >= BIG) {
        pods.push(format!("its sessions last 6 hours, IRSA's one: the largest volume has {size} GB"));
    }
    if facts.provider == Some(false) {
        pods.push("no OIDC provider has to be registered in IAM".to_owned());
    }
    let mut irsa = Vec::new();
    if facts.provider == Some(true) {
        irsa.push("the cluster's OIDC provider is registered in IAM already".to_owned());
    }
    if !runs {
        irsa.push(match agent {
            Some(status) => format!("Pod Identity's agent is {status}"),
            None if facts.agent.is_some() => "it needs nothing that runs on the nodes".to_owned(),
            None => "whether Pod Identity's agent runs is not known".to_owned(),
        });
    }
    if facts.fargate + facts.windows > 0 {
        irsa.push("it works on Fargate and Windows nodes too".to_owned());
    }
    if facts.private == Some(true) {
        irsa.push("Pod Identity needs an endpoint for eks-auth in a private VPC".to_owned());
    }
    // A working agent, or a session that would be too short, decides; else what has to be made less.
    if runs || facts.clusters_of_the_role > STATEMENTS || facts.largest_volume.is_some_and(|size| size >= BIG) {
        (Identity::PodIdentity, pods)
    } else {
        (Identity::Irsa, irsa)
    }
}

/// What to look at with the identity that is recommended.
fn notes(facts: &IdentityFacts, identity: Identity) -> Vec<String> {
    let mut notes = Vec::new();
    let node = |count: usize| if count == 1 { "node" } else { "nodes" };
    match identity {
        Identity::PodIdentity => {
            for (count, what) in [(facts.fargate, "of Fargate"), (facts.windows, "with Windows")] {
                if count > 0 {
                    notes.push(format!("{count} {} {what} have no agent: pods there get no role", node(count)));
                }
            }
            match facts.agent.as_ref().map(Option::as_deref) {
                _ if facts.built_in => {}
                Some(Some("ACTIVE")) => {}
                Some(Some(status)) => notes.push(format!("its agent is {status}: it has to become ACTIVE first")),
                Some(None) => notes.push("its agent is installed as an EKS add-on".to_owned()),
                None => notes.push("whether its agent runs is not known".to_owned()),
            }
            if facts.private == Some(true) {
                notes.push("a private VPC needs an endpoint for eks-auth; whether it has one is not known".to_owned());
            }
            if facts.tool == Some(Tool::UpboundSpaces) {
                notes.push(
                    "each control plane needs an association of its own, made once its namespace is there".to_owned(),
                );
            }
        }
        Identity::Irsa => {
            if facts.largest_volume.is_some_and(|size| size >= BIG) {
                notes.push("its sessions last one hour: a volume that takes longer may fail (velero-F35)".to_owned());
            }
            if facts.private == Some(true) {
                notes.push("a private VPC needs an endpoint for STS; whether it has one is not known".to_owned());
            }
        }
    }
    notes
}

#[cfg(test)]
#[path = "recommend_tests.rs"]
mod tests;

//! Which install of the tool a cluster has, and the names in it: what is found wins over defaults, the answers' own
//! words win over what is found (contract, Answers).

use super::answers::{Answers, Problem, SiteAnswer};
use super::cluster::owner::{Owner, Repository, owner};
use super::scope::problem;
use super::velero;
use crate::domain::Tool;
use crate::ports::{Object, Release};

/// What was found of a tool in one cluster, in all its namespaces.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The releases of the tool's chart.
    pub releases: Vec<Release>,
    /// The tool's Deployments.
    pub deployments: Vec<Object>,
}

/// How an install is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// By Helm: a new release, or the one that is there.
    Release,
    /// Object by object: it was made by the tool's CLI or by hand, without Helm.
    InPlace,
    /// Not at all: its repository has to.
    Repository(Repository),
}

/// Where the tool is, or will be, in one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its namespace.
    pub namespace: String,
    /// Its release; the default's name where Helm did not make it.
    pub release: String,
    /// The service account that calls AWS.
    pub service_account: String,
    /// How it is changed.
    pub way: Way,
}

impl Place {
    /// What the answers say alone, with nothing found.
    pub fn asked(answers: &Answers, site: &SiteAnswer<'_>) -> Self {
        Self {
            namespace: site.namespace.to_string(),
            release: answers.release().to_string(),
            service_account: site.service_account.to_string(),
            way: Way::Release,
        }
    }

    /// Where the tool is in a cluster of the answers: the first one's `at` is 0.
    ///
    /// # Errors
    /// More than one install that the answers can mean.
    pub fn of(answers: &Answers, site: &SiteAnswer<'_>, at: usize, found: &Found) -> Result<Self, Problem> {
        let asked = Self::asked(answers, site);
        let meant = |namespace: &str, release: Option<&str>| says(answers, at).fits(namespace, release);
        let releases: Vec<&Release> =
            found.releases.iter().filter(|one| meant(&one.namespace, Some(&one.name))).collect();
        // A restore cluster without words of its own takes [install]'s names where they are there.
        let preferred = releases.iter().find(|one| one.namespace == asked.namespace && one.name == asked.release);
        let release = match (releases.as_slice(), preferred) {
            ([], _) => None,
            ([one], _) => Some(*one),
            (_, Some(one)) if answers.install.release.is_some() => Some(*one),
            (many, _) => return Err(several(answers.tool, site, at, many)),
        };
        let deployments: Vec<&Object> =
            found.deployments.iter().filter(|one| meant(text(one, "namespace"), None)).collect();
        let deployment = match release {
            Some(release) => deployments.iter().find(|one| text(one, "namespace") == release.namespace).copied(),
            None => one_deployment(answers.tool, site, at, &deployments)?,
        };
        Ok(asked.found(answers, at, release, deployment))
    }

    /// Its release among those that were found.
    pub fn release_of<'f>(&self, found: &'f Found) -> Option<&'f Release> {
        found.releases.iter().find(|one| one.namespace == self.namespace && one.name == self.release)
    }

    /// The names of what was found, under the answers' own words.
    fn found(mut self, answers: &Answers, at: usize, release: Option<&Release>, deployment: Option<&Object>) -> Self {
        let says = says(answers, at);
        if let Some(deployment) = deployment {
            text(deployment, "namespace").clone_into(&mut self.namespace);
            self.way = match owner(deployment) {
                Owner::Repository(repository) => {
                    if !repository.name.is_empty() {
                        instance(deployment).unwrap_or(&repository.name).clone_into(&mut self.release);
                    }
                    Way::Repository(repository)
                }
                Owner::Release { .. } => Way::Release,
                _ if release.is_some() => Way::Release,
                _ => Way::InPlace,
            };
            if answers.tool == Tool::Velero && !says.service_account {
                let account = &deployment["spec"]["template"]["spec"]["serviceAccountName"];
                account.as_str().unwrap_or("default").clone_into(&mut self.service_account);
            }
        }
        if let Some(release) = release {
            self.namespace.clone_from(&release.namespace);
            self.release.clone_from(&release.name);
            if answers.tool == Tool::Velero && !says.service_account {
                self.service_account = velero::service_account_of(&release.name, &release.values);
            }
        }
        self
    }
}

/// What the answers say in their own words of a cluster's install.
struct Says {
    namespace: Option<String>,
    release: Option<String>,
    service_account: bool,
}

impl Says {
    fn fits(&self, namespace: &str, release: Option<&str>) -> bool {
        self.namespace.as_deref().is_none_or(|own| own == namespace)
            && release.is_none_or(|release| self.release.as_deref().is_none_or(|own| own == release))
    }
}

fn says(answers: &Answers, at: usize) -> Says {
    let install = &answers.install;
    match at.checked_sub(1).and_then(|at| answers.restore_clusters.get(at)) {
        // Of a restore cluster [install] says a default, which what is found wins over.
        Some(own) => Says {
            namespace: own.namespace.as_ref().map(ToString::to_string),
            release: None,
            service_account: own.service_account.is_some(),
        },
        None => Says {
            namespace: install.namespace.as_ref().map(ToString::to_string),
            release: install.release.as_ref().map(ToString::to_string),
            service_account: install.service_account.is_some(),
        },
    }
}

fn text<'o>(object: &'o Object, key: &str) -> &'o str {
    object["metadata"][key].as_str().unwrap_or_default()
}

fn instance(object: &Object) -> Option<&str> {
    object["metadata"]["labels"]["app.kubernetes.io/instance"].as_str()
}

fn field(at: usize, name: &str) -> String {
    if at == 0 { format!("install.{name}") } else { format!("restore_cluster[{}].namespace", at - 1) }
}

fn several(tool: Tool, site: &SiteAnswer<'_>, at: usize, releases: &[&Release]) -> Problem {
    let all: Vec<String> = releases.iter().map(|one| format!("{}/{}", one.namespace, one.name)).collect();
    problem(
        &field(at, "release"),
        &format!("{} has {} releases of {}: {}", site.name, all.len(), tool.title(), all.join(", ")),
        "each backs up with an identity of its own, and lifeboat sets up one of them",
        if at == 0 { "Say which: install.namespace and install.release" } else { "Say which: its namespace" },
    )
}

/// The one Deployment that is meant.
fn one_deployment<'o>(
    tool: Tool,
    site: &SiteAnswer<'_>,
    at: usize,
    deployments: &[&'o Object],
) -> Result<Option<&'o Object>, Problem> {
    let [first, rest @ ..] = deployments else { return Ok(None) };
    if rest.is_empty() {
        return Ok(Some(first));
    }
    let all: Vec<&str> = deployments.iter().map(|one| text(one, "namespace")).collect();
    Err(problem(
        &field(at, "namespace"),
        &format!("{} runs {} in {} namespaces: {}", site.name, tool.title(), all.len(), all.join(", ")),
        "each backs up with an identity of its own, and lifeboat sets up one of them",
        "Say which: its namespace",
    ))
}

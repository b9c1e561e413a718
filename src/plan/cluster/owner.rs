//! Whose an object is, by the marks that its maker leaves on it (design, Existing installs).

use serde_json::Value;

/// What is written of a change that a repository has to make.
const SAVED: &str = "saved for its repository";

/// What Argo CD and Flux write on what they own; Flux's Helm releases carry both its marks and Helm's.
const GITOPS: [(&str, &str); 3] =
    [("argocd.argoproj.io/", "Argo CD"), ("helm.toolkit.fluxcd.io/", "Flux"), ("kustomize.toolkit.fluxcd.io/", "Flux")];

/// Who made an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A Helm release.
    Release {
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
    },
    /// Argo CD or Flux: it would put back whatever is changed by hand.
    Repository(Repository),
    /// eksctl, which deletes it together with the role that it made for it.
    Eksctl,
    /// The `velero install` command.
    VeleroCli,
    /// Somebody, by other means.
    Nobody,
}

/// What applies an object from a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `Argo CD`, `Flux`, or what is known of it.
    pub by: String,
    /// The application or release there, or empty.
    pub name: String,
}

impl Repository {
    /// `Argo CD (velero)`.
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.by.clone() } else { format!("{} ({})", self.by, self.name) }
    }

    /// Why a change is not made here, and what to commit.
    pub fn saved(&self, documents: &[String]) -> String {
        let owner = self.title();
        if documents.is_empty() {
            return format!("{SAVED}: {owner} owns what is in this cluster, so nothing is applied to it");
        }
        format!("{SAVED}: {owner} would undo what is applied here; commit {} there", documents.join(", "))
    }
}

/// Whether the reason of a kept change says that a repository has to make it.
pub fn is_saved(why: &str) -> bool {
    why.starts_with(SAVED)
}

/// Whose an object is.
pub fn owner(object: &Value) -> Owner {
    let metadata = &object["metadata"];
    let label = |key: &str| metadata["labels"][key].as_str();
    let annotation = |key: &str| metadata["annotations"][key].as_str();
    if let Some(repository) = repository(metadata) {
        return Owner::Repository(repository);
    }
    if let Some(name) = annotation("meta.helm.sh/release-name") {
        let namespace = annotation("meta.helm.sh/release-namespace").unwrap_or_default().to_owned();
        return Owner::Release { name: name.to_owned(), namespace };
    }
    match label("app.kubernetes.io/managed-by") {
        Some("eksctl") => Owner::Eksctl,
        // Helm itself writes the annotation on all that it makes. A chart's labels without it were applied by
        // something else: Argo CD, which tracks by the label of the instance where it is set to.
        Some("Helm") if label("app.kubernetes.io/instance").is_some() => Owner::Repository(Repository {
            by: "Argo CD or another renderer of charts".to_owned(),
            name: label("app.kubernetes.io/instance").unwrap_or_default().to_owned(),
        }),
        _ if label("component") == Some("velero") => Owner::VeleroCli,
        _ => Owner::Nobody,
    }
}

/// Argo CD or Flux, by their marks.
fn repository(metadata: &Value) -> Option<Repository> {
    let mut marks = ["labels", "annotations"].into_iter().filter_map(|map| metadata[map].as_object()).flatten();
    let (prefix, by, key, value) = marks.find_map(|(key, value)| {
        let (prefix, by) = GITOPS.iter().find(|(mark, _)| key.starts_with(mark))?;
        Some((prefix, by, key, value))
    })?;
    // Argo CD's tracking-id is APPLICATION:GROUP/KIND:NAMESPACE/NAME; Flux's labels hold the name itself.
    let name = match key.strip_prefix(prefix) {
        Some("tracking-id") => value.as_str().and_then(|id| id.split(':').next()).unwrap_or_default(),
        _ => ["labels", "annotations"]
            .into_iter()
            .find_map(|map| metadata[map][format!("{prefix}name")].as_str())
            .unwrap_or_default(),
    };
    Some(Repository { by: (*by).to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[allow(clippy::needless_pass_by_value)]
    fn of(labels: Value, annotations: Value) -> Owner {
        owner(&json!({"metadata": {"labels": labels, "annotations": annotations}}))
    }

    #[test]
    fn each_maker_is_known_by_its_marks() {
        let helm = json!({"meta.helm.sh/release-name": "backup", "meta.helm.sh/release-namespace": "ops"});
        let release = Owner::Release { name: "backup".to_owned(), namespace: "ops".to_owned() };
        assert_eq!(of(json!({"app.kubernetes.io/managed-by": "Helm"}), helm.clone()), release);
        assert_eq!(of(json!({"app.kubernetes.io/managed-by": "eksctl"}), json!({})), Owner::Eksctl);
        assert_eq!(of(json!({"component": "velero"}), json!({})), Owner::VeleroCli);
        assert_eq!(of(json!({}), json!({})), Owner::Nobody);
        let flux = json!({"helm.toolkit.fluxcd.io/name": "velero", "helm.toolkit.fluxcd.io/namespace": "flux-system"});
        assert!(matches!(of(flux, helm), Owner::Repository(it) if it.title() == "Flux (velero)"));
    }

    #[test]
    fn argo_cd_is_known_by_its_annotation_and_by_a_chart_that_helm_did_not_apply() {
        let tracked = json!({"argocd.argoproj.io/tracking-id": "backups:apps/Deployment:velero/velero"});
        assert!(matches!(of(json!({}), tracked), Owner::Repository(it) if it.title() == "Argo CD (backups)"));
        let labels = json!({"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "backups"});
        assert!(matches!(of(labels, json!({})), Owner::Repository(it) if it.name == "backups"));
    }
}

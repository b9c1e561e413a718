//! What a trust policy says to EKS Pod Identity (security.md 1.3): EKS assumes the role as a service, with tags that
//! tell cluster, namespace and service account.

use super::{Caller, Context, Decision, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate};

/// Who assumes roles for pods, in every partition.
pub const PODS: &str = "pods.eks.amazonaws.com";

/// What EKS asks for when it assumes a role for a pod.
pub const POD_ACTIONS: [&str; 2] = ["sts:AssumeRole", "sts:TagSession"];

/// A pod for which EKS assumes a role.
#[derive(Debug, Clone, Copy)]
pub struct PodSession<'a> {
    /// The cluster's account.
    pub account: &'a str,
    /// The cluster's ARN.
    pub cluster_arn: &'a str,
    /// Its name.
    pub cluster: &'a str,
    /// The pod's namespace.
    pub namespace: &'a str,
    /// Its service account.
    pub service_account: &'a str,
    /// Its name; any before it runs.
    pub pod: &'a str,
    /// Its uid; any before it runs.
    pub uid: &'a str,
    /// Whether the session carries tags: not when the association disables them.
    pub tagged: bool,
}

impl PodSession<'_> {
    /// The condition keys of the call.
    fn context(&self) -> Context {
        let context = Context::new().with("aws:SourceAccount", self.account);
        if !self.tagged {
            return context;
        }
        let tags = [
            ("eks-cluster-arn", self.cluster_arn),
            ("eks-cluster-name", self.cluster),
            ("kubernetes-namespace", self.namespace),
            ("kubernetes-service-account", self.service_account),
            ("kubernetes-pod-name", self.pod),
            ("kubernetes-pod-uid", self.uid),
        ];
        let context = context.with_all("aws:TagKeys", tags.iter().map(|(name, _)| (*name).to_owned()));
        tags.iter().fold(context, |context, (name, value)| context.with(&format!("aws:RequestTag/{name}"), *value))
    }
}

/// Whether a role's trust policy lets EKS assume it for a pod; the first refusal of the two actions where it does
/// not.
pub fn trusts_pod(document: &Document, role_arn: &str, pod: &PodSession<'_>) -> Decision {
    let (kind, account) = (ResourceKind::Trust, pod.account.to_owned());
    let trust = ResourcePolicy { kind, account, document: document.clone() };
    let evidence = Evidence { resource: Some(trust), ..Evidence::default() };
    let asked = POD_ACTIONS.iter().filter(|action| pod.tagged || **action == POD_ACTIONS[0]);
    let decisions = asked.map(|action| {
        let (caller, action) = (Caller::Service(PODS.to_owned()), (*action).to_owned());
        evaluate(&Request { caller, action, resource: role_arn.to_owned(), context: pod.context() }, &evidence)
    });
    decisions.into_iter().find(|decision| !decision.is_allowed()).unwrap_or(Decision::Allowed)
}

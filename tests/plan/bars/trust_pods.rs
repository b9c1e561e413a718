//! B7 for EKS Pod Identity: for which pods EKS may assume the role.

use super::none;
use crate::world::{ACCOUNT, answers, document, facts, plan, role};
use lifeboat::domain::Identity;
use lifeboat::domain::policy::{Caller, Context, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate};
use lifeboat::plan::answers::Answers;

const ROLE: &str = "lifeboat-velero-us-east-1-prod";

/// A pod for which the role is asked.
#[derive(Clone)]
struct Pod {
    name: &'static str,
    service: &'static str,
    account: Option<&'static str>,
    cluster: Option<String>,
    namespace: Option<&'static str>,
    service_account: Option<&'static str>,
}

fn cluster(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:eks:{region}:{account}:cluster/{name}")
}

fn pod(name: &'static str) -> Pod {
    Pod {
        name,
        service: "pods.eks.amazonaws.com",
        account: Some(ACCOUNT),
        cluster: Some(cluster("us-east-1", ACCOUNT, "prod")),
        namespace: Some("velero"),
        service_account: Some("velero-server"),
    }
}

/// Each differs from the right pod in one thing.
fn wrong() -> Vec<Pod> {
    let sa = |name, it| Pod { service_account: Some(it), ..pod(name) };
    let ns = |name, it| Pod { namespace: Some(it), ..pod(name) };
    let at = |name, it| Pod { cluster: Some(it), ..pod(name) };
    vec![
        Pod { account: Some("444455556666"), ..pod("other account") },
        Pod { account: None, ..pod("no account") },
        at("other cluster", cluster("us-east-1", ACCOUNT, "staging")),
        at("other cluster: longer", cluster("us-east-1", ACCOUNT, "prod2")),
        at("other cluster: region", cluster("us-west-2", ACCOUNT, "prod")),
        at("other cluster: account", cluster("us-east-1", "444455556666", "prod")),
        at("other cluster: case", cluster("us-east-1", ACCOUNT, "Prod")),
        Pod { cluster: None, ..pod("no cluster") },
        ns("other namespace", "payroll"),
        ns("other namespace: longer", "velero2"),
        ns("other namespace: wildcard", "*"),
        Pod { namespace: None, ..pod("no namespace") },
        sa("other service account", "default"),
        sa("other service account: longer", "velero-server2"),
        sa("other service account: shorter", "velero-serve"),
        sa("other service account: case", "Velero-Server"),
        Pod { service_account: None, ..pod("no service account") },
        Pod { cluster: None, namespace: None, service_account: None, ..pod("session tags disabled") },
        Pod { service: "ec2.amazonaws.com", ..pod("another service") },
        Pod { service: "ecs-tasks.amazonaws.com", ..pod("another service: containers") },
    ]
}

impl Pod {
    /// The actions of EKS that the trust allows for it.
    fn allowed(&self, trust: &str) -> usize {
        let keys = [
            ("aws:SourceAccount", self.account),
            ("aws:RequestTag/eks-cluster-arn", self.cluster.as_deref()),
            ("aws:RequestTag/kubernetes-namespace", self.namespace),
            ("aws:RequestTag/kubernetes-service-account", self.service_account),
        ];
        let context = keys.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let context = context.fold(Context::new(), |context, (key, value)| context.with(key, value));
        let asked = |action: &&&str| ask(trust, Caller::Service(self.service.to_owned()), action, &context);
        ["sts:AssumeRole", "sts:TagSession"].iter().filter(asked).count()
    }
}

fn ask(trust: &str, caller: Caller, action: &str, context: &Context) -> bool {
    let resource = format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}");
    let request = Request { caller, action: action.to_owned(), resource, context: context.clone() };
    let document = Document::parse(trust).unwrap();
    let policy = ResourcePolicy { kind: ResourceKind::Trust, account: ACCOUNT.to_owned(), document };
    evaluate(&request, &Evidence { resource: Some(policy), ..Evidence::default() }).is_allowed()
}

fn asked() -> Answers {
    Answers { identity: Identity::PodIdentity, ..answers() }
}

fn allowed(trust: &str) -> Vec<String> {
    wrong().iter().filter(|pod| pod.allowed(trust) > 0).map(|pod| pod.name.to_owned()).collect()
}

#[test]
fn b7_every_wrong_pod_is_denied_and_the_right_one_gets_both_actions() {
    let plan = plan(&asked(), &facts());
    let trust = document(&plan, "trust.json");
    none("wrong pods allowed", &allowed(trust), wrong().len());
    assert_eq!(pod("right").allowed(trust), 2);
}

#[test]
fn b7_no_token_and_nobody_else_gets_the_role_of_a_pod() {
    let plan = plan(&asked(), &facts());
    let trust = document(&plan, "trust.json");
    let strangers = [
        (Caller::Federated(format!("arn:aws:iam::{ACCOUNT}:oidc-provider/x")), "sts:AssumeRoleWithWebIdentity"),
        (Caller::Anonymous, "sts:AssumeRole"),
        (Caller::Service("pods.eks.amazonaws.com".to_owned()), "sts:SetSourceIdentity"),
    ];
    for (caller, action) in strangers {
        assert!(!ask(trust, caller, action, &Context::new()), "{action}");
    }
}

/// One role for both identities: each statement stands by itself.
#[test]
fn b7_beside_irsas_statement_the_wrong_pods_are_still_denied() {
    let irsa = plan(&answers(), &facts());
    let mut facts = facts();
    facts.site.role = Some(role(ROLE, document(&irsa, "trust.json"), &[("managed-by", "lifeboat")]));
    let plan = plan(&asked(), &facts);
    let trust = document(&plan, "trust.json");
    assert_eq!(Document::parse(trust).unwrap().statements.len(), 2, "{trust}");
    none("wrong pods allowed", &allowed(trust), wrong().len());
    assert_eq!(pod("right").allowed(trust), 2);
}

/// The form that eksctl and the Terraform modules write (security.md 1.3) lets every pod in, so the pods can tell.
#[test]
fn b7_a_trust_without_conditions_is_seen() {
    let open = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    let all: Vec<&str> =
        wrong().iter().map(|pod| pod.name).filter(|name| !name.starts_with("another service")).collect();
    assert_eq!(allowed(open), all);
}

//! EKS Pod Identity as a plan: documents, what stands against it, what it needs (A27, A28, security.md 1.3).

use crate::world::{ACCOUNT, answers, cluster, document, facts, plan, problems, role};
use lifeboat::domain::Identity;
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer};
use lifeboat::plan::{Action, Facts, Op, Risk};
use lifeboat::ports::{Addon, AddonVersion, Association, Tags};
use serde_json::{Value, json};

fn asked() -> Answers {
    Answers { identity: Identity::PodIdentity, ..answers() }
}

fn addon(status: &str) -> Addon {
    let issues = if status == "ACTIVE" { vec![] } else { vec!["InsufficientNumberOfReplicas: no node".to_owned()] };
    Addon { status: status.to_owned(), version: "v1.3.9-eksbuild.3".to_owned(), issues, tags: Tags::new() }
}

/// An account whose cluster runs the agent.
fn with_agent() -> Facts {
    let mut facts = facts();
    facts.site.pod_identity.agent = Some(addon("ACTIVE"));
    facts
}

fn association(role: &str) -> Association {
    Association {
        id: "a-1".to_owned(),
        arn: format!("arn:aws:eks:us-east-1:{ACCOUNT}:podidentityassociation/prod/a-1"),
        namespace: "velero".to_owned(),
        service_account: "velero-server".to_owned(),
        role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
        target_role_arn: String::new(),
        disable_session_tags: false,
        owner: String::new(),
        tags: Tags::new(),
    }
}

const ROLE: &str = "lifeboat-velero-us-east-1-prod";

#[test]
fn golden_documents() {
    let plan = plan(&asked(), &facts());
    let mut documents: Vec<_> = plan.documents().collect();
    documents.sort_by_key(|document| document.path.as_str());
    let whole: String = documents.iter().flat_map(|document| ["=== ", &document.path, "\n", &document.text]).collect();
    insta::assert_snapshot!("pod-identity", whole);
}

#[test]
fn the_association_comes_before_the_release_and_after_role_namespace_and_agent() {
    let plan = plan(&asked(), &facts());
    let ids: Vec<&str> = plan.changes.iter().map(|change| change.id.as_str()).collect();
    let at = |id: &str| ids.iter().position(|there| *there == id).unwrap_or_else(|| panic!("no {id} in {ids:?}"));
    for before in ["pod-identity-agent", "role", "permissions", "namespace"] {
        assert!(at(before) < at("association"), "{before}: {ids:?}");
    }
    assert!(at("association") < at("token-proof") && at("token-proof") < at("helm-release"), "{ids:?}");
    assert!(!ids.contains(&"oidc-provider"));
    let account = document(&plan, "serviceaccount-velero-server.yaml");
    assert!(!account.contains("eks.amazonaws.com/role-arn"), "{account}");
    assert!(!document(&plan, "values.yaml").contains("role-arn"));
    let input: Value = serde_json::from_str(document(&plan, "eks/prod/association-velero-velero-server.json")).unwrap();
    assert_eq!(input["roleArn"], plan.names.role_arn.as_str());
    assert_eq!(input["clusterName"], "prod");
}

#[test]
fn the_sid_is_the_contracts_and_both_identities_live_in_one_trust() {
    let irsa = plan(&answers(), &facts());
    let mut facts = with_agent();
    facts.site.role = Some(role(ROLE, document(&irsa, "trust.json"), &[("managed-by", "lifeboat")]));
    let plan = plan(&asked(), &facts);
    let trust: Value = serde_json::from_str(document(&plan, "trust.json")).unwrap();
    let statements = trust["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 2, "{trust:#}");
    // sha256 of pod-identity/arn:aws:eks:us-east-1:111122223333:cluster/prod/velero/velero-server
    assert_eq!(statements[1]["Sid"], "Lifeboat25497fbf036469e3");
    assert_eq!(statements[1]["Principal"], json!({"Service": "pods.eks.amazonaws.com"}));
}

#[test]
fn a27_the_agent_is_kept_installed_waited_for_or_refused() {
    let action = |facts: &Facts| {
        let plan = plan(&asked(), facts);
        let agent = plan.change("pod-identity-agent").unwrap().clone();
        (agent, plan.notes.join("\n"))
    };
    let (kept, _) = action(&with_agent());
    assert_eq!(kept.action, Action::Keep);
    let (made, _) = action(&facts());
    assert_eq!((made.action, made.risk), (Action::Create, Risk::Low));
    assert!(matches!(&made.ops[..], [Op::CreateAddon { version, .. }, Op::AwaitAddon { .. }] if version.is_empty()));
    for status in ["CREATING", "DEGRADED", "CREATE_FAILED"] {
        let mut facts = facts();
        facts.site.pod_identity.agent = Some(addon(status));
        let (waits, notes) = action(&facts);
        assert_eq!(waits.action, Action::Update, "{status}");
        assert!(matches!(&waits.ops[..], [Op::AwaitAddon { .. }]), "{status}");
        assert!(notes.contains(status) && notes.contains("no node"), "{notes}");
    }
    let mut own = facts();
    own.site.pod_identity.own_agent = true;
    assert_eq!(action(&own).0.action, Action::Keep);
    let mut offered = facts();
    let version = AddonVersion { version: "v1.3.9-eksbuild.3".to_owned(), default: true };
    offered.site.pod_identity.offered = Some(vec![version]);
    assert!(action(&offered).0.title.ends_with("v1.3.9-eksbuild.3"));
    offered.site.pod_identity.offered = Some(Vec::new());
    assert!(problems(&asked(), &offered).0[0].what.as_str().contains("EKS offers no"));
}

#[test]
fn a27_nodes_without_an_agent_are_noted_and_alone_they_refuse_it() {
    let mut facts = with_agent();
    facts.site.pod_identity.nodes.fargate = 2;
    facts.site.pod_identity.nodes.windows = 1;
    let notes = plan(&asked(), &facts).notes.join("\n");
    assert!(notes.contains("2 nodes of Fargate") && notes.contains("1 node with Windows"), "{notes}");
    facts.site.pod_identity.nodes.alone = true;
    assert_eq!(problems(&asked(), &facts).0[0].field, "identity");
    let mut old = with_agent();
    old.site.cluster.version = "1.23".to_owned();
    assert!(problems(&asked(), &old).0[0].what.as_str().contains("1.23"));
}

#[test]
fn a28_another_role_is_a_conflict_with_a_diff_and_the_same_one_is_kept() {
    let mut facts = with_agent();
    facts.site.pod_identity.associations = vec![association(ROLE)];
    assert_eq!(plan(&asked(), &facts).change("association").unwrap().action, Action::Keep);
    facts.site.pod_identity.associations = vec![association("other")];
    let mut asked = asked();
    let change = plan(&asked, &facts).change("association").unwrap().clone();
    assert_eq!((change.action, change.risk), (Action::Conflict, Risk::High));
    assert!(change.diff.iter().any(|line| line.ends_with("role/other")) && change.ops.is_empty(), "{change:?}");
    asked.consent.adopt.insert("association".to_owned());
    let change = plan(&asked, &facts).change("association").unwrap().clone();
    assert!(matches!(&change.ops[..], [Op::UpdateAssociation { previous, .. }] if previous.ends_with("role/other")));
}

#[test]
fn an_association_that_no_update_mends_is_a_problem() {
    let refuted = |found: Association| {
        let mut facts = with_agent();
        facts.site.pod_identity.associations = vec![found];
        let problem = problems(&asked(), &facts).0.remove(0);
        format!("{} {} {}", problem.what, problem.why, problem.todo)
    };
    let tags = refuted(Association { disable_session_tags: true, ..association(ROLE) });
    assert!(tags.contains("disableSessionTags") && tags.contains("--no-disable-session-tags"), "{tags}");
    let owner =
        refuted(Association { owner: "arn:aws:eks:us-east-1:111122223333:addon/x".to_owned(), ..association(ROLE) });
    assert!(owner.contains("belongs to arn:aws:eks"), "{owner}");
    let target =
        refuted(Association { target_role_arn: "arn:aws:iam::444455556666:role/x".to_owned(), ..association(ROLE) });
    assert!(target.contains("444455556666"), "{target}");
}

#[test]
fn a28_an_annotation_beside_the_association_tells_which_pods_use_which() {
    let mut facts = with_agent();
    let annotations = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/old",
        "meta.helm.sh/release-name": "velero", "meta.helm.sh/release-namespace": "velero"});
    let labels = json!({"app.kubernetes.io/managed-by": "Helm"});
    facts.site.kube.service_account = Some(json!({"metadata": {"annotations": annotations, "labels": labels}}));
    let env = json!([{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/old"},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/t"}]);
    facts.site.kube.pods = vec![json!({"metadata": {"name": "velero-1"},
        "spec": {"serviceAccountName": "velero-server", "containers": [{"env": env}]}})];
    let plan = plan(&asked(), &facts);
    let note = plan.notes.iter().find(|note| note.contains("beside the association")).unwrap();
    assert!(note.contains("velero-1 still use the annotation's") && note.contains("role/old (IRSA)"), "{note}");
    assert_eq!(plan.change("restart").unwrap().diff, ["-velero-1 without the role"]);
    assert_eq!(plan.change("service-account").unwrap().action, Action::Keep, "the annotation is not touched");
}

#[test]
fn a28_with_irsa_an_association_is_refused_and_one_that_could_not_be_read_is_noted() {
    let mut with = facts();
    with.site.pod_identity.associations = vec![association("other")];
    let problem = problems(&answers(), &with).0.remove(0);
    assert!(problem.todo.as_str().contains("delete-pod-identity-association"), "{}", problem.todo);
    let mut unread = facts();
    unread.site.pod_identity.unread = Some(lifeboat::domain::Shown::new("no permission"));
    assert!(plan(&answers(), &unread).notes.iter().any(|note| note.contains("not known: no permission")));
}

#[test]
fn each_cluster_has_its_agent_and_association_and_its_own_words_to_prove() {
    let mut asked = asked();
    asked.restore_clusters.push(RestoreClusterAnswer {
        name: lifeboat::domain::ClusterName::parse("dr").unwrap(),
        region: lifeboat::domain::Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    let mut facts = with_agent();
    facts.restores = vec![lifeboat::plan::SiteFacts::bare(cluster("dr", "us-west-2"))];
    let plan = plan(&asked, &facts);
    for id in ["association", "association:dr", "pod-identity-agent:dr"] {
        assert!(plan.change(id).is_some(), "{id}");
    }
    assert!(!document(&plan, "eks/dr/association-velero-velero-server.json").contains("us-east-1-prod"));
    assert!(plan.must.contains(&"token".to_owned()) && plan.must.contains(&"token:dr".to_owned()), "{:?}", plan.must);
    assert!(plan.change("token-proof").unwrap().proves.is_empty(), "judging proves nothing");
    assert!(plan.change("canary:dr").unwrap().proves.contains(&"token:dr".to_owned()));
}

#[test]
fn the_operator_may_pass_the_role_and_the_commands_are_eks() {
    let plan = plan(&asked(), &facts());
    let policy: Value = serde_json::from_str(document(&plan, "operator-policy.json")).unwrap();
    let allowed = |action: &str, resource: &str| {
        policy["Statement"].as_array().unwrap().iter().any(|statement| {
            let actions = statement["Action"].as_array().unwrap();
            statement["Resource"].as_str().unwrap().ends_with(resource) && actions.iter().any(|there| there == action)
        })
    };
    for (action, resource) in [
        ("iam:PassRole", ROLE),
        ("eks:CreatePodIdentityAssociation", ":cluster/prod"),
        ("eks:CreateAddon", ":cluster/prod"),
        ("eks:DescribeAddon", ":addon/prod/eks-pod-identity-agent/*"),
        ("eks:DescribePodIdentityAssociation", ":podidentityassociation/prod/*"),
    ] {
        assert!(allowed(action, resource), "{action} on {resource}: {policy:#}");
    }
    assert!(!policy.to_string().contains("OpenIDConnectProvider"), "{policy:#}");
    let commands = document(&plan, "commands.sh");
    for line in [
        "aws eks create-addon --region us-east-1 --cluster-name prod --addon-name eks-pod-identity-agent",
        "aws eks wait addon-active --region us-east-1",
        "--cli-input-json file://eks/prod/association-velero-velero-server.json",
    ] {
        assert!(commands.contains(line), "{line}\n{commands}");
    }
}

#[test]
fn f12_an_installed_velero_before_1_14_is_refused() {
    let mut facts = with_agent();
    facts.site.release = Some(lifeboat::ports::Release {
        name: "velero".to_owned(),
        namespace: "velero".to_owned(),
        revision: 1,
        status: "deployed".to_owned(),
        chart: "velero".to_owned(),
        version: "6.0.0".to_owned(),
        app_version: "1.13.0".to_owned(),
        values: json!({"podAnnotations": {"lifeboat/identity": "x"}}),
    });
    let problem = problems(&asked(), &facts).0.remove(0);
    assert!(problem.why.as_str().contains("v1.9.0"), "{}", problem.why);
    let mut upgraded = asked();
    upgraded.install.version = "12.1.0".to_owned();
    assert!(plan(&upgraded, &facts).change("association").is_some());
}

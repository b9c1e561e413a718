//! EKS Pod Identity from an empty account to a restored backup, and back.

use crate::support::{User, answers, to_do};
use lifeboat::demo::Fault;
use lifeboat::domain::live::LinkState;
use lifeboat::domain::{Identity, Tool};
use lifeboat::engine::{self, Outcome};
use lifeboat::plan::answers::Answers;
use lifeboat::plan::{Action, Prove};
use lifeboat::ports::{Association, ClusterAccess, Kind, NewAssociation, Tags, Trouble, TroubleKind};

const AGENT: &str = "eks-pod-identity-agent";

fn pod_identity(cluster: &str) -> Answers {
    Answers { identity: Identity::PodIdentity, ..answers(cluster) }
}

async fn associated(user: &User, cluster: &str) -> Vec<Association> {
    let account = [("velero".to_owned(), "velero-server".to_owned())];
    user.world.aws.associations("us-east-1", cluster, &account).await.unwrap()
}

fn access(cluster: &str) -> ClusterAccess {
    ClusterAccess { name: cluster.to_owned(), region: "us-east-1".to_owned(), ..ClusterAccess::default() }
}

#[tokio::test]
async fn from_an_empty_account_to_a_restored_backup_and_all_keep_after() {
    let user = User::at("default");
    let answers = pod_identity("prod");
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(plan.change("pod-identity-agent").unwrap().action, Action::Keep);
    assert!(plan.change("oidc-provider").is_none(), "no provider is needed");
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "restore", "delete"]);
    assert_eq!(ran.finish.not_proven, ["volumes", "schedules"]);
    assert_eq!(associated(&user, "prod").await[0].role_arn, plan.names.role_arn);

    let (plan, gathered) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "after an apply all is kept");
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);

    let kube = &gathered.sites[0].kube;
    let account = kube.get(Kind::ServiceAccount, "velero", "velero-server").await.unwrap().unwrap();
    assert!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_null(), "{account}");
    let status = engine::status(&user.world, kube, &access("prod"), Tool::Velero, "velero").await.unwrap();
    assert!(status.healthy, "{status:?}");
    assert_eq!(status.identity.expected.as_deref(), Some(plan.names.role_arn.as_str()));
    assert_eq!(status.identity.actual, None, "only an error names it");

    let chain = engine::chain(&user.world, kube, &access("prod"), Tool::Velero, "velero").await;
    let links: Vec<&str> = chain.iter().map(|link| link.link).collect();
    assert_eq!(links[..6], ["cluster", "agent", "association", "trust", "permissions", "service-account"]);
    assert!(chain.iter().all(|link| matches!(link.state, LinkState::Ok | LinkState::Unknown)), "{chain:#?}");
    let unknown: Vec<_> = chain.iter().filter(|link| link.state == LinkState::Unknown).collect();
    assert!(unknown.iter().all(|link| link.link == "backup"), "{unknown:#?}");
}

#[tokio::test]
async fn the_agent_is_installed_where_there_is_none_and_undo_takes_it_back_with_the_association() {
    let user = User::at("default");
    let answers = pod_identity("staging");
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    let aws = &user.world.aws;
    assert_eq!(aws.addon("us-east-1", "staging", AGENT).await.unwrap().unwrap().status, "ACTIVE");
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert!(associated(&user, "staging").await.is_empty());
    assert_eq!(aws.addon("us-east-1", "staging", AGENT).await.unwrap(), None);
}

#[tokio::test]
async fn auto_mode_is_set_up_without_an_add_on_and_other_nodes_beside_it_get_one() {
    let user = User::at("nodes");
    let auto = pod_identity("auto");
    user.apply(&auto, Prove::Needed).await.ended(0, Outcome::Verified);
    let aws = &user.world.aws;
    assert_eq!(aws.addon("us-east-1", "auto", AGENT).await.unwrap(), None);
    let (plan, gathered) = user.plan(&auto, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "after an apply all is kept");
    let kube = &gathered.sites[0].kube;
    let chain = engine::chain(&user.world, kube, &access("auto"), Tool::Velero, "velero").await;
    let agent = chain.iter().find(|link| link.link == "agent").unwrap();
    assert!(agent.state == LinkState::Ok && agent.evidence.as_str().contains("EKS Auto Mode"), "{agent:?}");
    let detail = engine::describe(&user.world, "us-east-1", "auto", "").await.unwrap();
    assert!(detail.auto_mode && !engine::describe(&user.world, "us-east-1", "fargate", "").await.unwrap().auto_mode);

    let mixed = pod_identity("mixed");
    let (plan, _) = user.plan(&mixed, Prove::Needed).await;
    assert_eq!(plan.change("pod-identity-agent").unwrap().action, Action::Create);
    assert!(plan.notes.iter().any(|note| note.contains("1 node of mixed beside")), "{:?}", plan.notes);
}

#[tokio::test]
async fn undo_leaves_the_agent_where_another_association_needs_it_and_an_association_that_was_changed() {
    let user = User::at("default");
    let answers = pod_identity("staging");
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    let aws = &user.world.aws;
    let role = aws.role("lifeboat-velero-us-east-1-staging").await.unwrap().unwrap();
    let mut other = new_role("other", &role.trust);
    other.path = "/".to_owned();
    let other = aws.create_role(&other).await.unwrap();
    user.world.host.sleep(std::time::Duration::from_secs(5)).await;
    let made = associated(&user, "staging").await.remove(0);
    aws.update_association("us-east-1", "staging", &made.id, &other.arn, "theirs").await.unwrap();
    let undone = user.undo(&answers, &ran).await;
    undone.ended(3, Outcome::Failed);
    assert_eq!(associated(&user, "staging").await[0].role_arn, other.arn, "it was changed since");
    assert!(aws.addon("us-east-1", "staging", AGENT).await.unwrap().is_some(), "it is still needed");
}

fn new_role(name: &str, trust: &str) -> lifeboat::ports::NewRole {
    lifeboat::ports::NewRole {
        name: name.to_owned(),
        path: "/".to_owned(),
        trust: trust.to_owned(),
        description: String::new(),
        boundary: String::new(),
        tags: Tags::new(),
    }
}

#[tokio::test]
async fn a28_another_roles_association_waits_for_consent_and_is_then_updated_and_put_back() {
    let user = User::at("default");
    let aws = &user.world.aws;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    let other = aws.create_role(&new_role("other", trust)).await.unwrap();
    user.world.host.sleep(std::time::Duration::from_secs(5)).await;
    let new = NewAssociation {
        region: "us-east-1".to_owned(),
        cluster: "prod".to_owned(),
        namespace: "velero".to_owned(),
        service_account: "velero-server".to_owned(),
        role_arn: other.arn.clone(),
        token: "theirs".to_owned(),
        tags: Tags::new(),
    };
    aws.create_association(&new).await.unwrap();
    let mut answers = pod_identity("prod");
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(plan.change("association").unwrap().action, Action::Conflict);
    answers.consent.adopt.insert("association".to_owned());
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(associated(&user, "prod").await[0].role_arn, plan.names.role_arn);
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert_eq!(associated(&user, "prod").await[0].role_arn, other.arn);
}

#[tokio::test]
async fn a13_a_lost_answer_is_looked_up_and_nothing_is_made_twice() {
    let user = User::at("default");
    for call in ["eks:CreatePodIdentityAssociation", "eks:CreateAddon"] {
        user.demo.fail(call, Fault::After(Trouble::new(TroubleKind::Unanswered, "no answer came")));
    }
    let ran = user.apply(&pod_identity("staging"), Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(associated(&user, "staging").await.len(), 1);
    let again = user.apply(&pod_identity("staging"), Prove::Needed).await;
    assert!(again.events.iter().all(|event| event.state == engine::State::Kept), "{}", again.said());
}

#[tokio::test]
async fn a28_from_irsa_the_pods_are_restarted_into_pod_identity_and_the_way_back_is_explained() {
    let user = User::at("default");
    user.apply(&answers("prod"), Prove::Needed).await.ended(0, Outcome::Verified);
    let (plan, _) = user.plan(&pod_identity("prod"), Prove::Needed).await;
    assert!(plan.notes.iter().any(|note| note.contains("(IRSA) beside the association")), "{:?}", plan.notes);
    assert_eq!(plan.change("restart").unwrap().action, Action::Update);
    let ran = user.apply(&pod_identity("prod"), Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    let (plan, gathered) = user.plan(&pod_identity("prod"), Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());
    let trust = user.world.aws.role(&plan.names.role).await.unwrap().unwrap().trust;
    assert!(trust.contains("AssumeRoleWithWebIdentity") && trust.contains("pods.eks.amazonaws.com"), "{trust}");

    let refuted = lifeboat::plan::plan(&answers("prod"), &gathered_as_irsa(&user).await, Prove::Needed);
    let problems = refuted.map(|plan| plan.digest).unwrap_err();
    let said = format!("{} {}", problems.0[0].what, problems.0[0].todo);
    assert!(said.contains("association") && said.contains("delete-pod-identity-association"), "{said}");
    drop(gathered);
}

async fn gathered_as_irsa(user: &User) -> lifeboat::plan::Facts {
    user.gather(&answers("prod")).await.unwrap().facts
}

#[tokio::test]
async fn f13_a_trust_that_lacks_the_pods_is_found_before_a_pod_starts_and_named_by_the_chain() {
    let user = User::at("default");
    let answers = pod_identity("prod");
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
    let role = "lifeboat-velero-us-east-1-prod";
    let trust = user.world.aws.role(role).await.unwrap().unwrap().trust.replace("\"velero\"", "\"other\"");
    user.world.aws.put_trust(role, &trust).await.unwrap();
    user.world.host.sleep(std::time::Duration::from_mins(2)).await;
    let gathered = user.gather(&answers).await.unwrap();
    let chain = engine::chain(&user.world, &gathered.sites[0].kube, &access("prod"), Tool::Velero, "velero").await;
    let broken: Vec<&str> = chain.iter().filter(|link| link.state == LinkState::Broken).map(|link| link.link).collect();
    assert_eq!(broken, ["trust"], "{chain:#?}");
}

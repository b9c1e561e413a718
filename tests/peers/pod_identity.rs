//! EKS Pod Identity on real software: lifeboat sets Velero up with an association, proves it by the pod's own calls,
//! and takes it back.

use crate::lifeboat::{Lifeboat, to_do};
use crate::testbed::World;
use crate::world_or_skip;

const ROLE: &str = "arn:aws:iam::111122223333:role/lifeboat-velero-us-east-1-prod";

/// The answers, with Pod Identity.
fn at(world: &World) -> Lifeboat<'_> {
    let lifeboat = Lifeboat::at(world, "");
    let path = world.dir().join("answers.toml");
    let text = std::fs::read_to_string(&path).expect("the answers are there");
    std::fs::write(&path, text.replace("identity = \"irsa\"", "identity = \"pod-identity\"")).expect("and written");
    lifeboat
}

/// The roles of the associations that the cluster has.
async fn associated(world: &World) -> Vec<String> {
    let eks = aws_sdk_eks::Client::new(&world.sdk());
    let listed = eks.list_pod_identity_associations().cluster_name("prod").send().await.unwrap();
    let mut roles = Vec::new();
    for one in listed.associations() {
        let id = one.association_id().unwrap();
        let said =
            eks.describe_pod_identity_association().cluster_name("prod").association_id(id).send().await.unwrap();
        roles.push(said.association.unwrap().role_arn.unwrap());
    }
    roles
}

async fn has_agent(world: &World) -> bool {
    let eks = aws_sdk_eks::Client::new(&world.sdk());
    eks.describe_addon().cluster_name("prod").addon_name("eks-pod-identity-agent").send().await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn velero_with_pod_identity_is_verified_then_all_keep_then_undone() {
    let world = world_or_skip!();
    let lifeboat = at(&world);
    let first = lifeboat.apply(&[]).await;
    first.ended(0, "verified");
    assert_eq!(first.last()["proven"], serde_json::json!(["token", "backup", "restore", "delete"]));
    assert_eq!(associated(&world).await, [ROLE]);
    assert!(has_agent(&world).await, "the agent was installed");
    assert_eq!(world.fault().count("sts:AssumeRoleWithWebIdentity"), 0, "{:?}", world.fault().calls());

    assert_eq!(to_do(&lifeboat.plan().await), Vec::<String>::new(), "after an apply the plan is all keep");
    let second = lifeboat.apply(&[]).await;
    second.ended(0, "verified");
    assert!(second.made().is_empty(), "{:?}", second.states());

    let (code, status) = lifeboat.status().await;
    assert_eq!(code, 0, "{status}");
    assert_eq!(status["identity"]["expected"], ROLE, "{status}");
    assert_eq!(status["locations"][0]["phase"], "Available", "{status}");

    let undone = lifeboat.undo().await;
    undone.ended(0, "undone");
    assert!(associated(&world).await.is_empty());
    assert!(!has_agent(&world).await, "nothing needs the agent any more");
}

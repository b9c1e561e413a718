//! Pod Identity in the demo world, and how it fails: in the agent's and the SDK's words.

use crate::fixture::{Fixture, demo};
use crate::velero::{phase, storage, until, values};
use lifeboat::ports::{Kind, Kube, NewAssociation, Object, Tags, TroubleKind};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The trust of security.md 1.3 for a service account of a namespace of prod.
fn trust(namespace: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333",
            "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:us-east-1:111122223333:cluster/prod",
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": "velero-server"}}}]})
}

/// Velero with an association and the values that it needs, changed.
async fn install(at: &Fixture, change: impl Fn(&mut Value)) -> (Arc<dyn Kube>, String) {
    let kube = at.kube().await;
    let velero = at.namespace(kube.as_ref(), "v").await;
    let (bucket, role) = storage(at, &velero).await;
    at.world.aws.put_trust(&at.name("r"), &trust(&velero).to_string()).await.unwrap();
    at.world.host.sleep(Duration::from_secs(5)).await;
    associate(at, &velero, &role).await;
    let mut given = values(&bucket, &role);
    given["serviceAccount"]["server"]["annotations"] = json!({});
    change(&mut given);
    at.world.helm.upgrade(&at.upgrade(&velero, &given).await).await.unwrap();
    (kube, velero)
}

async fn associate(at: &Fixture, namespace: &str, role: &str) {
    let new = NewAssociation {
        region: at.region.clone(),
        cluster: at.cluster.clone(),
        namespace: namespace.to_owned(),
        service_account: "velero-server".to_owned(),
        role_arn: role.to_owned(),
        token: "token".to_owned(),
        tags: Tags::new(),
    };
    at.world.aws.create_association(&new).await.unwrap();
}

async fn location(kube: &dyn Kube, velero: &str, wanted: &str) -> String {
    let done = |object: &Object| phase(object) == wanted;
    let location = until(kube, Kind::BackupStorageLocation, velero, "default", done).await;
    location["status"]["message"].as_str().unwrap_or_default().to_owned()
}

fn variables(pod: &Object) -> Vec<&str> {
    let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    env.iter().filter_map(|one| one["name"].as_str()).filter(|name| name.starts_with("AWS_")).collect()
}

#[tokio::test]
async fn an_association_gives_velero_its_role_and_wins_over_the_annotation() {
    let at = demo("pi");
    let annotation = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/other"});
    let (kube, velero) =
        install(&at, |given| given["serviceAccount"]["server"]["annotations"] = annotation.clone()).await;
    location(kube.as_ref(), &velero, "Available").await;
    let pods = kube.list(Kind::Pod, &velero, "name=velero").await.unwrap();
    let names = variables(&pods[0]);
    assert!(names.contains(&"AWS_CONTAINER_CREDENTIALS_FULL_URI") && !names.contains(&"AWS_ROLE_ARN"), "{names:?}");
}

#[tokio::test]
async fn a28_an_association_helps_only_new_pods() {
    let at = demo("a28");
    let kube = at.kube().await;
    let velero = at.namespace(kube.as_ref(), "v").await;
    let (bucket, role) = storage(&at, &velero).await;
    let given = values(&bucket, &role);
    at.world.helm.upgrade(&at.upgrade(&velero, &given).await).await.unwrap();
    location(kube.as_ref(), &velero, "Available").await;
    associate(&at, &velero, &role).await;
    at.world.host.sleep(Duration::from_mins(3)).await;
    let pods = kube.list(Kind::Pod, &velero, "name=velero").await.unwrap();
    assert!(variables(&pods[0]).contains(&"AWS_ROLE_ARN"), "the old pod keeps the web identity");
}

#[tokio::test]
async fn f13_a_trust_for_another_namespace_is_refused_in_the_agents_words() {
    let at = demo("f13");
    let (kube, velero) = install(&at, |_| {}).await;
    location(kube.as_ref(), &velero, "Available").await;
    at.world.aws.put_trust(&at.name("r"), &trust("other").to_string()).await.unwrap();
    let text = location(kube.as_ref(), &velero, "Unavailable").await;
    let words = "(AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume";
    assert!(text.contains("failed to load credentials") && text.contains(words), "{text}");
}

#[tokio::test]
async fn f15_without_the_agent_nothing_answers() {
    let at = demo("f15");
    let aws = &at.world.aws;
    aws.delete_addon(&at.region, &at.cluster, "eks-pod-identity-agent").await.unwrap();
    let (kube, velero) = install(&at, |_| {}).await;
    let text = location(kube.as_ref(), &velero, "Unavailable").await;
    assert!(text.contains(r#"Get "http://169.254.170.23/v1/credentials": dial tcp 169.254.170.23:80"#), "{text}");
    aws.create_addon(&at.region, &at.cluster, "eks-pod-identity-agent", "", &Tags::new()).await.unwrap();
    let addon = aws.addon(&at.region, &at.cluster, "eks-pod-identity-agent").await.unwrap().unwrap();
    assert_eq!(addon.status, "CREATING");
    location(kube.as_ref(), &velero, "Available").await;
    let addon = aws.addon(&at.region, &at.cluster, "eks-pod-identity-agent").await.unwrap().unwrap();
    assert_eq!((addon.status.as_str(), addon.version.as_str()), ("ACTIVE", "v1.3.9-eksbuild.3"));
}

#[tokio::test]
async fn f12_an_old_plugin_takes_no_container_credentials() {
    let at = demo("f12");
    let (kube, velero) = install(&at, |given| {
        given["initContainers"][0]["image"] = json!("velero/velero-plugin-for-aws:v1.9.2");
    })
    .await;
    let text = location(kube.as_ref(), &velero, "Unavailable").await;
    assert!(text.contains("invalid endpoint host, \"169.254.170.23\", only loopback hosts are allowed"), "{text}");
}

#[tokio::test]
async fn a_role_that_eks_does_not_see_yet_is_refused() {
    let at = demo("lag");
    let role = at.world.aws.create_role(&at.new_role("r", &trust("v").to_string())).await.unwrap();
    let new = NewAssociation {
        region: at.region.clone(),
        cluster: at.cluster.clone(),
        namespace: "v".to_owned(),
        service_account: "velero-server".to_owned(),
        role_arn: role.arn,
        token: "token".to_owned(),
        tags: Tags::new(),
    };
    let trouble = at.world.aws.create_association(&new).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Invalid, "InvalidParameterException"));
    assert!(trouble.why.as_str().contains("Role provided in the request does not exist"), "{trouble}");
}

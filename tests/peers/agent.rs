//! Pod Identity: an association gives Velero its role, through the webhook, the node and the agent.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::Api;
use kube::api::PostParams;
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use serde_json::{Value, json};

use crate::hand::Hand;
use crate::testbed::{World, eventually};
use crate::world_or_skip;

const BUCKET: &str = "velero-of-the-agent";
const ACCOUNT: &str = "111122223333";

/// A bucket, a role with this trust, its association, and Velero installed without any annotation.
async fn set_up(world: &World, trust: &Value) {
    let hand = Hand::on(world, "prod");
    world.s3().create_bucket().bucket(BUCKET).send().await.unwrap();
    let all = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
    }]});
    let role = hand.role("velero", trust, &all).await;
    hand.associate("velero", "velero-server", &role).await;

    let content = json!({
        "configuration": {
            "backupStorageLocation": [{
                "name": "default", "default": true, "provider": "aws", "bucket": BUCKET,
                "config": {"region": "us-east-1"},
            }],
            "volumeSnapshotLocation": [],
        },
        "credentials": {"useSecret": false},
        "snapshotsEnabled": false,
        "serviceAccount": {"server": {"name": "velero-server"}},
        "initContainers": [{
            "name": "velero-plugin-for-aws", "image": "docker.io/velero/velero-plugin-for-aws:v1.14.3",
            "volumeMounts": [{"name": "plugins", "mountPath": "/target"}],
        }],
    });
    hand.helm("velero", &world.chart(), "velero", &content).await.expect("the release");
}

/// The location's status, once its phase is this one.
async fn phase(world: &World, wanted: &str) -> Value {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("velero.io", "v1", "BackupStorageLocation"));
    let locations: Api<DynamicObject> = Api::namespaced_with(world.kube("prod").await, "velero", &kind);
    eventually(&format!("the location is {wanted}"), Duration::from_secs(30), || async {
        let location = locations.get("default").await.map_err(|problem| problem.to_string())?;
        let status = &location.data["status"];
        if status["phase"] == wanted {
            return Ok(status.clone());
        }
        Err(format!("{status}\n{}", world.node("prod").logs()))
    })
    .await
}

#[tokio::test]
async fn an_association_gives_velero_its_role() {
    let world = world_or_skip!();
    set_up(&world, &Hand::on(&world, "prod").pod_identity("velero", "velero-server")).await;
    phase(&world, "Available").await;
    assert!(world.fault().count("s3:ListObjectsV2") > 0, "{:?}", world.fault().calls());
    assert_eq!(world.fault().count("sts:AssumeRoleWithWebIdentity"), 0, "{:?}", world.fault().calls());
}

#[tokio::test]
async fn a_trust_in_another_namespace_gives_nothing() {
    let world = world_or_skip!();
    set_up(&world, &Hand::on(&world, "prod").pod_identity("another", "velero-server")).await;
    let status = phase(&world, "Unavailable").await;
    let message = status["message"].as_str().unwrap_or_default();
    assert!(message.contains("AccessDeniedException"), "{message}");
    assert_eq!(world.fault().count("s3:ListObjectsV2"), 0, "{:?}", world.fault().calls());
}

/// The AWS variables that a pod of this service account is given.
async fn given(world: &World, account: &str) -> Vec<String> {
    let pods: Api<Pod> = Api::namespaced(world.kube("prod").await, "default");
    let pod = json!({
        "metadata": {"name": account},
        "spec": {"serviceAccountName": account, "containers": [{"name": "one", "image": "one:1"}]},
    });
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let pod = pods.create(&dry, &serde_json::from_value(pod).unwrap()).await.unwrap();
    let env = pod.spec.unwrap().containers.remove(0).env.unwrap_or_default();
    env.into_iter().map(|variable| variable.name).filter(|name| !name.contains("REGION")).collect()
}

#[tokio::test]
async fn an_association_wins_over_the_annotation() {
    let world = world_or_skip!();
    let eks = aws_sdk_eks::Client::new(&world.sdk());
    let role = format!("arn:aws:iam::{ACCOUNT}:role/eks-cluster");
    let accounts: Api<ServiceAccount> = Api::namespaced(world.kube("prod").await, "default");
    let account = json!({"metadata": {"name": "both", "annotations": {"eks.amazonaws.com/role-arn": role}}});
    let account = serde_json::from_value(account).unwrap();
    accounts.create(&PostParams::default(), &account).await.unwrap();
    assert_eq!(given(&world, "both").await, ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"]);

    let associate = eks.create_pod_identity_association().cluster_name("prod").namespace("default");
    associate.service_account("both").role_arn(role).send().await.unwrap();
    let expected = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
    assert_eq!(given(&world, "both").await, expected);
    assert!(given(&world, "default").await.is_empty());
}

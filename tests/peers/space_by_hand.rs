//! A Space as an admin sets it up by hand: its release, its pull secret, a group, a control plane.

use crate::hand::Hand;
use serde_json::{Value, json};

pub const BUCKET: &str = "space-by-hand";
pub const HOME: &str = "upbound-system";
pub const GROUP: &str = "team-a";
pub const PLANE: &str = "spaces.upbound.io/v1beta1/ControlPlane";

/// A bucket, the release, the pull secret, and a group.
pub async fn install(hand: Hand<'_>, annotations: &Value) {
    hand.world.s3().create_bucket().bucket(BUCKET).send().await.expect("a bucket");
    upgrade(hand, annotations).await;
    let home = hand.until("apps/v1/Deployment", HOME, "spaces-controller", |_| true).await;
    assert!(home["status"]["availableReplicas"].is_null(), "without the pull secret nothing is pulled: {home}");
    furnish(hand).await;
}

/// The release, the pull secret, and a group.
pub async fn install_here(hand: Hand<'_>) {
    upgrade(hand, &json!({})).await;
    furnish(hand).await;
}

/// The pull secret and a group; then the Space's controller runs.
pub async fn furnish(hand: Hand<'_>) {
    let pull =
        json!({"metadata": {"name": "upbound-pull-secret"}, "stringData": {".dockerconfigjson": "{\"auths\": {}}"}});
    let mut pull = pull;
    pull["type"] = json!("kubernetes.io/dockerconfigjson");
    hand.create("/v1/Secret", HOME, pull).await.expect("the pull secret");
    let group = json!({"metadata": {"name": GROUP, "labels": {"spaces.upbound.io/group": "true"}}});
    hand.create("/v1/Namespace", "", group).await.expect("a group");
    hand.until("apps/v1/Deployment", HOME, "spaces-controller", |it| it["status"]["availableReplicas"] == 1).await;
}

/// The release, installed or upgraded.
pub async fn upgrade(hand: Hand<'_>, annotations: &Value) {
    let values = json!({
        "account": "acme", "controlPlanes": {"mxpController": {"serviceAccount": {"annotations": annotations}}},
    });
    hand.helm("spaces", &hand.world.chart_of("spaces"), HOME, &values).await.expect("the release");
}

/// A control plane that is ready; its host namespace.
pub async fn plane(hand: Hand<'_>, name: &str) -> String {
    hand.create(PLANE, GROUP, json!({"metadata": {"name": name}, "spec": {}})).await.expect("a control plane");
    let it = hand.until(PLANE, GROUP, name, |it| condition(it, "Ready")["status"] == "True").await;
    format!("mxp-{}-system", it["status"]["controlPlaneID"].as_str().expect("an id"))
}

/// A condition of an object, null where it has none.
pub fn condition(object: &Value, kind: &str) -> Value {
    let list = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    list.into_iter().find(|it| it["type"] == kind).unwrap_or_default()
}

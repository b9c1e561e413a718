//! A Space that somebody backs up already: what Review asks.

use crate::journey::Journey;
use lifeboat::app::Overlay;
use lifeboat::domain::Shown;
use lifeboat::ports::{ClusterAccess, Kind};
use lifeboat::wizard::StepId;
use serde_json::json;

#[tokio::test]
async fn a_space_that_is_backed_up_with_a_key_is_asked_about_in_review_and_no_mirror_is_asked_for() {
    let mut journey = Journey::at("default");
    let access = ClusterAccess { name: "prod".into(), region: "us-east-1".into(), ..ClusterAccess::default() };
    let kube = journey.user.world.clusters.connect(&access).await.unwrap();
    let config = json!({"metadata": {"name": "lifeboat", "namespace": "team-a"}, "spec": {"objectStorage": {
        "provider": "AWS", "bucket": "theirs", "config": {"endpoint": "s3.us-east-1.amazonaws.com"},
        "credentials": {"source": "Secret", "secretRef": {"name": "backup-key"}}}}});
    kube.create(Kind::SharedBackupConfig, &config).await.unwrap();
    journey.model.draft.set("tool", "upbound-spaces");
    // Typed while another tool was chosen: a Space has no such value.
    journey.model.draft.set("install.image_registry", "registry.example.com/mirror");
    journey.walk("prod", "acme-backups", StepId::Review).await;
    assert!(journey.model.draft.answers().unwrap().install.image_registry.is_empty());
    let plan = journey.model.review.plan().unwrap_or_else(|| panic!("{}", journey.seen()));
    let waits: Vec<&str> = plan.conflicts().iter().map(|change| change.id.as_str()).collect();
    assert_eq!(waits, ["location:team-a"]);
    assert!(plan.conflicts()[0].whose().contains("uses the key in the Secret backup-key/credentials"));
    // The cursor is on what waits.
    journey.press("o");
    let Some(Overlay::Confirm(question)) = journey.model.overlays.last() else { panic!("{}", journey.seen()) };
    let told = question.lines.iter().map(Shown::as_str).collect::<Vec<_>>().join("|");
    assert!(told.contains("backup-key/credentials, which is switched off"), "{told}");
    journey.press("tab enter").settle().await;
    assert!(journey.model.draft.list("consent.adopt").contains("location:team-a"), "{}", journey.seen());
    assert!(journey.model.review.plan().unwrap().conflicts().is_empty(), "{}", journey.seen());
}

//! Rancher Backup of somebody else, through the wizard: what its conflict says, what the keys do, and the proof.

use crate::journey::Journey;
use lifeboat::app::Overlay;
use lifeboat::engine::Outcome;
use lifeboat::plan::{Action, Plan};
use lifeboat::ports::{ChartSource, ClusterAccess, Kind, Kube, Upgrade};
use lifeboat::wizard::StepId;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const HOME: &str = "cattle-resources-system";

/// Both charts by somebody's hands, with a key, and a recurring Backup that follows the operator.
async fn installed(journey: &Journey) -> Arc<dyn Kube> {
    let world = &journey.user.world;
    let access = ClusterAccess { name: "cli".to_owned(), region: "us-east-1".to_owned(), ..ClusterAccess::default() };
    let kube = world.clusters.connect(&access).await.unwrap();
    kube.create(Kind::Namespace, &json!({"metadata": {"name": HOME}})).await.unwrap();
    let data = json!({"accessKey": "AKIADEMO0000000VELERO", "secretKey": "demo"});
    let secret = json!({"metadata": {"name": "keys", "namespace": HOME}, "stringData": data});
    kube.create(Kind::Secret, &secret).await.unwrap();
    let values = json!({"s3": {
        "enabled": true, "bucketName": "acme-key-velero", "region": "us-east-1", "folder": "team",
        "endpoint": "s3.us-east-1.amazonaws.com", "credentialSecretName": "keys", "credentialSecretNamespace": HOME,
    }});
    for (name, values) in [("rancher-backup-crd", json!({})), ("rancher-backup", values)] {
        let order = Upgrade {
            access: access.clone(),
            release: name.to_owned(),
            namespace: HOME.to_owned(),
            chart: ChartSource::Repository { url: "https://charts.rancher.io".to_owned(), name: name.to_owned() },
            version: "109.0.7+up10.0.8".to_owned(),
            values: values.to_string(),
            timeout: Duration::from_mins(1),
        };
        world.helm.upgrade(&order).await.unwrap();
    }
    let spec = json!({"resourceSetName": "rancher-resource-set-basic", "schedule": "@daily"});
    kube.create(Kind::RancherBackup, &json!({"metadata": {"name": "daily"}, "spec": spec})).await.unwrap();
    world.host.sleep(Duration::from_secs(20)).await;
    kube
}

async fn at_review() -> (Journey, Arc<dyn Kube>) {
    let mut journey = Journey::at("installed");
    let kube = installed(&journey).await;
    journey.model.draft.set("tool", "rancher-backup");
    journey.walk("cli", "acme-backups", StepId::Review).await;
    (journey, kube)
}

fn plan(journey: &Journey) -> Plan {
    journey.model.review.plan().unwrap_or_else(|| panic!("{}", journey.seen())).clone()
}

#[tokio::test]
async fn a_release_with_a_key_waits_for_consent_is_adopted_by_its_key_and_proven() {
    let (mut journey, kube) = at_review().await;
    let change = journey.model.review.change().cloned().unwrap();
    assert_eq!((change.id.as_str(), change.action), ("helm-release", Action::Conflict), "it is under the cursor");
    for word in ["was not installed by lifeboat", "the key in the Secret cattle-resources-system/keys", "Backup daily"]
    {
        assert!(change.whose().contains(word), "{word}: {}", change.whose());
    }
    journey.press("a");
    assert!(journey.said("wait"), "{}", journey.seen());

    journey.press("o");
    let Some(Overlay::Confirm(question)) = journey.model.overlays.last() else { panic!("{}", journey.seen()) };
    let asked: String = question.lines.iter().map(ToString::to_string).collect();
    assert!(asked.contains("which is switched off"), "what is agreed to is said: {asked}");
    journey.press("enter");
    assert!(journey.model.draft.list("consent.adopt").is_empty(), "Enter alone agrees to nothing");
    journey.press("o tab enter");
    assert!(journey.model.draft.list("consent.adopt").contains("helm-release"), "{}", journey.seen());
    assert_eq!(plan(&journey).change("restart").unwrap().action, Action::Update);

    let secret = kube.get(Kind::Secret, HOME, "keys").await.unwrap();
    journey.press("a tab enter");
    journey.on(StepId::Apply);
    journey.settle().await;
    let finish = journey.model.run.finish.clone().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert_eq!((finish.exit, finish.outcome), (0, Outcome::Verified), "{finish:?}");
    assert_eq!(kube.get(Kind::Secret, HOME, "keys").await.unwrap(), secret, "the Secret stays");
}

#[tokio::test]
async fn one_that_argo_cd_owns_is_saved_and_what_is_left_alone_is_seen_in_review() {
    let mut journey = Journey::at("installed");
    let kube = installed(&journey).await;
    let marks = json!({"argocd.argoproj.io/tracking-id": "backups:apps/Deployment:x/rancher-backup"});
    let patch = json!({"metadata": {"annotations": marks}});
    kube.patch(Kind::Deployment, HOME, "rancher-backup", &patch).await.unwrap();
    journey.model.draft.set("tool", "rancher-backup");
    journey.walk("cli", "acme-backups", StepId::Review).await;
    let plan = plan(&journey);
    assert!(plan.conflicts().is_empty(), "{:?}", plan.conflicts());
    let release = plan.change("helm-release").unwrap();
    assert!(release.tells_why() && release.why.contains("Argo CD (backups)"), "{}", release.why);
    assert!(plan.notes.iter().any(|note| note.contains("changes nothing in the cluster")), "{:#?}", plan.notes);
    let before: Option<Value> = kube.get(Kind::Deployment, HOME, "rancher-backup").await.unwrap();
    journey.press("a tab enter");
    journey.on(StepId::Apply);
    journey.settle().await;
    let finish = journey.model.run.finish.clone().unwrap_or_else(|| panic!("{}", journey.seen()));
    assert_eq!((finish.exit, finish.outcome), (0, Outcome::Applied), "{finish:?}");
    assert_eq!(kube.get(Kind::Deployment, HOME, "rancher-backup").await.unwrap(), before);
}

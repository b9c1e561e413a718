//! A second cluster with a Space, to restore to: a role that reads, the release's annotation, its controllers with the
//! role and a config for its groups. No restore is made; the token's own calls prove that it could read.

use crate::spaces::{At, space};
use crate::support::{User, to_do};
use lifeboat::demo::World;
use lifeboat::domain::{ClusterName, Identity, Region};
use lifeboat::engine::Outcome;
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer, SpacesTrust};
use lifeboat::plan::{Action, Prove};
use lifeboat::ports::{ChartSource, ClusterAccess, Kind, Kube, Upgrade};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const ROLE: &str = "lifeboat-upbound-spaces-us-west-2-dr-read";

fn with_dr() -> Answers {
    let mut answers = space();
    answers.restore_clusters.push(RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    answers
}

/// The second cluster's Space.
struct Dr {
    at: At,
    kube: Arc<dyn Kube>,
    access: ClusterAccess,
    host: String,
}

impl Dr {
    async fn made() -> Self {
        let at = At::prod().await;
        let access = ClusterAccess { name: "dr".into(), region: "us-west-2".into(), ..ClusterAccess::default() };
        let kube = at.user.world.clusters.connect(&access).await.unwrap();
        let space = json!({"metadata": {"name": "upbound-system"}});
        kube.create(Kind::Namespace, &space).await.unwrap();
        let pull = json!({"metadata": {"name": "upbound-pull-secret", "namespace": "upbound-system"},
            "type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{\"auths\": {}}"}});
        kube.create(Kind::Secret, &pull).await.unwrap();
        let upgrade = Upgrade {
            access: access.clone(),
            release: "spaces".to_owned(),
            namespace: "upbound-system".to_owned(),
            chart: ChartSource::Reference("oci://xpkg.upbound.io/spaces-artifacts/spaces".to_owned()),
            version: "1.17.0".to_owned(),
            values: "account: acme\ningress: {host: dr.acme.example}\n".to_owned(),
            timeout: Duration::from_mins(1),
        };
        at.user.world.helm.upgrade(&upgrade).await.unwrap();
        let group = json!({"metadata": {"name": "team-b", "labels": {"spaces.upbound.io/group": "true"}}});
        kube.create(Kind::Namespace, &group).await.unwrap();
        let plane = json!({"metadata": {"name": "spare", "namespace": "team-b"}, "spec": {}});
        kube.create(Kind::ControlPlane, &plane).await.unwrap();
        at.later(60).await;
        let plane = kube.get(Kind::ControlPlane, "team-b", "spare").await.unwrap().unwrap();
        let host = format!("mxp-{}-system", plane["status"]["controlPlaneID"].as_str().unwrap());
        Self { at, kube, access, host }
    }

    async fn release(&self) -> Value {
        let found = self.at.user.world.helm.release(&self.access, "upbound-system", "spaces").await.unwrap();
        found.unwrap().values
    }

    async fn policy(&self) -> String {
        let role = self.at.user.world.aws.role(ROLE).await.unwrap().unwrap();
        self.at.user.world.aws.role_policy(&role.name, &role.name).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn by_irsa_it_gets_a_role_that_reads_its_values_and_controllers_and_a_token_that_proves_it() {
    let dr = Dr::made().await;
    let (user, answers) = (&dr.at.user, with_dr());
    let before = dr.release().await;
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(plan.change("canary:team-b/spare:dr").is_none() && plan.change("schedule:team-b:dr").is_none());
    assert!(
        plan.notes.iter().any(|it| it.starts_with("dr: a restore makes a new control plane there")),
        "upbound-5: {:#?}",
        plan.notes
    );
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete", "token:dr"], "{}", ran.said());
    assert_eq!(ran.finish.not_proven, ["restore", "schedules"]);
    assert!(ran.said().contains("lists and may read in s3://acme-backups/"), "{}", ran.said());

    let policy = dr.policy().await;
    assert!(policy.contains("s3:GetObject") && policy.contains("s3:ListBucket"), "{policy}");
    assert!(
        !policy.contains("s3:PutObject") && !policy.contains("s3:DeleteObject"),
        "a restore writes nothing: {policy}"
    );
    let trust = user.world.aws.role(ROLE).await.unwrap().unwrap().trust;
    assert!(trust.contains(&format!("system:serviceaccount:{}:mxp-controller", dr.host)), "{trust}");
    let account = dr.kube.get(Kind::ServiceAccount, &dr.host, "mxp-controller").await.unwrap().unwrap();
    let annotated = account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].as_str().unwrap();
    assert!(annotated.ends_with(ROLE), "{annotated}");
    assert_eq!(dr.release().await["ingress"], before["ingress"], "its own values stay");
    let pods = dr.kube.list(Kind::Pod, &dr.host, "app=mxp-controller").await.unwrap();
    assert!(lifeboat::plan::stale(&pods, Identity::Irsa, "mxp-controller", annotated).is_empty(), "{pods:#?}");
    let config = dr.kube.get(Kind::SharedBackupConfig, "team-b", "lifeboat").await.unwrap().unwrap();
    let storage = &config["spec"]["objectStorage"];
    assert_eq!(
        (&storage["bucket"], &storage["prefix"]),
        (&json!("acme-backups"), &json!("upbound-spaces/us-east-1/prod"))
    );

    let (again, _) = user.plan(&answers, Prove::Needed).await;
    assert!(again.all_keep(), "second run: {:?}", to_do(&again));
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);

    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert_eq!(dr.release().await, before);
    assert!(user.world.aws.role(ROLE).await.unwrap().is_none());
    assert_eq!(dr.kube.list(Kind::SharedBackupConfig, "", "").await.unwrap(), Vec::<Value>::new());
}

#[tokio::test]
async fn by_pod_identity_it_is_judged_and_not_called_proven() {
    let dr = Dr::made().await;
    let user = &dr.at.user;
    let answers = Answers { identity: Identity::PodIdentity, ..with_dr() };
    let before = dr.release().await;
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Applied);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"], "{}", ran.said());
    assert_eq!(ran.finish.not_proven, ["token:dr", "restore", "schedules"]);
    assert!(ran.said().contains(&format!("{ROLE} trusts the pods of {}/mxp-controller", dr.host)), "{}", ran.said());
    assert_eq!(dr.release().await, before, "no annotation, so no release");
    let account = [(dr.host.clone(), "mxp-controller".to_owned())];
    let associated = user.world.aws.associations("us-west-2", "dr", &account).await.unwrap();
    assert!(associated.len() == 1 && associated[0].role_arn.ends_with(ROLE), "{associated:?}");
    let (again, _) = user.plan(&answers, Prove::Needed).await;
    assert!(again.all_keep(), "second run: {:?}", to_do(&again));
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert!(user.world.aws.associated("us-west-2", "dr").await.unwrap().is_empty());
}

#[tokio::test]
async fn added_later_it_is_an_update_of_the_same_plan_and_by_pattern_a_restored_control_plane_is_trusted() {
    let dr = Dr::made().await;
    let user = &dr.at.user;
    user.apply(&space(), Prove::Needed).await.ended(0, Outcome::Verified);
    let (plan, _) = user.plan(&with_dr(), Prove::Needed).await;
    let first = plan.changes.iter().filter(|it| it.site == 0 && it.action != Action::Keep).map(|it| it.id.as_str());
    let made = ["token-proof", "canary", "record"];
    assert!(first.clone().all(|id| made.contains(&lifeboat::plan::base(id))), "{:?}", first.collect::<Vec<_>>());
    let mut answers = with_dr();
    answers.spaces.trust = SpacesTrust::Pattern;
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
    let trust = user.world.aws.role(ROLE).await.unwrap().unwrap().trust;
    assert!(trust.contains("system:serviceaccount:mxp-*-system:mxp-controller"), "{trust}");
}

#[tokio::test]
async fn a_restore_cluster_without_a_space_or_control_plane_is_refused_by_its_own_field() {
    let user = User::of(&World::open("default", None).unwrap());
    let gathered = user.gather(&with_dr()).await.unwrap();
    let said = lifeboat::plan::plan(&with_dr(), &gathered.facts, Prove::Needed).unwrap_err().to_string();
    assert!(said.contains("restore_cluster[0].name") && said.contains("dr has no Space"), "{said}");
    let dr = Dr::made().await;
    dr.kube.delete(Kind::ControlPlane, "team-b", "spare", "").await.unwrap();
    dr.at.later(20).await;
    let gathered = dr.at.user.gather(&with_dr()).await.unwrap();
    let said = lifeboat::plan::plan(&with_dr(), &gathered.facts, Prove::Needed).unwrap_err().to_string();
    assert!(said.contains("no control plane of dr can be trusted by name yet"), "{said}");
}

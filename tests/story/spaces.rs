//! Upbound Spaces: an installed Space is given backups, a control plane made later is shown and then covered, and
//! all of it is taken back.

use crate::support::{User, answers, to_do};
use lifeboat::demo::World;
use lifeboat::domain::live::{Link, LinkState, LiveNews};
use lifeboat::domain::status::ClusterStatus;
use lifeboat::domain::{Identity, Tool};
use lifeboat::engine::{Outcome, status};
use lifeboat::plan::answers::{Answers, DeletionPolicy, SpacesTrust};
use lifeboat::plan::{Action, Prove};
use lifeboat::ports::{BucketHead, BucketRef, ClusterAccess, Kind, Kube, NewAssociation, Tags};
use pretty_assertions::assert_eq;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

pub const ONE: &str = "mxp-7c9e6679-7425-40de-944b-e07fc1f90ae7-system";
const TWO: &str = "mxp-550e8400-e29b-41d4-a716-446655440000-system";
const ROLE: &str = "arn:aws:iam::111122223333:role/lifeboat-upbound-spaces-us-east-1-prod";

pub fn space() -> Answers {
    Answers { tool: Tool::UpboundSpaces, ..answers("prod") }
}

/// A user at a Space.
pub struct At {
    pub user: User,
    pub kube: Arc<dyn Kube>,
    pub access: ClusterAccess,
}

impl At {
    pub async fn prod() -> Self {
        let user = User::of(&World::open("default", None).unwrap());
        let gathered = user.gather(&space()).await.unwrap();
        Self { kube: gathered.sites[0].kube.clone(), access: gathered.sites[0].access.clone(), user }
    }

    pub async fn later(&self, seconds: u64) {
        self.user.world.host.sleep(Duration::from_secs(seconds)).await;
    }

    pub async fn status(&self) -> ClusterStatus {
        status(&self.user.world, &self.kube, &self.access, Tool::UpboundSpaces, "upbound-system").await.unwrap()
    }

    /// The phases of the control planes, by the location's name.
    async fn phases(&self) -> Vec<(String, Option<String>)> {
        self.status().await.locations.into_iter().map(|it| (it.name, it.phase)).collect()
    }

    pub async fn make_plane(&self, name: &str, spec: serde_json::Value) {
        let plane = json!({"metadata": {"name": name, "namespace": "team-a"}, "spec": spec});
        self.kube.create(Kind::ControlPlane, &plane).await.unwrap();
    }

    pub async fn values(&self) -> serde_json::Value {
        let release = self.user.world.helm.release(&self.access, "upbound-system", "spaces").await.unwrap();
        release.unwrap().values
    }
}

#[tokio::test]
async fn a_space_is_given_backups_and_they_are_taken_back() {
    let at = At::prod().await;
    let before = at.values().await;
    assert_eq!(
        at.phases().await,
        [("team-a/one".into(), Some("NotCovered".into())), ("team-a/two".into(), Some("NotCovered".into()))]
    );
    let (plan, _) = at.user.plan(&space(), Prove::Needed).await;
    assert_eq!(
        plan.change("helm-release").unwrap().diff,
        [
            "+controlPlanes:",
            "+  mxpController:",
            "+    serviceAccount:",
            "+      annotations:",
            &format!("+        eks.amazonaws.com/role-arn: {ROLE}"),
        ],
        "nothing else of the release changes"
    );

    let ran = at.user.apply(&space(), Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"], "{}", ran.said());
    assert_eq!(ran.finish.not_proven, ["restore", "schedules"]);
    assert_eq!(at.values().await["externalTLS"], before["externalTLS"], "upbound-3: the user's values stay");
    let seen = at.status().await;
    assert!(seen.healthy, "{seen:#?}");
    assert_eq!(seen.identity.expected.as_deref(), Some(ROLE));
    assert!(seen.identity.actual.is_some_and(|arn| arn.contains("assumed-role")));
    assert_eq!(seen.locations[0].prefix, "upbound-spaces/us-east-1/prod/team-a/one");
    assert_eq!(seen.schedules[0].next.as_deref(), Some("2026-01-06T03:00:00Z"));
    assert_eq!(at.kube.list(Kind::SpacesBackup, "", "").await.unwrap(), Vec::<serde_json::Value>::new());
    let bucket = BucketRef { name: "acme-backups".into(), region: "us-east-1".into(), account: "111122223333".into() };
    assert_eq!(at.user.world.aws.versions(&bucket, "", 10).await.unwrap(), [], "the proofs leave nothing");

    let (again, _) = at.user.plan(&space(), Prove::Needed).await;
    assert!(again.all_keep(), "second run: {:?}", to_do(&again));
    at.user.apply(&space(), Prove::Needed).await.ended(0, Outcome::Verified);

    at.user.undo(&space(), &ran).await.ended(0, Outcome::Undone);
    at.later(10).await;
    assert_eq!(at.values().await, before);
    let account = at.kube.get(Kind::ServiceAccount, ONE, "mxp-controller").await.unwrap().unwrap();
    assert!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_null());
    assert_eq!(at.kube.list(Kind::SharedBackupConfig, "", "").await.unwrap().len(), 0);
    assert_eq!(at.kube.list(Kind::SharedBackupSchedule, "", "").await.unwrap().len(), 0);
    assert!(at.user.world.aws.role("lifeboat-upbound-spaces-us-east-1-prod").await.unwrap().is_none());
    assert_eq!(at.user.world.aws.bucket(&bucket).await.unwrap(), BucketHead::Absent);
}

#[tokio::test]
async fn upbound_04_a_control_plane_made_later_is_shown_and_then_covered() {
    let at = At::prod().await;
    at.user.apply(&space(), Prove::Needed).await.ended(0, Outcome::Verified);
    at.make_plane("three", json!({})).await;
    let of_three = async || {
        let seen = at.status().await;
        let line = seen.locations.iter().find(|it| it.name == "team-a/lifeboat/three").unwrap().clone();
        (line.phase, line.message, seen.healthy)
    };
    assert_eq!(of_three().await.0.as_deref(), Some("Provisioning"));
    let (plan, _) = at.user.plan(&space(), Prove::Needed).await;
    let says = |plan: &lifeboat::plan::Plan, text: &str| plan.notes.iter().any(|note| note.contains(text));
    assert!(
        says(&plan, "the control plane team-a/three is not covered: it is not provisioned yet"),
        "{:?}",
        plan.notes
    );
    assert!(plan.all_keep(), "{:?}", to_do(&plan));

    at.later(30).await;
    let (phase, message, healthy) = of_three().await;
    assert_eq!((phase.as_deref(), healthy), (Some("NotCovered"), false));
    assert!(message.contains("plan and apply again, and it is covered"), "{message}");
    let (plan, _) = at.user.plan(&space(), Prove::Needed).await;
    let role = plan.change("role").unwrap();
    assert_eq!(role.action, Action::Update);
    // The line before the new one gets a comma.
    let is_old = |line: &String| line.contains("mxp-7c9e6679") || line.contains("mxp-550e8400");
    assert_eq!(
        role.diff.iter().filter(|line| line.starts_with('+') && line.contains("mxp-") && !is_old(line)).count(),
        1,
        "{:?}",
        role.diff
    );
    assert!(!to_do(&plan).contains(&"helm-release"), "{:?}", to_do(&plan));
    at.user.apply(&space(), Prove::Needed).await.ended(0, Outcome::Verified);
    let seen = at.status().await;
    assert!(seen.healthy, "{seen:#?}");
    let (again, _) = at.user.plan(&space(), Prove::Needed).await;
    assert!(again.all_keep(), "{:?}", to_do(&again));
}

#[tokio::test]
async fn upbound_10_19_a_pattern_covers_later_control_planes_and_names_those_that_it_does_not() {
    let at = At::prod().await;
    at.make_plane("own", json!({"hostNamespace": {"name": "acme-own"}})).await;
    at.later(30).await;
    let mut answers = space();
    answers.spaces.trust = SpacesTrust::Pattern;
    answers.spaces.deletion_policy = DeletionPolicy::Orphan;
    let (plan, _) = at.user.plan(&answers, Prove::Needed).await;
    let note =
        |text: &str| plan.notes.iter().find(|note| note.contains(text)).unwrap_or_else(|| panic!("{:?}", plan.notes));
    assert!(note("matches 2 namespaces now").contains(ONE) && note("matches 2 namespaces now").contains(TWO));
    note("the pattern does not match acme-own: added by name");
    let ran = at.user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup"], "nothing is deleted by the Space: {}", ran.said());
    at.make_plane("four", json!({})).await;
    at.later(40).await;
    let seen = at.status().await;
    let four = seen.locations.iter().find(|it| it.name == "team-a/lifeboat/four").unwrap();
    assert_eq!(four.phase, None, "it is covered, and was not backed up yet: {four:?}");
}

#[tokio::test]
async fn what_a_space_lacks_is_said_before_anything_is_made() {
    let at = At::prod().await;
    let refuted = async |answers: &Answers| {
        let gathered = at.user.gather(answers).await.unwrap();
        let problems = lifeboat::plan::plan(answers, &gathered.facts, Prove::Needed).unwrap_err();
        problems.0.iter().map(|it| format!("{}: {}", it.field, it.what)).collect::<Vec<_>>()
    };
    let mut none = space();
    none.install.release = Some(lifeboat::domain::ReleaseName::parse("other").unwrap());
    assert_eq!(refuted(&none).await, ["install.release: prod has no Space: there is no release upbound-system/other"]);
    let mut wrong = space();
    wrong.spaces.groups = vec![lifeboat::domain::Namespace::parse("team-b").unwrap()];
    wrong.spaces.control_planes = vec!["team-a/won".parse().unwrap()];
    assert_eq!(
        refuted(&wrong).await,
        ["spaces.groups: there is no group team-b", "spaces.control_planes: there is no control plane team-a/won"]
    );
    let mut version = space();
    version.install.version = "1.18.0".to_owned();
    assert_eq!(refuted(&version).await, ["install.version: the Space cannot go from 1.16.0 to 1.18.0"]);
    at.kube.delete(Kind::Secret, "upbound-system", "upbound-pull-secret", "").await.unwrap();
    assert_eq!(refuted(&space()).await, ["install.release: the Secret upbound-pull-secret is not in upbound-system"]);
}

#[tokio::test]
async fn upbound_08_by_pod_identity_each_controller_has_an_association_and_a_later_one_gets_one() {
    let at = At::prod().await;
    let before = at.values().await;
    let answers = Answers { identity: Identity::PodIdentity, ..space() };
    let (plan, _) = at.user.plan(&answers, Prove::Needed).await;
    assert!(plan.change("helm-release").is_none(), "no annotation, so no release: {:?}", to_do(&plan));
    let ran = at.user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"], "{}", ran.said());
    assert_eq!(at.values().await, before);
    let associated = async || {
        let found = at.user.world.aws.associated("us-east-1", "prod").await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|it| (it.namespace, it.service_account)).collect();
        found.sort();
        found
    };
    let controller = |host: &str| (host.to_owned(), "mxp-controller".to_owned());
    assert_eq!(associated().await, [controller(TWO), controller(ONE)]);
    let seen = at.status().await;
    assert!(seen.healthy, "{seen:#?}");
    assert_eq!((seen.identity.expected.as_deref(), seen.identity.actual), (Some(ROLE), None));
    let (again, _) = at.user.plan(&answers, Prove::Needed).await;
    assert!(again.all_keep(), "{:?}", to_do(&again));

    at.make_plane("three", json!({})).await;
    at.later(30).await;
    let seen = at.status().await;
    let three = seen.locations.iter().find(|it| it.name == "team-a/lifeboat/three").unwrap();
    assert_eq!((three.phase.as_deref(), seen.healthy), (Some("NotCovered"), false));
    assert!(three.message.contains("neither annotation nor association"), "{}", three.message);
    let later = at.user.apply(&answers, Prove::Needed).await;
    later.ended(0, Outcome::Verified);
    assert_eq!(associated().await.len(), 3);
    assert!(at.status().await.healthy);
    at.user.undo(&answers, &later).await.ended(0, Outcome::Undone);
    assert_eq!(associated().await.len(), 2, "only its own is taken back");
}

#[tokio::test]
async fn upbound_20_an_association_beside_irsa_is_refused_because_it_would_win() {
    let at = At::prod().await;
    let other = "arn:aws:iam::111122223333:role/other";
    let new = NewAssociation {
        region: "us-east-1".into(),
        cluster: "prod".into(),
        namespace: ONE.into(),
        service_account: "mxp-controller".into(),
        role_arn: other.into(),
        token: "t".into(),
        tags: Tags::new(),
    };
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let role = lifeboat::ports::NewRole {
        name: "other".into(),
        path: "/".into(),
        trust,
        description: String::new(),
        boundary: String::new(),
        tags: Tags::new(),
    };
    at.user.world.aws.create_role(&role).await.unwrap();
    // EKS sees a new role a little later than IAM.
    at.later(10).await;
    at.user.world.aws.create_association(&new).await.unwrap();
    let gathered = at.user.gather(&space()).await.unwrap();
    let problems = lifeboat::plan::plan(&space(), &gathered.facts, Prove::Needed).unwrap_err().to_string();
    assert!(problems.contains("it wins over an annotation"), "{problems}");
    let answers = Answers { identity: Identity::PodIdentity, ..space() };
    let (plan, _) = at.user.plan(&answers, Prove::Needed).await;
    let change = plan.change(&format!("association:{ONE}")).unwrap();
    assert_eq!(change.action, Action::Conflict, "{}", change.why);
}

#[tokio::test]
async fn live_shows_a_control_plane_that_is_made_meanwhile() {
    let at = At::prod().await;
    at.user.apply(&space(), Prove::Needed).await.ended(0, Outcome::Verified);
    let (say, mut news) = tokio::sync::mpsc::unbounded_channel();
    let (world, kube, access) = (at.user.world.clone(), at.kube.clone(), at.access.clone());
    let again = Arc::new(tokio::sync::Notify::new());
    let task = tokio::spawn(async move {
        lifeboat::engine::live(&world, &kube, &access, (Tool::UpboundSpaces, "upbound-system"), again, say).await;
    });
    let mut said = Vec::new();
    let mut until = async |what: &str, fits: &dyn Fn(&LiveNews) -> bool| {
        let look = async {
            loop {
                let one = news.recv().await.expect("Live goes on");
                said.push(format!("{one:?}"));
                if fits(&one) {
                    return;
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), look).await;
        found.unwrap_or_else(|late| panic!("{what}: {late}; said:\n{}", said.join("\n")));
    };
    until("all is covered", &|news| matches!(news, LiveNews::Status(status) if status.healthy)).await;
    at.make_plane("three", json!({})).await;
    at.later(30).await;
    let line = |status: &ClusterStatus, phase: &str| {
        status.locations.iter().any(|it| it.name == "team-a/lifeboat/three" && it.phase.as_deref() == Some(phase))
    };
    until("it is not covered", &|news| matches!(news, LiveNews::Status(status) if line(status, "NotCovered"))).await;
    let broken = |link: &Link| link.link == "trust" && link.state == LinkState::Broken;
    until("the chain says why", &|news| matches!(news, LiveNews::Chain(links) if links.iter().any(broken))).await;
    task.abort();
}

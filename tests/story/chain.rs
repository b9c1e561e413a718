//! The identity chain, link by link: a set-up that works, and one with each link broken.

use crate::support::User;
use lifeboat::demo::{Fault, World};
use lifeboat::domain::Tool;
use lifeboat::domain::live::{Link, LinkState};
use lifeboat::engine::{Outcome, chain};
use lifeboat::plan::Prove;
use lifeboat::plan::answers::Answers;
use lifeboat::ports::{BucketRef, ClusterAccess, Kind, Kube, Object, Setting, Trouble, TroubleKind};
use pretty_assertions::assert_eq;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const ROLE: &str = "lifeboat-velero-us-east-1-prod";
const LINKS: [&str; 12] = [
    "cluster",
    "issuer",
    "oidc-provider",
    "trust",
    "permissions",
    "service-account",
    "injected-pod",
    "sts-identity",
    "bucket",
    "key",
    "location",
    "backup",
];

/// A set-up made by the example's answers.
pub struct SetUp {
    pub demo: World,
    pub user: User,
    pub kube: Arc<dyn Kube>,
    pub access: ClusterAccess,
}

impl SetUp {
    /// Applies the example at a fresh world.
    pub async fn made() -> Self {
        let demo = World::open("default", None).unwrap();
        let user = User::of(&demo);
        let answers = Answers::parse(include_str!("../../assets/examples/velero-irsa.toml")).unwrap();
        user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
        let gathered = user.gather(&answers).await.unwrap();
        Self { demo, user, kube: gathered.sites[0].kube.clone(), access: gathered.sites[0].access.clone() }
    }

    /// The chain, after what was changed in IAM is seen by all.
    pub async fn chain(&self) -> Vec<Link> {
        self.user.world.host.sleep(Duration::from_secs(10)).await;
        chain(&self.user.world, &self.kube, &self.access, Tool::Velero, "velero").await
    }

    /// Lets the next call of that name be refused.
    pub fn refuse(&self, call: &str, kind: TroubleKind, what: &str) {
        self.demo.fail(call, Fault::Before(Trouble::new(kind, what).at(call, "")));
    }

    /// Makes a backup and waits for its end.
    pub async fn backup(&self, name: &str) {
        let backup = json!({"metadata": {"name": name, "namespace": "velero"}, "spec": {
            "includedNamespaces": ["default"], "storageLocation": "default", "snapshotVolumes": false}});
        self.kube.create(Kind::Backup, &backup).await.unwrap();
        self.user.world.host.sleep(Duration::from_secs(10)).await;
    }

    fn bucket() -> BucketRef {
        BucketRef { name: "acme-backups".into(), region: "us-east-1".into(), account: "111122223333".into() }
    }
}

/// Asserts that a link is the first broken one, for a reason; those before it are well.
#[track_caller]
fn broken(chain: &[Link], link: &str, why: &str) {
    let place = LINKS.iter().position(|known| *known == link).unwrap();
    let states: Vec<_> = chain.iter().map(|link| (link.link, link.state)).collect();
    let state = |at: usize| match at.cmp(&place) {
        std::cmp::Ordering::Less => LinkState::Ok,
        std::cmp::Ordering::Equal => LinkState::Broken,
        std::cmp::Ordering::Greater => LinkState::NotReached,
    };
    let expected: Vec<_> = LINKS.iter().enumerate().map(|(at, link)| (*link, state(at))).collect();
    assert_eq!(states, expected, "{chain:#?}");
    assert!(chain[place].evidence.as_str().contains(why), "{}", chain[place].evidence);
    assert!(chain[place + 1..].iter().all(|link| link.evidence.is_empty()));
}

#[track_caller]
fn state(chain: &[Link], link: &str) -> (LinkState, String) {
    let found = chain.iter().find(|found| found.link == link).unwrap();
    (found.state, found.evidence.to_string())
}

#[tokio::test]
async fn a_set_up_that_works_has_no_broken_link() {
    let at = SetUp::made().await;
    let fresh = at.chain().await;
    assert_eq!(state(&fresh, "backup"), (LinkState::Unknown, "there is no backup yet".to_owned()));
    at.backup("nightly").await;
    let chain = at.chain().await;
    assert_eq!(chain.iter().map(|link| link.link).collect::<Vec<_>>(), LINKS);
    assert!(chain.iter().all(|link| link.state == LinkState::Ok && !link.evidence.is_empty()), "{chain:#?}");
    let role = format!("arn:aws:iam::111122223333:role/{ROLE}");
    let session = format!("arn:aws:sts::111122223333:assumed-role/{ROLE}/lifeboat-status");
    assert_eq!(state(&chain, "sts-identity").1, format!("{session}, as {role} is expected"));
    assert_eq!(state(&chain, "key").1, "SSE-S3");
    assert_eq!(state(&chain, "backup").1, "nightly is Completed");
}

#[tokio::test]
async fn f03_a_broken_trust_is_named_trust() {
    let at = SetUp::made().await;
    let trust = at.user.world.aws.role(ROLE).await.unwrap().unwrap().trust;
    at.user.world.aws.put_trust(ROLE, &trust.replace(":velero-server", ":somebody-else")).await.unwrap();
    broken(&at.chain().await, "trust", "does not trust system:serviceaccount:velero:velero-server");
    at.user.world.aws.put_trust(ROLE, &trust).await.unwrap();
    assert_eq!(state(&at.chain().await, "trust").0, LinkState::Ok);
}

#[tokio::test]
async fn what_iam_does_not_show_is_settled_by_sts() {
    let at = SetUp::made().await;
    at.refuse("iam:GetRole", TroubleKind::Denied, "you may not read roles");
    at.refuse("iam:GetOpenIDConnectProvider", TroubleKind::Denied, "you may not read providers");
    let chain = at.chain().await;
    for link in ["oidc-provider", "trust"] {
        let (found, why) = state(&chain, link);
        assert!(found == LinkState::Ok && why.starts_with("STS accepts the token as "), "{link}: {why}");
    }
    assert_eq!(state(&chain, "permissions").0, LinkState::Unknown, "it stops nothing");
    assert_eq!(state(&chain, "location").0, LinkState::Ok);

    let trust = at.user.world.aws.role(ROLE).await.unwrap().unwrap().trust;
    at.user.world.aws.put_trust(ROLE, &trust.replace(":velero-server", ":somebody-else")).await.unwrap();
    at.refuse("iam:GetRole", TroubleKind::Denied, "you may not read roles");
    broken(&at.chain().await, "trust", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
}

#[tokio::test]
async fn a_trust_that_is_well_and_an_sts_that_refuses_is_the_identity() {
    let at = SetUp::made().await;
    at.refuse("sts:AssumeRoleWithWebIdentity", TroubleKind::Denied, "an SCP is in the way");
    broken(&at.chain().await, "sts-identity", "an SCP is in the way");
    at.refuse("sts:AssumeRoleWithWebIdentity", TroubleKind::Unanswered, "no answer came");
    let chain = at.chain().await;
    assert_eq!(state(&chain, "sts-identity"), (LinkState::Unknown, "no answer came".to_owned()));
    assert_eq!(state(&chain, "location").0, LinkState::Ok, "what could not be asked stops nothing");
}

#[tokio::test]
async fn provider_permissions_and_account_break_by_their_names() {
    let at = SetUp::made().await;
    let (aws, kube) = (&at.user.world.aws, &at.kube);
    let (_, arn) = state(&at.chain().await, "oidc-provider");
    let arn = arn.split(' ').next().unwrap();
    aws.remove_audience(arn, "sts.amazonaws.com").await.unwrap();
    broken(&at.chain().await, "oidc-provider", "does not accept the audience sts.amazonaws.com");
    aws.add_audience(arn, "sts.amazonaws.com").await.unwrap();

    let policy = aws.role_policy(ROLE, ROLE).await.unwrap().unwrap();
    aws.put_role_policy(ROLE, ROLE, &policy.replace("s3:ListBucket\"", "s3:ListNothing\"")).await.unwrap();
    broken(&at.chain().await, "permissions", "may not s3:ListBucket on acme-backups");
    aws.put_role_policy(ROLE, ROLE, &policy).await.unwrap();

    // A bucket policy is not in the role: S3 tells it.
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-backups"}]});
    let before = aws.setting(&SetUp::bucket(), Setting::Policy).await.unwrap().unwrap();
    aws.put_setting(&SetUp::bucket(), Setting::Policy, &deny.to_string()).await.unwrap();
    broken(&at.chain().await, "permissions", "explicit deny in a resource-based policy");
    aws.put_setting(&SetUp::bucket(), Setting::Policy, &before).await.unwrap();

    let patch = |role: Object| json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": role}}});
    kube.patch(Kind::ServiceAccount, "velero", "velero-server", &patch(json!(null))).await.unwrap();
    let chain = at.chain().await;
    assert_eq!(state(&chain, "trust"), (LinkState::Unknown, "the service account names no role".to_owned()));
    let (found, why) = state(&chain, "service-account");
    assert!(found == LinkState::Broken && why.contains("carries no annotation"), "{why}");
}

#[tokio::test]
async fn pods_location_and_backup_break_by_their_names() {
    let at = SetUp::made().await;
    let kube = &at.kube;
    let validated = json!({"spec": {"validationFrequency": "0"}});
    kube.patch(Kind::BackupStorageLocation, "velero", "default", &validated).await.unwrap();
    at.user.world.host.sleep(Duration::from_secs(5)).await;
    let hostile = format!("\u{1b}[2Jno{}\nway", "x".repeat(20_000));
    let unavailable = json!({"status": {"phase": "Unavailable", "message": hostile}});
    kube.patch(Kind::BackupStorageLocation, "velero", "default", &unavailable).await.unwrap();
    let chain = chain(&at.user.world, kube, &at.access, Tool::Velero, "velero").await;
    broken(&chain, "location", "default is Unavailable: ^[[2Jnoxxx");
    assert!(state(&chain, "location").1.chars().count() <= 4000);

    let deployment = json!({"spec": {"replicas": 0}});
    kube.patch(Kind::Deployment, "velero", "velero", &deployment).await.unwrap();
    broken(&at.chain().await, "injected-pod", "no pod of the service account velero-server runs");
}

#[tokio::test]
async fn without_velero_the_service_account_is_what_is_missing() {
    let user = User::at("default");
    let access = ClusterAccess { name: "staging".into(), region: "us-east-1".into(), ..ClusterAccess::default() };
    let kube = user.world.clusters.connect(&access).await.unwrap();
    let chain = chain(&user.world, &kube, &access, Tool::Velero, "velero").await;
    let (found, why) = state(&chain, "service-account");
    assert!(found == LinkState::Broken && why.contains("not installed in the namespace velero"), "{chain:#?}");
    assert_eq!(state(&chain, "oidc-provider").0, LinkState::Ok);
    assert_eq!(state(&chain, "backup").0, LinkState::NotReached);
}

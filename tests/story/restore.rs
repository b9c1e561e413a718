//! Restore clusters: a location that only reads, a role of its own or a statement of the shared one, the repository
//! password, and a backup of the first cluster that is restored in the second.

use crate::support::{User, answers, to_do};
use lifeboat::domain::{ClusterName, Region};
use lifeboat::engine::Outcome;
use lifeboat::plan::answers::{Answers, RestoreClusterAnswer};
use lifeboat::plan::{Action, Prove};
use lifeboat::ports::{ClusterAccess, Kind};
use serde_json::Value;

/// Answers for `prod` with `dr` to restore to.
fn with_dr() -> Answers {
    let mut answers = answers("prod");
    answers.restore_clusters.push(RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    });
    answers
}

async fn object(user: &User, cluster: &str, region: &str, kind: Kind, namespace: &str, name: &str) -> Option<Value> {
    let access = ClusterAccess { name: cluster.to_owned(), region: region.to_owned(), ..ClusterAccess::default() };
    let kube = user.world.clusters.connect(&access).await.unwrap();
    kube.get(kind, namespace, name).await.unwrap()
}

#[tokio::test]
async fn a_backup_of_the_first_cluster_is_restored_in_the_second() {
    let user = User::at("default");
    let answers = with_dr();
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "restore", "delete", "token:dr", "restore:dr"]);
    assert_eq!(ran.finish.not_proven, ["volumes", "schedules"]);

    let location = object(&user, "dr", "us-west-2", Kind::BackupStorageLocation, "velero", "default").await.unwrap();
    assert_eq!(location["spec"]["accessMode"], "ReadOnly");
    assert_eq!(location["spec"]["objectStorage"]["prefix"], "velero/us-east-1/prod");
    let password = |secret: Option<Value>| secret.unwrap()["data"]["repository-password"].clone();
    let here = password(object(&user, "prod", "us-east-1", Kind::Secret, "velero", "velero-repo-credentials").await);
    let there = password(object(&user, "dr", "us-west-2", Kind::Secret, "velero", "velero-repo-credentials").await);
    assert_eq!(here, there, "volume data can be read there");
    let role = user.world.aws.role("lifeboat-velero-us-west-2-dr-read").await.unwrap().unwrap();
    let permissions = user.world.aws.role_policy(&role.name, &role.name).await.unwrap().unwrap();
    assert!(!permissions.contains("s3:DeleteObject"), "{permissions}");

    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "after an apply all is kept");

    let undone = user.undo(&answers, &ran).await;
    undone.ended(0, Outcome::Undone);
    assert!(user.world.aws.role("lifeboat-velero-us-west-2-dr-read").await.unwrap().is_none(), "{}", undone.said());
}

#[tokio::test]
async fn a_cluster_added_later_is_an_update_of_the_same_plan() {
    let user = User::at("default");
    user.apply(&answers("prod"), Prove::Needed).await.ended(0, Outcome::Verified);
    let answers = with_dr();
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let first: Vec<&str> = plan
        .changes
        .iter()
        .filter(|change| change.site == 0 && change.action != Action::Keep)
        .map(|change| change.id.as_str())
        .collect();
    assert_eq!(first, ["token-proof", "canary", "record"], "nothing of the first cluster is made anew");
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
}

#[tokio::test]
async fn restore_clusters_may_share_the_role_with_a_statement_each() {
    let user = User::at("default");
    let mut answers = with_dr();
    answers.role.shared = true;
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    let role = user.world.aws.role("lifeboat-velero-us-east-1-prod").await.unwrap().unwrap();
    let trust: Value = serde_json::from_str(&role.trust).unwrap();
    assert_eq!(trust["Statement"].as_array().map(Vec::len), Some(2), "{}", role.trust);
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());
}

//! Two clusters planned one after the other, in an account that others use too: what is not ours stays byte for
//! byte, and the second does not take away what the first needs.

use crate::support::{User, answers, to_do};
use lifeboat::domain::RoleName;
use lifeboat::engine::Outcome;
use lifeboat::plan::{Action, Prove};
use lifeboat::ports::{BucketRef, Setting};
use serde_json::Value;

/// Written as nobody's printer would, so that a reprint is seen.
const THEIRS: &str = r#"{ "Sid" :"Theirs",   "Effect":"Deny","Principal":{"AWS":"111122223333"},
	"Action":["s3:DeleteBucket"] , "Resource":"arn:aws:s3:::acme-backups" }"#;
const THEIR_TRUST: &str = r#"{ "Sid" :"Theirs",   "Effect":"Allow",
	"Principal":{"AWS": "arn:aws:iam::111122223333:user/ada"} ,"Action":"sts:AssumeRole" }"#;

fn bucket() -> BucketRef {
    BucketRef { name: "acme-backups".to_owned(), region: "us-east-1".to_owned(), account: "111122223333".to_owned() }
}

async fn setting(user: &User, setting: Setting) -> String {
    user.world.aws.setting(&bucket(), setting).await.unwrap().expect("it is set")
}

/// Puts a statement of somebody else's before those that a document holds.
fn with(document: &str, statement: &str) -> String {
    let at = document.find('[').expect("a list of statements") + 1;
    format!("{}{statement},{}", &document[..at], &document[at..])
}

/// The text of a document's statements, each as it stands.
fn statements(document: &str) -> Vec<String> {
    let found = lifeboat::domain::policy::statements(document).unwrap();
    found.members.iter().map(|member| document[member.span.clone()].to_owned()).collect()
}

#[tokio::test]
async fn a21_a19_what_others_and_the_first_cluster_have_in_a_shared_bucket_stays_byte_for_byte() {
    let user = User::at("default");
    let first = answers("prod");
    user.apply(&first, Prove::Needed).await.ended(0, Outcome::Verified);
    let aws = user.world.aws.as_ref();
    let policy = with(&setting(&user, Setting::Policy).await, THEIRS);
    aws.put_setting(&bucket(), Setting::Policy, &policy).await.unwrap();
    let mut rules: Value = serde_json::from_str(&setting(&user, Setting::Lifecycle).await).unwrap();
    let theirs = serde_json::json!({"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 7}});
    rules["Rules"].as_array_mut().unwrap().insert(0, theirs);
    aws.put_setting(&bucket(), Setting::Lifecycle, &rules.to_string()).await.unwrap();
    let role = aws.role("lifeboat-velero-us-east-1-prod").await.unwrap().unwrap();
    let trust = with(&role.trust, THEIR_TRUST);
    aws.put_trust(&role.name, &trust).await.unwrap();

    let second = answers("staging");
    let ran = user.apply(&second, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(setting(&user, Setting::Policy).await, policy, "the policy says all already");
    let now: Value = serde_json::from_str(&setting(&user, Setting::Lifecycle).await).unwrap();
    let ids: Vec<&str> = now["Rules"].as_array().unwrap().iter().map(|rule| rule["ID"].as_str().unwrap()).collect();
    assert_eq!(ids, ["theirs", "lifeboat-velero-us-east-1-prod", "lifeboat-velero-us-east-1-staging"]);
    assert_eq!(now["Rules"].as_array().unwrap()[..2], rules["Rules"].as_array().unwrap()[..], "sent as they were");
    assert_eq!(aws.role(&role.name).await.unwrap().unwrap().trust, trust, "another cluster's role is not touched");
    for answers in [&first, &second] {
        let (plan, _) = user.plan(answers, Prove::Needed).await;
        assert_eq!(to_do(&plan), Vec::<&str>::new(), "both are as they are meant to be");
    }
    user.undo(&second, &ran).await.ended(0, Outcome::Undone);
    assert_eq!(setting(&user, Setting::Policy).await, policy);
    let (plan, _) = user.plan(&first, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "taking the second back leaves the first as it was");
}

#[tokio::test]
async fn a19_a_role_that_two_plans_name_keeps_the_statements_of_both_and_asks_before_it_changes_permissions() {
    let user = User::at("default");
    user.apply(&answers("prod"), Prove::Needed).await.ended(0, Outcome::Verified);
    let aws = user.world.aws.as_ref();
    let role = aws.role("lifeboat-velero-us-east-1-prod").await.unwrap().unwrap();
    let trust = with(&role.trust, THEIR_TRUST);
    aws.put_trust(&role.name, &trust).await.unwrap();
    let mut second = answers("staging");
    second.role.name = Some(RoleName::parse(&role.name).unwrap());
    let (plan, _) = user.plan(&second, Prove::Needed).await;
    let merged = plan.documents().find(|document| document.path.ends_with("trust.json")).unwrap();
    let (before, after) = (statements(&trust), statements(&merged.text));
    assert_eq!(before.len(), 2);
    assert_eq!(after[..2], before[..], "foreign statements, and the first cluster's, byte for byte");
    assert!(after.len() == 3 && after[2].contains("velero:velero-server"), "{after:?}");
    let permissions = plan.change("permissions").unwrap();
    assert_eq!(permissions.action, Action::Conflict, "{}", permissions.why);
    assert!(permissions.why.contains("another cluster"), "{}", permissions.why);
}

#[tokio::test]
async fn n14_a_second_cluster_on_the_firsts_prefix_is_refused_until_the_user_says_so() {
    let user = User::at("default");
    user.apply(&answers("prod"), Prove::Needed).await.ended(0, Outcome::Verified);
    backup(&user).await;
    let mut second = answers("staging");
    second.bucket.prefix = Some(lifeboat::domain::Prefix::parse("velero/us-east-1/prod").unwrap());
    let gathered = user.gather(&second).await.unwrap();
    let refused = lifeboat::plan::plan(&second, &gathered.facts, Prove::Needed).map(|plan| plan.to_json()).unwrap_err();
    assert!(refused.to_string().contains("consent.shared_prefix"), "{refused}");
    second.consent.shared_prefix = true;
    let (plan, _) = user.plan(&second, Prove::Needed).await;
    assert!(plan.notes.iter().any(|note| note.contains("velero-F48")), "{:?}", plan.notes);
    let (plan, _) = user.plan(&answers("prod"), Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "its own backups are no stranger's");
}

/// A backup of the first cluster that stays.
async fn backup(user: &User) {
    let access = lifeboat::ports::ClusterAccess {
        name: "prod".to_owned(),
        region: "us-east-1".to_owned(),
        ..lifeboat::ports::ClusterAccess::default()
    };
    let kube = user.world.clusters.connect(&access).await.unwrap();
    let object = serde_json::json!({
        "apiVersion": "velero.io/v1", "kind": "Backup",
        "metadata": {"name": "nightly-1", "namespace": "velero"},
        "spec": {"includedNamespaces": ["default"], "storageLocation": "default", "ttl": "720h"}
    });
    kube.create(lifeboat::ports::Kind::Backup, &object).await.unwrap();
    for _ in 0..200 {
        let keys = user.world.aws.top_level(&bucket(), "velero/us-east-1/prod/backups/").await.unwrap();
        if keys.iter().any(|key| key == "nightly-1/") {
            return;
        }
        user.world.host.sleep(std::time::Duration::from_secs(1)).await;
    }
    panic!("the backup never reached the bucket");
}

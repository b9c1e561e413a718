//! Rancher Backup in the demo: set up, run again, looked at, broken, taken back.

use crate::support::{User, answers as for_velero, to_do};
use lifeboat::domain::live::{Link, LinkState, LiveNews};
use lifeboat::domain::status::ClusterStatus;
use lifeboat::domain::{ClusterName, Identity, Region, SecretName, Tool};
use lifeboat::engine::{self, Outcome};
use lifeboat::plan::answers::{Answers, ResourceSet, RestoreClusterAnswer, SecretChoice};
use lifeboat::plan::{Action, Prove};
use lifeboat::ports::{BucketRef, ChartSource, ClusterAccess, Kind, Kube, Setting, Upgrade};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;

const NAMESPACE: &str = "cattle-resources-system";
const ROLE: &str = "lifeboat-rancher-backup-us-east-1-prod";

fn answers(cluster: &str) -> Answers {
    Answers { tool: Tool::RancherBackup, ..for_velero(cluster) }
}

/// A user, what was set up, and where.
struct SetUp {
    user: User,
    answers: Answers,
    kube: Arc<dyn Kube>,
    access: ClusterAccess,
}

impl SetUp {
    async fn made(answers: Answers) -> Self {
        let user = User::at("default");
        user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
        let gathered = user.gather(&answers).await.unwrap();
        let (kube, access) = (gathered.sites[0].kube.clone(), gathered.sites[0].access.clone());
        Self { user, answers, kube, access }
    }

    async fn status(&self) -> ClusterStatus {
        engine::status(&self.user.world, &self.kube, &self.access, Tool::RancherBackup, NAMESPACE).await.unwrap()
    }

    async fn chain(&self) -> Vec<Link> {
        engine::chain(&self.user.world, &self.kube, &self.access, Tool::RancherBackup, NAMESPACE).await
    }

    async fn sleep(&self, seconds: u64) {
        self.user.world.host.sleep(Duration::from_secs(seconds)).await;
    }

    /// Makes a one-time Backup.
    async fn backup(&self, name: &str) {
        let object = json!({"metadata": {"name": name}, "spec": {"resourceSetName": "rancher-resource-set-basic"}});
        self.kube.create(Kind::RancherBackup, &object).await.unwrap();
        self.sleep(10).await;
    }
}

fn bucket() -> BucketRef {
    BucketRef { name: "acme-backups".into(), region: "us-east-1".into(), account: "111122223333".into() }
}

fn link<'c>(chain: &'c [Link], name: &str) -> (LinkState, &'c str) {
    let found = chain.iter().find(|link| link.link == name).unwrap();
    (found.state, found.evidence.as_str())
}

#[tokio::test]
async fn it_is_set_up_and_proven_a_second_run_keeps_all_and_undo_takes_it_back() {
    let (user, answers) = (User::at("default"), answers("prod"));
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"]);
    assert_eq!(ran.finish.not_proven, ["restore", "schedules"]);

    let gathered = user.gather(&answers).await.unwrap();
    let kube = &gathered.sites[0].kube;
    let release = gathered.facts.site.release.clone().unwrap();
    assert_eq!(release.version, "108.0.6+up9.0.6", "the line of the Rancher that runs there, 2.13");
    assert_eq!(release.values["s3"]["folder"], "rancher-backup/us-east-1/prod");
    assert_eq!(release.values["s3"]["credentialSecretName"], "");
    let backups = kube.list(Kind::RancherBackup, "", "").await.unwrap();
    assert_eq!(backups.len(), 1, "the canary is gone: {backups:#?}");
    let file = backups[0]["status"]["filename"].as_str().unwrap();
    let versions = user.world.aws.versions(&bucket(), "", 100).await.unwrap();
    let keys: Vec<_> = versions.iter().map(|version| version.key.as_str()).collect();
    assert_eq!(keys, [format!("rancher-backup/us-east-1/prod/{file}")], "the recurring Backup ran at once");

    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);

    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert!(kube.list(Kind::RancherBackup, "", "").await.unwrap().is_empty());
    assert!(kube.get(Kind::Deployment, NAMESPACE, "rancher-backup").await.unwrap().is_none());
    assert!(kube.serves(Kind::RancherBackup).await.unwrap(), "the types stay");
    assert!(user.world.aws.role(ROLE).await.unwrap().is_none());
    assert_eq!(user.world.aws.versions(&bucket(), "", 100).await.unwrap().len(), 1, "and so does the file");
}

#[tokio::test]
async fn with_pod_identity_the_pods_own_calls_prove_it() {
    let (user, mut answers) = (User::at("default"), answers("prod"));
    answers.identity = Identity::PodIdentity;
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"]);
    let gathered = user.gather(&answers).await.unwrap();
    let kube = &gathered.sites[0].kube;
    let account = kube.get(Kind::ServiceAccount, NAMESPACE, "rancher-backup").await.unwrap().unwrap();
    assert_eq!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], Value::Null);
    let values = &gathered.facts.site.release.as_ref().unwrap().values;
    assert!(values["serviceAccount"]["annotations"]["lifeboat/identity"].is_string(), "{values:#}");
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());

    // The association would win over an annotation: the other identity is refused while it is there.
    let irsa = Answers { identity: Identity::Irsa, ..answers.clone() };
    let facts = user.gather(&irsa).await.unwrap().facts;
    let problems = lifeboat::plan::plan(&irsa, &facts, Prove::Needed).map(|_| ()).unwrap_err();
    assert_eq!(problems.0[0].field, "identity", "{problems:?}");
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert!(kube.get(Kind::Deployment, NAMESPACE, "rancher-backup").await.unwrap().is_none());
}

#[tokio::test]
async fn a_restore_cluster_gets_role_values_and_operator_and_writes_nothing() {
    let (user, mut answers) = (User::at("default"), answers("prod"));
    answers.restore_clusters = vec![RestoreClusterAnswer {
        name: ClusterName::parse("dr").unwrap(),
        region: Region::parse("us-west-2").unwrap(),
        context: String::new(),
        namespace: None,
        service_account: None,
    }];
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Verified);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete", "token:dr"]);
    assert_eq!(ran.finish.not_proven, ["restore", "schedules"]);
    let gathered = user.gather(&answers).await.unwrap();
    let dr = &gathered.sites[1].kube;
    let release = gathered.facts.restores[0].release.as_ref().unwrap();
    assert_eq!(release.values["s3"]["folder"], "rancher-backup/us-east-1/prod", "the first cluster's folder");
    assert!(dr.get(Kind::Deployment, NAMESPACE, "rancher-backup").await.unwrap().is_some());
    assert!(dr.list(Kind::RancherBackup, "", "").await.unwrap().is_empty());
    let role = "lifeboat-rancher-backup-us-west-2-dr-read";
    let policy = user.world.aws.role_policy(role, role).await.unwrap().unwrap();
    assert!(policy.contains("s3:GetObject") && !policy.contains("s3:PutObject"), "{policy}");
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());
}

#[tokio::test]
async fn an_encryption_secret_is_not_green_before_it_is_saved_elsewhere() {
    let user = User::at("default");
    let mut answers = answers("prod");
    answers.rancher.encryption_secret = SecretChoice::New;
    answers.rancher.resource_set = ResourceSet::Full;
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(plan.notes.iter().any(|note| note.contains("Save the encryption Secret elsewhere")), "{:?}", plan.notes);
    let ran = user.apply(&answers, Prove::Needed).await;
    ran.ended(0, Outcome::Applied);
    assert_eq!(ran.finish.proven, ["token", "backup", "delete"]);
    assert_eq!(ran.finish.not_proven, ["encryption-secret", "restore", "schedules"]);
    let said = ran.said();
    let gathered = user.gather(&answers).await.unwrap();
    let kube = &gathered.sites[0].kube;
    let secret = kube.get(Kind::Secret, NAMESPACE, "rancher-backup-encryption").await.unwrap().unwrap();
    let data = secret["data"]["encryption-provider-config.yaml"].as_str().unwrap();
    assert!(!said.contains(data), "the key is in no event");
    assert!(!std::fs::read_to_string(&ran.journal).unwrap().contains(data), "and in no journal");
    let backup = kube.get(Kind::RancherBackup, "", "lifeboat").await.unwrap().unwrap();
    assert!(backup["status"]["filename"].as_str().unwrap().ends_with(".tar.gz.enc"), "{backup:#}");

    answers.consent.saved.insert("encryption-secret".to_owned());
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "saying so changes nothing there");
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
    user.undo(&answers, &ran).await.ended(0, Outcome::Undone);
    assert!(kube.get(Kind::Secret, NAMESPACE, "rancher-backup-encryption").await.unwrap().is_some());
}

#[tokio::test]
async fn a_named_encryption_secret_is_looked_at_before_anything_is_made() {
    let user = User::at("default");
    let mut answers = answers("prod");
    answers.rancher.encryption_secret = SecretChoice::Named(SecretName::parse("ours").unwrap());
    let refused = async |words: &str| {
        let gathered = user.gather(&answers).await.unwrap();
        let problems = lifeboat::plan::plan(&answers, &gathered.facts, Prove::Needed).map(|_| ()).unwrap_err();
        let said: Vec<_> = problems.0.iter().map(|one| format!("{}: {}", one.field, one.what)).collect();
        assert_eq!(said, [format!("rancher.encryption_secret: {words}")]);
        gathered.sites[0].kube.clone()
    };
    let kube = refused("there is no Secret cattle-resources-system/ours").await;
    kube.create(Kind::Namespace, &json!({"metadata": {"name": NAMESPACE}})).await.unwrap();
    let secret = json!({"metadata": {"name": "ours", "namespace": NAMESPACE}, "stringData": {"key": "x"}});
    kube.create(Kind::Secret, &secret).await.unwrap();
    refused("the Secret cattle-resources-system/ours has no data key encryption-provider-config.yaml").await;
}

#[tokio::test]
async fn without_rancher_it_works_by_the_version_of_kubernetes_and_says_what_is_in_the_set() {
    let (user, answers) = (User::at("default"), answers("staging"));
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(plan.notes.iter().any(|note| note.starts_with("There is no Rancher in staging")), "{:?}", plan.notes);
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
    let release = user.gather(&answers).await.unwrap().facts.site.release.unwrap();
    assert_eq!(release.version, "110.0.0+up11.0.0");
    let annotations = &release.values["extraAnnotations"];
    assert!(annotations["lifeboat/identity"].is_string(), "this chart's pods restart when the identity changes");
}

#[tokio::test]
async fn another_role_restarts_the_pods_of_a_chart_that_would_not() {
    let at = SetUp::made(answers("prod")).await;
    let mut other = at.answers.clone();
    other.role.name = Some(lifeboat::domain::RoleName::parse("backup-of-rancher").unwrap());
    let (plan, _) = at.user.plan(&other, Prove::Needed).await;
    assert_eq!(plan.change("restart").unwrap().action, Action::Update);
    at.user.apply(&other, Prove::Needed).await.ended(0, Outcome::Verified);
    let status = at.status().await;
    assert_eq!(status.identity.expected.as_deref(), Some("arn:aws:iam::111122223333:role/backup-of-rancher"));
    assert!(status.healthy, "{status:#?}");
}

/// Installs the charts as somebody else would, with keys.
async fn installed_by_hand(user: &User) -> Arc<dyn Kube> {
    let gathered = user.gather(&answers("prod")).await.unwrap();
    let kube = gathered.sites[0].kube.clone();
    kube.create(Kind::Namespace, &json!({"metadata": {"name": NAMESPACE}})).await.unwrap();
    let s3 = json!({"enabled": true, "bucketName": "acme-logs", "region": "us-east-1", "folder": "old",
        "endpoint": "s3.us-east-1.amazonaws.com", "credentialSecretName": "keys", "credentialSecretNamespace": NAMESPACE,
        "insecureTLSSkipVerify": false});
    let values = json!({"s3": s3, "debug": true, "proxy": "http://proxy.acme.example:3128"});
    for (name, values) in [("rancher-backup-crd", json!({})), ("rancher-backup", values)] {
        let order = Upgrade {
            access: gathered.sites[0].access.clone(),
            release: name.to_owned(),
            namespace: NAMESPACE.to_owned(),
            chart: ChartSource::Repository { url: "https://charts.rancher.io".to_owned(), name: name.to_owned() },
            version: "108.0.0+up9.0.0".to_owned(),
            values: values.to_string(),
            timeout: Duration::from_mins(1),
        };
        user.world.helm.upgrade(&order).await.unwrap();
    }
    user.world.host.sleep(Duration::from_secs(10)).await;
    kube
}

#[tokio::test]
async fn a_release_of_somebody_else_is_adopted_with_consent_and_keeps_its_version_and_values() {
    let (user, mut answers) = (User::at("default"), answers("prod"));
    installed_by_hand(&user).await;
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    let conflicts: Vec<_> = plan.conflicts().iter().map(|change| change.id.clone()).collect();
    assert_eq!(conflicts, ["helm-release"]);
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("The Secret cattle-resources-system/keys with the access key stays")),
        "{:?}",
        plan.notes
    );
    answers.consent.adopt.insert("helm-release".to_owned());
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
    let release = user.gather(&answers).await.unwrap().facts.site.release.unwrap();
    assert_eq!((release.version.as_str(), &release.values["debug"]), ("108.0.0+up9.0.0", &json!(true)));
    assert_eq!(release.values["s3"]["credentialSecretName"], "");
    let exceptions = release.values["noProxy"].as_str().unwrap();
    assert!(exceptions.ends_with(".cluster.local,169.254.0.0/16"), "F09: {exceptions}");
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());
}

#[tokio::test]
async fn a_changed_schedule_is_patched_and_another_ones_backup_is_left_alone() {
    let at = SetUp::made(answers("prod")).await;
    let mut other = at.answers.clone();
    other.rancher.retention = 5;
    let (plan, _) = at.user.plan(&other, Prove::Needed).await;
    let change = plan.change("schedule").unwrap();
    assert_eq!(
        (change.action, change.diff.clone()),
        (Action::Update, vec!["-retentionCount: 30".into(), "+retentionCount: 5".into()])
    );
    at.user.apply(&other, Prove::Needed).await.ended(0, Outcome::Verified);
    let (plan, _) = at.user.plan(&other, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new(), "it has not run since, and that is no reason to wait for it");

    let label = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}});
    at.kube.patch(Kind::RancherBackup, "", "lifeboat", &label).await.unwrap();
    let (plan, _) = at.user.plan(&at.answers, Prove::Needed).await;
    assert_eq!(plan.change("schedule").unwrap().action, Action::Conflict);
}

#[tokio::test]
async fn the_status_tells_location_schedule_and_file() {
    let at = SetUp::made(answers("prod")).await;
    let status = at.status().await;
    assert!(status.healthy, "{status:#?}");
    assert_eq!((status.tool.as_str(), status.pods.len()), ("rancher-backup", 1));
    let location = &status.locations[0];
    assert_eq!((location.phase.as_deref(), location.bucket.as_str()), (Some("Available"), "acme-backups"));
    assert_eq!(location.prefix, "rancher-backup/us-east-1/prod");
    let schedule = &status.schedules[0];
    assert_eq!((schedule.name.as_str(), schedule.next.as_deref()), ("lifeboat", Some("2026-01-06T03:00:00Z")));
    let stored = status.backups[0].stored.clone().unwrap();
    assert_eq!((stored.present, stored.storage_location.as_str()), (Some(true), "S3"));
    assert!(status.identity.actual.is_some_and(|arn| arn.contains(ROLE)));

    let versions = at.user.world.aws.versions(&bucket(), "", 100).await.unwrap();
    at.user.world.aws.delete_versions(&bucket(), &versions).await.unwrap();
    let lost = at.status().await;
    assert_eq!((lost.healthy, lost.backups[0].stored.clone().unwrap().present), (false, Some(false)));
}

#[tokio::test]
async fn the_chain_breaks_where_the_operators_own_error_says() {
    let at = SetUp::made(answers("prod")).await;
    let chain = at.chain().await;
    assert!(chain.iter().all(|link| link.state == LinkState::Ok), "{chain:#?}");

    let aws = &at.user.world.aws;
    let policy = aws.role_policy(ROLE, ROLE).await.unwrap().unwrap();
    aws.put_role_policy(ROLE, ROLE, &policy.replace("\"s3:PutObject\"", "\"s3:PutNothing\"")).await.unwrap();
    at.sleep(10).await;
    at.backup("once").await;
    let chain = at.chain().await;
    let (state, why) = link(&chain, "permissions");
    assert!(state == LinkState::Broken && why.contains("s3:PutObject"), "{chain:#?}");
    let status = at.status().await;
    assert_eq!((status.healthy, status.locations[0].phase.as_deref()), (false, Some("Unavailable")));
    let failed = status.backups.iter().find(|backup| backup.name == "once").unwrap();
    assert_eq!(failed.phase.as_deref(), Some("Failed"));

    aws.put_role_policy(ROLE, ROLE, &policy).await.unwrap();
    at.sleep(300).await;
    assert!(at.status().await.healthy, "the operator tries again by itself");
    at.kube.delete(Kind::RancherBackup, "", "once", "").await.unwrap();

    let cron = json!({"metadata": {"name": "broken"}, "spec": {"resourceSetName": "rancher-resource-set-basic", "schedule": "never"}});
    at.kube.create(Kind::RancherBackup, &cron).await.unwrap();
    at.sleep(10).await;
    let chain = at.chain().await;
    let (state, why) = link(&chain, "backup");
    assert!(state == LinkState::Broken && why.contains("error parsing invalid cron string"), "{chain:#?}");
}

#[tokio::test]
async fn live_tells_of_a_run_that_fails_behind_a_ready_condition() {
    let at = SetUp::made(answers("prod")).await;
    let (say, mut news) = unbounded_channel();
    let (world, kube, access) = (at.user.world.clone(), at.kube.clone(), at.access.clone());
    let again = Arc::new(Notify::new());
    let watch = tokio::spawn(async move {
        engine::live(&world, &kube, &access, (Tool::RancherBackup, NAMESPACE), again, say).await;
    });
    let mut until = async |what: &str, fits: &dyn Fn(&ClusterStatus) -> bool| {
        let look = async {
            loop {
                if let LiveNews::Status(status) = news.recv().await.expect("Live goes on")
                    && fits(&status)
                {
                    return status;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), look).await.unwrap_or_else(|late| panic!("{what}: {late}"))
    };
    let first = until("the first status", &|status| !status.locations.is_empty()).await;
    assert!(first.healthy, "{first:#?}");
    at.user.world.aws.delete_role_policy(ROLE, ROLE).await.unwrap();
    // To tomorrow's run.
    at.sleep(24 * 3600).await;
    let failed = until("the failed run", &|status| {
        !status.healthy && status.locations[0].phase.as_deref() == Some("Unavailable")
    })
    .await;
    assert_eq!(failed.backups[0].phase.as_deref(), Some("Failed"));
    let backup = at.kube.get(Kind::RancherBackup, "", "lifeboat").await.unwrap().unwrap();
    let ready = backup["status"]["conditions"].as_array().unwrap().iter().find(|one| one["type"] == "Ready").unwrap();
    assert_eq!(ready["status"], "True", "as Ready alone has it, all is well");
    watch.abort();
}

#[tokio::test]
async fn a20_a_bucket_that_locks_by_default_is_refused_before_anything_is_made() {
    let user = User::at("default");
    let mut answers = answers("prod");
    answers.bucket.name = lifeboat::domain::BucketName::parse("acme-archive").unwrap();
    answers.bucket.create = false;
    let gathered = user.gather(&answers).await.unwrap();
    assert!(gathered.facts.bucket.settings[&Setting::ObjectLock].contains("DefaultRetention"));
    let problems = lifeboat::plan::plan(&answers, &gathered.facts, Prove::Needed).map(|_| ()).unwrap_err();
    assert!(
        problems.0.iter().any(|one| one.what.as_str().contains("keeps new objects locked by default")),
        "{problems:?}"
    );
}

#[tokio::test]
async fn client_settings_that_would_stop_the_operator_are_left_out() {
    let user = User::at("default");
    let mut answers = answers("prod");
    answers.user_values = Some(json!({"s3": {"clientConfig": {"aws": {"dualStack": false}}}, "trace": true}));
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert!(plan.notes.iter().any(|note| note.contains("rancher-F1")), "{:?}", plan.notes);
    user.apply(&answers, Prove::Needed).await.ended(0, Outcome::Verified);
    let values = user.gather(&answers).await.unwrap().facts.site.release.unwrap().values;
    assert_eq!((values["s3"]["clientConfig"].clone(), values["trace"].clone()), (Value::Null, json!(true)));
    let (plan, _) = user.plan(&answers, Prove::Needed).await;
    assert_eq!(to_do(&plan), Vec::<&str>::new());
}

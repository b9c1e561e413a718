use super::*;
use rstest::rstest;

fn condition(kind: &str, status: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "message": message, "lastUpdateTime": "2026-01-05T03:00:02Z"})
}

fn made(status: &Value) -> Value {
    json!({"metadata": {"name": "lifeboat", "generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"resourceSetName": "rancher-resource-set-basic", "schedule": "0 3 * * *"}, "status": status})
}

fn completed() -> Value {
    made(&json!({"conditions": [condition("Ready", "True", "Completed"), condition("Uploaded", "True", "")],
        "observedGeneration": 2, "storageLocation": "S3", "filename": "lifeboat-1.tar.gz", "backupType": "Recurring",
        "lastSnapshotTs": "2026-01-05T03:00:02Z", "nextSnapshotAt": "2026-01-06T03:00:00Z"}))
}

fn secret() -> Value {
    let text = |text: &str| STANDARD.encode(text);
    json!({"metadata": {"name": RANCHER_LOCATION}, "data": {"bucketName": text("acme-backups"),
        "region": text("us-east-1"), "folder": text("rancher/prod"), "endpoint": text("s3.us-east-1.amazonaws.com")}})
}

/// A status with these changes to one that completed.
fn with(change: impl Fn(&mut Value)) -> Value {
    let mut backup = completed();
    change(&mut backup["status"]);
    backup
}

fn error(why: &str) -> Value {
    json!({"type": "Reconciling", "status": "False", "reason": "Error", "message": why})
}

#[rstest]
#[case::all_of_it(completed(), RancherVerdict::Completed)]
#[case::the_operator_never_saw_it(made(&Value::Null), RancherVerdict::Unseen)]
#[case::it_has_begun(made(&json!({"backupType": "Recurring"})), RancherVerdict::Under("InProgress".to_owned()))]
#[case::ready_stays_true_when_a_later_run_fails(
    with(|status| status["conditions"] = json!([condition("Ready", "True", "Retrying"), error("why")])),
    RancherVerdict::Failed("why".to_owned())
)]
#[case::completed_of_an_older_spec(with(|status| status["observedGeneration"] = json!(1)), RancherVerdict::Under("Pending".to_owned()))]
#[case::f21_stored_nowhere(
    with(|status| status["storageLocation"] = json!("")),
    RancherVerdict::Failed("it says Completed and stored nothing: its storageLocation has no s3".to_owned())
)]
#[case::a_volume_is_not_s3(
    with(|status| status["storageLocation"] = json!("PV")),
    RancherVerdict::Failed("it was stored in PV, not in S3".to_owned())
)]
fn success_is_all_of_its_signs_together(#[case] backup: Value, #[case] verdict: RancherVerdict) {
    assert_eq!(rancher_verdict(&backup), verdict);
}

fn status(backups: &[Value], keys: Option<&[String]>) -> ClusterStatus {
    let deployment = json!({"metadata": {"generation": 1}, "spec": {"replicas": 1}, "status": {
        "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}});
    let identity = Identity { expected: Some("role".to_owned()), actual: Some("session".to_owned()) };
    let now = "2026-01-05T09:00:00Z".parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
    let (secret, deployment) = (secret(), deployment);
    rancher(&RancherObserved {
        cluster: "prod",
        namespace: "cattle-resources-system",
        location: Some(&secret),
        pods: &[],
        backups,
        deployment: Some(&deployment),
        keys,
        identity: &identity,
        now,
    })
}

#[test]
fn a_location_a_schedule_and_the_file_are_told() {
    let keys = ["rancher/prod/lifeboat-1.tar.gz".to_owned()];
    let told = status(&[completed()], Some(&keys));
    assert!(told.healthy);
    let location = &told.locations[0];
    assert_eq!((location.name.as_str(), location.phase.as_deref()), (RANCHER_LOCATION, Some("Available")));
    assert_eq!((location.bucket.as_str(), location.prefix.as_str()), ("acme-backups", "rancher/prod"));
    assert_eq!(location.last_validated.as_deref(), Some("2026-01-05T03:00:02Z"));
    let schedule = &told.schedules[0];
    assert_eq!(
        (schedule.last.as_deref(), schedule.next.as_deref()),
        (Some("2026-01-05T03:00:02Z"), Some("2026-01-06T03:00:00Z"))
    );
    let json = serde_json::to_value(&told.backups[0]).unwrap();
    assert_eq!((json["phase"].as_str(), json["errors"].as_i64()), (Some("Completed"), Some(0)));
    assert_eq!((json["file"].as_str(), json["storage_location"].as_str()), (Some("lifeboat-1.tar.gz"), Some("S3")));
    assert_eq!(json["present"], true);
}

#[test]
fn a_lost_object_an_error_and_silence_are_not_healthy() {
    let lost = status(&[completed()], Some(&[]));
    assert!(!lost.healthy && lost.backups[0].errors == 1);
    assert!(status(&[completed()], None).healthy, "what was not listed is not lost");

    let why = "failed to check if s3 bucket [acme-backups] exists, error: Access Denied.";
    let failed = with(|status| status["conditions"] = json!([condition("Ready", "True", "Retrying"), error(why)]));
    let failed = status(&[failed], None);
    assert_eq!((failed.healthy, failed.locations[0].phase.as_deref()), (false, Some("Unavailable")));
    assert_eq!(failed.locations[0].message, why);
    let stored = failed.backups[0].stored.clone().unwrap();
    assert_eq!((stored.message.as_str(), failed.backups[0].phase.as_deref()), (why, Some("Failed")));

    let unseen = status(&[made(&Value::Null)], None);
    assert_eq!((unseen.healthy, unseen.locations[0].phase.as_deref()), (false, None), "nobody took it up for days");
}

#[test]
fn a_backups_own_fault_is_not_the_locations() {
    let cron = with(|status| {
        status["conditions"] =
            json!([condition("Ready", "Unknown", "Retrying"), error("error parsing invalid cron string")]);
    });
    let told = status(&[cron], None);
    assert_eq!((told.healthy, told.locations[0].phase.as_deref()), (false, None));
}

#[test]
fn what_goes_elsewhere_says_nothing_of_the_default_location() {
    let mut elsewhere = completed();
    elsewhere["spec"]["storageLocation"] = json!({"s3": {"bucketName": "other", "folder": "f"}});
    let told = status(&[elsewhere], Some(&[]));
    assert_eq!((told.healthy, told.locations[0].phase.as_deref()), (true, None));
    assert_eq!(told.backups[0].location, "s3://other/f");
    assert_eq!(told.backups[0].stored.as_ref().and_then(|stored| stored.present), None);
}

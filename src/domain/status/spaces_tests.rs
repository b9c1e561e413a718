use super::*;
use serde_json::json;

const IRSA: &str = "AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE";
const POD_IDENTITY: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const ONE: &str = "mxp-7c9e6679-7425-40de-944b-e07fc1f90ae7-system";

fn plane(name: &str, id: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "team-a"}, "spec": {}, "status": {"controlPlaneID": id}})
}

fn config() -> Value {
    json!({"metadata": {"name": "lifeboat", "namespace": "team-a"}, "spec": {"objectStorage": {"provider": "AWS",
        "bucket": "acme-backups", "prefix": "spaces/prod", "credentials": {"source": "InjectedIdentity"}}}})
}

fn backup_of(plane: &str, at: &str, status: &Value) -> Value {
    json!({"metadata": {"name": format!("b-{at}"), "namespace": "team-a", "creationTimestamp": at}, "spec": {
        "controlPlane": plane, "configRef": {"kind": "SharedBackupConfig", "name": "lifeboat"}, "ttl": "24h"},
        "status": status})
}

fn host(env: &str) -> Host {
    Host {
        namespace: ONE.to_owned(),
        account: Some(json!({"metadata": {"name": "mxp-controller"}})),
        deployment: None,
        pods: vec![json!({"metadata": {"name": "mxp-controller-1"}, "status": {"phase": "Running"},
            "spec": {"containers": [{"name": "c", "env": env.split(' ').map(|name| json!({"name": name, "value": "x"})).collect::<Vec<_>>()}]}})],
        refused: None,
    }
}

/// The status of planes with one config, told by what differs.
fn told(planes: &[Value], hosts: &[Host], schedules: &[Value], backups: &[Value]) -> ClusterStatus {
    let identity = Identity { expected: None, actual: None };
    let configs = [config()];
    spaces(&SpaceObserved {
        cluster: "prod",
        namespace: "upbound-system",
        planes,
        hosts,
        configs: &configs,
        schedules,
        backups,
        identity: &identity,
        now: 0,
    })
}

fn one() -> Vec<Value> {
    vec![plane("one", "7c9e6679-7425-40de-944b-e07fc1f90ae7")]
}

#[test]
fn a_control_plane_is_as_its_newest_backup() {
    let done = json!({"phase": "Completed", "conditions": [
        {"type": "Completed", "status": "True", "lastTransitionTime": "2026-01-05T09:00:09Z"}]});
    let failed = json!({"phase": "Failed", "conditions": [
        {"type": "Failed", "status": "True", "reason": "BackupFailed", "message": "AccessDenied: \u{1b}no"}]});
    let (old, new) = ("2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z");
    let hosts = [host(IRSA)];
    let status = told(&one(), &hosts, &[], &[backup_of("one", old, &failed), backup_of("one", new, &done)]);
    let line = &status.locations[0];
    assert_eq!((line.name.as_str(), line.phase.as_deref()), ("team-a/lifeboat/one", Some("Completed")));
    assert_eq!((line.bucket.as_str(), line.prefix.as_str()), ("acme-backups", "spaces/prod/team-a/one"));
    assert_eq!(line.last_validated.as_deref(), Some("2026-01-05T09:00:09Z"));
    assert!(status.healthy, "{status:#?}");
    assert_eq!(
        (status.backups[0].phase.as_deref(), status.backups[0].expires.as_deref()),
        (Some("Completed"), Some("2026-01-07T09:00:00Z"))
    );
    assert_eq!(status.backups[0].location, line.name);

    let status = told(&one(), &hosts, &[], &[backup_of("one", old, &done), backup_of("one", new, &failed)]);
    assert_eq!(status.locations[0].message, "BackupFailed: AccessDenied: ^[no");
    assert_eq!((status.healthy, status.backups[0].errors), (false, 1));
}

#[test]
fn upbound_22_a_backup_that_is_tried_again_has_not_failed() {
    let again = json!({"phase": "InProgress", "conditions": [
        {"type": "Failed", "status": "False", "reason": "BackupRetry", "message": "slow down"}]});
    let hosts = [host(POD_IDENTITY)];
    let status = told(&one(), &hosts, &[], &[backup_of("one", "2026-01-05T09:00:00Z", &again)]);
    assert_eq!((status.locations[0].phase.as_deref(), status.healthy), (Some("Retrying"), true));
}

#[test]
fn what_is_not_covered_is_said_with_its_reason() {
    let not = |hosts: &[Host]| {
        let status = told(&one(), hosts, &[], &[]);
        assert!(!status.healthy);
        assert_eq!(status.locations[0].phase.as_deref(), Some(NOT_COVERED));
        status.locations[0].message.clone()
    };
    assert_eq!(not(&[]), format!("there is no namespace {ONE}"));
    assert_eq!(not(&[Host { account: None, ..host("X") }]), format!("there is no service account in {ONE}"));
    let refused = Host { refused: Some("the role does not trust it".to_owned()), ..host(IRSA) };
    assert_eq!(not(&[refused]), "the role does not trust it");
    assert!(not(&[Host { pods: Vec::new(), ..host("X") }]).starts_with("no pod of its controller"));
    // Row 6: annotated, not restarted.
    assert!(not(&[host("HOME")]).ends_with("restart it"));
    let without = told(&[json!({"metadata": {"name": "b", "namespace": "team-b"}})], &[], &[], &[]);
    assert_eq!(without.locations[0].message, "the group team-b has no SharedBackupConfig");
}

#[test]
fn what_is_left_out_or_not_made_yet_makes_nobody_ill() {
    let schedule = json!({"metadata": {"name": "lifeboat", "namespace": "team-a", "creationTimestamp": "1970-01-01T00:00:00Z"},
        "spec": {"schedule": "0 3 * * *", "configRef": {"name": "lifeboat"}, "controlPlaneSelector": {"names": ["one", "three"]}}});
    let planes = [one().remove(0), plane("two", "550e8400-e29b-41d4-a716-4466554400aa"), plane("three", "")];
    let status = told(&planes, &[host(IRSA)], &[schedule], &[]);
    let phases: Vec<_> = status.locations.iter().map(|line| line.phase.as_deref()).collect();
    assert_eq!(phases, [None, Some("LeftOut"), Some("Provisioning")]);
    assert!(status.healthy);
    assert_eq!(status.schedules[0].next.as_deref(), Some("1970-01-01T03:00:00Z"));
    assert_eq!(status.schedules[0].name, "team-a/lifeboat");
}

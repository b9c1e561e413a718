use super::*;
use rstest::rstest;
use serde_json::json;

const NOW: &str = "2026-04-30T02:59:59Z";

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second)
}

fn made(schedule: &str, last: Option<&str>) -> Value {
    json!({"metadata": {"name": "s", "creationTimestamp": "2026-04-29T10:00:00Z"}, "spec": {"schedule": schedule},
        "status": {"lastBackup": last}})
}

#[rstest]
#[case::within_the_hour("0 3 * * *", None, Some("2026-04-30T03:00:00Z"))]
#[case::over_a_month_end("0 1 * * *", None, Some("2026-05-01T01:00:00Z"))]
#[case::a_month_without_its_day("0 0 31 * *", None, Some("2026-05-31T00:00:00Z"))]
#[case::leap_year("0 0 29 2 *", None, Some("2028-02-29T00:00:00Z"))]
#[case::day_of_month_or_of_week("0 0 13 * 5", None, Some("2026-05-01T00:00:00Z"))]
#[case::day_of_week_alone("0 0 * * 0", None, Some("2026-05-03T00:00:00Z"))]
#[case::a_missed_one_is_not_its_next("0 3 * * *", Some("2026-01-01T03:00:00Z"), Some("2026-04-30T03:00:00Z"))]
#[case::every_counts_from_the_last("@every 6h", Some("2026-04-30T01:30:00Z"), Some("2026-04-30T07:30:00Z"))]
#[case::every_counts_on_over_missed_ones("@every 6h", Some("2026-04-28T01:30:00Z"), Some("2026-04-30T07:30:00Z"))]
#[case::every_counts_from_the_making("@every 1h", None, Some("2026-04-30T03:00:00Z"))]
#[case::every_from_a_clock_ahead("@every 1h", Some("2027-01-01T00:00:00Z"), Some("2026-04-30T03:59:59Z"))]
#[case::never("0 0 31 2 *", None, None)]
#[case::not_ours_to_read("CRON_TZ=Europe/Berlin 0 3 * * *", None, None)]
fn the_next_time_of_a_schedule_is_told(#[case] cron: &str, #[case] last: Option<&str>, #[case] next: Option<&str>) {
    let status = schedule(&made(cron, last), at(NOW));
    assert_eq!((status.next.as_deref(), status.last.as_deref()), (next, last));
}

#[test]
fn a_paused_schedule_has_no_next_time() {
    let mut object = made("0 3 * * *", None);
    object["spec"]["paused"] = json!(true);
    assert_eq!(schedule(&object, at(NOW)).next, None);
}

#[test]
fn a23_a_locations_message_is_shortened_and_made_safe() {
    let hostile = format!("\u{1b}[2J\u{1b}]0;owned\u{7}line one\r\nline two\u{202e}{}", "x".repeat(20_000));
    let there = location(&json!({"metadata": {"name": "a"}, "status": {"phase": "Unavailable", "message": hostile}}));
    assert!(there.message.starts_with("^[[2J^[]0;owned^Gline one\u{23ce}line two<U+202E>xxx"), "{}", there.message);
    assert!(there.message.chars().count() <= 4000 && there.message.ends_with('\u{2026}'));
    assert!(!there.message.chars().any(char::is_control));
}

#[test]
fn healthy_is_rolled_out_reached_and_known() {
    let deployment = json!({"metadata": {"generation": 2}, "spec": {"replicas": 1},
        "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}});
    let location = |phase: &str| json!({"metadata": {"name": "a"}, "status": {"phase": phase}});
    let good = [location("Available")];
    let bad = [location("Available"), location("Unavailable")];
    let role = |actual: Option<&str>| Identity { expected: Some("r".into()), actual: actual.map(str::to_owned) };
    let (known, unknown) = (role(Some("s")), role(None));
    let seen = Observed {
        cluster: "prod",
        namespace: "velero",
        locations: &good,
        pods: &[],
        backups: &[],
        schedules: &[],
        deployment: Some(&deployment),
        identity: &known,
        now: 0,
    };
    assert!(velero(&seen).healthy);
    assert!(!velero(&Observed { deployment: None, ..seen }).healthy);
    let none = json!({
        "metadata": {"generation": 2}, "spec": {"replicas": 0}, "status": {"observedGeneration": 2},
    });
    assert!(!velero(&Observed { deployment: Some(&none), ..seen }).healthy, "scaled to none");
    assert!(!velero(&Observed { locations: &bad, ..seen }).healthy);
    assert!(!velero(&Observed { locations: &[], ..seen }).healthy);
    assert!(!velero(&Observed { identity: &unknown, ..seen }).healthy);
    let keys = Identity { expected: None, actual: None };
    assert!(velero(&Observed { identity: &keys, ..seen }).healthy, "a set-up without a role has none to assume");
}

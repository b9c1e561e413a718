#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use rstest::rstest;

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_second()
}

fn next(schedule: &str, after: &str, count: usize) -> Vec<String> {
    let times = Schedule::parse(schedule).unwrap().next(at(after), count);
    times.into_iter().map(|time| jiff::Timestamp::from_second(time).unwrap().to_string()).collect()
}

#[rstest]
#[case("0 3 * * *")]
#[case("*/15 0-6,18-23 1,15 JAN-mar Mon")]
#[case("@daily")]
#[case("@every 1h30m")]
#[case("0 0 ? * *")]
#[case("5/10 * * * *")]
fn n35_what_the_tools_take_is_taken(#[case] text: &str) {
    assert_eq!(Schedule::parse(text).unwrap().as_str(), text);
}

#[rstest]
#[case::four_fields("* * * *")]
#[case::six_fields("0 0 3 * * *")]
#[case::minute("61 * * * *")]
#[case::hour("0 24 * * *")]
#[case::day_zero("0 0 0 * *")]
#[case::weekday_seven("0 0 * * 7")]
#[case::backwards("0 5-3 * * *")]
#[case::step_zero("*/0 * * * *")]
#[case::huge_step("*/99999999999 * * * *")]
#[case::sign("+1 * * * *")]
#[case::rubbish("a b c d e")]
#[case::every_nothing("@every ")]
#[case::every_day("@every 30d")]
#[case::zone("CRON_TZ=Europe/Berlin 0 3 * * *")]
#[case::list_hole("1,,2 * * * *")]
#[case::aws("cron(0 3 * * ? *)")]
#[case::empty("")]
fn n35_what_the_tools_refuse_is_refused(#[case] text: &str) {
    assert!(Schedule::parse(text).is_err());
}

#[test]
fn n35_a_misspelt_name_gets_the_nearest() {
    assert!(Schedule::parse("@everyday").is_err());
    assert_eq!(Schedule::parse("@dayly").unwrap_err().suggestion.unwrap().as_str(), "@daily");
    assert_eq!(Schedule::parse("@every 1d").unwrap_err().suggestion.unwrap().as_str(), "@every 24h");
    assert!(Schedule::parse("61 * * * *").unwrap_err().why.as_str().contains("minute"));
}

#[test]
fn n35_the_next_three_times_are_told() {
    assert_eq!(
        next("0 3 * * *", "2026-12-30T03:00:00Z", 3),
        ["2026-12-31T03:00:00Z", "2027-01-01T03:00:00Z", "2027-01-02T03:00:00Z"]
    );
    assert_eq!(next("0 0 29 2 *", "2026-01-01T00:00:00Z", 2), ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
    assert_eq!(next("@weekly", "2026-11-20T10:00:00Z", 1), ["2026-11-22T00:00:00Z"]);
    assert_eq!(next("@every 1h30m", "2026-11-20T10:00:00Z", 2), ["2026-11-20T11:30:00Z", "2026-11-20T13:00:00Z"]);
    assert_eq!(next("0 0 31 2 *", "2026-01-01T00:00:00Z", 3), Vec::<String>::new());
}

#[test]
fn n35_two_day_fields_are_either_or() {
    assert_eq!(
        next("0 0 13 * 5", "2026-11-09T00:00:00Z", 3),
        ["2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z"]
    );
    assert_eq!(next("0 0 * * 5", "2026-11-14T00:00:00Z", 1), ["2026-11-20T00:00:00Z"]);
}

#[test]
fn times_at_the_ends_of_time_do_not_overflow() {
    let schedule = Schedule::parse("0 3 * * *").unwrap();
    assert!(schedule.next(i64::MAX, 3).len() <= 3);
    assert!(schedule.next(i64::MIN, 3).len() <= 3);
}

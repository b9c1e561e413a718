//! Moments and durations in words. Pure: what is now is told.

use jiff::Timestamp;

/// A moment as the clusters write it (RFC 3339), in milliseconds since 1970.
fn millis(stamp: &str) -> Option<i64> {
    stamp.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// How long, in the largest unit that says enough: `12 s`, `5 min`, `3 h`, `2 d`.
pub fn long(seconds: i64) -> String {
    match seconds.unsigned_abs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A moment by its distance from now: `5 min ago`, `in 3 h`; what is no moment stays as it is.
pub fn ago(now: i64, stamp: &str) -> String {
    let Some(then) = millis(stamp) else { return super::ink::safe(stamp) };
    let seconds = now.saturating_sub(then) / 1_000;
    if seconds >= 0 { format!("{} ago", long(seconds)) } else { format!("in {}", long(seconds)) }
}

/// A moment as date and minute, UTC: `2026-01-05 09:00`; what is no moment stays as it is.
pub fn minute(stamp: &str) -> String {
    match stamp.parse::<Timestamp>() {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => super::ink::safe(stamp),
    }
}

/// The time of the day, UTC, to the second: `09:00:12`.
pub fn clock(stamp: &str) -> String {
    match stamp.parse::<Timestamp>() {
        Ok(moment) => moment.strftime("%H:%M:%S").to_string(),
        Err(_) => super::ink::safe(stamp),
    }
}

/// Milliseconds as a stop watch shows them: `0:07`, `12:40`, `1:02:03`.
pub fn elapsed(millis: i64) -> String {
    let seconds = millis.max(0) / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_said_by_their_distance() {
        let now = millis("2026-01-05T09:00:00Z").unwrap();
        assert_eq!(ago(now, "2026-01-05T08:59:48Z"), "12 s ago");
        assert_eq!(ago(now, "2026-01-05T08:30:00Z"), "30 min ago");
        assert_eq!(ago(now, "2026-01-04T09:00:00Z"), "24 h ago");
        assert_eq!(ago(now, "2026-02-04T09:00:00Z"), "in 30 d");
        assert_eq!(ago(now, "soon"), "soon");
        assert_eq!(ago(i64::MIN, "2026-01-05T08:59:48Z").split(' ').next(), Some("in"));
    }

    #[test]
    fn durations_read_as_on_a_stop_watch() {
        assert_eq!(elapsed(7_900), "0:07");
        assert_eq!(elapsed(3_723_000), "1:02:03");
        assert_eq!(elapsed(-5), "0:00");
        assert_eq!(minute("2026-01-05T09:00:12Z"), "2026-01-05 09:00");
        assert_eq!(clock("2026-01-05T09:00:12.250Z"), "09:00:12");
    }
}

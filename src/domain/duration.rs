//! Durations as Go writes them.

use super::Reason;
use super::text::parsed;
use std::fmt;

/// A duration in Go's notation (`720h`, `1m`, `1h30m`), whole seconds, 1 second to 50 years (N36).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GoDuration(u64);

parsed!(GoDuration);

/// The most seconds: fifty years, more than anybody keeps a backup.
const MOST: u64 = 50 * 365 * 24 * 3600;

impl GoDuration {
    /// Takes Go's notation; days, which Go does not know, get their hours as suggestion.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let not = |why: &str| Reason::not(text, "a duration", why);
        if text.starts_with('-') {
            return Err(not("it is negative").example("720h"));
        }
        if let Some(hours) = in_hours(text) {
            return Err(not("Go durations have no days; the largest unit is the hour").suggest(format!("{hours}h")));
        }
        let nanoseconds = nanoseconds(text)
            .ok_or_else(|| not("it is numbers with a unit each: h, m, s (ms, us, ns)").example("720h"))?;
        if nanoseconds == 0 {
            return Err(not("it is zero").example("720h"));
        }
        if nanoseconds % 1_000_000_000 != 0 {
            return Err(not("it is not whole seconds").example("1m"));
        }
        match u64::try_from(nanoseconds / 1_000_000_000) {
            Ok(seconds) if seconds <= MOST => Ok(Self(seconds)),
            _ => Err(not("it is longer than fifty years").example("720h")),
        }
    }

    /// A duration of our own, in hours; tests hold it to `parse`.
    pub(crate) const fn of_hours(hours: u64) -> Self {
        Self(hours * 3600)
    }

    /// A duration of our own, in minutes; tests hold it to `parse`.
    pub(crate) const fn of_minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    /// In seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// As the standard library's.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0)
    }
}

impl fmt::Display for GoDuration {
    /// The canonical text: hours, minutes and seconds, those that are not zero (`1h30m`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, unit) in [(self.0 / 3600, "h"), (self.0 / 60 % 60, "m"), (self.0 % 60, "s")] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

/// The hours of `30d`, `2w`, `1y`, which people write.
fn in_hours(text: &str) -> Option<u64> {
    let day = [('d', 24), ('w', 7 * 24), ('y', 365 * 24)];
    let (unit, hours) = day.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let count: u64 = text.strip_suffix(*unit)?.trim().parse().ok()?;
    count.checked_mul(*hours).filter(|hours| *hours > 0 && *hours <= MOST / 3600)
}

/// The nanoseconds of a sequence of numbers with units, as Go's `time.ParseDuration` reads it.
fn nanoseconds(text: &str) -> Option<u128> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = 0_u128;
    if rest.is_empty() || rest.len() > 64 {
        return None;
    }
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, behind) =
            behind.split_at(behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len()));
        let size: u128 = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        total = total.checked_add(scaled(number, size)?)?;
        rest = behind;
    }
    Some(total)
}

/// `number`, perhaps with a fraction, times `size`.
fn scaled(number: &str, size: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || fraction.len() > 18 {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    whole.checked_mul(size)?.checked_add(part.checked_mul(size)? / scale)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("720h", 2_592_000, "720h")]
    #[case("1m", 60, "1m")]
    #[case("1h30m", 5400, "1h30m")]
    #[case("90m", 5400, "1h30m")]
    #[case("1.5h", 5400, "1h30m")]
    #[case("720h0m0s", 2_592_000, "720h")]
    #[case("1000ms", 1, "1s")]
    #[case("+1h", 3600, "1h")]
    #[case("0h1m", 60, "1m")]
    fn n36_go_durations_are_read_and_written_in_one_form(
        #[case] text: &str,
        #[case] seconds: u64,
        #[case] canonical: &str,
    ) {
        let duration = GoDuration::parse(text).unwrap();
        assert_eq!((duration.seconds(), duration.to_string().as_str()), (seconds, canonical));
        assert_eq!(GoDuration::parse(canonical).unwrap(), duration);
    }

    #[rstest]
    #[case("0")]
    #[case("0h")]
    #[case("-1h")]
    #[case("876000h")]
    #[case("100y")]
    #[case("999999999999999999999999999999999999999h")]
    #[case("h")]
    #[case("1")]
    #[case("1.2.3h")]
    #[case(".h")]
    #[case("1h 30m")]
    #[case("500ms")]
    #[case("")]
    #[case("1\u{e9}")]
    fn n36_what_go_or_sense_refuses_is_refused(#[case] text: &str) {
        assert!(GoDuration::parse(text).is_err());
    }

    #[test]
    fn n36_days_get_their_hours_as_hint() {
        assert_eq!(GoDuration::parse("30d").unwrap_err().suggestion.unwrap().as_str(), "720h");
        assert_eq!(GoDuration::parse("2w").unwrap_err().suggestion.unwrap().as_str(), "336h");
    }
}

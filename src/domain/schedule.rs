//! Cron schedules, as the tools' own parser (`cron.ParseStandard`) takes them.

use super::text::{nearest, text};
use super::{GoDuration, Reason};

/// The predefined schedules and the five fields that they stand for.
const NAMED: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A schedule: five cron fields, `@daily` and its like, or `@every 1h30m` (N35).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Schedule(String);

text!(Schedule);

/// One field of a schedule: its name, bounds and words.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", low: 0, high: 59, words: &[] },
    Field { name: "hour", low: 0, high: 23, words: &[] },
    Field { name: "day of month", low: 1, high: 31, words: &[] },
    Field { name: "month", low: 1, high: 12, words: &MONTHS },
    Field { name: "day of week", low: 0, high: 6, words: &DAYS },
];

/// The values that a field takes as bits, and whether it was `*` or `?`.
#[derive(Debug, Clone, Copy, Default)]
struct Bits {
    set: u64,
    any: bool,
}

impl Schedule {
    /// Takes a schedule; white space between fields is put in one form.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(every) = text.strip_prefix("@every ") {
            return match GoDuration::parse(every) {
                Ok(_) => Ok(Self(text)),
                Err(reason) => Err(match &reason.suggestion {
                    Some(near) => reason.within(&text, "a schedule").suggest(format!("@every {near}")),
                    None => reason.within(&text, "a schedule").example("@every 12h"),
                }),
            };
        }
        if text.starts_with('@') {
            return Self::named(&text);
        }
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let not = |why: &str| Reason::not(&text, "a schedule", why).example("0 3 * * *");
        if words.first().is_some_and(|word| word.contains("TZ=")) {
            return Err(not("the tools run schedules in UTC; a time zone is not taken"));
        }
        if words.len() != 5 {
            let why = "it has five fields, minute hour day-of-month month day-of-week";
            return Err(not(&format!("{why}; this has {}", words.len())));
        }
        bits(&words).map_err(|why| not(&why))?;
        Ok(Self(text))
    }

    fn named(text: &str) -> Result<Self, Reason> {
        let names = || NAMED.iter().map(|(name, _)| *name);
        if names().any(|name| name == text) {
            return Ok(Self(text.to_owned()));
        }
        let all = names().collect::<Vec<_>>().join(", ");
        let reason = Reason::not(text, "a schedule", format!("the predefined ones are {all}, @every DURATION"));
        Err(match nearest(text, names()) {
            Some(name) => reason.suggest(name),
            None => reason.example("0 3 * * *"),
        })
    }

    /// The next `count` times after `after`, in UTC, seconds since 1970; fewer when it never comes
    /// (31 February). `@every` counts from `after`.
    pub fn next(&self, after: i64, count: usize) -> Vec<i64> {
        if let Some(every) = self.0.strip_prefix("@every ").and_then(|text| GoDuration::parse(text).ok()) {
            let step = i64::try_from(every.seconds()).unwrap_or(i64::MAX);
            let times = std::iter::successors(after.checked_add(step), |time| time.checked_add(step));
            return times.take(count).collect();
        }
        let named = NAMED.iter().find(|(name, _)| *name == self.0).map_or(self.0.as_str(), |(_, fields)| fields);
        let Ok(fields) = bits(&named.split(' ').collect::<Vec<_>>()) else { return Vec::new() };
        times(fields, after, count)
    }
}

/// The bits of five fields, or which is wrong and why.
fn bits(words: &[&str]) -> Result<[Bits; 5], String> {
    let mut out = [Bits::default(); 5];
    for ((word, field), bits) in words.iter().zip(&FIELDS).zip(&mut out) {
        for part in word.split(',') {
            let found = part_bits(part, field)?;
            bits.set |= found.set;
            bits.any |= found.any;
        }
    }
    Ok(out)
}

/// The bits of `*`, `*/n`, `a`, `a-b`, `a-b/n`, `a/n` (from a on).
fn part_bits(part: &str, field: &Field) -> Result<Bits, String> {
    let name = field.name;
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let any = range == "*" || range == "?";
    let (low, high) = if any {
        (field.low, field.high)
    } else if let Some((low, high)) = range.split_once('-') {
        (value(low, field)?, value(high, field)?)
    } else {
        let low = value(range, field)?;
        (low, if step.is_some() { field.high } else { low })
    };
    if low > high {
        return Err(format!("its {name} field counts backwards, {low}-{high}"));
    }
    let step = match step {
        None => 1,
        Some(text) => text
            .parse::<u32>()
            .ok()
            .filter(|step| (1..=field.high).contains(step))
            .ok_or_else(|| format!("its {name} field has a step that is no number from 1 to {}", field.high))?,
    };
    let mut bits = Bits { set: 0, any: any && step == 1 };
    let mut value = low;
    while value <= high {
        bits.set |= 1 << value;
        value += step;
    }
    Ok(bits)
}

/// One value of a field: a number in its bounds, or a month's or day's word.
fn value(text: &str, field: &Field) -> Result<u32, String> {
    let word = field.words.iter().position(|word| word.eq_ignore_ascii_case(text));
    if let Some(index) = word.and_then(|index| u32::try_from(index).ok()) {
        return Ok(index + field.low);
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { text.parse::<u32>().ok() } else { None };
    number
        .filter(|number| (field.low..=field.high).contains(number))
        .ok_or_else(|| format!("its {} field takes {} to {}", field.name, field.low, field.high))
}

/// Walks days, at most eight years of them (29 February may be that far), then hours and minutes.
fn times(fields: [Bits; 5], after: i64, count: usize) -> Vec<i64> {
    const DAY: i64 = 86_400;
    let [minutes, hours, ..] = fields;
    let mut out = Vec::new();
    let first = after.div_euclid(DAY);
    for day in first..first.saturating_add(8 * 366 + 2) {
        if !matches_day(fields, day) {
            continue;
        }
        for hour in (0..24).filter(|hour| hours.set & (1 << hour) != 0) {
            for minute in (0..60).filter(|minute| minutes.set & (1 << minute) != 0) {
                if out.len() >= count {
                    return out;
                }
                let Some(time) = day.checked_mul(DAY).and_then(|start| start.checked_add(hour * 3600 + minute * 60))
                else {
                    return out;
                };
                if time > after {
                    out.push(time);
                }
            }
        }
    }
    out
}

/// Whether a day since 1970 fits: when both day fields are given, one of them is enough, as in cron.
fn matches_day(fields: [Bits; 5], day: i64) -> bool {
    let [_, _, of_month, month, of_week] = fields;
    let (this_month, this_day) = civil(day);
    let has = |bits: Bits, value: i64| u32::try_from(value).is_ok_and(|value| bits.set & (1 << value) != 0);
    let (a, b) = (has(of_month, this_day), has(of_week, (day + 4).rem_euclid(7)));
    has(month, this_month) && if of_month.any || of_week.any { a && b } else { a || b }
}

/// `(month, day)` of a day since 1970, Gregorian.
fn civil(day: i64) -> (i64, i64) {
    let z = day.saturating_add(719_468);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;

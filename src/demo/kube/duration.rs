//! Go durations, as specs have them.

/// A Go duration (`1m0s`, `30s`, `720h`) in seconds.
pub(super) fn seconds(text: &str) -> i64 {
    let (mut sum, mut number) = (0_i64, 0_i64);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = number.saturating_mul(10).saturating_add(i64::from(digit));
            continue;
        }
        let unit = match c {
            'h' => 3600,
            'm' => 60,
            _ => 1,
        };
        sum = sum.saturating_add(number.saturating_mul(unit));
        number = 0;
    }
    sum
}

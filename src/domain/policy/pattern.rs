//! The wildcards of IAM: `*` any run of characters, `?` one character.

/// Whether `text` matches `pattern`, case counting. Linear in time times length: no pattern can make it
/// explode.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(x) if *x == '?' || x == c => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// The same without regard to case, as for actions.
pub fn matches_folded(pattern: &str, text: &str) -> bool {
    matches(&pattern.to_lowercase(), &text.to_lowercase())
}

/// Whether two ARNs match part by part: a wildcard of the first five parts never reaches over a colon,
/// as in `ArnLike` and `ArnEquals`.
pub fn matches_arn(pattern: &str, arn: &str) -> bool {
    let (pattern, arn): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    pattern.len() == 6 && arn.len() == 6 && pattern.iter().zip(&arn).all(|(pattern, part)| matches(pattern, part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("*", "", true)]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case("a*c", "abbc", true)]
    #[case("a*c", "abbd", false)]
    #[case("a?c", "abc", true)]
    #[case("a?c", "ac", false)]
    #[case("*a*b*", "xxaxxbxx", true)]
    #[case("a.c", "abc", false)]
    #[case("p/*", "p2/x", false)]
    #[case("**", "x", true)]
    fn wildcards_are_iams(#[case] pattern: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern, text), expected);
    }

    #[test]
    fn an_arns_wildcard_stays_in_its_part() {
        assert!(matches_arn("arn:aws:s3:::b/*", "arn:aws:s3:::b/x:y"));
        assert!(!matches_arn("arn:aws:*", "arn:aws:s3:::b"));
        assert!(!matches_arn("arn:*:s3:::b", "arn:aws:x:s3:::b"));
    }

    /// The obvious definition, exponential.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| slow(rest, text.get(n..).unwrap_or_default())),
            Some((c, rest)) => {
                text.split_first().is_some_and(|(t, behind)| (*c == '?' || c == t) && slow(rest, behind))
            }
        }
    }

    proptest! {
        #[test]
        fn wildcards_follow_their_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), slow(&p, &t));
        }
    }
}

//! Laws of the answers file.

use super::answers_gen::{answers, cluster_name};
use lifeboat::plan::answers::Answers;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_written_parses_back_and_is_written_the_same(answers in answers()) {
        let text = answers.to_toml();
        let again = match Answers::parse(&text) {
            Ok(again) => again,
            Err(problems) => return Err(TestCaseError::fail(format!("{problems}\n{text}"))),
        };
        prop_assert_eq!(&again, &answers);
        prop_assert_eq!(again.to_toml(), text);
    }

    #[test]
    fn names_of_answers_are_names(answers in answers(), cluster in cluster_name()) {
        let mut answers = answers;
        answers.cluster.name = cluster;
        prop_assert!(answers.role_name().as_str().len() <= 64);
        prop_assert_eq!(answers.role_name(), answers.clone().role_name());
        for cluster in &answers.restore_clusters {
            prop_assert!(answers.read_role_name(cluster).as_str().len() <= 64);
        }
    }

    #[test]
    fn e20_any_bytes_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Answers::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn e20_any_text_is_refused_without_panic(text in any::<String>()) {
        prop_assert!(Answers::parse(&text).is_err());
    }

    #[test]
    fn e20_any_damage_is_told_without_panic(
        answers in answers(),
        place in any::<prop::sample::Index>(),
        damage in "[\\[\\]{}\"'=.,#\\\\\u{0}\u{feff}a1\n]{1,4}",
        length in 0_usize..8,
    ) {
        let mut text: Vec<char> = answers.to_toml().chars().collect();
        let at = place.index(text.len());
        let end = (at + length).min(text.len());
        text.splice(at..end, damage.chars());
        let text: String = text.into_iter().collect();
        if let Err(problems) = Answers::parse(&text) {
            prop_assert!(!problems.0.is_empty());
            prop_assert!(problems.to_string().chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(problems.0.iter().all(|problem| problem.line.is_none_or(|line| line <= text.lines().count() + 1)));
        }
    }
}

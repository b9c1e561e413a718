//! The table of exceptions: cases that the emulator does not keep, though AWS does.

use super::Case;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    case: String,
    reason: String,
    fails: String,
    difference: Option<String>,
    #[serde(default)]
    flaky: bool,
}

/// All exceptions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

/// The ids of `tests/peers/differences.toml`.
fn differences() -> BTreeSet<String> {
    #[derive(Deserialize)]
    struct Table {
        difference: Vec<Difference>,
    }
    #[derive(Deserialize)]
    struct Difference {
        id: String,
    }
    let table: Table = toml::from_str(include_str!("../../peers/differences.toml")).expect("differences.toml");
    table.difference.into_iter().map(|difference| difference.id).collect()
}

impl Exceptions {
    /// The checked-in table.
    pub fn read() -> Self {
        toml::from_str(include_str!("../exceptions.toml")).expect("exceptions.toml")
    }

    /// Panics with what is wrong with the table itself.
    pub fn check(&self, cases: &[Case]) {
        let (known, ids) = (differences(), cases.iter().map(Case::id).collect::<BTreeSet<_>>());
        let mut seen = BTreeSet::new();
        for one in &self.exception {
            assert!(ids.contains(&one.case), "{}: no such case", one.case);
            assert!(seen.insert(&one.case), "{}: twice", one.case);
            assert!(!one.reason.is_empty() && !one.fails.is_empty(), "{}: reason and fails", one.case);
            let difference = one.difference.as_ref();
            assert!(difference.is_none_or(|id| known.contains(id)), "{}: no difference {difference:?}", one.case);
        }
    }

    /// What an outcome means: kept, excepted for a reason, or wrong.
    pub fn judge(&self, case: &str, outcome: &Result<(), String>) -> Result<Option<&str>, String> {
        let exception = self.exception.iter().find(|one| one.case == case);
        match (outcome, exception) {
            (Ok(()), None) => Ok(None),
            (Ok(()), Some(one)) if one.flaky => Ok(None),
            (Ok(()), Some(one)) => Err(format!("it passes, so exceptions.toml is wrong: {}", one.reason)),
            (Err(said), Some(one)) if said.contains(&one.fails) => Ok(Some(&one.reason)),
            (Err(said), Some(one)) => Err(format!("it fails otherwise than excepted ({}): {said}", one.fails)),
            (Err(said), None) => Err(said.clone()),
        }
    }
}

#[test]
fn an_exception_covers_one_failure_and_no_success() {
    let table = r#"[[exception]]
        case = "a::b"
        reason = "the emulator differs"
        fails = "not so"
        [[exception]]
        case = "a::c"
        reason = "now and then"
        fails = "late"
        flaky = true"#;
    let table: Exceptions = toml::from_str(table).unwrap();
    let failed = |text: &str| Err(text.to_owned());
    assert_eq!(table.judge("a::a", &Ok(())), Ok(None));
    assert!(table.judge("a::a", &failed("not so")).is_err());
    assert_eq!(table.judge("a::b", &failed("this is not so")), Ok(Some("the emulator differs")));
    assert!(table.judge("a::b", &failed("something else")).is_err());
    assert!(table.judge("a::b", &Ok(())).is_err());
    assert_eq!(table.judge("a::c", &Ok(())), Ok(None));
    assert_eq!(table.judge("a::c", &failed("too late")), Ok(Some("now and then")));
}

//! From TOML to answers.

use super::problem::Problems;
use super::{Answers, Problem};

/// Reads an answers file.
pub fn answers(_text: &str) -> Result<Answers, Problems> {
    Err(Problems(vec![Problem::new("", "not read yet", "", "")]))
}

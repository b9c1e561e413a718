//! From answers to TOML.

use super::Answers;

/// The file that parses back to the same answers.
pub fn toml(_answers: &Answers) -> String {
    String::new()
}

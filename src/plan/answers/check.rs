//! What is checked of answers as a whole: bounds of numbers, free texts, and fields against each other.

use super::Answers;
use super::problem::Problem;

/// All that is wrong with answers whose fields are right each by itself.
pub fn across(_answers: &Answers) -> Vec<Problem> {
    Vec::new()
}

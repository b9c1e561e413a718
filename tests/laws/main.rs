//! Laws: what holds for every input.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod answers_gen;
mod names;

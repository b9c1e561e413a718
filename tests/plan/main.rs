//! The plan as a pure function: golden documents, rows of bad answers, merges.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bars;
mod golden;
mod merge;
mod refuted;
mod world;

//! The plan as a pure function: golden documents, rows of bad answers, merges.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod audit;
mod bars;
mod drafts;
mod golden;
mod golden_grid;
mod installs;
mod keys;
mod merge;
mod operator;
mod partitions;
#[path = "../testbed/parts.rs"]
#[allow(dead_code, clippy::print_stderr)] // The linters need no more than its way to skip.
mod parts;
mod pod_identity;
mod rancher_installs;
mod refuted;
mod space;
mod spaces;
mod spaces_installs;
mod told;
mod volumes;
mod world;

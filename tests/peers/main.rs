//! Plans against real software on loopback; see `README.md` beside this file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "../testbed/mod.rs"]
mod testbed;

mod selftest;

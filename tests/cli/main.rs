//! The real program, started as people and scripts start it: exit codes, shapes, words, what reaches the
//! terminal, what is left on the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::needless_pass_by_value)]

mod clusters;
mod demo;
mod environment;
mod exits;
mod export;
mod file;
mod golden;
mod live;
mod names;
mod pipes;
mod plain;
mod security;
mod shapes;
mod signals;
mod support;

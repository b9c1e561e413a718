//! The wizard's machine: what a user presses, and what the model then is. Effects are done on the demo world.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

#[path = "../story/support.rs"]
#[allow(dead_code)]
mod user;

mod journey;
mod space;
mod stage;

mod apply;
mod choices;
mod cluster;
mod form;
mod identity;
mod keys;
mod laws;
mod live;
mod rancher;
mod review;
mod tour;
mod welcome;

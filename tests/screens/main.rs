//! What a user sees: every screen and overlay at four sizes, with the looks that stand behind the text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

#[path = "../wizard/journey.rs"]
#[allow(dead_code)]
mod journey;
#[path = "../story/support.rs"]
#[allow(dead_code)]
mod user;
#[path = "../plan/world.rs"]
#[allow(dead_code)]
mod world;

mod models;
mod support;

mod choices;
mod chrome;
mod laws;
mod overlays;
mod steps;

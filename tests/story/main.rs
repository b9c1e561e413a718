//! What a user does and sees, over the demo world: from an empty account to a restored backup and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod support;
mod watched;

mod chain;
mod describe;
mod discover;
mod installs;
mod journey;
mod law;
mod live;
mod neighbours;
mod plain;
mod pod_identity;
mod preflight;
mod rancher;
mod rancher_installs;
mod restore;
mod spaces;
mod spaces_installs;
mod spaces_restore;
mod volumes;

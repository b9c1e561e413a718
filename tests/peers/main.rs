//! Plans against real software on loopback; see `README.md` beside this file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "../testbed/mod.rs"]
mod testbed;

#[path = "../terminal/mod.rs"]
mod pty;

mod selftest;

mod agent;
mod changed;
mod clusters;
mod faults;
mod hand;
mod installs;
mod keys;
mod lifeboat;
mod pod_identity;
mod rancher;
mod rancher_installs;
mod rancher_stand_in;
mod second;
mod space_by_hand;
mod spaces;
mod spaces_clusters;
mod spaces_installs;
mod spaces_stand_in;
mod story;
mod terminal;
mod twins;
mod undo;
mod volumes;

/// A world with the cluster `prod`, or with these options, or the end of the test.
#[macro_export]
macro_rules! world_or_skip {
    () => {
        $crate::world_or_skip!($crate::testbed::Options::default())
    };
    ($options:expr) => {
        match $crate::testbed::World::start($options).await {
            Ok(world) => world,
            Err(missing) => return $crate::testbed::skip(missing),
        }
    };
}

//! Real software on loopback: AWS (emulated), Kubernetes, Helm, Velero. See `tests/peers/README.md`.
#![allow(dead_code, unused_imports, reason = "each test program uses a part of it")]

pub mod certs;
pub mod connect;
pub mod eventually;
pub mod fault;
pub mod node;
pub mod parts;
pub mod process;
pub mod snapshot;
pub mod webhook;
pub mod world;

pub use eventually::eventually;
pub use fault::Fault;
pub use parts::{Missing, skip};
pub use snapshot::Snapshot;
pub use world::{Options, World};

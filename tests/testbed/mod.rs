//! Real software on loopback: AWS (emulated), Kubernetes, Helm, Velero. See `tests/peers/README.md`.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod certs;
pub mod connect;
pub mod eventually;
pub mod parts;
pub mod process;
